"""Invariant 11: whatever the order of files and corrections, the same days; equal to a slow reckoning."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.consumption import reading_exact
from campaigns.consumption.datahub import Datahub
from campaigns.register.deliveries import Delivery
from support.readings import (
    FLAT,
    HOUSE,
    NOW,
    SETTINGS,
    MemoryLake,
    Row,
    delivery,
    expected_days,
    shown,
    stamped,
    starts,
    text,
)

QUARTERS = starts(date(2025, 10, 25), date(2025, 10, 26), 15)  # the second of them has 25 hours
HOURS = QUARTERS[::4]
Files = Sequence[tuple[Sequence[Row], datetime]]


@st.composite
def rows(draw: st.DrawFn) -> Row:
    minutes = draw(st.sampled_from([60, 60, 15]))
    return Row(
        start=draw(st.sampled_from(HOURS if minutes == 60 else QUARTERS)),
        wh=draw(st.none() | st.integers(0, 9)),
        minutes=minutes,
        gsrn=draw(st.sampled_from([HOUSE, FLAT])),
        kind=draw(st.sampled_from(["BN01", "BN01", "BN02"])),
    )


@st.composite
def whole_days(draw: st.DrawFn) -> list[Row]:
    minutes = draw(st.sampled_from([60, 15]))
    wh = draw(st.integers(0, 5000))
    return [
        Row(start=start, wh=wh + at, minutes=minutes) for at, start in enumerate(QUARTERS[:: minutes // 15])
    ]


received = st.integers(0, 2).map(lambda hours: NOW - timedelta(hours=hours, microseconds=1))
files = st.lists(
    st.tuples(st.lists(rows(), min_size=1, max_size=12) | whole_days(), received),
    min_size=1,
    max_size=4,
    unique_by=lambda file: tuple(row.line for row in file[0]),
)


def sent(folder: str, found: Files) -> list[Delivery]:
    return [
        delivery(Path(folder) / f"{at}.csv", text(lines), received=when)
        for at, (lines, when) in enumerate(found)
    ]


def load(lake: MemoryLake, one: Delivery) -> None:
    Datahub().load(one, settings=SETTINGS, lake=lake, ledger=None, now=NOW)  # type: ignore[arg-type]


@given(files, st.data())
@settings(max_examples=25, deadline=None)
def test_files_in_any_order_and_again_give_the_expected_days(found: Files, data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        deliveries = sent(folder, found)
        tables = []
        for _ in range(2):
            lake = MemoryLake()
            for one in data.draw(st.permutations(deliveries)):
                load(lake, one)
            load(lake, data.draw(st.sampled_from(deliveries)))
            tables.append(lake.frame("consumption_days"))
        assert tables[0].equals(tables[1])
        expected = expected_days(zip(deliveries, (lines for lines, _ in found), strict=True))
        assert shown(tables[0]) == stamped(expected)


@given(st.lists(rows(), min_size=1, max_size=40), st.booleans())
@settings(max_examples=20, deadline=None)
def test_both_readers_give_the_same_days(lines: Sequence[Row], english: bool) -> None:
    content = text(lines, header="en" if english else "fi")
    with tempfile.TemporaryDirectory() as folder:
        clean, other = MemoryLake(), MemoryLake()
        load(clean, delivery(Path(folder) / "a.csv", content))
        # One line that is nothing sends the file to the exact reader.
        load(other, delivery(Path(folder) / "b.csv", content + "x\n"))
        assert len(other.frame("quarantine")) == 1
        kept = [name for name in clean.frame("consumption_days").columns if name != "file"]
        assert clean.frame("consumption_days", kept).equals(other.frame("consumption_days", kept))


@given(st.lists(rows(), min_size=1, max_size=30), st.integers(100, 700))
@settings(max_examples=20, deadline=None)
def test_the_size_of_batches_does_not_matter(lines: Sequence[Row], size: int) -> None:
    whole, parts = MemoryLake(), MemoryLake()
    with tempfile.TemporaryDirectory() as folder:
        one = delivery(Path(folder) / "a.csv", text(lines) + "x\n")
        load(whole, one)
        before, reading_exact._BLOCK = reading_exact._BLOCK, size
        try:
            load(parts, one)
        finally:
            reading_exact._BLOCK = before
    assert whole.frame("consumption_days").equals(parts.frame("consumption_days"))

"""Invariant 11 for day facts: made bit by bit, all at once or file by file, they are the same rows."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from unittest.mock import patch

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from campaigns.consumption import day_facts
from campaigns.lake import Lake
from support.effort import examples
from support.readings import COTTAGE, FLAT, HOUSE, SETTINGS, Row, delivery, load_one, starts, text

FIRST = date(2025, 10, 24)  # two days before the one of 25 hours, a week before another month
PRICES = "start;price\n" + "".join(
    f"{at:%Y-%m-%dT%H:%MZ};{(7 * at.hour + at.day) % 31 - 5}\n"
    for at in starts(FIRST, FIRST + timedelta(days=11), 60)
)


@dataclass(frozen=True, kw_only=True)
class Step:
    """A file that comes; whether day facts are brought up to date after it."""

    kind: str
    content: str
    then_update: bool


@st.composite
def readings(draw: st.DrawFn) -> Step:
    first = FIRST + timedelta(days=draw(st.integers(0, 9)))
    minutes = draw(st.sampled_from([60, 60, 15]))
    times = starts(first, first + timedelta(days=draw(st.integers(0, 3))), minutes)
    missing = draw(st.sampled_from([None, 0, len(times) - 1]))
    wh, step = draw(st.integers(0, 9000)), draw(st.integers(0, 900))
    kind, gsrn = (
        draw(st.sampled_from(["BN01", "BN01", "BN02"])),
        draw(st.sampled_from([HOUSE, FLAT, COTTAGE])),
    )
    rows = [
        Row(
            start=time,
            wh=None if at == missing else wh + step * (at * at % 11),
            minutes=minutes,
            gsrn=gsrn,
            kind=kind,
            quality=draw(st.sampled_from(["OK", "EST"])) if at == 1 else "OK",
        )
        for at, time in enumerate(times)
    ]
    return Step(kind="datahub", content=text(rows), then_update=draw(st.booleans()))


prices = st.builds(Step, kind=st.just("spot_prices"), content=st.just(PRICES), then_update=st.booleans())


def _facts(lake: Lake, *, full: bool = True) -> pl.DataFrame:
    with lake.writer(purpose="test") as writer:
        day_facts.update(writer, settings=SETTINGS, full=full)
        return writer.frame("day_facts")


@examples(10)
@given(st.lists(readings() | readings() | prices, min_size=1, max_size=6))
def test_facts_follow_from_the_lake_alone(steps: Sequence[Step]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lake = Lake(folder / "lake")
        for number, step in enumerate(steps):
            sent = delivery(folder / f"{number}.csv", step.content, kind=step.kind)
            with lake.writer(purpose="test") as writer:
                load_one(sent, writer)
            if step.then_update:
                _facts(lake, full=False)
        little_by_little = _facts(lake, full=False)
        assert _facts(lake).equals(little_by_little)
        with patch.object(day_facts, "_AT_ONCE", 1):  # each month by itself, and each of its files
            assert _facts(lake).equals(little_by_little)
        _says_what_was_fed_in(lake, little_by_little)


def _says_what_was_fed_in(lake: Lake, facts: pl.DataFrame) -> None:
    with lake.snapshot() as snapshot:
        days = snapshot.frame("consumption_days")
    keys = ["controller", "metering_point_id", "local_date"]
    sold = days.filter(direction="export").select(*keys, sold="wh_sum")
    both = facts.join(sold, on=keys, how="left", maintain_order="left")
    assert len(facts) == len(days.filter(direction="import"))
    assert both["export_wh"].equals(
        both.select(pl.when("is_full").then(pl.col("sold").fill_null(0)).cast(pl.Int32)).to_series()
    )


def test_a_day_of_absurd_hours_that_cancel_out_is_not_full_and_stops_nothing(tmp_path: Path) -> None:
    """Its parts would not fit the table; other days are not touched by it."""
    day = FIRST
    quarters = starts(day, day, 15)
    absurd = [99_000_000 if 40 <= at < 64 else -33_000_000 for at in range(96)]
    rows = [Row(start=time, wh=wh, minutes=15) for time, wh in zip(quarters, absurd, strict=True)]
    fine = [Row(start=time, wh=100, gsrn=FLAT) for time in starts(day, day, 60)]
    lake = Lake(tmp_path / "lake")
    with lake.writer(purpose="test") as writer:
        assert load_one(delivery(tmp_path / "1.csv", text([*rows, *fine])), writer).quarantined == 0
    facts = _facts(lake)
    assert facts.select("metering_point_id", "is_full", "wh").rows() == [
        (HOUSE, False, None),
        (FLAT, True, 2400),
    ]

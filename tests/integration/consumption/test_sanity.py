"""Readings that can hardly be right are flagged, and nothing is taken out for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.consumption import sanity
from campaigns.consumption.computing import compute
from campaigns.engine import connect
from campaigns.lake import Lake
from campaigns.lake.schemas import TABLES
from campaigns.register.deliveries import Imported
from support.effort import examples
from support.readings import COTTAGE, FLAT, HOUSE, NOW, SETTINGS, Row, delivery, load_one, starts, text

FIRST = date(2026, 9, 25)
Load = Callable[..., Imported]
Series = Callable[[int], int | None]  # Wh by the number of the interval


def series(
    wh: Series, *, days: int, point: int = HOUSE, minutes: int = 60, kind: str = "BN01", first: date = FIRST
) -> str:
    moments = starts(first, first + timedelta(days=days - 1), minutes)
    return text(
        Row(start=start, wh=wh(at), minutes=minutes, gsrn=point, kind=kind)
        for at, start in enumerate(moments)
    )


def lived_in(at: int) -> int:
    """No two days alike."""
    return 200 + (at * at * 7919) % 1500


def fuses(lake: Lake, amperes: Mapping[int, int | None]) -> None:
    rows = [
        {"controller": "seller", "metering_point_id": point, "gsrn": point, "fuse_a": fuse}
        for point, fuse in amperes.items()
    ]
    schema = {name: kind for name, kind in TABLES["metering_points"].schema.items() if name in rows[0]}
    with lake.writer(purpose="test") as writer:
        writer.upsert("metering_points", pl.DataFrame(rows, schema=schema))


def flags(lake: Lake, **more: bool) -> list[tuple[object, ...]]:
    """`point, flag, first day, days` counted from `FIRST`."""
    sanity.update(lake, **more)
    with lake.snapshot() as snapshot:
        frame = snapshot.frame("reading_flags")
    assert (frame["last_date"] - frame["first_date"]).dt.total_days().to_list() == (
        frame["days"] - 1
    ).to_list()
    return frame.select(
        "metering_point_id", "flag", (pl.col("first_date") - FIRST).dt.total_days(), "days"
    ).rows()


def test_an_ordinary_home_has_no_flag(lake: Lake, load: Load) -> None:
    load(series(lived_in, days=10))
    assert flags(lake) == []


def test_below_zero_is_flagged_and_stays(lake: Lake, load: Load) -> None:
    """A quarter below zero in an hour above it, and on a day with gaps."""

    def wrong(at: int) -> int | None:
        return {100: -30, 97: None, 300: -1}.get(at, 200)

    load(series(wrong, days=5, minutes=15))
    assert flags(lake) == [(HOUSE, "negative", 1, 1), (HOUSE, "negative", 3, 1)]
    with lake.snapshot() as snapshot:
        days = snapshot.frame("consumption_days")
    assert days["lowest_wh"].to_list() == [200, -30, 200, -1, 200]
    assert days["wh_sum"].sum() == sum(wrong(at) or 0 for at in range(5 * 96))


@pytest.mark.parametrize(
    ("fuse", "minutes", "wh", "flagged"),
    [
        (25, 60, 21_562, False),  # 25 A x 690 W/A x 1.25 = 21,562.5 W
        (25, 60, 21_563, True),
        (25, 15, 5_390, False),
        (25, 15, 5_391, True),
        (63, 60, 21_563, False),
        (None, 60, 215_625, False),
        (None, 60, 215_626, True),
    ],
)
def test_more_than_the_fuse_lets_through(
    lake: Lake, load: Load, fuse: int | None, minutes: int, wh: int, flagged: bool
) -> None:
    fuses(lake, {HOUSE: fuse, FLAT: 25})
    load(series(lambda at: wh if at == 30 else lived_in(at) // 4, days=4, minutes=minutes))
    day = 30 * minutes // (24 * 60)
    assert flags(lake) == ([(HOUSE, "absurd", day, 1)] if flagged else [])


def test_a_new_fuse_is_looked_at_without_new_readings(lake: Lake, load: Load) -> None:
    fuses(lake, {HOUSE: 25})
    load(series(lambda at: 30_000 if at in (5, 30) else 300 + at, days=3))
    assert flags(lake) == [(HOUSE, "absurd", 0, 2)]
    fuses(lake, {HOUSE: 50})
    assert flags(lake) == []


@pytest.mark.parametrize(
    ("wh", "days", "found"),
    [
        (500, 7, [(HOUSE, "constant", 0, 7)]),
        (500, 6, []),
        (0, 30, []),  # an empty cottage
        (19, 30, []),  # with a router in it
        (20, 9, [(HOUSE, "constant", 0, 9)]),
    ],
)
def test_one_value_for_a_week(
    lake: Lake, load: Load, wh: int, days: int, found: list[tuple[object, ...]]
) -> None:
    load(series(lambda _: wh, days=days))
    assert flags(lake) == found


def test_a_constant_run_goes_over_the_end_of_the_month_and_ends_with_another_value(
    lake: Lake, load: Load
) -> None:
    load(series(lambda at: 500 if at < 12 * 24 else 700, days=20))
    assert flags(lake) == [(HOUSE, "constant", 0, 12), (HOUSE, "constant", 12, 8)]


def test_a_day_with_a_gap_ends_a_constant_run(lake: Lake, load: Load) -> None:
    load(series(lambda at: None if at == 7 * 24 + 3 else 500, days=14))
    assert flags(lake) == [(HOUSE, "constant", 0, 7)]


def test_two_metering_points_with_the_same_days(lake: Lake, load: Load) -> None:
    load(series(lived_in, days=9))
    load(series(lambda at: lived_in(at) + (at >= 8 * 24), days=9, point=FLAT))
    load(series(lambda at: lived_in(at) if at < 48 else lived_in(at) + 2, days=9, point=COTTAGE))
    # the cottage has only two such days
    assert flags(lake) == [(HOUSE, "duplicate", 0, 8), (FLAT, "duplicate", 0, 8)]


def test_same_sums_are_not_the_same_values(lake: Lake, load: Load) -> None:
    """Two hours of one part of the day changed places: every number beside the day is the same."""

    def swapped(at: int) -> int:
        return lived_in(at + {11: 1, 12: -1}.get(at % 24, 0))

    load(series(lived_in, days=5))
    load(series(swapped, days=5, point=FLAT))
    assert flags(lake) == []


def test_what_is_alike_by_chance_is_no_duplicate(lake: Lake, load: Load) -> None:
    for point in (HOUSE, FLAT):
        load(series(lambda at: 1000 * (at % 7), days=5, point=point))  # counts whole kWh
        load(series(lambda _: 15, days=5, point=point, first=FIRST + timedelta(days=5)))
    assert flags(lake) == []


def test_other_registers_and_directions_do_not_count(lake: Lake, load: Load) -> None:
    load(series(lived_in, days=5))
    load(series(lived_in, days=5, kind="BN02"))
    load(series(lived_in, days=5, point=FLAT), controller="network")
    assert flags(lake) == []


def test_a_correction_takes_the_flag_away(lake: Lake, load: Load) -> None:
    load(series(lambda at: -5 if at == 3 else lived_in(at), days=2))
    assert flags(lake) == [(HOUSE, "negative", 0, 1)]
    load(series(lived_in, days=1), received=NOW + timedelta(hours=1))
    assert flags(lake) == []


def test_nothing_is_written_when_nothing_changed(lake: Lake, load: Load) -> None:
    load(series(lambda _: 500, days=9))
    load(series(lived_in, days=9, point=FLAT))
    sanity.update(lake)
    with lake.snapshot() as snapshot:
        before = snapshot.number
    sanity.update(lake)
    with lake.snapshot() as snapshot:
        assert snapshot.number == before


def test_metrics_make_flags_and_analysts_see_and_count_them(lake: Lake, load: Load) -> None:
    load(series(lambda at: -5 if at in (3, 200) else lived_in(at), days=9))
    compute(lake, settings=SETTINGS, now=NOW)
    with lake.snapshot() as snapshot, connect(snapshot) as db:
        assert sanity.counts(db) == {"seller": {"negative": {"metering_points": 1, "days": 2}}}
        assert len(db.query("SELECT * FROM reading_flags")) == 2


POINTS = (HOUSE, FLAT, COTTAGE)
KINDS: Mapping[str, Series] = {
    "lived in": lived_in,
    "flat": lambda _: 400,
    "absurd": lambda at: 40_000 if at % 50 == 0 else lived_in(at),
    "negative": lambda at: -1 if at == 20 else lived_in(at),
    "gaps": lambda at: None if at % 30 == 0 else lived_in(at),
}
DRAWN = st.lists(
    st.tuples(
        st.sampled_from(POINTS),
        st.sampled_from(sorted(KINDS)),
        st.integers(0, 10),  # the first day
        st.integers(1, 9),  # days
    ),
    min_size=1,
    max_size=5,
)


@examples(8)
@given(drawn=DRAWN, fuse=st.sampled_from([25, 63]))
def test_step_by_step_equals_all_at_once(
    tmp_path_factory: pytest.TempPathFactory, drawn: list[tuple[int, str, int, int]], fuse: int
) -> None:
    folder: Path = tmp_path_factory.mktemp("flags")
    lake = Lake(folder / "lake")
    for number, (point, kind, begin, days) in enumerate(drawn):
        # the same days of the week of each kind in every file: so that two points may have the same days
        wh = KINDS[kind]
        content = series(
            lambda at, wh=wh, begin=begin: wh(at + 24 * begin),
            days=days,
            point=point,
            first=FIRST + timedelta(days=begin),
        )
        sent = delivery(folder / f"{number}.csv", content, received=NOW + timedelta(minutes=number))
        with lake.writer(purpose="test") as writer:
            load_one(sent, writer)
        sanity.update(lake)
    fuses(lake, {HOUSE: fuse})
    assert flags(lake) == flags(lake, full=True)

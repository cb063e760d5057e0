"""The least data of each metric: known with just so many days, and not with one less.

Each case leaves two metering points with so many days of a kind. Weather and prices are those of all: a
mild winter with a frosty and a severe week or two, a summer with some hot days, some days of uneven prices.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from campaigns.consumption.computing import compute
from campaigns.consumption.metrics import METRICS, MINIMA
from campaigns.lake import Lake
from campaigns.lake.schemas import TABLES
from support.day_rows import day_rows
from support.metric_reference import is_off, minutes_of
from support.metric_reference_fits import clear_wh
from support.offices import metering_points
from support.readings import NOW, SETTINGS, delivery, load_one, starts

LAST = date(2026, 11, 23)
DAYS = [LAST - timedelta(days=at) for at in range(729, -1, -1)]
YEAR, BEFORE = DAYS[-365:], DAYS[:365]
UNPRICED = set(YEAR[:20])
UNEVEN = set(YEAR[100:130])
Kind = Callable[[date], bool]
Cut = tuple[Sequence[date], Kind, int]  # of these days so many stay of this kind


def celsius(day: date) -> float:
    """Cold below 0, severe below -15, warm above 15, hot above 18 °C; it changes from day to day."""
    little = day.toordinal() % 7 / 10
    if day.month in (12, 1, 2):
        if day.month == 1 and day.day <= 14:
            return -20 - little
        return -8 - little if day.month == 2 and day.day <= 12 else -3 - little
    if day.month in (6, 7, 8):
        return 21 + little if day.month == 7 and day.day <= 20 else 16 + little
    return 11 + little if day.month in (5, 9) else 3 + little


def _is(low: float, high: float) -> Kind:
    return lambda day: low < celsius(day) < high


def _any(_: date) -> bool:
    return True


def _in(*months: int) -> Kind:
    return lambda day: day.month in months


def _is_frosty(day: date) -> bool:
    return day.month in (12, 1, 2) and not is_off(day) and celsius(day) < -5


COLD, MIDDLING, WARM = _is(-99, 0), _is(0, 15), _is(15, 99)
A_FIT = [(YEAR, WARM, 61), (YEAR, COLD, 80)]  # with some days between them, 180 of all
A_LONG_FIT = [(DAYS, WARM, 61), (DAYS, COLD, 80)]


@dataclass(frozen=True, kw_only=True)
class Case:
    """A minimum of metrics over a period, with what is cut in any case, and what is cut to the limit."""

    minimum: str
    period: str = "last 12 months"
    first: Sequence[Cut] = ()
    cut: Cut

    @property
    def names(self) -> set[str]:
        """All metrics that need it and can be known over the period."""
        return {
            name
            for name, metric in METRICS.items()
            if metric.minimum == self.minimum and self.period in metric.known_over
        }

    def days(self, *, less: int) -> set[date]:
        kept = set(DAYS)
        of, kind, number = self.cut
        for among, is_kind, count in [*self.first, (of, kind, number - less)]:
            chosen = [day for day in among if is_kind(day) and day in kept]
            keeps = {chosen[at] for at in np.linspace(0, len(chosen) - 1, count).round().astype(int)}
            assert len(keeps) == count
            kept -= set(chosen) - keeps
        return kept


CASES = (
    Case(minimum="enough", cut=(YEAR, _any, 330)),
    Case(minimum="enough", period="last 28 days", cut=(YEAR[-28:], _any, 26)),
    Case(minimum="enough", period="last 3 months", cut=(YEAR[-91:], _any, 82)),
    Case(minimum="enough", period="last winter", cut=(YEAR, _in(12, 1, 2), 81)),
    Case(minimum="seasons", cut=(YEAR, _in(12, 1, 2), 60)),
    Case(minimum="seasons", cut=(YEAR, _in(6, 7, 8), 60)),
    Case(minimum="heat", first=A_FIT, cut=(YEAR, MIDDLING, 39)),
    Case(minimum="heat", cut=(YEAR, COLD, 30)),
    Case(minimum="heat", cut=(YEAR, WARM, 60)),
    Case(minimum="heat twice", cut=(BEFORE, COLD, 30)),
    Case(minimum="heat twice", cut=(BEFORE, WARM, 60)),
    Case(
        minimum="heat twice", first=[(BEFORE, WARM, 61), (BEFORE, COLD, 80)],
        cut=(BEFORE, MIDDLING, 39),
    ),
    Case(minimum="heat twice as long", first=A_LONG_FIT, cut=(DAYS, MIDDLING, 39)),
    Case(minimum="heat twice as long", cut=(DAYS, COLD, 30)),
    Case(minimum="heat twice as long", cut=(DAYS, WARM, 60)),
    Case(minimum="severe", cut=(YEAR, _is(-99, -15), 10)),
    Case(minimum="severe", first=[(YEAR, _is(-2, 5), 0)], cut=(YEAR, _is(-10, -2), 30)),
    Case(minimum="cool", cut=(YEAR, _in(6, 7, 8), 80)),
    Case(minimum="cool", cut=(YEAR, _is(18, 99), 15)),
    Case(minimum="spot", cut=(YEAR, lambda day: day not in UNPRICED, 330)),
    Case(minimum="ranked", cut=(YEAR, lambda day: day in UNEVEN, 20)),
    Case(minimum="frosty", cut=(YEAR, _is_frosty, 10)),
    Case(minimum="compared", cut=(BEFORE, _any, 330)),
    Case(minimum="compared", period="last 28 days", cut=(BEFORE[-28:], _any, 26)),
)  # fmt: skip
# Not cut here, and why.
OTHERWISE = {
    "none": "there is no least",
    "sunny": "a year of 330 full days has 60 of the 123 from May to August",
    "clear": "test_panels_need_twenty_clear_days",
    "cooled": "tests/integration/consumption/test_heat_cooling.py",
}
REGISTER = {
    "metering_points": {"controller": "seller", "fuse_a": 25},
    "contracts": {
        "controller": "seller",
        "person_id": 1,
        "start_date": DAYS[0],
        "price_c_kwh": 8.0,
        "margin_c_kwh": 0.4,
    },
}
POINTS = [int(point) for point in metering_points(2 * len(CASES) + 2)]


def _day(day: date) -> np.ndarray:
    """Hours that follow the cold, and change two years ago by a lot and from day to day by a little."""
    more = 2000 if day >= date(2025, 11, 24) else 0
    cold = max(0.0, 17 - celsius(day))
    hours = np.arange(minutes_of(day) // 60)
    return (400 + more + 50 * cold + 20 * hours + day.toordinal() * 7919 % 101).astype(np.int32)


@pytest.fixture(scope="module")
def computed(tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    folder = tmp_path_factory.mktemp("least")
    lake = Lake(folder / "lake")
    whole = {day: _day(day) for day in DAYS}
    kept = {
        POINTS[2 * at + less]: {day: whole[day] for day in case.days(less=less)}
        for at, case in enumerate(CASES)
        for less in (0, 1)
    }
    kept |= dict.fromkeys(POINTS[-2:], whole)
    june = [day for day in YEAR if day.month == 6]
    sold = {
        POINTS[-2 + less]: {
            day: np.array([4 * clear_wh(start) + 700 for start in starts(day, day, 60)])
            for day in june[: 20 - less]
        }
        for less in (0, 1)
    }
    weather = [(start, celsius(day)) for day in DAYS for start in starts(day, day, 60)]
    prices = [
        (start, 5 + (start.hour if day in UNEVEN else 0))
        for day in DAYS if day not in UNPRICED
        for start in starts(day, day, 60)
    ]  # fmt: skip
    with lake.writer(purpose="test") as writer:
        for kind, column, series in (("temperatures", "celsius", weather), ("spot_prices", "price", prices)):
            lines = "".join(f"{at:%Y-%m-%dT%H:%MZ};{one}\n" for at, one in series)
            content = f"start;{column}\n{lines}"
            assert not load_one(delivery(folder / kind, content, kind=kind), writer).quarantined
        writer.upsert("consumption_days", day_rows(kept))
        writer.upsert("consumption_days", day_rows(sold, export=True))
        for table, told in REGISTER.items():
            schema = TABLES[table].schema
            rows = [{"metering_point_id": point, "contract_id": point, **told} for point in POINTS]
            frame = pl.DataFrame(
                rows, schema={name: kind for name, kind in schema.items() if name in rows[0]}
            )
            writer.upsert(
                table,
                frame.select(
                    (pl.col(name) if name in rows[0] else pl.lit(None, kind)).alias(name)
                    for name, kind in schema.items()
                ),
            )
    compute(lake, settings=SETTINGS, as_of=LAST, now=NOW)
    with lake.snapshot() as snapshot:
        return snapshot.frame("metrics")


def test_every_minimum_is_here() -> None:
    assert {case.minimum for case in CASES} | set(OTHERWISE) == set(MINIMA)
    cut = {name for case in CASES for name in case.names}
    assert {name for name, metric in METRICS.items() if metric.minimum not in OTHERWISE} == cut


@pytest.mark.parametrize("number", range(len(CASES)))
def test_known_with_so_many_days_and_not_with_one_less(computed: pl.DataFrame, number: int) -> None:
    case = CASES[number]
    enough, short = (
        computed.filter(metering_point_id=POINTS[2 * number + less], period=case.period).row(0, named=True)
        for less in (0, 1)
    )
    assert {name for name in case.names if enough[name] is None} == set()
    assert {name for name in case.names if short[name] is not None} == set()


def test_panels_need_twenty_clear_days(computed: pl.DataFrame) -> None:
    sizes = [
        computed.filter(metering_point_id=point, period="last 12 months")["pv_fit_kwp"].item()
        for point in POINTS[-2:]
    ]
    assert sizes == [pytest.approx(4, abs=0.1), None]

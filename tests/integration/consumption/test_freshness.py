"""Who has all of yesterday, and the newest full day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from campaigns.consumption import freshness
from campaigns.consumption.freshness import Freshness
from campaigns.engine import connect
from campaigns.lake import Lake
from campaigns.register.deliveries import Imported
from support.readings import Row, starts, text

TODAY = date(2026, 11, 24)
YESTERDAY = TODAY - timedelta(days=1)
POINTS = (643007500000000014, 643007500000000021, 643007500999999993)
Load = Callable[..., Imported]


def readings(point: int, *, ago: tuple[int, int], gap: int | None = None, kind: str = "BN01") -> str:
    """Readings from so many days before today to so many; a day with a `gap` lacks an hour."""
    first, last = (TODAY - timedelta(days=days) for days in ago)
    without = None if gap is None else starts(TODAY - timedelta(days=gap), TODAY - timedelta(days=gap), 60)[5]
    return text(
        Row(start=start, wh=None if start == without else 100, gsrn=point, kind=kind)
        for start in starts(first, last, 60)
    )


def found(lake: Lake, today: date = TODAY) -> dict[str, Freshness]:
    with lake.snapshot() as snapshot, connect(snapshot) as db:
        return freshness.of(db, today=today)


def test_an_empty_lake_says_nothing(lake: Lake) -> None:
    assert found(lake) == {}


def test_a_gap_yesterday(lake: Lake, load: Load) -> None:
    for point in POINTS:
        load(readings(point, ago=(5, 1), gap=1 if point == POINTS[0] else None))
    load(readings(POINTS[0], ago=(3, 2)), controller="network")
    assert found(lake) == {
        "seller": Freshness(
            day=YESTERDAY, active=3, complete=2, newest_full_day=YESTERDAY - timedelta(days=1)
        ),
        "network": Freshness(
            day=YESTERDAY, active=1, complete=0, newest_full_day=YESTERDAY - timedelta(days=1)
        ),
    }
    here = found(lake)["seller"]
    assert here.as_json() == {
        "day": "2026-11-23",
        "active": 3,
        "complete": 2,
        "share": 0.666,
        "newest_full_day": "2026-11-22",
    }
    assert str(here) == "66.6 % of 3 metering points have all of 2026-11-23; newest full day 2026-11-22"


def test_export_and_the_open_day_do_not_count(lake: Lake, load: Load) -> None:
    load(readings(POINTS[0], ago=(4, 0)))
    load(readings(POINTS[1], ago=(4, 1), kind="BN02"))
    assert found(lake)["seller"] == Freshness(day=YESTERDAY, active=1, complete=1, newest_full_day=YESTERDAY)


@pytest.mark.parametrize(("silent", "active"), [(28, 2), (29, 1)])
def test_who_was_silent_for_four_weeks_is_no_longer_waited_for(
    lake: Lake, load: Load, silent: int, active: int
) -> None:
    load(readings(POINTS[0], ago=(40, 1)))
    load(readings(POINTS[1], ago=(40, silent)))
    here = found(lake)["seller"]
    assert (here.active, here.complete) == (active, 1)
    assert here.newest_full_day == YESTERDAY - timedelta(days=27 if active == 2 else 0)


def test_readings_that_stopped_long_ago(lake: Lake, load: Load) -> None:
    load(readings(POINTS[0], ago=(200, 150)))
    here = found(lake)["seller"]
    assert (here.active, here.share) == (0, None)
    assert here.newest_full_day == TODAY - timedelta(days=150)
    assert str(here).startswith("no metering point is active; newest full day 2026-06")

"""A segment may refuse data that are too old: its preview says so, and no plan is made."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa

from campaigns.engine import connect
from campaigns.errors import UserError
from campaigns.ledger import plans
from campaigns.ledger.tables import messages
from campaigns.mailings.parts import Parts
from campaigns.mailings.planning import plan
from campaigns.segments.previewing import preview
from support import mailing_world as world

TODAY = world.NOW.date()
SEGMENTS = {
    "houses": """
        title: Houses that use much
        purpose: energy_offers
        audience: customers
        channels: [email]
        who:
          - has: site
            where:
              - {metric: kwh_year, over: last 12 months, at_least: 5 MWh}
        expect: {data_not_older_than: 3 days}
    """,
    "carefree": """
        title: Houses that use much, whenever that was
        purpose: energy_offers
        audience: customers
        channels: [email]
        who:
          - has: site
            where:
              - {metric: kwh_year, over: last 12 months, at_least: 5 MWh}
    """,
}
MAILINGS = {
    "anyway": "title: To whom it may concern\nsegments: carefree\ntemplate: renewal_offer\nsite: matched",
    "but_not_them": (
        "title: All but them\nsegments: carefree\nexcept_segments: [houses]\ntemplate: renewal_offer\n"
        "site: matched"
    ),
}


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parts]:
    root: Path = tmp_path_factory.mktemp("stale") / "workspace"
    made = world.workspace(root, segments=SEGMENTS, mailings=MAILINGS)
    yield made
    made.ledger.dispose()


def put(parts: Parts, *, full_to: date, computed_for: date, last: date | None = None) -> None:
    """Readings of two metering points of six to `last`, of all to `full_to`; metrics as of a day."""
    days = [date(2026, 11, day) for day in range(1, 24)]
    with parts.lake.writer(purpose="test") as lake:
        for table in ("consumption_days", "metrics"):
            lake.replace(table, lake.frame(table).clear())
    world.upsert(
        parts,
        "consumption_days",
        [
            {
                "metering_point_id": 2000 + point,
                "gsrn": 2000 + point,
                "direction": "import",
                "month": f"{day:%Y-%m}",
                "local_date": day,
                "resolution_min": 60,
                "intervals_expected": 24,
                "intervals_present": 24,
            }
            for point in range(1, 7)
            for day in days
            if day <= (full_to if point > 2 else last or full_to)
        ],
    )
    world.upsert(
        parts,
        "metrics",
        [
            {
                "metering_point_id": 2000 + point,
                "period": "last 12 months",
                "as_of": computed_for,
                "period_start": date(2025, 11, 1),
                "period_end": computed_for,
                "kwh_year": 8000.0,
            }
            for point in range(1, 7)
        ],
    )


def previewed(parts: Parts, name: str) -> str:
    segment = parts.mailings.load(name).segments[0]
    with parts.lake.snapshot() as snapshot, connect(snapshot) as db:
        return str(
            preview(
                segment,
                db=db,
                ledger=parts.ledger,
                settings=parts.settings,
                as_of=TODAY,
                at=world.NOW,
            )
        )


def test_young_data_are_taken(parts: Parts) -> None:
    put(parts, full_to=date(2026, 11, 21), computed_for=date(2026, 11, 21), last=date(2026, 11, 23))
    assert plan(parts, "renewal", actor="test").as_json()["members"] == 6
    assert "older" not in previewed(parts, "renewal")


def test_old_readings_stop_a_plan_and_a_preview_says_so(parts: Parts) -> None:
    put(parts, full_to=date(2026, 11, 20), computed_for=date(2026, 11, 20), last=date(2026, 11, 23))
    sentence = (
        "the newest full day of readings is 2026-11-20, and data may not be older than 2026-11-21; "
        "33.3 % of 6 metering points have all of 2026-11-23."
    )
    with pytest.raises(UserError, match="MAI032") as refused:
        plan(parts, "renewal", actor="test")
    assert str(refused.value) == (
        f"MAI032 segment houses: {sentence}\n      import the missing readings, then: campaigns metrics"
    )
    with parts.ledger.read() as connection:
        assert all(row.state != "building" for row in plans.of_mailing(connection, "renewal", "once"))
    assert f"  {sentence} No plan will be made.\n" in previewed(parts, "renewal")
    # who does not ask gets the plan
    assert plan(parts, "anyway", actor="test").as_json()["members"] == 6
    assert "older" not in previewed(parts, "anyway")


def test_old_metrics_on_young_readings_stop_it_too(parts: Parts) -> None:
    put(parts, full_to=date(2026, 11, 23), computed_for=date(2026, 11, 9))
    with pytest.raises(UserError, match=r"metrics were computed for 2026-11-09.*\n +campaigns metrics"):
        plan(parts, "renewal", actor="test")


def test_the_plan_that_waits_is_there_when_a_new_one_is_refused(parts: Parts) -> None:
    put(parts, full_to=date(2026, 11, 23), computed_for=date(2026, 11, 23))
    waiting = plan(parts, "renewal", actor="test")
    put(parts, full_to=date(2026, 11, 20), computed_for=date(2026, 11, 9))
    with pytest.raises(UserError, match="MAI032"):
        plan(parts, "renewal", actor="test")
    with parts.ledger.read() as connection:
        assert plans.state(connection, waiting.plan_id) == "waiting"
        theirs = sa.select(sa.func.count()).where(messages.c.plan_id == waiting.plan_id)
        assert connection.execute(theirs).scalar_one() == waiting.as_json()["members"]


def test_a_segment_that_leaves_people_out_counts_as_well(parts: Parts) -> None:
    put(parts, full_to=date(2026, 11, 1), computed_for=date(2026, 11, 1))
    with pytest.raises(UserError, match="segment houses: the newest full day of readings is 2026-11-01"):
        plan(parts, "but_not_them", actor="test")


def test_no_readings_at_all(parts: Parts) -> None:
    put(parts, full_to=date(2026, 10, 1), computed_for=date(2026, 11, 22))
    with pytest.raises(UserError, match="readings have no full day, and data may not be older"):
        plan(parts, "renewal", actor="test")

"""What `campaigns status` says about readings: how fresh, and which can hardly be right."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from campaigns.consumption import computing, sanity
from campaigns.workspace.status import status
from support.readings import FLAT, HOUSE, Row, delivery, load_one, starts, text
from support.rights_world import TODAY, A, B, open_workspace


def test_freshness_and_flags_of_each_register(tmp_path: Path) -> None:
    workspace = open_workspace(tmp_path / "workspace")
    first = TODAY - timedelta(days=10)
    for controller, point, last in ((A, HOUSE, 1), (A, FLAT, 2), (B, HOUSE, 1)):
        rows = (
            Row(
                start=start,
                wh=-5 if (point, at) == (FLAT, 30) else 500 + at % (7 if point == FLAT else 1),
                gsrn=point,
            )
            for at, start in enumerate(starts(first, TODAY - timedelta(days=last), 60))
        )
        sent = delivery(
            tmp_path / f"{controller}{point}.csv",
            text(rows, header="fi" if controller == A else "en"),
            controller=controller,
        )
        with workspace.lake.writer(purpose="test") as writer:
            load_one(sent, writer)
    before = status(workspace)
    assert before.as_json()["reading_flags"] == {}
    sanity.update(workspace.lake)

    found = status(workspace)
    assert found.as_json()["freshness"] == {
        A: {
            "day": "2026-11-23",
            "active": 2,
            "complete": 1,
            "share": 0.5,
            "newest_full_day": "2026-11-22",
        },
        B: {
            "day": "2026-11-23",
            "active": 1,
            "complete": 1,
            "share": 1.0,
            "newest_full_day": "2026-11-23",
        },
    }
    constant = {"metering_points": 1, "days": 10}
    assert found.as_json()["reading_flags"] == {
        A: {"constant": constant, "negative": {"metering_points": 1, "days": 1}},
        B: {"constant": constant},
    }
    lines = str(found).splitlines()
    assert (
        f"readings of {A}: 50.0 % of 2 metering points have all of 2026-11-23; newest full day 2026-11-22"
    ) in lines
    at = lines.index(f"flagged readings of {A}:")
    assert lines[at + 1 : at + 3] == [
        "  negative: 1 metering point, 1 day: an interval below zero",
        "  constant: 1 metering point, 10 days: the same value for a week or longer",
    ]
    workspace.ledger.dispose()


def test_metrics_that_lag_behind_are_told(tmp_path: Path) -> None:
    workspace = open_workspace(tmp_path / "workspace")
    rows = [
        Row(start=start, wh=500)
        for start in starts(TODAY - timedelta(days=10), TODAY - timedelta(days=1), 60)
    ]
    with workspace.lake.writer(purpose="test") as writer:
        load_one(delivery(tmp_path / "datahub.csv", text(rows), controller=A), writer)
    asked = {"settings": workspace.settings, "now": workspace.now()}
    computing.compute(workspace.lake, as_of=TODAY - timedelta(days=2), **asked)
    told = f"metrics of {A} are of 2026-11-22, and 2026-11-23 is complete: campaigns metrics"
    assert told in status(workspace).todo
    computing.compute(workspace.lake, **asked)
    assert told not in status(workspace).todo
    workspace.ledger.dispose()


def test_a_lake_without_readings_says_nothing_of_them(tmp_path: Path) -> None:
    workspace = open_workspace(tmp_path / "workspace")
    found = status(workspace)
    assert (found.as_json()["freshness"], found.as_json()["reading_flags"]) == ({}, {})
    assert "readings of" not in str(found)
    workspace.ledger.dispose()

"""What is too old goes, what is not stays, and a second run finds nothing."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest
import sqlalchemy as sa

from campaigns.lake import Lake
from campaigns.ledger import Ledger, audit, permission_events, tokens
from campaigns.ledger.integrity import verify
from campaigns.ledger.tables import attempts, decisions, messages, responses, rights_requests
from campaigns.ledger.verifying import everything
from campaigns.reports.report import report
from campaigns.rights import retention
from support import retention_kills
from support import retention_world as world
from support.retention_world import NOW, A, B

EXPECTED = {
    ("former_customers", "persons", A): 1,
    ("prospects", "persons", A): 2,
    ("events", "events", A): 1,
    ("interactions", "interactions", A): 1,
    ("interactions", "events", A): 1,
    ("lists", "list_members", A): 1,
    ("consumption_intervals", "consumption_days 2024-08", A): 31,
    ("consumption_intervals", "consumption_days 2024-09", A): 35,
    ("consumption_months", "consumption_months", A): 1,
    ("quarantine", "quarantine", A): 1,
    ("send_log", "messages", A): 2,
    ("permission_proof", "permission_events", A): 1,
    ("rights_requests", "rights_requests", A): 1,
    ("exports", "data/exports", ""): 1,
    ("exports", "data/render", ""): 1,
    ("send_log", "data/outbox", ""): 1,
    ("audit", "audit", A): 1,
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    world.build(tmp_path)
    return tmp_path


def run(root: Path, *, dry: bool = False, days: int = 0) -> dict[tuple[str, str, str], int]:
    work = world.work(root, dry=dry, now=NOW + timedelta(days=days))
    try:
        return {(one.rule, one.table, one.controller): one.rows for one in retention.run(work)}
    finally:
        work.ledger.dispose()


def frame(root: Path, table: str) -> pl.DataFrame:
    with Lake(root / "data" / "lake").snapshot() as snapshot:
        return snapshot.frame(table)


def ledger(root: Path) -> Ledger:
    return Ledger.open(root / "data" / "ledger" / "ledger.sqlite")


def test_a_dry_run_counts_what_a_run_removes_and_changes_nothing(root: Path) -> None:
    assert run(root, dry=True) == EXPECTED
    assert run(root, dry=True) == EXPECTED
    assert run(root) == EXPECTED
    assert run(root, dry=True) == run(root) == {}


def test_people_go_whom_nothing_keeps(root: Path) -> None:
    run(root)
    assert world.people_of(root) == [*world.STAYING, 20]
    assert world.people_of(root, B) == [1]  # the other register's same number
    for table in ("contact_points", "relationships", "contracts"):
        left = frame(root, table).filter(controller=A)["person_id"]
        assert set(left) & set(world.LEAVING) == set()


def test_a_refusal_outlives_its_person_under_each_address(root: Path) -> None:
    run(root)
    opened = ledger(root)
    with opened.read() as connection:
        words = permission_events.frame(connection)
        assert tokens.people_of(connection, []) == {}
        assert verify(connection).whole
        assert list(everything(connection)) == []
    carried = words.filter(source="retention")
    digests = {
        (n, channel): opened.address_digest(A, channel, world.address(n, channel)["value"])
        for n in world.LEAVING
        for channel in ("email", "letter")
    }
    opened.dispose()
    assert set(carried.select("address_digest", "kind", "channel").rows()) == {
        *((digests[1, channel], "ban_all", None) for channel in ("email", "letter")),
        *((digests[1, channel], "withdrawn", "email") for channel in ("email", "letter")),
        *((digests[2, channel], "ban_channel", "letter") for channel in ("email", "letter")),
    }
    assert carried["person_id"].null_count() == len(carried) == 6
    assert not set(words["kind"]) & {"erased"}


def test_no_raw_address_of_them_is_left(root: Path) -> None:
    run(root)
    for path in (root / "data").rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            for number in world.LEAVING:
                assert f"henkilo{number}@".encode() not in content, path


def test_months_are_sums_of_their_days(root: Path) -> None:
    before = frame(root, "consumption_days")
    run(root)
    assert frame(root, "consumption_days")["month"].unique().to_list() == ["2024-10"]
    months = frame(root, "consumption_months").filter(pl.col("days") > 0)
    expected = before.filter(pl.col("month") < "2024-10").group_by("metering_point_id", "month")
    sums = expected.agg(pl.col("wh_sum").sum()).sort("month", "metering_point_id")
    assert months.sort("month", "metering_point_id").select(sums.columns).rows() == sums.rows()
    assert months["days"].to_list() == [31, 30, 5]


def test_flags_of_readings_go_with_the_days_that_they_are_about(root: Path) -> None:
    told = {"metering_point_id": 7, "direction": "import"}
    days = [world.date(2024, 9, 30), world.date(2024, 10, 1)]
    flags = [
        told | {"flag": "constant", "month": f"{day:%Y-%m}", "first_date": day, "last_date": day, "days": 1}
        for day in days
    ]
    twins = [told | {"month": f"{day:%Y-%m}", "local_date": day} for day in days]
    with Lake(root / "data" / "lake").writer(purpose="test") as writer:
        writer.append("reading_flags", world.rows("reading_flags", flags))
        writer.append("reading_twins", world.rows("reading_twins", twins))
    run(root)
    assert frame(root, "reading_flags")["last_date"].to_list() == days[1:]
    assert frame(root, "reading_twins")["local_date"].to_list() == days[1:]


def test_days_that_come_late_do_not_spoil_a_sum(root: Path) -> None:
    run(root)
    before = frame(root, "consumption_months")
    late = world.readings(7, world.date(2024, 8, 1), 3, wh=50)
    with Lake(root / "data" / "lake").writer(purpose="test") as writer:
        writer.append("consumption_days", world.rows("consumption_days", late))
    assert run(root) == {("consumption_intervals", "consumption_days 2024-08", A): 3}
    assert frame(root, "consumption_months").equals(before)


def test_a_report_stays_when_its_messages_go(root: Path) -> None:
    opened = ledger(root)
    old = "2024-06-07"
    before = report(opened, "news", occurrence=old)
    assert (before.sent, before.responses) == (2, {"clicked": 1})
    run(root)
    assert report(opened, "news", occurrence=old) == before
    with opened.read() as connection:
        for table, left in (
            (messages, 2),
            (decisions, 2),
            (attempts, 2),
            (responses, 1),
            (rights_requests, 2),
        ):
            assert connection.scalar(sa.select(sa.func.count()).select_from(table)) == left
    opened.dispose()


def test_proof_goes_when_its_word_ceased_long_ago_and_bans_never_do(root: Path) -> None:
    run(root)
    opened = ledger(root)
    with opened.read() as connection:
        words = permission_events.frame(connection).filter(source="crm")
    opened.dispose()
    left = dict(words.select(pl.concat_str("person_id", "kind", separator=" "), "evidence").rows())
    assert left.pop("1 granted") is None  # withdrawn six years ago
    assert all(left.values())
    assert run(root, days=365 * 4) != {}
    opened = ledger(root)
    with opened.read() as connection:
        words = permission_events.frame(connection).filter(kind="ban_all", source="crm")
        assert verify(connection).whole
    opened.dispose()
    assert words["evidence"].to_list() == ["call of 1"]


def test_old_entries_of_the_audit_say_no_more_who(root: Path) -> None:
    run(root)
    opened = ledger(root)
    with opened.read() as connection:
        entries = audit.frame(connection)
    opened.dispose()
    assert entries["actor"].to_list() == ["maija", "maija", "", "maija", "officer", "officer"]
    gone = entries.filter(action="people_deleted_by_retention")["details"]
    assert [one.count('"persons": [') for one in gone] == [1, 1]


def test_links_are_not_followed(root: Path, tmp_path: Path) -> None:
    """Attack 105."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "canary").write_text("stays")
    (root / "data" / "exports" / "link").symlink_to(outside)
    run(root, days=400)
    assert not (root / "data" / "exports" / "link").is_symlink()
    assert (outside / "canary").read_text() == "stays"


def test_a_kill_at_any_moment_is_made_up_for_by_the_next_run(tmp_path: Path) -> None:
    """Killed at evenly spaced lines, then run again: the same rows as of a run that nobody disturbed."""
    program = [sys.executable, str(Path(retention_kills.__file__)), str(tmp_path), "4"]
    done = subprocess.run(program, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.strip() == "killed at 4 moments, nothing lost"

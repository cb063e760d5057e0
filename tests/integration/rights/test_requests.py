"""Tickets: each request has its legal day, is answered once, and holds no value of anybody."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from campaigns.errors import NotFound, Refused, UserError
from campaigns.ledger import audit, rights_requests
from campaigns.settings.loading import FILE, load
from campaigns.workspace import rights
from campaigns.workspace.project import Workspace
from campaigns.workspace.status import status
from support.mailing_world import Clock, parts_of, person, upsert, write_files

RECEIVED = datetime(2026, 11, 20, 8, tzinfo=UTC)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def workspace(tmp_path: Path, clock: Clock) -> Iterator[Workspace]:
    root = tmp_path / "workspace"
    write_files(root)
    parts = parts_of(root)
    upsert(parts, "persons", [person(1), person(2)])
    parts.ledger.dispose()
    opened = Workspace(root, load(root / FILE), clock=clock)
    yield opened
    opened.ledger.dispose()


def test_a_request_is_due_a_month_from_receipt(workspace: Workspace) -> None:
    request = rights.receive(workspace, "access", "1", received=RECEIVED, by="letter")
    assert (request.state, request.due_on, request.received_by) == ("open", date(2026, 12, 21), "letter")
    (row,) = rights.listed(workspace)
    assert (row["request"], row["received"], row["due"]) == (request.request_id, "2026-11-20", "2026-12-21")


def test_the_day_of_receipt_is_the_local_one(workspace: Workspace) -> None:
    late = datetime(2026, 11, 9, 22, 30, tzinfo=UTC)  # half past midnight in Helsinki
    assert rights.receive(workspace, "access", "1", received=late).due_on == date(2026, 12, 10)


def test_overdue_ones_come_first_and_are_named_by_status(workspace: Workspace, clock: Clock) -> None:
    later = rights.receive(workspace, "erase", "1")
    sooner = rights.receive(workspace, "access", "2", received=RECEIVED)
    clock.now = datetime(2026, 12, 22, 9, tzinfo=UTC)
    assert [(row["request"], row["state"]) for row in rights.listed(workspace)] == [
        (sooner.request_id, "OVERDUE"),
        (later.request_id, "open"),
    ]
    assert f"request {sooner.request_id} (access) was due on 2026-12-21" in status(workspace).verdict
    clock.now -= timedelta(days=1)  # the day itself is still in time
    assert {row["state"] for row in rights.listed(workspace)} == {"open"}


def test_an_extension_is_two_months_once_and_in_time(workspace: Workspace, clock: Clock) -> None:
    request = rights.receive(workspace, "access", "1", received=RECEIVED)
    extended = rights.extend(workspace, request.request_id, reason="many requests in one week")
    assert extended.due_on == date(2027, 2, 22)  # 20 February is a Saturday
    with pytest.raises(Refused, match="LED031"):
        rights.extend(workspace, request.request_id, reason="again")
    other = rights.receive(workspace, "access", "2", received=RECEIVED)
    clock.now = datetime(2026, 12, 22, 9, tzinfo=UTC)
    with pytest.raises(Refused, match="USE027"):
        rights.extend(workspace, other.request_id, reason="too late")


def test_a_command_takes_the_request_that_waits_unless_another_is_told(workspace: Workspace) -> None:
    waits = rights.receive(workspace, "access", "1", received=RECEIVED)
    assert rights.begin(workspace, "access", "1").request_id == waits.request_id
    assert rights.begin(workspace, "access", request=waits.request_id).request_id == waits.request_id
    assert rights.begin(workspace, "access", "1", by="visit").request_id != waits.request_id
    assert rights.begin(workspace, "portability", "1").kind == "portability"
    assert rights.begin(workspace, "access", "2").person_id == 2


def test_a_request_is_closed_once_and_then_not_worked_on(workspace: Workspace) -> None:
    request = rights.receive(workspace, "access", "1")
    done = rights.finish(workspace, request, answer_digest="ab" * 32, details={"rows": {"persons": 1}})
    assert (done.state, done.answer_digest, done.closed_at) == ("done", "ab" * 32, workspace.now())
    with pytest.raises(Refused, match="LED031"):
        rights.finish(workspace, request)
    with pytest.raises(Refused, match="USE023"):
        rights.begin(workspace, "access", request=request.request_id)
    assert rights.listed(workspace) == []
    assert [row["state"] for row in rights.listed(workspace, closed=True)] == ["done"]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ({"kind": "forget", "person": "1"}, "USE020"),
        ({"kind": "access", "person": "1", "by": "pigeon"}, "USE021"),
        ({"kind": "access", "person": "1", "received": datetime(2027, 1, 1, tzinfo=UTC)}, "USE022"),
        ({"kind": "access", "person": "77"}, "USE006"),
        ({"kind": "access", "person": "1", "controller": "sahkoverkko"}, "USE006"),
    ],
)
def test_what_cannot_be_registered(workspace: Workspace, words: dict[str, object], code: str) -> None:
    with pytest.raises(UserError, match=code):
        rights.receive(workspace, **words)  # type: ignore[arg-type]  # drawn words
    assert rights.listed(workspace) == []


def test_a_ticket_of_another_person_or_right_is_not_worked_on(workspace: Workspace) -> None:
    request = rights.receive(workspace, "access", "1")
    for kind, who in (("access", "2"), ("portability", "1")):
        with pytest.raises(UserError, match="USE024"):
            rights.begin(workspace, kind, who, request=request.request_id)
    with pytest.raises(UserError, match="USE025"):
        rights.begin(workspace, "access")
    with pytest.raises(NotFound, match="LED030"):
        rights.begin(workspace, "access", request=99)


@pytest.mark.parametrize(
    "reason",
    [
        "",
        "   ",
        "x" * 401,
        "Maija1 could not be identified",
        "MEIKÄLÄINEN asks every week",
        "asked from maija@example.fi",
        "called from 040 123 4567",
        "code 010190-123A did not fit",
    ],
)
def test_a_reason_that_tells_who_it_is_about_is_refused(workspace: Workspace, reason: str) -> None:
    request = rights.receive(workspace, "access", "1")
    with pytest.raises(UserError, match="USE026") as caught:
        rights.refuse(workspace, request.request_id, reason=reason)
    assert not reason.strip() or reason not in str(caught.value)


def test_a_plain_reason_is_kept(workspace: Workspace) -> None:
    request = rights.receive(workspace, "access", "1")
    refused = rights.refuse(workspace, request.request_id, reason="the same was answered on 2026-11-02")
    assert (refused.state, refused.reason) == ("refused", "the same was answered on 2026-11-02")


def test_every_step_is_in_the_audit(workspace: Workspace) -> None:
    first, second = (rights.receive(workspace, "access", who) for who in ("1", "2"))
    rights.extend(workspace, first.request_id, reason="many at once")
    rights.finish(workspace, first)
    rights.refuse(workspace, second.request_id, reason="the sender is not known")
    with workspace.ledger.read() as connection:
        entries = audit.frame(connection).to_dicts()
    assert [(entry["action"], entry["person_id"]) for entry in entries] == [
        ("rights_received", 1),
        ("rights_received", 2),
        ("rights_extended", 1),
        ("rights_done", 1),
        ("rights_refused", 2),
    ]
    assert all("request" in json.loads(entry["details"]) for entry in entries)


def test_kinds_are_those_of_the_commands() -> None:
    assert set(rights_requests.KINDS) == {"access", "portability", "rectify", "erase", "restrict", "object"}

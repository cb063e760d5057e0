"""Restriction and objection: what they stop, what they leave, and how they end."""

from __future__ import annotations

import polars as pl
import pytest

from campaigns import engine
from campaigns.errors import Refused, UserError
from campaigns.permissions.deciding import decide
from campaigns.permissions.requests import Request
from campaigns.workspace import audience, objecting, permission_asking, rights
from support.bureaus import OURS, Bureau

SEGMENT = """\
title: everybody
controller: lahti_energia
audience: customers
purpose: newsletter
channels: [email]
who:
  - field: language
    is: fi
"""


@pytest.fixture
def person(bureau: Bureau) -> int:
    """Consents to the newsletter by e-mail."""
    for folder in ("segments", "mailings"):
        for path in (bureau.root / folder).glob("*.yml"):
            path.unlink()
    (bureau.root / "segments" / "everybody.yml").write_text(SEGMENT, encoding="utf-8")
    return bureau.number("100005")


def code(bureau: Bureau, person: int, **asked: object) -> str:
    usual = {"purpose": "newsletter", "message_kind": "newsletter", "profiled": False}
    request = Request(
        controller=OURS,
        channels=("email",),
        at=bureau.now,
        **{**usual, **asked},  # type: ignore[arg-type]  # words of a request
    )
    persons = pl.DataFrame({"person_id": [person]}, schema={"person_id": pl.Int64})
    workspace = bureau.workspace
    with workspace.lake.snapshot() as snapshot, engine.connect(snapshot, threads=1) as db:
        answers = decide(db, request, persons, settings=workspace.settings, ledger=workspace.ledger)
    return str(answers["code"].item())


def begun(bureau: Bureau, kind: str, person: int) -> rights.Request:
    return rights.begin(bureau.workspace, kind, str(person))


def service(bureau: Bureau, person: int) -> str:
    return code(bureau, person, purpose="service_notice", message_kind="service", topic="outage")


def test_what_is_restricted_is_in_no_segment_and_no_count(bureau: Bureau, person: int) -> None:
    before = audience.preview(bureau.workspace, "everybody", as_of=bureau.workspace.today()).as_json()
    objecting.restrict(bureau.workspace, begun(bureau, "restrict", person), marketing_only=False)
    after = audience.preview(bureau.workspace, "everybody", as_of=bureau.workspace.today()).as_json()
    assert after["audience"] == before["audience"] - 1
    assert after["members"] == before["members"] - 1
    assert after["final"] == before["final"] - 1
    assert [step["remaining"] for step in after["steps"]] == [
        step["remaining"] - 1 for step in before["steps"]
    ]
    assert "RESTRICTED" not in after["permission"]["email"]["denied"]
    members = audience.members(bureau.workspace, "everybody", as_of=bureau.workspace.today())
    assert person not in members["person_id"].to_list()
    why = audience.why(bureau.workspace, "everybody", str(person), as_of=bureau.workspace.today())
    assert (why.member, why.decided_by) == (False, "RESTRICTED")


def test_restriction_stops_all_or_only_marketing(bureau: Bureau, person: int) -> None:
    assert (code(bureau, person), service(bureau, person)) == ("CONSENT", "SERVICE_MESSAGE")
    objecting.restrict(bureau.workspace, begun(bureau, "restrict", person), marketing_only=True)
    assert (code(bureau, person), service(bureau, person)) == ("RESTRICTED", "SERVICE_MESSAGE")
    objecting.restrict(bureau.workspace, begun(bureau, "restrict", person), marketing_only=False)
    assert (code(bureau, person), service(bureau, person)) == ("RESTRICTED", "RESTRICTED_MANUAL_REVIEW")


def test_lifting_needs_that_the_person_was_told(bureau: Bureau, person: int) -> None:
    with pytest.raises(Refused, match="RGT050"):
        objecting.lift(bureau.workspace, begun(bureau, "restrict", person), told=bureau.workspace.today())
    objecting.restrict(bureau.workspace, begun(bureau, "restrict", person), marketing_only=False)
    tomorrow = bureau.workspace.today().replace(day=25)
    with pytest.raises(UserError, match="USE031"):
        objecting.lift(bureau.workspace, begun(bureau, "restrict", person), told=tomorrow)
    bureau.now = bureau.now.replace(hour=11)
    told = bureau.workspace.today()
    objecting.lift(bureau.workspace, begun(bureau, "restrict", person), told=told)
    assert code(bureau, person) == "CONSENT"
    events = permission_asking.show(bureau.workspace, str(person), controller="")["events"]
    assert "told 2026-11-24" in str(events[-1]["evidence"])


def test_lifting_leaves_an_objection_that_nobody_decided(bureau: Bureau, person: int) -> None:
    objecting.restrict(bureau.workspace, begun(bureau, "restrict", person), marketing_only=False)
    objecting.object_to(bureau.workspace, begun(bureau, "object", person), "processing")
    bureau.now = bureau.now.replace(hour=11)
    objecting.lift(bureau.workspace, begun(bureau, "restrict", person), told=bureau.workspace.today())
    assert (code(bureau, person), service(bureau, person)) == ("RESTRICTED", "SERVICE_MESSAGE")


@pytest.mark.parametrize(
    ("against", "newsletter", "survey"),
    [
        ("direct_marketing", "BANNED_CHANNEL", "LEGITIMATE_INTEREST"),
        ("profiling", "CONSENT", "LEGITIMATE_INTEREST"),
        ("research", "CONSENT", "RESEARCH_OBJECTED"),
        ("processing", "RESTRICTED", "RESTRICTED"),
    ],
)
def test_an_objection_holds_at_once(
    bureau: Bureau, person: int, against: objecting.Against, newsletter: str, survey: str
) -> None:
    request = objecting.object_to(bureau.workspace, begun(bureau, "object", person), against)
    assert request.state == ("open" if against == "processing" else "done")
    assert code(bureau, person) == newsletter
    assert code(bureau, person, purpose="satisfaction_survey", message_kind="survey") == survey
    assert service(bureau, person) == "SERVICE_MESSAGE"


def test_an_objection_that_is_refused_leaves_an_older_restriction(bureau: Bureau, person: int) -> None:
    objecting.restrict(bureau.workspace, begun(bureau, "restrict", person), marketing_only=False)
    request = objecting.object_to(bureau.workspace, begun(bureau, "object", person), "processing")
    bureau.now = bureau.now.replace(hour=11)
    done = objecting.decide(
        bureau.workspace, request.request_id, uphold=False, reason="the contract needs the data"
    )
    assert (done.state, done.reason) == ("refused", "the contract needs the data")
    assert service(bureau, person) == "RESTRICTED_MANUAL_REVIEW"


@pytest.mark.parametrize(("uphold", "newsletter"), [(False, "CONSENT"), (True, "RESTRICTED")])
def test_what_is_decided_about_an_objection(
    bureau: Bureau, person: int, uphold: bool, newsletter: str
) -> None:
    request = objecting.object_to(bureau.workspace, begun(bureau, "object", person), "processing")
    assert code(bureau, person) == "RESTRICTED"
    bureau.now = bureau.now.replace(hour=11)
    objecting.decide(bureau.workspace, request.request_id, uphold=uphold, reason="it was weighed")
    assert code(bureau, person) == newsletter
    assert service(bureau, person) == "SERVICE_MESSAGE"
    with pytest.raises(UserError, match="USE023"):
        objecting.decide(bureau.workspace, request.request_id, uphold=uphold, reason="again")


def test_an_objection_that_was_only_received_is_not_decided(bureau: Bureau, person: int) -> None:
    request = rights.receive(bureau.workspace, "object", str(person))
    with pytest.raises(UserError, match="USE032"):
        objecting.decide(bureau.workspace, request.request_id, uphold=True, reason="x")

"""Segments ask the ledger what people received and clicked: real plans, real sending, real files."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from campaigns.errors import Mistakes
from campaigns.ledger import responses
from campaigns.ledger.responses import Response
from campaigns.ledger.tables import messages
from campaigns.mailings import deciding
from campaigns.mailings.parts import Parts
from campaigns.mailings.planning import plan
from campaigns.mailings.sending.crew import send
from campaigns.workspace import audience, checking, snapshotting
from campaigns.workspace.project import Workspace
from support import mailing_world as world
from support.sending import Answer, ScriptedChannel, Sent

HEAD = "title: x\npurpose: energy_offers\naudience: customers\nchannels: [email]\n"
SEGMENTS = {
    "half": HEAD + "who:\n  - has: site\ncontrol_group: 50%",
    "got_it": HEAD + "who:\n  - {received: renewal}",
    "not_again": HEAD + "except:\n  - {received: renewal, within_last: 30 days}",
    "twice": HEAD + "who:\n  - {received: renewal, at_least: 2 times}",
    "never": HEAD + "who:\n  - {not_received: renewal}",
    "readers_of_ours": HEAD + "who:\n  - {received: any_newsletter}",
    "clickers": HEAD + "who:\n  - {clicked: renewal, within_last: 7 days}",
    "idle": HEAD + "who:\n  - {not_clicked: renewal}",
    "had_winter": HEAD + "who:\n  - {received: winter}",
    "at_the_fair": HEAD + "who:\n  - {in_list: fair_2026}",
    "nearby": HEAD + "who:\n  - has: site\n    where:\n      - {near: Lahti, within: 3 km}",
}
MAILINGS = {"winter": "title: Winter\nsegments: half\ntemplate: renewal_offer\nsite: matched\n"}
PEOPLE = 8


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Renewal: 1 banned before the plan, 2 after it, 3 fails, 4 stays unknown, 5 bounces, the others get it.

    Winter goes to half of them, news to all.
    """
    root = tmp_path_factory.mktemp("earlier") / "ws"
    parts = world.workspace(root, people=PEOPLE, segments=SEGMENTS, mailings=MAILINGS)
    inbox = root.parent / "inbox"
    world.say(parts, world.banned(1))
    renewal = approved(parts, "renewal")
    world.say(parts, world.banned(2, "complaint", channel="email"))
    answers = {"person3": Answer("failed", "550 5.1.1"), "person4": Answer("unknown", "timeout")}

    def answer(sent: Sent) -> Answer:
        return answers.get(sent.to.partition("@")[0], Answer())

    send(parts, renewal, actor="sender", channel=ScriptedChannel(inbox, answer))
    with parts.ledger.read() as connection:
        theirs = sa.select(messages.c.message_id).where(
            messages.c.plan_id == renewal, messages.c.person_id == 5
        )
        said(parts, "bounced", 5, message_id=connection.scalar(theirs))
    for mailing in ("winter", "news"):
        send(parts, approved(parts, mailing), actor="sender", channel=ScriptedChannel(inbox, answer))
    parts.ledger.dispose()
    return root


def approved(parts: Parts, mailing: str) -> int:
    plan_id = plan(parts, mailing, actor="maker").plan_id
    deciding.approve(parts, plan_id, actor="boss", now=world.NOW)
    return plan_id


def said(parts: Parts | Workspace, kind: str, person: int, message_id: int | None = None) -> None:
    one = Response(
        natural_key=f"{kind}-{person}",
        controller=world.OURS,
        kind=kind,
        occurred_at=world.NOW - timedelta(days=1),
        message_id=message_id,
        person_id=person,
        mailing="renewal",
    )
    with parts.ledger.write() as connection:
        responses.add(connection, [one])


@pytest.fixture
def workspace(place: Path) -> Iterator[Workspace]:
    found = Workspace.open(place, clock=world.Clock())
    yield found
    found.ledger.dispose()


def members(workspace: Workspace, name: str) -> set[int]:
    return set(audience.resolve(workspace, name, as_of=workspace.today()).people["person_id"])


def test_received_is_what_was_sent_or_may_have_arrived(workspace: Workspace) -> None:
    got = {4, 6, 7, 8}
    assert members(workspace, "got_it") == got
    assert members(workspace, "not_again") == set(range(1, PEOPLE + 1)) - got
    assert members(workspace, "never") == set(range(1, PEOPLE + 1)) - got
    assert members(workspace, "twice") == set()
    yesterday = workspace.today() - timedelta(days=1)
    assert audience.resolve(workspace, "got_it", as_of=yesterday).members == 0


def test_who_is_kept_to_compare_with_received_nothing(workspace: Workspace) -> None:
    found = audience.resolve(workspace, "half", as_of=workspace.today())
    kept = set(found.control_group["person_id"])
    assert kept
    assert members(workspace, "had_winter")
    assert not members(workspace, "had_winter") & kept


def test_any_newsletter_is_what_went_out_as_one(workspace: Workspace) -> None:
    # 1 banned all marketing, the newsletter too; 2 complained; 3 failed again.
    assert members(workspace, "readers_of_ours") == {4, 5, 6, 7, 8}


def test_clicks_are_unknown_until_one_is_recorded(workspace: Workspace) -> None:
    found = audience.resolve(workspace, "clickers", as_of=workspace.today())
    assert (found.members, found.steps[0].unknown) == (0, PEOPLE)
    assert members(workspace, "idle") == set()
    before = snapshotting.take(workspace, ["idle"])[0]
    assert not snapshotting.take(workspace, ["idle"])[0].is_new
    said(workspace, "clicked", 6)
    found = audience.resolve(workspace, "clickers", as_of=workspace.today())
    assert (set(found.people["person_id"]), found.steps[0].unknown) == ({6}, 0)
    assert members(workspace, "idle") == set(range(1, PEOPLE + 1)) - {6}
    # Nobody said a word about permission and the lake stands still: only the ledger's responses moved.
    after = snapshotting.take(workspace, ["idle"])[0]
    assert (before.members, after.members, after.is_new) == (0, PEOPLE - 1, True)


def test_why_says_how_often(workspace: Workspace) -> None:
    text = str(audience.why(workspace, "got_it", "6", as_of=workspace.today()))
    assert "✓ received renewal  [once]" in text
    text = str(audience.why(workspace, "not_again", "6", as_of=workspace.today()))
    assert "✓ except: received renewal, within the last 30 days  [once]" in text
    assert "decided by not_again.yml:6" in text


def test_a_mailing_whose_file_is_gone_may_still_be_named(workspace: Workspace) -> None:
    file = workspace.root / "mailings" / "winter.yml"
    text = file.read_text(encoding="utf-8")
    file.unlink()
    try:
        assert members(workspace, "had_winter")
    finally:
        file.write_text(text, encoding="utf-8")


def test_lists_have_a_last_day(workspace: Workspace) -> None:
    with pytest.raises(Mistakes, match="SEG062 there is no list called `fair_2026`"):
        workspace.segment_files.load("at_the_fair")
    world.upsert(
        workspace.parts, "list_members", [on_list(5, date(2026, 12, 1)), on_list(6, date(2026, 11, 24))]
    )
    assert members(workspace, "at_the_fair") == {5}  # 6 is to be deleted today
    text = str(audience.why(workspace, "at_the_fair", "5", as_of=workspace.today()))
    assert "✓ on the list fair_2026  [until 2026-12-01]" in text
    world.upsert(workspace.parts, "list_members", [on_list(5, date(2026, 11, 20))])
    with pytest.raises(Mistakes, match=r"SEG063 the list `fair_2026` is over: .* on 2026-11-24"):
        workspace.segment_files.load("at_the_fair")


def on_list(person: int, until: date) -> dict[str, object]:
    return {"list_name": "fair_2026", "person_id": person, "source": "desk", "delete_on": until}


def test_places_are_a_file_of_the_workspace(workspace: Workspace) -> None:
    file = workspace.root / "places.csv"

    def told() -> list[tuple[str, str]]:
        codes = ("SEG064", "SEG066")
        return [(one.place, one.code) for one in checking.check(workspace.root, []) if one.code in codes]

    assert told() == [("segments/nearby.yml:8:16", "SEG064")]
    file.write_text("postal_code,name,latitude,longitude\n15140,Lahti,60.99\n", encoding="utf-8")
    assert told() == [("places.csv:2", "SEG066")]  # once, whoever needs it
    file.write_text("postal_code,name,latitude,longitude\n15140,Lahti,60.9972,25.6660\n", encoding="utf-8")
    assert told() == []
    assert len(members(workspace, "nearby")) == PEOPLE
    assert "postal_code" in json.dumps(audience.sql(workspace, "nearby", as_of=workspace.today()))
    file.unlink()

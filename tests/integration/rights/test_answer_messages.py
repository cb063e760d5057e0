"""Messages in an answer: with their words as long as a copy is kept, and why each was allowed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from campaigns.mailings import deciding, planning
from campaigns.mailings.sending import crew
from campaigns.rights import access
from campaigns.settings.loading import FILE, load
from campaigns.workspace import rights
from campaigns.workspace.project import Workspace
from support import mailing_world
from support.mailing_world import Clock, banned, say


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """Three people got a newsletter into the maildir; the third had banned it."""
    root = tmp_path_factory.mktemp("sent") / "workspace"
    parts = mailing_world.workspace(root, people=3)
    say(parts, banned(3))
    plan = planning.plan(parts, "news", actor="test")
    deciding.approve(parts, plan.plan_id, actor="test", now=parts.clock(), messages=plan.messages)
    crew.send(parts, plan.plan_id, actor="test")
    parts.ledger.dispose()
    workspace = Workspace(root, load(root / FILE), clock=Clock())
    yield workspace
    workspace.ledger.dispose()


def answer(workspace: Workspace, person: str) -> dict[str, Any]:
    request = rights.begin(workspace, "access", person)
    found = access.gather(workspace.parts, workspace.segment_files, request, today=workspace.today())
    document: dict[str, Any] = json.loads(found.as_json())
    return document


def test_the_words_are_told_and_those_of_others_are_not(sent: Workspace) -> None:
    (message,) = answer(sent, "1")["messages"]
    assert message["state"] == "sent"
    assert "Maija1" in message["content"]["text"]
    assert not {"Maija2", "Maija3"} & set(message["content"]["text"].split())
    assert message["content"]["subject"]
    assert [(one["stage"], one["allowed"], one["code"]) for one in message["decisions"]] == [
        ("plan", True, "CONSENT"),
        ("hand_over", True, "CONSENT"),
    ]
    assert message["decisions"][0]["sentence"] == "Henkilö on antanut suostumuksen."


def test_a_message_that_was_read_is_still_found(sent: Workspace) -> None:
    mailbox = sent.data / "outbox" / "maildir"
    for path in sorted((mailbox / "new").iterdir()):
        path.rename(mailbox / "cur" / f"{path.name}:2,S")
    assert "Maija2" in answer(sent, "2")["messages"][0]["content"]["text"]


def test_why_something_was_not_sent_is_told(sent: Workspace) -> None:
    found = answer(sent, "3")
    (message,) = found["messages"]
    assert (message["state"], message["reason"]) == ("withheld", "BANNED_ALL")
    assert message["reason_sentence"]
    assert message["content"]["text"] is None
    denied = {row["code"] for row in found["permissions"]["contact"] if row["purpose"] == "newsletter"}
    assert "BANNED_ALL" in denied


def test_the_segments_of_a_person_come_with_the_conditions_that_hold(sent: Workspace) -> None:
    found = {row["segment"]: row for row in answer(sent, "1")["segments"]}
    assert found["houses"]["member"] is True
    (customers, has_site) = found["houses"]["conditions"]
    assert customers["verdict"] == has_site["verdict"] == "yes"
    (detached,) = has_site["conditions"]
    assert (detached["value"], detached["verdict"]) == ("detached_house", "yes")
    assert found["wooden_houses"]["member"] is False
    assert found["wooden_houses"]["conditions"] == []


def test_without_its_copy_a_message_has_its_mark(sent: Workspace, tmp_path: Path) -> None:
    mailbox = sent.data / "outbox" / "maildir"
    kept = mailbox.rename(tmp_path / "maildir")
    try:
        content = answer(sent, "1")["messages"][0]["content"]
    finally:
        kept.rename(mailbox)
    assert (content["text"], content["sha256"]) == (None, None)
    assert content["fingerprint"]

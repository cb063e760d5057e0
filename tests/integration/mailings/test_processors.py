"""Nothing leaves by a channel whose processor has no agreement, or whose transfer nothing covers."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from campaigns.errors import Refused
from campaigns.mailings import deciding
from campaigns.mailings.looking import send_test
from campaigns.mailings.parts import Parts
from campaigns.mailings.planning import plan
from campaigns.mailings.sending.crew import send
from campaigns.settings.loading import FILE
from support import mailing_world as world
from support.sending import ScriptedChannel

OWN = "service: our own machines (files, mail server)\n    agreement: yes\n    region: fi"
NO_AGREEMENT = OWN.replace("agreement: yes", "agreement: no")
RUNS_OUT = OWN.replace("agreement: yes", "agreement: yes\n    agreement_until: 2026-11-24")
NOT_YET = OWN.replace("agreement: yes", "agreement: yes\n    agreement_date: 2026-11-25")
OVERSEAS = OWN.replace("region: fi", "region: us")
CLAUSES = OVERSEAS + "\n    transfer: scc\n    transfer_details: clauses of 2026"
CLAUSES_RUN_OUT = CLAUSES + "\n    transfer_until: 2026-11-24"
LATER = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)


def made(root: Path, processor: str = OWN, **more: Any) -> Parts:
    return world.workspace(root, settings={OWN: processor, **more.pop("also", {})}, **more)


def edit(parts: Parts, old: str, new: str) -> Parts:
    """The same workspace after somebody edited its settings."""
    file = parts.root / FILE
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    return world.parts_of(parts.root, parts.clock)


def approved(parts: Parts) -> int:
    plan_id = plan(parts, "news", actor="maker").plan_id
    deciding.approve(parts, plan_id, actor="boss", now=world.NOW)
    return plan_id


@pytest.mark.parametrize(
    ("processor", "code"),
    [
        (NO_AGREEMENT, "NO_PROCESSOR_AGREEMENT"),
        (NOT_YET, "NO_PROCESSOR_AGREEMENT"),
        (OVERSEAS, "TRANSFER_NOT_COVERED"),
    ],
)
def test_a_plan_leaves_everybody_out_with_the_code(tmp_path: Path, processor: str, code: str) -> None:
    parts = made(tmp_path, processor)
    found = plan(parts, "news", actor="maker").as_json()
    assert (found["withheld"], found["messages"]) == ({code: 6}, 0)
    with pytest.raises(Refused, match=code):
        deciding.approve(parts, found["plan"], actor="boss", now=world.NOW)


def test_clauses_cover_a_transfer(tmp_path: Path) -> None:
    assert plan(made(tmp_path, CLAUSES), "news", actor="maker").as_json()["messages"] == 6


def test_the_last_day_of_an_agreement_is_one_of_it(tmp_path: Path) -> None:
    assert plan(made(tmp_path, RUNS_OUT), "news", actor="maker").as_json()["messages"] == 6


@pytest.mark.parametrize(
    ("processor", "code"), [(RUNS_OUT, "NO_PROCESSOR_AGREEMENT"), (CLAUSES_RUN_OUT, "TRANSFER_NOT_COVERED")]
)
def test_what_ran_out_between_approval_and_sending_stops_it(
    tmp_path: Path, processor: str, code: str
) -> None:
    clock = world.Clock()
    parts = made(tmp_path / "w", processor, clock=clock)
    plan_id = approved(parts)
    clock.now = LATER
    received = tmp_path / "received"
    with pytest.raises(Refused, match=code):
        send(parts, plan_id, actor="sender", channel=ScriptedChannel(received))
    assert not received.exists()
    clock.now = world.NOW
    assert send(parts, plan_id, actor="sender", channel=ScriptedChannel(received)).counts.sent == 6


def test_an_agreement_that_was_ended_stops_an_approved_plan(tmp_path: Path) -> None:
    parts = made(tmp_path / "w")
    plan_id = approved(parts)
    ended = edit(parts, OWN, NO_AGREEMENT)
    received = tmp_path / "received"
    with pytest.raises(Refused, match="NO_PROCESSOR_AGREEMENT"):
        send(ended, plan_id, actor="sender", channel=ScriptedChannel(received))
    assert not received.exists()


def test_another_region_needs_another_approval(tmp_path: Path) -> None:
    parts = made(tmp_path / "w")
    plan_id = approved(parts)
    moved = edit(parts, OWN, CLAUSES)
    with pytest.raises(Refused, match="the channel or its processor changed"):
        send(moved, plan_id, actor="sender", channel=ScriptedChannel(tmp_path / "received"))


@pytest.mark.parametrize(("processor", "withheld"), [(OWN, {"TRANSFER_NOT_COVERED": 6}), (CLAUSES, {})])
def test_sendgrid_stages_events_in_the_us_whatever_its_host(
    tmp_path: Path, processor: str, withheld: dict[str, int]
) -> None:
    by_sendgrid = {"    provider: maildir  ": "    provider: sendgrid  "}
    parts = made(tmp_path, processor, also=by_sendgrid)
    assert parts.settings.channels["email"].sendgrid.host == "https://api.eu.sendgrid.com"
    assert plan(parts, "news", actor="maker").as_json()["withheld"] == withheld


def test_a_test_message_goes_no_other_way(tmp_path: Path) -> None:
    parts = made(tmp_path / "w", NO_AGREEMENT)
    with pytest.raises(Refused, match="NO_PROCESSOR_AGREEMENT"):
        send_test(
            parts,
            "news",
            to="test@lahtienergia.example",
            actor="maker",
            channel=ScriptedChannel(tmp_path / "received"),  # type: ignore[arg-type]  # scripted
        )
    assert not (tmp_path / "received").exists()

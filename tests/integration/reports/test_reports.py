"""Reports, evidence and standing: numbers that agree, and a way from each message to the person's word."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from campaigns.errors import NotFound
from campaigns.ledger import responses
from campaigns.ledger.responses import Response
from campaigns.mailings import deciding
from campaigns.mailings.parts import Parts
from campaigns.mailings.planning import plan
from campaigns.mailings.resolving import resolve
from campaigns.mailings.sending.crew import send
from campaigns.reports.evidence import evidence
from campaigns.reports.report import report
from campaigns.reports.standing import standing
from support import mailing_world as world
from support.sending import Answer, ScriptedChannel, Sent, states


def sent_plan(parts: Parts, inbox: Path) -> int:
    """Person 1 banned before the plan, 2 after it; 3 fails, 4 stays unknown, 5 and 6 get it."""
    world.say(parts, world.banned(1))
    plan_id = plan(parts, "renewal", actor="maker").plan_id
    deciding.approve(parts, plan_id, actor="boss", now=world.NOW)
    world.say(parts, world.banned(2, "complaint", channel="email"))

    def answer(sent: Sent) -> Answer:
        return {"person3": Answer("failed", "550 5.1.1"), "person4": Answer("unknown", "timeout")}.get(
            sent.to.partition("@")[0], Answer()
        )

    send(parts, plan_id, actor="sender", channel=ScriptedChannel(inbox, answer))
    return plan_id


def test_a_report_adds_up(parts: Parts, inbox: Path) -> None:
    plan_id = sent_plan(parts, inbox)
    found = report(parts.ledger, "renewal")
    assert found.as_json() == {
        "mailing": "renewal",
        "occurrence": "once",
        "plan": plan_id,
        "state": "done",
        "members": 6,
        "control_group": 0,
        "withheld": {"BANNED_ALL": 1, "COMPLAINED": 1},
        "messages": 4,
        "sent": 2,
        "deferred": 0,
        "failed": 1,
        "unknown": 1,
        "waiting": 0,
        "responses": {},
    }
    assert found.members == found.messages + sum(found.withheld.values()) + found.control_group


def test_small_numbers_are_hidden_in_breakdowns_and_every_code_has_its_sentence(
    parts: Parts, inbox: Path
) -> None:
    sent_plan(parts, inbox)
    text = str(report(parts.ledger, "renewal"))
    assert "<5           left out: " in text
    assert "(BANNED_ALL)" in text
    assert "campaigns resolve MESSAGE" in text
    page = report(parts.ledger, "renewal")._repr_html_()
    assert "&lt;5" in page


def test_responses_are_counted_by_people(parts: Parts, inbox: Path) -> None:
    plan_id = sent_plan(parts, inbox)
    message_id = max(states(parts.ledger, plan_id))
    with parts.ledger.write() as connection:
        responses.add(
            connection,
            [
                Response(
                    natural_key=f"click-{number}",
                    controller=world.OURS,
                    kind="clicked",
                    occurred_at=world.NOW,
                    message_id=message_id,
                    person_id=6,
                    mailing="renewal",
                )
                for number in range(3)
            ],
        )
    assert report(parts.ledger, "renewal").responses == {"clicked": 1}


def test_what_was_never_planned_has_no_report(parts: Parts) -> None:
    with pytest.raises(NotFound, match="REP001"):
        report(parts.ledger, "renewal")


def test_a_cancelled_plan_counts_its_rest_as_withheld(parts: Parts) -> None:
    plan_id = plan(parts, "renewal", actor="maker").plan_id
    deciding.cancel(parts, plan_id, actor="boss", now=world.NOW)
    assert report(parts.ledger, "renewal").withheld == {"CANCELLED": 6}


def test_evidence_leads_from_the_message_to_the_persons_word(parts: Parts, inbox: Path) -> None:
    plan_id = sent_plan(parts, inbox)
    found = evidence(parts.ledger, max(states(parts.ledger, plan_id)), parts.settings)
    assert (found.person_id, found.state, found.approved_by) == (6, "sent", "boss")
    assert [(each.stage, each.allowed, each.code) for each in found.decisions] == [
        ("plan", True, "CONSENT"),
        ("hand_over", True, "CONSENT"),
    ]
    word = found.decisions[0].word
    assert word is not None
    assert (word["kind"], word["channel"], word["purpose"]) == ("granted", "email", "direct_marketing")
    assert (word["evidence"], word["text_version"], word["occurred_at"]) == (
        "form 17",
        "2025-01",
        world.A_YEAR_AGO,
    )
    assert [each.outcome for each in found.attempts] == ["sent"]
    shown = str(found)
    assert "said 2025-11-24 09:00 UTC" in shown
    assert "evidence form 17" in shown
    assert [each.facts["consent"] for each in found.decisions] == ["granted", "granted"]
    assert "it rested on: the consent: granted" in shown
    assert "@" not in shown + str(found.as_json())


def test_evidence_of_somebody_left_out_names_what_denied_it(parts: Parts, inbox: Path) -> None:
    plan_id = sent_plan(parts, inbox)
    withheld = sorted(key for key, state in states(parts.ledger, plan_id).items() if state == "withheld")
    found = evidence(parts.ledger, withheld[1], parts.settings)
    last = found.decisions[-1]
    assert (found.person_id, found.state, last.allowed, last.code) == (2, "withheld", False, "COMPLAINED")
    assert last.word is not None
    assert last.word["kind"] == "complaint"
    assert last.facts == {"complained": True}


def test_standing_lists_unknown_messages_until_somebody_says_what_became_of_them(
    parts: Parts, inbox: Path
) -> None:
    sent_plan(parts, inbox)
    before = standing(parts, now=world.NOW)
    assert before.as_json()["unknown_messages"] == 1
    (to_do,) = before.to_do()
    assert "campaigns resolve" in to_do
    (message_id,) = before.unknown_messages
    resolve(parts.ledger, message_id, outcome="sent", note="seen in the log", actor="boss", now=world.NOW)
    assert standing(parts, now=world.NOW).as_json() == {"due": [], "unknown_messages": 0}
    assert report(parts.ledger, "renewal").sent == 3


def test_standing_shows_two_weeks_and_what_waits(tmp_path: Path) -> None:
    weekly = {
        "news": """
            title: Newsletter
            segments: [readers]
            template: newsletter
            schedule: {every: [tuesday, thursday], at: "09:00"}
        """
    }
    parts = world.workspace(tmp_path / "w", mailings=weekly)
    made = plan(parts, "news", actor="maker")
    assert made.occurrence == "2026-11-24 09:00"  # two hours ago, within `latest`
    found = standing(parts, now=world.NOW)
    assert [(each.occurrence, each.state) for each in found.due] == [
        ("2026-11-24 09:00", "waiting"),
        ("2026-11-26 09:00", "not planned"),
        ("2026-12-01 09:00", "not planned"),
        ("2026-12-03 09:00", "not planned"),
        ("2026-12-08 09:00", "not planned"),
    ]
    deciding.approve(parts, made.plan_id, actor="boss", now=world.NOW)
    late = standing(parts, now=world.NOW + timedelta(hours=5))
    assert late.due[0].state == "missed"
    assert list(late.to_do()) == ["plan 1 of news missed its time: campaigns cancel 1"]
    parts.ledger.dispose()

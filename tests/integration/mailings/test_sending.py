"""`send` from a plan to the channel, with the real lake, rules and templates."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from campaigns.errors import Refused
from campaigns.ledger import messages
from campaigns.ledger.tables import messages as table
from campaigns.mailings import deciding
from campaigns.mailings.parts import Parts
from campaigns.mailings.planning import plan
from campaigns.mailings.sending.crew import SendResult, send, send_due
from support import mailing_world as world
from support.sending import Answer, ScriptedChannel, by_person


def approved(parts: Parts, name: str = "renewal") -> int:
    made = plan(parts, name, actor="maker")
    return deciding.approve(parts, made.plan_id, actor="boss", now=world.NOW).plan_id


def sent_to(inbox: Path) -> list[str]:
    return [line.split()[1] for line in inbox.read_text().splitlines()] if inbox.exists() else []


def addresses(*people: int) -> list[str]:
    return [f"person{number}@example.fi" for number in people]


def message_of(parts: Parts, plan_id: int, person_id: int) -> int:
    select = sa.select(table.c.message_id).where(table.c.plan_id == plan_id, table.c.person_id == person_id)
    with parts.ledger.read() as connection:
        return int(connection.execute(select).scalar_one())


def go(parts: Parts, plan_id: int, inbox: Path, **more: object) -> SendResult:
    return send(parts, plan_id, actor="sender", channel=ScriptedChannel(inbox, **more))  # type: ignore[arg-type]


def test_everybody_planned_gets_it_and_the_plan_is_done(parts: Parts, inbox: Path) -> None:
    plan_id = approved(parts)
    result = go(parts, plan_id, inbox)
    assert result.as_json() | {"seconds": 0} == {
        "plan": plan_id,
        "sent": 6,
        "withheld": {},
        "deferred": 0,
        "failed": 0,
        "unknown": 0,
        "seconds": 0,
    }
    assert sent_to(inbox) == addresses(1, 2, 3, 4, 5, 6)
    assert (result.waiting, result.trouble) == (0, "")
    with pytest.raises(Refused, match="plan 1 is done"):
        go(parts, plan_id, inbox)


def test_a_plan_nobody_approved_is_not_sent(parts: Parts, inbox: Path) -> None:
    made = plan(parts, "renewal", actor="maker")
    with pytest.raises(Refused, match="MAI020"):
        go(parts, made.plan_id, inbox)
    assert sent_to(inbox) == []


def test_a_ban_between_plan_and_hand_over_is_honoured_with_its_evidence(parts: Parts, inbox: Path) -> None:
    plan_id = approved(parts)
    world.say(parts, world.banned(3))
    banned_at = parts.ledger.position()
    assert go(parts, plan_id, inbox).counts.withheld == {"BANNED_ALL": 1}
    assert sent_to(inbox) == addresses(1, 2, 4, 5, 6)
    assert by_person(parts.ledger, plan_id)[3] == ("withheld", "BANNED_ALL")
    with parts.ledger.read() as connection:
        decisions = messages.decisions_of(connection, message_of(parts, plan_id, 3))
    assert [(row.stage, row.allowed, row.code) for row in decisions] == [
        ("plan", True, "CONSENT"),
        ("hand_over", False, "BANNED_ALL"),
    ]
    assert decisions[1].evidence == banned_at


def test_an_unsubscribe_while_sending_is_in_force_for_the_very_next_message(
    parts: Parts, inbox: Path
) -> None:
    plan_id = approved(parts)
    channel = ScriptedChannel(inbox)

    def unsubscribe_the_next(outgoing: object) -> None:
        if len(sent_to(inbox)) == 2:
            world.say(parts, world.banned(3, "ban_channel", channel="email"))

    channel.before = unsubscribe_the_next
    send(parts, plan_id, actor="sender", channel=channel)
    assert sent_to(inbox) == addresses(1, 2, 4, 5, 6)


def test_somebody_elses_ban_of_a_shared_address_holds_too(parts: Parts, inbox: Path) -> None:
    """Person 7 is not in the mailing, but has the address of person 5 and bans it while it is sent."""
    world.upsert(parts, "persons", [world.person(7)])
    world.upsert(parts, "contact_points", [world.mailbox(7, "person5@example.fi")])
    plan_id = approved(parts)
    channel = ScriptedChannel(inbox)

    def ban_elsewhere(outgoing: object) -> None:
        if len(sent_to(inbox)) == 3:
            world.say(parts, world.banned(7))

    channel.before = ban_elsewhere
    result = send(parts, plan_id, actor="sender", channel=channel)
    assert sent_to(inbox) == addresses(1, 2, 3, 4, 6)
    assert result.counts.withheld.total() == 1


def test_the_address_is_taken_at_hand_over(parts: Parts, inbox: Path) -> None:
    plan_id = approved(parts)
    world.upsert(
        parts, "contact_points", [world.mailbox(2, "new2@example.fi") | {"valid_from": world.NOW.date()}]
    )
    go(parts, plan_id, inbox)
    assert sent_to(inbox) == ["person1@example.fi", "new2@example.fi", *addresses(3, 4, 5, 6)]


def test_two_people_whose_address_became_one_get_one_copy(parts: Parts, inbox: Path) -> None:
    plan_id = approved(parts)
    moved = world.mailbox(6, "person1@example.fi") | {"valid_from": world.NOW.date()}
    world.upsert(parts, "contact_points", [moved])
    assert go(parts, plan_id, inbox).counts.withheld == {"DUPLICATE": 1}
    assert sent_to(inbox) == addresses(1, 2, 3, 4, 5)


def test_somebody_erased_from_the_lake_is_left_out(parts: Parts, inbox: Path) -> None:
    plan_id = approved(parts)
    parts.lake.erase(world.OURS, [4])
    result = go(parts, plan_id, inbox)
    assert sent_to(inbox) == addresses(1, 2, 3, 5, 6)
    assert result.counts.withheld.total() == 1


def test_edited_after_approval_is_refused_and_says_what(parts: Parts, inbox: Path) -> None:
    plan_id = approved(parts)
    body = parts.root / "templates" / "renewal_offer" / "fi.html"
    original = body.read_text()
    body.write_text(original.replace("Hei", "Moi"))
    with pytest.raises(Refused, match="MAI021 the template changed since plan 1 was made"):
        go(parts, plan_id, inbox)
    body.write_text(original)
    segment = parts.root / "segments" / "houses.yml"
    segment.write_text(segment.read_text().replace("detached_house", "row_house"))
    with pytest.raises(Refused, match="a segment changed"):
        go(parts, plan_id, inbox)
    assert sent_to(inbox) == []


def test_a_new_value_that_a_message_may_not_hold_withholds_that_person(parts: Parts, inbox: Path) -> None:
    plan_id = approved(parts)
    world.upsert(parts, "contracts", [world.contract(2, end_date=None)])
    assert go(parts, plan_id, inbox).counts.withheld == {"CONTENT_MISSING": 1}
    assert sent_to(inbox) == addresses(1, 3, 4, 5, 6)


def test_an_exception_that_holds_by_now_is_looked_at_again(tmp_path: Path, inbox: Path) -> None:
    segments = {
        "careful": """
            title: Houses without a complaint
            purpose: energy_offers
            audience: customers
            channels: [email]
            who:
              - has: site
                where: [{field: building_type, is: detached_house}]
            except:
              - {did: complaint_opened, within_last: 30 days}
        """
    }
    mailings = {
        "careful": """
            title: Renewal offer
            segments: [careful]
            template: renewal_offer
            site: matched
        """
    }
    parts = world.workspace(tmp_path / "w", segments=segments, mailings=mailings)
    plan_id = approved(parts, "careful")
    complaint = {"event_id": 1, "person_id": 5, "name": "complaint_opened", "occurred_at": world.NOW}
    world.upsert(parts, "events", [complaint | {"recorded_at": world.NOW, "properties": "{}"}])
    assert go(parts, plan_id, inbox).counts.withheld == {"NOT_IN_SEGMENT": 1}
    assert sent_to(inbox) == addresses(1, 2, 3, 4, 6)
    parts.ledger.dispose()


def test_pause_cancel_and_resume(parts: Parts, inbox: Path) -> None:
    plan_id = approved(parts)
    deciding.pause(parts, plan_id, actor="boss", now=world.NOW)
    with pytest.raises(Refused, match="is paused"):
        go(parts, plan_id, inbox)
    deciding.resume(parts, plan_id, actor="boss", now=world.NOW)
    deciding.cancel(parts, plan_id, actor="boss", now=world.NOW)
    with pytest.raises(Refused, match="is cancelled"):
        go(parts, plan_id, inbox)
    with pytest.raises(Refused, match="resume needs one that is paused"):
        deciding.resume(parts, plan_id, actor="boss", now=world.NOW)
    assert sent_to(inbox) == []


SCHEDULED = {
    "renewal": """
        title: Renewal offer
        segments: houses
        template: renewal_offer
        site: matched
        schedule: {at: 2026-11-24 12:00}
        latest: 2 hours
    """
}


def test_due_plans_go_at_their_time_and_late_ones_are_missed(tmp_path: Path, inbox: Path) -> None:
    clock = world.Clock()
    parts = world.workspace(tmp_path / "w", clock=clock, mailings=SCHEDULED)
    plan_id = approved(parts)
    clock.now = world.NOW + timedelta(minutes=59)  # 11:59 in Helsinki
    assert send_due(parts, actor="timer") == []
    clock.now = world.NOW + timedelta(hours=3, minutes=1)  # 14:01: two hours and a minute late
    with pytest.raises(Refused, match="MAI023"):
        go(parts, plan_id, inbox)
    (result,) = send_due(parts, actor="timer")
    assert result.counts.withheld == {"MISSED": 6}
    assert set(by_person(parts.ledger, plan_id).values()) == {("withheld", "MISSED")}
    assert send_due(parts, actor="timer") == []
    parts.ledger.dispose()


def test_what_a_receiver_put_off_is_tried_again_after_the_latest_time(tmp_path: Path, inbox: Path) -> None:
    clock = world.Clock()
    parts = world.workspace(tmp_path / "w", clock=clock, mailings=SCHEDULED, people=2)
    plan_id = approved(parts)
    clock.now = world.NOW + timedelta(hours=1)
    first = go(
        parts, plan_id, inbox, answer=lambda sent: Answer("deferred", "451") if "1@" in sent.to else Answer()
    )
    assert (first.counts.sent, first.counts.deferred, first.waiting) == (1, 1, 1)
    clock.now = world.NOW + timedelta(hours=6)
    assert go(parts, plan_id, inbox).counts.sent == 1
    assert sent_to(inbox) == addresses(2, 1)
    parts.ledger.dispose()

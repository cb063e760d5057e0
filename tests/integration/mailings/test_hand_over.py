"""The order of a hand-over: claims, gate, outcomes (threat list 66, 73, 74; faults 17, 38)."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from campaigns.errors import ChannelStopped
from campaigns.ledger import claims, messages, plans, suppressions
from campaigns.ledger.claims import Claim
from campaigns.ledger.database import Ledger
from campaigns.ledger.permission_events import PermissionEvent, append
from campaigns.ledger.tables import attempts, decisions
from campaigns.mailings.sending import identity
from campaigns.mailings.sending.batches import Batch, Overtaken
from campaigns.mailings.sending.recovery import recover
from support import sending as world


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    return tmp_path / "received"


def ban(ledger: Ledger, person_id: int) -> None:
    event = PermissionEvent(
        event_id=f"ban-{person_id}",
        controller=world.CONTROLLER,
        person_id=person_id,
        kind="ban",
        channel="email",
        occurred_at=world.NOW,
        recorded_at=world.NOW,
        source="web",
    )
    with ledger.write() as connection:
        append(connection, [event])


def banned(ledger: Ledger) -> set[int]:
    with ledger.read() as connection:
        return set(connection.scalars(sa.text("SELECT person_id FROM permission_events")))


def test_everybody_gets_one_and_every_step_is_on_record(ledger: Ledger, inbox: Path) -> None:
    plan_id = world.make_plan(ledger, 7)
    counts = world.work(world.job(ledger, plan_id), world.PeopleWindow(), world.ScriptedChannel(inbox))
    assert counts.sent == 7
    assert world.received(inbox) == sorted(world.states(ledger, plan_id))
    assert set(world.states(ledger, plan_id).values()) == {"sent"}
    with ledger.read() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(attempts)) == 7
        assert set(connection.scalars(sa.select(decisions.c.stage))) == {"hand_over"}
        assert messages.pending(connection, plan_id) == 0


def test_a_plan_that_is_not_approved_sends_nothing(ledger: Ledger, inbox: Path) -> None:
    for state in ("building", "waiting", "paused", "cancelled"):
        plan_id = world.make_plan(ledger, 2, state=state, mailing=f"m_{state}")
        world.work(world.job(ledger, plan_id), world.PeopleWindow(), world.ScriptedChannel(inbox))
        assert set(world.states(ledger, plan_id).values()) == {"planned"}
    assert world.received(inbox) == []


def test_denied_without_address_and_unwritable_are_withheld_with_their_code(
    ledger: Ledger, inbox: Path
) -> None:
    plan_id = world.make_plan(ledger, 5)
    window = world.PeopleWindow(
        deny=lambda person: "BANNED_ALL" if person == 1 else None,
        addresses={2: ""},
        unwritable={3: "CONTENT_MISSING"},
    )
    counts = world.work(world.job(ledger, plan_id), window, world.ScriptedChannel(inbox))
    assert counts.withheld == Counter(BANNED_ALL=1, NO_ADDRESS=1, CONTENT_MISSING=1)
    assert world.by_person(ledger, plan_id) == {
        1: ("withheld", "BANNED_ALL"),
        2: ("withheld", "NO_ADDRESS"),
        3: ("withheld", "CONTENT_MISSING"),
        4: ("sent", None),
        5: ("sent", None),
    }


def test_one_address_gets_one_copy_also_across_batches(ledger: Ledger, inbox: Path) -> None:
    plan_id = world.make_plan(ledger, 6)
    shared = {1: "family@example.fi", 2: "family@example.fi", 6: "family@example.fi"}
    window = world.PeopleWindow(addresses=shared)
    world.work(world.job(ledger, plan_id), window, world.ScriptedChannel(inbox))
    found = world.by_person(ledger, plan_id)
    assert found[1] == ("sent", None)
    assert found[2] == found[6] == ("withheld", "DUPLICATE")


def test_a_message_about_ones_own_contract_goes_to_both_of_a_shared_address(
    ledger: Ledger, inbox: Path
) -> None:
    plan_id = world.make_plan(ledger, 2)
    window = world.PeopleWindow(addresses={1: "family@example.fi", 2: "family@example.fi"})
    job = world.job(ledger, plan_id, one_copy_an_address=False)
    assert world.work(job, window, world.ScriptedChannel(inbox)).sent == 2


def test_a_ban_recorded_before_the_look_holds_for_the_very_next_message(ledger: Ledger, inbox: Path) -> None:
    plan_id = world.make_plan(ledger, 6)
    window = world.PeopleWindow(deny=lambda person: "BANNED_CHANNEL" if person in banned(ledger) else None)
    channel = world.ScriptedChannel(inbox)
    people = {key: person for person, key in enumerate(sorted(world.states(ledger, plan_id)), start=1)}

    def ban_just_before(sent: world.Sent) -> None:
        if people[sent.message_id] in (2, 6):
            ban(ledger, people[sent.message_id])
        if people[sent.message_id] == 3:
            ban(ledger, 5)

    channel.before = ban_just_before
    counts = world.work(world.job(ledger, plan_id), window, channel)
    assert counts.withheld == Counter(BANNED_CHANNEL=3)
    assert [people[key] for key in world.received(inbox)] == [1, 3, 4]
    refused = [key for key, person in people.items() if person == 2]
    with ledger.read() as connection:
        history = messages.decisions_of(connection, refused[0])
    assert [(row.allowed, row.code) for row in history] == [(True, "CONSENT"), (False, "BANNED_CHANNEL")]


def test_a_suppression_recorded_meanwhile_asks_for_a_new_decision(ledger: Ledger, inbox: Path) -> None:
    plan_id = world.make_plan(ledger, 2)
    lane = world.Lane(ledger, plan_id, world.CONTROLLER)
    with ledger.write() as connection:
        suppressions.add(
            connection,
            controller=world.CONTROLLER,
            channel="email",
            address="person2@example.fi",
            reason="hard_bounce",
            now=world.NOW,
        )
    touched = lane.touched_since(0)
    lane.close()
    assert touched.address_digests == {ledger.address_digest(world.CONTROLLER, "email", "person2@example.fi")}


def test_an_event_that_may_be_about_anybody_touches_everybody(ledger: Ledger) -> None:
    plan_id = world.make_plan(ledger, 1)
    lane = world.Lane(ledger, plan_id, world.CONTROLLER)
    for number, more in enumerate(
        (
            {"kind": "ban_company", "person_id": 4},
            {"kind": "ban_company", "person_id": None, "details": {"about": "77"}},
        )
    ):
        values = {"controller": world.CONTROLLER, **more}
        event = PermissionEvent(
            event_id=f"e{number}",
            occurred_at=world.NOW,
            recorded_at=world.NOW,
            source="web",
            **values,
        )
        before = ledger.position()
        with ledger.write() as connection:
            append(connection, [event])
        assert lane.touched_since(before).everybody
    lane.close()


def test_pause_stops_before_the_next_message_and_resume_goes_on(ledger: Ledger, inbox: Path) -> None:
    plan_id = world.make_plan(ledger, 6)
    channel = world.ScriptedChannel(inbox)

    def pause_at_third(sent: world.Sent) -> None:
        if len(world.received(inbox)) == 2:
            with ledger.write() as connection:
                assert plans.move(connection, plan_id, to="paused", only_from=("approved",))

    channel.before = pause_at_third
    assert world.work(world.job(ledger, plan_id), world.PeopleWindow(), channel).sent == 2
    assert Counter(world.states(ledger, plan_id).values()) == Counter(sent=2, queued=1, planned=3)
    with ledger.write() as connection:
        plans.move(connection, plan_id, to="approved", only_from=("paused",))
    channel.before = lambda _sent: None
    assert world.work(world.job(ledger, plan_id), world.PeopleWindow(), channel).sent == 4
    assert sorted(world.received(inbox)) == sorted(world.states(ledger, plan_id))


def test_stop_finishes_the_message_in_hand_and_leaves_no_unknown(ledger: Ledger, inbox: Path) -> None:
    plan_id = world.make_plan(ledger, 6)
    stop = threading.Event()

    def stop_while_sending(_sent: world.Sent) -> world.Answer:
        stop.set()
        return world.Answer()

    channel = world.ScriptedChannel(inbox, stop_while_sending)
    assert world.work(world.job(ledger, plan_id, stop=stop), world.PeopleWindow(), channel).sent == 1
    assert Counter(world.states(ledger, plan_id).values()) == Counter(sent=1, queued=2, planned=3)


def test_two_connections_at_once_are_disjoint(ledger: Ledger, inbox: Path) -> None:
    plan_id = world.make_plan(ledger, 120)
    threads = [
        threading.Thread(
            target=world.work,
            args=(world.job(ledger, plan_id, batch=5), world.PeopleWindow(), world.ScriptedChannel(inbox)),
            kwargs={"nonce": str(number)},
        )
        for number in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(world.received(inbox)) == sorted(world.states(ledger, plan_id))
    assert set(world.states(ledger, plan_id).values()) == {"sent"}


def test_deferred_comes_back_at_its_time_and_is_given_up_after_a_day(ledger: Ledger, inbox: Path) -> None:
    plan_id = world.make_plan(ledger, 1)
    busy = world.ScriptedChannel(inbox, lambda _sent: world.Answer(state="deferred", code="451"))
    now = world.NOW
    waits = []
    for _ in range(40):
        world.work(world.job(ledger, plan_id, clock=lambda: now), world.PeopleWindow(), busy)  # noqa: B023 - used at once
        with ledger.read() as connection:
            due = messages.next_attempt(connection, plan_id)
        if due is None:
            break
        waits.append(due - now)
        with ledger.write() as connection:
            assert claims.requeue_due(connection, plan_id, now=due - timedelta(seconds=1)) == 0
            assert claims.requeue_due(connection, plan_id, now=due) == 1
        now = due
    assert world.by_person(ledger, plan_id) == {1: ("failed", "GAVE_UP")}
    assert waits == sorted(waits)
    assert waits[0] == timedelta(minutes=15)
    assert timedelta(hours=19) < sum(waits, timedelta()) <= timedelta(hours=24)


def test_failed_and_unknown_are_never_tried_again(ledger: Ledger, inbox: Path) -> None:
    plan_id = world.make_plan(ledger, 2)
    answers = iter(
        [world.Answer(state="failed", code="550 5.1.1"), world.Answer(state="unknown", code="TIMEOUT")]
    )
    counts = world.work(
        world.job(ledger, plan_id),
        world.PeopleWindow(),
        world.ScriptedChannel(inbox, lambda _s: next(answers)),
    )
    assert (counts.failed, counts.unknown) == (1, 1)
    world.work(world.job(ledger, plan_id), world.PeopleWindow(), world.ScriptedChannel(inbox))
    assert world.received(inbox) == []
    with ledger.read() as connection:
        assert messages.unknown(connection)["reason"].to_list() == ["TIMEOUT"]


def test_a_refused_channel_gives_everything_back(ledger: Ledger, inbox: Path) -> None:
    plan_id = world.make_plan(ledger, 4)

    def refuse(sent: world.Sent) -> world.Answer:
        if world.received(inbox):
            raise ChannelStopped("535", "authentication failed")
        return world.Answer()

    with pytest.raises(ChannelStopped):
        world.work(world.job(ledger, plan_id), world.PeopleWindow(), world.ScriptedChannel(inbox, refuse))
    assert Counter(world.states(ledger, plan_id).values()) == Counter(sent=1, queued=2, planned=1)


def test_a_fault_in_the_channel_makes_only_the_begun_message_unknown(ledger: Ledger, inbox: Path) -> None:
    plan_id = world.make_plan(ledger, 3)

    def break_down(sent: world.Sent) -> world.Answer:
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError):
        world.work(world.job(ledger, plan_id), world.PeopleWindow(), world.ScriptedChannel(inbox, break_down))
    assert Counter(world.states(ledger, plan_id).values()) == Counter(unknown=1, queued=2)


def test_a_request_for_many_people_is_recorded_as_one(ledger: Ledger, inbox: Path) -> None:
    plan_id = world.make_plan(ledger, 6)
    channel = world.ScriptedChannel(inbox, request=3)
    assert world.work(world.job(ledger, plan_id), world.PeopleWindow(), channel).sent == 6
    assert sorted(world.received(inbox)) == sorted(world.states(ledger, plan_id))


def held_claim(ledger: Ledger, plan_id: int, holder: claims.Holder, *, together: int = 1) -> Claim:
    with ledger.write() as connection:
        return claims.claim(
            connection,
            plan_id=plan_id,
            low=0,
            high=2**62,
            count=3,
            batch=77,
            holder=holder,
            lease=identity.lease(world.NOW, timedelta(minutes=10)),
            together=together,
        )


GONE = "999999-1-{namespace}-0"


def gone() -> str:
    """A worker of this machine and container whose process is no more."""
    namespace = identity.holder("0").worker.split("-")[2]
    return GONE.format(namespace=namespace)


@pytest.mark.parametrize(
    ("boot", "together", "unknown", "queued"),
    [
        ("this", 1, 1, 2),
        ("this", 2, 2, 1),
        ("this", 1000, 3, 0),  # one request for all of them
        ("another", 1, 3, 0),
        ("", 1, 3, 0),  # it cannot be told
    ],
)
def test_what_a_lost_sender_left_is_settled_by_the_crash_rule(
    ledger: Ledger, boot: str, together: int, unknown: int, queued: int
) -> None:
    plan_id = world.make_plan(ledger, 3)
    boot_id = identity.boot_id() if boot == "this" else boot
    held_claim(ledger, plan_id, claims.Holder(worker=gone(), boot_id=boot_id), together=together)
    found = recover(ledger, plan_id, now=world.NOW)
    assert (found.unknown, found.queued, found.held) == (unknown, queued, 0)
    states = [world.states(ledger, plan_id)[key] for key in sorted(world.states(ledger, plan_id))]
    assert states == ["unknown"] * unknown + ["queued"] * queued


def test_a_living_sender_keeps_its_claim(ledger: Ledger) -> None:
    plan_id = world.make_plan(ledger, 3)
    held_claim(ledger, plan_id, identity.holder("1"))
    assert recover(ledger, plan_id, now=world.NOW).held == 3
    # A clock that was put forward by a day changes nothing: leases of one boot count time since boot.
    assert recover(ledger, plan_id, now=world.NOW + timedelta(days=1)).held == 3


def test_a_sender_that_was_overtaken_hands_over_nothing_more(ledger: Ledger, inbox: Path) -> None:
    """SIGSTOP for longer than the lease, then SIGCONT: the late outcome is refused in the statement."""
    plan_id = world.make_plan(ledger, 3)
    job = world.job(ledger, plan_id)
    lane = world.Lane(ledger, plan_id, world.CONTROLLER)
    batch = Batch(job, world.PeopleWindow(), lane, identity.holder("slow"), together=1)
    assert batch.claim()
    with ledger.write() as connection:
        (held,) = claims.held(connection, plan_id)
        claims.take_over(connection, held, certain=True, now=world.NOW)
    with pytest.raises(Overtaken):
        batch.hand_over(world.ScriptedChannel(inbox))
    lane.close()
    # The first one was in its hands and is listed as unknown; the others are the new sender's.
    assert len(world.received(inbox)) == 1
    assert Counter(world.states(ledger, plan_id).values()) == Counter(unknown=1, queued=2)
    world.work(world.job(ledger, plan_id), world.PeopleWindow(), world.ScriptedChannel(inbox))
    assert sorted(world.received(inbox)) == sorted(world.states(ledger, plan_id))


def test_a_claim_whose_lease_ran_out_in_time_since_boot_is_taken_over(ledger: Ledger) -> None:
    plan_id = world.make_plan(ledger, 3)
    with ledger.write() as connection:
        claims.claim(
            connection,
            plan_id=plan_id,
            low=0,
            high=2**62,
            count=3,
            batch=5,
            holder=identity.holder("1"),
            lease=claims.Lease(until=world.NOW, boottime=identity.boottime() - 1),
            together=1,
        )
    assert recover(ledger, plan_id, now=world.NOW).unknown == 1


def test_an_outcome_waits_for_a_busy_ledger(tmp_path: Path, inbox: Path) -> None:
    """Fault 38: nothing becomes unknown because the ledger was locked after the answer."""
    ledger = Ledger.open(tmp_path / "l" / "ledger.sqlite", busy_seconds=0.05)
    plan_id = world.make_plan(ledger, 3)
    released = threading.Event()

    def hold() -> None:
        with ledger.write():
            held.set()
            released.wait(0.4)

    held = threading.Event()
    locker = threading.Thread(target=hold)

    def lock_while_sending(_sent: world.Sent) -> world.Answer:
        if not locker.ident:
            locker.start()
            held.wait()
        return world.Answer()

    counts = world.work(
        world.job(ledger, plan_id), world.PeopleWindow(), world.ScriptedChannel(inbox, lock_while_sending)
    )
    locker.join()
    ledger.dispose()
    assert (counts.sent, counts.unknown) == (3, 0)

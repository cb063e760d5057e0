"""Making a restored ledger safe to open: it hears again what was refused since, and sends nothing again.

Everything here may be done twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from campaigns.ledger import journal, permission_events, plans, sendings, suppressions
from campaigns.ledger.database import Ledger
from campaigns.ledger.permission_events import PermissionEvent
from campaigns.ledger.sendings import Sending
from campaigns.ledger.tables import clock, messages, person_tokens
from campaigns.ledger.tables import plans as plan_table

RESTORED = "RESTORED"
AT_ONCE = 2_000
MARGIN = 1_000_000  # positions that a transaction may have taken after the last line that we know
_MAY_HAVE_LEFT = ("planned", "queued", "deferred", "handing_over")
_OPEN = ("waiting", "approved", "paused")


@dataclass(frozen=True, kw_only=True, slots=True)
class Recalled:
    """What was heard again. `unattached`: refusals of people who came after the backup, whose address is
    not known either; they must be entered again when these people are.
    """

    refusals: int
    suppressions: int
    tokens: int
    unattached: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Held:
    """Plans and messages that will not leave by themselves."""

    sent_since: tuple[int, ...]  # plans whose messages may have left after the backup
    to_approve: tuple[int, ...]  # plans that must be approved again
    unknown: int  # messages that may have left: listed, never sent again on their own


def recall(ledger: Ledger, newest_person: Mapping[str, int]) -> Recalled:
    """Append what the journal knows and the ledger does not.

    `newest_person`: the last id that the restored register gave, by controller. Ids above it will not be
    given again to the same people, so a refusal of such a person is kept for the address.
    """
    if ledger.journal is None:
        return Recalled(refusals=0, suppressions=0, tokens=0, unattached=0)
    counts = {"refusals": 0, "suppressions": 0, "tokens": 0, "unattached": 0}
    for lines in _parts(ledger.journal.read()):
        with ledger.write() as connection:
            events = [_event(line, newest_person) for line in lines if line["what"] == journal.EVENT]
            counts["unattached"] += events.count(None)
            told = [event for event in events if event is not None]
            counts["refusals"] += permission_events.append(connection, told)
            for line in lines:
                if line["what"] == journal.SUPPRESSION:
                    counts["suppressions"] += _suppress(connection, line)
                elif line["what"] == journal.TOKEN:
                    counts["tokens"] += _give_key(connection, line)
            journal.take(connection)  # they are in the journal
    _advance(ledger)
    return Recalled(**counts)


def hold(ledger: Ledger, *, since: datetime | None, now: datetime) -> Held:
    """Keep every open plan from sending by itself.

    What may have been sent after `since` is over: its messages become unknown. `since` None: whatever was
    ever begun. Other approved plans wait to be approved again.
    """
    touched = sendings.begun(ledger, since=since)
    sent, unknown = [], 0
    for sending in touched:
        found, number = _close(ledger, sending, now=now)
        sent += found
        unknown += number
    with ledger.write() as connection:
        waiting = [plan.plan_id for plan in plans.in_states(connection, plans.OPEN)]
        for plan_id in waiting:
            again = {"reason": RESTORED, "approved_at": None, "approved_by": None}
            plans.move(connection, plan_id, to="waiting", only_from=plans.OPEN, **again)
        going = messages.c.state == "handing_over"
        lost = {"state": "unknown", "reason": RESTORED, "finished_at": now}
        unknown += connection.execute(sa.update(messages).where(going).values(lost)).rowcount
    return Held(sent_since=tuple(sent), to_approve=tuple(waiting), unknown=unknown)


def _close(ledger: Ledger, sending: Sending, *, now: datetime) -> tuple[list[int], int]:
    """End the plans of a mailing's occurrence; a plan that the backup did not know yet is put in."""
    with ledger.read() as connection:
        known = [
            plan
            for plan in plans.of_mailing(connection, sending.mailing, sending.occurrence)
            if plan.controller == sending.controller
        ]
    if any(plan.state == "done" for plan in known):
        return [], 0
    ended, unknown = [], 0
    for plan in known:
        if plan.state in _OPEN:
            unknown += _lose(ledger, plan.plan_id, now)
            ended.append(plan.plan_id)
            with ledger.write() as connection:
                plans.move(connection, plan.plan_id, to="done", only_from=_OPEN, reason=RESTORED)
    if not ended:
        ended.append(_put_in(ledger, sending, now))
    return ended, unknown


def _lose(ledger: Ledger, plan_id: int, now: datetime) -> int:
    lost = {"state": "unknown", "reason": RESTORED, "finished_at": now}
    mine = (messages.c.plan_id == plan_id) & messages.c.state.in_(_MAY_HAVE_LEFT)
    number, gone = 0, AT_ONCE
    while gone == AT_ONCE:
        with ledger.write() as connection:
            some = sa.select(messages.c.message_id).where(mine).limit(AT_ONCE)
            change = sa.update(messages).where(messages.c.message_id.in_(some)).values(lost)
            gone = connection.execute(change).rowcount
        number += gone
    return number


def _put_in(ledger: Ledger, sending: Sending, now: datetime) -> int:
    """So that planning the same occurrence again says that it was sent."""
    row: dict[str, Any] = {
        "controller": sending.controller,
        "mailing": sending.mailing,
        "occurrence": sending.occurrence,
        "state": "done",
        "reason": RESTORED,
        "fingerprint": "",
        "parts": {},
        "counts": {},
        "lake_snapshot": 0,
        "ledger_position": 0,
        "rule_version": "",
        "decided_on": now.date().isoformat(),
        "created_at": now,
        "created_by": "restore",
    }
    with ledger.write() as connection:
        taken = sa.select(plan_table.c.plan_id).where(plan_table.c.plan_id == sending.plan_id)
        if connection.execute(taken).first() is None:
            row["plan_id"] = sending.plan_id
        inserted = sa.insert(plan_table).values(row).returning(plan_table.c.plan_id)
        return int(connection.execute(inserted).scalar_one())


def _event(line: Mapping[str, Any], newest_person: Mapping[str, int]) -> PermissionEvent | None:
    person_id, address = line["person_id"], line["address"]
    if person_id is not None and person_id > newest_person.get(line["controller"], 0):
        if address is None:
            return None
        person_id = None
    return PermissionEvent(
        event_id=line["event_id"],
        controller=line["controller"],
        person_id=person_id,
        address_digest=address if person_id is None else None,
        kind=line["kind"],
        channel=line["channel"],
        purpose=line["purpose"],
        scope=line["scope"],
        occurred_at=datetime.fromisoformat(line["occurred_at"]),
        recorded_at=datetime.fromisoformat(line["recorded_at"]),
        source=line["source"],
        method="restored",
        details={"about": line["about"]} if line["about"] else {},
    )


def _suppress(connection: sa.Connection, line: Mapping[str, Any]) -> bool:
    return suppressions.add_digest(
        connection,
        controller=line["controller"],
        channel=line["channel"],
        digest=line["address_digest"],
        reason=line["reason"],
        now=datetime.fromisoformat(line["recorded_at"]),
        message_id=line["message_id"],
    )


def _give_key(connection: sa.Connection, line: Mapping[str, Any]) -> bool:
    """A key that was given after the backup; one person has one key, so an older one stands."""
    row = {
        "token_key": bytes.fromhex(line["token_key"]),
        "controller": line["controller"],
        "person_id": line["person_id"],
    }
    columns = person_tokens.c
    there = columns.token_key.in_([row["token_key"]]) | (
        (columns.controller == row["controller"]) & (columns.person_id == row["person_id"])
    )
    if connection.execute(sa.select(columns.person_id).where(there)).first():
        return False
    connection.execute(sa.insert(person_tokens).values(row))
    return True


def _advance(ledger: Ledger) -> None:
    """Go on above every position that was ever used: numbers of messages are never given twice."""
    known = [found.high_water() for found in (ledger.journal, ledger.sendings) if found is not None]
    with ledger.write() as connection:
        if max(known, default=0) > ledger.position(connection):
            connection.execute(sa.update(clock).values(position=max(known) + MARGIN))


def _parts(lines: Iterator[dict[str, Any]]) -> Iterator[Sequence[dict[str, Any]]]:
    some: list[dict[str, Any]] = []
    for line in lines:
        some.append(line)
        if len(some) == AT_ONCE:
            yield some
            some = []
    yield some

"""A small world for the order of hand-over: a ledger with a plan, people in a dictionary, a scripted channel.

No lake, rules or templates: those have tests of their own, and the kill loops need a quick sender.
"""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import sqlalchemy as sa

from campaigns.ledger import messages, plans
from campaigns.ledger.claims import Claimed
from campaigns.ledger.database import Ledger
from campaigns.ledger.lanes import Lane
from campaigns.ledger.tables import messages as message_table
from campaigns.mailings.sending import identity
from campaigns.mailings.sending.desk import Counts, Job, Verdict, Window
from campaigns.mailings.sending.worker import Worker

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
CONTROLLER = "lahti_energia"
MAILING = "letter_to_all"


@dataclass(frozen=True)
class Sent:
    """Like `channels.Outgoing`, as far as the order of hand-over looks at it."""

    message_id: int
    to: str


@dataclass(frozen=True)
class Answer:
    """Like `channels.Outcome`."""

    state: str = "sent"
    code: str = "250"
    detail: str = "ok"
    provider_id: str = ""
    retry_after: float | None = None


def new_plan(
    mailing: str, *, controller: str = CONTROLLER, parts: Mapping[str, str] | None = None
) -> plans.NewPlan:
    """A plan of its one occurrence."""
    return plans.NewPlan(
        controller=controller,
        mailing=mailing,
        occurrence="once",
        fingerprint="f",
        parts=dict(parts or {}),
        lake_snapshot=1,
        ledger_position=0,
        rule_version="r1",
        decided_on="2026-11-24",
        due_at=None,
        latest_at=None,
        created_at=NOW,
        created_by="test",
    )


def make_plan(ledger: Ledger, people: int, *, state: str = "approved", mailing: str = MAILING) -> int:
    """A plan with one planned message for each of the persons 1 to `people`."""
    with ledger.write() as connection:
        plan_id = plans.create(connection, new_plan(mailing))
        shared = {
            "plan_id": plan_id,
            "controller": CONTROLLER,
            "mailing": mailing,
            "occurrence": "once",
            "channel": "email",
            "language": "fi",
            "state": "planned",
        }
        ids = ledger.take_positions(connection, people)
        rows = pl.DataFrame({"message_id": list(ids), "person_id": range(1, people + 1)})
        messages.add(connection, shared, rows)
        plans.move(connection, plan_id, to=state, only_from=("building",))
    return plan_id


@dataclass
class PeopleWindow:
    """A window over everybody. `deny` says a code for a person; it is asked again about touched people."""

    deny: Callable[[int], str | None] = lambda _person: None
    addresses: Mapping[int, str] = field(default_factory=dict)
    unwritable: Mapping[int, str] = field(default_factory=dict)
    low: int = 0
    high: int = 2**62
    position: int = 0
    _verdicts: dict[int, Verdict] = field(default_factory=dict)

    def is_current(self) -> bool:
        return True

    def catch_up(self, lane: Lane) -> int:
        position = lane.look().position
        touched = lane.touched_since(self.position)
        for person_id in list(self._verdicts) if touched.everybody else touched.person_ids:
            self._verdicts.pop(person_id, None)
        self.position = position
        return position

    def verdicts(self, person_ids: Collection[int]) -> Mapping[int, Verdict]:
        for person_id in person_ids:
            if person_id not in self._verdicts:
                code = self.deny(person_id)
                self._verdicts[person_id] = Verdict(
                    allowed=code is None,
                    code=code or "CONSENT",
                    evidence=None,
                    position=self.position,
                    lake_snapshot=1,
                )
        return {person_id: self._verdicts[person_id] for person_id in person_ids}

    def address_digest(self, person_id: int) -> str | None:
        return self._address(person_id) or None

    def _address(self, person_id: int) -> str:
        return self.addresses.get(person_id, f"person{person_id}@example.fi")

    def write(self, rows: Iterable[Claimed]) -> tuple[list[Any], dict[int, str]]:
        ready, unwritten = [], {}
        for row in rows:
            if row.person_id in self.unwritable:
                unwritten[row.message_id] = self.unwritable[row.person_id]
            else:
                ready.append(Sent(row.message_id, self._address(row.person_id)))
        return ready, unwritten


class ScriptedChannel:
    """A channel that answers what `answer` says, and writes a line for each message that it received."""

    name = "scripted"
    form = "bytes"
    connections = 1
    processor_fields: tuple[str, ...] = ("email",)

    def __init__(
        self, received: Path, answer: Callable[[Sent], Answer] = lambda _sent: Answer(), *, request: int = 1
    ) -> None:
        self._received = received
        self._answer = answer
        self.batch = request
        self.before: Callable[[Sent], None] = lambda _sent: None  # runs before the gate, in tests of races

    def connect(self) -> ScriptedChannel:
        return self

    def hand_over(
        self, batch: Sequence[Sent], *, before_first_byte: Callable[[Sequence[Sent]], Sequence[Sent]]
    ) -> Iterator[tuple[int, Answer]]:
        for start in range(0, len(batch), self.batch):
            asked = batch[start : start + self.batch]
            for sent in asked:
                self.before(sent)
            leaving = before_first_byte(asked)
            answers = [(sent.message_id, self._take(sent)) for sent in leaving]
            yield from answers

    def _take(self, sent: Sent) -> Answer:
        answer = self._answer(sent)
        if answer.state == "sent":
            append(self._received, f"{sent.message_id} {sent.to}")
        return answer

    def close(self) -> None:
        pass


def append(path: Path, line: str) -> None:
    """One whole line, whatever happens to the process afterwards."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(descriptor, f"{line}\n".encode())
    finally:
        os.close(descriptor)


def received(path: Path) -> list[int]:
    """The message numbers that arrived, in order, repeats included."""
    return [int(line.split()[0]) for line in path.read_text().splitlines()] if path.exists() else []


def job(ledger: Ledger, plan_id: int, **more: Any) -> Job:
    """What the connections of one test share."""
    with ledger.read() as connection:
        plan = plans.get(connection, plan_id)
    numbers = itertools.count(int.from_bytes(os.urandom(7), "big"))
    settings: dict[str, Any] = {
        "ledger": ledger,
        "plan": plan,
        "clock": lambda: NOW,
        "new_batch": lambda: next(numbers),
        "stop": threading.Event(),
        "one_copy_an_address": True,
        "batch": 3,
    }
    return Job(**(settings | more))


def work(shared: Job, window: Any, channel: Any, *, nonce: str = "0") -> Counts:
    """Run one connection to its end."""
    given = iter([window])

    def next_window(_used: Window | None) -> Window | None:
        return next(given, None)

    return Worker(shared, channel, identity.holder(nonce), next_window).run()


def states(ledger: Ledger, plan_id: int) -> dict[int, str]:
    """The state of each message."""
    select = sa.select(message_table.c.message_id, message_table.c.state)
    with ledger.read() as connection:
        rows = connection.execute(select.where(message_table.c.plan_id == plan_id))
        return {row.message_id: row.state for row in rows}


def by_person(ledger: Ledger, plan_id: int) -> dict[int, tuple[str, str | None]]:
    """State and reason of each person's message."""
    columns = (message_table.c.person_id, message_table.c.state, message_table.c.reason)
    with ledger.read() as connection:
        rows = connection.execute(sa.select(*columns).where(message_table.c.plan_id == plan_id))
        return {row.person_id: (row.state, row.reason) for row in rows}

"""What became of a mailing: planned, left out and why, sent, and what people did."""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from campaigns.errors import NotFound
from campaigns.ledger import control_groups, messages, plans, retention
from campaigns.ledger.messages import Tally
from campaigns.ledger.plans import PlanRow
from campaigns.ledger.tables import messages as message_table
from campaigns.ledger.tables import responses
from campaigns.mailings.codes import sentence
from campaigns.reports.counting import share, shown
from campaigns.settings.binding import suggestion

if TYPE_CHECKING:
    from campaigns.ledger import Ledger

HANDED_OVER = ("sent", "deferred", "failed", "unknown")


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """One occurrence of a mailing. `members` = `control_group` + all withheld + all other messages."""

    mailing: str
    occurrence: str
    plans: tuple[int, ...]
    state: str  # of the newest plan
    members: int
    control_group: int
    withheld: Mapping[str, int]
    sent: int
    deferred: int
    failed: int
    unknown: int
    waiting: int
    failures: Mapping[str, int]
    unknown_messages: tuple[int, ...] = field(repr=False)
    responses: Mapping[str, int]

    @property
    def messages(self) -> int:
        """How many people were to get it after all that was left out."""
        return self.sent + self.deferred + self.failed + self.unknown + self.waiting

    def as_json(self) -> dict[str, Any]:
        """The keys that `report --json` promises."""
        return {
            "mailing": self.mailing,
            "occurrence": self.occurrence,
            "plan": self.plans[-1],
            "state": self.state,
            "members": self.members,
            "control_group": self.control_group,
            "withheld": dict(self.withheld),
            "messages": self.messages,
            "sent": self.sent,
            "deferred": self.deferred,
            "failed": self.failed,
            "unknown": self.unknown,
            "waiting": self.waiting,
            "responses": dict(self.responses),
        }

    def lines(self) -> Iterator[tuple[str, str, str]]:
        """Number, share and words of each line, for a terminal or a page."""
        yield f"{self.members:,}", "", "people in the segment"
        for code, number in sorted(self.withheld.items(), key=lambda item: (-item[1], item[0])):
            yield shown(number), share(number, self.members), f"left out: {sentence(code)} ({code})"
        if self.control_group:
            yield f"{self.control_group:,}", "", "control group: got nothing, to compare with"
        yield f"{self.sent:,}", share(self.sent, self.members), "sent"
        for number, words in (
            (self.deferred, "put off by the receiver, tried again"),
            (self.failed, "failed"),
            (self.unknown, "unknown"),
            (self.waiting, "waiting"),
        ):
            if number:
                yield f"{number:,}", share(number, self.members), words
        for code, number in sorted(self.failures.items(), key=lambda item: (-item[1], item[0])):
            yield shown(number), "", f"failed with {code}"
        for kind, number in sorted(self.responses.items()):
            yield shown(number), share(number, self.sent), kind

    def __str__(self) -> str:
        lines = [f"{self.mailing}, {self.occurrence}: {self.state}"]
        lines += [f"  {number:>10}  {part:>7}  {words}" for number, part, words in self.lines()]
        if self.unknown_messages:
            some = ", ".join(str(key) for key in self.unknown_messages[:20])
            lines.append(f"  unknown: {some}{' …' if len(self.unknown_messages) > 20 else ''}")
            lines.append("  look them up with the provider, then: campaigns resolve MESSAGE --as sent|failed")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        rows = "".join(
            "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in line) + "</tr>"
            for line in self.lines()
        )
        return f"<table><caption>{html.escape(self.mailing)}</caption>{rows}</table>"


def report(ledger: Ledger, mailing: str, *, occurrence: str | None = None) -> Report:
    """The newest occurrence of a mailing that was planned, or a named one.

    Raises `NotFound` REP001 when it was never planned.
    """
    with ledger.read() as connection:
        made = _plans(connection, mailing, occurrence)
        newest = made[0]
        tallies = messages.tally(connection, mailing=mailing, occurrence=newest.occurrence)
        unknown = messages.unknown(connection, mailing)
        ids = {plan.plan_id for plan in made if retention.KEPT not in plan.counts}
        control = sum(control_groups.count(connection, plan_id) for plan_id in ids)
        answered = Counter(_responses(connection, mailing, newest.occurrence))
    kept = [plan.counts[retention.KEPT] for plan in made if retention.KEPT in plan.counts]
    for numbers in kept:
        answered.update(numbers["responses"])
    old = [tally for plan in made for tally in retention.kept_tallies(plan.counts)]
    return _report(
        made,
        [*old, *(tally for tally in tallies if tally.plan_id in ids)],
        control=control + sum(numbers["control_group"] for numbers in kept),
        unknown=[row[0] for row in unknown.select("message_id", "plan_id").iter_rows() if row[1] in ids],
        answered=answered,
    )


def _plans(connection: sa.Connection, mailing: str, occurrence: str | None) -> list[PlanRow]:
    """The complete plans of one occurrence, newest first."""
    made = [plan for plan in plans.of_mailing(connection, mailing, occurrence) if plan.counts]
    if not made:
        known = connection.scalars(sa.select(message_table.c.mailing).distinct())
        raise NotFound(
            "REP001", "nothing was planned under that name.", hint=suggestion(mailing, list(known))
        )
    return [plan for plan in made if plan.occurrence == made[0].occurrence]


def _report(
    made: Sequence[PlanRow],
    tallies: Sequence[Tally],
    *,
    control: int,
    unknown: Sequence[int],
    answered: Mapping[str, int],
) -> Report:
    states: Counter[str] = Counter()
    withheld: Counter[str] = Counter()
    failures: Counter[str] = Counter()
    for tally in tallies:
        ended = tally.plan_state == "cancelled" and tally.state in (*messages.WAITING, "deferred")
        if tally.state == "withheld":
            withheld[tally.reason or ""] += tally.messages
        elif ended:
            withheld[plans.CANCELLED] += tally.messages
        else:
            states[tally.state] += tally.messages
        if tally.state == "failed":
            failures[tally.reason or ""] += tally.messages
    return Report(
        mailing=made[0].mailing,
        occurrence=made[0].occurrence,
        plans=tuple(plan.plan_id for plan in reversed(made)),
        state=made[0].state,
        members=sum(tally.messages for tally in tallies) + control,
        control_group=control,
        withheld=dict(sorted(withheld.items())),
        **{state: states[state] for state in HANDED_OVER},
        waiting=sum(states[state] for state in (*messages.WAITING, "handing_over")),
        failures=dict(sorted(failures.items())),
        unknown_messages=tuple(unknown),
        responses=dict(answered),
    )


def _responses(connection: sa.Connection, mailing: str, occurrence: str) -> dict[str, int]:
    """How many people responded, by kind."""
    people = sa.func.count(sa.distinct(message_table.c.person_id))
    select = (
        sa.select(responses.c.kind, people)
        .join(message_table, message_table.c.message_id == responses.c.message_id)
        .where(message_table.c.mailing == mailing, message_table.c.occurrence == occurrence)
        .group_by(responses.c.kind)
        .order_by(responses.c.kind)
    )
    return {row[0]: row[1] for row in connection.execute(select)}

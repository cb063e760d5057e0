"""Writing a plan's rows, in chunks under a plan that nobody can approve before it is complete.

Other writers come between the chunks: the unsubscribe page never waits for a million rows. A plan that died
on the way leaves rows that the next `plan` of the mailing removes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import polars as pl

from campaigns.errors import Refused
from campaigns.ledger import audit, control_groups, messages, plans
from campaigns.ledger.plans import REPLACED, NewPlan
from campaigns.mailings import fingerprints
from campaigns.mailings.audience import CONTROL, MESSAGE
from campaigns.mailings.schedule import Occurrence

if TYPE_CHECKING:
    from campaigns.ledger import Ledger
    from campaigns.mailings.library import Mailing

AT_ONCE = 2_000  # rows a transaction
DUPLICATE = "DUPLICATE"
ONLY_VARIANT = "all"


class Building:
    """One plan while it is written. Make it with `start`, end it with `complete` or `discard`."""

    def __init__(self, ledger: Ledger, plan_id: int, plan: NewPlan, channel: str, now: datetime) -> None:
        self.plan_id = plan_id
        self._ledger = ledger
        self._plan = plan
        self._channel = channel
        self._now = now
        self._withheld: Counter[str] = Counter()
        self._languages: Counter[str] = Counter()
        self._members = self._messages = self._control = 0
        with ledger.read() as connection:
            handed = messages.handed_over(connection, plan.mailing, plan.occurrence)
        mine = handed.filter(pl.col("controller") == plan.controller)
        self._have_it: set[int] = set(mine["person_id"])

    @classmethod
    def start(
        cls,
        ledger: Ledger,
        mailing: Mailing,
        occurrence: Occurrence,
        *,
        covered: Mapping[str, Any],
        lake_snapshot: int,
        ledger_position: int,
        rule_version: str,
        day: date,
        now: datetime,
        actor: str,
    ) -> Building:
        """Write the plan's row in state `building`."""
        plan = NewPlan(
            controller=mailing.controller,
            mailing=mailing.name,
            occurrence=occurrence.name,
            fingerprint=fingerprints.fingerprint(covered),
            parts=covered,
            lake_snapshot=lake_snapshot,
            ledger_position=ledger_position,
            rule_version=rule_version,
            decided_on=day.isoformat(),
            due_at=occurrence.due,
            latest_at=occurrence.latest,
            created_at=now,
            created_by=actor,
        )
        with ledger.write() as connection:
            plan_id = plans.create(connection, plan)
        return cls(ledger, plan_id, plan, mailing.channel, now)

    def write(self, people: pl.DataFrame) -> None:
        """Write some people: `person_id, site_id, outcome, code, evidence, group, wanted_language`.

        Who was handed a message of this occurrence under an earlier plan keeps that row and gets no other.
        """
        self._members += len(people)
        again = pl.col("person_id").is_in(self._have_it)
        self._withheld[DUPLICATE] += people.filter(again).height
        new = people.filter(~again)
        for part in new.filter(pl.col("outcome") == CONTROL).iter_slices(AT_ONCE):
            self._write_control(part)
        for part in new.filter(pl.col("outcome") != CONTROL).iter_slices(AT_ONCE):
            self._write_messages(part)

    def complete(self) -> None:
        """Make the plan complete, in one change. Raises `Refused` MAI024 when another took its place."""
        counts = {
            "members": self._members,
            "withheld": {code: number for code, number in sorted(self._withheld.items()) if number},
            "control_group": self._control,
            "messages": self._messages,
            "by_channel": {self._channel: self._messages} if self._messages else {},
            "by_variant": {ONLY_VARIANT: self._messages} if self._messages else {},
            "by_language": dict(sorted(self._languages.items())),
        }
        with self._ledger.write() as connection:
            if not plans.move(connection, self.plan_id, to="waiting", only_from=("building",), counts=counts):
                raise _replaced()
            audit.record(
                connection,
                at=self._now,
                actor=self._plan.created_by,
                action="plan_made",
                controller=self._plan.controller,
                details={
                    "plan": self.plan_id,
                    "mailing": self._plan.mailing,
                    "fingerprint": self._plan.fingerprint,
                    "messages": self._messages,
                },
            )

    def discard(self) -> None:
        """Remove what was written."""
        with self._ledger.write() as connection:
            plans.move(connection, self.plan_id, to="cancelled", only_from=("building",), reason=REPLACED)
        _remove(self._ledger, self.plan_id)

    def _write_control(self, people: pl.DataFrame) -> None:
        with self._ledger.write() as connection:
            self._still_building(connection)
            control_groups.keep(
                connection,
                controller=self._plan.controller,
                mailing=self._plan.mailing,
                occurrence=self._plan.occurrence,
                plan_id=self.plan_id,
                members=zip(people["group"], people["person_id"], strict=True),
                now=self._now,
            )
        self._control += len(people)

    def _write_messages(self, people: pl.DataFrame) -> None:
        plan = self._plan
        goes = people["outcome"] == MESSAGE
        with self._ledger.write() as connection:
            self._still_building(connection)
            ids = self._ledger.take_positions(connection, len(people))
            rows = people.select(
                message_id=pl.Series(ids, dtype=pl.Int64),
                person_id="person_id",
                site_id="site_id",
                language="wanted_language",
                state=pl.when(goes).then(pl.lit("planned")).otherwise(pl.lit("withheld")),
                reason=pl.when(~goes).then(pl.col("code")),
            )
            shared = {
                "plan_id": self.plan_id,
                "controller": plan.controller,
                "mailing": plan.mailing,
                "occurrence": plan.occurrence,
                "channel": self._channel,
            }
            messages.add(connection, shared, rows)
            decided = {
                "stage": "plan",
                "rule_version": plan.rule_version,
                "ledger_position": plan.ledger_position,
                "lake_snapshot": plan.lake_snapshot,
                "decided_at": self._now,
            }
            verdicts = people.select(
                message_id=pl.Series(ids, dtype=pl.Int64),
                person_id="person_id",
                allowed=goes,
                code="code",
                evidence="evidence",
                facts="facts",
            )
            messages.decide(connection, decided, verdicts)
        self._messages += int(goes.sum())
        self._withheld.update(people.filter(~goes)["code"])
        self._languages.update(people.filter(goes)["wanted_language"])

    def _still_building(self, connection: Any) -> None:
        if plans.state(connection, self.plan_id) != "building":
            raise _replaced()


def clear(ledger: Ledger, mailing: str, occurrence: str) -> None:
    """Make room for a new plan: end those not approved, and remove messages that were never handed over."""
    with ledger.read() as connection:
        earlier = plans.of_mailing(connection, mailing, occurrence)
    for row in earlier:
        if row.state in ("building", "waiting"):
            with ledger.write() as connection:
                plans.move(
                    connection,
                    row.plan_id,
                    to="cancelled",
                    only_from=("building", "waiting"),
                    reason=REPLACED,
                )
        _remove(ledger, row.plan_id)


def _remove(ledger: Ledger, plan_id: int) -> None:
    while True:
        with ledger.write() as connection:
            if plans.state(connection, plan_id) != "cancelled":
                return
            removed = messages.remove_unsent(connection, plan_id, most=AT_ONCE)
            control_groups.drop(connection, plan_id)
        if removed < AT_ONCE:
            return


def _replaced() -> Refused:
    return Refused("MAI024", "another plan of this mailing took this one's place.")

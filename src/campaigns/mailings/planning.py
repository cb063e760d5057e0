"""`plan`: a mailing resolved to people and decisions, every message rendered once, and nothing sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

import filelock
import polars as pl

from campaigns.engine import connect
from campaigns.errors import Busy, Refused, UserError
from campaigns.ledger import plans
from campaigns.mailings import audience, fingerprints
from campaigns.mailings.audience import MESSAGE, WITHHELD, Asking
from campaigns.mailings.building import Building, clear
from campaigns.mailings.plan import Plan, plan_of
from campaigns.mailings.recipients import unreachable, values_of
from campaigns.mailings.schedule import Occurrence
from campaigns.mailings.trials import Trials
from campaigns.permissions.rules import rule_version
from campaigns.register.disclosing import hidden
from campaigns.segments.staleness import stale
from campaigns.settings.model import MARKETING_KINDS

if TYPE_CHECKING:
    from campaigns.engine import Engine
    from campaigns.mailings.library import Mailing
    from campaigns.mailings.parts import Parts

Tick = Callable[[int, int | None], None]

CHUNK = 10_000  # people whose values are in memory at once
MEMORY = "2GB"


def plan(parts: Parts, name: str, *, actor: str, tick: Tick = lambda _done, _total: None) -> Plan:
    """Plan the next occurrence of a mailing; a plan of it that was not approved yet is replaced.

    Raises `Mistakes` for what is wrong in its files, `Refused` MAI018 when there is no time left for it or
    MAI020 when it is approved or sent already, `UserError` MAI025 when nobody has a value that the template
    needs or MAI032 when data are older than a segment allows, `Busy` MAI024 when somebody else plans it.
    """
    mailing = parts.mailings.load(name)
    with _turn(parts, name):
        now = parts.clock()
        occurrence = _next_occurrence(parts, mailing, now)
        return _Planning(parts, mailing, occurrence, now, tick).run(actor)


class _Planning:
    """One plan on its way."""

    def __init__(
        self, parts: Parts, mailing: Mailing, occurrence: Occurrence, now: datetime, tick: Tick
    ) -> None:
        self._parts = parts
        self._mailing = mailing
        self._occurrence = occurrence
        self._now = now
        self._day = now.astimezone(parts.settings.zone).date()
        self._tick = tick

    def run(self, actor: str) -> Plan:
        """Resolve, try out, write down; what was written is removed again when something goes wrong."""
        parts, mailing = self._parts, self._mailing
        position = parts.ledger.position()
        closed = hidden(parts.settings, mailing.purpose, day=self._day)
        with parts.lake.snapshot() as snapshot, connect(snapshot, hidden=closed, memory_limit=MEMORY) as db:
            covered = fingerprints.covered(parts, mailing, self._occurrence, lake=snapshot.number)
            self._refuse_stale(db)
            clear(parts.ledger, mailing.name, self._occurrence.name)
            people = audience.people_of(mailing, Asking(parts=parts, db=db, as_of=self._day, at=self._now))
            people = self._with_addresses(db, people)
            trials = Trials(parts, mailing, people=len(people), now=self._now)
            building = Building.start(
                parts.ledger,
                mailing,
                self._occurrence,
                covered=covered,
                lake_snapshot=snapshot.number,
                ledger_position=position,
                rule_version=rule_version(parts.settings),
                day=self._day,
                now=self._now,
                actor=actor,
            )
            try:
                with trials:
                    self._write(db, people, building, trials)
                building.complete()
            except BaseException:
                building.discard()
                raise
        return plan_of(parts.ledger, building.plan_id, samples=trials.samples)

    def _refuse_stale(self, db: Engine) -> None:
        for segment in (*self._mailing.segments, *self._mailing.except_segments):
            found = stale(db, segment, as_of=self._day)
            if found is not None:
                raise UserError("MAI032", f"segment {segment.name}: {found.sentence}", hint=found.hint)

    def _with_addresses(self, db: Engine, people: pl.DataFrame) -> pl.DataFrame:
        """Leave out who has no address; of marketing, two people with one address get one copy."""
        asked = people.filter(pl.col("outcome") == MESSAGE)
        found = unreachable(
            db, asked, controller=self._mailing.controller, channel=self._mailing.channel, day=self._day
        )
        if self._mailing.kind not in MARKETING_KINDS:
            found = found.filter(pl.col("missing"))
        code = pl.when(pl.col("missing")).then(pl.lit("NO_ADDRESS")).otherwise(pl.lit("DUPLICATE"))
        barred = found.select("person_id", barred=code)
        left_out = pl.col("barred").is_not_null()
        return (
            people.join(barred, on="person_id", how="left", maintain_order="left")
            .with_columns(
                outcome=pl.when(left_out).then(pl.lit(WITHHELD)).otherwise(pl.col("outcome")),
                code=pl.when(left_out).then(pl.col("barred")).otherwise(pl.col("code")),
                facts=pl.when(~left_out).then(pl.col("facts")),
            )
            .drop("barred")
        )

    def _write(self, db: Engine, people: pl.DataFrame, building: Building, trials: Trials) -> None:
        """A chunk at a time: values, trial, rows."""
        done = 0
        for chunk in trials.tried(self._chunks(db, people)):
            building.write(chunk)
            done += len(chunk)
            self._tick(done, len(people))
        if trials.tried_people and trials.failed_people == trials.tried_people and trials.variables:
            named = " and ".join(f"`{name}`" for name in sorted(trials.variables))
            raise UserError(
                "MAI025",
                f"the template needs {named}, and nobody of the {trials.tried_people:,} has it.",
                hint="change the template, or choose people who have it",
            )

    def _chunks(self, db: Engine, people: pl.DataFrame) -> Iterator[pl.DataFrame]:
        """The people with the values that the template names; who is left out already needs none."""
        for chunk in people.iter_slices(CHUNK):
            asked = chunk.filter(pl.col("outcome") == MESSAGE)
            values = values_of(
                db,
                asked,
                template=self._mailing.template,
                controller=self._mailing.controller,
                channel=self._mailing.channel,
                day=self._day,
            )
            yield chunk.join(values, on="person_id", how="left", maintain_order="left")


def _next_occurrence(parts: Parts, mailing: Mailing, now: datetime) -> Occurrence:
    """The nearest occurrence that was not approved or sent yet."""
    closed = None
    for occurrence in mailing.upcoming(now, parts.settings):
        with parts.ledger.read() as connection:
            closed = next(
                (
                    row
                    for row in plans.of_mailing(connection, mailing.name, occurrence.name)
                    if row.state in ("approved", "paused", "done")
                ),
                None,
            )
        if closed is None:
            return occurrence
    if closed is None:
        raise Refused("MAI018", f"the time of {mailing.name} has passed.", hint="change its schedule")
    if closed.state == "done":
        raise Refused(
            "MAI020",
            f"{mailing.name} was sent (plan {closed.plan_id}).",
            hint="to send it once more, copy the file to a new name or give it a schedule",
        )
    raise Refused(
        "MAI020",
        f"plan {closed.plan_id} of {mailing.name} is {closed.state}.",
        hint=f"cancel it first: campaigns cancel {closed.plan_id}",
    )


@contextmanager
def _turn(parts: Parts, name: str) -> Iterator[None]:
    """One planner of a mailing at a time."""
    folder = parts.data / "locks"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        with filelock.FileLock(folder / f"plan_{name}.lock", timeout=0, mode=0o600):
            yield
    except filelock.Timeout:
        raise Busy("MAI024", f"somebody else is planning {name}.", hint="try again in a moment") from None

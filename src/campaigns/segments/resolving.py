"""Resolve a segment: everybody for whom the conditions hold, with the step that left them out.

Previews and plans count the same frame, so their numbers agree by construction.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl

from campaigns.engine import Engine
from campaigns.ledger import Ledger
from campaigns.permissions import calendar, state
from campaigns.permissions.deciding import decide
from campaigns.permissions.requests import Request
from campaigns.permissions.state import Words
from campaigns.segments import choosing, consents, contacts, cut_offs, restricted, sql
from campaigns.segments.compiling import Compiled, compile_segment
from campaigns.segments.cut_offs import CutOff
from campaigns.segments.model import Condition, Segment
from campaigns.segments.sentences import sentence
from campaigns.settings.model import MessageKind, Settings

STEPS = ("permission", "suppression", "caps", "one_per", "limit")
CONTROL = "control_group"
# Which step a denial belongs to; all other codes are of permission.
STEP_OF: Mapping[str, str] = {
    "ADDRESS_SUPPRESSED": "suppression",
    "ADDRESS_UNDELIVERABLE": "suppression",
    "FREQUENCY_CAP": "caps",
    "DUPLICATE": "caps",
}
PEOPLE = pl.Schema(
    {
        "person_id": pl.Int64(),
        "site_id": pl.Int64(),  # the site that matched
        "step": pl.String(),  # which step left the person out; NULL: gets the message
        "channel": pl.String(),  # the first allowed one; of those denied everywhere the first asked
        "code": pl.String(),
        "evidence": pl.Int64(),  # position of the permission event behind the code
        "facts": pl.String(),  # JSON of the facts behind it
        "control": pl.Boolean(),
    }
)


@dataclass(frozen=True, kw_only=True, slots=True)
class StepCount:
    """A condition of the file: how many it holds for alone, and how many remain after it.

    For an exception `alone` is how many it applies to; those are not among the remaining.
    """

    line: int
    text: str
    alone: int
    remaining: int
    unknown: int
    exception: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class PeriodDates:
    """Which days a named period meant, and when it was computed."""

    name: str
    first: date
    last: date
    as_of: date


@dataclass(frozen=True, kw_only=True, slots=True)
class Resolution:
    """A segment resolved at one time.

    `people` (schema `PEOPLE`) has one row for each person who passed conditions and exceptions, ordered by
    person. `decisions` counts every person and channel: `channel, allowed, code, people`.
    """

    segment: Segment
    as_of: date
    at: datetime
    message_kind: MessageKind
    channels: tuple[str, ...]
    audience: int
    steps: tuple[StepCount, ...]
    people: pl.DataFrame = field(repr=False)
    decisions: pl.DataFrame = field(repr=False)
    periods: tuple[PeriodDates, ...]
    ledger_position: int
    cut_offs: tuple[CutOff, ...] = ()

    @property
    def members(self) -> int:
        """How many people passed conditions and exceptions."""
        return len(self.people)

    @property
    def final(self) -> pl.DataFrame:
        """The people who get the message."""
        return self.people.filter(pl.col("step").is_null())

    @property
    def control_group(self) -> pl.DataFrame:
        """The people who would have got it and are kept for comparison."""
        return self.people.filter("control")

    @property
    def left_out(self) -> dict[str, int]:
        """How many people each step left out."""
        counts = dict(self.people.group_by("step").len().iter_rows())
        return {step: counts.get(step, 0) for step in STEPS}

    @property
    def final_by_channel(self) -> dict[str, int]:
        """How many people get it by which channel."""
        counts = dict(self.final.group_by("channel").len().iter_rows())
        return {channel: counts.get(channel, 0) for channel in self.channels}


@dataclass(frozen=True, kw_only=True, slots=True)
class Counted:
    """For whom the conditions of a segment hold, before anybody's permission was asked.

    `members`: `person_id, site_id, order_value`, ordered by person. The other fields are as in `Resolution`.
    """

    segment: Segment
    as_of: date
    at: datetime
    request: Request
    audience: int
    steps: tuple[StepCount, ...]
    members: pl.DataFrame = field(repr=False)
    periods: tuple[PeriodDates, ...]
    ledger_position: int
    cut_offs: tuple[CutOff, ...] = ()


def resolve(
    segment: Segment,
    *,
    db: Engine,
    ledger: Ledger,
    settings: Settings,
    as_of: date,
    at: datetime,
    message_kind: MessageKind | None = None,
    channels: Sequence[str] | None = None,
    words: Words | None = None,
) -> Resolution:
    """Resolve for the day `as_of`, with the permission of the time `at`.

    `message_kind` and `channels` are the mailing's, by default those of the purpose and the segment. `words`
    saves reading the ledger again. Raises `UserError` ENG… when the engine cannot run it.
    """
    known = words or state.words(ledger)
    counted = count(
        segment,
        db=db,
        ledger=ledger,
        settings=settings,
        as_of=as_of,
        at=at,
        message_kind=message_kind,
        channels=channels,
        words=known,
    )
    persons = counted.members.select("person_id")
    decisions = decide(db, counted.request, persons, settings=settings, ledger=ledger, words=known)
    return finish(counted, decisions, db=db, zone=settings.zone)


def count(
    segment: Segment,
    *,
    db: Engine,
    ledger: Ledger,
    settings: Settings,
    as_of: date,
    at: datetime,
    message_kind: MessageKind | None = None,
    channels: Sequence[str] | None = None,
    words: Words,
    made: MutableMapping[str, str] | None = None,
) -> Counted:
    """For whom the conditions hold: the first half of `resolve`, with what is to be asked about them.

    The verdicts stay in the engine until the next segment is counted. `made` is as in `consents.register`.
    """
    consents.register(db, segment, at=at, settings=settings, ledger=ledger, words=words, made=made)
    contacts.register(db, segment, ledger)
    compiled = compile_segment(segment, as_of, settings.zone)
    db.execute(f"CREATE OR REPLACE TEMP TABLE verdicts AS {compiled.everybody.sql(dialect=sql.DIALECT)}")
    cuts = cut_offs.read(db, compiled, "verdicts")
    restricted.leave_out(db, words, segment.controller, message_kind or segment.message_kind)
    audience, steps = _count(db, compiled)
    return Counted(
        segment=segment,
        as_of=as_of,
        at=at,
        request=request(
            segment,
            settings=settings,
            at=at,
            message_kind=message_kind,
            channels=channels or segment.channels,
        ),
        audience=audience,
        steps=steps,
        members=_members(db, compiled),
        periods=_periods(db, compiled),
        ledger_position=words.position,
        cut_offs=cuts,
    )


def finish(counted: Counted, decisions: pl.DataFrame, *, db: Engine, zone: ZoneInfo) -> Resolution:
    """Who gets the message: the second half of `resolve`.

    `decisions` are as `decide` gives them, of all members.
    """
    asked = counted.request
    chosen = _chosen(counted.members, decisions, asked.channels)
    return Resolution(
        segment=counted.segment,
        as_of=counted.as_of,
        at=counted.at,
        message_kind=asked.message_kind,  # type: ignore[arg-type]  # it came in as one
        channels=asked.channels,
        audience=counted.audience,
        steps=counted.steps,
        people=_choose(db, chosen, counted.segment, counted.as_of, zone),
        decisions=decisions.group_by("channel", "allowed", "code").len("people"),
        periods=counted.periods,
        ledger_position=counted.ledger_position,
        cut_offs=counted.cut_offs,
    )


def request(
    segment: Segment,
    *,
    settings: Settings,
    at: datetime,
    message_kind: MessageKind | None,
    channels: Sequence[str],
) -> Request:
    """What is asked about every member, at the next time when these channels may be used at all."""
    purpose = settings.purposes[segment.purpose]
    return Request(
        controller=segment.controller,
        purpose=purpose.permission_purpose,
        topic=purpose.topic,
        duties=purpose.duties,
        message_kind=message_kind or segment.message_kind,
        channels=tuple(channels),
        profiled=segment.profiled,
        at=_open_hour(at, channels, settings.zone),
    )


def _open_hour(at: datetime, channels: Sequence[str], zone: ZoneInfo) -> datetime:
    """Night is no reason to leave anybody out: the sender waits for the morning."""
    moment = at
    while _closed(moment.astimezone(zone), channels):
        moment += timedelta(hours=1)
    return moment


def _closed(local: datetime, channels: Sequence[str]) -> bool:
    calls = {"phone", "robocall"} & set(channels)
    return bool(calls and calendar.outside_calling_hours(local)) or (
        "sms" in channels and calendar.quiet_hours(local)
    )


def _count(db: Engine, compiled: Compiled) -> tuple[int, tuple[StepCount, ...]]:
    """The audience and every top-level condition, in one pass over the verdicts."""
    counts = ["count(*)"]
    holds: list[str] = []
    segment = compiled.segment
    for condition in (*segment.who, *segment.exceptions):
        name = compiled.column_of(condition)
        stays = name if condition in segment.who else f"{name} IS NOT TRUE"
        holds.append(f"({stays})")
        counts += [
            f"count(*) FILTER (WHERE {name})",
            f"count(*) FILTER (WHERE {' AND '.join(holds)})",
            f"count(*) FILTER (WHERE {name} IS NULL)",
        ]
    named = ", ".join(f"{count} AS c{number}" for number, count in enumerate(counts))
    audience, *rest = db.query(f"SELECT {named} FROM verdicts").row(0)
    steps = [
        _step(condition, *rest[3 * number : 3 * number + 3], exception=number >= len(segment.who))
        for number, condition in enumerate((*segment.who, *segment.exceptions))
    ]
    return audience, tuple(steps)


def _step(condition: Condition, alone: int, remaining: int, unknown: int, *, exception: bool) -> StepCount:
    return StepCount(
        line=condition.place.line,
        text=sentence(condition),
        alone=alone,
        remaining=remaining,
        unknown=unknown,
        exception=exception,
    )


def _members(db: Engine, compiled: Compiled) -> pl.DataFrame:
    """`person_id, site_id, order_value` of everybody for whom the conditions hold."""
    site = "site_id" if compiled.matches_site else "CAST(NULL AS BIGINT) AS site_id"
    order = "order_value" if compiled.ordered else "CAST(NULL AS DOUBLE) AS order_value"
    where = compiled.is_member().sql(dialect=sql.DIALECT)
    return db.query(f"SELECT person_id, {site}, {order} FROM verdicts WHERE {where} ORDER BY person_id")


def _chosen(members: pl.DataFrame, decisions: pl.DataFrame, channels: Sequence[str]) -> pl.DataFrame:
    """Each member with the first channel that is allowed, or with the answer of the first one."""
    answers = decisions.select("person_id", "channel", "code", "evidence", "facts", "allowed")
    allowed = answers.filter("allowed").unique("person_id", keep="first", maintain_order=True)
    denied = answers.filter(pl.col("channel") == channels[0])
    joined = members.join(allowed, on="person_id", how="left").join(
        denied, on="person_id", how="left", suffix="_denied"
    )
    in_ = pl.col("channel").is_not_null()
    step = pl.col("code_denied").replace_strict(STEP_OF, default="permission", return_dtype=pl.String)
    return joined.select(
        "person_id",
        "site_id",
        "order_value",
        pl.when(~in_).then(step).alias("step"),
        *(
            pl.when(in_).then(name).otherwise(f"{name}_denied").alias(name)
            for name in ("channel", "code", "evidence", "facts")
        ),
    ).sort("person_id")


def _choose(db: Engine, people: pl.DataFrame, segment: Segment, as_of: date, zone: ZoneInfo) -> pl.DataFrame:
    """One a company, the limit, the control group, in this order, each among those who are still in."""
    if segment.one_per is not None:
        left = people.filter(pl.col("step").is_null())
        stay = choosing.one_per(db, left, segment.one_per, segment, as_of, zone)
        people = _leave_out(people, "one_per", but=stay)
    if segment.limit is not None:
        left = people.filter(pl.col("step").is_null())
        people = _leave_out(people, "limit", but=choosing.limit(db, left, segment.limit, segment))
    control = pl.Series("person_id", dtype=pl.Int64)
    if segment.control_group is not None:
        left = people.filter(pl.col("step").is_null())
        control = choosing.control_group(db, left, segment.control_group)["person_id"]
    drawn = pl.col("person_id").is_in(control.implode())
    return people.with_columns(
        step=pl.when(drawn).then(pl.lit(CONTROL)).otherwise("step"), control=drawn
    ).select(PEOPLE.names())


def _leave_out(people: pl.DataFrame, step: str, *, but: pl.DataFrame) -> pl.DataFrame:
    gone = pl.col("step").is_null() & ~pl.col("person_id").is_in(but["person_id"].implode())
    return people.with_columns(step=pl.when(gone).then(pl.lit(step)).otherwise("step"))


def _periods(db: Engine, compiled: Compiled) -> tuple[PeriodDates, ...]:
    if not compiled.periods:
        return ()
    found = db.query(
        choosing.SQL["periods"],
        {
            "controller": compiled.segment.controller,
            "periods": list(compiled.periods),
            "as_of": compiled.as_of,
        },
    )
    return tuple(
        PeriodDates(name=name, first=first, last=last, as_of=as_of)
        for name, as_of, first, last in found.iter_rows()
    )

"""The typed form of a segment: frozen records, free of any engine."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

from campaigns.catalogue.model import EventEntry, FieldEntry, MetricEntry, ScoreEntry
from campaigns.settings.model import MessageKind

NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
ANY_NEWSLETTER = "any_newsletter"
Unknown = Literal["yes", "no"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where a condition starts: the segment's name, line and column from 1."""

    segment: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.segment}.yml:{self.line}"


@dataclass(frozen=True, slots=True)
class Duration:
    """A length of time in whole days or calendar months."""

    days: int = 0
    months: int = 0

    def before(self, day: date) -> date:
        """The day that lies this long before `day`; the 31st becomes a shorter month's last day."""
        return self._moved(day, -1)

    def after(self, day: date) -> date:
        """The day that lies this long after `day`."""
        return self._moved(day, 1)

    def _moved(self, day: date, sign: int) -> date:
        month = day.year * 12 + day.month - 1 + sign * self.months
        year, month = divmod(month, 12)
        last = calendar.monthrange(year, month + 1)[1]
        return date(year, month + 1, min(day.day, last)) + timedelta(days=sign * self.days)


@dataclass(frozen=True, slots=True)
class Today:
    """The segment's own day, whatever it is."""


Day = date | Today


@dataclass(frozen=True, slots=True)
class Range:
    """Both ends included."""

    low: Decimal | date | Today
    high: Decimal | date | Today


@dataclass(frozen=True, slots=True)
class ShareOf:
    """`110% of market_average`: a factor times another metric of the same place and period."""

    factor: Decimal
    metric: MetricEntry


Value = (
    str | bool | Decimal | date | Today | Duration | Range | ShareOf | tuple[str, ...] | tuple[Decimal, ...]
)


@dataclass(frozen=True, slots=True)
class Test:
    """One test of a condition: its name and its value, in the unit that data is kept in."""

    name: str
    value: Value


@dataclass(frozen=True, kw_only=True, slots=True)
class Condition:
    """What all kinds share. `unknown` says what an unknown verdict counts as, when the file says so."""

    place: Place
    unknown: Unknown | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class FieldCondition(Condition):
    """An attribute passes all of its tests."""

    field: FieldEntry
    tests: tuple[Test, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Rank:
    """`top: 10%`, `bottom: 500`: the first so many in the order of a value, equals by lot.

    They are ranked among everybody in the audience whose value is known, among those who pass the rest of the
    segment, or among those of the audience who are in another segment.
    """

    size: Decimal | int  # a share of those who are ranked, rounded up; or how many
    highest: bool = True
    among: Literal["everyone", "segment"] | Segment = "everyone"


@dataclass(frozen=True, kw_only=True, slots=True)
class MetricCondition(Condition):
    """A metric over a named period passes all of its tests; unknown without the consent that it needs.

    With `change_from` the tests are of its relative change: over that period it was 1.
    """

    metric: MetricEntry
    period: str
    tests: tuple[Test, ...]
    consent: bool
    change_from: str = ""
    rank: Rank | None = None

    @property
    def unit(self) -> str:
        """The unit of what is tested."""
        return "%" if self.change_from else self.metric.unit


@dataclass(frozen=True, kw_only=True, slots=True)
class ScoreCondition(Condition):
    """What a model last said of the person passes all tests; unknown when that is older than allowed."""

    score: ScoreEntry
    tests: tuple[Test, ...]
    not_older_than: Duration
    consent: bool = False
    rank: Rank | None = None

    @property
    def unit(self) -> str:
        """The unit of what is tested."""
        return self.score.unit


@dataclass(frozen=True, kw_only=True, slots=True)
class EventCondition(Condition):
    """How many matching events a person has. `least` and `most` bound the count."""

    event: EventEntry
    where: tuple[tuple[str, tuple[str, ...]], ...] = ()
    within: Duration | None = None
    least: int = 1
    most: int | None = None

    @property
    def kind(self) -> str:
        """`did`, or `did_not` when no event may be there."""
        return "did_not" if self.most == 0 else "did"

    @property
    def events(self) -> tuple[EventEntry, ...]:
        """The kinds of events that it asks about."""
        return (self.event,)


@dataclass(frozen=True, kw_only=True, slots=True)
class AnswerCondition(EventCondition):
    """How many matching answers to a survey a person gave; `answers` are the tests of each answer."""

    answers: tuple[Test, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class MessageCondition(Condition):
    """How many messages of a mailing a person received, or how many times links in them were clicked."""

    verb: Literal["received", "clicked"]
    mailing: str  # a name, or ANY_NEWSLETTER
    within: Duration | None = None
    least: int = 1
    most: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ListCondition(Condition):
    """The person is on an imported list, from the day of its entry until the day before its deletion."""

    name: str
    negated: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class NearCondition(FieldCondition):
    """The postal code is one of those whose centre lies within so many kilometres of a place."""

    centre: str  # as the file names it
    radius_km: Decimal


@dataclass(frozen=True, kw_only=True, slots=True)
class RelatedCondition(Condition):
    """At least `least` related rows for which all of `where` holds; none of them when `negated`."""

    relation: str
    where: tuple[Condition, ...]
    least: int = 1
    negated: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class SegmentCondition(Condition):
    """The person is in another segment, by its conditions and exceptions alone."""

    segment: Segment
    negated: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class GroupCondition(Condition):
    """Any, all or none of several conditions."""

    kind: Literal["any", "all", "none"]
    conditions: tuple[Condition, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class SampleCondition(Condition):
    """A share of people that stays the same from run to run, drawn by the text `name:person`."""

    name: str
    share: Decimal


@dataclass(frozen=True, kw_only=True, slots=True)
class MetricOrder:
    """People in the order of a metric, the highest or the lowest first."""

    metric: MetricEntry
    period: str
    consent: bool
    highest: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class ScoreOrder:
    """People in the order of a score, the highest or the lowest first."""

    score: ScoreEntry
    not_older_than: Duration
    consent: bool = False
    highest: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Limit:
    """At most so many people; by a metric or score, or by lot when `order` is empty."""

    at_most: int
    order: MetricOrder | ScoreOrder | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class OnePer:
    """One person a company: who had the latest activity, has been longest a customer, or by lot."""

    relation: Literal["company"] = "company"
    prefer: Literal["latest_activity", "longest_customer", "lot"] = "lot"


@dataclass(frozen=True, kw_only=True, slots=True)
class ControlGroup:
    """The share of people who get nothing, so that the effect can be measured."""

    share: Decimal
    name: str
    keep_for: Duration | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Expectation:
    """The size that the author expects, and how old data may be.

    A preview outside of it says so; no plan is made on data that are too old.
    """

    smallest: int | None = None
    largest: int | None = None
    change_at_most: Decimal | None = None
    data_not_older_than: Duration | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Segment:
    """A checked segment, complete with the segments that it refers to."""

    name: str
    title: str
    controller: str
    purpose: str
    message_kind: MessageKind  # the purpose's first
    channels: tuple[str, ...]  # in the order of preference
    audience: str
    who: tuple[Condition, ...] = ()
    exceptions: tuple[Condition, ...] = ()
    one_per: OnePer | None = None
    limit: Limit | None = None
    control_group: ControlGroup | None = None
    expect: Expectation = Expectation()
    owner: str = ""
    goal: str = ""
    refresh: str = "when planned"
    fingerprint: str = field(default="", compare=False)

    @property
    def ranks(self) -> bool:
        """It ranks people or sites, itself or through another segment."""
        return any(rank_of(condition) is not None for condition in self.every_condition())

    @property
    def profiled(self) -> bool:
        """It uses a metric, score or behaviour event, itself or through another segment."""
        return any(_profiles(condition) for condition in self.every_condition()) or (
            self.limit is not None and self.limit.order is not None
        )

    @property
    def measured(self) -> bool:
        """It uses a metric, itself or through another segment."""
        return any(isinstance(condition, MetricCondition) for condition in self.every_condition()) or (
            self.limit is not None and isinstance(self.limit.order, MetricOrder)
        )

    def every_condition(self) -> Iterator[Condition]:
        """All conditions at every depth, also of segments that this one refers to."""
        for condition in (*self.who, *self.exceptions):
            yield from walk(condition)

    def __repr__(self) -> str:
        return f"<segment {self.name}: {self.title}>"


def walk(condition: Condition) -> Iterator[Condition]:
    """The condition and all that it holds."""
    yield condition
    for inner in children(condition):
        yield from walk(inner)


def children(condition: Condition) -> tuple[Condition, ...]:
    """What stands directly under the condition."""
    match condition:
        case GroupCondition():
            return condition.conditions
        case RelatedCondition():
            return condition.where
        case SegmentCondition():
            return (*condition.segment.who, *condition.segment.exceptions)
        case _ if (rank := rank_of(condition)) is not None and isinstance(rank.among, Segment):
            return (*rank.among.who, *rank.among.exceptions)
        case _:
            return ()


def rank_of(condition: Condition) -> Rank | None:
    """How the condition ranks, when it does."""
    return condition.rank if isinstance(condition, MetricCondition | ScoreCondition) else None


def ranks_by_the_rest(condition: Condition) -> bool:
    """Whether the condition, or one inside of it, ranks among those who pass the rest of its own segment."""
    if isinstance(condition, GroupCondition | RelatedCondition):
        return any(ranks_by_the_rest(inner) for inner in children(condition))
    rank = rank_of(condition)
    return rank is not None and rank.among == "segment"


def _profiles(condition: Condition) -> bool:
    match condition:
        case MetricCondition() | ScoreCondition():
            return True
        case EventCondition(events=events):
            return any(event.behaviour for event in events)
        case MessageCondition(verb=verb):
            return verb == "clicked"
        case _:
            return False

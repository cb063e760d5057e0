"""Conditions in words, for previews, explanations and the comments of the SQL."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

from campaigns.catalogue.units import plain, shown
from campaigns.segments.model import (
    ANY_NEWSLETTER,
    AnswerCondition,
    Condition,
    Duration,
    EventCondition,
    FieldCondition,
    GroupCondition,
    ListCondition,
    MessageCondition,
    MetricCondition,
    NearCondition,
    Range,
    Rank,
    RelatedCondition,
    SampleCondition,
    ScoreCondition,
    SegmentCondition,
    ShareOf,
    Test,
    Today,
    Value,
)
from campaigns.segments.predicates import OPERATORS
from campaigns.segments.sequences import SequenceCondition

FEW = 5  # people; a smaller number is not told
_SHOWN = 5  # items of a list; the rest is counted


def sentence(condition: Condition) -> str:
    """One line of English, with the catalogue's labels."""
    match condition:
        case FieldCondition() | MetricCondition() | ScoreCondition():
            return _of_value(condition)
        case AnswerCondition():
            return _answer(condition)
        case SequenceCondition():
            return _sequence(condition)
        case EventCondition():
            return _event(condition)
        case MessageCondition():
            return _message(condition)
        case ListCondition(name=name, negated=negated):
            return f"{'not ' if negated else ''}on the list {name}"
        case RelatedCondition():
            return _related(condition)
        case SegmentCondition(segment=segment, negated=negated):
            return f"{'not ' if negated else ''}in segment {segment.name}"
        case GroupCondition(kind=kind, conditions=inner):
            return f"{kind} of: {'; '.join(sentence(one) for one in inner)}"
        case SampleCondition(share=share, name=name):
            return f"in the sample {name} of {shown(share, '%')}"
        case _:
            raise TypeError(f"no sentence for {type(condition).__name__}")


def _of_value(condition: FieldCondition | MetricCondition | ScoreCondition) -> str:
    match condition:
        case NearCondition(field=field, centre=centre, radius_km=radius):
            return f"{field.label['en']} within {plain(radius)} km of {centre}"
        case FieldCondition(field=field, tests=tests):
            return f"{field.label['en']} {_tests(tests, field.unit)}"
        case MetricCondition(tests=tests):
            asked = _asked(tests, condition.unit, condition.rank)
            return f"{_measured(condition)} {asked}"
        case ScoreCondition(score=score, tests=tests, not_older_than=age):
            asked = _asked(tests, score.unit, condition.rank)
            return f"{score.label['en']} {asked}, not older than {said(age)}"


def headline(condition: Condition) -> str:
    """The sentence without the conditions inside, which have lines of their own."""
    match condition:
        case RelatedCondition(where=where):
            return f"{_has(condition)}{' for which all of these lines hold' if where else ''}"
        case GroupCondition(kind=kind):
            return f"{kind} of these lines"
        case _:
            return sentence(condition)


def _tests(tests: Iterable[Test], unit: str) -> str:
    return " and ".join(OPERATORS[test.name].sentence.format(said(test.value, unit)) for test in tests)


def _asked(tests: Sequence[Test], unit: str, rank: Rank | None) -> str:
    """The tests and the rank of one value."""
    parts = [_tests(tests, unit)] if tests else []
    return " and ".join([*parts, *([ranked(rank)] if rank else [])])


def ranked(rank: Rank) -> str:
    """`among the highest 10 % of everyone`."""
    size = shown(rank.size, "%") if isinstance(rank.size, Decimal) else f"{rank.size:,}"
    match rank.among:
        case "everyone":
            base = ""
        case "segment":
            base = " of those who pass the rest"
        case other:
            base = f" of the segment {other.name}"
    return f"among the {'highest' if rank.highest else 'lowest'} {size}{base}"


def _measured(condition: MetricCondition) -> str:
    over = f"{condition.metric.label['en']} over {condition.period}"
    return f"change of {over} from {condition.change_from}" if condition.change_from else over


def _sequence(condition: SequenceCondition) -> str:
    first = [condition.event.label["en"], *_said_of(condition.where), *_how_often(condition)]
    never = " never" if condition.then_negated else ""
    head = f"then within {said(condition.then_within)}{never} {condition.then.label['en']}"
    return ", ".join([*first, head, *_said_of(condition.then_where)])


def _event(condition: EventCondition) -> str:
    label = condition.event.label["en"]
    if condition.kind == "did_not":
        label = f"never {label}"
    return ", ".join([label, *_said_of(condition.where), *_how_often(condition)])


def _said_of(where: Iterable[tuple[str, tuple[str, ...]]]) -> Iterable[str]:
    return (f"{name} {said(values)}" for name, values in where)


def _answer(condition: AnswerCondition) -> str:
    never = "never " if condition.kind == "did_not" else ""
    head = f"{never}answered {' '.join(_said_of(condition.where))}"
    answers = [f"answer {_tests(condition.answers, '')}"] if condition.answers else []
    return ", ".join([head, *answers, *_how_often(condition)])


def _message(condition: MessageCondition) -> str:
    never = "never " if condition.most == 0 else ""
    mailing = "any newsletter" if condition.mailing == ANY_NEWSLETTER else condition.mailing
    what = f"received {mailing}" if condition.verb == "received" else f"clicked a link of {mailing}"
    return ", ".join([f"{never}{what}", *_how_often(condition)])


def _how_often(condition: EventCondition | MessageCondition) -> Iterable[str]:
    if condition.within:
        yield f"within the last {said(condition.within)}"
    if condition.most != 0 and (condition.least, condition.most) != (1, None):
        yield _times(condition.least, condition.most)


def _times(least: int, most: int | None) -> str:
    if most is None:
        return f"at least {least} times"
    return f"exactly {most} times" if least == most else f"{least} to {most} times"


def _related(condition: RelatedCondition) -> str:
    if not condition.where:
        return _has(condition)
    return f"{_has(condition)} where {'; '.join(sentence(one) for one in condition.where)}"


def _has(condition: RelatedCondition) -> str:
    many = f"at least {condition.least} × " if condition.least > 1 else "a "
    return f"has {'no ' if condition.negated else many}{condition.relation}"


def said(value: Value, unit: str = "") -> str:
    """A value as people write it."""
    match value:
        case bool():
            return "yes" if value else "no"
        case str():
            return value
        case Decimal():
            return shown(value, unit)
        case Duration():
            return _length(value)
        case Range():
            return f"{said(value.low, unit)} to {said(value.high, unit)}"
        case ShareOf():
            return f"{plain(value.factor * 100)} % of {value.metric.label['en']}"
        case Today():
            return "today"
        case date():
            return value.isoformat()
        case tuple():
            return _listed([said(item, unit) for item in value])


def few(people: int) -> str:
    """Small numbers could tell who it is."""
    return f"<{FEW}" if 0 < people < FEW else f"{people:,}"


def figure(value: float, unit: str) -> str:
    """A measured number as people read it: at most two decimals, its unit behind."""
    number = f"{value:,.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else f"{value:,}"
    return f"{number} {unit}".rstrip()


def _length(length: Duration) -> str:
    if length.months:
        count, word = (length.months // 12, "year") if length.months % 12 == 0 else (length.months, "month")
    else:
        count, word = length.days, "day"
    return f"{count} {word}{'' if count == 1 else 's'}"


def _listed(items: list[str]) -> str:
    if len(items) > _SHOWN:
        return f"{', '.join(items[:_SHOWN])} or {len(items) - _SHOWN} more"
    return " or ".join([", ".join(items[:-1]), items[-1]] if len(items) > 1 else items)

"""An independent answer to who is in a segment: the typed form over plain rows, in plain Python.

It shares no code with the compiler: rows are dictionaries, verdicts are True, False and None (unknown), and
loops take the place of joins. Slow, and meant for worlds of a handful of people.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from campaigns.catalogue.model import FieldEntry, MetricEntry
from campaigns.segments.model import (
    AnswerCondition,
    Condition,
    EventCondition,
    FieldCondition,
    GroupCondition,
    ListCondition,
    MessageCondition,
    MetricCondition,
    NearCondition,
    Range,
    RelatedCondition,
    SampleCondition,
    ScoreCondition,
    Segment,
    SegmentCondition,
    ShareOf,
    Test,
    Today,
    walk,
)
from campaigns.segments.sequences import SequenceCondition
from support import oracle_of_ranks
from support.oracle_of_ranks import Ranked
from support.segments import PLACES_TEXT

Row = Mapping[str, Any]
Verdict = bool | None
ZONE = ZoneInfo("Europe/Helsinki")


def every(verdicts: Iterable[Verdict]) -> Verdict:
    found = list(verdicts)
    if False in found:
        return False
    return None if None in found else True


def some(verdicts: Iterable[Verdict]) -> Verdict:
    found = list(verdicts)
    if True in found:
        return True
    return None if None in found else False


def local_day(moment: datetime) -> date:
    return moment.astimezone(ZONE).date()


def a_number(value: float | None) -> float | None:
    """What is not a number is not known."""
    return None if value is None or math.isnan(value) else float(value)


def holds(outer: Condition, inner: Condition) -> bool:
    return any(one is inner for one in walk(outer))


def opposite(verdict: Verdict) -> Verdict:
    return None if verdict is None else not verdict


@dataclass
class Oracle:
    """Answers for one world and one day."""

    world: Mapping[str, Sequence[Row]]
    as_of: date

    def members(self, segment: Segment) -> set[int]:
        """Everybody for whom the conditions hold."""
        return {person for person in self.audience(segment) if self.is_member(segment, person)}

    def is_member(self, segment: Segment, person: int) -> bool:
        who = every(self.verdict(condition, person, segment) for condition in segment.who)
        out = [self.verdict(condition, person, segment) for condition in segment.exceptions]
        return who is True and True not in out

    def audience(self, segment: Segment) -> set[int]:
        known = {
            row["person_id"]
            for row in self.rows("persons", segment)
            if row.get("ended_on") is None or row["ended_on"] > self.as_of
        }
        held = [row for row in self.rows("contracts", segment) if row.get("person_id") is not None]
        ever = {row["person_id"] for row in held}
        now = {row["person_id"] for row in held if self.runs(row)}
        later = {
            row["person_id"] for row in held if row.get("end_date") is None or row["end_date"] >= self.as_of
        }
        relations = self.rows("relationships", segment)
        was = {
            row["person_id"]
            for row in relations
            if row["kind"] == "former_customer"
            or (
                row["kind"] == "customer" and row.get("end_date") is not None and row["end_date"] < self.as_of
            )
        }
        ended = {
            row["person_id"]
            for row in held
            if row.get("end_date") is not None and row["end_date"] < self.as_of
        }
        return (
            known
            & {
                "customers": now,
                "former_customers": (ended | was) - later,
                "prospects": known - ever - was,
                "subscribers": {
                    row["person_id"] for row in relations if row["kind"] == "subscriber" and self.runs(row)
                },
                "business_contacts": {
                    row["person_id"] for row in self.rows("roles", segment) if self.runs(row)
                },
                "everyone": known,
            }[segment.audience]
        )

    def rows(self, table: str, segment: Segment) -> list[Row]:
        return [
            row
            for row in self.world.get(table, ())
            if row.get("controller", "lahti_energia") == segment.controller
        ]

    def runs(self, row: Row) -> bool:
        start, end = row.get("start_date"), row.get("end_date")
        return (start is None or start <= self.as_of) and (end is None or end >= self.as_of)

    def verdict(self, condition: Condition, person: int, segment: Segment, row: Row | None = None) -> Verdict:
        """The condition about a person, or about a row (a site, contract or company) of that person."""
        found = self._verdict(condition, person, segment, row)
        if found is None and condition.unknown is not None:
            return condition.unknown == "yes"
        return found

    def _verdict(self, condition: Condition, person: int, segment: Segment, row: Row | None) -> Verdict:
        match condition:
            case GroupCondition(kind=kind, conditions=inner):
                verdicts = [self.verdict(one, person, segment, row) for one in inner]
                return {"any": some, "all": every}.get(kind, lambda found: opposite(some(found)))(verdicts)
            case NearCondition():
                return self.near(condition, person, segment, row)
            case FieldCondition(field=field, tests=tests):
                return self.field(field, tests, person, segment, row)
            case MetricCondition() | ScoreCondition():
                return self.asked(condition, person, segment, row)
            case SequenceCondition():
                return self.sequence(condition, person, segment)
            case EventCondition():
                return self.event(condition, person, segment)
            case MessageCondition():
                return self.messages(condition, person, segment)
            case ListCondition(name=name, negated=negated):
                return self.listed(name, person, segment) != negated
            case RelatedCondition():
                return self.related(condition, person, segment, row)
            case SegmentCondition(segment=other, negated=negated):
                found = self.membership(other, person)
                return opposite(found) if negated else found
            case SampleCondition(name=name, share=share):
                drawn = int(
                    hashlib.md5(f"{name}:{person}".encode(), usedforsecurity=False).hexdigest()[:8], 16
                )
                return drawn < share * 16**8
            case _:
                raise AssertionError(condition)

    def membership(self, other: Segment, person: int) -> Verdict:
        if person not in self.audience(other):
            return False
        who = [self.verdict(one, person, other) for one in other.who]
        out = [self.verdict(one, person, other) is not True for one in other.exceptions]
        return every([*who, *out])

    def field(
        self, field: FieldEntry, tests: Sequence[Test], person: int, segment: Segment, row: Row | None
    ) -> Verdict:
        values = self.values(field, person, segment, row)
        if field.pick == "any":
            return every(self.test_of_many(test, values) for test in tests)
        return every(self.test(test, values[0] if values else None) for test in tests)

    def values(self, field: FieldEntry, person: int, segment: Segment, row: Row | None) -> list[Any]:
        """What the field is: one value (or none), or all of them."""
        if field.name == "age":
            year = self.person(person, segment).get("birth_year")
            return [] if year is None else [self.as_of.year - year]
        if field.name == "running":
            return [self.runs(row or {})]
        if field.table == "persons":
            return [self.person(person, segment).get(field.column)]
        if row is not None and field.table not in ("metering_points",):
            return [row.get(f"role_{field.column}") if field.table == "roles" else row.get(field.column)]
        if field.table == "metering_points":
            rows = [
                one
                for one in self.rows("metering_points", segment)
                if one["site_id"] == (row or {})["site_id"]
            ]
        else:
            rows = [one for one in self.rows(field.table, segment) if one["person_id"] == person]
        rows = [one for one in rows if all(one.get(name) == value for name, value in field.where.items())]
        rows = [one for one in rows if not field.running or self.runs(one)]
        found = [one[field.column] for one in rows if one.get(field.column) is not None]
        if field.pick == "any":
            return found if rows else []
        return [{"earliest": min, "latest": max, "highest": max}[field.pick](found)] if found else []

    def person(self, person: int, segment: Segment) -> Row:
        return next(row for row in self.rows("persons", segment) if row["person_id"] == person)

    def test_of_many(self, test: Test, values: Sequence[Any]) -> Verdict:
        if test.name == "is_known":
            return bool(values) == test.value
        if not values:
            return None
        negative = {"is_not": "is", "not_one_of": "one_of"}.get(test.name)
        if negative:
            return opposite(some(self.test(Test(negative, test.value), value) for value in values))
        return some(self.test(test, value) for value in values)

    def test(self, test: Test, value: Any) -> Verdict:  # noqa: C901 - one line a test
        """One test of one value; nothing is known of what is missing, but that it is."""
        if test.name == "is_known":
            return (value is not None) == test.value
        if value is None:
            return None
        wanted: Any = self.as_of if isinstance(test.value, Today) else test.value
        match test.name:
            case "is":
                return bool(value == number(wanted))
            case "is_not":
                return bool(value != number(wanted))
            case "one_of":
                return value in [number(one) for one in wanted]
            case "not_one_of":
                return value not in [number(one) for one in wanted]
            case "at_least":
                return bool(value >= number(wanted))
            case "at_most":
                return bool(value <= number(wanted))
            case "more_than" | "after":
                return bool(value > number(wanted))
            case "less_than" | "before":
                return bool(value < number(wanted))
            case "starts_with":
                return str(value).startswith(wanted)
            case "between":
                return self.between(value, wanted)
            case "within_last":
                return bool(wanted.before(self.as_of) <= value <= self.as_of)
            case "within_next":
                return bool(self.as_of <= value <= wanted.after(self.as_of))
            case "older_than":
                return bool(value < wanted.before(self.as_of))
        raise AssertionError(test.name)

    def between(self, value: Any, wanted: Range) -> bool:
        low, high = (
            self.as_of if isinstance(end, Today) else number(end) for end in (wanted.low, wanted.high)
        )
        return bool(low <= value <= high)

    def value_of(self, condition: Ranked, person: int, segment: Segment, row: Row | None) -> float | None:
        """What is tested and ranked."""
        if isinstance(condition, ScoreCondition):
            return self.scored(condition, person, segment)
        value = self.measured(condition.metric, condition, person, segment, row)
        if condition.change_from:
            then = self.measured(
                condition.metric, replace(condition, period=condition.change_from), person, segment, row
            )
            is_known = value is not None and then is not None and then > 0
            value = round(value / then - 1, 9) if is_known else None
        return value

    def scored(self, condition: ScoreCondition, person: int, segment: Segment) -> float | None:
        """What was last said, when that is not too old."""
        said = [
            row
            for row in self.rows("scores", segment)
            if row["person_id"] == person
            and row["score"] == condition.score.name
            and local_day(row["scored_at"]) <= self.as_of
        ]
        last = max(said, key=lambda row: row["scored_at"], default=None)
        if last is None or local_day(last["scored_at"]) < condition.not_older_than.before(self.as_of):
            return None
        if last.get("valid_until") is not None and last["valid_until"] < self.as_of:
            return None
        agreed = not condition.consent or self.consents("hourly_consents", person)
        return a_number(last.get("value")) if agreed else None

    def ranked(self, condition: Ranked, person: int, segment: Segment, row: Row | None) -> Verdict:
        """Among the first of everybody, of who passes the rest, or of another segment; no for all others."""
        refused = {one["person_id"] for one in self.world.get("not_profiled", ())}
        refused = refused if segment.message_kind in oracle_of_ranks.MARKETING else set()
        people = self.audience(segment)
        among = {one: self.base(condition, one, segment) for one in people}
        if row not in among[person]:
            return False
        if person in refused or self.value_of(condition, person, segment, row) is None:
            return None
        chosen = oracle_of_ranks.first(
            condition,
            segment,
            people - refused,
            rows=lambda one: among[one],
            value=lambda one, its: self.value_of(condition, one, segment, its),
        )
        return (person if row is None else row["site_id"]) in chosen

    def base(self, condition: Ranked, person: int, segment: Segment) -> list[Row | None]:
        """The rows of a person (None for the person) that are ranked, whatever their value."""
        assert condition.rank is not None
        among = condition.rank.among
        if isinstance(among, Segment) and self.membership(among, person) is not True:
            return []
        if among == "segment" and True in [
            self.verdict(one, person, segment) for one in segment.exceptions if not holds(one, condition)
        ]:
            return []
        ranking = [one for one in segment.exceptions if holds(one, condition)]
        return self.under(condition, [*segment.who, *ranking], person, segment, None)

    def under(
        self,
        condition: Ranked,
        together: Sequence[Condition],
        person: int,
        segment: Segment,
        row: Row | None,
    ) -> list[Row | None]:
        """The rows that a condition is about, one level of the tree after the other.

        Among those who pass the rest, a row is left out that another condition of its level does not pass.
        """
        assert condition.rank is not None
        (holder,) = [one for one in together if holds(one, condition)]
        others = [one for one in together if one is not holder]
        is_rest = condition.rank.among == "segment"
        if is_rest and every(self.verdict(one, person, segment, row) for one in others) is not True:
            return []
        if isinstance(holder, GroupCondition):
            inner = holder.conditions if holder.kind == "all" else [
                one for one in holder.conditions if holds(one, condition)
            ]  # fmt: skip
            return self.under(condition, inner, person, segment, row)
        if isinstance(holder, RelatedCondition):
            rows = self.relatives(holder.relation, person, segment, row)
            return [
                one for each in rows for one in self.under(condition, holder.where, person, segment, each)
            ]
        return [row]

    def asked(self, condition: Ranked, person: int, segment: Segment, row: Row | None) -> Verdict:
        value = self.value_of(condition, person, segment, row)
        verdicts = [] if condition.rank is None else [self.ranked(condition, person, segment, row)]
        for test in condition.tests:
            if isinstance(test.value, ShareOf):
                assert isinstance(condition, MetricCondition)
                other = self.measured(test.value.metric, condition, person, segment, row)
                known = None if other is None else float(test.value.factor) * other
                verdicts.append(None if value is None or known is None else compared(test.name, value, known))
            else:
                verdicts.append(self.test(test, value))
        return every(verdicts)

    def measured(
        self, metric: MetricEntry, condition: MetricCondition, person: int, segment: Segment, row: Row | None
    ) -> float | None:
        """The metric rolled up over the metering points that the person (or the company) holds here."""
        company = (row or {}).get("company_id_around")
        if condition.consent and company is None and not self.consents("hourly_consents", person):
            return None
        holder = ("company_id", company) if company is not None else ("person_id", person)
        held = {
            contract["metering_point_id"]
            for contract in self.rows("contracts", segment)
            if contract.get(holder[0]) == holder[1] and self.runs(contract)
        }
        points = [
            point
            for point in self.rows("metering_points", segment)
            if point["metering_point_id"] in held and (row is None or point["site_id"] == row["site_id"])
        ]
        found = [
            self.newest(metric, condition.period, point["metering_point_id"], segment) for point in points
        ]
        known = [value for value in found if value is not None]
        if metric.roll_up == "sum":
            electric = sum(point["energy"] == "electricity" for point in points)
            return sum(known) if known and len(known) == electric else None
        if not known:
            return None
        return {"highest": max, "lowest": min, "mean": lambda all_: sum(all_) / len(all_)}[metric.roll_up](
            known
        )

    def newest(self, metric: MetricEntry, period: str, point: int, segment: Segment) -> float | None:
        of_period = [
            row
            for row in self.rows("metrics", segment)
            if row["period"] == period and row["as_of"] <= self.as_of
        ]
        newest = max((row["as_of"] for row in of_period), default=None)
        for row in of_period:
            if row["as_of"] == newest and row["metering_point_id"] == point:
                return a_number(row.get(metric.column))
        return None

    def consents(self, name: str, person: int) -> bool:
        return any(row["person_id"] == person for row in self.world.get(name, ()))

    def event(self, condition: EventCondition, person: int, segment: Segment) -> Verdict:
        if condition.event.needs_cookies and not self.consents("browsing_consents", person):
            return None
        times = sum(
            row["person_id"] == person and row["name"] == condition.event.name and self.counts(condition, row)
            for row in self.rows("events", segment)
        )
        return times >= condition.least and (condition.most is None or times <= condition.most)

    def sequence(self, condition: SequenceCondition, person: int, segment: Segment) -> Verdict:
        """By every first event, one after the other; whoever did not agree to cookies hides their visits."""
        hides = not self.consents("browsing_consents", person)
        if hides and condition.event.needs_cookies:
            return None
        mine = [row for row in self.rows("events", segment) if row["person_id"] == person]
        firsts = [row for row in mine if row["name"] == condition.event.name and self.counts(condition, row)]
        then = replace(
            condition, event=condition.then, where=condition.then_where, within=None, then=condition.event
        )
        seconds = [row for row in mine if row["name"] == condition.then.name and self.counts(then, row)]
        if hides and condition.then.needs_cookies:
            return None if firsts else False
        verdicts: list[Verdict] = []
        for first in firsts:
            until = condition.then_within.after(local_day(first["occurred_at"]))
            is_followed = any(
                second["occurred_at"] > first["occurred_at"] and local_day(second["occurred_at"]) <= until
                for second in seconds
            )
            is_open = until >= self.as_of
            if condition.then_negated:
                verdicts.append(False if is_followed else None if is_open else True)
            else:
                verdicts.append(is_followed)
        return some(verdicts)

    def counts(self, condition: EventCondition, row: Row) -> bool:
        if not self.in_time(row["occurred_at"], condition):
            return False
        said = json.loads(row["properties"]) if row.get("properties") else {}
        answers = condition.answers if isinstance(condition, AnswerCondition) else ()
        return all(said.get(name) in values for name, values in condition.where) and all(
            self.answer(test, said.get("answer")) is True for test in answers
        )

    def answer(self, test: Test, said: str | None) -> Verdict:
        """Words are compared as texts; bounds as numbers, which a word does not pass."""
        if test.name in ("is", "is_not", "one_of", "not_one_of", "starts_with"):
            return self.test(test, said)
        try:
            number = None if said is None else float(said)
        except ValueError:
            return False
        return self.test(test, number) if number is None or math.isfinite(number) else False

    def in_time(self, moment: datetime, condition: EventCondition | MessageCondition) -> bool:
        day = moment.astimezone(ZONE).date()
        return day <= self.as_of and not (condition.within and day < condition.within.before(self.as_of))

    def messages(self, condition: MessageCondition, person: int, segment: Segment) -> Verdict:
        table, moment = {"received": ("messages", "handed_over_at"), "clicked": ("clicks", "clicked_at")}[
            condition.verb
        ]
        rows = [
            row
            for row in self.rows(table, segment)
            if (
                row["kind"] == "newsletter"
                if condition.mailing == "any_newsletter"
                else row["mailing"] == condition.mailing
            )
            and row[moment].astimezone(ZONE).date() <= self.as_of
        ]
        if condition.verb == "clicked" and not rows:
            return None  # nobody was listening
        times = sum(row["person_id"] == person and self.in_time(row[moment], condition) for row in rows)
        return times >= condition.least and (condition.most is None or times <= condition.most)

    def listed(self, name: str, person: int, segment: Segment) -> bool:
        return any(
            row["list_name"] == name
            and row["person_id"] == person
            and row["delete_on"] > self.as_of
            and (row.get("added_on") is None or row["added_on"] <= self.as_of)
            for row in self.rows("list_members", segment)
        )

    def near(self, condition: NearCondition, person: int, segment: Segment, row: Row | None) -> Verdict:
        """By the angle between two places as seen from the middle of the globe."""
        (code,) = self.values(condition.field, person, segment, row) or [None]
        if code is None:
            return None
        lines = [line.split(",") for line in PLACES_TEXT.splitlines()[1:]]
        at = {line[0]: line for line in lines}
        centres = [line for line in lines if condition.centre in (line[0], line[1])]
        if code not in at:
            return False
        middle = [sum(float(line[column]) for line in centres) / len(centres) for column in (2, 3)]
        one, other = on_globe(*middle), on_globe(float(at[code][2]), float(at[code][3]))
        angle = math.atan2(math.dist(one, other) / 2, math.sqrt(1 - (math.dist(one, other) / 2) ** 2)) * 2
        return 6371 * angle <= float(condition.radius_km)

    def related(self, condition: RelatedCondition, person: int, segment: Segment, row: Row | None) -> Verdict:
        verdicts: dict[int, list[Verdict]] = {}
        for one in self.relatives(condition.relation, person, segment, row):
            inner = every(self.verdict(each, person, segment, one) for each in condition.where)
            verdicts.setdefault(one[f"{condition.relation}_id"], []).append(inner)
        each_row = [some(of_one) for of_one in verdicts.values()]
        if each_row.count(True) >= condition.least:
            found: Verdict = True
        elif len([one for one in each_row if one is not False]) >= condition.least:
            found = None
        else:
            found = False
        return opposite(found) if condition.negated else found

    def relatives(self, relation: str, person: int, segment: Segment, row: Row | None) -> list[Row]:
        """The rows of a relation around a person, or around one of the person's rows."""
        company = (row or {}).get("company_id_around") or (row or {}).get("company_id")
        if relation == "company":
            return [
                {**company_row, "role_role": role["role"], "role_duties": role.get("duties"),
                 "role_start_date": role.get("start_date"), "company_id_around": role["company_id"]}
                for role in self.rows("roles", segment)
                for company_row in self.rows("companies", segment)
                if (role["person_id"], role["company_id"]) == (person, company_row["company_id"])
                if self.runs(role)
            ]  # fmt: skip
        mine = [
            contract
            for contract in self.rows("contracts", segment)
            if (contract.get("company_id") == company if company else contract.get("person_id") == person)
        ]
        places = {
            point["metering_point_id"]: point["site_id"] for point in self.rows("metering_points", segment)
        }
        if relation == "contract":
            at = (row or {}).get("site_id")
            return [
                contract for contract in mine if at is None or places.get(contract["metering_point_id"]) == at
            ]
        sites = {places.get(contract["metering_point_id"]) for contract in mine if self.runs(contract)}
        around = {"company_id_around": company} if company else {}
        return [{**site, **around} for site in self.rows("sites", segment) if site["site_id"] in sites]


def on_globe(latitude: float, longitude: float) -> tuple[float, float, float]:
    """A place as a point on a globe of radius one."""
    up, along = math.radians(latitude), math.radians(longitude)
    return math.cos(up) * math.cos(along), math.cos(up) * math.sin(along), math.sin(up)


def number(value: Any) -> Any:
    """Decimals are compared as the floating-point numbers that the data has."""
    return float(value) if isinstance(value, Decimal) else value


def compared(name: str, value: float, bound: float) -> bool:
    return {
        "at_least": value >= bound,
        "at_most": value <= bound,
        "more_than": value > bound,
        "less_than": value < bound,
        "is": value == bound,
        "is_not": value != bound,
    }[name]

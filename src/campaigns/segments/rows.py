"""The rows that conditions speak of: people, their sites, contracts and companies, with metrics."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlglot import exp

from campaigns.catalogue.model import FieldEntry, MetricEntry
from campaigns.segments import audiences, sql
from campaigns.segments.chains import Steps
from campaigns.segments.sql import column

# Frames of people whose permission lets a segment use their hourly readings, or their web visits.
HOURLY_CONSENTS, BROWSING_CONSENTS = "hourly_consents", "browsing_consents"
NOT_PROFILED = "not_profiled"  # a frame of people whom no segment of marketing ranks
MESSAGES, CLICKS = "messages", "clicks"  # frames of what became of earlier mailings, see `contacts`
# Tables with one row for each row of a relation; fields of other tables are looked up.
MAIN = {
    "person": ("persons", "computed"),
    "site": ("sites",),
    "contract": ("contracts", "computed"),
    "company": ("companies", "roles"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Measured:
    """A metric over a period that rows need as a column."""

    metric: MetricEntry
    period: str
    consent: bool
    highest: bool = True  # when it orders people

    @property
    def column(self) -> str:
        """The column's name: `electricity_use_last_winter`."""
        return f"{self.metric.name}_{self.source}"

    @property
    def source(self) -> str:
        """The name of the period in SQL."""
        return self.slug(self.period)

    @staticmethod
    def slug(period: str) -> str:
        """`last winter` as `last_winter`."""
        return re.sub(r"\W+", "_", period)


@dataclass(slots=True)
class Rows:
    """Makes the first step of every chain. Steps that several chains share are made once."""

    steps: Steps
    controller: str
    as_of: date
    person_id: int | None = None  # only this person, for an explanation
    needed: Sequence[Measured] = ()  # every metric that the query needs, known before the first step

    def people(self, audience: str, fields: Sequence[FieldEntry]) -> exp.Select:
        """One row a person of the audience, with these fields."""
        running = self.running_contracts() if audience == "customers" else ""
        of_audience = audiences.conditions(audience, self.controller, self.as_of, running)
        query = (
            sql.select(column("person_id", "persons"), *self._fields(fields, "persons"))
            .from_(sql.table("persons"), copy=False)
            .where(self._mine("persons"), *of_audience, copy=False)
        )
        if self.person_id is not None:
            query = query.where(
                sql.equal(column("person_id", "persons"), sql.literal(self.person_id)), copy=False
            )
        return query

    def with_metrics(self, people: str, metrics: Sequence[Measured]) -> exp.Select:
        """Those people with metrics of all metering points that they hold."""
        summed = self._summed(self.held(), ("person_id",), metrics)
        return (
            sql.select(sql.every_column("people"), *(column(one.column, "summed") for one in metrics))
            .from_(sql.table(people, "people"), copy=False)
            .join(summed.subquery("summed", copy=False), using=["person_id"], join_type="left", copy=False)
        )

    def related(
        self,
        relation: str,
        path: tuple[str, ...],
        fields: Sequence[FieldEntry],
        metrics: Sequence[Measured],
    ) -> exp.Select:
        """The rows of a relation under `path`, with the keys of the rows around them."""
        if relation == "site":
            return self._sites(path, fields, metrics)
        if relation == "company":
            return self._companies(fields)
        return self._contracts(path, fields)

    def link(self, path: tuple[str, ...]) -> tuple[str, ...]:
        """The columns that rows under `path` are joined on with the rows of `path` itself."""
        return tuple(f"{step}_id" for step in path)

    def lookup(self, field: FieldEntry) -> tuple[exp.Select, str]:
        """The table of a field that several rows may speak of, and the column that it is joined on."""
        key = "site_id" if field.table == "metering_points" else "person_id"
        query = (
            sql.select(column(key))
            .from_(sql.table(field.table), copy=False)
            .where(self._mine(field.table), copy=False)
        )
        for name, value in field.where.items():
            query = query.where(sql.equal(column(name), sql.literal(value)), copy=False)
        if field.running:
            query = query.where(sql.running(field.table, self.as_of), copy=False)
        return query.group_by(column(key), copy=False), key

    def running_contracts(self, holder: str = "person_id") -> str:
        """The step with the metering points by contracts that run now, each once a holder."""
        name = "running_contracts" if holder == "person_id" else "running_company_contracts"
        if name not in self.steps.queries:
            query = (
                sql.select(column(holder), column("metering_point_id"))
                .distinct()
                .from_(sql.table("contracts"), copy=False)
                .where(
                    self._mine("contracts"),
                    sql.negated(sql.is_null(column(holder))),
                    sql.running("contracts", self.as_of),
                    copy=False,
                )
            )
            self.steps.add(name, query, f"contracts that run on {self.as_of.isoformat()}")
        return name

    def held(self, holder: str = "person_id") -> str:
        """The step with the metering points that people (or companies) hold now, with every metric needed.

        A metric that needs a consent is unknown for a person without it. A company's own meter says nothing
        about how its contact person lives.
        """
        name = "held" if holder == "person_id" else "held_by_companies"
        if name in self.steps.queries:
            return name
        running, points = self.running_contracts(holder), "metering_points"
        guarded = holder == "person_id" and any(one.consent for one in self.needed)
        query = (
            sql.select(
                column(holder, running),
                *(column(key, points) for key in ("site_id", "metering_point_id", "energy")),
                *(sql.named(_value(one, guarded=guarded), one.column) for one in self.needed),
            )
            .from_(sql.table(running), copy=False)
            .join(
                sql.table(points),
                on=[self._mine(points), _same("metering_point_id", points, running)],
                copy=False,
            )
        )
        for period in dict.fromkeys(one.source for one in self.needed):
            measured = exp.to_table(self._measured(period)).as_(period, copy=False)
            on = _same("metering_point_id", period, running)
            query = query.join(measured, on=on, join_type="left", copy=False)
        if guarded:
            on = _same("person_id", HOURLY_CONSENTS, running)
            query = query.join(sql.table(HOURLY_CONSENTS), on=on, join_type="left", copy=False)
        return self.steps.add(name, query, "where those contracts are, and what was measured there")

    def _sites(
        self, path: tuple[str, ...], fields: Sequence[FieldEntry], metrics: Sequence[Measured]
    ) -> exp.Select:
        keys = (*self.link(path), "site_id")
        source = self._company_sites() if "company" in path else self.held()
        named = [column(key, source) for key in keys]
        rolled = [sql.named(_rolled_up(one, source), one.column) for one in metrics]
        # The fields are group keys, so that conditions on them drop sites before anything is summed.
        query = sql.select(*named, *self._fields(fields, "sites"), *rolled).from_(
            sql.table(source), copy=False
        )
        if fields:
            query = query.join(
                sql.table("sites"), on=[self._mine("sites"), _same("site_id", "sites", source)], copy=False
            )
        return query.group_by(
            *(key.copy() for key in named), *(column(one.column, "sites") for one in fields), copy=False
        )

    def _company_sites(self) -> str:
        name = "company_sites"
        if name not in self.steps.queries:
            held = self.held("company_id")
            kept = ("company_id", "site_id", "energy", *(one.column for one in self.needed))
            query = (
                sql.select(column("person_id", "roles"), *(column(key, held) for key in kept))
                .from_(self._roles_of_people().subquery("roles", copy=False), copy=False)
                .join(sql.table(held), on=[_same("company_id", held, "roles")], copy=False)
            )
            self.steps.add(name, query, "where the companies of people have contracts")
        return name

    def _roles_of_people(self) -> exp.Select:
        return (
            sql.select("person_id", "company_id")
            .distinct()
            .from_(sql.table("roles"), copy=False)
            .where(self._mine("roles"), sql.running("roles", self.as_of), copy=False)
        )

    def _companies(self, fields: Sequence[FieldEntry]) -> exp.Select:
        return (
            sql.select(
                column("person_id", "roles"),
                column("company_id", "roles"),
                *self._fields([one for one in fields if one.table == "roles"], "roles"),
                *self._fields([one for one in fields if one.table != "roles"], "companies"),
            )
            .from_(sql.table("roles"), copy=False)
            .join(
                sql.table("companies"),
                on=[self._mine("companies"), _same("company_id", "companies", "roles")],
                copy=False,
            )
            .where(self._mine("roles"), sql.running("roles", self.as_of), copy=False)
        )

    def _contracts(self, path: tuple[str, ...], fields: Sequence[FieldEntry]) -> exp.Select:
        of_company = "company" in path
        people = "roles" if of_company else "contracts"
        columns = [
            column("contract_id", "contracts"),
            column("person_id", people),
            *([column("company_id", "contracts")] if of_company else []),
            *([column("site_id", "metering_points")] if "site" in path else []),
        ]
        query = sql.select(*columns, *self._fields(fields, "contracts")).from_(
            sql.table("contracts"), copy=False
        )
        query = query.where(self._mine("contracts"), copy=False)
        if of_company:
            query = query.join(
                self._roles_of_people().subquery("roles", copy=False),
                on=_same("company_id", "roles", "contracts"),
                copy=False,
            )
        else:
            query = query.where(sql.negated(sql.is_null(column("person_id", "contracts"))), copy=False)
        if "site" in path:
            same = _same("metering_point_id", "metering_points", "contracts")
            query = query.join(
                sql.table("metering_points"), on=[self._mine("metering_points"), same], copy=False
            )
        return query

    def _fields(self, fields: Iterable[FieldEntry], table: str) -> list[exp.Expr]:
        return [sql.named(self._field(field, table), field.name) for field in fields]

    def _field(self, field: FieldEntry, table: str) -> exp.Expr:
        match field.source:
            case "computed.age":
                return exp.Sub(this=sql.literal(self.as_of.year), expression=column("birth_year", table))
            case "computed.running":
                return sql.running(table, self.as_of)
            case _:
                return column(field.column, field.table)

    def _summed(self, source: str, keys: Sequence[str], metrics: Sequence[Measured]) -> exp.Select:
        """Metrics of the metering points of `source`, rolled up to the keys."""
        rolled = (sql.named(_rolled_up(one, source), one.column) for one in metrics)
        query = sql.select(*(column(key) for key in keys), *rolled).from_(sql.table(source), copy=False)
        return query.group_by(*(column(key) for key in keys), copy=False)

    def _measured(self, name: str) -> str:
        step = f"measured_{name}"
        if step not in self.steps.queries:
            needed = [one for one in self.needed if one.source == name]
            period, columns = needed[0].period, sorted({one.metric.column for one in needed})
            numbers = [sql.named(sql.without_nan(column(one)), one) for one in columns]
            of_period = [self._mine("metrics"), sql.equal(column("period"), sql.literal(period))]
            newest = (
                sql.select(exp.Max(this=column("as_of")))
                .from_(sql.table("metrics"), copy=False)
                .where(
                    *of_period, exp.LTE(this=column("as_of"), expression=sql.literal(self.as_of)), copy=False
                )
            )
            query = (
                sql.select("metering_point_id", *numbers)
                .from_(sql.table("metrics"), copy=False)
                .where(
                    *(part.copy() for part in of_period),
                    sql.equal(column("as_of"), exp.Subquery(this=newest)),
                    copy=False,
                )
            )
            self.steps.add(step, query, f"metrics over {period}, as last computed")
        return step

    def _mine(self, table: str) -> exp.Expr:
        return sql.of_controller(table, self.controller)


def _same(key: str, left: str, right: str) -> exp.Expr:
    return sql.equal(column(key, left), column(key, right))


def _value(one: Measured, *, guarded: bool) -> exp.Expr:
    value = column(one.metric.column, one.source)
    if not (guarded and one.consent):
        return value
    agreed = sql.negated(sql.is_null(column("person_id", HOURLY_CONSENTS)))
    return exp.Case().when(agreed, value, copy=False)


def _rolled_up(one: Measured, source: str) -> exp.Expr:
    kind = {"sum": exp.Sum, "highest": exp.Max, "lowest": exp.Min, "mean": exp.Avg}[one.metric.roll_up]
    found = kind(this=column(one.column, source))
    if one.metric.roll_up != "sum":
        return found
    electric = sql.equal(column("energy", source), sql.literal("electricity"))
    complete = sql.equal(sql.filtered(sql.count_rows(), electric), exp.Count(this=column(one.column, source)))
    return exp.Case().when(complete, found, copy=False)

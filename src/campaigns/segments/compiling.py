"""Compile a segment to SQL: one named step a condition, in the order of the file.

A condition is a column of three values: true, false and unknown (NULL). Each is computed once, for everybody
in the audience; who is a member, how many a condition holds for alone and how many remain after it are read
from the same columns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from zoneinfo import ZoneInfo

from sqlglot import exp

from campaigns.segments import (
    needs,
    ranking,
    sql,
    verdicts,
    verdicts_of_contacts,
    verdicts_of_scores,
    verdicts_of_sequences,
)
from campaigns.segments.chains import Chain, Step, Steps
from campaigns.segments.model import (
    Condition,
    EventCondition,
    FieldCondition,
    GroupCondition,
    ListCondition,
    MessageCondition,
    MetricCondition,
    Place,
    Rank,
    RelatedCondition,
    SampleCondition,
    ScoreCondition,
    ScoreOrder,
    Segment,
    SegmentCondition,
    rank_of,
    ranks_by_the_rest,
)
from campaigns.segments.ranking import Keys, Ranking
from campaigns.segments.rows import Measured, Rows
from campaigns.segments.sentences import headline
from campaigns.segments.sequences import SequenceCondition
from campaigns.settings.model import MARKETING_KINDS

PLURALS = {"person": "people", "site": "sites", "contract": "contracts", "company": "companies"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """Where the query keeps a condition's verdict: the column, and the step whose rows have it."""

    column: str
    chain: Chain = field(repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Compiled:
    """A segment as SQL."""

    segment: Segment
    as_of: date
    steps: Steps = field(repr=False)
    people: str
    verdicts: dict[Place, Verdict] = field(repr=False)
    matches_site: bool
    periods: tuple[str, ...]
    rankings: tuple[Ranking, ...] = ()  # of the segment's own conditions

    @property
    def sql(self) -> str:
        """The query for the members, as people read it."""
        return sql.pretty(self.members)

    @property
    def members(self) -> exp.Select:
        """`person_id` of everybody for whom the conditions hold, and the site that matched."""
        columns = ["person_id", *(["site_id"] if self.matches_site else [])]
        query = (
            sql.select(*columns)
            .from_(sql.table(self.people), copy=False)
            .where(self.is_member(), copy=False)
            .order_by("person_id", dialect=sql.DIALECT)
        )
        return self.steps.then(query)

    @property
    def everybody(self) -> exp.Select:
        """Everybody in the audience with each top-level verdict, and the cut-off of each ranking."""
        more = [*(["site_id"] if self.matches_site else []), *(["order_value"] if self.ordered else [])]
        cut_offs = [column for one in self.rankings for column in one.columns()]
        return self.steps.then(
            sql.select("person_id", *self.columns(), *more, *cut_offs).from_(
                sql.table(self.people), copy=False
            )
        )

    def is_member(self) -> exp.Expr:
        """All of `who` holds, and no exception does."""
        who = [sql.column(self.column_of(one)) for one in self.segment.who]
        return sql.all_of([*who, *(self.stays(one) for one in self.segment.exceptions)])

    def stays(self, exception: Condition) -> exp.Expr:
        """The exception does not take the person out: it is false or unknown."""
        return sql.is_not_true(sql.column(self.column_of(exception)))

    def column_of(self, condition: Condition) -> str:
        """The column of a condition's verdict."""
        return self.verdicts[condition.place].column

    def columns(self) -> list[str]:
        """The columns of the top-level conditions, in the order of the file."""
        return [self.column_of(one) for one in (*self.segment.who, *self.segment.exceptions)]

    @property
    def ordered(self) -> bool:
        """Whether the limit takes people in the order of a metric or score."""
        return self.segment.limit is not None and self.segment.limit.order is not None


def compile_segment(
    segment: Segment, as_of: date, zone: ZoneInfo, *, person_id: int | None = None, values: bool = False
) -> Compiled:
    """Compile for one day; only for one person with `person_id`; `values` keeps what was compared.

    A segment that ranks is about everybody even then: a place is one among all.
    """
    steps = Steps()
    needed = needs.every_metric(segment)
    person_id = None if segment.ranks else person_id
    rows = Rows(steps, segment.controller, as_of, person_id=person_id, needed=needed)
    compiler = _Compiler(segment, rows, zone, values=values)
    chain = compiler.people()
    return Compiled(
        segment=segment,
        as_of=as_of,
        steps=steps,
        people=chain.last,
        verdicts=compiler.verdicts,
        matches_site=compiler.matching_site is not None,
        periods=tuple(sorted({one.period for one in needed})),
        rankings=tuple(compiler.rankings),
    )


@dataclass(slots=True)
class _Compiler:
    """Compiles one segment; a segment that it refers to gets a compiler of its own over the same steps."""

    segment: Segment
    rows: Rows
    zone: ZoneInfo
    values: bool = False
    prefix: str = ""
    verdicts: dict[Place, Verdict] = field(default_factory=dict)
    names: dict[Place, str] = field(default_factory=dict)
    rankings: list[Ranking] = field(default_factory=list)
    rest: Keys | None = None  # those who pass all but the condition that ranks among them

    @property
    def matching_site(self) -> RelatedCondition | None:
        """The condition whose site is the one that the segment means."""
        return next(
            (
                one
                for one in self.segment.who
                if isinstance(one, RelatedCondition) and one.relation == "site" and not one.negated
            ),
            None,
        )

    def people(self) -> Chain:
        """The chain of people, complete with every condition."""
        self._name_conditions()
        conditions = (*self.segment.who, *self.segment.exceptions)
        order = needs.of_limit(self.segment) if self.matching_site is None else []
        metrics = needs.metrics_here(conditions, order)
        name = f"{self.prefix}audience"
        audience = f"{self.segment.audience} of {self.segment.controller}"
        fields = needs.fields_here(conditions, "person")
        self.rows.steps.add(name, self.rows.people(self.segment.audience, fields), audience)
        last = name
        if metrics:
            last = f"{name}_metrics"
            self.rows.steps.add(last, self.rows.with_metrics(name, metrics), "their metrics")
        chain = Chain(self.rows.steps, last, "people", ("person",), self.values)
        self._conditions(self.segment.who, chain, exceptions=self.segment.exceptions)
        for ordered in order:
            step = Step(verdict=chain.column(ordered.column))
            chain.add(f"{self.prefix}order_value", step, "the order of the limit")
        by = self.segment.limit.order if self.segment.limit else None
        if isinstance(by, ScoreOrder):
            name = f"{self.prefix}order_value"
            step = verdicts_of_scores.of_order(by, name, chain, self.rows, self.zone)
            chain.add(name, step, "the order of the limit")
        return chain

    def _conditions(
        self, conditions: Sequence[Condition], chain: Chain, *, exceptions: Sequence[Condition] = ()
    ) -> None:
        """Conditions that must hold together; the one that ranks those who pass the rest comes last."""
        for condition in sorted((*conditions, *exceptions), key=ranks_by_the_rest):
            if ranks_by_the_rest(condition):
                passed = [chain.column(self.names[one.place]) for one in conditions if one is not condition]
                out = [chain.column(self.names[one.place]) for one in exceptions if one is not condition]
                self._keep_the_rest(condition, chain, [*passed, *map(sql.is_not_true, out)])
            self._condition(condition, chain)

    def _keep_the_rest(self, condition: Condition, chain: Chain, others: Sequence[exp.Expr]) -> None:
        """A step with the rows that pass what stands beside the condition, when anything does."""
        if others:
            name, told = f"{self.names[condition.place]}_rest", f"who pass all but {condition.place}"
            told = told if chain.rows == "people" else f"{chain.rows} that pass all but {condition.place}"
            self.rest = ranking.keep(name, chain, sql.all_of(others), self.rest, told)

    def _name_conditions(self) -> None:
        """`line_12`, and `line_12_2` for the second condition of that line."""
        seen: dict[int, int] = {}
        for condition in needs.in_order(self.segment):
            line = condition.place.line
            seen[line] = seen.get(line, 0) + 1
            number = f"_{seen[line]}" if seen[line] > 1 else ""
            self.names[condition.place] = f"{self.prefix}line_{line}{number}"

    def _condition(self, condition: Condition, chain: Chain) -> None:
        """Add the condition's verdict to the chain."""
        if isinstance(condition, GroupCondition) and condition.kind == "all":
            self._conditions(condition.conditions, chain)
        elif isinstance(condition, GroupCondition):
            for inner in condition.conditions:
                self._condition(inner, chain)
        name = self.names[condition.place]
        step = self._step(condition, chain)
        if condition.unknown is not None:
            fallback = exp.true() if condition.unknown == "yes" else exp.false()
            step = replace(step, verdict=exp.Coalesce(this=step.verdict, expressions=[fallback]))
        chain.add(name, step, f"{condition.place}: {headline(condition)}")
        self.verdicts[condition.place] = Verdict(column=name, chain=chain)

    def _step(self, condition: Condition, chain: Chain) -> Step:
        match condition:
            case FieldCondition():
                return verdicts.of_field(condition, chain, self.rows)
            case MetricCondition():
                name = self.names[condition.place]
                step = verdicts.of_metric(condition, name, chain, self.rows)
                return self._ranked(condition, step, chain)
            case SequenceCondition():
                name = self.names[condition.place]
                return verdicts_of_sequences.of_sequence(condition, name, chain, self.rows, self.zone)
            case ScoreCondition():
                name = self.names[condition.place]
                step = verdicts_of_scores.of_score(condition, name, chain, self.rows, self.zone)
                return self._ranked(condition, step, chain)
            case EventCondition():
                return verdicts.of_event(condition, chain, self.rows, self.zone)
            case MessageCondition():
                return verdicts_of_contacts.of_message(condition, self.rows, self.zone)
            case ListCondition():
                return verdicts_of_contacts.of_list(condition, self.rows)
            case RelatedCondition():
                return self._related(condition, chain)
            case SegmentCondition():
                return self._other_segment(condition)
            case GroupCondition():
                return Step(verdict=self._group(condition, chain))
            case SampleCondition():
                return verdicts.of_sample(condition, chain)
            case _:
                raise TypeError(f"no SQL for {type(condition).__name__}")

    def _ranked(self, condition: MetricCondition | ScoreCondition, step: Step, chain: Chain) -> Step:
        """The verdict of the tests, together with that of the rank when there is one."""
        rank = rank_of(condition)
        if rank is None:
            return step
        if not isinstance(step.value, exp.Column):
            raise TypeError(f"{condition.place} ranks by something that is no column")
        name = self.names[condition.place]
        found = Ranking(condition=condition, rank=rank, name=name, rows=chain.rows)
        self.rankings.append(found)
        guarded = self.segment.message_kind in MARKETING_KINDS
        audience = Keys(f"{self.prefix}audience")
        base = self._base(rank, chain)
        place = ranking.add(
            found, step.value, chain, lot=self.segment.name, audience=audience, base=base, guarded=guarded
        )
        tested = [step.verdict] if condition.tests else []
        return replace(place, verdict=sql.all_of([*tested, place.verdict]), value=step.value)

    def _base(self, rank: Rank, chain: Chain) -> exp.Expr | None:
        """What the rows must be among which a rank is taken; None for those of everybody."""
        if isinstance(rank.among, Segment):
            members = sql.select("person_id").from_(sql.table(self._members_of(rank.among)), copy=False)
            members = members.where(sql.column("verdict"), copy=False)
            return sql.in_query(chain.column("person_id"), members)
        return self.rest.hold(chain) if self.rest and rank.among == "segment" else None

    def _group(self, condition: GroupCondition, chain: Chain) -> exp.Expr:
        parts = [chain.column(self.names[inner.place]) for inner in condition.conditions]
        if condition.kind == "all":
            return sql.all_of(parts)
        return sql.negated(sql.any_of(parts)) if condition.kind == "none" else sql.any_of(parts)

    def _related(self, condition: RelatedCondition, chain: Chain) -> Step:
        """The rows of the relation with their verdicts, then what they say about the rows around them."""
        matching = condition is self.matching_site
        relation = condition.relation
        order = needs.of_limit(self.segment) if matching else []
        rows = self.rows.related(
            relation,
            chain.path,
            needs.fields_here(condition.where, relation),
            needs.metrics_here(condition.where, order),
        )
        name = f"{self.names[condition.place]}_{PLURALS[relation]}"
        self.rows.steps.add(name, rows, f"{PLURALS[relation]} that {condition.place} speaks of")
        inner = Chain(self.rows.steps, name, PLURALS[relation], (*chain.path, relation), self.values)
        self._conditions(condition.where, inner)
        passed = [sql.column(self.names[one.place]) for one in condition.where]
        step = verdicts.of_related(condition, inner, passed, self.rows.link(chain.path))
        verdict = sql.all_of(passed)
        return self._with_match(step, verdict, order) if matching else step

    def _with_match(self, step: Step, verdict: exp.Expr, order: Sequence[Measured]) -> Step:
        """Keep the site that matched: the lowest id, or the one that is first in the limit's order."""
        site = sql.column("site_id")
        best: exp.Expr = exp.Min(this=site)
        kept = [sql.named(sql.column("site_id", "found"), "site_id")]
        found = step.found.copy() if step.found else sql.select()
        for ordered in order:
            value = sql.column(ordered.column)
            best = (exp.ArgMax if ordered.highest else exp.ArgMin)(this=site, expression=value)
            extreme = (exp.Max if ordered.highest else exp.Min)(this=value.copy())
            found = found.select(sql.named(sql.filtered(extreme, verdict.copy()), "order_value"), copy=False)
            kept.append(sql.named(sql.column("order_value", "found"), "order_value"))
        found = found.select(sql.named(sql.filtered(best, verdict.copy()), "site_id"), copy=False)
        return replace(step, found=found, more=tuple(kept))

    def _other_segment(self, condition: SegmentCondition) -> Step:
        """Membership by conditions and exceptions; unknown when one of them is and none says no."""
        missing = sql.is_null(sql.column("person_id", "found"))
        found = sql.case([(missing, exp.false())], sql.column("verdict", "found"))
        return Step(
            verdict=sql.negated(found) if condition.negated else found,
            found=sql.select("person_id", "verdict").from_(
                sql.table(self._members_of(condition.segment)), copy=False
            ),
            using=("person_id",),
        )

    def _members_of(self, other: Segment) -> str:
        """The step with everybody who is not out of a segment: its verdict is true or unknown."""
        name = f"segment_{other.name}"
        if name not in self.rows.steps.queries:
            compiler = _Compiler(other, self.rows, self.zone, prefix=f"{other.name}_")
            chain = compiler.people()
            who = [chain.column(compiler.names[one.place]) for one in other.who]
            out = [chain.column(compiler.names[one.place]) for one in other.exceptions]
            member = sql.all_of([*who, *(sql.is_not_true(one) for one in out)])
            query = (
                sql.select("person_id", sql.named(member, "verdict"))
                .from_(sql.table(chain.last, "people"), copy=False)
                .where(sql.not_false(member.copy()), copy=False)
            )
            self.rows.steps.add(name, query, f"segment {other.name}")
        return name

"""The SQL of `top` and `bottom`: who is ranked, in which order, and who is among the first.

    line_7_values   a person (or site) with a value, once
    line_7_ranked   the same with `place` from 1, and how many are `ranked`

A share is rounded up without any rounding of numbers: of n people a share p/q takes those whose place k
satisfies (k - 1) × q < n × p. Equals come by lot, see `drawing`, in the segment's name.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction

from sqlglot import exp

from campaigns.segments import sql
from campaigns.segments.chains import Chain, Step
from campaigns.segments.drawing import digits_sql
from campaigns.segments.model import MetricCondition, Rank, ScoreCondition
from campaigns.segments.rows import NOT_PROFILED


@dataclass(frozen=True, kw_only=True, slots=True)
class Ranking:
    """A condition that ranks, as the query has it: the step with places, the rows that it ranks."""

    condition: MetricCondition | ScoreCondition
    rank: Rank
    name: str
    rows: str = field(repr=False)  # people or sites

    @property
    def step(self) -> str:
        """The step with value, place and how many are ranked."""
        return f"{self.name}_ranked"

    def columns(self) -> Iterator[exp.Expr]:
        """The last value that is in, how many are in, and among how many; the same for every row."""
        last = (exp.Min if self.rank.highest else exp.Max)(this=sql.column("value"))
        first = exp.select().from_(self.step).where(is_first(self.rank, ""))
        everyone = exp.select(sql.count_rows()).from_(self.step)
        for name, query in (
            ("cut_off", first.select(last)),
            ("taken", first.select(sql.count_rows())),
            ("among", everyone),
        ):
            yield sql.named(exp.Subquery(this=query), f"{self.name}_{name}")


@dataclass(frozen=True, slots=True)
class Keys:
    """A step with the keys of some rows: `person_id` of people, also `site_id` of their sites."""

    step: str
    names: tuple[str, ...] = ("person_id",)

    def hold(self, chain: Chain) -> exp.Expr:
        """The rows of the chain are among them, or lie under one of them."""
        keys = [chain.column(name) for name in self.names]
        rows = sql.select(*self.names).from_(sql.table(self.step), copy=False)
        return sql.in_query(keys[0] if len(keys) == 1 else exp.Tuple(expressions=keys), rows)


def keep(name: str, chain: Chain, passed: exp.Expr, around: Keys | None, comment: str) -> Keys:
    """Add a step with the rows of the chain that passed, under rows `around` them that did."""
    keys = tuple(f"{relation}_id" for relation in chain.path)
    query = sql.select(*(chain.column(key) for key in keys)).from_(
        sql.table(chain.last, chain.rows), copy=False
    )
    under = [around.hold(chain)] if around is not None else []
    query = query.where(passed, *under, copy=False)
    return Keys(chain.steps.add(name, query, comment), keys)


def is_first(rank: Rank, table: str) -> exp.Expr:
    """The place is among the first so many, or among the first share."""
    place = sql.column("place", table)
    if isinstance(rank.size, int):
        return exp.LTE(this=place, expression=sql.literal(rank.size))
    share = Fraction(rank.size)
    before = exp.paren(exp.Sub(this=place, expression=sql.literal(1)))
    people: exp.Expr = sql.column("ranked", table)
    if share.numerator > 1:
        people = exp.Mul(this=people, expression=sql.literal(share.numerator))
    return exp.LT(this=exp.Mul(this=before, expression=sql.literal(share.denominator)), expression=people)


def add(
    ranking: Ranking,
    value: exp.Column,
    chain: Chain,
    *,
    lot: str,
    audience: Keys,
    base: exp.Expr | None,
    guarded: bool,
) -> Step:
    """Add the steps that rank the rows of the chain by a column of theirs; the verdict is unknown without it.

    Only rows of the audience are ranked, and of these only those for which `base` holds, when it is given: it
    is no for all others. When `guarded`, whoever may not be profiled is not ranked, and unknown.
    """
    key = f"{chain.path[-1]}_id"
    refused = sql.in_query(chain.column("person_id"), exp.select("person_id").from_(NOT_PROFILED))
    conditions = [sql.negated(sql.is_null(value.copy()))]
    if guarded:
        conditions.append(sql.negated(refused.copy()))
    if key != "person_id" and (base is None or ranking.rank.among != "segment"):
        conditions.append(audience.hold(chain))
    conditions += [] if base is None else [base]
    _places(ranking, value, chain, key, conditions, lot)
    place = sql.column("place", "found")
    ranked = Step(
        verdict=is_first(ranking.rank, "found"),  # without a place it is unknown
        found=exp.select(key, "place", "ranked").from_(ranking.step),
        using=(key,),
        more=(sql.named(place, f"{ranking.name}_place"),) if chain.values else (),
    )
    if key == "person_id" and base is None:
        return ranked
    among = exp.Coalesce(this=ranked.verdict, expressions=[exp.false()])
    cases: list[tuple[exp.Expr, exp.Expr]] = []
    if base is not None:
        cases.append((sql.negated(base.copy()), exp.false()))
    cases.append((sql.is_null(value.copy()), exp.null()))
    if guarded:
        cases.append((refused, exp.null()))
    return replace(ranked, verdict=sql.case(cases, among))


def _places(
    ranking: Ranking, value: exp.Column, chain: Chain, key: str, conditions: list[exp.Expr], lot: str
) -> None:
    """A site of two people is ranked once, by the value that is first in the order."""
    rank, last = ranking.rank, exp.to_table(chain.last).as_(chain.rows)
    of_row = exp.select(chain.column(key)).from_(last).where(*conditions)
    if key == "person_id":
        values = of_row.select(sql.named(value.copy(), "value"))
    else:
        best = (exp.Max if rank.highest else exp.Min)(this=value.copy())
        values = of_row.select(sql.named(best, "value")).group_by(chain.column(key))
    steps = chain.steps
    values_step = steps.add(f"{ranking.name}_values", values, f"{chain.rows} that {ranking.name} ranks")
    order = exp.Order(
        expressions=[
            exp.Ordered(this=sql.column("value"), desc=rank.highest, nulls_first=False),
            exp.Ordered(this=digits_sql(lot, sql.column(key)), nulls_first=False),
            exp.Ordered(this=sql.column(key), nulls_first=False),
        ]
    )
    place = exp.Window(this=exp.RowNumber(), order=order)
    ranked = exp.select(
        key,
        "value",
        sql.named(place, "place"),
        sql.named(exp.Window(this=sql.count_rows()), "ranked"),
    ).from_(values_step)
    steps.add(ranking.step, ranked, f"{'highest' if rank.highest else 'lowest'} first, equals by lot")

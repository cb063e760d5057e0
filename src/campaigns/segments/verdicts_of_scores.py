"""The SQL of scores: what a model last said of each person, unknown when that is older than allowed."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from sqlglot import exp

from campaigns.segments import sql
from campaigns.segments.chains import Chain, Step
from campaigns.segments.model import ScoreCondition, ScoreOrder
from campaigns.segments.predicates import predicate
from campaigns.segments.rows import HOURLY_CONSENTS, Rows
from campaigns.segments.verdicts import midnight, whole_days


def of_score(condition: ScoreCondition, name: str, chain: Chain, rows: Rows, zone: ZoneInfo) -> Step:
    """A score compared with numbers; a step before it adds the score to the rows."""
    kept = f"{name}_score"
    chain.add(
        kept, of_order(condition, name, chain, rows, zone), f"{condition.place}: {condition.score.name}"
    )
    value = chain.column(kept)
    return Step(verdict=predicate(value, condition.tests, rows.as_of), value=value)


def of_order(asked: ScoreCondition | ScoreOrder, name: str, chain: Chain, rows: Rows, zone: ZoneInfo) -> Step:
    """The score itself, as far as it is fresh; for explanations also what was said, and when."""
    value, scored, until = (sql.column(one, "found") for one in ("value", "scored_at", "valid_until"))
    oldest = sql.literal(midnight(asked.not_older_than.before(rows.as_of), zone))
    fresh = [
        exp.GTE(this=scored, expression=oldest),
        sql.any_of([sql.is_null(until), exp.GTE(this=until.copy(), expression=sql.literal(rows.as_of))]),
    ]
    if asked.consent:
        agreed = sql.select("person_id").from_(sql.table(HOURLY_CONSENTS), copy=False)
        fresh.append(sql.in_query(chain.column("person_id"), agreed))
    said = (sql.named(value.copy(), f"{name}_said"), sql.named(scored.copy(), f"{name}_scored_at"))
    found = sql.select("person_id", "value", "scored_at", "valid_until").from_(
        sql.table(_newest(asked, rows, zone)), copy=False
    )
    return Step(
        verdict=exp.Case().when(sql.all_of(fresh), value, copy=False),
        found=found.where(sql.equal(sql.column("newest"), sql.literal(1)), copy=False),
        using=("person_id",),
        more=said if chain.values else (),
    )


def _newest(asked: ScoreCondition | ScoreOrder, rows: Rows, zone: ZoneInfo) -> str:
    """The step with everything that was said of people by the segment's day, numbered from the newest."""
    name = f"score_{asked.score.name}"
    if name not in rows.steps.queries:
        partition = exp.Window(
            this=exp.RowNumber(),
            partition_by=[sql.column("person_id")],
            order=exp.Order(expressions=[exp.Ordered(this=sql.column("scored_at"), desc=True)]),
        )
        query = (
            sql.select(
                "person_id",
                sql.named(sql.without_nan(sql.column("value")), "value"),
                "scored_at",
                "valid_until",
                sql.named(partition, "newest"),
            )
            .from_(sql.table("scores"), copy=False)
            .where(
                sql.of_controller("scores", rows.controller),
                sql.equal(sql.column("score"), sql.literal(asked.score.name)),
                *whole_days("scored_at", rows.as_of, zone, within=None),
                copy=False,
            )
        )
        rows.steps.add(name, query, f"what was said of people as {asked.score.name}, the newest first")
    return name

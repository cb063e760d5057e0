"""What a person holds or held: metering points, sites, and the consumption of the days that were theirs.

A metering point outlives its holders. Who moved out has no right to what the next one uses, nor the other way
round, so days are told by the contract that ran on them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import polars as pl

from campaigns.engine import queries

if TYPE_CHECKING:
    from campaigns.engine import Engine

Span = tuple[date, date]  # both ends included
_SQL = queries.load("campaigns.rights", "holdings.sql")
_DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Holdings:
    """Rows in the lake's columns without `controller`; `is_held` says whether the person still holds it."""

    points: pl.DataFrame
    sites: pl.DataFrame
    days: pl.DataFrame  # consumption, one row a metering point, direction and local day
    day_facts: pl.DataFrame
    reading_flags: pl.DataFrame
    reading_twins: pl.DataFrame
    heat_registers: pl.DataFrame  # what heat meters showed
    heat_days: pl.DataFrame
    kept_months: pl.DataFrame  # sums of days that are no longer kept
    month_facts: pl.DataFrame
    metrics: pl.DataFrame
    metrics_history: pl.DataFrame
    companies: pl.DataFrame

    @property
    def months(self) -> pl.DataFrame:
        """Monthly sums of all that is kept: `metering_point_id, direction, month, kwh, days`."""
        key = ("metering_point_id", "direction", "month")
        of_days = self.days.select(
            "metering_point_id", "direction", pl.col("local_date").dt.strftime("%Y-%m").alias("month"),
            "wh_sum", days=pl.lit(1, pl.Int64),
        )  # fmt: skip
        older = self.kept_months.select(*key, "wh_sum", pl.col("days").cast(pl.Int64))
        both = pl.concat([older, of_days])
        return both.group_by(key).agg(kwh=pl.col("wh_sum").sum() / 1000, days=pl.col("days").sum()).sort(key)


def of_person(db: Engine, controller: str, person_id: int, *, today: date) -> Holdings:
    """Everything that this person's contracts and roles lead to."""
    asked = {"controller": controller, "person_id": person_id}
    ours = {"controller": controller}
    periods = db.query(_SQL["periods"], asked)
    db.register("periods", periods)
    db.register("own_spans", _own_spans(periods))
    points = db.query(_SQL["points"], ours | {"today": today})
    db.register("points", points)
    names = (
        "sites", "days", "day_facts", "reading_flags", "reading_twins", "heat_registers", "heat_days",
        "kept_months", "month_facts",
    )  # fmt: skip
    return Holdings(
        points=points,
        companies=db.query(_SQL["companies"], asked),
        **{name: db.query(_SQL[name], ours) for name in (*names, "metrics", "metrics_history")},
    )


def _own_spans(periods: pl.DataFrame) -> pl.DataFrame:
    """The person's own days as spans without overlap: `metering_point_id, first, last`.

    Of days that two held, those of the older contract's holder, as for metrics: who moves in does not see the
    last days of who moves out.
    """
    spans = []
    for (point,), rows in periods.partition_by("metering_point_id", as_dict=True).items():
        own = rows.filter("is_own").select("first", "last").rows()
        others = rows.filter(~pl.col("is_own")).select("first", "last").rows()
        kept = [part for mine in own for part in _without(mine, [o for o in others if o[0] < mine[0]])]
        spans += [(point, *span) for span in _joined(kept)]
    schema = {"metering_point_id": pl.Int64, "first": pl.Date, "last": pl.Date}
    return pl.DataFrame(spans, schema=schema, orient="row")


def _without(span: Span, others: list[Span]) -> Iterator[Span]:
    """What is left of a span when others are taken out."""
    first, last = span
    for other_first, other_last in sorted(others):
        if other_last < first or other_first > last:
            continue
        if other_first > first:
            yield first, other_first - _DAY
        first = max(first, other_last + _DAY)
    if first <= last:
        yield first, last


def _joined(spans: list[Span]) -> list[Span]:
    """The same days in spans that do not overlap."""
    found: list[Span] = []
    for first, last in sorted(spans):
        if found and first <= found[-1][1]:
            found[-1] = (found[-1][0], max(last, found[-1][1]))
        else:
            found.append((first, last))
    return found

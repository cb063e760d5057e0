"""The metrics of one register over each period, and which of them need not be made again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from campaigns.consumption import fits, heat_cooling, month_facts, period_sums
from campaigns.consumption.detections import with_signs
from campaigns.consumption.inputs import SQL, Inputs, digest, files_of, version_of
from campaigns.consumption.period_sums import COMPARED, Span
from campaigns.consumption.periods import PERIODS, Period
from campaigns.consumption.quantiles import quantiles
from campaigns.consumption.sums import NONE, Sums, union
from campaigns.lake.schemas import TABLES

if TYPE_CHECKING:
    from campaigns.engine import Engine
    from campaigns.lake import Snapshot

CLOCKS = ("days_since_last_data", "contract_days_left", "tenure_days")  # of the point, whatever the period


@dataclass(frozen=True, kw_only=True, slots=True)
class Made:
    """Rows of `metrics`, and of `metric_periods`."""

    metrics: pl.DataFrame
    periods: pl.DataFrame

    def was_made_from(self, period: Mapping[str, str], stamp: str) -> bool:
        """Whether that period of a register was made from the same."""
        return not self.periods.filter(**period, inputs=stamp).is_empty()


def version() -> str:
    """Changes with the code that adds up."""
    return version_of(
        "sums", "summands", "month_sums", "month_facts", "periods", "period_sums", "quantiles",
        "heat_cooling", "period_metrics",
    )  # fmt: skip


def of_controller(db: Engine, snapshot: Snapshot, inputs: Inputs, known: Made) -> Made:
    """The metrics of a register; those `known` stay whose period was made from the same."""
    months = snapshot.frame("metric_periods")
    stamps = {period.name: _stamp(snapshot, inputs, period, months) for period in PERIODS.values()}
    mine = {name: {"controller": inputs.controller, "period": name} for name in PERIODS}
    changed = [name for name in PERIODS if not known.was_made_from(mine[name], stamps[name])]
    sums = _sums(snapshot, inputs, [PERIODS[name] for name in changed])
    days = [PERIODS[name].dates(inputs.as_of) for name in changed]
    points = union([now.points for now, _ in sums.values()])
    spread = dict(zip(changed, quantiles(snapshot, inputs, days, points), strict=True))
    frames, periods = [], []
    for period in PERIODS.values():
        fitted = fits.stamp(snapshot, inputs, period)
        if period.name not in changed:
            found = known.metrics.filter(**mine[period.name])
        else:
            db.register("quantiles", spread.pop(period.name))
            found = _of_period(db, inputs, period, *sums.pop(period.name))
            is_known = known.was_made_from(fits.mark(mine[period.name]), fitted)
            same = known.metrics if is_known else known.metrics.clear()
            found = fits.join(db, inputs, period, found, same.filter(**mine[period.name]))
            found = with_signs(found) if period.yearly else found
            found = _with_cooling(db, inputs, period, found)
        periods.append({**fits.mark(mine[period.name]), "as_of": inputs.as_of, "inputs": fitted})
        frames.append(found.select(pl.exclude(*CLOCKS)).with_columns(as_of=pl.lit(inputs.as_of)))
        periods.append({**mine[period.name], "as_of": inputs.as_of, "inputs": stamps[period.name]})
    db.register("holders", inputs.holders)
    clocks = db.query(SQL["clocks"], {"controller": inputs.controller, "as_of": inputs.as_of})
    rows = pl.concat(frames, how="diagonal_relaxed").join(
        clocks, on="metering_point_id", how="left", maintain_order="left"
    )
    return Made(
        metrics=rows.select(pl.col(name).cast(kind) for name, kind in TABLES["metrics"].schema.items()),
        periods=pl.DataFrame(periods, schema=dict(TABLES["metric_periods"].schema)),
    )


def _sums(snapshot: Snapshot, inputs: Inputs, periods: Sequence[Period]) -> dict[str, tuple[Sums, Sums]]:
    """Of each period, and of the same days a year before it when it is compared with them."""
    spans = {}
    for period in periods:
        spans[period.name, "now"] = Span(*period.dates(inputs.as_of))
        if period.compared:
            spans[period.name, "earlier"] = Span(*period.earlier(inputs.as_of), names=COMPARED)
    found = dict(zip(spans, period_sums.add_up(snapshot, inputs, list(spans.values())), strict=True))
    return {
        period.name: (found[period.name, "now"], found.get((period.name, "earlier"), NONE))
        for period in periods
    }


def _stamp(snapshot: Snapshot, inputs: Inputs, period: Period, months: pl.DataFrame) -> str:
    """Equal stamps mean equal metrics of that period, but for the clocks."""
    first, last = period.dates(inputs.as_of)
    reach = min(first, period.earlier(inputs.as_of)[0]) if period.compared else first
    words = [
        inputs.version,
        first,
        last,
        reach,
        inputs.normal_degree_days,
        *files_of(snapshot, "day_facts", reach, last),
        *month_facts.stamps_within(months, inputs.controller, reach, last),
        *files_of(snapshot, "heat_days", first, last),
    ]
    tariffs = [inputs.tariffs] if period.yearly else []
    return digest(words, inputs.between(reach, last), inputs.holders, inputs.fuses, *tariffs)


def _with_cooling(db: Engine, inputs: Inputs, period: Period, found: pl.DataFrame) -> pl.DataFrame:
    first, last = period.dates(inputs.as_of)
    needed = period.days_needed(inputs.as_of)
    db.register("holders", inputs.holders)
    return heat_cooling.with_cooling(db, inputs, found, first=first, last=last, days_needed=needed)


def _of_period(db: Engine, inputs: Inputs, period: Period, sums: Sums, before: Sums) -> pl.DataFrame:
    first, last = period.dates(inputs.as_of)
    within = inputs.between(first, last)
    db.register("sums", period_sums.frame(sums))
    earlier = before.frame(COMPARED)
    db.register("earlier", earlier.rename({name: f"{name[2:]}0" for name in COMPARED}))
    db.register("fuses", inputs.fuses)
    db.register("tariffs", inputs.tariffs)
    db.register("holders", _with_minutes_gone(inputs.holders, within))
    found = db.query(
        SQL["metrics"],
        {
            "period_minutes": int(within["day_minutes"].sum()),
            "days_needed": period.days_needed(inputs.as_of),
            "yearly": period.yearly,
            "normal_degree_days": inputs.normal_degree_days,
        },
    )
    return found.with_columns(
        controller=pl.lit(inputs.controller),
        period=pl.lit(period.name),
        period_start=pl.lit(first),
        period_end=pl.lit(last),
        version=pl.lit(inputs.version),
    )


def _with_minutes_gone(holders: pl.DataFrame, within: pl.DataFrame) -> pl.DataFrame:
    """Beside each holder the minutes of the period before they came."""
    before = pl.col("day_minutes").cum_sum().shift(1, fill_value=0)
    gone = within.select(pl.col("local_date").alias("since"), before)
    total = int(within["day_minutes"].sum())
    first, last = within["local_date"].min(), within["local_date"].max()
    joined = holders.join(gone, on="since", how="left", maintain_order="left")
    return joined.select(
        "metering_point_id",
        "since",
        pl.when(pl.col("since") <= first)
        .then(0)
        .when(pl.col("since") > last)
        .then(total)
        .otherwise(pl.col("day_minutes"))
        .alias("minutes_gone"),
    )

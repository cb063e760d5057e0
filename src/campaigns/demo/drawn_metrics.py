"""Metrics as homes like these would have them, drawn, not measured: for benchmarks of their readers."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl

from campaigns.demo.dice import Dice, Floats

VERSION = "drawn"
# Days that a period has, and how much of a year's heating and of its other use falls into it.
PERIODS = {
    "last full year": (365, 1.0, 1.0),
    "last 12 months": (365, 1.0, 1.0),
    "last winter": (90, 0.5, 0.26),
    "last 3 months": (91, 0.28, 0.25),
    "last 28 days": (28, 0.12, 0.08),
}
_PART_OF_HEAT = {
    "direct_electric": 1.0, "storage_electric": 1.0, "heat_pump_air": 0.55, "heat_pump_ground": 0.33,
}  # fmt: skip
_DEGREE_DAYS = 4200.0


def draw(dice: Dice, homes: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """One row a home and period with the columns of the lake's metrics; short periods have no yearly ones."""
    rng = dice.of("drawn metrics")
    part = homes["heating"].replace_strict(_PART_OF_HEAT, default=0.02, return_dtype=pl.Float64).to_numpy()
    slope = homes["heat_kw_per_k"].to_numpy() * 24 * part
    base = (homes["base_kw"].to_numpy() + 0.07 + 0.075 * homes["occupants"].to_numpy()) * 24
    frames = [_period(rng, homes, name, slope, base, as_of) for name in PERIODS]
    return pl.concat(frames, how="diagonal")


def head(points: pl.Series, name: str, *, days: int, as_of: date) -> pl.DataFrame:
    """The columns that say what rows of metrics are about."""
    return pl.select(
        metering_point_id=points,
        period=pl.lit(name),
        as_of=pl.lit(as_of),
        period_start=pl.lit(as_of - timedelta(days=days)),
        period_end=pl.lit(as_of - timedelta(days=1)),
        version=pl.lit(VERSION),
    )


def _period(
    rng: np.random.Generator, homes: pl.DataFrame, name: str, slope: Floats, base: Floats, as_of: date
) -> pl.DataFrame:
    days, heating, other = PERIODS[name]
    count = homes.height
    heat, life = slope * _DEGREE_DAYS * heating, base * 365 * other
    use = (heat + life) * rng.lognormal(0, 0.08, count)
    charging = homes["ev_kw"].to_numpy()
    peak = np.maximum(charging, homes["sauna_kw"].to_numpy()) + use / days / 24 * rng.uniform(1.5, 3, count)
    night = rng.beta(12, 40, count) + np.where(homes["night_relay"].to_numpy(), 0.2, 0)
    evening = rng.beta(14, 36, count)
    market = 6.0
    mindful = homes["follows_price"].to_numpy()
    paid = market * (1 + 0.4 * (evening - 0.28)) * np.where(mindful, 0.93, 1.02)
    columns = {
        "days_used": np.where(rng.random(count) < 0.03, days // 2, days),
        "electricity_use": use,
        "base_kw": homes["base_kw"].to_numpy() * rng.lognormal(0, 0.1, count),
        "peak_kw": peak,
        "load_factor": use / days / 24 / peak,
        "night_share": night,
        "morning_share": rng.beta(10, 50, count),
        "midday_share": rng.beta(12, 40, count),
        "evening_share": evening,
        "weekday_weekend": rng.lognormal(0, 0.1, count),
        "day_cv": 0.2 + 0.5 * heat / (heat + life),
        "spot_paid": paid,
        "market_average": np.full(count, market),
        "spot_premium": paid - market,
        "dear4_share": rng.beta(16, 70, count) - np.where(mindful, 0.03, 0),
        "export_ratio": np.where(homes["pv_kwp"].to_numpy() > 0, rng.uniform(0.1, 1.2, count), 0),
    }
    if days == 365:
        columns |= {
            "kwh_year": use,
            "winter_summer": 1.1 + 6 * heat / (heat + life) * rng.lognormal(0, 0.2, count),
            "heat_slope": slope * rng.lognormal(0, 0.05, count),
            "base_kwh_day": base * rng.lognormal(0, 0.05, count),
            "heat_r2": np.clip(heat / (heat + life) * rng.uniform(0.9, 1.3, count), 0, 0.98),
        }
    frame = head(homes["gsrn"], name, days=days, as_of=as_of).hstack(pl.DataFrame(columns))
    measured = [name for name in frame.columns if frame[name].dtype == pl.Float64]
    full = pl.col("days_used") >= 0.9 * days
    return frame.with_columns(pl.when(full).then(pl.col(name)).alias(name) for name in measured)

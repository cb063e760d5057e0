"""What is added up of day facts: which number of each day, times which weight of the day.

A weight is what the calendar, the weather or the market says of a day, for all metering points alike.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl

from campaigns.consumption.sums import Numbers

_FULL = pl.col("is_full")
_PRICED = pl.col("cost_x4").is_not_null()
_IN_QUARTERS = pl.col("expected") * 60 > pl.col("minutes")

# What is read of each day, 0 where it is NULL. All but the first four are NULL or 0 unless the day is full.
OF_DAYS: Mapping[str, pl.Expr] = {
    **{name: pl.col(name) for name in ("expected", "present", "estimated", "minutes")},
    "full": _FULL,
    "full_minutes": pl.when(_FULL).then("minutes"),
    "wh²": pl.col("wh").cast(pl.Int64) ** 2,
    "night": pl.col("wh_00_06") + pl.col("wh_22_24"),
    "evening²": pl.col("wh_16_21").cast(pl.Int64) ** 2,
    "sells": pl.col("export_10_16") > 0,
    "priced": _PRICED,
    "priced_wh": pl.when(_PRICED).then("wh"),
    "priced_minutes": pl.when(_PRICED).then("minutes"),
    "priced_hours": _PRICED & ~_IN_QUARTERS,
    "priced_quarters": _PRICED & _IN_QUARTERS,
    "ranked": pl.col("price_rank").is_not_null(),
    **{f"relay_{21 + bit}": pl.col("relay_hours") // 2**bit % 2 for bit in range(3)},
    **{
        name: pl.col(name)
        for name in (
            "wh", "wh_00_06", "wh_06_10", "wh_10_16", "wh_16_21", "export_wh", "plateau_hours", "steps_small",
            "steps_medium", "steps_large", "evening_block", "morning_block", "cost_x4", "dear_wh",
            "price_rank",
        )
    },
}  # fmt: skip

# Sum by sum: what is added up, times which weight of the day.
SUMS: Mapping[str, tuple[str, str]] = {
    "s_expected": ("expected", "all"),
    "s_present": ("present", "all"),
    "s_estimated": ("estimated", "all"),
    "s_minutes_told": ("minutes", "all"),
    "s_days": ("full", "all"),
    "s_wh": ("wh", "all"),
    "s_wh_squared": ("wh²", "all"),
    "s_minutes": ("full_minutes", "all"),
    "s_night": ("wh_00_06", "all"),
    "s_morning": ("wh_06_10", "all"),
    "s_midday": ("wh_10_16", "all"),
    "s_evening": ("wh_16_21", "all"),
    "s_days_off": ("full", "is_off"),
    "s_wh_off": ("wh", "is_off"),
    "s_export_wh": ("export_wh", "all"),
    "s_sunny_days": ("full", "is_sunny"),
    "s_sunny_export_days": ("sells", "is_sunny"),
    "s_plateau_hours": ("plateau_hours", "all"),
    "s_steps_small": ("steps_small", "all"),
    "s_steps_medium": ("steps_medium", "all"),
    "s_steps_large": ("steps_large", "all"),
    "s_saturdays": ("full", "is_saturday"),
    "s_saturday_blocks": ("evening_block", "is_saturday"),
    "s_early_days": ("full", "is_early"),
    "s_early_blocks": ("evening_block", "is_early"),
    "s_relay_21": ("relay_21", "all"),
    "s_relay_22": ("relay_22", "all"),
    "s_relay_23": ("relay_23", "all"),
    "s_frosty_days": ("full", "is_frosty_workday"),
    "s_frosty_blocks": ("morning_block", "is_frosty_workday"),
    # days that have a temperature: x degree days in 1/100 K, y Wh, e the evening's Wh, d minutes of darkness,
    # t the mean in 1/100 °C
    "s_n": ("full", "is_known"),
    "s_x": ("full", "hdd"),
    "s_xx": ("full", "hdd²"),
    "s_y": ("wh", "is_known"),
    "s_yy": ("wh²", "is_known"),
    "s_xy": ("wh", "hdd"),
    "s_night_y": ("night", "is_known"),
    "s_night_xy": ("night", "hdd"),
    "s_cold_days": ("full", "is_cold"),
    "s_warm_days": ("full", "is_warm"),
    "s_summer_n": ("full", "has_cdd"),
    "s_summer_x": ("full", "cdd"),
    "s_summer_xx": ("full", "cdd²"),
    "s_summer_y": ("wh", "has_cdd"),
    "s_summer_xy": ("wh", "cdd"),
    "s_hot_days": ("full", "is_hot"),
    "s_e": ("wh_16_21", "is_known"),
    "s_ee": ("evening²", "is_known"),
    "s_d": ("full", "dark"),
    "s_dd": ("full", "dark²"),
    "s_t": ("full", "mean"),
    "s_tt": ("full", "mean²"),
    "s_ed": ("wh_16_21", "dark"),
    "s_et": ("wh_16_21", "mean"),
    "s_dt": ("full", "dark·mean"),
    # days that have all their prices
    "s_priced_days": ("priced", "all"),
    "s_priced_wh": ("priced_wh", "all"),
    "s_cost_x4": ("cost_x4", "all"),
    "s_dear_wh": ("dear_wh", "all"),
    "s_price_minutes": ("priced_minutes", "all"),
    "hours": ("priced_hours", "hour_price"),  # the market's price of that day times its minutes, of whose
    "quarters": ("priced_quarters", "quarter_price"),  # readings come by the hour, and by the quarter
    "s_price_ranks": ("price_rank", "all"),
    "s_ranked_days": ("ranked", "all"),
}

READ = (
    "metering_point_id", "local_date", "is_full", "expected", "present", "estimated", "minutes", "wh",
    "wh_max", "peak_hour", "wh_00_06", "wh_06_10", "wh_10_16", "wh_16_21", "wh_22_24", "export_wh",
    "export_10_16", "cost_x4", "dear_wh", "price_rank", "plateau_hours", "steps_small", "steps_medium",
    "steps_large", "evening_block", "relay_hours", "morning_block",
)  # fmt: skip


def weights(calendar: pl.DataFrame) -> dict[str, Numbers]:
    """Each weight of the days of the calendar, 0 where nothing is known."""
    hdd, cdd, mean, dark = (
        pl.col(name).cast(pl.Int64) for name in ("hdd_x100", "cdd_x100", "mean_x100", "dark_minutes")
    )
    told = calendar.select(
        pl.lit(1).alias("all"),
        "is_off", "is_sunny", "is_frosty_workday", "is_known", "is_cold", "is_warm",
        (pl.col("weekday") == 6).alias("is_saturday"),
        (pl.col("weekday") <= 2).alias("is_early"),
        hdd.alias("hdd"), (hdd**2).alias("hdd²"),
        cdd.is_not_null().alias("has_cdd"), (cdd > 0).alias("is_hot"), cdd.alias("cdd"),
        (cdd**2).alias("cdd²"),
        mean.alias("mean"), (mean**2).alias("mean²"),
        pl.when("is_known").then(dark).alias("dark"), pl.when("is_known").then(dark**2).alias("dark²"),
        (dark * mean).alias("dark·mean"),
        pl.col("hour_price_x4").alias("hour_price"), pl.col("quarter_price_x4").alias("quarter_price"),
    )  # fmt: skip
    return {
        name: np.broadcast_to(told[name].cast(pl.Int64).fill_null(0).to_numpy(), len(calendar))
        for name in told.columns
    }

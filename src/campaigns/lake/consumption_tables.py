"""The tables about consumption: readings by day, what is made from them, prices and weather."""

from __future__ import annotations

import polars as pl

from campaigns.lake.table import DAY, ID, INT, NUMBER, SMALL, TEXT, TINY, WHEN, YES, Schema, Table, table

# The scalars beside each day that metrics read; computed at import, see consumption/days.
DAY_FACTS: Schema = {
    "wh_sum": ID,  # sum of present intervals, Wh
    "intervals_expected": SMALL,
    "intervals_present": SMALL,
    "lowest_wh": INT,  # lowest and highest present interval; NULL without any
    "highest_wh": INT,
    "wh_min": INT,  # lowest and highest hour, Wh; NULL unless the day is full
    "wh_max": INT,
    "peak_hour": TINY,  # local hour of wh_max, first of equals
    "wh_00_06": ID,  # local hours, lower bound included
    "wh_06_10": ID,
    "wh_10_16": ID,
    "wh_16_21": ID,
    "wh_21_24": ID,
}

_MONTHS = tuple(f"peak_month_kw_{month:02}" for month in range(1, 13))

# The numbers of the table `metrics`; their definitions are in consumption/metrics.
METRIC_COLUMNS: Schema = dict.fromkeys(
    (
        "full_days", "missing_intervals", "estimated_share", "days_since_last_data", "contract_days_left",
        "tenure_days", "heat_cooling_k", "electricity_use", "kwh_year", "kwh_year_norm", "base_kw", "peak_kw",
        "peak_p99_kw", "load_factor", *_MONTHS, "fuse_use", "night_share", "morning_share", "midday_share",
        "evening_share", "late_share", "morning_ramp_kw", "evening_ramp_kw", "weekday_weekend",
        "peak_hour_mode",
        "peak_hour_entropy", "winter_summer", "day_cv", "regularity", "heat_slope", "base_kwh_day", "heat_r2",
        "balance_temp", "heat_share", "cold_bend", "heat_night_ratio", "cool_slope", "light_sensitivity",
        "spot_paid", "market_average", "spot_premium", "dear4_share", "price_response",
        "worst_month_spot_eur", "spot_vs_fixed_eur", "export_ratio", "pv_midday_sign", "pv_fit_kwp",
        "ev_plateau", "ev_steps_small", "ev_steps_medium", "ev_steps_large", "ev_night_peak", "sauna_sign",
        "night_relay", "preheat_sign", "vacancy_days", "longest_vacancy", "seasonal_home", "yoy_change",
        "yoy_base_ratio", "yoy_slope_ratio", "change_point_days", "change_size",
        "electric_heating_sign", "heat_pump_sign", "car_sign", "solar_sign", "cottage_sign",
    ),
    NUMBER,
)  # fmt: skip

# What adds up over the days of a month (s_), and maxima (m_): see `month_sums` in consumption/metrics.sql.
MONTH_SUMS: Schema = dict.fromkeys(
    (
        "s_expected", "s_present", "s_estimated", "s_minutes_told", "s_days", "s_wh", "s_wh_squared",
        "s_minutes", "m_peak_wh", "s_night", "s_morning", "s_midday", "s_evening", "s_days_off", "s_wh_off",
        "s_export_wh", "s_sunny_days", "s_sunny_export_days", "s_plateau_hours", "s_steps_small",
        "s_steps_medium", "s_steps_large", "s_saturdays", "s_saturday_blocks", "s_early_days",
        "s_early_blocks", "s_relay_21", "s_relay_22", "s_relay_23", "s_frosty_days", "s_frosty_blocks",
        "s_peaks_at_00", "s_peaks_at_01", "s_peaks_at_02", "s_peaks_at_03", "s_peaks_at_04",
        "s_peaks_at_05", "s_peaks_at_06", "s_peaks_at_07", "s_peaks_at_08", "s_peaks_at_09",
        "s_peaks_at_10", "s_peaks_at_11", "s_peaks_at_12", "s_peaks_at_13", "s_peaks_at_14",
        "s_peaks_at_15", "s_peaks_at_16", "s_peaks_at_17", "s_peaks_at_18", "s_peaks_at_19",
        "s_peaks_at_20", "s_peaks_at_21", "s_peaks_at_22", "s_peaks_at_23", "s_n", "s_x", "s_xx", "s_y",
        "s_yy", "s_xy", "s_night_y", "s_night_xy", "s_cold_days", "s_warm_days", "s_summer_n", "s_summer_x",
        "s_summer_xx", "s_summer_y", "s_summer_xy", "s_hot_days", "s_e", "s_ee", "s_d", "s_dd", "s_t",
        "s_tt", "s_ed", "s_et", "s_dt", "s_priced_days", "s_priced_wh", "s_cost_x4", "s_dear_wh",
        "s_price_minutes_x4", "s_price_minutes", "s_price_ranks", "s_ranked_days",
    ),
    ID,
)  # fmt: skip

CONSUMPTION: tuple[Table, ...] = (
    table(
        "consumption_days",
        ("metering_point_id", "direction", "local_date"),
        {
            "metering_point_id": ID,
            "gsrn": ID,
            "direction": TEXT,  # import, export
            "month": TEXT,  # 2026-11, of local_date: the partition
            "local_date": DAY,
            "resolution_min": SMALL,  # 15 or 60: the finest seen that day
            "wh": pl.List(INT),  # one value an interval of the local day, NULL when missing
            "quality": pl.List(TINY),  # 0 missing, 1 OK, 2 estimated, 3 other code, present but flagged
            "received": pl.List(ID),  # when the file that gave each interval was received, microseconds UTC
            "file": pl.List(ID),  # head of that file's hash; one entry in both when one file gave the day
            **DAY_FACTS,
        },
        partition_by=("month",),
        statistics=("controller", "metering_point_id", "local_date"),
    ),
    table(  # what is left of consumption_days when their retention is over (rights/retention_readings)
        "consumption_months",
        ("metering_point_id", "direction", "month"),
        {
            "metering_point_id": ID,
            "gsrn": ID,
            "direction": TEXT,  # import, export
            "month": TEXT,  # 2026-11, local
            "wh_sum": ID,  # Wh, the sum of the days' sums
            "days": SMALL,  # that had any interval
            "intervals_expected": INT,
            "intervals_present": INT,
        },
        statistics=("controller", "metering_point_id"),
    ),
    table(  # what metrics read of each day of import; made from consumption_days (consumption/day_facts)
        "day_facts",
        ("metering_point_id", "local_date"),
        {
            "metering_point_id": ID,
            "month": TEXT,  # of local_date: the partition
            "local_date": DAY,
            "is_full": YES,  # every interval is present; all below the line is NULL on other days
            "expected": SMALL,  # intervals
            "present": SMALL,
            "estimated": SMALL,  # of the present ones
            # ---
            "minutes": SMALL,  # length of the day
            "wh": INT,
            "wh_min": INT,  # lowest and highest clock hour
            "wh_max": INT,
            "peak_hour": TINY,
            "wh_00_06": INT,
            "wh_06_10": INT,
            "wh_10_16": INT,
            "wh_16_21": INT,
            "wh_22_24": INT,
            "export_wh": INT,  # of the same day; 0 without any
            "export_10_16": INT,
            "cost_x4": ID,  # Wh times price in 1/4000 c/kWh; NULL without prices
            "dear_wh": INT,  # in the 4 dearest hours
            "price_rank": ID,  # rank correlation with price, 1e-12; NULL below a spread of 5 c
            "plateau_hours": TINY,  # see consumption/shapes
            "steps_small": TINY,
            "steps_medium": TINY,
            "steps_large": TINY,
            "night_max": INT,  # highest clock hour of 22 to 04
            "evening_block": TINY,  # 1: a stove of 4 to 9 kW for an hour or two between 16 and 22
            "relay_hours": TINY,  # bits: a step of 1.5 kW or more at 21, 22, 23
            "morning_block": TINY,  # 1: 0.5 to 2 kW more at some hour of 04 to 08 than from 00 to 04
            "panels_w": INT,  # size of the panels by this day's export, see consumption/panels; NULL without
        },
        partition_by=("month",),
        statistics=("controller", "metering_point_id", "local_date"),
    ),
    table(  # from which files and prices the day facts of a month were made
        "day_fact_months",
        ("month",),
        {"month": TEXT, "files": TEXT, "prices": TEXT, "version": TEXT},
    ),
    table(  # readings that can hardly be right: a row a run of days on end (consumption/sanity)
        "reading_flags",
        ("metering_point_id", "direction", "flag", "first_date"),
        {
            "metering_point_id": ID,
            "direction": TEXT,
            "flag": TEXT,  # negative, absurd, constant, duplicate
            "month": TEXT,  # of last_date: goes with the readings when their retention is over
            "first_date": DAY,
            "last_date": DAY,
            "days": INT,
        },
        statistics=("controller", "metering_point_id"),
    ),
    table(  # days of which another metering point of the register has the same values
        "reading_twins",
        ("metering_point_id", "direction", "local_date"),
        {"metering_point_id": ID, "direction": TEXT, "month": TEXT, "local_date": DAY},
        partition_by=("month",),
        statistics=("controller", "metering_point_id", "local_date"),
    ),
    table(  # in which files of a month such days were looked for
        "reading_twin_months",
        ("month",),
        {"month": TEXT, "files": TEXT, "version": TEXT},
    ),
    table(
        "prices",
        ("start",),
        {
            "start": WHEN,
            "minutes": SMALL,
            "price_mc": INT,  # 1/1000 c/kWh, VAT included
            "received": ID,  # of the file that gave the value, as in consumption_days
            "file": ID,
        },
        statistics=("controller", "start"),
    ),
    table(
        "temperatures",
        ("start",),
        {"start": WHEN, "celsius_x10": SMALL, "received": ID, "file": ID},
        statistics=("controller", "start"),
    ),
    table(  # wide: one row a metering point, period and as_of; a column a metric (consumption/metrics)
        "metrics",
        ("metering_point_id", "period", "as_of"),
        {
            "metering_point_id": ID,
            "period": TEXT,
            "as_of": DAY,
            "period_start": DAY,
            "period_end": DAY,
            "days_used": SMALL,
            "version": TEXT,
            **METRIC_COLUMNS,
        },
        statistics=("controller", "metering_point_id", "as_of"),
    ),
    table(  # day facts added up, so that a period is its months and the days at its ends
        "month_facts",
        ("metering_point_id", "month"),
        {"metering_point_id": ID, "month": TEXT, **MONTH_SUMS},
        partition_by=("month",),
        statistics=("controller", "metering_point_id"),
    ),
    table(  # from what the metrics of each period: the same again need not be made again
        "metric_periods",
        ("period",),
        {"period": TEXT, "as_of": DAY, "inputs": TEXT},
    ),
    table(  # the last metrics of each month, as they were then: what models are trained on
        "metrics_history",
        ("metering_point_id", "period", "as_of"),
        {
            "metering_point_id": ID,
            "period": TEXT,
            "as_of": DAY,
            "month": TEXT,  # of as_of: the partition
            "period_start": DAY,
            "period_end": DAY,
            "days_used": SMALL,
            "version": TEXT,
            **METRIC_COLUMNS,
        },
        partition_by=("month",),
        statistics=("controller", "metering_point_id", "as_of"),
    ),
)

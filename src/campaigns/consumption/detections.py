"""What a metering point looks like: rules over its metrics of a year, 1 when they hold and else 0.

They are inferences, never facts: a text that uses one says "looks like". The limits are round numbers from
what appliances do; they were held against the made-up town once and not tuned to it. A veto takes a sign
away where something common looks alike: a sauna, a relay that starts boilers or storage heating every night,
a car that is pre-heated, a cottage.
"""

from __future__ import annotations

import polars as pl

ELECTRIC_SLOPE = 0.5  # kWh/K-day: 2,000 kWh in a year of 4,000 degree days
ELECTRIC_R2 = 0.5  # cold explains half of what varies
ELECTRIC_SHARE = 0.3  # of the year's import
PUMP_BEND = 1.3  # an air-source pump loses output below -15 °C
PUMP_BALANCE = 14.0  # °C; the bend of a pump's curve makes a straight one start later
STORAGE_RATIO = 1.0  # heating by night above that of days: stored in water or stone, by resistance
PLATEAU = 0.015  # of all hours: eleven a month
STEPS = 0.25  # a day: charged every fourth day
HOME_STEPS = 1.5  # a day: more is a business or an industrial load
SAUNA, SAUNA_STEPS = 0.3, 2 / 7  # stove seen on three Saturdays of ten; heated twice a week
RELAY = 0.7  # of days
PREHEATED = 0.5  # of frosty workdays: with what else begins in the morning its heaters reach 2.8 kW
SOLD = 0.1  # of the days from May to August
COTTAGE_CV, COTTAGE_WEEK = 0.75, 0.75  # days vary as in no home, and working days use less than days off
SIGNS = ("cottage_sign", "electric_heating_sign", "heat_pump_sign", "car_sign", "solar_sign")


def with_signs(metrics: pl.DataFrame, *, vetoes: bool = True) -> pl.DataFrame:
    """The metrics and the signs; NULL where a metric that a rule needs is not known.

    A bend in the cold and what only vetoes need may be unknown.

    `vetoes=False` is for measuring what they are good for.
    """
    cottage = metrics.with_columns(cottage_sign=_number(_cottage()))
    heated = cottage.with_columns(electric_heating_sign=_number(_electric(vetoes=vetoes)))
    return heated.with_columns(
        heat_pump_sign=_number(_heat_pump(vetoes=vetoes)),
        car_sign=_number(_car(vetoes=vetoes)),
        solar_sign=_number(pl.col("pv_midday_sign") >= SOLD),
    )


def _number(rule: pl.Expr) -> pl.Expr:
    return rule.cast(pl.Float64)


def _cottage() -> pl.Expr:
    """Used on days off, on some of them."""
    swings = (pl.col("day_cv") >= COTTAGE_CV) & (pl.col("weekday_weekend") <= COTTAGE_WEEK)
    return swings | (pl.col("seasonal_home") == 1)


def _electric(*, vetoes: bool) -> pl.Expr:
    """Import follows the cold as where electricity heats, by resistance or by a pump."""
    rule = (
        (pl.col("heat_slope") >= ELECTRIC_SLOPE)
        & (pl.col("heat_r2") >= ELECTRIC_R2)
        & (pl.col("heat_share").fill_null(0) >= ELECTRIC_SHARE)  # not known below an R² of 0.3
    )
    rule = rule & _not(pl.col("cottage_sign") == 1) if vetoes else rule
    return pl.when(pl.col("heat_r2").is_not_null()).then(rule)


def _heat_pump(*, vetoes: bool) -> pl.Expr:
    """Electric heating whose curve bends in the cold. A ground-source pump hardly bends and stays unseen."""
    bends = (pl.col("cold_bend").fill_null(0) > PUMP_BEND) | (pl.col("balance_temp") <= PUMP_BALANCE)
    rule = (pl.col("electric_heating_sign") == 1) & bends
    by_night = (pl.col("heat_night_ratio") > STORAGE_RATIO) | (pl.col("night_relay") >= RELAY)
    rule = rule & _not(by_night) if vetoes else rule
    return pl.when(pl.col("electric_heating_sign").is_not_null()).then(rule)


def _car(*, vetoes: bool) -> pl.Expr:
    """Hours on end of a charger's power, or steps up to it, that nothing else explains."""
    small, larger = pl.col("ev_steps_small"), pl.col("ev_steps_medium") + pl.col("ev_steps_large")
    plateau = pl.col("ev_plateau") >= PLATEAU
    if not vetoes:
        return plateau | (small + larger >= STEPS)
    by_heater = pl.col("preheat_sign").fill_null(0) >= PREHEATED
    by_sauna = pl.when(pl.col("sauna_sign").fill_null(0) >= SAUNA).then(SAUNA_STEPS).otherwise(0.0)
    steps = pl.when(by_heater).then(larger).otherwise(small + larger) - by_sauna
    other = (
        (pl.col("night_relay") >= RELAY)
        | (small + larger > HOME_STEPS)
        | ((pl.col("cottage_sign") == 1) & ~plateau)
    )
    return (plateau | (steps >= STEPS)) & _not(other)


def _not(rule: pl.Expr) -> pl.Expr:
    """What is not known takes nothing away."""
    return ~rule.fill_null(value=False)

"""Where the sun stands: how long a day is dark, and how high the sun is at an hour.

The formulas are the short ones of the Astronomical Almanac (declination to 0.5°), good to a few minutes.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from campaigns.settings.model import Place

Floats = npt.NDArray[np.float64]
_CLEAR_SKY, _HAZE, _DELIVERED = 1098.0, 0.057, 0.85
_HORIZON = np.radians(-0.833)  # refraction, and the sun's upper edge


def dark_minutes(days: pl.Series, place: Place) -> pl.Series:
    """Of each date the minutes from sunset to sunrise, whole ones: 0 to 1440."""
    declination = _declination(days.dt.ordinal_day().to_numpy().astype(np.float64))
    latitude = np.radians(place.latitude)
    cosine = (np.sin(_HORIZON) - np.sin(latitude) * np.sin(declination)) / (
        np.cos(latitude) * np.cos(declination)
    )
    light = 2 * np.degrees(np.arccos(np.clip(cosine, -1, 1))) / 15 * 60
    return pl.Series("dark_minutes", np.rint(1440 - light)).cast(pl.Int32)


def height(day_of_year: Floats, utc_hour: Floats, place: Place) -> Floats:
    """Sine of the sun's height above the horizon, negative at night."""
    declination, latitude = _declination(day_of_year), np.radians(place.latitude)
    turn = np.radians(15 * (utc_hour - 12) + place.longitude)
    sine: Floats = np.sin(latitude) * np.sin(declination) + np.cos(latitude) * np.cos(declination) * np.cos(
        turn
    )
    return sine


def unit_curve(day_of_year: Floats, utc_hour: Floats, place: Place) -> npt.NDArray[np.int64]:
    """What 1 kWp of panels makes in an hour of clear sky, whole Wh; `utc_hour` is the middle of the hour.

    Haurwitz's irradiance on the level, 1098 sin h exp(-0.057 / sin h) W/m², of which a system delivers 85 %.
    """
    sine = np.maximum(height(day_of_year, utc_hour, place), 1e-3)
    watts = _CLEAR_SKY * sine * np.exp(-_HAZE / sine) * _DELIVERED
    whole: npt.NDArray[np.int64] = np.rint(watts).astype(np.int64)
    return whole


def _declination(day_of_year: Floats) -> Floats:
    declination: Floats = np.radians(-23.44) * np.cos(2 * np.pi * (day_of_year + 10) / 365.25)
    return declination

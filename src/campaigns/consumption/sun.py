"""Where the sun stands: how long a day is dark, and how high the sun is at an hour.

The formulas are the short ones of the Astronomical Almanac (declination to 0.5°), good to a few minutes.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from campaigns.settings.model import Place

Floats = npt.NDArray[np.float64]
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


def _declination(day_of_year: Floats) -> Floats:
    declination: Floats = np.radians(-23.44) * np.cos(2 * np.pi * (day_of_year + 10) / 365.25)
    return declination

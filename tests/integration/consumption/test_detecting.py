"""The signs of 2,000 made-up homes against what is so: floors a little below what was measured."""

from __future__ import annotations

import polars as pl
import pytest

from campaigns.consumption.detections import SIGNS, with_signs
from support.detecting import TRUTH, Found, measured, signs
from support.readings import SETTINGS

# Least precision and recall, with the vetoes. A ground-source pump hardly bends: half of the pumps are such.
FLOORS = {
    "electric_heating_sign": (0.95, 0.88),
    "heat_pump_sign": (0.90, 0.40),
    "car_sign": (0.85, 0.70),
    "solar_sign": (0.95, 0.90),
    "cottage_sign": (0.90, 0.85),
}


@pytest.fixture(scope="module")
def homes(tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    return measured(tmp_path_factory.mktemp("homes") / "lake", SETTINGS)


def test_signs_find_what_is_so(homes: pl.DataFrame) -> None:
    found = {one.sign: one for one in signs(homes, vetoes=True)}
    assert set(found) == set(FLOORS) == set(SIGNS)
    assert all(one.true >= 80 for one in found.values())
    low = [
        (one, one.precision, one.recall)
        for one in found.values()
        if one.precision < FLOORS[one.sign][0] or one.recall < FLOORS[one.sign][1]
    ]
    assert not low


def test_vetoes_make_signs_of_cars_precise(homes: pl.DataFrame) -> None:
    """They cost some of the cars, and take most of the errors away."""
    with_them, without = (_of(homes, "car_sign", vetoes=vetoes) for vetoes in (True, False))
    assert with_them.precision > without.precision + 0.2
    assert without.recall > with_them.recall > without.recall - 0.25


def test_no_veto_makes_any_sign_less_precise(homes: pl.DataFrame) -> None:
    for name in TRUTH:
        assert _of(homes, name, vetoes=True).precision >= _of(homes, name, vetoes=False).precision


def test_what_was_kept_is_what_the_rules_say(homes: pl.DataFrame) -> None:
    kept = homes.select(SIGNS)
    assert with_signs(homes.drop(SIGNS)).select(SIGNS).equals(kept)
    assert kept.null_count().row(0) == (0,) * len(SIGNS)


def test_days_that_look_empty_are_so_and_more_are(homes: pl.DataFrame) -> None:
    """Three in five are seen where neither electricity heats nor panels hide what is used; elsewhere fewer.

    Hardly any home is said to be empty for longer than it was, cottages included.
    """
    sunny, heated = pl.col("solar_sign_true"), pl.col("electric_heating_sign_true")
    plain = homes.filter(~sunny & ~heated & ~pl.col("cottage_sign_true"))
    seen = plain["vacancy_days"].sum() / plain["away_days"].sum()
    assert 0.55 < seen < 0.75
    assert plain.select(pl.corr("vacancy_days", "away_days")).item() > 0.65
    assert (plain["vacancy_days"] <= plain["away_days"] + 6).all()
    assert (homes["vacancy_days"] > homes["away_days"] + 12).mean() < 0.01  # type: ignore[operator]  # a mean of Booleans


@pytest.mark.parametrize("name", SIGNS)
def test_without_enough_data_there_is_no_sign(homes: pl.DataFrame, name: str) -> None:
    unknown = homes.drop(SIGNS).with_columns(
        pl.lit(None, pl.Float64).alias(column)
        for column, kind in homes.schema.items()
        if kind == pl.Float64() and column not in SIGNS
    )
    assert with_signs(unknown)[name].null_count() == len(unknown)


def _of(homes: pl.DataFrame, sign: str, *, vetoes: bool) -> Found:
    return next(one for one in signs(homes, vetoes=vetoes) if one.sign == sign)

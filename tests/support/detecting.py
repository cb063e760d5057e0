"""How well the signs find what is so: the readings of a town of known homes, measured against its truth."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import polars as pl

from campaigns.consumption.computing import compute
from campaigns.consumption.detections import with_signs
from campaigns.demo import lake_readings, loads, town
from campaigns.demo.dice import Dice
from campaigns.lake import Lake
from campaigns.settings.model import Settings

AS_OF = date(2026, 11, 24)
DAYS = 400
CUSTOMERS, SEED = 2000, 1
HOMES = 2000  # of a few more that the town has
_PUMPS = ["heat_pump_air", "heat_pump_ground"]
_HEATED = ["direct_electric", "storage_electric", *_PUMPS]
TRUTH: Mapping[str, pl.Expr] = {
    "electric_heating_sign": pl.col("heating").is_in(_HEATED) & (pl.col("building_type") != "cottage"),
    "heat_pump_sign": pl.col("heating").is_in(_PUMPS) & (pl.col("building_type") != "cottage"),
    "car_sign": pl.col("ev_kw") > 0,
    "solar_sign": pl.col("pv_kwp") > 0,
    "cottage_sign": pl.col("building_type") == "cottage",
}


@dataclass(frozen=True, kw_only=True)
class Found:
    """Of one sign: how many have it, how many ought to, how many of both."""

    sign: str
    signed: int
    true: int
    both: int

    @property
    def precision(self) -> float:
        """Of those with the sign, the share in which it is so."""
        return self.both / self.signed if self.signed else 0.0

    @property
    def recall(self) -> float:
        """Of those in which it is so, the share with the sign."""
        return self.both / self.true


def measured(folder: Path, settings: Settings) -> pl.DataFrame:
    """Every home of the town with the metrics of its last 12 months, and its `away_days` in them."""
    homes = town.build(Dice(seed=SEED), CUSTOMERS, AS_OF).homes[:HOMES]
    lake = Lake(folder)
    controller = settings.default_controller
    with _away_days() as away:
        lake_readings.write(lake, homes, controller=controller, days=DAYS, as_of=AS_OF, seed=SEED)
    yesterday = AS_OF - timedelta(days=1)
    compute(lake, settings=settings, as_of=yesterday, now=datetime(2026, 11, 24, 12, tzinfo=UTC))
    with lake.snapshot() as snapshot:
        metrics = snapshot.frame("metrics").filter(period="last 12 months")
    truth = homes.select(metering_point_id="gsrn", **TRUTH).join(
        pl.DataFrame(away, schema=["metering_point_id", "away_days"], orient="row"), on="metering_point_id"
    )
    return metrics.join(truth, on="metering_point_id", suffix="_true", validate="1:1")


@contextmanager
def _away_days() -> Iterator[list[tuple[int, int]]]:
    """Metering points and their days without anybody, of the last 365, as the town is made."""
    found: list[tuple[int, int]] = []
    presence = loads.__dict__["_presence"]

    def noted(rng: Any, homes: pl.DataFrame, grid: Any) -> Any:
        there = presence(rng, homes, grid)
        midnights = np.flatnonzero(np.diff(grid.day, prepend=-1))
        away = (there[:, midnights] < 1)[:, -365:].sum(axis=1)
        found.extend(zip(homes["gsrn"].to_list(), away.tolist(), strict=True))
        return there

    with patch.object(loads, "_presence", noted):
        yield found


def signs(homes: pl.DataFrame, *, vetoes: bool) -> Iterator[Found]:
    """Each sign against the truth, with or without its vetoes."""
    told = with_signs(homes.drop(list(TRUTH)), vetoes=vetoes)
    for name in TRUTH:
        sign, true = (told[name] == 1).fill_null(value=False), told[f"{name}_true"]
        yield Found(sign=name, signed=int(sign.sum()), true=int(true.sum()), both=int((sign & true).sum()))

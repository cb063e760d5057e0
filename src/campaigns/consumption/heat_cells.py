"""Rows of a file of heat meters as typed columns; what is wrong is refused with its line."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import ClassVar

import polars as pl

from campaigns.consumption.named_cells import NUMBER, NamedCells, refuse
from campaigns.consumption.starts import ZONES, Starts
from campaigns.lake.heat_tables import REGISTERS
from campaigns.register.deliveries import Delivery
from campaigns.register.headers import Columns
from campaigns.register.ids import heat_point_ids
from campaigns.register.quarantine import Rejects

_EXACT = pl.Decimal(38, 9)
_MOST = 10**17  # of a register, so that sums and differences fit
_UNITS = {"wh": 1_000_000_000, "kwh": 1_000_000, "mwh": 1_000}  # 1e-9 of them in a Wh
_FLOW = {"volume_m3": "volume_ml", "inlet_m3c": "inlet_um3c", "return_m3c": "return_um3c"}
_EARLIEST = int(datetime(2000, 1, 2, tzinfo=UTC).timestamp())


class HeatCells:
    """Types the cells of one file."""

    columns: ClassVar = Columns(
        required=("site", "read_at", "energy", "unit"),
        optional=("zone", *_FLOW),
        words={"unit": tuple(_UNITS), "zone": ZONES},
    )

    def __init__(self, delivery: Delivery, *, latest: datetime) -> None:
        self._controller = delivery.source.controller
        self._cells = NamedCells(delivery)
        self._latest = int(latest.timestamp())
        self._starts = Starts()

    @staticmethod
    def none() -> pl.DataFrame:
        """No readings."""
        return pl.DataFrame(schema=dict.fromkeys(("metering_point_id", "at", *REGISTERS), pl.Int64))

    def typed(self, cells: pl.DataFrame, rejects: Rejects) -> pl.DataFrame:
        """`metering_point_id`, `at` (hours since 1970, UTC) and the registers."""
        given = self._cells.columns(cells, self.columns.names)
        per_wh = given["unit"].str.to_lowercase().replace_strict(_UNITS, default=None, return_dtype=pl.Int64)
        seconds = self._seconds(given)
        energy = _whole(given["energy"], per_wh)
        flow = {ours: _whole(given[theirs], 1_000) for theirs, ours in _FLOW.items()}
        faults = [
            ("site", "CON130", given["site"] == "", "`site` is empty, and a row needs it."),
            ("unit", "CON131", per_wh.is_null(), "`unit` must be Wh, kWh or MWh."),
            (
                "read_at",
                "CON132",
                seconds.is_null(),
                "`read_at` must be a time with its offset, or with a `zone`.",
            ),
            ("read_at", "CON133", seconds % 3600 != 0, "`read_at` must be a whole hour."),
            (
                "read_at",
                "CON134",
                ~seconds.is_between(_EARLIEST, self._latest),
                "`read_at` lies before 2000 or in the future.",
            ),
            (
                "energy",
                "CON135",
                per_wh.is_not_null() & ~_fits(energy),
                "`energy` must be a number that is not below zero.",
            ),
            *(
                (
                    theirs,
                    "CON136",
                    (given[theirs] != "") & ~_fits(flow[ours]),
                    f"`{theirs}` must be a number that is not below zero.",
                )
                for theirs, ours in _FLOW.items()
            ),
        ]
        bad = pl.repeat(value=False, n=len(given), dtype=pl.Boolean, eager=True)
        for column, code, wrong, message in faults:
            wrong = wrong.fill_null(value=False)
            bad = bad | wrong
            refuse(given.filter(wrong), code, message, column, rejects)
        typed = pl.DataFrame(
            {
                "metering_point_id": heat_point_ids(self._controller, given["site"]),
                "at": seconds // 3600,
                "energy_wh": energy,
                **flow,
            }
        )
        return typed.select(
            pl.col(name).cast(pl.Int64) for name in ("metering_point_id", "at", *REGISTERS)
        ).filter(~bad)

    def _seconds(self, given: pl.DataFrame) -> pl.Series:
        """UTC seconds; a local hour that comes twice in autumn is the earlier one the first time."""
        meters = given.select(
            pl.col("read_at").alias("start"), "zone", pl.col("site").alias("gsrn"), direction=pl.lit("")
        )
        told = self._starts.with_offset(meters)
        with_zone = told.str.contains(r"(Z|[+-]\d\d:?\d\d)$")
        moments = told.str.replace(r"Z$", "+00:00").str.to_datetime(
            "%Y-%m-%dT%H:%M:%S%.f%:z", strict=False, time_unit="us", time_zone="UTC"
        )
        return pl.select(pl.when(with_zone).then(moments.dt.epoch("s"))).to_series()


def _whole(texts: pl.Series, unit: int | pl.Series) -> pl.Series:
    """Numbers in 1e-9 of theirs, divided by `unit`, halves up; NULL for what is no number or too large."""
    plain = texts.str.replace(",", ".", literal=True)
    number = pl.select(pl.when(plain.str.contains(NUMBER)).then(plain)).to_series()
    exact = number.cast(_EXACT, strict=False).to_physical()
    small = (
        pl.select(pl.when(exact.cast(pl.Int128).abs() < 9 * 10**18).then(exact)).to_series().cast(pl.Int64)
    )
    halves = unit // 2
    return (small + halves) // unit


def _fits(whole: pl.Series) -> pl.Series:
    return whole.is_between(0, _MOST).fill_null(value=False)

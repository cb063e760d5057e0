"""The tables about district heat: what meters showed, and each day's use and cooling."""

from __future__ import annotations

import polars as pl

from campaigns.lake.table import DAY, ID, NUMBER, TEXT, TINY, Table, table

# What hourly heat meters show: cumulative, in whole numbers, so that differences are exact.
REGISTERS = ("energy_wh", "volume_ml", "inlet_um3c", "return_um3c")

HEAT: tuple[Table, ...] = (
    table(
        "heat_registers",
        ("metering_point_id", "local_date"),
        {
            "metering_point_id": ID,
            "month": TEXT,  # of local_date: the partition
            "local_date": DAY,
            "hour": pl.List(TINY),  # of each reading: hours since the local midnight
            **dict.fromkeys(REGISTERS, pl.List(ID)),  # Wh; 1e-6 m3; 1e-6 m3 x C; NULL when not stated
            "received": pl.List(ID),  # of the file that gave each reading, as in consumption_days
            "file": pl.List(ID),
        },
        partition_by=("month",),
        statistics=("controller", "metering_point_id", "local_date"),
    ),
    table(  # differences of registers within a day; hours that are missing between two readings are in them
        "heat_days",
        ("metering_point_id", "local_date"),
        {
            "metering_point_id": ID,
            "month": TEXT,
            "local_date": DAY,
            "kwh": NUMBER,
            "volume_m3": NUMBER,  # NULL, as the next two, unless all three are known
            "inlet_m3c": NUMBER,
            "return_m3c": NUMBER,
            "gap_kwh": NUMBER,  # of gaps that begin this day and end on a later one: in no day's kwh
        },
        partition_by=("month",),
        statistics=("controller", "metering_point_id", "local_date"),
    ),
)

"""Readings that can hardly be right: flagged, counted and left where they are.

A flag takes nothing out: no metric leaves flagged days away, because whether they are wrong is for a person
to find out, and a corrected file mends days and flags alike. Flags follow from the numbers beside each day:

* `negative`: an interval below zero. Import and export are kept apart, so neither should be.
* `absurd`: more energy in an interval than the main fuse lets through.
* `constant`: every interval of full days on end is the same, and more than what an empty home may draw.
  Zero is never flagged: an empty cottage, a new connection and panels under snow look like a dead meter.
* `duplicate`: full days on end on which another metering point of the register has the same value in every
  interval. Days of fewer than eight different values are left out, which may be alike by chance.

Runs end with a day that is missing; `constant` and `duplicate` look at full days only.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import polars as pl

from campaigns.engine import connect
from campaigns.engine.queries import load
from campaigns.lake.frames import by_partition
from campaigns.lake.schemas import TABLES, empty

if TYPE_CHECKING:
    from campaigns.engine import Engine
    from campaigns.lake import Lake

FLAGS: Mapping[str, str] = MappingProxyType(
    {
        "negative": "an interval below zero",
        "absurd": "more than the main fuse lets through",
        "constant": "the same value for a week or longer",
        "duplicate": "the same values as another metering point for three days or longer",
    }
)
W_PER_AMPERE = 3 * 230  # three phases of the nominal voltage (EN 50160), as in the metric fuse_use
# What a fuse carries for any time without blowing: its conventional non-fusing current (IEC 60269-1). It is
# also room for a voltage up to 10 % above the nominal one.
TOLERANCE = 1.25
# Of a metering point whose fuse is not known. Our choice: products by fuse size end here, larger connections
# are of companies whose fuse the network company knows. Homes with values in Wh as if kWh lie above it.
UNKNOWN_FUSE_A = 250
# Our choices. Estimates of missing readings may be flat for some days until they are corrected.
CONSTANT_DAYS = 7
CONSTANT_FROM_W = 20  # a router and the meter itself, in an empty cottage, are as constant as that
DUPLICATE_DAYS = 3
DUPLICATE_VALUES = 8  # different ones in a day: meters that count whole kWh, or little, are alike by chance

_SQL = load("campaigns.consumption", "sanity.sql")
_HASHED = _SQL["hashed_days"]


def update(lake: Lake, *, full: bool = False) -> None:
    """Bring the table `reading_flags` up to the lake's days and fuses.

    Twins are looked for in months of which a file changed, in all of them with `full`; the rest follows from
    what is kept of each day.
    """
    with lake.snapshot() as snapshot, connect(snapshot) as db:
        stamps = _stamps(snapshot.paths("consumption_days"))
        known = snapshot.frame("reading_twin_months")
        made = {} if full else {row["month"]: row for row in known.to_dicts()}
        changed = [month for month, stamp in stamps.items() if made.get(month) != stamp]
        gone = sorted(set(known["month"]) - set(stamps))
        twins = pl.concat([empty("reading_twins"), *(_twins(db, month) for month in changed)])
    if changed or gone:
        with lake.writer(purpose="metrics") as writer:
            writer.remove("reading_twin_months", pl.col("month").is_in(changed))
            writer.replace_where("reading_twins", twins, partitions={"month": [*changed, *gone]})
            writer.remove("reading_twin_months", pl.col("month").is_in(gone))
            if changed:
                writer.upsert("reading_twin_months", pl.DataFrame([stamps[month] for month in changed]))
    with lake.snapshot() as snapshot, connect(snapshot) as db:
        flags, before = _flags(db), snapshot.frame("reading_flags")
    if not flags.equals(before):
        with lake.writer(purpose="metrics") as writer:
            writer.replace("reading_flags", flags)


def counts(db: Engine) -> dict[str, dict[str, dict[str, int]]]:
    """Of each register and flag how many metering points have it, on how many days."""
    found: dict[str, dict[str, dict[str, int]]] = {}
    for row in db.query(_SQL["counts"]).to_dicts():
        told = {name: row[name] for name in ("metering_points", "days")}
        found.setdefault(row["controller"], {})[row["flag"]] = told
    return found


def _stamps(paths: tuple[Path, ...]) -> dict[str, dict[str, str]]:
    """From what the twins of each month follow, as rows of `reading_twin_months`."""
    version = hashlib.sha256(json.dumps([_HASHED, _SQL["twins"], DUPLICATE_VALUES]).encode()).hexdigest()[:12]
    return {
        month: {
            "controller": "",
            "month": month,
            "files": json.dumps(sorted(path.name for path in files)),
            "version": version,
        }
        for month, files in by_partition(paths, "month").items()
    }


def _twins(db: Engine, month: str) -> pl.DataFrame:
    """Days that are alike by the numbers beside them first: only then are values compared."""
    numbers = db.query(f"SELECT numbers FROM ({_HASHED})", {"month": month})
    alike = numbers.filter(pl.col("numbers").is_duplicated()).unique()
    if alike.is_empty():
        return empty("reading_twins")
    db.register("alike", alike)
    twins = _SQL["twins"].replace("hashed_days", f"({_HASHED})")
    return db.query(twins, {"month": month, "values": DUPLICATE_VALUES})


def _flags(db: Engine) -> pl.DataFrame:
    per_ampere = W_PER_AMPERE * TOLERANCE
    limits = db.query(_SQL["limits"], {"w_per_ampere": per_ampere})
    db.register("limits", limits)
    unknown = UNKNOWN_FUSE_A * per_ampere
    found = db.query(
        _SQL["flags"],
        {
            "unknown_w": unknown,
            "lowest_w": min([unknown, *limits["limit_w"].to_list()]),
            "constant_days": CONSTANT_DAYS,
            "constant_w": CONSTANT_FROM_W,
            "duplicate_days": DUPLICATE_DAYS,
        },
    )
    return found.cast(pl.Schema(TABLES["reading_flags"].schema))

"""Kind `sites`: usage places and their metering points. A row is one metering point."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import polars as pl

from campaigns.identifiers import gsrn
from campaigns.register.deliveries import Delivery, Imported
from campaigns.register.headers import folded
from campaigns.register.ids import heat_point_ids, site_ids
from campaigns.register.jobs import Job
from campaigns.register.parsing import Typed
from campaigns.register.reading import Columns
from campaigns.settings.model import Settings

if TYPE_CHECKING:
    from campaigns.lake import Writer
    from campaigns.ledger import Ledger

ENERGIES = ("electricity", "district_heat")
BUILDINGS = ("detached_house", "semi_detached", "row_house", "apartment", "cottage", "commercial")
HEATINGS = (
    "district_heat",
    "direct_electric",
    "storage_electric",
    "heat_pump_air",
    "heat_pump_ground",
    "oil",
    "wood",
    "other",
)
COLUMNS = Columns(
    required=("source_id", "energy"),
    optional=(
        "gsrn",
        "address",
        "postal_code",
        "building_type",
        "building_year",
        "heating",
        "area_m2",
        "fuse_a",
    ),
    keys=("source_id", "gsrn"),
    identity=("source_id", "gsrn"),
    words={"energy": ENERGIES, "building_type": BUILDINGS, "heating": HEATINGS},
)
_SITE = (
    "site_id", "number", "address", "postal_code", "building_type", "building_year", "heating", "area_m2",
)  # fmt: skip


class Sites:
    """Rows of one system's usage places."""

    name = "sites"
    order = 30
    columns = COLUMNS

    def recognises(self, header: Sequence[str]) -> bool:
        """Metering points with what is said of a building."""
        names = {folded(name) for name in header}
        return {"source_id", "gsrn", "energy"} <= names

    def load(
        self, delivery: Delivery, *, settings: Settings, lake: Writer, ledger: Ledger, now: datetime
    ) -> Imported:
        """Read, check and write one file. Of sites that are gone only the metering points end."""
        job = Job.start(delivery, settings=settings, lake=lake, ledger=ledger, now=now)
        rows = job.read(COLUMNS, key=("source_id", "energy", "gsrn"))
        typed = _typed(rows.frame, job)
        accepted = job.rejects.accepted(typed)
        known = job.known("metering_points")
        absent = _absent(job, typed, rows.keys, known)
        points = job.newest(accepted, known, "metering_point_id")
        kept = job.lasting(points, known, "metering_point_id", columns=("fuse_a",), present=rows.present)
        gone = known.filter(pl.col("metering_point_id").is_in(absent.implode()))
        job.note(
            len(gone),
            "1 metering point is no longer in the extract",
            "{:,} metering points are no longer in the extract",
        )
        ended = gone.with_columns(ended_on=pl.lit(job.extract.day))
        job.write("sites", _sites(job, accepted, rows.present))
        job.write("metering_points", kept, ended)
        return job.finish(rows, accepted=len(points))


def _typed(frame: pl.DataFrame, job: Job) -> pl.DataFrame:
    typed = Typed(frame, job.rejects)
    typed.required("source_id", "energy")
    energy = typed.word("energy", ENERGIES)
    numbers = gsrn.parse_series(frame["gsrn"])
    wrong = frame["gsrn"].is_not_null() & numbers.is_null()
    typed.refuse("gsrn", wrong, "REG135", "`gsrn` is not 18 digits with a check digit that fits.")
    missing = (energy == "electricity") & frame["gsrn"].is_null()
    typed.refuse("gsrn", missing, "REG120", "`gsrn` is empty, and electricity needs it.")
    heat = energy == "district_heat"
    typed.refuse(
        "gsrn", heat & numbers.is_not_null(), "REG151", "`gsrn` stands at district heat, which has none."
    )
    heat_ids = heat_point_ids(job.controller, frame["source_id"])
    return frame.select(
        "_line",
        site_ids(job.controller, frame["source_id"]).alias("site_id"),
        frame["source_id"].alias("number"),
        pl.select(pl.when(heat).then(heat_ids).otherwise(numbers)).to_series().alias("metering_point_id"),
        energy,
        numbers.alias("gsrn"),
        typed.whole("fuse_a", 1, 10_000),
        typed.text("address"),
        typed.postal_code("postal_code"),
        typed.word("building_type", BUILDINGS),
        typed.whole("building_year", 1500, job.extract.day.year + 5),
        typed.word("heating", HEATINGS),
        typed.whole("area_m2", 1, 30_000),
    )


def _absent(job: Job, typed: pl.DataFrame, keys: pl.Series, known: pl.DataFrame) -> pl.Series:
    """Metering points that the extract no longer has; an unreadable row may be any of its words."""
    mine = known.filter((pl.col("source") == job.delivery.source_name) & pl.col("ended_on").is_null())
    read_sites = typed["site_id"].unique()
    others = pl.DataFrame({"key": keys}).with_columns(site_ids(job.controller, keys).alias("site_id"))
    unread = others.filter(~pl.col("site_id").is_in(read_sites.implode()))["key"]
    present = [typed["metering_point_id"], gsrn.parse_series(keys), heat_point_ids(job.controller, unread)]
    return job.absent(mine["metering_point_id"], pl.concat([ids.alias("id") for ids in present]))


def _sites(job: Job, points: pl.DataFrame, present: frozenset[str]) -> pl.DataFrame:
    """One row a site: what the last of its metering points says."""
    known = job.known("sites")
    rows = points.select(_SITE).unique(maintain_order=True)
    last = rows.unique("site_id", keep="last", maintain_order=True)
    job.note(
        len(rows) - len(last),
        "1 site is described in two ways; the last one counts",
        "{:,} times a site is described in another way; the last one counts",
    )
    newest = job.extract.newest(last, known.select("site_id", "received_at"), "site_id")
    kept = job.lasting(newest, known, "site_id", columns=_SITE[2:], present=present)
    return kept.with_columns(
        source=pl.lit(job.delivery.source_name),
        received_at=pl.lit(job.delivery.received).dt.cast_time_unit("us"),
    )

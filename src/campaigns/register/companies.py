"""Kind `companies`: businesses and communities."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import polars as pl

from campaigns.register.deliveries import Delivery, Imported
from campaigns.register.headers import folded
from campaigns.register.ids import company_ids
from campaigns.register.jobs import Job
from campaigns.register.parsing import Typed
from campaigns.register.reading import Columns
from campaigns.settings.model import Settings

if TYPE_CHECKING:
    from campaigns.lake import Writer
    from campaigns.ledger import Ledger

COLUMNS = Columns(
    required=("source_id", "name"),
    optional=("business_id", "industry", "size", "postal_code"),
    keys=("source_id",),
)


class Companies:
    """Rows of one system's business customers."""

    name = "companies"
    order = 10
    columns = COLUMNS

    def recognises(self, header: Sequence[str]) -> bool:
        """A name and a business id."""
        return {"source_id", "name", "business_id"} <= {folded(name) for name in header}

    def load(
        self, delivery: Delivery, *, settings: Settings, lake: Writer, ledger: Ledger, now: datetime
    ) -> Imported:
        """Read, check and write one file."""
        job = Job.start(delivery, settings=settings, lake=lake, ledger=ledger, now=now)
        rows = job.read(COLUMNS, key=("source_id",))
        accepted = job.rejects.accepted(_typed(rows.frame, job))
        known = job.known("companies")
        mine = known.filter((pl.col("source") == delivery.source_name) & pl.col("ended_on").is_null())
        absent = job.absent(mine["company_id"], company_ids(job.controller, rows.keys))
        newest = job.newest(accepted, known, "company_id")
        kept = job.lasting(newest, known, "company_id", columns=COLUMNS.optional, present=rows.present)
        gone = known.filter(pl.col("company_id").is_in(absent.implode()))
        job.note(
            len(gone), "1 company is no longer in the extract", "{:,} companies are no longer in the extract"
        )
        ended = gone.with_columns(ended_on=pl.lit(job.extract.day))
        job.write("companies", kept, ended)
        return job.finish(rows, accepted=len(newest))


def _typed(frame: pl.DataFrame, job: Job) -> pl.DataFrame:
    typed = Typed(frame, job.rejects)
    typed.required("source_id", "name")
    return frame.select(
        "_line",
        company_ids(job.controller, frame["source_id"]).alias("company_id"),
        typed.business_id("business_id"),
        typed.text("name"),
        typed.text("industry"),
        typed.whole("size", 0, 10_000_000),
        typed.postal_code("postal_code"),
    )

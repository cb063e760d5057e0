"""Kind `contracts`: what ties a person or a company to a metering point, for a time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import polars as pl

from campaigns.identifiers import gsrn
from campaigns.register.deliveries import Delivery, Imported
from campaigns.register.headers import folded
from campaigns.register.ids import company_ids, contract_ids, heat_point_ids
from campaigns.register.jobs import Job
from campaigns.register.parsing import Typed
from campaigns.register.reading import Columns
from campaigns.settings.model import Settings

if TYPE_CHECKING:
    from campaigns.lake import Writer
    from campaigns.ledger import Ledger

TYPES = ("fixed_term", "open_ended", "spot", "network", "district_heat")
COLUMNS = Columns(
    required=("source_id", "contract_type", "start_date"),
    optional=(
        "person",
        "company",
        "gsrn",
        "site",
        "product",
        "end_date",
        "annual_kwh_estimate",
        "price_c_kwh",
        "margin_c_kwh",
    ),
    keys=("source_id", "person", "company", "gsrn", "site"),
    person="person",
    words={"contract_type": TYPES},
)
# What stays when the file has no such column. A full extract without end dates has only running contracts.
_LASTING = {
    "full": ("product", "annual_kwh_estimate", "price_c_kwh", "margin_c_kwh"),
    "changes": ("product", "annual_kwh_estimate", "price_c_kwh", "margin_c_kwh", "end_date"),
}
_DEAREST = 1000  # c/kWh


class Contracts:
    """Rows of one system's contracts. District heat has no GSRN: its usage place may stand in `site`.

    `price_c_kwh` is the energy price of a contract with a price of its own, `margin_c_kwh` what the holder
    pays on top of the exchange, or would pay; both with VAT, as spot prices are kept.
    """

    name = "contracts"
    order = 40
    columns = COLUMNS

    def recognises(self, header: Sequence[str]) -> bool:
        """A contract type and a start."""
        return set(COLUMNS.required) <= {folded(name) for name in header}

    def load(
        self, delivery: Delivery, *, settings: Settings, lake: Writer, ledger: Ledger, now: datetime
    ) -> Imported:
        """Read, check and write one file; a contract that a full extract no longer has ends that day."""
        job = Job.start(delivery, settings=settings, lake=lake, ledger=ledger, now=now)
        rows = job.read(COLUMNS, key=("source_id",), of_erased=True)
        accepted = job.rejects.accepted(_typed(rows.frame, job))
        known = job.known("contracts")
        running = pl.col("end_date").is_null() | (pl.col("end_date") > job.extract.day)
        mine = known.filter((pl.col("source") == delivery.source_name) & running)
        absent = job.absent(mine["contract_id"], contract_ids(job.controller, rows.keys))
        newest = job.newest(accepted, known, "contract_id")
        kept = job.lasting(
            newest, known, "contract_id", columns=_LASTING[delivery.source.extract], present=rows.present
        )
        gone = known.filter(pl.col("contract_id").is_in(absent.implode()))
        job.note(
            len(gone), "1 contract is no longer in the extract", "{:,} contracts are no longer in the extract"
        )
        ended = gone.with_columns(end_date=pl.max_horizontal("start_date", pl.lit(job.extract.day)))
        job.write("contracts", kept, ended)
        return job.finish(rows, accepted=len(newest))


def _typed(frame: pl.DataFrame, job: Job) -> pl.DataFrame:
    typed = Typed(frame, job.rejects)
    typed.required("source_id", "contract_type", "start_date")
    holders = frame["person"].is_not_null().cast(pl.Int8) + frame["company"].is_not_null().cast(pl.Int8)
    typed.refuse(
        "person",
        holders != 1,
        "REG152",
        "a contract is held by a `person` or by a `company`, by one of them.",
    )
    start, end = typed.day("start_date"), typed.day("end_date")
    typed.refuse("end_date", end < start, "REG150", "`end_date` is before `start_date`.")
    return frame.select(
        "_line",
        contract_ids(job.controller, frame["source_id"]).alias("contract_id"),
        _persons(frame, typed, job).alias("person_id"),
        _companies(frame, typed, job).alias("company_id"),
        _points(frame, typed, job).alias("metering_point_id"),
        typed.text("product"),
        typed.word("contract_type", TYPES),
        start,
        end,
        typed.whole("annual_kwh_estimate", 0, 2_000_000_000),
        typed.decimal("price_c_kwh", 0, _DEAREST),
        typed.decimal("margin_c_kwh", 0, _DEAREST),
    )


def _persons(frame: pl.DataFrame, typed: Typed, job: Job) -> pl.Series:
    ids = job.person_ids(frame["person"])
    typed.known("person", ids, "REG140", "`person` is no customer number that we have.")
    return ids


def _companies(frame: pl.DataFrame, typed: Typed, job: Job) -> pl.Series:
    ids = company_ids(job.controller, frame["company"])
    return _existing(ids, job.known("companies", ["company_id"])["company_id"], "company", "company", typed)


def _points(frame: pl.DataFrame, typed: Typed, job: Job) -> pl.Series:
    """By GSRN; district heat by its site."""
    numbers = gsrn.parse_series(frame["gsrn"])
    wrong = frame["gsrn"].is_not_null() & numbers.is_null()
    typed.refuse("gsrn", wrong, "REG135", "`gsrn` is not 18 digits with a check digit that fits.")
    known = job.known("metering_points", ["metering_point_id"])["metering_point_id"]
    by_gsrn = _existing(numbers, known, "gsrn", "metering point", typed)
    heat = frame["gsrn"].is_null() & (frame["contract_type"].str.to_lowercase() == "district_heat")
    ids = heat_point_ids(job.controller, frame["site"])
    heat_ids = pl.select(pl.when(heat).then(ids)).to_series()
    by_site = _existing(heat_ids, known, "site", "district heat metering point", typed)
    return pl.select(pl.coalesce(by_gsrn, by_site)).to_series()


def _existing(ids: pl.Series, known: pl.Series, column: str, what: str, typed: Typed) -> pl.Series:
    code = "REG141" if column == "company" else "REG142"
    missing = ids.is_not_null() & ~ids.is_in(known.implode())
    typed.refuse(column, missing, code, f"`{column}` names no {what} that we have.")
    return ids

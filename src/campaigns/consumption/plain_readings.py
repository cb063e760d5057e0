"""The kind `readings`: readings of any origin with named columns, decoded and overlaid as those of Datahub.

The metering point is a GSRN, or a site of the register that has a single one. Times say their offset, or are
of the `zone` that stands beside them; `unit` and `resolution` are stated too, by a column or by `defaults:`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import polars as pl

from campaigns.consumption import interval_files
from campaigns.consumption.named_cells import NUMBER, NamedCells, refuse
from campaigns.consumption.readings import QUANTITY
from campaigns.consumption.starts import ZONES, Starts
from campaigns.errors import UserError
from campaigns.register.deliveries import Delivery, Imported
from campaigns.register.headers import Columns, folded
from campaigns.register.ids import site_ids
from campaigns.register.quarantine import Rejects
from campaigns.register.reading import header_of
from campaigns.settings.model import Settings

if TYPE_CHECKING:
    from campaigns.lake import Writer
    from campaigns.ledger import Ledger

_RESOLUTIONS = {"pt15m": "PT15M", "15": "PT15M", "pt1h": "PT1H", "pt60m": "PT1H", "60": "PT1H"}
_DIRECTIONS = {"import": "import", "export": "export"}
_UNITS = {"wh": -3, "kwh": 0, "mwh": 3}  # powers of ten of a kWh
_COLUMNS = Columns(
    required=("start", "quantity", "resolution", "unit"),
    optional=("gsrn", "site", "zone", "direction", "quality"),
    words={
        "resolution": tuple(_RESOLUTIONS),
        "unit": tuple(_UNITS),
        "direction": tuple(_DIRECTIONS),
        "zone": ZONES,
    },
)


class PlainReadings:
    """Imports readings with named columns; see `register.deliveries.Kind`."""

    name = "readings"
    order = 81
    columns = _COLUMNS

    def recognises(self, header: Sequence[str]) -> bool:
        """By our own column names; with those of Datahub beside them it is a Datahub file."""
        names = {folded(name) for name in header}
        is_datahub = {"product", "reading_type"} <= names
        return set(_COLUMNS.required) <= names and bool(names & {"gsrn", "site"}) and not is_datahub

    def load(
        self, delivery: Delivery, *, settings: Settings, lake: Writer, ledger: Ledger, now: datetime
    ) -> Imported:
        """One file into consumption days; raises `UserError` when it is no such file."""
        del ledger  # readings belong to the lake alone
        if lake.seen("consumption_days", delivery.transaction):
            return Imported(file=delivery.name, kind=self.name, unchanged=True)
        layout = interval_files.layout_of(delivery, header_of(delivery), _COLUMNS, quotes=True)
        if not {"gsrn", "site"} & {*layout.columns, *delivery.source.defaults}:
            raise UserError(
                "REG007",
                f"{delivery.name} has neither a column `gsrn` nor `site`, and readings need one of them.",
                hint="see `columns:` of the source",
            )
        prepare = _Preparation(delivery, lake)
        return interval_files.load(
            delivery, layout, settings=settings, lake=lake, now=now, prepare=prepare.cells
        )


class _Preparation:
    """Makes the cells of a file those that Datahub would have given."""

    def __init__(self, delivery: Delivery, lake: Writer) -> None:
        self._controller = delivery.source.controller
        self._cells = NamedCells(delivery)
        self._points = _points_of_sites(lake, self._controller)
        self._starts = Starts()

    def cells(self, cells: pl.DataFrame, rejects: Rejects) -> pl.DataFrame:
        """COLUMNS of Datahub as text, of the rows that say what they must."""
        given = self._cells.columns(cells, _COLUMNS.names)
        known = given.with_columns(
            self._gsrn(given),
            resolution=_word("resolution", _RESOLUTIONS),
            direction=_word("direction", {**_DIRECTIONS, "": "import"}),
            power=pl.col("unit")
            .str.to_lowercase()
            .replace_strict(_UNITS, default=None, return_dtype=pl.Int8),
        )
        good = _without_faults(known, rejects)
        return good.select(
            "_line",
            "_text",
            "gsrn",
            "resolution",
            _in_kwh(),
            self._starts.with_offset(good),
            product=pl.lit("8716867000030"),
            unit=pl.lit("kWh"),
            reading_type="direction",
            quality=pl.when(pl.col("quality") != "")
            .then("quality")
            .otherwise(pl.when(pl.col("quantity") == "").then(pl.lit("MISSING")).otherwise(pl.lit("OK"))),
        )

    def _gsrn(self, given: pl.DataFrame) -> pl.Series:
        """The GSRN that a row states, else that of its site, else nothing."""
        if not (given["site"] != "").any():
            return given["gsrn"]
        sites = given.select(site_id=site_ids(self._controller, given["site"]))
        theirs = sites.join(self._points, on="site_id", how="left", maintain_order="left")["gsrn"]
        found = pl.when(given["gsrn"] != "").then(given["gsrn"]).otherwise(theirs)
        return pl.select(found.alias("gsrn")).to_series()


def _points_of_sites(lake: Writer, controller: str) -> pl.DataFrame:
    """The GSRN, as text, of every site that has a single metering point of electricity."""
    mine = (pl.col("controller") == controller) & (pl.col("energy") == "electricity")
    points = lake.frame("metering_points", ["site_id", "gsrn"], where=mine)
    single = points.filter(~points["site_id"].is_duplicated())
    return single.with_columns(pl.col("gsrn").cast(pl.String))


def _without_faults(known: pl.DataFrame, rejects: Rejects) -> pl.DataFrame:
    """The rows that say what they must; the others are refused, each with everything that is wrong."""
    bad = pl.lit(value=False)
    for column, code, condition, message in (
        (
            "site",
            "CON122",
            pl.col("gsrn").is_null(),
            "`site` is none with a single metering point of electricity.",
        ),
        ("direction", "CON123", pl.col("direction").is_null(), "`direction` must be import or export."),
        ("unit", "CON124", pl.col("power").is_null(), "`unit` must be Wh, kWh or MWh."),
        (
            "resolution",
            "CON125",
            pl.col("resolution").is_null(),
            "`resolution` must be PT15M, PT1H, 15 or 60.",
        ),
    ):
        bad = bad | condition
        refuse(known.filter(condition), code, message, column, rejects)
    return known.filter(~bad)


def _word(column: str, words: Mapping[str, str]) -> pl.Expr:
    lower = pl.col(column).str.to_lowercase()
    return lower.replace_strict(words, default=None, return_dtype=pl.String)


def _in_kwh() -> pl.Expr:
    """The quantity as a number of kWh; what is none is no number afterwards either, and is refused."""
    text = pl.col("quantity").str.replace(",", ".", literal=True)
    number = pl.when(text.str.contains(NUMBER)).then(text).cast(pl.Decimal(30, 12), strict=False)
    thousand = pl.lit(1000).cast(pl.Decimal(5, 0))
    scaled = (
        pl.when(pl.col("power") < 0)
        .then(number / thousand)
        .when(pl.col("power") > 0)
        .then(number * thousand)
        .otherwise(number)
    )
    plain = scaled.cast(QUANTITY, strict=False).cast(pl.String)
    wrong = pl.when(pl.col("quantity") != "").then(pl.lit("?")).otherwise(pl.lit(""))
    return pl.coalesce(plain, wrong).alias("quantity")

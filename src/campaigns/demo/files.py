"""Writing the inbox: each file in the words, header and number format of the system that sends it."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import polars as pl

# Words of the customer system for our words.
FINNISH = {
    "consumer": "kuluttaja",
    "minor": "alaikäinen",
    "sole_trader": "toiminimi",
    "business_contact": "yrityksen yhteyshenkilö",
    "company_role_address": "yrityksen osoite",
    "estate": "kuolinpesä",
    "detached_house": "omakotitalo",
    "semi_detached": "paritalo",
    "row_house": "rivitalo",
    "apartment": "kerrostalo",
    "cottage": "vapaa-ajan asunto",
    "commercial": "liiketila",
    "district_heat": "kaukolämpö",
    "direct_electric": "suora sähkö",
    "storage_electric": "varaava sähkö",
    "heat_pump_air": "ilmalämpöpumppu",
    "heat_pump_ground": "maalämpö",
    "oil": "öljy",
    "wood": "puu",
    "other": "muu",
    "electricity": "sähkö",
    "fixed_term": "määräaikainen",
    "open_ended": "toistaiseksi",
    "spot": "pörssi",
    "network": "verkko",
}


@dataclass(frozen=True, kw_only=True)
class Inbox:
    """A folder of source files. `rows` counts the data rows of each file written, broken ones included."""

    folder: Path
    received: datetime
    rows: dict[str, int] = field(default_factory=dict)

    def write(
        self,
        name: str,
        frame: pl.DataFrame,
        *,
        separator: str = ";",
        decimals: int | None = None,
        broken: tuple[str, ...] = (),
        bom: bool = False,
        received: datetime | None = None,
    ) -> Path:
        """One CSV file, with decimal commas where `;` divides; `broken` lines go in the middle unchanged."""
        path = self.folder / name
        text = frame.write_csv(
            separator=separator,
            decimal_comma=separator == ";",
            float_precision=decimals,
            date_format="%Y-%m-%d",
            datetime_format="%Y-%m-%dT%H:%M:%SZ",
        )
        if broken:
            lines = text.splitlines(keepends=True)
            middle = len(lines) // 2 + 1
            text = "".join([*lines[:middle], *(f"{line}\n" for line in broken), *lines[middle:]])
        data = text.encode("utf-8-sig" if bom else "utf-8")
        return self.put(name, data, frame.height + len(broken), received=received, path=path)

    def put(
        self, name: str, data: bytes, rows: int, *, received: datetime | None = None, path: Path | None = None
    ) -> Path:
        """The bytes of one file, dated by when the source sent it."""
        path = path or self.folder / name
        path.write_bytes(data)
        moment = (received or self.received).timestamp()
        os.utime(path, (moment, moment))
        self.rows[name] = rows
        return path


def finnish(column: str) -> pl.Expr:
    """That column in the customer system's words."""
    return pl.col(column).replace(FINNISH)


def yes_no(column: str) -> pl.Expr:
    """kyllä or ei."""
    return pl.when(column).then(pl.lit("kyllä")).otherwise(pl.lit("ei"))

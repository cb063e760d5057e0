"""Erasure: the rows of a person leave every table, and then the files that held them leave the disk.

Tables are written anew without the rows instead of deleting by a predicate: not even the log names anybody.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl

from campaigns.lake import leases
from campaigns.lake.cleaning import Vacuumed, sweep
from campaigns.lake.schemas import TABLES
from campaigns.lake.writer import Writer

GRACE = timedelta(seconds=60)  # readers younger than this may finish what they are reading
_BETWEEN_FIELDS = re.compile(r'[;,\t|"\n]')
_TELEPHONE = re.compile(r"\+?[\d\s\-()./]{6,}")
_SUBSCRIBER = 8  # digits that 040 1234567, +358 40 1234567 and 00358401234567 have in common


@dataclass(frozen=True, kw_only=True, slots=True)
class Erased:
    """How many rows went, by table, and whether old files had to stay for a while."""

    rows: dict[str, int]
    vacuumed: Vacuumed

    @property
    def pending(self) -> bool:
        """Whether a reader still needs a file with these people: vacuum again when it is done."""
        return self.vacuumed.pending


def remove_rows(writer: Writer, controller: str, person_ids: Sequence[int]) -> dict[str, int]:
    """Commit every personal table without these people of this controller; rows removed, by table.

    Quarantined lines that quote one of their addresses or customer numbers go too, and the address of a site
    at which nobody else ever had a contract is blanked.
    """
    mine = (pl.col("controller") == controller) & pl.col("person_id").is_in(list(person_ids))
    quoting = _quoting(controller, _identifiers(writer, mine))
    _blank_addresses(writer, mine)
    rows = {
        name: writer.remove(name, mine | quoting if name == "quarantine" else mine)
        for name, table in TABLES.items()
        if table.personal
    }
    return {name: count for name, count in rows.items() if count}


def finish(root: Path, now: datetime) -> Vacuumed:
    """Take the leases of readers who have had their time, and remove the old files."""
    for lease in leases.live(root):
        if now - lease.since > GRACE:
            lease.revoke()
    return sweep(root)


def _identifiers(writer: Writer, mine: pl.Expr) -> frozenset[str]:
    points = writer.frame("contact_points", where=mine)["value"].drop_nulls()
    numbers = writer.frame("person_keys", where=mine)["source_id"].drop_nulls()
    lines = [line for value in points.to_list() for line in value.splitlines()]
    return frozenset(_comparable(word) for word in [*lines, *numbers.to_list()])


def _quoting(controller: str, identifiers: frozenset[str]) -> pl.Expr:
    """Quarantined lines of this controller with a field that is one of these."""

    def quotes(text: str) -> bool:
        return any(_comparable(field) in identifiers for field in _BETWEEN_FIELDS.split(text))

    return (pl.col("controller") == controller) & pl.col("text").map_elements(quotes, pl.Boolean)


def _comparable(field: str) -> str:
    field = field.strip().casefold()
    if _TELEPHONE.fullmatch(field):
        return re.sub(r"\D", "", field)[-_SUBSCRIBER:]
    return field


def _blank_addresses(writer: Writer, mine: pl.Expr) -> None:
    contracts = writer.frame("contracts", ["controller", "person_id", "metering_point_id"])
    points = writer.frame("metering_points", ["controller", "metering_point_id", "site_id"])
    at = contracts.join(points, on=["controller", "metering_point_id"]).with_columns(
        leaving=mine.fill_null(value=False)
    )
    left_alone = at.group_by("controller", "site_id").agg(pl.col("leaving").all()).filter("leaving")
    sites = writer.frame("sites")
    blanked = sites.join(left_alone, on=["controller", "site_id"], how="semi").with_columns(
        address=pl.lit(None, pl.String)
    )
    if not blanked.is_empty():
        writer.upsert("sites", blanked)

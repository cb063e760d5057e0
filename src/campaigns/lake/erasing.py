"""Erasure: the rows of a person leave every table, and then the files that held them leave the disk.

Tables are written anew without the rows instead of deleting by a predicate: not even the log names anybody.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl

from campaigns.lake import leases
from campaigns.lake.cleaning import Vacuumed, sweep
from campaigns.lake.schemas import TABLES
from campaigns.lake.writer import Writer

GRACE = timedelta(seconds=60)  # readers younger than this may finish what they are reading
# What an interrupted erasure needs to go on goes last: by it the other rows are recognised.
_LAST = ("persons", "contact_points", "person_keys")
Quoting = Callable[[pl.DataFrame], pl.Series]


@dataclass(frozen=True, kw_only=True, slots=True)
class Erased:
    """How many rows went, by table, and whether old files had to stay for a while."""

    rows: dict[str, int]
    vacuumed: Vacuumed

    @property
    def pending(self) -> bool:
        """Whether a reader still needs a file with these people: vacuum again when it is done."""
        return self.vacuumed.pending


def remove_rows(
    writer: Writer, controller: str, person_ids: Sequence[int], quoting: Quoting | None = None
) -> dict[str, int]:
    """Commit every personal table without these people of this controller; rows removed, by table.

    Quarantined rows of this controller for which `quoting` is true (a Boolean a row) go too, and the address
    of a site at which nobody else ever had a contract is blanked.
    """
    mine = (pl.col("controller") == controller) & pl.col("person_id").is_in(list(person_ids))
    rows = {}
    if quoting is not None:
        rows["quarantine"] = _remove_quoting(writer, controller, quoting)
    _blank_addresses(writer, mine)
    personal = sorted((name for name, table in TABLES.items() if table.personal), key=_turn)
    for name in personal:
        rows[name] = rows.get(name, 0) + writer.remove(name, mine)
    return {name: count for name, count in rows.items() if count}


def finish(root: Path, now: datetime) -> Vacuumed:
    """Take the leases of readers who have had their time, and remove the old files."""
    for lease in leases.live(root):
        if now - lease.since > GRACE:
            lease.revoke()
    return sweep(root)


def _turn(table: str) -> int:
    return 1 + _LAST.index(table) if table in _LAST else 0


def _remove_quoting(writer: Writer, controller: str, quoting: Quoting) -> int:
    keys = TABLES["quarantine"].keys
    entries = writer.frame("quarantine", where=pl.col("controller") == controller)
    if entries.is_empty():
        return 0
    gone = entries.filter(quoting(entries)).select(pl.struct(keys).alias("key"))["key"]
    return writer.remove("quarantine", pl.struct(keys).is_in(gone.implode())) if len(gone) else 0


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

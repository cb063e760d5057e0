"""The list of erased people, kept apart from the backups: after a restore nobody comes back who had gone.

One line of JSON an erasure, with keyed digests only, written and forced to the disk before anything is
deleted. The key lies beside the ledger, so that the list alone tells nothing about anybody.
"""

from __future__ import annotations

import fcntl
import hmac
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from campaigns.errors import DataDamaged
from campaigns.ledger import erasure, keys

if TYPE_CHECKING:
    from campaigns.lake import Lake, Snapshot
    from campaigns.ledger import Ledger

NAME = "erased.jsonl"
_KEY = "key"  # the channel of customer numbers, as in `register.erased`


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One erasure: the register, when, and what recognises the person as (channel, digest)."""

    controller: str
    at: datetime
    digests: tuple[tuple[str, str], ...]


def append(folder: Path, ledger: Ledger, entry: Entry) -> None:
    """Add one erasure; on the disk when this returns. The same one twice does no harm."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    document = _document(entry)
    line = json.dumps({**document, "seal": _seal(ledger, document)}, sort_keys=True)
    flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW
    descriptor = os.open(folder / NAME, flags, 0o600)
    with os.fdopen(descriptor, "r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        size = file.seek(0, os.SEEK_END)
        torn = size > 0 and os.pread(file.fileno(), 1, size - 1) != b"\n"  # a power cut in an earlier line
        os.write(file.fileno(), b"\n" * torn + line.encode() + b"\n")
        os.fsync(file.fileno())
    _sync(folder)


def read(folder: Path, ledger: Ledger) -> list[Entry]:
    """All erasures, in the order in which they were written; none when there is no list.

    A line cut short by a power cut stands for an erasure that had not begun. Raises `DataDamaged` RGT030 for
    a line that was changed, or that another ledger's key has sealed.
    """
    try:
        descriptor = os.open(folder / NAME, os.O_RDONLY | os.O_NOFOLLOW)
    except FileNotFoundError:
        return []
    with os.fdopen(descriptor, encoding="utf-8", errors="replace") as file:
        found = [_entry(ledger, line, at) for at, line in enumerate(file, start=1)]
    return [entry for entry in found if entry is not None]


def replay(folder: Path, *, lake: Lake, ledger: Ledger, now: datetime) -> dict[str, list[int]]:
    """Who of a restored lake had been erased, by controller, and let the ledger know all digests again.

    People are told by their customer numbers, never by their ids: a restored register may give the same id
    to somebody else. The caller erases them (`erasing.erase`) before anything opens.
    """
    by_register: dict[str, set[tuple[str, str]]] = {}
    for entry in read(folder, ledger):
        by_register.setdefault(entry.controller, set()).update(entry.digests)
    with ledger.write() as connection:
        for controller, digests in by_register.items():
            erasure.remember(connection, controller, sorted(digests), now=now)
    with lake.snapshot() as snapshot:
        found = {
            controller: _still_there(snapshot, ledger, controller, {digest for _, digest in digests})
            for controller, digests in by_register.items()
        }
    return {controller: person_ids for controller, person_ids in found.items() if person_ids}


def _still_there(snapshot: Snapshot, ledger: Ledger, controller: str, digests: set[str]) -> list[int]:
    """People with a customer number among the digests, about whom the lake still knows something.

    A row that came back after the erasure is empty already, and needs no further one.
    """
    rows = snapshot.frame("person_keys").filter(pl.col("controller") == controller)
    key = ledger.address_key(controller, _KEY)
    gone = [
        row["person_id"]
        for row in rows.iter_rows(named=True)
        if keys.address_digest(key, f"{row['key_space']}:{row['source_id']}") in digests
    ]
    persons = snapshot.frame("persons", ["controller", "person_id", "first_name", "last_name", "birth_year"])
    points = snapshot.frame("contact_points", ["controller", "person_id"])
    told = pl.any_horizontal(pl.col("first_name", "last_name", "birth_year").is_not_null())
    known = pl.concat([persons.filter(told).select("controller", "person_id"), points])
    mine = (pl.col("controller") == controller) & pl.col("person_id").is_in(gone)
    return sorted(known.filter(mine)["person_id"].unique().to_list())


def _document(entry: Entry) -> dict[str, Any]:
    digests: Sequence[list[str]] = [list(pair) for pair in sorted(entry.digests)]
    return {"controller": entry.controller, "at": entry.at.isoformat(), "digests": digests}


def _entry(ledger: Ledger, line: str, at: int) -> Entry | None:
    try:
        document = json.loads(line)
    except ValueError:
        return None
    seal = document.pop("seal", "") if isinstance(document, dict) else ""
    if not hmac.compare_digest(seal, _seal(ledger, document)):
        raise DataDamaged(
            "RGT030",
            f"line {at} of the list of erased people was changed, or belongs to another ledger's key.",
            hint="restore the list, and the key file that was backed up with the ledger",
        )
    return Entry(
        controller=document["controller"],
        at=datetime.fromisoformat(document["at"]),
        digests=tuple((channel, digest) for channel, digest in document["digests"]),
    )


def _seal(ledger: Ledger, document: object) -> str:
    return ledger.digest("erased_list", json.dumps(document, sort_keys=True))


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

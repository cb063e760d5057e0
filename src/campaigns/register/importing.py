"""`campaigns import`: files in, each for itself; one lock and one snapshot for all of them.

A file is refused whole (damaged, unknown, cut short) or goes in, with its bad rows in the quarantine; a
refused file does not keep the others out. The command exits with 2 when a file was refused, else with 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from campaigns.errors import Busy, DataDamaged, Mistake, Mistakes, UserError
from campaigns.register import disclosing, files
from campaigns.register.deliveries import Delivery, Imported, Kind
from campaigns.register.recognising import check_words, recognise
from campaigns.register.repeats import speaks_again, waiting
from campaigns.settings.model import Settings

if TYPE_CHECKING:
    from campaigns.lake import Lake, Writer
    from campaigns.ledger import Ledger

SETTLE = 0.05  # seconds in which a file must not change


def import_files(
    paths: Sequence[Path],
    *,
    kinds: Sequence[Kind],
    settings: Settings,
    lake: Lake,
    ledger: Ledger,
    now: datetime,
    as_kind: str | None = None,
    source: str | None = None,
    received: datetime | None = None,
    shrink_accepted_by: str = "",
    actor: str = "import",
    settle: float = SETTLE,
) -> list[Imported]:
    """Import files, companies first and readings last; results in that order, refused files at the end.

    `as_kind`, `source` and `received` (aware) say what the files cannot; `shrink_accepted_by` is who vouches
    for full extracts that lack much of what is known; `actor` stands in the records of disclosures. What is
    wrong with a file is in its `Imported.refused`. Raises `NotFound` REG006 for an unknown kind or source,
    `Busy` while others write to the lake or the ledger, and `DataDamaged`.
    """
    check_words(kinds, settings, as_kind, source)
    seen = _seen(lake)
    found: list[_Found] = []
    refused: list[Imported] = []
    for path in _whole(paths, settle, refused):
        try:
            mark = files.mark(path)
            kind, delivery = recognise(
                path,
                kinds=kinds,
                settings=settings,
                now=now,
                as_kind=as_kind,
                source=source,
                received=received,
                seen=seen,
            )
        except UserError as error:
            refused.append(_refused(path, error))
        else:
            found.append(_Found(kind, replace(delivery, shrink_accepted_by=shrink_accepted_by), mark))
    if not found:
        return refused
    done: list[Imported] = []
    with lake.writer(purpose="import") as writer:
        for one in sorted(found, key=_Found.turn):
            try:
                done.append(_load(one, settings=settings, lake=writer, ledger=ledger, now=now, actor=actor))
            except (Busy, DataDamaged):
                raise
            except (UserError, Mistakes) as error:
                refused.append(_refused(one.delivery.path, error, one.kind.name))
        if any(one.accepted for one in done):
            done[-1] = _with_waiting(done[-1], writer)
    return done + refused


class _Found(NamedTuple):
    """A file, what it is, and how it looked when that was found out."""

    kind: Kind
    delivery: Delivery
    mark: tuple[int, int]

    def turn(self) -> tuple[int, datetime, str]:
        """Companies before people; of one kind the oldest first, so that the newest wins."""
        return self.kind.order, self.delivery.received, self.delivery.sha256


def _seen(lake: Lake) -> dict[str, str]:
    """The source of each file that was imported before, by its hash."""
    with lake.snapshot() as snapshot:
        return dict(snapshot.frame("deliveries", ["file_hash", "source"]).rows())


def _whole(paths: Sequence[Path], settle: float, refused: list[Imported]) -> list[Path]:
    """The files that can be opened and do not change, each once."""
    ordinary = []
    for path in dict.fromkeys(paths):
        try:
            files.refuse_strange(path)
        except UserError as error:
            refused.append(_refused(path, error))
        else:
            ordinary.append(path)
    changing = files.changing(ordinary, settle=settle)
    refused.extend(_refused(path, files.still_written(path)) for path in ordinary if path in changing)
    return [path for path in ordinary if path not in changing]


def _load(
    one: _Found, *, settings: Settings, lake: Writer, ledger: Ledger, now: datetime, actor: str
) -> Imported:
    kind, delivery = one.kind, one.delivery
    if files.mark(delivery.path) != one.mark:
        raise files.still_written(delivery.path)
    if lake.seen("deliveries", delivery.transaction):
        if not speaks_again(delivery, lake):
            return Imported(file=delivery.name, kind=kind.name, unchanged=True)
        delivery = replace(delivery, again=True)
    disclosing.refuse_undisclosed(delivery, settings, now=now)
    imported = kind.load(delivery, settings=settings, lake=lake, ledger=ledger, now=now)
    if not imported.unchanged:
        disclosing.record(delivery, settings=settings, lake=lake, ledger=ledger, actor=actor, now=now)
        lake.upsert("deliveries", _record(delivery, imported, now), transaction=delivery.transaction)
    return imported


def _with_waiting(imported: Imported, lake: Writer) -> Imported:
    notes = [f"{file} has rows of people who are known now: import it again" for file in waiting(lake)]
    return replace(imported, notes=(*imported.notes, *notes))


def _record(delivery: Delivery, imported: Imported, now: datetime) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "controller": [delivery.source.controller],
            "source": [delivery.source_name],
            "file_hash": [delivery.sha256],
            "file": [delivery.name],
            "kind": [imported.kind],
            "extract": [delivery.source.extract],
            "received_at": [delivery.received],
            "imported_at": [now],
            "rows": [imported.rows],
            "accepted": [imported.accepted],
            "quarantined": [imported.quarantined],
        }
    )


def _refused(path: Path, error: UserError | Mistakes, kind: str = "") -> Imported:
    first: Mistake = error.mistakes[0] if isinstance(error, Mistakes) else error.mistake
    return Imported(file=files.shown_name(path), kind=kind, refused=first)

"""`campaigns import`: files in, each for itself; one lock and one snapshot for all of them.

A file is refused whole (damaged, unknown, cut short) or goes in, with its bad rows in the quarantine; a
refused file does not keep the others out. The command exits with 2 when a file was refused, else with 0.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from campaigns.errors import Busy, DataDamaged, Mistake, Mistakes, UserError
from campaigns.register import archives, disclosing, files, staging
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
    refused: list[Imported] = []
    whole = _whole(paths, settle, refused)
    with _unpacked(whole, lake.root.parent, refused) as given:
        seen = _seen(lake)
        found: list[_Found] = []
        for one in given:
            try:
                mark = files.mark(one.path)
                kind, delivery = recognise(
                    one,
                    kinds=kinds,
                    settings=settings,
                    now=now,
                    as_kind=as_kind,
                    source=source,
                    received=received,
                    seen=seen,
                )
            except UserError as error:
                refused.append(_refused(one.name, error))
            else:
                found.append(_Found(kind, replace(delivery, shrink_accepted_by=shrink_accepted_by), mark))
        done = _load_all(found, refused, settings=settings, lake=lake, ledger=ledger, now=now, actor=actor)
    return done + refused


def _load_all(
    found: Sequence[_Found],
    refused: list[Imported],
    *,
    settings: Settings,
    lake: Lake,
    ledger: Ledger,
    now: datetime,
    actor: str,
) -> list[Imported]:
    """Load what was recognised, in its turn, under one lock; what is refused now is added to the others."""
    if not found:
        return []
    done: list[Imported] = []
    with lake.writer(purpose="import") as writer:
        for one in sorted(found, key=_Found.turn):
            try:
                done.append(_load(one, settings=settings, lake=writer, ledger=ledger, now=now, actor=actor))
            except (Busy, DataDamaged):
                raise
            except (UserError, Mistakes) as error:
                refused.append(_refused(one.delivery.name, error, one.kind.name))
        if any(one.accepted for one in done):
            done[-1] = _with_waiting(done[-1], writer)
    return done


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
            refused.append(_refused(files.shown_name(path), error))
        else:
            ordinary.append(path)
    changing = files.changing(ordinary, settle=settle)
    names = [files.shown_name(path) for path in ordinary if path in changing]
    refused.extend(_refused(name, files.still_written(name)) for name in names)
    return [path for path in ordinary if path not in changing]


@contextmanager
def _unpacked(paths: Sequence[Path], data: Path, refused: list[Imported]) -> Iterator[list[files.Given]]:
    """The files, and those that are packed in them, which lie below `data` until the import is over."""
    packed = {path for path in paths if archives.is_archive(path)}
    if not packed:
        yield [files.Given.of(path) for path in paths]
        return
    with staging.opened(data) as place:
        given: list[files.Given] = []
        for number, path in enumerate(paths):
            if path not in packed:
                given.append(files.Given.of(path))
                continue
            try:
                before = files.mark(path)
                given += _out_of(path, place / str(number))
                if files.mark(path) != before:
                    raise files.still_written(files.shown_name(path))
            except UserError as error:
                refused.append(_refused(files.shown_name(path), error))
        yield given


def _out_of(path: Path, folder: Path) -> list[files.Given]:
    folder.mkdir(mode=0o700)
    try:
        return archives.unpack(path, folder)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _load(
    one: _Found, *, settings: Settings, lake: Writer, ledger: Ledger, now: datetime, actor: str
) -> Imported:
    kind, delivery = one.kind, one.delivery
    refuse_change = partial(_refuse_change, one)
    refuse_change()
    if lake.seen("deliveries", delivery.transaction):
        if not speaks_again(delivery, lake):
            return Imported(file=delivery.name, kind=kind.name, unchanged=True)
        delivery = replace(delivery, again=True)
    disclosing.refuse_undisclosed(delivery, settings, now=now)
    with lake.guarded(refuse_change):  # somebody may write to the file while it is read
        imported = kind.load(delivery, settings=settings, lake=lake, ledger=ledger, now=now)
    if not imported.unchanged:
        disclosing.record(delivery, settings=settings, lake=lake, ledger=ledger, actor=actor, now=now)
        lake.upsert("deliveries", _record(delivery, imported, now), transaction=delivery.transaction)
    return imported


def _refuse_change(one: _Found) -> None:
    """Raises `UserError` REG003 when the file is no longer the one that was looked at first."""
    try:
        changed = files.mark(one.delivery.path) != one.mark
    except OSError:
        changed = True
    if changed:
        raise files.still_written(one.delivery.name)


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


def _refused(name: str, error: UserError | Mistakes, kind: str = "") -> Imported:
    first: Mistake = error.mistakes[0] if isinstance(error, Mistakes) else error.mistake
    return Imported(file=name, kind=kind, refused=first)

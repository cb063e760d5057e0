"""Copies of people's data in files below `data/`: deliveries, mails, lists, answers, caches, anything else.

Delivered files of the register lose the people's lines; those of another register are its own. Answers to
the people, and mails to them, go whole. Of other files, lists lose lines and documents that name them go.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import polars as pl

from campaigns.errors import UserError
from campaigns.register import archives, csv_header, files, recognising, staging
from campaigns.register.deliveries import Delivery, Kind
from campaigns.register.headers import folded
from campaigns.rights import scrubbing, writing
from campaigns.rights.scrubbing import Layout
from campaigns.rights.traces import Traces
from campaigns.settings.model import Settings, SourceFile

if TYPE_CHECKING:
    from campaigns.lake import Lake

_OTHERS = ("lake", "ledger", "keys")  # have their own way, or hold nothing of people
_LISTS = (".csv", ".tsv", ".txt", ".jsonl", ".ndjson", ".log")
_HEAD = 4096  # bytes in which a mail has its Message-ID
How = Literal["removed", "lines", "left", "other"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Touched:
    """A file that held the people: it was removed, lines of it were, or it was left, for a reason."""

    name: str  # its place below data/
    how: How
    lines: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Copies:
    """What to look for, where. `references` are Message-IDs of mails to the people, `requests` and `answers`
    the numbers of their requests and the digests of the answers that they were given.
    """

    data: Path
    controller: str
    settings: Settings = field(repr=False)
    kinds: Sequence[Kind] = field(repr=False)
    lake: Lake
    traces: Traces = field(repr=False)
    references: frozenset[bytes]
    requests: frozenset[int]
    answers: frozenset[str]
    now: datetime


def key_space(settings: Settings, source: str) -> str:
    """Whose customer numbers the files of a source use; those that no source describes have their own."""
    found = settings.sources.get(source)
    return (found.key_space or source) if found else recognising.LOOSE_FILES


def remove(copies: Copies) -> list[Touched]:
    """Take the people out of every file below `data/` but the lake's and the ledger's."""
    for path in scrubbing.leftovers(copies.data):
        path.unlink()
    staging.sweep(copies.data)  # what a killed import had unpacked
    found = [Touched(name=name, how="removed") for name in _remove_answers(copies)]
    shutil.rmtree(copies.data / "cache", ignore_errors=True)  # made anew by whoever needs it
    # Packed files first: they are known by what is in them, and that gets another digest without the people.
    for path in sorted(_files(copies.data), key=lambda each: scrubbing.form(each) != "packed"):
        name = path.relative_to(copies.data).as_posix()
        clean = _delivered if name.startswith("inbox/") else _written
        try:
            touched = clean(copies, path, name)
        except scrubbing.StillWritten:
            touched = Touched(name=name, how="left")
        if touched is not None:
            found.append(touched)
    return found


def _files(data: Path) -> Iterator[Path]:
    """Ordinary files, in order; links are nothing of ours, and are not followed."""
    for folder, folders, names in os.walk(data, followlinks=False):
        here = Path(folder)
        folders[:] = sorted(name for name in folders if here != data or name not in _OTHERS)
        for name in sorted(names):
            path = here / name
            if path.is_file() and not path.is_symlink():
                yield path


def _remove_answers(copies: Copies) -> Iterator[str]:
    """Folders of answers that the people were given, by their request or by what is in them."""
    exports = copies.data / "exports"
    if exports.is_symlink() or not exports.is_dir():
        return
    for folder in sorted((path for path in exports.rglob("*") if path.is_dir()), reverse=True):
        if folder.is_symlink() or not folder.exists():
            continue
        contents = {path.name: path for path in folder.iterdir() if path.is_file() and not path.is_symlink()}
        number = folder.name.rpartition("_")[2]
        theirs = folder.parent.name == "rights" and number.isdigit() and int(number) in copies.requests
        if not theirs and copies.answers and contents:
            digest = writing.digest_of({name: path.read_bytes() for name, path in contents.items()})
            theirs = digest in copies.answers
        if theirs:
            shutil.rmtree(folder)
            yield folder.relative_to(copies.data).as_posix()


def _written(copies: Copies, path: Path, name: str) -> Touched | None:
    """A file that we made: a mail, a list, a page."""
    if any(other in name.split("/") for other in copies.settings.controllers if other != copies.controller):
        return None
    if _is_mail_to_them(copies, path):
        path.unlink()
        return Touched(name=name, how="removed")
    if path.suffix in _LISTS and scrubbing.form(path) == "text":
        if not scrubbing.may_name(path, copies.traces):
            return None
        lines = scrubbing.text_lines(path, copies.traces).put()
        return Touched(name=name, how="lines", lines=lines) if lines else None
    if not scrubbing.names(path, copies.traces):
        return None
    if scrubbing.form(path) == "parquet":
        rows = scrubbing.parquet_rows(path, copies.traces, Layout()).put()
        return Touched(name=name, how="lines", lines=rows)
    path.unlink()
    return Touched(name=name, how="removed")


def _is_mail_to_them(copies: Copies, path: Path) -> bool:
    if not copies.references or path.parts[len(copies.data.parts)] not in ("outbox", "render"):
        return False
    with path.open("rb") as file:
        head = file.read(_HEAD)
    return any(reference in head for reference in copies.references)


def _delivered(copies: Copies, path: Path, name: str) -> Touched | None:
    """A file that a source sent: lines of this register's people go, and the import knows it as before."""
    source = _source(copies, path)
    if source is not None and source[1].controller != copies.controller:
        return Touched(name=name, how="other") if scrubbing.names(path, copies.traces) else None
    kind = scrubbing.form(path)
    layout = Layout() if source is None else _layout(copies, path, *source, kind)
    if kind not in ("text", "parquet"):
        return _whole(copies, path, name)
    if kind == "text" and not scrubbing.may_name(path, copies.traces, layout):
        return None
    clean = scrubbing.text_lines if kind == "text" else scrubbing.parquet_rows
    cleaned = clean(path, copies.traces, layout)
    if cleaned.lines:  # known before it is there: a kill in between leaves nothing to be imported twice
        _keep_known(copies, files.digest(path), files.digest(cleaned.temporary))
    lines = cleaned.put()
    return Touched(name=name, how="lines", lines=lines) if lines else None


def _whole(copies: Copies, path: Path, name: str) -> Touched | None:
    """A workbook, or something packed: it goes when the lake has its rows, and is left to a person if not."""
    try:
        if not scrubbing.names(path, copies.traces):
            return None
        packed = archives.digests(path)
    except (UserError, *archives.BROKEN):  # nobody can tell whom it names, and none of it was imported
        return Touched(name=name, how="left")
    known = _imported(copies, packed)
    if not packed <= set(known["file_hash"]):
        return Touched(name=name, how="left")
    if copies.controller not in set(known["controller"]):
        return Touched(name=name, how="other")
    path.unlink()
    return Touched(name=name, how="removed")


def _source(copies: Copies, path: Path) -> tuple[str, SourceFile] | None:
    """Which source sent it: by its name alone where that tells, since that takes no reading."""
    fitting = recognising.by_name(path.name, copies.settings)
    if len(fitting) == 1:
        return next(iter(fitting.items()))
    with copies.lake.snapshot() as snapshot:
        seen = dict(snapshot.frame("deliveries", ["file_hash", "source"]).rows())
    try:
        _, delivery = recognising.recognise(
            files.Given.of(path), kinds=copies.kinds, settings=copies.settings, now=copies.now, seen=seen
        )
    except UserError:
        return None
    return delivery.source_name, delivery.source


def _layout(copies: Copies, path: Path, name: str, source: SourceFile, kind: scrubbing.Form) -> Layout:
    """Where its rows have customer numbers; nowhere when the file cannot be read as its source's."""
    space = source.key_space or name
    ours = "source_id" if source.kind == "persons" else "person"
    if kind != "text":
        mapped = (theirs for theirs, our in source.columns.items() if our == ours)
        return Layout(key_space=space, person=next(mapped, ours))
    delivery = Delivery(
        path=path,
        name=files.shown_name(path),
        sha256="",
        received=copies.now,
        source_name=name,
        source=source,
    )
    try:
        header, dialect = csv_header.read(delivery)
    except UserError:
        return Layout(key_space=space)
    mapping = {folded(theirs): our for theirs, our in source.columns.items()}
    names = [mapping.get(folded(each), folded(each)) for each in header]
    return Layout(
        key_space=space,
        person_at=names.index(ours) if ours in names else None,
        delimiter=dialect.delimiter,
        encoding=dialect.encoding,
    )


def _imported(copies: Copies, digests: frozenset[str]) -> pl.DataFrame:
    """What the lake knows of these files."""
    with copies.lake.snapshot() as snapshot:
        known = snapshot.frame("deliveries", ["controller", "file_hash"])
    return known.filter(pl.col("file_hash").is_in(sorted(digests)))


def _keep_known(copies: Copies, before: str, after: str) -> None:
    """The file without the people is the delivery that was imported; the one with them is not known."""
    mine = (pl.col("controller") == copies.controller) & (pl.col("file_hash") == before)
    with copies.lake.writer(purpose="erase") as writer:
        for kind, source in writer.frame("deliveries", where=mine).select("kind", "source").rows():
            rows = writer.frame("deliveries", where=mine & (pl.col("source") == source))
            new = rows.with_columns(file_hash=pl.lit(after))
            writer.upsert("deliveries", new, transaction=f"{kind}:{source}:{after}")
        entries = writer.frame("quarantine", where=mine)
        if not entries.is_empty():
            writer.upsert("quarantine", entries.with_columns(file_hash=pl.lit(after)))
            writer.remove("quarantine", mine)
        writer.remove("deliveries", mine)

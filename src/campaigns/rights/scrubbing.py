"""Taking people out of one file: line by line, row by row, or telling that it cannot be done that way.

A rewritten file keeps its time and mode, since deliveries are ordered by time; a line that goes leaves an
empty one, so that the numbers of the others stay. Nothing is ever done through a symbolic link.
"""

from __future__ import annotations

import gzip
import html
import io
import os
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal

import polars as pl

from campaigns.lake.files import sync
from campaigns.register.csv_exact import split
from campaigns.register.files import mark
from campaigns.rights.traces import Traces

_CHUNK = 1 << 23
_LONGEST = 1 << 20  # bytes of a line that are looked at together
_RECORD_LINES = 50  # lines that one quoted cell may go on over
_LARGEST = 1 << 28  # bytes of a compressed file's content that are looked at
_LEFTOVER = ".erasing"
Form = Literal["text", "parquet", "packed", "other"]


class StillWritten(Exception):
    """The file changed while it was read; nothing was done to it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Layout:
    """How a delivered file is written. `person_at`: the column with customer numbers of `key_space`."""

    key_space: str = ""
    person: str = ""  # that column by name, for Parquet
    person_at: int | None = None
    delimiter: str = ";"
    encoding: str = "utf-8"


def form(path: Path) -> Form:
    """What kind of file it is, by its first bytes."""
    with _open(path) as file:
        head = file.read(4096)
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith((b"PK\x03\x04", b"\x1f\x8b")):
        return "packed"
    return "other" if head.startswith((b"\xff\xfe", b"\xfe\xff", b"%PDF")) or b"\0" in head else "text"


def names(path: Path, traces: Traces) -> bool:
    """Whether the file names one of the people, whatever it is; packed files are unpacked."""
    if form(path) == "parquet":
        return any(traces.in_text(text) for text in _joined(_parquet(path)))
    with _open(path) as file:
        return any(_named(content, traces) for content in _contents(file))


def may_name(path: Path, traces: Traces, layout: Layout | None = None) -> bool:
    """A quick look at all of the file: most files name nobody who leaves."""
    with _open(path) as file:
        rest = b""
        while chunk := file.read(_CHUNK):
            content = rest + chunk
            cut = content.rfind(b"\n") + 1 or len(content)
            if _worth_reading(content[:cut], traces, layout):
                return True
            rest = content[cut:]
        return _worth_reading(rest, traces, layout)


@dataclass(frozen=True, kw_only=True, slots=True)
class Cleaned:
    """A file without the people, beside the one that it will replace: `lines` (or rows, from 1) changed."""

    path: Path
    temporary: Path
    before: tuple[int, int]
    lines: tuple[int, ...]

    def put(self) -> tuple[int, ...]:
        """Take the place of the old file, with its time and mode; the lines that changed.

        Raises `StillWritten` when somebody wrote to the file meanwhile.
        """
        if not self.lines or mark(self.path) != self.before:
            self.temporary.unlink()
            if self.lines:
                raise StillWritten
            return ()
        old = self.path.lstat()
        os.utime(self.temporary, ns=(old.st_atime_ns, old.st_mtime_ns))
        self.temporary.chmod(old.st_mode & 0o777)
        self.temporary.replace(self.path)
        sync(self.path.parent)
        return self.lines


def text_lines(path: Path, traces: Traces, layout: Layout | None = None) -> Cleaned:
    """A text file without the people.

    Their own lines are emptied. In another person's row, told by `layout`, only what is theirs goes.
    """
    changed: list[int] = []
    before, temporary = mark(path), _temporary(path)
    with _open(path) as source, _create(temporary) as target:
        for first, lines in _records(source):
            new = _cleaned(lines, traces, layout)
            if new is not None:
                changed += [
                    at for at, (old, now) in enumerate(zip(lines, new, strict=True), first) if old != now
                ]
            target.writelines(new or lines)
        target.flush()
        os.fsync(target.fileno())
    return Cleaned(path=path, temporary=temporary, before=before, lines=tuple(changed))


def parquet_rows(path: Path, traces: Traces, layout: Layout) -> Cleaned:
    """A Parquet file without the people's rows, and without what is theirs in others."""
    before, temporary = mark(path), _temporary(path)
    frame = _parquet(path)
    number = layout.person if layout.person in frame.columns else None
    numbers = frame[number].cast(pl.String).to_list() if number else [None] * len(frame)
    verdicts = [
        _verdict(text, said, traces, layout) for text, said in zip(_joined(frame), numbers, strict=True)
    ]
    texts = [name for name, kind in frame.schema.items() if kind == pl.String]
    others = pl.Series([verdict == "quotes" for verdict in verdicts], dtype=pl.Boolean)
    redacted = [
        pl.when(others)
        .then(pl.col(name).map_elements(traces.redacted, pl.String))
        .otherwise(name)
        .alias(name)
        for name in texts
    ]
    own = pl.Series([verdict == "own" for verdict in verdicts], dtype=pl.Boolean)
    content = io.BytesIO()
    frame.with_columns(redacted).filter(~own).write_parquet(content)
    with _create(temporary) as target:
        target.write(content.getvalue())
        target.flush()
        os.fsync(target.fileno())
    changed = tuple(at for at, verdict in enumerate(verdicts, 1) if verdict)
    return Cleaned(path=path, temporary=temporary, before=before, lines=changed)


def leftovers(folder: Path) -> Iterator[Path]:
    """Half-written files of an erasure that was killed."""
    yield from folder.rglob(f".*{_LEFTOVER}")


def _verdict(
    text: str, number: str | None, traces: Traces, layout: Layout | None
) -> Literal["own", "quotes", ""]:
    """Whose row it is: one of the people's `own`, or another's that `quotes` them."""
    if layout is not None and number and (layout.key_space, number) in traces.numbers:
        return "own"
    if not traces.in_text(text):
        return ""
    known = layout is not None and number and traces.is_others(layout.key_space, number)
    return "quotes" if known else "own"


def _cleaned(lines: list[bytes], traces: Traces, layout: Layout | None) -> list[bytes] | None:
    """The lines of one record without the people; None when it does not name them."""
    raw = b"".join(lines)
    if not _worth_reading(raw, traces, layout):
        return None
    text, encoding = _decoded(raw)
    verdict = _verdict(text, _number(text, layout), traces, layout)
    if not verdict:
        return None
    if verdict == "own":
        return [_line_end(line) for line in lines]
    new = traces.redacted(text).encode(encoding)
    return [new, *[b""] * (len(lines) - 1)]


def _worth_reading(content: bytes, traces: Traces, layout: Layout | None) -> bool:
    if traces.may_be_in(content):
        return True
    return layout is not None and layout.person_at is not None and traces.may_be_numbered(content)


def _number(text: str, layout: Layout | None) -> str | None:
    if layout is None or layout.person_at is None:
        return None
    cells = split(text.rstrip("\r\n"), layout.delimiter) or text.split(layout.delimiter)
    return cells[layout.person_at].strip() if len(cells) > layout.person_at else None


def _line_end(line: bytes) -> bytes:
    return b"\r\n" if line.endswith(b"\r\n") else b"\n" if line.endswith(b"\n") else b""


def _decoded(raw: bytes) -> tuple[str, str]:
    """Text in the encoding that it is in; every byte is a letter of Latin 1."""
    try:
        return raw.decode(), "utf-8"
    except UnicodeDecodeError:
        return raw.decode("latin-1"), "latin-1"


def _records(file: BinaryIO) -> Iterator[tuple[int, list[bytes]]]:
    """The number of the first line, and the lines of each record: a quoted cell may hold line ends."""
    lines: list[bytes] = []
    first, quotes = 1, 0
    while line := file.readline(_LONGEST):
        lines.append(line)
        quotes += line.count(b'"')
        if quotes % 2 and len(lines) < _RECORD_LINES:
            continue
        if quotes % 2:  # never closed: each line for itself
            yield from ((first + at, [one]) for at, one in enumerate(lines))
        else:
            yield first, lines
        first, quotes, lines = first + len(lines), 0, []
    yield from ((first + at, [one]) for at, one in enumerate(lines))


def _named(content: bytes, traces: Traces) -> bool:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return traces.in_text(content.decode("utf-16", errors="replace"))
    if not traces.may_be_in(content):
        return False
    text, _ = _decoded(content)
    return traces.in_text(text) or traces.in_text(html.unescape(text))


def _contents(file: BinaryIO) -> Iterator[bytes]:
    """The bytes of a file, or of the files in a packed one."""
    head = file.read(4)
    file.seek(0)
    if head.startswith(b"\x1f\x8b"):
        with gzip.open(file) as unpacked:
            yield unpacked.read(_LARGEST)
    elif head == b"PK\x03\x04":
        with zipfile.ZipFile(file) as archive:
            for member in archive.infolist():
                with archive.open(member) as unpacked:
                    yield unpacked.read(_LARGEST)
    else:
        yield file.read()


def _parquet(path: Path) -> pl.DataFrame:
    with _open(path) as file:
        return pl.read_parquet(io.BytesIO(file.read()))


def _joined(frame: pl.DataFrame) -> list[str]:
    texts = [name for name, kind in frame.schema.items() if kind == pl.String]
    if not texts:
        return [""] * len(frame)
    return frame.select(pl.concat_str(texts, separator=";", ignore_nulls=True)).to_series().to_list()


def _open(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), "rb")


def _temporary(path: Path) -> Path:
    temporary = path.with_name(f".{path.name}{_LEFTOVER}")
    temporary.unlink(missing_ok=True)
    return temporary


def _create(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), "wb")

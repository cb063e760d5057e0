"""Packed deliveries (.gz, .zip): each file in them is a delivery of its own, the same packed or not.

An archive is made by anybody, so nothing of it is believed: names touch no folder, sizes are counted by what
really comes out, and what is strange refuses all of it before anything is imported.
"""

from __future__ import annotations

import copy
import gzip
import hashlib
import os
import posixpath
import re
import stat
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, NamedTuple

from campaigns.errors import UserError
from campaigns.lake.files import PRIVATE_FILE, writing
from campaigns.register import files, zip_directory
from campaigns.register.limits import ARCHIVE_FREE, MAX_ARCHIVE, MAX_ENTRIES, MAX_RATIO

GZIP, ZIP = b"\x1f\x8b", b"PK\x03\x04"
_EMPTY_ZIP = b"PK\x05\x06"
_PIECE = 1 << 20
_DRIVE = re.compile("[A-Za-z]:")
_WORKBOOK = "[content_types].xml"
_PLAIN = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, ValueError, RuntimeError)


class _Packed(NamedTuple):
    """One file in an archive: its own name, and its content while `pieces` is read."""

    name: str
    pieces: Iterator[bytes]


def is_archive(path: Path) -> bool:
    """Whether files are packed in it; a workbook is a ZIP too, and none of these."""
    with path.open("rb") as stream:
        head = stream.read(4)
    if head.startswith(GZIP) or head == _EMPTY_ZIP:
        return True
    if head != ZIP:
        return False
    names = _names(path)
    return path.suffix.lower() == ".zip" if names is None else _WORKBOOK not in names


def unpack(path: Path, into: Path) -> list[files.Given]:
    """Its files, put into the folder under numbers, with the archive's time.

    Raises `UserError` REG018 (strange, damaged, locked or nested) or REG019 (too much comes out).
    """
    shown = files.shown_name(path)
    archive_time = path.stat().st_mtime_ns
    given = []
    for number, packed in enumerate(_files(path)):
        target = into / str(number)
        _write(packed, target)
        os.utime(target, ns=(archive_time, archive_time))
        inner = files.shown(packed.name)
        given.append(
            files.Given(
                path=target,
                name=shown if _is_gzip(path) else f"{shown}/{inner}",
                names=(posixpath.basename(packed.name), path.name),
            )
        )
    if not given:
        raise _strange(path, "holds no file")
    return given


def digests(path: Path) -> frozenset[str]:
    """SHA-256 of the file, or of every file packed in it. Raises as `unpack`."""
    if not is_archive(path):
        return frozenset({files.digest(path)})
    found = set()
    for packed in _files(path):
        sha256 = hashlib.sha256()
        for piece in packed.pieces:
            sha256.update(piece)
        found.add(sha256.hexdigest())
    return frozenset(found)


def _files(path: Path) -> Iterator[_Packed]:
    most = _Most(path)
    try:
        yield from _of_gzip(path, most) if _is_gzip(path) else _of_zip(path, most)
    except BROKEN:
        raise _broken(path) from None


class _Most:
    """How much may come out of one archive, counted over all of its files."""

    def __init__(self, path: Path) -> None:
        self._path = path
        packed = path.stat().st_size
        self._limit = min(MAX_ARCHIVE, max(ARCHIVE_FREE, MAX_RATIO * packed))
        self._out = 0

    def counted(self, stream: IO[bytes] | gzip.GzipFile) -> Iterator[bytes]:
        """The content in pieces. Raises REG019, and REG018 for an archive in the archive."""
        first = True
        while piece := self._read(stream):
            if first and _is_packed(piece):
                raise _strange(self._path, "holds another archive")
            first = False
            self._out += len(piece)
            if self._out > self._limit:
                raise UserError(
                    "REG019",
                    f"more comes out of {files.shown_name(self._path)} than it may hold: over "
                    f"{self._limit >> 20:,} MB.",
                    hint="nothing of it was imported; unpack it yourself if it is really so large",
                )
            yield piece

    def _read(self, stream: IO[bytes] | gzip.GzipFile) -> bytes:
        try:
            return stream.read(_PIECE)
        except BROKEN:
            raise _broken(self._path) from None


def _of_gzip(path: Path, most: _Most) -> Iterator[_Packed]:
    name = path.name[:-3] if path.suffix.lower() == ".gz" else path.name
    with gzip.open(path) as stream:
        yield _Packed(name, most.counted(stream))


def _of_zip(path: Path, most: _Most) -> Iterator[_Packed]:
    zip_directory.refuse_long(path)
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
        if len(entries) > MAX_ENTRIES:
            raise _strange(path, f"holds more than {MAX_ENTRIES:,} files")
        for entry in entries:
            _refuse_strange(path, entry)
        for entry in entries:
            if not entry.is_dir() and not _is_of_a_system(entry.filename):
                unbelieving = copy.copy(entry)
                unbelieving.file_size = MAX_ARCHIVE + _PIECE  # reading would stop at the stated size
                with archive.open(unbelieving) as stream:
                    yield _Packed(entry.filename, most.counted(stream))


def _refuse_strange(path: Path, entry: zipfile.ZipInfo) -> None:
    """No name that leads elsewhere, no link or device, nothing locked, no packing that we do not know."""
    name = entry.orig_filename.replace("\\", "/")
    if name.startswith("/") or ".." in name.split("/") or _DRIVE.match(name) or "\0" in name:
        raise _strange(path, "names a file outside its own folder")
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise _strange(path, "holds a link or something else that is no file")
    if entry.flag_bits & 0x1:
        raise _strange(path, "is locked with a password")
    if entry.compress_type not in _PLAIN:
        raise _strange(path, "is packed in a way that is not read (only deflate is)")


def _is_of_a_system(name: str) -> bool:
    """What a Mac puts beside the files, and hidden files, as in a folder."""
    return name.startswith("__MACOSX/") or posixpath.basename(name).startswith(".")


def _write(packed: _Packed, target: Path) -> None:
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, PRIVATE_FILE)
    with os.fdopen(descriptor, "wb") as file:
        for piece in packed.pieces:
            with writing("An unpacked file", target.parent):
                file.write(piece)


def _is_gzip(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(2) == GZIP


def _is_packed(head: bytes) -> bool:
    """An archive; a workbook names its first part at once."""
    if head.startswith(ZIP):
        return not any(
            word in head[:4096] for word in (b"[Content_Types].xml", b"_rels/", b"docProps/", b"xl/")
        )
    return head.startswith((GZIP, _EMPTY_ZIP))


def _names(path: Path) -> set[str] | None:
    """What a ZIP holds, in lower case; None when its list cannot be read."""
    try:
        zip_directory.refuse_long(path)
        with zipfile.ZipFile(path) as archive:
            return {name.lower() for name in archive.namelist()}
    except (*BROKEN, UserError):
        return None


def _broken(path: Path) -> UserError:
    return _strange(path, "cannot be unpacked: it is damaged, or cut short")


def _strange(path: Path, what: str) -> UserError:
    return UserError(
        "REG018",
        f"{files.shown_name(path)} {what}.",
        hint="nothing of it was imported; send the files themselves, or in one plain ZIP",
    )

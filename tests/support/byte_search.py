"""Every byte below a folder, as it lies and as programs would read it: is a word of somebody still there?"""

from __future__ import annotations

import gzip
import io
import quopri
import re
import sqlite3
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import polars as pl

_BASE64 = re.compile(rb"(?:[A-Za-z0-9+/]{40,}\r?\n?)+={0,2}")


def holding(folder: Path, words: Iterable[str]) -> list[str]:
    """The files in which one of the words stands, as `path: how it was read`; letters in any case."""
    needles = [
        form for word in words for spelt in {word, word.lower(), word.upper()} for form in _encoded(spelt)
    ]
    return [
        f"{path.relative_to(folder)}: {how}"
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        for how, content in readings(path)
        if any(needle in content or needle in content.lower() for needle in needles)
    ]


def readings(path: Path) -> Iterator[tuple[str, bytes]]:
    """The bytes themselves, and what is packed or coded in them."""
    content = path.read_bytes()
    yield "raw", content
    if content.startswith(b"PAR1"):
        yield "parquet", pl.read_parquet(io.BytesIO(content)).write_ndjson().encode()
    elif content.startswith(b"\x1f\x8b"):
        yield "gzip", gzip.decompress(content)
    elif content.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for name in archive.namelist():
                yield f"zip {name}", archive.read(name)
    elif content.startswith(b"SQLite format 3"):
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
            yield "sqlite", "\n".join(database.iterdump()).encode()
    elif b"\nMIME-Version" in content:
        yield "quoted-printable", quopri.decodestring(content)
        for block in _BASE64.findall(content):
            yield "base64", _base64(block)


def _base64(block: bytes) -> bytes:
    import binascii

    try:
        return binascii.a2b_base64(block)
    except binascii.Error:
        return b""


def _encoded(word: str) -> Iterator[bytes]:
    for encoding in ("utf-8", "latin-1", "utf-16-le"):
        yield word.encode(encoding, errors="replace")
    yield word.encode("unicode_escape")

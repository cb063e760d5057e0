"""What is looked at in a workbook before anything parses it: an XLSX file is a ZIP of XML, made by anybody.

The reader (calamine) expands no entities, opens no links and runs no macros, but it unpacks whatever is there
and lays a sheet out as a full rectangle: two cells at opposite corners would take half a terabyte, and it
aborts the process. So every part is unpacked here once, in pieces and counted by what really comes out, and
the cells' references are looked at as bytes. What cannot be judged this way is refused.
"""

from __future__ import annotations

import copy
import posixpath
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from lxml import etree

from campaigns.errors import UserError
from campaigns.register.limits import MAX_CELLS, MAX_PARTS, MAX_UNPACKED

MAGIC = b"PK\x03\x04"
_OLD = b"\xd0\xcf\x11\xe0"  # what Excel wrote before 2007, and still writes with a password
_PIECE = 4 << 20
_TAG = 1 << 16  # bytes of one tag; a longer one is nobody's
_END = struct.Struct("<4s4H2LH")
_IN_PLACE_OF_64 = 0xFFFFFFFF
_CELL = re.compile(rb"<(?:\w+:)?c[\s/>]")
_REFERENCE = re.compile(rb"<(?:\w+:)?c(?:\s[^<>]*?)?\sr\s*=\s*[\"']([A-Z]{1,3})(\d{1,7})[\"'][^<>]*>")
_ROW = re.compile(rb"<(?:\w+:)?row(?:\s[^<>]*?)?\sr\s*=\s*[\"'](\d+)[\"']")
_WRONG = re.compile(rb"<(?:\w+:)?c\s(?=[^<>]*\bt\s*=\s*[\"']e[\"'])[^<>]*?\br\s*=\s*[\"'][A-Z]+(\d+)[\"']")
# A formula that nobody has computed; an empty text is a result, an empty number is none.
_UNCOMPUTED = re.compile(
    rb"<(?:\w+:)?c\s(?![^<>]*\bt\s*=\s*[\"']str[\"'])[^<>]*?\br\s*=\s*[\"'][A-Z]+(\d+)[\"'][^<>]*>\s*"
    rb"<(?:\w+:)?f(?:\s[^<>]*)?(?:/>|>[^<]*</(?:\w+:)?f>)\s*"
    rb"(?:<(?:\w+:)?v(?:\s*/>|>\s*</(?:\w+:)?v>)\s*)?</(?:\w+:)?c>"
)
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


@dataclass(kw_only=True, slots=True)
class _Part:
    """What was seen of one part of the file."""

    cells: int = 0
    references: int = 0
    columns: set[bytes] = field(default_factory=set)
    last_row: int = 0
    wrong_rows: set[int] = field(default_factory=set)

    def see(self, text: bytes) -> None:
        found = _REFERENCE.findall(text)
        self.cells += len(_CELL.findall(text))
        self.references += len(found)
        self.columns.update(column for column, _ in found)
        rows = {row for _, row in found}
        rows.update(_ROW.findall(text))
        self.last_row = max([self.last_row, *map(int, rows)])
        self.wrong_rows.update(map(int, _WRONG.findall(text)))
        self.wrong_rows.update(map(int, _UNCOMPUTED.findall(text)))

    @property
    def area(self) -> int:
        """The cells of the rectangle that the reader would lay out."""
        return self.last_row * max(map(_number, self.columns), default=0)


def is_workbook(path: Path) -> bool:
    """Whether the file says that it is a workbook (or another ZIP, which is then refused)."""
    with path.open("rb") as stream:
        return stream.read(4) in (MAGIC, _OLD)


def inspect(path: Path, name: str) -> dict[str, frozenset[int]]:
    """For each sheet the rows with an error or a formula without result: their values are not known.

    Raises `UserError` REG015 (no workbook that may be opened) or REG016 (larger than what is read).
    """
    try:
        _refuse_strange_end(path, name)
        with zipfile.ZipFile(path) as archive:
            parts = _parts(archive, name)
            sheets = _sheets(archive, name)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, etree.XMLSyntaxError):
        raise damaged(name) from None
    except (RuntimeError, KeyError, OSError, ValueError):  # encrypted, without its list of sheets, cut short
        raise damaged(name) from None
    wrong = {title: parts[part].wrong_rows for title, part in sheets.items() if part in parts}
    return {title: frozenset(rows) for title, rows in wrong.items()}


def damaged(name: str) -> UserError:
    """The refusal of what is no workbook."""
    return UserError(
        "REG015",
        f"{name} is no whole Excel workbook (.xlsx).",
        hint="save it as .xlsx without a password, or as CSV UTF-8",
    )


def _refuse_strange_end(path: Path, name: str) -> None:
    """The list of parts must be the last thing in the file: then no two readers find different ones."""
    size = path.stat().st_size
    with path.open("rb") as stream:
        if stream.read(4) != MAGIC or size < _END.size:
            raise damaged(name)
        stream.seek(size - _END.size)
        mark, *_, length, start, comment = _END.unpack(stream.read(_END.size))
    large = _IN_PLACE_OF_64 in (length, start)
    if mark != b"PK\x05\x06" or comment or not (large or length + start == size - _END.size):
        raise damaged(name)


def _parts(archive: zipfile.ZipFile, name: str) -> dict[str, _Part]:
    entries = archive.infolist()
    names = [entry.filename.lower() for entry in entries]
    if len(names) > MAX_PARTS or sum(entry.file_size for entry in entries) > MAX_UNPACKED:
        raise _too_large(name)
    if len(set(names)) < len(names) or not {"[content_types].xml", "xl/workbook.xml"} <= set(names):
        raise damaged(name)
    if any(part.endswith("vbaproject.bin") for part in names):
        raise UserError("REG015", f"{name} holds macros.", hint="save it as .xlsx, which has none")
    found, unpacked = {}, 0
    for entry in entries:
        part = _Part()
        for piece in _pieces(archive, entry):
            unpacked += len(piece)
            if unpacked > MAX_UNPACKED:
                raise _too_large(name)
            _refuse_definitions(piece, name)
            part.see(piece)
        if part.cells != part.references:
            raise UserError(
                "REG015",
                f"{name} has cells that do not say where they stand.",
                hint="open it in a spreadsheet program, save it again as .xlsx and send that",
            )
        if part.area > MAX_CELLS:
            raise _too_large(name)
        found[entry.filename] = part
    return found


def _pieces(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    """A part in pieces that end before a tag begins. Its stated size is not believed: it would cut it short."""
    unbelieving = copy.copy(entry)
    unbelieving.file_size = MAX_UNPACKED + 1
    rest = b""
    with archive.open(unbelieving) as stream:
        while piece := stream.read(_PIECE):
            # A cell with its formula is a few tags: whole cells stay together, or nearly so.
            end = max(piece.rfind(b"</c>"), piece.rfind(b"</row>"))
            end = piece.rfind(b"<") if end < 0 else end + 4 if piece[end : end + 4] == b"</c>" else end + 6
            if end <= 0 or len(rest) > _TAG + _PIECE:
                rest += piece
                if len(rest) > 2 * _PIECE:
                    yield rest
                    rest = b""
                continue
            yield rest + piece[:end]
            rest = piece[end:]
    yield rest


def _refuse_definitions(piece: bytes, name: str) -> None:
    """No spreadsheet program writes a document type; with one come entities that grow or fetch."""
    if b"<!DOCTYPE" in piece or b"<!ENTITY" in piece:
        raise UserError(
            "REG015",
            f"{name} defines XML entities, as no spreadsheet program does.",
            hint="where is it from? nothing of it was read",
        )


def _sheets(archive: zipfile.ZipFile, name: str) -> dict[str, str]:
    """The part that each sheet is in."""
    del name
    book, relations = (
        _xml(archive, part) for part in ("xl/workbook.xml", "xl/_rels/workbook.xml.rels")
    )
    targets = {each.get("Id"): each.get("Target", "") for each in relations}
    return {
        sheet.get("name", ""): posixpath.normpath(
            posixpath.join("/xl", targets.get(sheet.get(_RELATION)) or "")
        ).lstrip("/")
        for sheet in book.iter("{*}sheet")
    }


def _xml(archive: zipfile.ZipFile, part: str) -> etree._Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    return etree.fromstring(archive.read(part), parser)


def _number(column: bytes) -> int:
    """The number of a column: A is 1, XFD is 16,384."""
    number = 0
    for letter in column:
        number = number * 26 + letter - 64
    return number


def _too_large(name: str) -> UserError:
    return UserError(
        "REG016",
        f"{name} is larger than what is read of a workbook: {MAX_CELLS:,} cells from the first row and "
        f"column to the last, {MAX_UNPACKED >> 20:,} MB unpacked.",
        hint="delete empty formatted rows and columns, or save it as CSV UTF-8",
    )

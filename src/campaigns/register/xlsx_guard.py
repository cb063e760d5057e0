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

from lxml import etree  # type: ignore[import-untyped]  # no stubs

from campaigns.errors import UserError
from campaigns.register.limits import MAX_CELLS, MAX_PARTS, MAX_UNPACKED

MAGIC = b"PK\x03\x04"
_OLD = b"\xd0\xcf\x11\xe0"  # what Excel wrote before 2007, and still writes with a password
_PIECE = 4 << 20
_CELL_END = b"</c>"
_END = struct.Struct("<4s4H2LH")
_IN_PLACE_OF_64 = 0xFFFFFFFF
# Of one tag only the first bytes are looked at, so that no tag takes long; a longer one has no reference.
_IN = rb"[^<>]{0,400}?"
_R = rb"\sr\s{0,9}=\s{0,9}[\"']"
_CELL = re.compile(rb"<(?:\w{1,30}:)?c[\s/>]")
_REFERENCE = re.compile(rb"<(?:\w{1,30}:)?c" + _IN + _R + rb"([A-Z]{1,3})(\d{1,7})[\"']")
_ROW = re.compile(rb"<(?:\w{1,30}:)?row" + _IN + _R + rb"(\d+)[\"']")
_ERROR = re.compile(rb"<c(?=" + _IN + rb"\st=\"e\")" + _IN + _R + rb"[A-Z]+(\d+)")
# A formula that nobody has computed; an empty text is a result, an empty number is none.
_UNCOMPUTED = re.compile(
    rb"<c(?!" + _IN + rb"\st=\"str\")" + _IN + _R + rb"[A-Z]+(\d+)[\"']" + _IN + rb">\s{0,9}"
    rb"<f(?:\s" + _IN + rb")?(?:/>|>[^<]{0,40000}</f>)\s{0,9}(?:<v\s{0,9}/>|<v></v>)?\s{0,9}</c>"
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
        if b't="e"' in text:
            self.wrong_rows.update(map(int, _ERROR.findall(text)))
        if b"<f" in text:
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
            sheets = _sheets(archive)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, etree.XMLSyntaxError):
        raise damaged(name) from None
    except (
        RuntimeError,
        LookupError,
        StopIteration,
        OSError,
        ValueError,
    ):  # encrypted, lacking parts, cut short
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
    if len(set(names)) < len(names) or "[content_types].xml" not in names:
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
    """A part in pieces of whole tags, and of whole cells where there are any.

    Its stated size is not believed: reading would stop there, and the reader after us would go on.
    """
    unbelieving = copy.copy(entry)
    unbelieving.file_size = 2 * MAX_UNPACKED + _PIECE
    rest = b""
    with archive.open(unbelieving) as stream:
        while more := stream.read(_PIECE):
            piece = rest + more
            end = piece.rfind(_CELL_END) + len(_CELL_END)
            if end < len(_CELL_END):
                end = piece.rfind(b"<")
            if end <= 0:  # no tag, or one that does not end: no cell that could be judged
                end = len(piece)
            yield piece[:end]
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


def _sheets(archive: zipfile.ZipFile) -> dict[str, str]:
    """The part that each sheet is in."""
    book = next(
        part for kind, part in _relations(archive, "", "").values() if kind.endswith("/officeDocument")
    )
    folder, name = posixpath.split(book)
    targets = _relations(archive, folder, name)
    sheets = _xml(archive, book).iter("{*}sheet")
    return {sheet.get("name", ""): targets[sheet.get(_RELATION)][1] for sheet in sheets}


def _relations(archive: zipfile.ZipFile, folder: str, name: str) -> dict[str, tuple[str, str]]:
    """What a part points to: kind and part by id."""
    found = _xml(archive, posixpath.join(folder, "_rels", f"{name}.rels"))
    return {
        each.get("Id", ""): (
            each.get("Type", ""),
            posixpath.normpath(posixpath.join("/", folder, each.get("Target", ""))).lstrip("/"),
        )
        for each in found
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

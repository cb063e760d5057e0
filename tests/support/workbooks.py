"""Workbooks written part by part, as spreadsheet programs write them and as nobody should."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
_DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_STYLES = (
    f'<styleSheet xmlns="{MAIN}"><numFmts count="1"><numFmt numFmtId="164" formatCode="d\\.m\\.yyyy h:mm"/>'
    '</numFmts><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="164" applyNumberFormat="1"/></cellXfs>'
    "</styleSheet>"
)
SHEET = "xl/worksheets/sheet1.xml"


@dataclass(frozen=True)
class Formula:
    """A formula, and the value that the program stored with it, if any."""

    text: str
    value: object = None


@dataclass(frozen=True)
class Wrong:
    """A cell with an error."""

    text: str = "#N/A"


def workbook(
    rows: Sequence[Sequence[object]],
    *,
    first_row: int = 1,
    sheets: Mapping[str, Sequence[Sequence[object]]] | None = None,
    hidden: Sequence[str] = (),
    merged: str = "",
    parts: Mapping[str, bytes] | None = None,
) -> bytes:
    """An XLSX file with these rows on its first sheet; `parts` are put in the place of its own."""
    named = {"Sheet1": rows, **(sheets or {})}
    states = {name: ' state="hidden"' if name in hidden else "" for name in named}
    listed = "".join(
        f'<sheet name={quoteattr(name)} sheetId="{at}"{states[name]} r:id="rId{at}"/>'
        for at, name in enumerate(named, start=1)
    )
    relations = "".join(
        f'<Relationship Id="rId{at}" Type="{OFFICE}/worksheet" Target="worksheets/sheet{at}.xml"/>'
        for at in range(1, len(named) + 1)
    )
    files: dict[str, bytes] = {
        "[Content_Types].xml": b'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
        "_rels/.rels": _xml(
            f'<Relationships xmlns="{PACKAGE}"><Relationship Id="rId1" Type="{OFFICE}/officeDocument"'
            ' Target="xl/workbook.xml"/></Relationships>'
        ),
        "xl/workbook.xml": _xml(
            f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>{listed}</sheets></workbook>'
        ),
        "xl/_rels/workbook.xml.rels": _xml(
            f'<Relationships xmlns="{PACKAGE}">{relations}'
            f'<Relationship Id="rId99" Type="{OFFICE}/styles" Target="styles.xml"/></Relationships>'
        ),
        "xl/styles.xml": _xml(_STYLES),
    }
    for at, content in enumerate(named.values(), start=1):
        files[f"xl/worksheets/sheet{at}.xml"] = sheet(content, first_row=first_row, merged=merged)
    return packed({**files, **(parts or {})})


def sheet(rows: Sequence[Sequence[object]], *, first_row: int = 1, merged: str = "") -> bytes:
    """The XML of one sheet; None is a cell that is not there, and an empty row is not either."""
    lines = [
        f'<row r="{line}">{"".join(_cell(value, _name(at), line) for at, value in enumerate(row))}</row>'
        for line, row in enumerate(rows, start=first_row)
        if row
    ]
    merging = f'<mergeCells count="1"><mergeCell ref="{merged}"/></mergeCells>' if merged else ""
    return _xml(f'<worksheet xmlns="{MAIN}"><sheetData>{"".join(lines)}</sheetData>{merging}</worksheet>')


def packed(files: Mapping[str, bytes]) -> bytes:
    """The parts as a ZIP archive."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


def _xml(text: str) -> bytes:
    return (_DECLARATION + text).encode()


def _name(at: int) -> str:
    return chr(65 + at) if at < 26 else chr(64 + at // 26) + chr(65 + at % 26)


def _cell(value: object, column: str, line: int) -> str:
    place = f'r="{column}{line}"'
    if value is None:
        return ""
    if isinstance(value, Wrong):
        return f'<c {place} t="e"><v>{value.text}</v></c>'
    if isinstance(value, Formula):
        stored = "" if value.value is None else f"<v>{value.value}</v>"
        kind = ' t="str"' if isinstance(value.value, str) else ""
        return f"<c {place}{kind}><f>{escape(value.text)}</f>{stored}</c>"
    if isinstance(value, bool):
        return f'<c {place} t="b"><v>{int(value)}</v></c>'
    if isinstance(value, dt.datetime):
        serial = (value - dt.datetime(1899, 12, 30)) / dt.timedelta(days=1)  # noqa: DTZ001
        return f'<c {place} s="1"><v>{serial!r}</v></c>'
    if isinstance(value, int | float):
        return f"<c {place}><v>{value!r}</v></c>"
    return f'<c {place} t="inlineStr"><is><t xml:space="preserve">{escape(str(value))}</t></is></c>'

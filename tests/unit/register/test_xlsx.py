"""Workbooks: what a spreadsheet knows comes out as text; what it has lost or hides stops its row or file."""

from __future__ import annotations

import datetime as dt
import io
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from campaigns.errors import UserError
from campaigns.register import limits, reading, xlsx_guard
from campaigns.register.deliveries import Delivery
from campaigns.register.quarantine import Rejects
from campaigns.register.reading import Columns, Rows
from support.workbooks import SHEET, Formula, Wrong, packed, sheet, workbook

Deliver = Callable[..., Delivery]
NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
COLUMNS = Columns(required=("source_id",), optional=("a", "b"), keys=("source_id",), person="source_id")
HEADER = ["source_id", "a", "b"]


def read(delivery: Delivery) -> tuple[Rows, Rejects]:
    rejects = Rejects(delivery, "persons")
    return reading.read(delivery, COLUMNS, rejects), rejects


def entries(rejects: Rejects) -> list[tuple[object, ...]]:
    return rejects.frame(NOW).select("line", "reason").rows()


def refusal(delivery: Delivery) -> str:
    with pytest.raises(UserError) as caught:
        read(delivery)
    return caught.value.mistake.code


def test_cells_are_the_words_that_csv_would_have(deliver: Deliver) -> None:
    at = dt.datetime(2026, 11, 1, 10, 30)  # noqa: DTZ001
    rows = [
        ["00100", 104012000.0, 0.5],
        ["2", at, dt.datetime(2026, 11, 1)],  # noqa: DTZ001
        ["3", True, " Mäki \n Oy "],
        ["4", Formula("1+1", 2), Formula('""', "")],
        [5, 1e-7, -3],
    ]
    found, rejects = read(deliver(workbook([HEADER, *rows]), "people.xlsx"))
    assert found.frame.rows() == [
        (2, "00100", "104012000", "0.5"),
        (3, "2", "2026-11-01 10:30:00", "2026-11-01"),
        (4, "3", "true", "Mäki Oy"),
        (5, "4", "2", None),
        (6, "5", "0.0000001", "-3"),
    ]
    assert rejects.refused == 0


def test_lines_are_the_rows_of_the_sheet(deliver: Deliver) -> None:
    content = workbook([HEADER, [], ["1", "x"], ["", " "], ["2", "y", "z", "too much"]], first_row=4)
    found, rejects = read(deliver(content, sheet=""))
    assert found.frame.rows() == [(6, "1", "x", None)]
    assert entries(rejects) == [(8, "REG103")]
    assert rejects.frame(NOW)["text"].to_list() == ["2;y;z;too much"]


@pytest.mark.parametrize(
    "value",
    [Wrong(), Formula("VLOOKUP(1,2)"), 643007500000000014, 1e15],
    ids=["error", "formula without result", "digits lost", "too many digits"],
)
def test_what_a_spreadsheet_has_lost_refuses_its_row(deliver: Deliver, value: object) -> None:
    found, rejects = read(deliver(workbook([HEADER, ["1", value], ["2", "y"]])))
    assert found.frame["source_id"].to_list() == ["2"]
    assert (entries(rejects), found.total) == ([(2, "REG106")], 2)


def test_rows_that_share_a_merged_cell_are_refused(deliver: Deliver) -> None:
    """A last day that is written once for three consents would let two of them last for ever."""
    rows = [HEADER, ["1", "2027-01-31"], ["2"], ["3"], ["4", "2027-01-31"]]
    found, rejects = read(deliver(workbook(rows, merged="B2:B4")))
    assert found.frame["source_id"].to_list() == ["4"]
    assert entries(rejects) == [(2, "REG106"), (3, "REG106"), (4, "REG106")]


def test_an_identity_code_stays_out(deliver: Deliver) -> None:
    _, rejects = read(deliver(workbook([HEADER, ["1", "010594Y9032"]])))
    assert entries(rejects) == [(2, "REG110")]
    assert "010594" not in str(rejects.frame(NOW).rows())


def test_the_only_sheet_with_rows_is_read(deliver: Deliver) -> None:
    content = workbook([], sheets={"Luvat": [HEADER, ["1"]], "Notes": []})
    assert read(deliver(content))[0].frame["source_id"].to_list() == ["1"]


def test_of_several_sheets_the_source_says_which(deliver: Deliver) -> None:
    content = workbook([HEADER, ["1"]], sheets={"Kiellot": [HEADER, ["2"]]}, hidden=["Kiellot"])
    assert refusal(deliver(content, "both.xlsx")) == "REG017"  # nothing is left out silently
    assert read(deliver(content, sheet="kiellot"))[0].frame["source_id"].to_list() == ["2"]
    assert refusal(deliver(content, sheet="Other")) == "REG017"


def test_an_empty_workbook_is_refused(deliver: Deliver) -> None:
    assert refusal(deliver(workbook([]))) == "REG010"


# Threats 50 and 58
DOCUMENT_TYPES = {
    "bomb": b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>',
    "external": b'<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>',
    "remote": b'<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">',
}


@pytest.mark.parametrize("part", [SHEET, "xl/workbook.xml", "xl/sharedStrings.xml", "docProps/app.xml"])
@pytest.mark.parametrize("definition", DOCUMENT_TYPES)
def test_xml_entities_are_refused(deliver: Deliver, part: str, definition: str) -> None:
    plain = sheet([HEADER, ["1"]])
    content = workbook([HEADER, ["1"]], parts={part: plain.replace(b"\n", DOCUMENT_TYPES[definition], 1)})
    assert refusal(deliver(content)) == "REG015"


def test_two_far_cells_do_not_take_the_memory_of_all_between(deliver: Deliver) -> None:
    """The reader would lay out 17 thousand million cells and abort the process."""
    far = sheet([HEADER, ["1"]]).replace(
        b"</sheetData>", b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    )
    assert refusal(deliver(workbook([], parts={SHEET: far}))) == "REG016"


@pytest.mark.parametrize(
    "cells",
    [
        b'<row r="1048576"><c><v>1</v></c></row>',
        b'<row r="3"><c t="n"\n><v>1</v></c></row>',
        b'<row r="3"><c ' + b'a="b" ' * 200 + b'r="XFD1048576"><v>1</v></c></row>',
        b'<row r="3"><x:c r="A"><v>1</v></x:c></row>',
    ],
)
def test_a_cell_that_does_not_say_where_it_stands_is_not_guessed_at(deliver: Deliver, cells: bytes) -> None:
    far = sheet([HEADER, ["1"]]).replace(b"</sheetData>", cells + b"</sheetData>")
    assert refusal(deliver(workbook([], parts={SHEET: far}))) == "REG015"


def test_a_part_that_unpacks_to_more_than_it_says_is_found(
    deliver: Deliver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(xlsx_guard, "MAX_UNPACKED", 3 << 20)
    content = workbook([HEADER, ["1"]], parts={"xl/sharedStrings.xml": b" " * (64 << 20)})
    assert len(content) < 1 << 20
    assert refusal(deliver(content)) == "REG016"
    lying = content.replace(struct.pack("<L", 64 << 20), struct.pack("<L", 100))
    assert lying != content
    assert refusal(deliver(lying)) == "REG016"


def test_too_many_parts_are_refused(deliver: Deliver) -> None:
    parts = {f"xl/media/{at}.xml": b"<x/>" for at in range(limits.MAX_PARTS)}
    assert refusal(deliver(workbook([HEADER, ["1"]], parts=parts))) == "REG016"


def test_names_in_the_archive_are_no_paths(deliver: Deliver, tmp_path: Path) -> None:
    content = workbook([HEADER, ["1"]], parts={"../../x.txt": b"x", "/etc/x": b"x"})
    assert read(deliver(content))[0].total == 1
    assert not list(tmp_path.parent.rglob("x.txt"))


def test_macros_are_refused(deliver: Deliver) -> None:
    assert refusal(deliver(workbook([HEADER, ["1"]], parts={"xl/vbaProject.bin": b"x"}))) == "REG015"


def _twice() -> bytes:
    stream = io.BytesIO(workbook([HEADER, ["1"]]))
    with zipfile.ZipFile(stream, "a") as archive:
        archive.writestr("XL/worksheets/sheet1.xml", sheet([HEADER, ["2"]]))
    return stream.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"PK\x03\x04 nonsense",
        b"PK\x03\x04",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),  # an old workbook, or one with a password
        workbook([HEADER, ["1"]])[:-40],
        workbook([HEADER, ["1"]]) + b"more",
        b"PK\x03\x04more" + workbook([HEADER, ["1"]]),
        packed({"content.xml": b"<x/>", "mimetype": b"application/vnd.oasis.opendocument.spreadsheet"}),
        packed({"[Content_Types].xml": b"<x/>", "xl/workbook.xml": b"<workbook"}),
        packed({"[Content_Types].xml": b"<x/>", "xl/workbook.xml": b"<workbook/>"}),
        workbook([HEADER, ["1"]], parts={SHEET: b"<worksheet><sheetData><row>"}),
        workbook([HEADER, ["1"]], parts={"xl/workbook.xml": "<workbook/>".encode("utf-16")}),
        _twice(),
    ],
)
def test_what_is_no_whole_workbook_is_refused(deliver: Deliver, content: bytes) -> None:
    assert refusal(deliver(content)) in ("REG015", "REG010")


def test_damage_anywhere_is_a_refusal_or_other_rows_never_a_crash(deliver: Deliver) -> None:
    content = bytearray(workbook([HEADER, *([str(n), "x", n] for n in range(50))]))
    for at in range(0, len(content), 11):
        damaged = content.copy()
        damaged[at] ^= 0xFF
        delivery = deliver(bytes(damaged), f"d{at}.xlsx")
        try:
            found, _ = read(delivery)
        except UserError as error:
            assert error.mistake.code in ("REG007", "REG009", "REG010", "REG015", "REG016")
        else:
            assert found.total == 50


def test_a_workbook_is_known_by_its_content(deliver: Deliver) -> None:
    assert read(deliver(workbook([HEADER, ["1"]]), "people.csv"))[0].total == 1


_MEMORY = """
import resource, sys
from campaigns.register import xlsx_cells
from pathlib import Path
rows = sum(1 for _ in xlsx_cells.rows(Path(sys.argv[1]), "", name="x"))
print(rows, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


def test_memory_follows_the_cells_and_not_what_they_unpack_to(deliver: Deliver) -> None:
    small = deliver(workbook([HEADER, ["1"]]), "small.xlsx")
    rows = [HEADER, *([str(n), "x" * 200, n] for n in range(100_000))]
    large = deliver(workbook(rows), "large.xlsx")
    used = [
        subprocess.run(
            [sys.executable, "-c", _MEMORY, str(each.path)], capture_output=True, text=True, check=True
        ).stdout.split()
        for each in (small, large)
    ]
    assert used[1][0] == "100001"
    assert int(used[1][1]) - int(used[0][1]) < 150  # MB, for 300,000 cells of 20 MB of text


def test_header_of_a_workbook(deliver: Deliver) -> None:
    assert reading.header_of(deliver(workbook([[*HEADER, ""], ["1"]]), "header.xlsx")) == HEADER


def test_the_frame_is_all_text(deliver: Deliver) -> None:
    found, _ = read(deliver(workbook([HEADER, [1, 2, 3]]), "numbers.xlsx"))
    assert set(found.frame.drop("_line").dtypes) == {pl.String()}

"""Bad input: a verdict on the file or on each row, with line and reason; good rows are in, memory is flat."""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from campaigns.lake import Lake
from support.bad_files import imported, measured, refused_rows, zipped
from support.readings import ENGLISH, FLAT, HOUSE, NOW, Row, starts, text

DAY = date(2025, 6, 1)
ROWS = [Row(start=start, wh=at * 10) for at, start in enumerate(starts(DAY, DAY, 60))]
GOOD = text(ROWS)


def wh(lake: Lake) -> list[list[int | None]]:
    with lake.snapshot() as snapshot:
        return snapshot.frame("consumption_days")["wh"].to_list()


def with_line(line: bytes | str, at: int = 5) -> bytes:
    """The good file with one more line, which is number `at`."""
    lines = GOOD.encode().split(b"\n")
    lines.insert(at - 1, line.encode() if isinstance(line, str) else line)
    return b"\n".join(lines)


def changed(**fields: str) -> str:
    """A line of the file with other cells."""
    cells = dict(zip(ENGLISH, ROWS[3].line.split(";"), strict=True))
    return ";".join((cells | {name.replace("_", " "): value for name, value in fields.items()}).values())


ROW_FAULTS: dict[str, tuple[bytes | str, str]] = {
    "NUL bytes": (ROWS[3].line.replace("PT1H", "PT\0H"), "CON116"),
    "another encoding": (ROWS[3].line.replace("OK", "Pätevä").encode("latin-1"), "CON115"),
    "a number of words": (changed(Quantity="paljon"), "CON111"),
    "an endless number": (changed(Quantity="1" * 40), "CON111"),
    "no number": (changed(Quantity=""), "CON111"),
    "not a number": (changed(Quantity="NaN"), "CON111"),
    "a power station": (changed(Quantity="1000000,5"), "CON113"),
    "one that runs backwards": (changed(Quantity="-1000000,5"), "CON113"),
    "a wrong check digit": (changed(MeteringPointGSRN="643007500000000015"), "CON102"),
    "a short number": (changed(MeteringPointGSRN="64300750000000001"), "CON101"),
    "the future": (changed(Start_Time="2026-11-26T00:00:00Z"), "CON110"),
    "the past": (changed(Start_Time="1999-11-26T00:00:00Z"), "CON110"),
    "no such day": (changed(Start_Time="2025-02-30T00:00:00Z"), "CON108"),
    "local time": (changed(Start_Time="2025-06-01T00:00:00"), "CON108"),
    "off the grid": (changed(Start_Time="2025-06-01T00:10:00Z"), "CON109"),
    "reactive energy": (changed(Product_Type="8716867000047"), "CON103"),
    "half hours": (changed(Resolution="PT30M"), "CON104"),
    "megawatt hours": (changed(Unit_Type="MWh"), "CON105"),
    "another reading": (changed(Reading_Type="BN05"), "CON106"),
    "a quality of signs": (changed(Quality="<b>"), "CON107"),
    "too many cells": (ROWS[3].line + ";x;y", "CON118"),
    "too few cells": ("643007500000000014;8716867000030", "CON118"),
    "the header again": (GOOD.partition("\n")[0], "CON117"),
    "an open quote": ('"' + ROWS[3].line, "CON101"),
    "a formula": ("=1+1;" + ROWS[3].line.partition(";")[2], "CON101"),
}


@pytest.mark.parametrize("what", ROW_FAULTS)
def test_a_bad_row_is_told_by_its_line_and_the_others_are_in(lake: Lake, tmp_path: Path, what: str) -> None:
    line, reason = ROW_FAULTS[what]
    (tmp_path / "datahub.csv").write_bytes(with_line(line))
    (done,) = imported(lake, tmp_path / "datahub.csv")
    assert (done.kind, done.rows, done.accepted, done.quarantined) == ("datahub", 25, 24, 1)
    assert refused_rows(lake) == [(5, reason)]
    assert wh(lake) == [[at * 10 for at in range(24)]]


@pytest.mark.parametrize("cut", [1, 5, 15, 60])
def test_a_truncated_last_line(lake: Lake, tmp_path: Path, cut: int) -> None:
    """Cut within its last word it is a reading with a quality that nobody knows; else it is none."""
    (tmp_path / "datahub.csv").write_text(GOOD.rstrip("\n")[:-cut])
    (done,) = imported(lake, tmp_path / "datahub.csv")
    whole = cut == 1
    assert (done.rows, done.accepted) == (24, 24 if whole else 23)
    assert refused_rows(lake) == ([] if whole else [(25, "CON118")])
    assert wh(lake) == [[at * 10 if whole or at < 23 else None for at in range(24)]]


FILE_FAULTS: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "REG010"),
    "only line ends": (b"\n\r\n\n", "REG010"),
    "UTF-16": (GOOD.encode("utf-16"), "REG009"),
    "NUL in the header": (b"\0" + GOOD.encode(), "REG009"),
    "a header of another encoding": (GOOD.encode("latin-1"), "REG009"),
    "another header": (GOOD.replace("Alkuaika", "Milloin").encode(), "REG007"),
    "no header": (GOOD.partition("\n")[2].encode(), "REG007"),
    "a column twice": (GOOD.replace("Laatu", "Alkuaika").encode(), "REG008"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(100), "REG009"),
    "half a Parquet file": (b"PAR1" + bytes(50), "REG011"),
    "half a workbook": (b"PK\x03\x04" + bytes(50), "REG015"),
    "half an archive": (gzip.compress(GOOD.encode())[:-20], "REG018"),
}


@pytest.mark.parametrize("what", FILE_FAULTS)
def test_a_bad_file_is_refused_whole_and_the_next_one_is_in(lake: Lake, tmp_path: Path, what: str) -> None:
    content, code = FILE_FAULTS[what]
    (tmp_path / "bad.csv").write_bytes(content)
    (tmp_path / "good.csv").write_text(GOOD)
    good, bad = imported(lake, tmp_path / "bad.csv", tmp_path / "good.csv", as_kind="datahub")
    assert (good.file, good.accepted) == ("good.csv", 24)
    assert bad.refused is not None
    assert bad.refused.code == code
    assert "643007500000000014" not in str(bad.refused)  # not even when it stands in place of the header
    assert wh(lake) == [[at * 10 for at in range(24)]]


@pytest.mark.parametrize("delimiter", [",", "\t", "|"])
def test_another_delimiter_is_taken_from_the_header(lake: Lake, tmp_path: Path, delimiter: str) -> None:
    content = GOOD.replace(",", ".").replace(";", delimiter)
    (tmp_path / "datahub.csv").write_text(content)
    (done,) = imported(lake, tmp_path / "datahub.csv")
    assert (done.accepted, done.quarantined) == (24, 0)
    assert wh(lake) == [[at * 10 for at in range(24)]]


def test_a_delimiter_that_is_the_decimal_comma_too(lake: Lake, tmp_path: Path) -> None:
    (tmp_path / "datahub.csv").write_text(GOOD.replace(";", ","))
    (done,) = imported(lake, tmp_path / "datahub.csv")
    assert (done.accepted, done.quarantined) == (0, 24)
    assert refused_rows(lake) == [(line, "CON118") for line in range(2, 26)]


@pytest.mark.parametrize("newest_first", [True, False])
def test_overlapping_files_with_different_values(lake: Lake, tmp_path: Path, newest_first: bool) -> None:
    """The file that was received later counts, where it speaks; the other one elsewhere."""
    later = [Row(start=row.start, wh=999) for row in ROWS[5:9]]
    for name, rows, hours in (("a.csv", ROWS, 2), ("b.csv", later, 1)):
        (tmp_path / name).write_text(text(rows))
        moment = (NOW - timedelta(hours=hours)).timestamp()
        os.utime(tmp_path / name, (moment, moment))
    for name in ("b.csv", "a.csv") if newest_first else ("a.csv", "b.csv"):
        imported(lake, tmp_path / name)
    assert wh(lake) == [[999 if 5 <= at < 9 else at * 10 for at in range(24)]]


def long_line() -> Iterable[bytes]:
    yield GOOD.encode() + ROWS[0].line.encode()
    yield from (os.urandom(1 << 10).hex().encode() * 512 for _ in range(200))
    yield b"\n" + Row(start=datetime(2025, 6, 2, tzinfo=UTC), wh=5, gsrn=FLAT).line.encode() + b"\n"


def nonsense() -> Iterable[bytes]:
    yield GOOD.encode()
    for at in range(100):
        yield b"".join(
            b"%d;nothing;to;see;%d\n" % (line, HOUSE) for line in range(at * 50_000, at * 50_000 + 50_000)
        )


def bomb() -> Iterable[bytes]:
    yield from (bytes(1 << 20) for _ in range(1_000))


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [(long_line, (25, 1, "-")), (nonsense, (0, 0, "CON126")), (bomb, (0, 0, "REG019"))],
    ids=["a line of 200 MB", "five million lines of nonsense", "a bomb of 1 GB"],
)
def test_memory_is_flat(
    tmp_path: Path, pieces: Callable[[], Iterable[bytes]], expected: tuple[int, int, str]
) -> None:
    """In a process of its own, packed: neither the longest line nor the number of bad ones fill it."""
    file = zipped(tmp_path / "datahub.zip", pieces())
    *found, megabytes = measured(tmp_path, file)
    assert tuple(found) == expected
    assert megabytes < 700  # of which 200 for an empty file
    assert not (tmp_path / "staging").exists()

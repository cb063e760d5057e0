"""Bad input of the other kinds: plain readings, heat meters, prices and temperatures, as `test_bad_files`."""

from __future__ import annotations

import gzip
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from campaigns.consumption.series import MOST_BYTES, MOST_ROWS
from campaigns.lake import Lake
from support.bad_files import imported, measured, refused_rows, zipped
from support.effort import FACTOR
from support.readings import HOUSE, NOW

FIRST = datetime(2025, 6, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Kind:
    """A kind of file, what a good line of it is, and which of its cells may be wrong."""

    name: str
    header: str
    line: str  # of an hour, with {time} and {value}
    table: str
    number: str  # the code of a cell that is no number
    time: str  # of a time that is none
    future: str
    word: str  # a word that stands in a good line, to spoil
    # of NUL, another encoding, a line that is cut short, and the header again
    lines: tuple[str, str, str, str] = ("CON116", "CON115", "CON118", "CON117")

    def of_hour(self, at: int, value: int | None = None) -> str:
        time = f"{FIRST + timedelta(hours=at):%Y-%m-%dT%H:%MZ}"
        return self.line.format(time=time, value=at if value is None else value)

    @property
    def good(self) -> list[str]:
        return [self.header, *(self.of_hour(at) for at in range(24))]


_REGISTER = ("REG102", "REG101", "REG103", "REG105")  # of files whose rows are read as those of people are
KINDS = {
    kind.name: kind
    for kind in (
        Kind(
            "readings", "gsrn;start;quantity;unit;resolution", f"{HOUSE};{{time}};{{value}};Wh;60",
            "consumption_days", number="CON111", time="CON108", future="CON110", word="Wh",
        ),
        Kind(
            "heat_meters", "site;read_at;energy;unit", "A-1;{time};{value};kWh",
            "heat_registers", number="CON135", time="CON132", future="CON134", word="kWh",
        ),
        Kind(
            "spot_prices", "start;price;note", "{time};{value};spot",
            "prices", number="CON121", time="REG126", future="CON127", word="spot", lines=_REGISTER,
        ),
        Kind(
            "temperatures", "start;celsius;note", "{time};{value};mast",
            "temperatures", number="CON121", time="REG126", future="CON127", word="mast", lines=_REGISTER,
        ),
    )
}  # fmt: skip
ALL = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)


def write(folder: Path, lines: Sequence[str | bytes], name: str = "file.csv") -> Path:
    path = folder / name
    path.write_bytes(b"\n".join(line if isinstance(line, bytes) else line.encode() for line in lines) + b"\n")
    return path


def rows(lake: Lake, table: str) -> str:
    with lake.snapshot() as snapshot:
        frame = snapshot.frame(table)
        return frame.drop("file", "received", strict=False).write_ndjson()


@ALL
def test_bad_rows_are_told_by_their_lines_and_the_others_are_in(
    lake: Lake, tmp_path: Path, kind: Kind
) -> None:
    alone = Lake(tmp_path / "alone")
    imported(alone, write(tmp_path, kind.good), as_kind=kind.name)
    value = kind.of_hour(30, 55)
    spoilt: list[tuple[str | bytes, str]] = [
        (value.replace(";55", ";paljon"), kind.number),
        (value.replace(";55", ";NaN"), kind.number),
        (value.replace(";55", ";" + "9" * 40), kind.number),
        (value.replace("2025-06-02", "2025-02-30"), kind.time),
        (value.replace("2025-06", "2031-06"), kind.future),
        (value.replace(kind.word, f"{kind.word}\0"), kind.lines[0]),
        (value.replace(kind.word, "Pätevä").encode("latin-1"), kind.lines[1]),
        (value[:12], kind.lines[2]),
        (kind.header, kind.lines[3]),
    ]
    lines = [*kind.good[:5], *(line for line, _ in spoilt), *kind.good[5:]]
    (done,) = imported(lake, write(tmp_path, lines, "bad.csv"), as_kind=kind.name)
    assert (done.accepted, done.quarantined) == (24, len(spoilt))
    assert refused_rows(lake) == [(6 + at, reason) for at, (_, reason) in enumerate(spoilt)]
    assert rows(lake, kind.table) == rows(alone, kind.table)


@ALL
def test_a_truncated_last_line_is_aside(lake: Lake, tmp_path: Path, kind: Kind) -> None:
    path = tmp_path / "file.csv"
    whole = "\n".join(kind.good)
    path.write_text(whole[: whole.rindex(";", 0, whole.rindex(";"))])
    (done,) = imported(lake, path, as_kind=kind.name)
    assert (done.accepted, refused_rows(lake)) == (23, [(25, kind.lines[2])])


@ALL
@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda _: b"", "REG010"),
        (lambda good: good.encode("utf-16"), "REG009"),
        (lambda good: b"\0" + good.encode(), "REG009"),
        (lambda good: good.partition("\n")[2].encode(), "REG007"),
        (lambda good: good.replace(";", ";x;", 1).replace(";x;", ";Milloin", 1).encode(), "REG007"),
        (lambda good: gzip.compress(good.encode())[:-20], "REG018"),
        (lambda _: b"PAR1" + bytes(50), "REG011"),
    ],
    ids=["empty", "UTF-16", "NUL", "no header", "another header", "half an archive", "half a Parquet file"],
)
def test_a_bad_file_is_refused_whole(
    lake: Lake, tmp_path: Path, kind: Kind, spoil: object, code: str
) -> None:
    (tmp_path / "bad.csv").write_bytes(spoil("\n".join(kind.good)))  # type: ignore[operator]
    good, bad = imported(lake, tmp_path / "bad.csv", write(tmp_path, kind.good), as_kind=kind.name)
    assert (good.file, good.accepted) == ("file.csv", 24)
    assert bad.refused is not None
    assert bad.refused.code == code


@ALL
@pytest.mark.parametrize("newest_first", [True, False])
def test_of_overlapping_files_the_newest_counts(
    lake: Lake, tmp_path: Path, kind: Kind, newest_first: bool
) -> None:
    alone = Lake(tmp_path / "alone")
    values = [at + 30 * (at >= 5) for at in range(24)]
    imported(
        alone,
        write(tmp_path, [kind.header, *map(kind.of_hour, range(24), values)], "all.csv"),
        as_kind=kind.name,
    )
    files = [
        write(tmp_path, kind.good, "a.csv"),
        write(tmp_path, [kind.header, *map(kind.of_hour, range(5, 24), values[5:])], "b.csv"),
    ]
    for path, hours in zip(files, (2, 1), strict=True):
        moment = (NOW - timedelta(hours=hours)).timestamp()
        os.utime(path, (moment, moment))
    for path in files[:: -1 if newest_first else 1]:
        imported(lake, path, as_kind=kind.name)
    assert rows(lake, kind.table) == rows(alone, kind.table)
    (again,) = imported(lake, files[0], as_kind=kind.name)
    assert again.unchanged


@pytest.mark.parametrize("name", KINDS if FACTOR > 1 else ["heat_meters"])
def test_memory_is_flat(tmp_path: Path, name: str) -> None:
    """A line of 200 MB is one bad row; half a million bad lines are no file of this kind."""
    kind = KINDS[name]

    def long_line() -> Iterable[bytes]:
        yield "\n".join([*kind.good, kind.of_hour(30)]).encode()
        yield from (os.urandom(1 << 10).hex().encode() * 512 for _ in range(200))
        yield b"\n" + kind.of_hour(31).encode() + b"\n"

    def nonsense() -> Iterable[bytes]:
        yield "\n".join([*kind.good, ""]).encode()
        for at in range(10):
            yield b"".join(b"%d;nothing;to;see\n" % line for line in range(at * 50_000, (at + 1) * 50_000))

    *found, megabytes = measured(tmp_path, zipped(tmp_path / "long.zip", long_line()), kind.name)
    assert found == [25, 1, "-"]
    assert megabytes < 700
    *found, megabytes = measured(tmp_path, zipped(tmp_path / "bad.zip", nonsense()), kind.name)
    assert found == [0, 0, "CON126"]
    assert megabytes < 700


@pytest.mark.parametrize("name", ["spot_prices", "temperatures"])
def test_a_file_of_far_too_many_prices_or_temperatures_is_refused(
    lake: Lake, tmp_path: Path, name: str
) -> None:
    """Such a file is in memory as a whole."""
    kind = KINDS[name]
    text, table = tmp_path / "many.csv", tmp_path / "many.parquet"
    with text.open("wb") as stream:
        stream.write("\n".join([*kind.good, ""]).encode())
        stream.writelines([b"x" * (1 << 20) + b"\n"] * 65)
    assert text.stat().st_size > MOST_BYTES
    (spared,) = imported(lake, text, as_kind=name)
    assert (spared.refused, spared.accepted, spared.quarantined) == (None, 24, 65)  # each of them too long
    with text.open("wb") as stream:
        stream.write("\n".join([*kind.good, ""]).encode())
        stream.writelines([b"x" * ((1 << 20) - 1) + b"\n"] * 65)
    columns = kind.header.split(";")
    pl.select(pl.repeat("1", MOST_ROWS + 1).alias(column) for column in columns).write_parquet(table)
    for found in imported(lake, text, table, as_kind=name):
        assert found.refused is not None
        assert found.refused.code == "CON128"

"""CSV: both readers give the same, and a mistake stays on its line."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from campaigns.register import csv_exact, csv_fast
from campaigns.register.csv_exact import Dialect, RawTable
from campaigns.register.limits import MAX_LINE, MAX_RECORD_LINES

HEADER = b"a;b;c\n"
THREE = Dialect(delimiter=";", encoding="utf-8", width=3)


def both(path: Path, content: bytes, dialect: Dialect = THREE) -> RawTable:
    """What the exact reader gives, after checking that the fast one gives the same."""
    path.write_bytes(content)
    exact, fast = csv_exact.read(path, dialect), csv_fast.read(path, dialect)
    assert fast.frame.to_dict(as_series=False) == exact.frame.to_dict(as_series=False)
    assert fast.faults == exact.faults
    return exact


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "x.csv"


def rows(table: RawTable) -> list[tuple[object, ...]]:
    return table.frame.rows()


def codes(table: RawTable) -> dict[int, str]:
    return {fault.line: fault.code for fault in table.faults}


def test_clean_lines_with_any_end(path: Path) -> None:
    table = both(path, HEADER + "1;Öhman;x\r\n2;;\n3; y ;z".encode())
    assert rows(table) == [("1", "Öhman", "x", 2), ("2", "", "", 3), ("3", " y ", "z", 4)]
    assert table.faults == []


def test_byte_order_mark_and_blank_lines(path: Path) -> None:
    table = both(path, b"\xef\xbb\xbf" + HEADER + b"\n1;2;3\n\r\n   \n4;5;6\n\n")
    assert rows(table) == [("1", "2", "3", 3), ("4", "5", "6", 6)]


def test_quotes_delimiters_and_line_ends_inside_a_cell(path: Path) -> None:
    table = both(path, HEADER + b'1;"x;""y""";z\n2;"two\nlines";w\n3;plain "quotes";v\n')
    assert rows(table) == [
        ("1", 'x;"y"', "z", 2),
        ("2", "two\nlines", "w", 3),
        ("3", 'plain "quotes"', "v", 5),
    ]


def test_an_unclosed_quote_costs_one_line_and_swallows_nothing(path: Path) -> None:
    lines = [b"%d;x;y" % number for number in range(1000)]
    lines[3] = b'3;"x;y'
    lines[700] = b'700;y";"z'
    table = both(path, HEADER + b"\n".join(lines))
    assert codes(table) == {5: "REG104", 702: "REG104"}
    assert [row[0] for row in rows(table)] == [
        str(number) for number in range(1000) if number not in (3, 700)
    ]


def test_two_stray_quotes_do_not_merge_the_rows_between_them(path: Path) -> None:
    table = both(path, HEADER + b'1;"x;y\n2;x;y\n3;x;y\n4;x";y\n')
    assert [row[0] for row in rows(table)] == ["2", "3", "4"]
    assert codes(table) == {2: "REG104"}


def test_nul_bytes_other_controls_and_wrong_encodings(path: Path) -> None:
    content = HEADER + b"1;\x00;x\n2;\x1b[31m;x\n3;\xe4;x\n4;a\rb;x\n5;" + "ä".encode() + b";x\n"
    table = both(path, content)
    assert codes(table) == {2: "REG102", 3: "REG102", 4: "REG101", 5: "REG102"}
    assert rows(table) == [("5", "ä", "x", 6)]


def test_ragged_lines(path: Path) -> None:
    table = both(path, HEADER + b"1;2\n1;2;3;4\n5;6;7\n")
    assert codes(table) == {2: "REG103", 3: "REG103"}
    assert rows(table) == [("5", "6", "7", 4)]


def test_a_record_of_too_many_lines_is_no_record(path: Path) -> None:
    table = both(path, HEADER + b'1;"' + b"x\n" * (MAX_RECORD_LINES + 1) + b'";y\n2;3;4\n')
    assert table.faults[0].code == "REG104"
    assert rows(table)[-1][:3] == ("2", "3", "4")


def test_latin_1_is_read_when_the_source_says_so(path: Path) -> None:
    path.write_bytes(HEADER + "1;Öhman;€".encode("iso-8859-15"))
    dialect = Dialect(delimiter=";", encoding="iso-8859-15", width=3)
    assert not csv_fast.reads(dialect)
    assert rows(csv_exact.read(path, dialect)) == [("1", "Öhman", "€", 2)]


def test_one_column(path: Path) -> None:
    one = Dialect(delimiter=";", encoding="utf-8", width=1)
    table = both(path, b'a\nx\n\n"y"\n"z\n w\n1;2\n', one)
    assert rows(table) == [("x", 2), ("y", 4), (" w", 6)]
    assert codes(table) == {5: "REG104", 7: "REG103"}


@pytest.mark.parametrize("reader", [csv_exact, csv_fast])
def test_a_line_without_end_is_refused_in_flat_memory(path: Path, reader: object) -> None:
    with path.open("wb") as stream:
        stream.write(HEADER + b"1;2;3\n4;")
        for _ in range(64):
            stream.write(b"x" * MAX_LINE)
        stream.write(b";5\n6;7;8\n")
    tracemalloc.start()
    table = reader.read(path, THREE)  # type: ignore[attr-defined]  # one of two modules
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert codes(table) == {3: "REG100"}
    assert [row[0] for row in rows(table)] == ["1", "6"]
    assert peak < 64 * MAX_LINE


cells = st.one_of(
    st.text(alphabet='ab";, \tä\u2028', max_size=4),
    st.sampled_from(['"x"', '"x;y"', '"x\ny"', '""', '"x""y"', "\x00", "\r", "\ufeff", "1", ""]),
)
lines = st.one_of(
    st.lists(cells, min_size=3, max_size=3).map(";".join),
    st.lists(cells, max_size=5).map(";".join),
    st.sampled_from(["", "1;2;3", '1;"2;3', '1;2";3', '"1";"2";"3"', " "]),
).map(str.encode)
broken = st.one_of(lines, lines.map(lambda line: line + b"\xff"))


@given(st.lists(st.tuples(broken, st.sampled_from([b"\n", b"\r\n"])), max_size=12), st.booleans())
@example([(b'1;"', b"\n"), (b'";"', b"\n"), (b'";3', b"\n")], False)
@example([("\ufeff1;2;3".encode(), b"\n"), (b"4;5;6", b"\n")], True)
@example([("x\u0680;2;3".encode(), b"\n")], False)  # the bytes with which compressed data may begin
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
def test_both_readers_give_the_same_for_anything(
    path: Path, body: list[tuple[bytes, bytes]], mark: bool
) -> None:
    content = (b"\xef\xbb\xbf" if mark else b"") + HEADER + b"".join(line + end for line, end in body)
    both(path, content)


@given(st.lists(st.lists(st.text(alphabet='ab"; ä', max_size=5), min_size=3, max_size=3), max_size=6))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_a_writer_quotes_comes_back(path: Path, table: list[list[str]]) -> None:
    quoted = [";".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in table]
    found = both(path, HEADER + "".join(row + "\n" for row in quoted).encode())
    assert [list(row[:3]) for row in rows(found)] == table


def test_a_line_end_in_a_cell_that_makes_a_whole_row_is_refused_not_merged(path: Path) -> None:
    table = both(path, HEADER + b'1;"x\n2;3;4\ny";z\n')
    assert [row[0] for row in rows(table)] == ["2"]
    assert codes(table) == {2: "REG104", 4: "REG103"}

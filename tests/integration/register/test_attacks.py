"""Files that want to do harm: nothing is merged, nothing runs, no memory fills up, every row is counted.

What concerns single lines is in tests/unit/register (test_csv, test_reading), workbooks are in
test_workbooks, identity codes in test_identity_codes, consents that would widen permission in
tests/integration/permissions.
"""

from __future__ import annotations

import os
import pickle
import random
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from campaigns.errors import UserError
from campaigns.register import parquet_files
from campaigns.register.deliveries import Delivery, Imported
from support.offices import ROOT, Office

HEADER = "source_id,first_name,last_name\n"
PEOPLE = pl.DataFrame(
    {"source_id": [str(at) for at in range(300)], "first_name": ["A"] * 300, "last_name": ["B"] * 300}
)


def load(office: Office, path: Path) -> Imported:
    (done,) = office.load(path, as_kind="persons", source="own")
    return done


@pytest.fixture
def office(office: Office) -> Office:
    sources = dict(office.settings.sources)
    sources["own"] = sources["crm"].model_copy(update={"columns": {}, "delimiter": "", "match": ""})
    office.settings = office.settings.model_copy(update={"sources": sources})
    return office


def names(office: Office) -> list[tuple[str, str]]:
    return office.frame("persons").select("first_name", "last_name").rows()


# Attack 49: too large

CHILD = """
import re, sys
from pathlib import Path
from campaigns.ledger import Ledger
from support.offices import Office, house_settings
folder = Path(sys.argv[1])
(folder / "child").mkdir()
ledger = Ledger.open(folder / "child" / "ledger.sqlite")
office = Office(folder / "child", house_settings(), ledger)
done = office.load(Path(sys.argv[2]), as_kind="persons", source="crm")[0]
held = re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())
print(done.accepted, done.quarantined, done.refused.code if done.refused else "-", int(held[1]) // 1024)
"""


def alone(folder: Path, path: Path) -> tuple[int, int, str, int]:
    """Import one file in a process of its own: accepted, quarantined, why refused, megabytes held at most."""
    run = subprocess.run(
        [sys.executable, "-c", CHILD, str(folder), str(path)],
        env={**os.environ, "PYTHONPATH": str(ROOT / "tests")},
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    assert run.stderr == ""
    accepted, quarantined, refused, held = run.stdout.split()
    return int(accepted), int(quarantined), refused, int(held)


def huge(path: Path, start: bytes, piece: bytes, end: bytes, *, size: int) -> Path:
    with path.open("wb") as stream:
        stream.write(start)
        for _ in range(size // len(piece)):
            stream.write(piece)
        stream.write(end)
    return path


THEIRS = "asiakasnro;etunimi;sukunimi\n"
MEGA = b"x" * (1 << 20)


@pytest.mark.parametrize(
    ("start", "piece", "end", "expected"),
    [
        ("1;A;B\n2;A;", MEGA, b"\n3;A;B\n", (2, 1, "-")),
        ('1;A;B\n2;A;"', MEGA, b'"\n3;A;B\n', (2, 1, "-")),
        ("1;A;B\n", b";" * (1 << 20), b"\n3;A;B\n", (2, 1, "-")),
        ("1;A;B\n2;A;", MEGA, b"", (1, 1, "-")),
    ],
    ids=["one cell", "one quoted cell", "columns", "no end"],
)
def test_hundreds_of_megabytes_on_one_line_cost_that_line(
    tmp_path: Path, start: str, piece: bytes, end: bytes, expected: tuple[int, int, str]
) -> None:
    path = huge(tmp_path / "x.csv", (THEIRS + start).encode(), piece, end, size=300 << 20)
    *found, held = alone(tmp_path, path)
    assert tuple(found) == expected
    assert held < 300


def test_a_file_without_any_line_end_is_refused(tmp_path: Path) -> None:
    path = huge(tmp_path / "x.csv", THEIRS.rstrip().encode(), b"x;" * (1 << 19), b"", size=300 << 20)
    *found, held = alone(tmp_path, path)
    assert tuple(found) == (0, 0, "REG010")
    assert held < 250


def test_a_quoted_cell_of_many_lines_is_not_gathered(tmp_path: Path) -> None:
    """Each of its lines is refused for itself; the rows before and behind it go in."""
    lines = b"nothing but text without an end\n" * 500
    path = huge(tmp_path / "x.csv", f'{THEIRS}1;A;B\n2;A;"'.encode(), lines, b"3;A;B\n", size=1 << 20)
    accepted, quarantined, refused, _ = alone(tmp_path, path)
    assert (accepted, refused) == (2, "-")
    assert quarantined == (1 << 20) // len(lines) * 500


@pytest.mark.parametrize("columns", [501, 1_000_000])
def test_a_header_of_endless_columns_is_refused(office: Office, columns: int) -> None:
    done = load(office, office.write("x.csv", HEADER.rstrip() + "," * columns + "\n1,A,B\n"))
    assert done.refused is not None
    assert done.refused.code == "REG010"


def test_parquet_of_endless_columns_is_refused(office: Office) -> None:
    path = office.inbox / "x.parquet"
    PEOPLE.head(1).with_columns(pl.lit(1).alias(f"c{at}") for at in range(600)).write_parquet(path)
    done = load(office, path)
    assert done.refused is not None
    assert done.refused.code == "REG010"


# Attack 51: Parquet


def test_a_pickled_type_is_a_name_and_runs_nothing(office: Office, tmp_path: Path) -> None:
    """CVE-2023-47248: the metadata of a column hold a pickle that some readers load."""
    ran = tmp_path / "ran"

    class Evil:
        def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
            return os.system, (f"touch {ran}",)

    payload = pickle.dumps(Evil(), 0).decode("latin-1")
    evil = pl.Extension("arrow.py_extension_type", pl.String(), payload)
    path = office.inbox / "x.parquet"
    PEOPLE.with_columns(pl.col("first_name").ext.to(evil)).write_parquet(path)
    assert "Extension" in repr(pl.scan_parquet(path).collect_schema())
    done = load(office, path)
    assert (done.accepted, done.quarantined, done.refused) == (300, 0, None)
    assert not ran.exists()
    assert set(names(office)) == {(None, "B")}


def whole_parquet(office: Office) -> tuple[Path, bytes]:
    path = office.inbox / "x.parquet"
    PEOPLE.write_parquet(path)
    return path, path.read_bytes()


def test_a_parquet_file_cut_anywhere_or_with_another_magic_is_refused(office: Office) -> None:
    path, good = whole_parquet(office)
    cut = [
        good[:at]
        for at in (4, 5, 12, len(good) // 2, len(good) - 9, len(good) - 8, len(good) - 4, len(good) - 1)
    ]
    wrong = [
        good[:-4] + b"PAR2",
        good[:-4] + b"PARE",
        b"PAR1" + bytes(40),
        b"PAR1",
        good[:-8] + b"\xff\xff\xff\x7fPAR1",
    ]
    lengthened = [good + b"x", good + good[4:-1]]
    for content in (*cut, *wrong, *lengthened):
        path.write_bytes(content)
        done = load(office, path)
        assert done.refused is not None, len(content)
        assert done.refused.code == "REG011"
    path.write_bytes(b"PAR2" + good[4:])
    assert load(office, path).refused is not None
    assert office.frame("persons").is_empty()


def varint(number: int) -> bytes:
    """A number as Parquet's footer has it."""
    zigzag, out = number << 1, bytearray()
    while zigzag > 0x7F:
        out.append(zigzag & 0x7F | 0x80)
        zigzag >>= 7
    return bytes([*out, zigzag])


@pytest.mark.parametrize("lie", [0, 1, 299, 301, 1 << 31, 1 << 40, (1 << 62) - 1])
def test_a_footer_that_lies_about_its_rows_is_refused(office: Office, lie: int) -> None:
    path, good = whole_parquet(office)
    length = int.from_bytes(good[-8:-4], "little")
    body, footer = good[: -8 - length], good[-8 - length : -8]
    true = b"\x16" + varint(300)
    places = [at for at in range(len(footer)) if footer.startswith(true, at)]
    assert len(places) > 2
    for at in places:
        told = footer[:at] + b"\x16" + varint(lie) + footer[at + len(true) :]
        path.write_bytes(body + told + len(told).to_bytes(4, "little") + b"PAR1")
        done = load(office, path)
        if done.refused is None:  # a count that no reader needs, or no rows at all
            assert done.accepted == done.rows
            assert done.rows in (0, 300), at
            assert done.rows == 300 or lie == 0
        else:
            assert done.refused.code == "REG011"


def test_damaged_parquet_never_stops_the_process(office: Office) -> None:
    path, good = whole_parquet(office)
    delivery = Delivery(
        path=path,
        name="x.parquet",
        sha256="0",
        received=office.now,
        source_name="own",
        source=office.settings.sources["own"],
    )
    chance = random.Random(7)  # which bytes break
    footer = int.from_bytes(good[-8:-4], "little") + 8
    outcomes = set()
    for _ in range(300):
        content = bytearray(good)
        content[chance.randrange(len(content) - footer, len(content))] = chance.randrange(256)
        path.write_bytes(content)
        try:
            _, table = parquet_files.read(delivery)
        except UserError as error:
            outcomes.add(error.mistake.code)
        else:
            outcomes.add("read")
            assert len(table.frame) in (0, 300)
    assert outcomes == {"read", "REG011"}


# Attack 52: text that is not what it seems

MIXED = {
    "nul": (b"1,A,B\n2,A\0,B\n3,A,B\n", (2, 1)),
    "controls": (b"1,A,B\n2,A\x1b[2J,B\n3,A,B\n", (2, 1)),
    "latin 1 among utf-8": ("1,Ä,B\n".encode() + "2,Ä,B\n".encode("latin-1") + b"3,A,B\n", (2, 1)),
    "crlf among lf": (b"1,A,B\r\n2,A,B\n3,A,B\r\n", (3, 0)),
    "cr alone": (b"1,A,B\n2,A,B\r3,A,B\n4,A,B\n", (2, 1)),
    "unclosed quote": (b'1,A,B\n2,"A,B\n3,A,B\n4,A,B\n', (3, 1)),
    "unclosed quote at the end": (b'1,A,B\n2,A,"B\n', (1, 1)),
    "quote that swallows": (b'1,A,B\n2,"A,B\n3,A,B"\n4,A,B\n', (3, 1)),
    "quote inside": (b'1,A"A,B\n2,A,B\n', (2, 0)),
    "short and long": (b"1,A\n2,A,B,C\n3,A,B\n", (1, 2)),
    "half a character": (b"1,A,B\n2,A,\xc3\n3,A,B\n", (2, 1)),
    "overlong": (b"1,A,B\n2,A,\xc0\xaf\n3,A,B\n", (2, 1)),
    "surrogate": (b"1,A,B\n2,A,\xed\xa0\x80\n3,A,B\n", (2, 1)),
    "blank lines": (b"\n1,A,B\n\n\n2,A,B\n", (2, 0)),
}


@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"], ids=["plain", "bom"])
@pytest.mark.parametrize("what", MIXED)
def test_each_bad_line_is_aside_and_none_is_merged(office: Office, what: str, bom: bytes) -> None:
    body, (accepted, quarantined) = MIXED[what]
    done = load(office, office.write("x.csv", bom + HEADER.encode() + body))
    assert done.refused is None
    assert (done.accepted, done.quarantined, done.rows) == (accepted, quarantined, accepted + quarantined)
    assert {sign for pair in names(office) for sign in "".join(pair)} <= set('ABÄ"')


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_other_unicode_is_refused_with_what_to_do(office: Office, encoding: str) -> None:
    done = load(office, office.write("x.csv", (HEADER + "1,A,B\n").encode(encoding)))
    assert done.refused is not None
    assert (done.refused.code, done.refused.hint) == ("REG009", "save it as CSV UTF-8")


def test_half_a_file_in_another_encoding_keeps_the_good_half(office: Office) -> None:
    content = (HEADER + "1,A,B\n").encode() + "2,A,B\n3,A,B\n".encode("utf-16-le") + b"\n4,A,B\n"
    done = load(office, office.write("x.csv", content))
    assert done.refused is None
    assert names(office) == [("A", "B")] * 2
    assert done.rows == done.accepted + done.quarantined


# Attack 53: headers


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("source_id,first_name,first_name", "REG008"),
        ("source_id,first_name,FIRST_NAME", "REG008"),
        ("source_id,first_name, First_Name ", "REG008"),
        ("source_id,SOURCE_ID,first_name", "REG008"),
        ("sourceid,first_name,last_name", "REG007"),
        ('source_id,"first_name,last_name', "REG010"),
    ],
)
def test_a_header_that_can_be_read_in_two_ways_is_refused(office: Office, header: str, code: str) -> None:
    done = load(office, office.write("x.csv", f"{header}\n1,A,B\n"))
    assert done.refused is not None
    assert done.refused.code == code


@pytest.mark.parametrize(
    "extra", ["_id", "__proto__", "constructor", "person_id", "controller", "_line", "c0", "", "$ref"]
)
def test_columns_that_nobody_asked_for_mean_nothing(office: Office, extra: str) -> None:
    done = load(office, office.write("x.csv", f"LAST_NAME,{extra},First_Name,source_ID\nB,99,A,1\n"))
    assert (done.accepted, done.quarantined) == (1, 0)
    assert office.frame("persons").select("person_id", "controller", "first_name", "last_name").rows() == [
        (1, "lahti_energia", "A", "B")
    ]


@pytest.mark.parametrize(
    "extra", ["_id", "__proto__", "constructor", "a" * 100, "x\u202ey", "event_id\u200b"]
)
def test_an_event_has_no_property_of_a_doubtful_name(office: Office, extra: str) -> None:
    load(office, office.write("x.csv", f"{HEADER}C1,A,B\n"))
    content = f"source_id,person,name,occurred_at,{extra},page\nE1,C1,page_visited,2026-01-01,99,front\n"
    (done,) = office.load(office.write("web_1.csv", content))
    assert done.accepted == 1
    properties = office.frame("events")["properties"].item()
    assert properties in ('{"page":"front"}', '{"constructor":"99","page":"front"}')


def test_files_glued_together_count_their_headers_as_no_rows(office: Office) -> None:
    done = load(office, office.write("x.csv", f"{HEADER}1,A,B\n{HEADER}2,A,B\n{HEADER.upper()}"))
    assert (done.accepted, done.quarantined) == (2, 2)


# Attack 55: what is no file


def test_a_device_a_socket_and_a_folder_are_refused(office: Office, tmp_path: Path) -> None:
    import socket

    place = office.inbox / "x.sock"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(place))
        for path in (place, Path("/dev/null"), Path("/dev/zero"), Path("/dev/stdin"), tmp_path):
            done = load(office, path)
            assert done.refused is not None
            assert done.refused.code in ("REG001", "REG002")


def test_a_file_swapped_for_a_link_between_look_and_read_is_refused(office: Office, tmp_path: Path) -> None:
    """A link out of the folder is refused even when its target has the same bytes."""
    path = office.write("x.csv", f"{HEADER}1,A,B\n")
    outside = tmp_path / "outside.csv"
    path.rename(outside)
    path.symlink_to(outside)
    done = load(office, path)
    assert done.refused is not None
    assert done.refused.code == "REG002"
    assert stat.S_ISLNK(path.lstat().st_mode)
    assert outside.read_text() == f"{HEADER}1,A,B\n"


# Attack 56: again


def test_the_first_half_in_any_form_changes_no_count(office: Office) -> None:
    rows = [f"{at},A,B\n" for at in range(10)]
    load(office, office.write("x.csv", HEADER + "".join(rows)))
    before = office.all_frames("received_at")
    half = HEADER + "".join(rows[:5])
    for content in (
        half.encode(),
        half.encode("utf-8-sig"),
        half.replace("\n", "\r\n").encode(),
        half.upper().encode(),
    ):
        done = load(office, office.write("y.csv", content))
        assert (done.accepted, done.quarantined) == (5, 0)
        assert office.all_frames("received_at") == before

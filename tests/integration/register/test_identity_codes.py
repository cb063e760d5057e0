"""Identity codes in every column of every kind: refused where certain, masked where suspect, kept nowhere.

The codes are those of the agency's test persons.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from campaigns.identifiers import personal_codes
from campaigns.lake.schemas import TABLES
from campaigns.register.deliveries import Delivery, Imported, Kind
from campaigns.register.importing import import_files
from campaigns.register.quarantine import Rejects
from campaigns.workspace.importing import ImportResult, expand
from campaigns.workspace.kinds import all_kinds
from support.offices import Office

CODES = """
    010594Y9032 010594Y9021 020594X903P 020594X902N 030594W903B 040594V9030 050594U903M 010516B903X
    020516C903K 030516D9037 010501E9032 020502E902X 020503F9037 020504A902E
""".split()  # noqa: SIM905
DASHES = "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212"
KINDS = {kind.name: kind for kind in all_kinds()}
TYPED_KINDS = ("readings", "heat_meters")  # whose cells are numbers, times and words of a list, nothing else
TEXT_KINDS = [name for name in KINDS if name not in ("datahub", "subscribers", *TYPED_KINDS)]


def certain() -> Iterator[str]:
    """Spellings that are codes beyond doubt."""
    for at, code in enumerate(CODES):
        day, sign, tail = code[:6], code[6], code[7:]
        yield (code, code.lower(), f"{day} {sign} {tail}", f"hetu {code}.", f"{day}{sign}\u00a0{tail}")[
            at % 5
        ]
    for dash in DASHES:
        yield f"010594{dash}9032"
    yield from ("010594 \u2013 9032", "010594-\u200b9032", "010594+9032", "(010594y9032)")


SUSPECT = ("010594Y9033", "010594y9033", "010594\u20139033", "0105949032", "x010594Y9032x")
SECRET = re.compile(
    rb"01 ?05 ?94|02 ?05 ?94|03 ?05 ?94|04 ?05 ?94|05 ?05 ?94|01 ?05 ?16|020516|030516|010501|02050[234]"
)
USUAL = {
    "source_id": "S", "person": "C1", "name": "word", "occurred_at": "2026-01-01", "started_at": "2026-01-01",
    "start_date": "2026-01-01", "contract_type": "spot", "energy": "district_heat", "channel": "phone",
    "list": "fair", "delete_on": "2027-01-01", "kind": "consumer", "start": "2026-01-01T00:00Z",
}  # fmt: skip


def everything(office: Office) -> bytes:
    """All bytes under data/, and all that tables say once they are read."""
    data = office.lake.root.parent
    files = [path.read_bytes() for path in data.rglob("*") if path.is_file()]
    files += [str(path).encode() for path in data.rglob("*")]
    rows = [repr(office.frame(table).to_dicts()).encode() for table in TABLES if table != "metrics"]
    return b"\n".join([*files, *rows])


def load(office: Office, path: Path, kind: Kind) -> Imported:
    (done,) = import_files(
        [path],
        kinds=(kind,),
        settings=office.settings.model_copy(update={"sources": {}}),
        lake=office.lake,
        ledger=office.ledger,
        now=office.now,
        as_kind=kind.name,
        settle=0,
    )
    return done


def planted(kind: Kind, texts: list[str]) -> tuple[str, list[str]]:
    """A file with each text in each column once, and the column of each row."""
    names = [*kind.columns.names, *(["extra"] if kind.columns.others else [])]
    usual = USUAL | ({"kind": "granted", "channel": "email"} if kind.name == "permissions" else {})
    rows, columns = [], []
    for column in names:
        for text in texts:
            cells = {name: usual.get(name, "") for name in names} | {column: text}
            if column != "source_id" and "source_id" in cells:
                cells["source_id"] = f"S{len(rows)}"
            rows.append("\t".join(cells[name] for name in names))
            columns.append(column)
    return "\n".join(["\t".join(names), *rows]) + "\n", columns


@pytest.mark.parametrize("kind", TEXT_KINDS)
def test_a_certain_code_refuses_its_row_whatever_the_column(office: Office, kind: str) -> None:
    assert all(personal_codes.find(text) == "certain" for text in certain())
    content, columns = planted(KINDS[kind], list(certain()))
    done = load(office, office.write("file.csv", content), KINDS[kind])
    assert done.refused is None
    assert (done.accepted, done.quarantined) == (0, len(columns))
    told = office.frame("quarantine").filter(reason="REG110").sort("line")
    assert told["column"].to_list() == columns
    assert SECRET.search(everything(office)) is None
    assert SECRET.search(repr(done).encode()) is None


@pytest.mark.parametrize("kind", TYPED_KINDS)
@pytest.mark.parametrize("texts", [list(certain()), list(SUSPECT)], ids=["certain", "suspect"])
def test_numbers_and_times_leave_no_room_for_a_code(office: Office, kind: str, texts: list[str]) -> None:
    content, columns = planted(KINDS[kind], texts)
    done = load(office, office.write("file.csv", content), KINDS[kind])
    assert (done.accepted, done.quarantined) == (0, len(columns))
    assert SECRET.search(everything(office)) is None
    assert SECRET.search(repr(done).encode()) is None


@pytest.mark.parametrize("kind", TEXT_KINDS)
def test_a_suspect_code_is_masked_and_told_and_as_a_key_refuses_its_row(office: Office, kind: str) -> None:
    content, columns = planted(KINDS[kind], list(SUSPECT))
    done = load(office, office.write("file.csv", content), KINDS[kind])
    assert done.refused is None
    told = office.frame("quarantine").filter(reason="REG111").sort("line")
    assert told["column"].to_list() == columns
    keys = [column for column in columns if column in KINDS[kind].columns.keys]
    assert done.quarantined >= len(keys)
    assert SECRET.search(everything(office)) is None


@pytest.mark.parametrize(
    "name", [*CODES[:4], "010594 y9032", "010594\u20139032", "010594Y9033", "0\x0110594Y9032"]
)
def test_file_names_and_headers_are_shown_without_codes(office: Office, name: str) -> None:
    good = f"source_id,first_name,birth_year,{name}\n1,A,1980,x\n2,B,x,x\n"
    files = [
        office.write(f"people {name}.csv", good),
        office.write(f"{name}", f"{name},b\n1,2\n"),
        office.write(f"{name}.tmp", good),
        office.inbox / f"missing {name}.csv",
    ]
    done = [load(office, path, KINDS["persons"]) for path in files]
    assert [one.refused is None for one in done] == [True, False, False, False]
    told = repr(done) + str(ImportResult(files=done)) + repr(ImportResult(files=done).as_json())
    assert SECRET.search(told.encode()) is None
    assert "0594" not in told
    assert SECRET.search(everything(office)) is None
    with pytest.raises(Exception, match="USE005") as caught:
        expand([files[-1]])
    assert SECRET.search(str(caught.value).encode()) is None


@pytest.mark.parametrize("between", ["\x01", "\x00", "\x01\x02", "\x1b"])
def test_signs_that_are_not_shown_hide_no_code_in_the_quarantine(office: Office, between: str) -> None:
    lines = [between.join("010594Y9032"), f"010594{between}Y9032", f"010594Y{between}9032"]
    rows = "".join(f"{at},A,{text}\n" for at, text in enumerate(lines))
    path = office.write("file.csv", f"source_id,first_name,last_name\n9,A,B\n{rows}")
    done = load(office, path, KINDS["persons"])
    assert (done.accepted, done.quarantined) == (1, 3)
    shown = office.frame("quarantine")["text"].to_list()
    assert all(text.endswith(personal_codes.MASK) for text in shown)
    assert SECRET.search(everything(office)) is None


def test_bytes_that_are_no_text_hide_no_code_either(office: Office) -> None:
    content = b"source_id,first_name,last_name\n1,A,010594\xffY9032\n2,A,B\n"
    done = load(office, office.write("file.csv", content), KINDS["persons"])
    assert (done.accepted, done.quarantined) == (1, 1)
    assert SECRET.search(everything(office)) is None


def test_parquet_and_every_type_of_cell(office: Office) -> None:
    frame = pl.DataFrame(
        {
            "source_id": ["1", "2", "3"],
            "first_name": pl.Series(["A", "010594Y9032", "B"], dtype=pl.Categorical),
            "last_name": ["010594\u20149032", "C", "D"],
            "note": [["010594Y9032"], [], []],
        }
    )
    path = office.inbox / "file.parquet"
    frame.write_parquet(path)
    done = load(office, path, KINDS["persons"])
    assert (done.accepted, done.quarantined) == (1, 2)
    assert SECRET.search(everything(office)) is None


def test_rejects_never_hold_a_code_that_a_caller_gives(office: Office) -> None:
    path = office.write("file.csv", "a\n")
    settings = office.settings.sources["crm"]
    delivery = Delivery(
        path=path, name="file.csv", sha256="0", received=office.now, source_name="crm", source=settings
    )
    rejects = Rejects(delivery, "persons")
    rejects.add(1, "REG100", "too long", text="x" * 1_995 + "010594Y9032")  # a cut must not split it
    assert SECRET.search(repr(rejects.frame(office.now).to_dicts()).encode()) is None

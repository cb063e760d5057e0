"""What goes out comes in again: an answer to a portability request, imported into an empty workspace."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from campaigns.ledger import permission_events
from campaigns.rights import portability
from campaigns.settings.loading import FILE, load
from campaigns.workspace import importing, rights
from campaigns.workspace.project import Workspace
from support.mailing_world import Clock, write_files
from support.readings import Row, starts, text

HOUSE, FLAT, NOBODYS = 643007500000000014, 643007500000000021, 643007500999999993
FILES = {
    "companies.csv": """
        source_id;name;business_id;industry;size;postal_code
        Y1;Päijät-Paja Oy;0112038-9;25;12;15140
    """,
    "persons.csv": """
        source_id;kind;language;birth_year;first_name;last_name;email;phone;address;postal_code;city;relationship;\
customer_since;customer_until;contact_from_sale;opt_out_offered;company_id;role;duties;role_start
        K1;consumer;fi;1970;Maija;Meikäläinen;maija@example.fi;040 1234567;Kauppakatu 1 A 2;15140;Lahti;;\
2019-05-22;;yes;yes;;;;
        K2;consumer;sv;1981;Maija;Meikäläinen;;0401234567;Kauppakatu 1 A 2;15140;Lahti;former_customer;\
2018-01-01;2026-02-10;no;no;;;;
        K3;business_contact;en;;Ann;Other;ann@paja.example;;;;;partner;2024-03-01;;no;no;Y1;director;energy;2024-03-01
    """,
    "sites.csv": f"""
        source_id;energy;gsrn;address;postal_code;building_type;building_year;heating;area_m2;fuse_a
        S1;electricity;{HOUSE};Kauppakatu 1;15140;detached_house;1979;direct_electric;103;25
        S2;electricity;{FLAT};Aleksi 2;15110;apartment;1962;district_heat;55;25
        S2;district_heat;;Aleksi 2;15110;apartment;1962;district_heat;55;
        S3;electricity;{NOBODYS};Muualla 3;15110;apartment;;;;
    """,
    "contracts.csv": f"""
        source_id;person;gsrn;site;product;contract_type;start_date;end_date;annual_kwh_estimate;price_c_kwh;margin_c_kwh
        C1;K2;{HOUSE};;Perus;open_ended;2018-01-01;2026-02-10;9000;9,1;
        C2;K1;{HOUSE};;Kiinteä 24;fixed_term;2026-02-11;;15200;7,255;0,45
        C3;K1;{FLAT};;Pörssi;spot;2025-01-01;;;;0.39
        C4;K1;;S2;Lämpö;district_heat;2025-01-01;;;;
    """,
    "events.csv": """
        source_id;person;name;occurred_at;page;product
        E1;K1;page_visited;2026-03-01T10:00:00+02:00;heat_pumps;
        E2;K1;contract_renewed;2026-02-01T10:00:00+02:00;;Kiinteä "24"; 2 v
        E3;K2;page_visited;2026-03-01T10:00:00+02:00;front;
    """.replace('Kiinteä "24"; 2 v', '"Kiinteä ""24""; 2 v"'),
    "permissions.csv": """
        source_id;person;kind;channel;purpose;occurred_at;recorded_at;valid_until;method;text_version;text_language;\
notice_version;evidence;about
        P1;K1;granted;email;direct_marketing;2026-01-11T13:12:00+02:00;2026-01-11T13:33:00+02:00;2028-01-11;form;\
lupa-2026;fi;2023-06-26;lomake-3d3a;
        P2;K1;ban_channel;phone;;2026-01-12T13:12:00+02:00;;;phone;;;;puhelu 12;
        P3;K1;topic_subscribed;;;2026-01-12T13:12:00+02:00;;;form;;;;lomake-2;heat
        P4;K2;ban_all;;;2026-01-12T13:12:00+02:00;;;letter;;;;kirje 4;
    """,
}
OURS = "lahti_energia"


def lines(raw: str) -> str:
    return "\n".join(line.strip() for line in raw.strip().splitlines()) + "\n"


def quality(number: int) -> str:
    return "EST" if number % 7 == 3 else "ODD" if number % 11 == 5 else "OK"


def datahub() -> str:
    """A day with 23 hours and one with 25, quarters, estimates, other codes, missing values, production."""
    spring = starts(date(2026, 3, 28), date(2026, 3, 30), 60)
    autumn = starts(date(2026, 10, 24), date(2026, 10, 26), 15)
    before = starts(date(2026, 2, 9), date(2026, 2, 12), 60)  # K2 moves out, K1 moves in
    rows = [
        Row(start=start, wh=None if number % 13 == 4 else number * 37, quality=quality(number))
        for number, start in enumerate([*before, *spring])
    ]
    rows += [Row(start=start, wh=7, minutes=15, gsrn=FLAT) for start in autumn]
    rows += [Row(start=start, wh=3, minutes=15, gsrn=FLAT, kind="BN02") for start in autumn]
    rows += [Row(start=start, wh=1, gsrn=NOBODYS) for start in spring]
    return text(rows)


def opened(root: Path) -> Workspace:
    """An empty workspace without any source: files are known by their columns."""
    write_files(root)
    known = (root / FILE).read_text(encoding="utf-8")
    (root / FILE).write_text(known[: known.index("# Whose files we read")], encoding="utf-8")
    return Workspace(root, load(root / FILE), clock=Clock())


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    root = tmp_path_factory.mktemp("source")
    workspace = opened(root / "workspace")
    inbox = root / "inbox"
    inbox.mkdir()
    for name, raw in FILES.items():
        (inbox / name).write_text(lines(raw), encoding="utf-8")
    (inbox / "datahub.csv").write_text(datahub(), encoding="utf-8")
    done = importing.run(workspace, sorted(inbox.iterdir()), received=workspace.now())
    assert not done.refused
    assert sum(found.quarantined for found in done.files) == 0, str(done)
    yield workspace
    workspace.ledger.dispose()


def person_id(workspace: Workspace, number: str) -> int:
    return workspace.person(number)[1]


def rows(
    workspace: Workspace, table: str, columns: Sequence[str], who: int | None = None
) -> list[tuple[object, ...]]:
    with workspace.lake.snapshot() as snapshot:
        frame = snapshot.frame(table)
    if who is not None:
        frame = frame.filter(pl.col("person_id") == who)
    return sorted(frame.select(columns).rows(), key=repr)


# What a table says apart from our own numbers, and from which file and when it came.
SAYS = {
    "persons": ("kind", "language", "birth_year", "postal_code", "first_name", "last_name", "deceased",
                "protected_address"),
    "contact_points": ("channel", "value", "from_sale", "opt_out_offered", "valid_to", "deliverable"),
    "relationships": ("kind", "start_date", "end_date"),
    "roles": ("role", "duties", "start_date", "end_date"),
    "contracts": ("product", "contract_type", "start_date", "end_date", "annual_kwh_estimate",
                  "price_c_kwh", "margin_c_kwh"),
    "events": ("name", "occurred_at", "properties"),
}  # fmt: skip
DAY = ("gsrn", "direction", "local_date", "month", "resolution_min", "wh", "quality", "wh_sum",
       "intervals_expected", "intervals_present", "wh_min", "wh_max", "peak_hour", "wh_00_06",
       "wh_21_24")  # fmt: skip


@pytest.mark.parametrize("number", ["K1", "K2", "K3"])
def test_what_goes_out_comes_in_again(source: Workspace, tmp_path: Path, number: str) -> None:
    written = rights.portability(source, rights.receive(source, "portability", number))
    target = opened(tmp_path / "target")
    done = importing.run(target, sorted(written.folder.glob("*.csv")), received=source.now())
    assert not done.refused
    assert sum(found.quarantined for found in done.files) == 0, str(done)
    old, new = person_id(source, number), person_id(target, number)
    for table, columns in SAYS.items():
        assert rows(target, table, columns, new) == rows(source, table, columns, old), table
        assert len(rows(target, table, columns)) == len(rows(source, table, columns, old)), table
    assert permissions(target, new) == permissions(source, old)
    days = {
        "K1": [row for row in rows(source, "consumption_days", DAY)
               if row[0] == FLAT or (row[0] == HOUSE and row[2] >= date(2026, 2, 11))],
        "K2": [row for row in rows(source, "consumption_days", DAY)
               if row[0] == HOUSE and row[2] < date(2026, 2, 11)],
        "K3": [],
    }  # fmt: skip
    assert rows(target, "consumption_days", DAY) == days[number]
    assert bool(days[number]) == (number != "K3")
    target.ledger.dispose()


def permissions(workspace: Workspace, who: int) -> list[tuple[Any, ...]]:
    names = (*portability.PERMISSIONS, "details")
    with workspace.ledger.read() as connection:
        found = permission_events.of_person(connection, OURS, who)
    return sorted(found.select(names).rows(), key=repr)


def test_places_come_in_again(source: Workspace, tmp_path: Path) -> None:
    """Of the one who lives there all of it; of the one who left only where it is."""
    said = ("address", "postal_code", "building_type", "building_year", "heating", "area_m2")
    found = {}
    for number in ("K1", "K2"):
        written = rights.portability(source, rights.receive(source, "portability", number))
        target = opened(tmp_path / number)
        importing.run(target, sorted(written.folder.glob("*.csv")))
        found[number] = rows(target, "sites", said)
        points = rows(target, "metering_points", ("energy", "gsrn"))
        target.ledger.dispose()
        expected = {"K1": [("district_heat", None), ("electricity", HOUSE), ("electricity", FLAT)],
                    "K2": [("electricity", HOUSE)]}  # fmt: skip
        assert points == expected[number]
    assert found["K1"] == [row for row in rows(source, "sites", said) if row[0] != "Muualla 3"]
    assert found["K2"] == [("Kauppakatu 1", "15140", None, None, None, None)]


def test_the_manifest_says_what_each_file_is(source: Workspace) -> None:
    request = rights.receive(source, "portability", "K1")
    found = portability.gather(source.parts, request, today=source.today())
    manifest = json.loads(found.files["manifest.json"])
    told = {one["file"]: one for one in manifest["files"]}
    assert set(told) | {"manifest.json"} == set(found.files)
    for name, one in told.items():
        assert one["what"]
        if one["kind"]:
            header, *rest = csv.reader(io.StringIO(found.files[name].decode()), delimiter=";")
            assert (one["columns"], one["rows"]) == (header, len(rest))


def test_it_has_nothing_of_the_namesake(source: Workspace) -> None:
    """K1 and K2 have one name, one address, one telephone and, one after the other, one metering point."""
    found = portability.gather(
        source.parts, rights.receive(source, "portability", "K2"), today=source.today()
    )
    everything = b"".join(found.files.values()).decode()
    for theirs in ("K1", "maija@example.fi", "Kiinteä", "lomake-3d3a", "puhelu 12", str(FLAT), "heat_pumps"):
        assert theirs not in everything
    assert "K2" in everything


def test_it_may_be_one_file(source: Workspace) -> None:
    written = rights.portability(source, rights.receive(source, "portability", "K1"), packed=True)
    assert written.files == ("portability.zip",)
    with zipfile.ZipFile(written.folder / "portability.zip") as archive:
        assert archive.testzip() is None
        assert {"persons.csv", "datahub.csv", "manifest.json"} <= set(archive.namelist())

"""Every kind of file may come as a workbook, and what it says is the same."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from campaigns.ledger import Ledger, permission_events
from campaigns.register.deliveries import Imported
from campaigns.register.importing import import_files
from campaigns.settings.model import Settings
from campaigns.workspace.kinds import all_kinds
from support.offices import Office, metering_points
from support.workbooks import workbook

POINT, OTHER = metering_points(2)
CONTENT = {
    "companies": "source_id;name;size\nY1;Oy;10\nY2;;3\n",
    "persons": "source_id;kind;email;postal_code;birth_year\nC1;consumer;a@example.com;00100;1980\n"
    "C2;cat;;;\n",
    "sites": f"source_id;energy;gsrn\nS1;electricity;{POINT}\nS2;electricity;1\n",
    "contracts": f"source_id;person;gsrn;contract_type;start_date\nK1;C1;{POINT};spot;2025-01-01\n"
    f"K2;C9;{POINT};spot;2025-01-01\n",
    "events": "source_id;person;name;occurred_at;page\nE1;C1;page_visited;2026-11-01 10:00;x\nE2;C1;;;\n",
    "permissions": "source_id;person;kind;channel;purpose;occurred_at\n1;C1;ban_all;;;1.11.2026 10:00\n"
    "2;C1;granted;email;newsletter;2026-12-24\n",
    "spot_prices": "start;price\n2026-11-01T10:00:00Z;4.5\n2026-11-01T11:00:00Z;dear\n",
    "temperatures": "start;celsius\n2026-11-01T10:00:00Z;-4.5\n2026-11-01T11:00:00Z;cold\n",
    "datahub": "gsrn;product;resolution;unit;reading_type;start;quantity;quality\n"
    f"{POINT};8716867000030;PT1H;kWh;BN01;2026-11-01T10:00:00Z;1,5;OK\n"
    f"{OTHER};8716867000030;PT1H;kWh;BN01;soon;1,5;OK\n",
}
TABLES = (
    "persons",
    "contact_points",
    "relationships",
    "person_keys",
    "companies",
    "sites",
    "metering_points",
)
TABLES += ("contracts", "events", "prices", "temperatures", "consumption_days")
NOT_THE_SAME = ("file", "file_hash", "received", "received_at")


@pytest.fixture
def offices(tmp_path: Path, small_settings: Settings) -> Iterator[tuple[Office, Office]]:
    folders = [tmp_path / "csv", tmp_path / "xlsx"]
    ledgers = [Ledger.open(folder / "data" / "ledger.sqlite") for folder in folders]
    csv, xlsx = (
        Office(folder, small_settings, ledger) for folder, ledger in zip(folders, ledgers, strict=True)
    )
    yield csv, xlsx
    for ledger in ledgers:
        ledger.dispose()


def load(office: Office, path: Path, kind: str) -> Imported:
    (done,) = import_files(
        [path],
        kinds=all_kinds(),
        settings=office.settings.model_copy(update={"sources": {}}),
        lake=office.lake,
        ledger=office.ledger,
        now=office.now,
        settle=0,
        as_kind=kind,
        received=office.now,
    )
    return done


def test_a_workbook_says_what_the_csv_says(offices: tuple[Office, Office]) -> None:
    csv, xlsx = offices
    for kind, content in CONTENT.items():
        rows = [line.split(";") for line in content.splitlines()]
        first = load(csv, csv.write(f"{kind}.csv", content), kind)
        second = load(xlsx, xlsx.write(f"{kind}.xlsx", workbook(rows)), kind)
        assert (first.refused, second.refused) == (None, None)
        assert (second.rows, second.accepted, second.quarantined) == (2, 1, 1), kind
        assert (first.rows, first.accepted, first.quarantined) == (2, 1, 1), kind
    for table in TABLES:
        assert (
            xlsx.frame(table)
            .drop(NOT_THE_SAME, strict=False)
            .equals(csv.frame(table).drop(NOT_THE_SAME, strict=False))
        ), table
        assert not xlsx.frame(table).is_empty(), table
    events = [_events(office) for office in offices]
    assert len(events[0]) == 1
    assert events[0] == events[1]
    places = ["kind", "line", "reason", "column"]
    assert (
        xlsx.frame("quarantine").select(places).sort(places).rows()
        == csv.frame("quarantine").select(places).sort(places).rows()
    )


def test_the_same_workbook_again_changes_nothing(office: Office) -> None:
    path = office.write("people.xlsx", workbook([["source_id", "kind"], ["C1", "consumer"]]))
    assert load(office, path, "persons").accepted == 1
    assert load(office, path, "persons").unchanged


def test_a_refused_row_can_be_understood_once_its_person_is_known(office: Office) -> None:
    header = ["source_id", "person", "kind", "channel", "purpose", "occurred_at"]
    row = ["1", "C1", "granted", "email", "newsletter", "2026-11-01"]
    words = office.write("words.xlsx", workbook([header, row]))
    assert load(office, words, "permissions").quarantined == 1
    people = office.write("people.xlsx", workbook([["source_id", "kind"], ["C1", "consumer"]]))
    assert any("words.xlsx" in note for note in load(office, people, "persons").notes)
    assert load(office, words, "permissions").accepted == 1


def _events(office: Office) -> list[tuple[object, ...]]:
    with office.ledger.read() as connection:
        events = permission_events.frame(connection)
    return events.select("person_id", "kind", "channel", "purpose", "occurred_at", "event_id").rows()

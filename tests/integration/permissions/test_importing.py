"""Importing permission histories: good rows once, bad ones aside with their reason."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from campaigns import permissions, register
from campaigns.lake import Lake
from campaigns.lake.schemas import TABLES
from campaigns.ledger import Ledger, permission_events
from campaigns.permissions import state
from campaigns.register.deliveries import Imported
from campaigns.register.importing import import_files
from campaigns.settings.model import Attestation, Settings, SourceFile
from support.permission_worlds import NOW, A, codes, people, request, world

HEADER = "source_id;person;kind;channel;purpose;occurred_at;recorded_at;valid_until;method;evidence;about"
GOOD = "1;C1;granted;email;direct_marketing;2026-11-01T10:00:00+02:00;2026-11-03 09:00;;form;scan-1;"


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    lake = Lake(tmp_path / "data" / "lake")
    keys = [{"controller": A, "key_space": "crm", "source_id": f"C{n}", "person_id": n} for n in (1, 2)]
    with lake.writer(purpose="test") as writer:
        writer.append("person_keys", pl.DataFrame(keys, schema=dict(TABLES["person_keys"].schema)))
    return lake


@pytest.fixture
def sources(settings: Settings) -> Settings:
    crm = SourceFile(kind="permissions", controller=A, match="luvat_*.csv", key_space="crm", delimiter=";")
    return settings.model_copy(update={"sources": {"crm_permissions": crm}})


class _Import:
    """Imports the lines of a file."""

    def __init__(self, folder: Path, lake: Lake, ledger: Ledger, settings: Settings) -> None:
        self.folder, self.lake, self.ledger, self.settings = folder, lake, ledger, settings

    def __call__(self, *lines: str, name: str = "luvat_1.csv", received: datetime = NOW) -> Imported:
        path = self.folder / name
        path.write_text("\n".join([HEADER, *lines]) + "\n", encoding="utf-8")
        (done,) = import_files(
            [path],
            kinds=permissions.KINDS,
            settings=self.settings,
            lake=self.lake,
            ledger=self.ledger,
            now=NOW,
            received=received,
            settle=0,
        )
        assert done.refused is None
        return done

    def events(self) -> pl.DataFrame:
        with self.ledger.read() as connection:
            return permission_events.frame(connection)

    def quarantine(self) -> list[tuple[int, str, str]]:
        with self.lake.snapshot() as snapshot:
            return snapshot.frame("quarantine").sort("line").select("line", "reason", "column").rows()


@pytest.fixture
def imports(tmp_path: Path, lake: Lake, ledger: Ledger, sources: Settings) -> _Import:
    return _Import(tmp_path, lake, ledger, sources)


def test_a_row_becomes_an_event(imports: _Import) -> None:
    done = imports(GOOD, "2;C2;granted;sms;newsletter;24.11.2026 12:00;;2027-01-31;;;sauna")
    assert (done.kind, done.rows, done.accepted, done.quarantined) == ("permissions", 2, 2, 0)
    first, second = imports.events().to_dicts()
    assert (first["person_id"], first["kind"], first["evidence"]) == (1, "granted", "scan-1")
    assert first["occurred_at"] == datetime(2026, 11, 1, 8, 0, tzinfo=UTC)
    assert first["recorded_at"] == datetime(2026, 11, 3, 7, 0, tzinfo=UTC)
    assert first["source"] == "crm_permissions"
    assert second["recorded_at"] == NOW  # when the file was received
    assert second["valid_until"] == datetime(2027, 1, 31, 22, 0, tzinfo=UTC)  # the whole day counts
    assert second["details"] == '{"about": "sauna"}'


def test_the_same_rows_again_change_nothing(imports: _Import) -> None:
    imports(GOOD)
    again = imports(GOOD, name="luvat_2.csv")
    assert again.unchanged
    more = imports(GOOD, "2;C2;ban_all;;;2026-11-02;;;;;", name="luvat_3.csv")
    assert (more.accepted, more.notes) == (2, ("1 row was recorded before",))
    assert imports.events()["kind"].to_list() == ["granted", "ban_all"]


def test_what_was_said_is_never_changed(imports: _Import) -> None:
    imports("1;C1;withdrawn;email;;2026-11-01;;;;;")
    imports(GOOD, name="luvat_2.csv")
    assert imports.events()["kind"].to_list() == ["withdrawn"]
    assert imports.quarantine() == [(2, "PRM012", "")]


@pytest.mark.parametrize(
    ("line", "reason", "column"),
    [
        ("1;C1;wish;email;newsletter;2026-11-01;;;;;", "REG125", "kind"),
        ("1;C1;erased;;;2026-11-01;;;;;", "REG125", "kind"),
        ("1;C1;granted;pigeon;newsletter;2026-11-01;;;;;", "REG125", "channel"),
        ("1;C1;granted;email;everything;2026-11-01;;;;;", "REG125", "purpose"),
        ("1;C1;granted;;newsletter;2026-11-01;;;;;", "PRM002", "channel"),
        ("1;C1;granted;email;;2026-11-01;;;;;", "PRM002", "purpose"),
        ("1;C1;granted;email;newsletter;2026-11-25;;;;;", "PRM005", "occurred_at"),
        ("1;C1;granted;email;newsletter;2026-11-01;2026-11-25;;;;", "PRM005", "recorded_at"),
        ("1;C1;granted;email;newsletter;soon;;;;;", "REG126", "occurred_at"),
        ("1;C9;granted;email;newsletter;2026-11-01;;;;;", "REG140", "person"),
        ("1;;granted;email;newsletter;2026-11-01;;;;;", "REG120", "person"),
        ("1;C1;granted;email;newsletter;2026-11-01;;;;;<script>", "PRM003", "about"),
        ("1;C1;granted;email;newsletter;2026-11-01;;;;010594Y9032;", "REG110", "evidence"),
    ],
)
def test_a_bad_row_lies_in_the_quarantine(imports: _Import, line: str, reason: str, column: str) -> None:
    done = imports(line, "2;C2;ban_all;;;2026-11-01;;;;;")
    assert (done.accepted, done.quarantined) == (1, 1)
    assert imports.quarantine() == [(2, reason, column)]
    assert imports.events()["person_id"].to_list() == [2]


def test_words_of_other_systems(imports: _Import) -> None:
    imports(
        "1;C1;Withdrawal;EMAIL;;2026-11-01;;;;;",
        "2;C1;ban;phone;;2026-11-01;;;;;",
        "3;C1;ban_all;email;;2026-11-01;;;;;",
        "4;C1;granted;;profiling;2026-11-01;;;;;",
    )
    assert sorted(imports.events().select("kind", "channel").rows()) == [
        ("ban_all", None),  # wider than the row, never narrower
        ("ban_channel", "phone"),
        ("granted", None),
        ("withdrawn", "email"),
    ]


def test_rows_without_proof_count_when_their_source_is_attested(
    imports: _Import, tmp_path: Path, ledger: Ledger
) -> None:
    imports("1;C1;granted;email;direct_marketing;2026-11-01;;;;;")
    attestation = Attestation(attested_by="officer", date=date(2026, 1, 1), form="f", period="2024")
    crm = imports.settings.sources["crm_permissions"]
    attested = imports.settings.model_copy(
        update={"sources": {"crm_permissions": crm.model_copy(update={"evidence": attestation})}}
    )
    known = state.words(ledger)
    with world(tmp_path / "other", people(1)) as db:
        for settings, code in ((imports.settings, "CONSENT_UNPROVEN"), (attested, "CONSENT")):
            assert codes(db, request(), known, settings=settings, ledger=ledger) == {(1, "email"): code}


def test_a_row_from_before_a_ban_does_not_widen(imports: _Import, tmp_path: Path, ledger: Ledger) -> None:
    """Threat 57."""
    imports("1;C1;ban_all;;;2026-11-02;;;;;")
    imports(
        GOOD.replace("1;C1", "2;C1"),
        "3;C1;granted;email;direct_marketing;2026-12-24;;;;scan;",
        name="luvat_2.csv",
    )
    with world(tmp_path / "other", people(1)) as db:
        answers = codes(db, request(), state.words(ledger), settings=imports.settings, ledger=ledger)
    assert answers == {(1, "email"): "BANNED_ALL"}


def test_the_kind_knows_its_header() -> None:
    kind = next(kind for kind in permissions.KINDS if kind.name == "permissions")
    assert kind.recognises(["Source_id", "person", "kind", "occurred_at", "channel"])
    assert not kind.recognises(["source_id", "person", "name", "occurred_at"])
    assert kind.order > max(other.order for other in register.KINDS if other.name == "events")

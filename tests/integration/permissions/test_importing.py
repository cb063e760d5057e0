"""Importing permission histories: good rows once, bad ones aside with their reason."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from campaigns import permissions, register
from campaigns.lake import Lake
from campaigns.lake.schemas import TABLES
from campaigns.ledger import Ledger, permission_events
from campaigns.permissions import attesting, state
from campaigns.permissions.view import permission_state
from campaigns.register.deliveries import Imported
from campaigns.register.importing import import_files
from campaigns.settings.model import Attestation, Settings, SourceFile
from support.permission_worlds import NOW, A, codes, people, request, world

HEADER = (
    "source_id;person;kind;channel;purpose;occurred_at;recorded_at;valid_until;method;evidence;about;flaw"
)
GOOD = "1;C1;granted;email;direct_marketing;2026-11-01T10:00:00+02:00;2026-11-03 09:00;;form;scan-1;;"


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
    done = imports(GOOD, "2;C2;granted;sms;newsletter;24.11.2026 12:00;;2027-01-31;;;sauna;")
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
    more = imports(GOOD, "2;C2;ban_all;;;2026-11-02;;;;;;", name="luvat_3.csv")
    assert (more.accepted, more.notes) == (2, ("1 row was recorded before",))
    assert imports.events()["kind"].to_list() == ["granted", "ban_all"]


def test_what_was_said_is_never_changed(imports: _Import) -> None:
    imports("1;C1;withdrawn;email;;2026-11-01;;;;;;")
    imports(GOOD, name="luvat_2.csv")
    assert imports.events()["kind"].to_list() == ["withdrawn"]
    assert imports.quarantine() == [(2, "PRM012", "")]


@pytest.mark.parametrize(
    ("line", "reason", "column"),
    [
        ("1;C1;wish;email;newsletter;2026-11-01;;;;;;", "REG125", "kind"),
        ("1;C1;erased;;;2026-11-01;;;;;;", "REG125", "kind"),
        ("1;C1;granted;pigeon;newsletter;2026-11-01;;;;;;", "REG125", "channel"),
        ("1;C1;granted;email;everything;2026-11-01;;;;;;", "REG125", "purpose"),
        ("1;C1;granted;;newsletter;2026-11-01;;;;;;", "PRM002", "channel"),
        ("1;C1;granted;email;;2026-11-01;;;;;;", "PRM002", "purpose"),
        ("1;C1;granted;email;newsletter;2026-11-25;;;;;;", "PRM005", "occurred_at"),
        ("1;C1;granted;email;newsletter;2026-11-01;2026-11-25;;;;;", "PRM005", "recorded_at"),
        ("1;C1;granted;email;newsletter;soon;;;;;;", "REG126", "occurred_at"),
        ("1;C9;granted;email;newsletter;2026-11-01;;;;;;", "REG140", "person"),
        ("1;;granted;email;newsletter;2026-11-01;;;;;;", "REG120", "person"),
        ("1;C1;granted;email;newsletter;2026-11-01;;;;;<script>;", "PRM003", "about"),
        ("1;C1;granted;email;newsletter;2026-11-01;;;;010594Y9032;;", "REG110", "evidence"),
        ("1;C1;granted;email;newsletter;2026-11-01;;;;;;<b>", "PRM003", "flaw"),
        ("1;C1;confirmed;email;newsletter;2026-11-25;;;;;;", "PRM005", "occurred_at"),
        ("1;C1;requested;email;newsletter;2026-11-25;;;;;;", "PRM005", "occurred_at"),
        ("1;C1;restriction_lifted;;;2026-11-25;;;;;;", "PRM005", "occurred_at"),
        ("1;C9;requested;email;newsletter;2026-11-01;;;;;;", "REG140", "person"),
        ("1;C9;restriction_lifted;;;2026-11-01;;;;;;", "REG140", "person"),
    ],
)
def test_a_bad_row_lies_in_the_quarantine(imports: _Import, line: str, reason: str, column: str) -> None:
    done = imports(line, "2;C2;ban_all;;;2026-11-01;;;;;;")
    assert (done.accepted, done.quarantined) == (1, 1)
    assert imports.quarantine() == [(2, reason, column)]
    assert imports.events()["person_id"].to_list() == [2]


def test_words_of_other_systems(imports: _Import) -> None:
    imports(
        "1;C1;Withdrawal;EMAIL;;2026-11-01;;;;;;",
        "2;C1;ban;phone;;2026-11-01;;;;;;",
        "3;C1;ban_all;email;;2026-11-01;;;;;;",
        "4;C1;granted;;profiling;2026-11-01;;;;;;",
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
    imports("1;C1;granted;email;direct_marketing;2024-12-31 23:59;;;;;;")
    imports("2;C2;granted;email;direct_marketing;2025-01-01 00:00;;;;;;", name="luvat_2.csv")
    attestation = attested_for("2024-01-01", "2024-12-31")
    crm = imports.settings.sources["crm_permissions"]
    attested = imports.settings.model_copy(
        update={"sources": {"crm_permissions": crm.model_copy(update={"evidence": attestation})}}
    )
    known = state.words(ledger)
    with world(tmp_path / "other", people(2)) as db:
        for settings, code in ((imports.settings, "CONSENT_UNPROVEN"), (attested, "CONSENT")):
            answers = codes(db, request(), known, settings=settings, ledger=ledger)
            assert answers == {(1, "email"): code, (2, "email"): "CONSENT_UNPROVEN"}
            state_of = permission_state(known, at=NOW, attested=attesting.attested(settings))
            stands = "granted" if code == "CONSENT" else "unproven"
            assert state_of["state"].to_list() == [stands, "unproven"]


@pytest.mark.parametrize("worse", ["ban_all;;", "withdrawn;email;direct_marketing"])
def test_an_attestation_outweighs_no_refusal_and_no_flaw(
    imports: _Import, tmp_path: Path, ledger: Ledger, worse: str
) -> None:
    imports(
        "1;C1;granted;email;direct_marketing;2024-05-01;;;;;;",
        f"2;C1;{worse};2024-05-01;;;;;;",
        "3;C2;granted;email;direct_marketing;2024-05-01;;;;;;preticked",
    )
    crm = imports.settings.sources["crm_permissions"]
    evidence = {"evidence": attested_for("2024-01-01", "2024-12-31")}
    settings = imports.settings.model_copy(
        update={"sources": {"crm_permissions": crm.model_copy(update=evidence)}}
    )
    with world(tmp_path / "other", people(2)) as db:
        answers = codes(db, request(), state.words(ledger), settings=settings, ledger=ledger)
    assert answers[1, "email"] in ("BANNED_ALL", "CONSENT_WITHDRAWN")
    assert answers[2, "email"] == "CONSENT_INVALID"


def attested_for(first: str, last: str) -> Attestation:
    return Attestation.model_validate(
        {"attested_by": "officer", "date": "2026-01-01", "form": "f", "period": {"from": first, "to": last}}
    )


def test_a_row_from_before_a_ban_does_not_widen(imports: _Import, tmp_path: Path, ledger: Ledger) -> None:
    """Threat 57."""
    imports("1;C1;ban_all;;;2026-11-02;;;;;;")
    imports(
        GOOD.replace("1;C1", "2;C1"),
        "3;C1;granted;email;direct_marketing;2026-12-24;;;;scan;;",
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


def decided(imports: _Import, folder: Path, person: int = 1, **asked: object) -> str:
    """May this person get e-mail marketing?"""
    with world(folder / "other", people(3)) as db:
        words = state.words(imports.ledger)
        answers = codes(db, request(**asked), words, settings=imports.settings, ledger=imports.ledger)
    return answers[person, "email"]


def granted(number: int, at: str = "2026-11-01 10:00", evidence: str = "scan", person: str = "C1") -> str:
    return f"{number};{person};granted;email;direct_marketing;{at};;;;{evidence};;"


def test_a_consent_without_proof_permits_nothing(imports: _Import, tmp_path: Path) -> None:
    done = imports(granted(1, evidence=""))
    assert done.accepted == 1
    assert decided(imports, tmp_path) == "CONSENT_UNPROVEN"


@pytest.mark.parametrize("flaw", ["preticked", "conditional", "anything"])
def test_a_ticked_box_and_a_condition_permit_nothing(imports: _Import, tmp_path: Path, flaw: str) -> None:
    imports(f"1;C1;granted;email;direct_marketing;2026-11-01;;;;scan;;{flaw}")
    assert decided(imports, tmp_path) == "CONSENT_INVALID"


def test_a_refusal_from_the_future_holds_at_once(imports: _Import, tmp_path: Path) -> None:
    done = imports(granted(1), "2;C1;ban;email;;2031-01-01;2031-01-01;;;;;")
    assert (done.accepted, done.quarantined) == (2, 0)
    assert any("future" in note for note in done.notes)
    assert decided(imports, tmp_path) == "BANNED_CHANNEL"
    assert imports.events()["recorded_at"].max() == NOW
    again = imports(granted(1), "2;C1;ban;email;;2031-01-01;2031-01-01;;;;;", name="luvat_2.csv")
    assert (again.unchanged, again.quarantined) == (True, 0)


def test_a_ban_of_a_number_that_nobody_has_holds_when_somebody_comes_who_has_it(
    imports: _Import, tmp_path: Path
) -> None:
    done = imports("1;C7;ban_all;;;2026-11-02;;;;;;", granted(2, person="C7"))
    assert (done.rows, done.accepted, done.quarantined) == (2, 1, 1)
    assert any("nobody has" in note for note in done.notes)
    (event,) = imports.events().to_dicts()
    assert event["person_id"] is None
    assert "C7" not in str(event)
    key = {"controller": A, "key_space": "crm", "source_id": "C7", "person_id": 3}
    with imports.lake.writer(purpose="test") as writer:
        writer.append("person_keys", pl.DataFrame([key], schema=dict(TABLES["person_keys"].schema)))
    done = imports(granted(2, person="C7"), name="luvat_2.csv")
    assert done.accepted == 1
    tables = {**people(3), "person_keys": pl.DataFrame([key], schema=dict(TABLES["person_keys"].schema))}
    for channel in ("email", "letter"):
        with world(tmp_path / "other", tables) as db:
            words = state.words(imports.ledger)
            asked = request(channels=(channel,))
            answers = codes(db, asked, words, settings=imports.settings, ledger=imports.ledger)
        assert answers[3, channel] == "BANNED_ALL"
        assert answers[1, channel] != "BANNED_ALL"


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_at_one_instant_the_withdrawal_wins(imports: _Import, tmp_path: Path, order: tuple[int, int]) -> None:
    rows = [granted(1), "2;C1;withdrawn;email;direct_marketing;2026-11-01 10:00;;;;;;"]
    for number, at in enumerate(order):
        imports(rows[at], name=f"luvat_{number}.csv")
    assert decided(imports, tmp_path) == "CONSENT_WITHDRAWN"


@pytest.mark.parametrize(
    "changed",
    [
        granted(1, at="2026-11-02"),
        granted(1, evidence="scan-2"),
        granted(1, person="C2"),
        "1;C1;granted;sms;direct_marketing;2026-11-01 10:00;;;;;;",
        "1;C1;granted;email;newsletter;2026-11-01 10:00;;;;;;",
        "1;C1;granted;email;direct_marketing;2026-11-01 10:00;;2030-01-01;;;;",
        "1;C1;granted;email;direct_marketing;2026-11-01 10:00;;;;;sauna;",
        "1;C1;granted;email;direct_marketing;2026-11-01 10:00;;;;;;preticked",
        "1;C1;withdrawn;email;direct_marketing;2026-11-01 10:00;;;;;;",
    ],
)
def test_a_changed_row_of_the_same_number_is_refused(imports: _Import, tmp_path: Path, changed: str) -> None:
    """A proof that is added later comes as a new row: the old one was told without it."""
    imports(granted(1, evidence=""))
    before = imports.events()
    done = imports(changed, name="luvat_2.csv")
    assert (done.accepted, imports.quarantine()) == (0, [(2, "PRM012", "")])
    assert imports.events().equals(before)


@pytest.mark.parametrize("order", [(0, 1, 1), (1, 0, 0)])
def test_of_two_rows_with_one_number_the_refusal_counts(
    imports: _Import, tmp_path: Path, order: tuple[int, ...]
) -> None:
    rows = [granted(1, at="2026-11-03"), "1;C1;ban_all;email;;2026-11-01;;;;;;"]
    done = imports(*(rows[at] for at in order))
    assert imports.events()["kind"].to_list() == ["ban_all"]
    assert done.rows == done.accepted + done.quarantined
    assert {reason for _, reason, _ in imports.quarantine()} == {"PRM013"}
    assert decided(imports, tmp_path) == "BANNED_ALL"


def test_a_wide_word_with_a_channel_is_the_same_row_again(imports: _Import) -> None:
    imports("1;C1;ban_all;email;;2026-11-01;;;;;;")
    again = imports(
        "1;C1;ban_all;email;;2026-11-01;;;;;;", "2;C2;ban_all;;;2026-11-01;;;;;;", name="luvat_2.csv"
    )
    assert (again.accepted, again.quarantined) == (2, 0)


def test_consents_that_come_again_after_a_ban_revive_nothing(imports: _Import, tmp_path: Path) -> None:
    imports(granted(1))
    assert decided(imports, tmp_path) == "CONSENT"
    imports("2;C1;ban;email;direct_marketing;2026-11-05;;;;;;", name="luvat_2.csv")
    imports(granted(1), granted(3, at="2026-11-04"), name="luvat_3.csv")
    assert decided(imports, tmp_path) == "BANNED_CHANNEL"
    imports(granted(4, at="2026-11-06"), name="luvat_4.csv")  # what the person says after the ban
    assert decided(imports, tmp_path) == "CONSENT"

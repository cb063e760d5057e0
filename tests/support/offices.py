"""A register in a temporary folder: sources, a lake, a ledger, and files to import."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
from stdnum import ean

from campaigns import engine
from campaigns.lake import Lake
from campaigns.ledger import Ledger
from campaigns.permissions.deciding import decide
from campaigns.permissions.recording import record
from campaigns.permissions.requests import Request
from campaigns.register.deliveries import Imported
from campaigns.register.importing import import_files
from campaigns.register.kinds import KINDS
from campaigns.settings.loading import load
from campaigns.settings.model import Settings, SourceFile

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
ROOT = Path(__file__).parents[2]
PEOPLE = {
    "asiakasnro": "source_id",
    "laji": "kind",
    "etunimi": "first_name",
    "sukunimi": "last_name",
    "syntymävuosi": "birth_year",
    "sähköposti": "email",
    "puhelin": "phone",
    "katuosoite": "address",
    "postinumero": "postal_code",
    "postitoimipaikka": "city",
    "asiakkaana_alkaen": "customer_since",
    "suhde": "relationship",
    "lisätiedot": "note",
    "yritys": "company_id",
    "rooli": "role",
}


def metering_points(count: int) -> list[str]:
    """Made-up GSRNs with right check digits."""
    bodies = [f"6430075000{at:07d}" for at in range(1, count + 1)]
    return [body + ean.calc_check_digit(body) for body in bodies]


def house_settings() -> Settings:
    """The repository's own settings with the small sources of these tests."""
    return load(ROOT / "campaigns.yml").model_copy(update={"sources": _sources()})


def _sources() -> dict[str, SourceFile]:
    people = {"kind": "persons", "columns": PEOPLE, "delimiter": ";"}
    rows: dict[str, dict[str, object]] = {
        "crm": {**people, "match": "asiakkaat_*.csv", "key_space": "crm", "informed_by": "2023-06-26"},
        "crm_full": {**people, "match": "kaikki_*.csv", "key_space": "crm", "extract": "full"},
        "network": {
            **people,
            "match": "sv_asiakkaat_*.csv",
            "key_space": "network",
            "controller": "sahkoverkko",
        },
        "companies": {"kind": "companies", "match": "companies_*.csv", "extract": "full"},
        "sites": {"kind": "sites", "match": "sites_*.csv", "extract": "full"},
        "contracts": {
            "kind": "contracts",
            "match": "contracts_*.csv",
            "key_space": "crm",
            "extract": "full",
        },
        "web": {"kind": "events", "match": "web_*.csv", "key_space": "crm"},
    }
    return {
        name: SourceFile.model_validate({"controller": "lahti_energia", **row}) for name, row in rows.items()
    }


class Office:
    """Where files arrive. `now` is the import clock, and the files' own time unless `hours` moves it."""

    def __init__(self, folder: Path, settings: Settings, ledger: Ledger) -> None:
        self.inbox = folder / "inbox"
        self.inbox.mkdir()
        self.lake = Lake(folder / "data" / "lake")
        self.ledger = ledger
        self.settings = settings
        self.now = NOON

    def write(self, name: str, content: str | bytes, *, hours: float = 0) -> Path:
        """A file that was received `hours` from now."""
        path = self.inbox / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        moment = (self.now + timedelta(hours=hours)).timestamp()
        os.utime(path, (moment, moment))
        return path

    def load(self, *paths: Path, **words: object) -> list[Imported]:
        return import_files(
            paths,
            kinds=KINDS,
            settings=self.settings,
            lake=self.lake,
            ledger=self.ledger,
            now=self.now,
            settle=0,
            **words,  # type: ignore[arg-type]  # as_kind, source, received
        )

    def people(self, name: str, rows: Sequence[Mapping[str, str]], *, hours: float = 0) -> Path:
        """A file of persons; a row names only the cells that are not empty, by our column names."""
        lines = [";".join(PEOPLE)]
        lines += [";".join(row.get(ours, "") for ours in PEOPLE.values()) for row in rows]
        return self.write(name, "\n".join(lines) + "\n", hours=hours)

    def frame(self, table: str) -> pl.DataFrame:
        with self.lake.snapshot() as snapshot:
            return snapshot.frame(table)

    def decisions(self, person_id: int, *channels: str, **asked: object) -> dict[str, str]:
        """The code of each channel: may this person get marketing of the retail company, or what is asked?"""
        usual = {"purpose": "direct_marketing", "message_kind": "marketing", "profiled": False}
        request = Request(
            controller="lahti_energia",
            channels=channels or ("email", "letter"),
            at=self.now,
            **{**usual, **asked},  # type: ignore[arg-type]  # words of a request
        )
        persons = pl.DataFrame({"person_id": [person_id]}, schema={"person_id": pl.Int64})
        with self.lake.snapshot() as snapshot, engine.connect(snapshot, threads=1) as db:
            answers = decide(db, request, persons, settings=self.settings, ledger=self.ledger)
        return dict(answers.select("channel", "code").rows())

    def says(self, person_id: int, kind: str, **more: str) -> None:
        """The person says something to the retail company, now and with proof."""
        with self.ledger.write() as connection:
            record(
                connection,
                people=[("lahti_energia", person_id)],
                kind=kind,
                at=self.now,
                now=self.now,
                source="cli",
                **{"evidence": "letter", **more},  # type: ignore[arg-type]  # words of a permission event
            )

    def all_frames(self, *without: str) -> dict[str, list[tuple[object, ...]]]:
        """Every table that is not about imports, as rows, without the columns named."""
        tables = ("persons", "contact_points", "relationships", "roles", "person_keys", "companies", "sites")
        tables += ("metering_points", "contracts", "events")
        return {name: self.frame(name).drop(without, strict=False).rows() for name in tables}

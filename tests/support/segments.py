"""Segments for tests: settings, a library made of texts, small worlds of rows, an engine over them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl

from campaigns import catalogue, engine
from campaigns.engine import Engine
from campaigns.lake.lake import Lake
from campaigns.lake.schemas import TABLES, empty
from campaigns.permissions.state import WORDS, Words
from campaigns.segments import places
from campaigns.segments.library import Library
from campaigns.segments.places import Places
from campaigns.settings.binding import bind
from campaigns.settings.documents import parse
from campaigns.settings.model import Settings

TODAY = date(2026, 11, 24)
NOW = datetime(2026, 11, 24, 10, tzinfo=UTC)
OURS = "lahti_energia"
THEIRS = "sahkoverkko"

WORDS_OF_TESTS = Path(__file__).parent / "catalogue"

SETTINGS_TEXT = """
default_controller: lahti_energia
controllers:
  lahti_energia: &c
    {name: Lahti Energia Oy, business_id: x, address: x, phone: x, email: x, privacy_officer: x,
     privacy_url: https://x.example, sender_email: x, sender_name: x}
  sahkoverkko:
    {name: Lahti Energia Sähköverkko Oy, business_id: x, address: x, phone: x, email: x, privacy_officer: x,
     privacy_url: https://x.example, sender_email: x, sender_name: x}
categories:
  identity: {title: {en: x}, segments: yes, templates: yes}
  contact: {title: {en: x}, segments: yes, templates: yes}
  relationship: {title: {en: x}, segments: yes, templates: yes}
  contract: {title: {en: x}, segments: yes, templates: yes}
  site: {title: {en: x}, segments: yes, templates: yes}
  consumption: {title: {en: x}, segments: yes, templates: yes}
  behaviour: {title: {en: x}, segments: yes, templates: no}
  feedback: {title: {en: x}, segments: yes, templates: no}
  company: {title: {en: x}, segments: yes, templates: yes}
  marketing: {title: {en: x}, segments: yes, templates: no}
  credit: {title: {en: x}, segments: no, templates: no}
purposes:
  energy_offers:
    title: {en: x}
    notice_purpose: direct_marketing
    permission_purpose: direct_marketing
    kinds: [marketing]
    categories:
      [identity, contact, relationship, contract, site, consumption, behaviour, feedback, company, marketing]
  newsletter:
    title: {en: x}
    notice_purpose: direct_marketing
    permission_purpose: newsletter
    kinds: [newsletter]
    categories: [identity, contact, relationship, contract, site, feedback]
  contract_notice:
    title: {en: x}
    notice_purpose: relationship
    permission_purpose: contract_notice
    kinds: [contractual]
    categories: [identity, contact, relationship, contract, site]
processors:
  own: {service: x, agreement: yes, region: fi}
channels:
  email: {provider: maildir, processor: own}
policy:
  soft_opt_in: {value: off, decided_by: x, date: 2026-01-15, reason: x}
  meter_data:
    value: {totals: interest, daily: interest, hourly: consent, presence: never}
    decided_by: x
    date: 2026-01-15
    reason: x
web:
  base_url: https://x.example
""".replace(" &c\n", "\n")


def settings() -> Settings:
    """Small settings with both controllers."""
    return bind(parse(SETTINGS_TEXT, name="campaigns.yml"), Settings, prefix="CFG")


# Around Lahti: a street or two, the town next door, and far away; distances are checked by hand.
PLACES_TEXT = """postal_code,name,latitude,longitude
15100,Lahti,60.9827,25.6615
15110,Lahti,60.9838,25.6562
15860,Hollola,60.9880,25.5130
18100,Heinola,61.2030,26.0320
00100,Helsinki,60.1710,24.9310
"""


class Around:
    """Mailings, lists and places that test segments may name."""

    def mailings(self) -> list[str]:
        return ["december_newsletter", "renewal_offer", "welcome"]

    def lists(self, controller: str) -> dict[str, date | None]:
        ours = {
            "energy_fair": date(2027, 1, 31),
            "fair_2026": date(2026, 12, 1),
            "old_fair": date(2026, 3, 1),
        }
        return {**ours, "not_imported": None} if controller == OURS else {}

    def places(self) -> Places:
        return read_places()

    def today(self) -> date:
        return TODAY


@cache
def read_places() -> Places:
    """The places of `PLACES_TEXT`."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "places.csv"
        path.write_text(PLACES_TEXT, encoding="utf-8")
        return places.read(path)


def library(folder: Path, texts: Mapping[str, str] | None = None) -> Library:
    """A library over a folder `segments` in which these files are written first."""
    room = folder / "segments"
    room.mkdir(exist_ok=True)
    for name, text in (texts or {}).items():
        (room / f"{name}.yml").write_text(text, encoding="utf-8")
    known = settings()
    return Library(
        folder=room, catalogue=catalogue.load(known, WORDS_OF_TESTS), settings=known, outside=Around()
    )


def segment_text(
    *conditions: str, purpose: str = "energy_offers", audience: str = "customers", more: str = ""
) -> str:
    """A segment file with these conditions (each may have several lines); the first is on line 6."""
    lines = [
        "title: a test",
        f"purpose: {purpose}",
        f"audience: {audience}",
        "channels: [email]",
        "who:" if conditions else "# no conditions",
    ]
    for condition in conditions:
        first, *rest = condition.strip("\n").split("\n")
        lines += [f"  - {first}", *(f"    {line}" for line in rest)]
    return "\n".join([*lines, more.strip("\n")]) + "\n"


def frame(table: str, rows: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
    """Rows of a lake table; missing columns are NULL, the controller is ours by default."""
    schema = dict(TABLES[table].schema)
    if not rows:
        return empty(table)
    filled = [{**dict.fromkeys(schema), "controller": OURS, **row} for row in rows]
    return pl.DataFrame(filled, schema=schema, strict=True)


def show(db: Engine, world: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
    """Put a world's rows before the engine; tables that it does not have are empty."""
    for table in TABLES:
        if table not in ("consumption_days", "quarantine"):
            db.register(table, frame(table, world.get(table, ())))
    for name, moment in (("messages", "handed_over_at"), ("clicks", "clicked_at")):
        columns = {"controller": pl.String, "mailing": pl.String, "kind": pl.String, "person_id": pl.Int64}
        rows = [{"controller": OURS, **row} for row in world.get(name, ())]
        db.register(name, pl.DataFrame(rows, schema={**columns, moment: pl.Datetime("us", "UTC")}))
    for name in ("hourly_consents", "browsing_consents", "not_profiled"):
        people = [row["person_id"] for row in world.get(name, ())]
        db.register(name, pl.DataFrame({"person_id": people}, schema={"person_id": pl.Int64}))


@contextmanager
def opened(folder: Path) -> Iterator[Engine]:
    """An engine over an empty lake, to show worlds to."""
    with Lake(folder / "lake").snapshot() as snapshot, engine.connect(snapshot, threads=1) as db:
        yield db


def words(*said: Mapping[str, Any], controller: str = OURS) -> Words:
    """What people said, without a ledger: rows of the short form, proven and a year ago by default."""
    a_year_ago = datetime(2025, 11, 24, tzinfo=UTC)
    usual = {
        **dict.fromkeys(WORDS),
        "controller": controller,
        "family": "consent",
        "kind": "granted",
        "widens": True,
        "occurred_at": a_year_ago,
        "recorded_at": a_year_ago,
        "source": "crm",
        "has_evidence": True,
        "by_form": False,
        "flawed": False,
    }
    rows = [{**usual, "position": number, "tie": number, **one} for number, one in enumerate(said, start=1)]
    nothing = pl.DataFrame(
        schema={
            "controller": pl.String,
            "channel": pl.String,
            "address_digest": pl.String,
            "reason": pl.String,
            "recorded_at": pl.Datetime("us", "UTC"),
            "message_id": pl.Int64,
            "position": pl.Int64,
        }
    )
    return Words(position=len(rows), frame=pl.DataFrame(rows, schema=WORDS), suppressions=nothing)


def grant(person_id: int, purpose: str = "direct_marketing", channel: str = "email") -> dict[str, Any]:
    """A proven consent."""
    return {"person_id": person_id, "purpose": purpose, "channel": channel}


def ban(person_id: int, kind: str = "ban_all") -> dict[str, Any]:
    """A ban, after every consent."""
    later = datetime(2026, 3, 1, tzinfo=UTC)
    return {
        "person_id": person_id, "kind": kind, "family": "ban", "widens": False, "occurred_at": later,
        "recorded_at": later,
    }  # fmt: skip

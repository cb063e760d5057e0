"""A whole small workspace for mailings: settings, templates, segments, people in a lake, consents.

People are numbered from 1. Person n is a customer with a house (site 1000 + n) and a contract that ends soon,
speaks Finnish, Swedish or English in turn, and has consented to offers and to the newsletter by e-mail.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl

from campaigns.catalogue import loading
from campaigns.content.templates import Library as Templates
from campaigns.content.tokens import Tokens, token_keys
from campaigns.lake.lake import Lake
from campaigns.lake.schemas import TABLES
from campaigns.ledger.database import Ledger
from campaigns.ledger.permission_events import PermissionEvent, append
from campaigns.mailings.library import Library as Mailings
from campaigns.mailings.parts import Parts
from campaigns.segments.library import Library as Segments
from campaigns.settings.loading import FILE, load

REPOSITORY = Path(__file__).parents[2]
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
A_YEAR_AGO = datetime(2025, 11, 24, 9, 0, tzinfo=UTC)
OURS = "lahti_energia"
LANGUAGES = ("fi", "sv", "en")

SEGMENTS = {
    "houses": """
        title: Houses whose contract ends
        purpose: energy_offers
        audience: customers
        channels: [email]
        who:
          - has: site
            where:
              - {field: building_type, is: detached_house}
    """,
    "readers": """
        title: Everybody in the register
        purpose: newsletter
        audience: everyone
        channels: [email]
    """,
    "wooden_houses": """
        title: Houses heated with wood
        purpose: energy_offers
        audience: customers
        channels: [email]
        who:
          - has: site
            where:
              - {field: heating, is: wood}
    """,
}
MAILINGS = {
    "renewal": """
        title: Renewal offer
        segments: houses
        template: renewal_offer
        site: matched
    """,
    "news": """
        title: Newsletter
        segments: [readers]
        template: newsletter
    """,
}


@dataclass
class Clock:
    """A clock that tests set."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


def text(raw: str) -> str:
    """A YAML text written inside a test, moved to the left edge."""
    lines = raw.strip("\n").split("\n")
    indent = min(len(line) - len(line.lstrip()) for line in lines if line.strip())
    return "\n".join(line[indent:] for line in lines).rstrip() + "\n"


def workspace(
    root: Path,
    *,
    people: int = 6,
    clock: Callable[[], datetime] | None = None,
    segments: Mapping[str, str] | None = None,
    mailings: Mapping[str, str] | None = None,
    settings: Mapping[str, str] | None = None,
) -> Parts:
    """Write the files and data, and put the parts together. `settings` replaces text in campaigns.yml."""
    write_files(root, segments=segments, mailings=mailings, settings=settings)
    parts = parts_of(root, clock)
    fill(parts, people)
    return parts


def write_files(
    root: Path,
    *,
    segments: Mapping[str, str] | None = None,
    mailings: Mapping[str, str] | None = None,
    settings: Mapping[str, str] | None = None,
) -> None:
    """Settings and templates of the repository, segments and mailings of the test."""
    root.mkdir(parents=True, exist_ok=True)
    known = (REPOSITORY / FILE).read_text(encoding="utf-8")
    for old, new in (settings or {}).items():
        assert old in known
        known = known.replace(old, new)
    (root / FILE).write_text(known, encoding="utf-8")
    shutil.copytree(REPOSITORY / "templates", root / "templates")
    files_of = {"segments": SEGMENTS | (segments or {}), "mailings": MAILINGS | (mailings or {})}
    for folder, files in files_of.items():
        (root / folder).mkdir()
        for name, raw in files.items():
            (root / folder / f"{name}.yml").write_text(text(raw), encoding="utf-8")


def parts_of(root: Path, clock: Callable[[], datetime] | None = None) -> Parts:
    """The parts of a workspace that stands."""
    settings, data = load(root / FILE), root / "data"
    segments = Segments(
        folder=root / "segments",
        catalogue=loading.load(settings, root / "segments" / "catalogue"),
        settings=settings,
    )
    templates = Templates(root / "templates", settings)
    mailings = Mailings(folder=root / "mailings", settings=settings, segments=segments, templates=templates)
    return Parts(
        root=root,
        settings=settings,
        lake=Lake(data / "lake"),
        ledger=Ledger.open(data / "ledger" / "ledger.sqlite"),
        mailings=mailings,
        templates=templates,
        tokens=Tokens(token_keys(data / "keys")),
        clock=clock or Clock(),
    )


def fill(parts: Parts, people: int) -> None:
    """The people and their consents."""
    numbers = range(1, people + 1)
    upsert(parts, "persons", [person(n) for n in numbers])
    upsert(parts, "contact_points", [mailbox(n) for n in numbers])
    upsert(parts, "relationships", [customer(n) for n in numbers])
    upsert(parts, "sites", [site(n) for n in numbers])
    upsert(parts, "metering_points", [metering_point(n) for n in numbers])
    upsert(parts, "contracts", [contract(n) for n in numbers])
    say(parts, *(granted(n, purpose) for n in numbers for purpose in ("direct_marketing", "newsletter")))


def customer(number: int) -> dict[str, Any]:
    """A row of `relationships`."""
    return {"person_id": number, "kind": "customer", "start_date": date(2020, 1, 1)}


def metering_point(number: int) -> dict[str, Any]:
    """A row of `metering_points`."""
    return {"metering_point_id": 2000 + number, "site_id": 1000 + number, "energy": "electricity"}


def person(number: int, **more: Any) -> dict[str, Any]:
    """A row of `persons`."""
    usual = {
        "person_id": number,
        "kind": "consumer",
        "language": LANGUAGES[(number - 1) % 3],
        "birth_year": 1970,
        "first_name": f"Maija{number}",
        "last_name": "Meikäläinen",
        "deceased": False,
        "protected_address": False,
        "source": "crm_customers",
        "informed_by": "2023-06-26",
        "registered_on": date(2020, 1, 1),
    }
    return usual | more


def mailbox(number: int, value: str | None = None) -> dict[str, Any]:
    """A row of `contact_points`: the person's e-mail address."""
    return {
        "person_id": number,
        "channel": "email",
        "value": value or f"person{number}@example.fi",
        "source": "crm_customers",
        "valid_from": date(2020, 1, 1),
        "deliverable": True,
    }


def site(number: int, **more: Any) -> dict[str, Any]:
    """A row of `sites`."""
    usual = {
        "site_id": 1000 + number,
        "address": f"Kauppakatu {number}",
        "postal_code": "15140",
        "building_type": "detached_house",
        "building_year": 1985,
        "heating": "direct_electric",
    }
    return usual | more


def contract(number: int, **more: Any) -> dict[str, Any]:
    """A row of `contracts`."""
    usual = {
        "contract_id": 3000 + number,
        "person_id": number,
        "metering_point_id": 2000 + number,
        "product": "Kiinteä 24",
        "contract_type": "fixed_term",
        "start_date": date(2025, 1, 11),
        "end_date": date(2027, 1, 10),
    }
    return usual | more


def upsert(parts: Parts, table: str, rows: Iterable[Mapping[str, Any]]) -> None:
    """Put rows into a lake table, in a commit of their own."""
    schema = dict(TABLES[table].schema)
    filled = [{**dict.fromkeys(schema), "controller": OURS, **row} for row in rows]
    with parts.lake.writer(purpose="test") as lake:
        lake.upsert(table, pl.DataFrame(filled, schema=schema, strict=True))


def granted(person_id: int, purpose: str = "direct_marketing") -> PermissionEvent:
    """A proven consent by e-mail, given a year ago."""
    return PermissionEvent(
        event_id=f"granted-{person_id}-{purpose}",
        controller=OURS,
        person_id=person_id,
        kind="granted",
        channel="email",
        purpose=purpose,
        occurred_at=A_YEAR_AGO,
        recorded_at=A_YEAR_AGO,
        source="crm_permissions",
        method="form",
        text_version="2025-01",
        text_language="fi",
        evidence="form 17",
    )


def banned(person_id: int, kind: str = "ban_all", at: datetime = NOW, **more: Any) -> PermissionEvent:
    """A refusal."""
    return PermissionEvent(
        event_id=f"{kind}-{person_id}",
        controller=OURS,
        person_id=person_id,
        kind=kind,
        occurred_at=at,
        recorded_at=at,
        source="web",
        method="one_click",
        **more,
    )


def say(parts: Parts, *events: PermissionEvent) -> None:
    """Record permission events."""
    with parts.ledger.write() as connection:
        append(connection, events)

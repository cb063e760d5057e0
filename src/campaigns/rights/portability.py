"""What a person may take elsewhere (GDPR Art. 20): what they gave us, and what was metered of their use.

CSV files in the forms that we import ourselves, so that what goes out can come in again, here or at another
company; and the same as JSON. What we concluded (figures, audiences, decisions) is not theirs to carry but to
see: `access` has it.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

import polars as pl

from campaigns.engine import connect
from campaigns.lake.schemas import TABLES
from campaigns.rights import holdings, personal_rows
from campaigns.rights.plain import plain
from campaigns.rights.portable_people import person_row
from campaigns.rights.portable_readings import readings

if TYPE_CHECKING:
    from campaigns.ledger.rights_requests import Request
    from campaigns.mailings.parts import Parts

FORM = 1
DELIMITER = ";"
_GIVEN = ("persons", "contact_points", "relationships", "roles", "contracts", "events", "interactions")
_HELD = ("companies", "sites", "points", "days", "months")
_WORDS_OF_EVENTS = ("source_id", "person", "name", "occurred_at")
PERMISSIONS = (
    "kind",
    "channel",
    "purpose",
    "occurred_at",
    "recorded_at",
    "valid_until",
    "method",
    "text_version",
    "text_language",
    "notice_version",
    "evidence",
)
_WHAT = {
    "companies": "companies in which the person has or had a role",
    "persons": "the person, how to reach them, and their relationship and role as they stand",
    "sites": "usage places and metering points; of those left behind only the address",
    "contracts": "contracts with their metering points",
    "events": "what the person did, a column a property",
    "interactions": "calls, mails and visits: when and about what, not what was said",
    "permissions": "consents, bans and objections with their proof",
    "datahub": "metered consumption of the days under the person's own contracts, an interval a line",
}


@dataclass(frozen=True, kw_only=True)
class Portable:
    """The files by name, and how many rows each kind has."""

    files: Mapping[str, bytes]
    counts: Mapping[str, int] = field(default_factory=dict)

    def zipped(self) -> dict[str, bytes]:
        """All of them as one file."""
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in self.files.items():
                archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content)
        return {"portability.zip": packed.getvalue()}


def gather(parts: Parts, request: Request, *, today: date) -> Portable:
    """Everything portable of the person of this request in the register of its controller."""
    controller, person_id = request.controller, request.person_id
    with parts.lake.snapshot() as snapshot, connect(snapshot, tables=TABLES.keys()) as db:
        register = personal_rows.of_lake(db, controller, person_id)
        held = holdings.of_person(db, controller, person_id, today=today)
    with parts.ledger.read() as connection:
        words = personal_rows.of_ledger(connection, controller, person_id)["permission_events"]
    given: dict[str, Any] = {name: register[name] for name in _GIVEN if name in register}
    given |= {name: getattr(held, name).to_dicts() for name in _HELD}
    given["permissions"] = [row for row in words if row["kind"] != "erased"]
    given["person_keys"] = register["person_keys"]
    frames = {kind: frame for kind, frame in _frames(given, held.days, parts) if not frame.is_empty()}
    files = {f"{kind}.csv": _csv(frame) for kind, frame in frames.items()}
    files["portability.json"] = _json({"form": FORM, "controller": controller, **given})
    files["manifest.json"] = _manifest(files, frames, parts, request)
    return Portable(files=files, counts={kind: len(frame) for kind, frame in frames.items()})


def _frames(given: Mapping[str, Any], days: pl.DataFrame, parts: Parts) -> Iterator[tuple[str, pl.DataFrame]]:
    """The rows of each kind in the columns of its import."""
    number = _number(given)
    sites, points = given["sites"], given["points"]
    yield (
        "companies",
        _frame({"source_id": row["company_id"], **_only(row, _COMPANY)} for row in given["companies"]),
    )
    yield "persons", _frame(person_row(given, number) for _ in given["persons"])
    places = {row["site_id"]: row for row in sites}
    yield (
        "sites",
        _frame(
            {
                "source_id": row["site_id"],
                "energy": row["energy"],
                "gsrn": _gsrn(row["gsrn"]),
                **_only(places[row["site_id"]], _SITE),
                "fuse_a": row["fuse_a"],
            }
            for row in points
        ),
    )
    metered = {row["metering_point_id"]: row for row in points}
    yield (
        "contracts",
        _frame(
            {
                "source_id": row["contract_id"],
                "person": number,
                **_place(metered.get(row["metering_point_id"])),
                **_only(row, _CONTRACT),
            }
            for row in given["contracts"]
        ),
    )
    yield "events", _frame(_event(row, number) for row in given["events"])
    yield (
        "interactions",
        _frame(
            {"source_id": row["interaction_id"], "person": number, **_only(row, _INTERACTION)}
            for row in given.get("interactions", [])
        ),
    )
    yield (
        "permissions",
        _frame(
            {
                "source_id": row["position"],
                "person": number,
                **_only(row, PERMISSIONS),
                "about": row["details"].get("about"),
            }
            for row in given["permissions"]
        ),
    )
    yield "datahub", readings(days, zone=parts.settings.time_zone)


_COMPANY = ("name", "business_id", "industry", "size", "postal_code")
_SITE = ("address", "postal_code", "building_type", "building_year", "heating", "area_m2")
_CONTRACT = (
    "product", "contract_type", "start_date", "end_date", "annual_kwh_estimate", "price_c_kwh",
    "margin_c_kwh",
)  # fmt: skip
_INTERACTION = ("channel", "direction", "started_at", "ended_at", "topic", "outcome", "handled_by")


def _number(given: Mapping[str, Any]) -> str:
    """The number that ties the files together: a customer number, or ours."""
    numbers = sorted(row["source_id"] for row in given["person_keys"])
    return str(numbers[0] if numbers else given["persons"][0]["person_id"])


def _only(row: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: row[name] for name in names}


def _gsrn(number: int | None) -> str | None:
    return None if number is None else f"{number:018d}"


def _place(point: Mapping[str, Any] | None) -> dict[str, Any]:
    """District heat has no GSRN: its contract names the site."""
    if point is None:
        return {"gsrn": None, "site": None}
    return {"gsrn": _gsrn(point["gsrn"]), "site": point["site_id"] if point["gsrn"] is None else None}


def _event(row: Mapping[str, Any], number: str) -> dict[str, Any]:
    properties = json.loads(row["properties"] or "{}")
    told = {name: value for name, value in properties.items() if name not in _WORDS_OF_EVENTS}
    known = {"source_id": row["event_id"], "person": number, "name": row["name"]}
    return known | {"occurred_at": row["occurred_at"]} | told


def _frame(rows: Iterator[dict[str, Any]]) -> pl.DataFrame:
    """Cells as text; a column that some rows lack is empty there."""
    listed = [{name: _cell(value) for name, value in row.items()} for row in rows]
    names = dict.fromkeys(name for row in listed for name in row)
    return pl.DataFrame(listed, schema=dict.fromkeys(names, pl.String))


def _cell(value: Any) -> str | None:
    if isinstance(value, bool):
        return "yes" if value else "no"
    shown = plain(value)
    return None if shown is None else str(shown)


def _csv(frame: pl.DataFrame) -> bytes:
    return frame.write_csv(separator=DELIMITER).encode()


def _json(document: Any) -> bytes:
    return json.dumps(plain(document), ensure_ascii=False, indent=1).encode() + b"\n"


def _manifest(
    files: Mapping[str, bytes], frames: Mapping[str, pl.DataFrame], parts: Parts, request: Request
) -> bytes:
    """What each file is, with its columns, rows and SHA-256."""
    told = []
    for name, content in files.items():
        kind = name.removesuffix(".csv")
        frame = frames.get(kind)
        told.append(
            {
                "file": name,
                "kind": kind if frame is not None else None,
                "what": _WHAT.get(kind, "all of it, with every contact detail and relationship that we have"),
                "columns": [] if frame is None else frame.columns,
                "rows": None if frame is None else len(frame),
                "sha256": hashlib.sha256(content).hexdigest(),
            }
        )
    company = parts.settings.controllers[request.controller]
    document = {
        "form": FORM,
        "controller": {"name": company.name, "business_id": company.business_id},
        "person_id": request.person_id,
        "request": request.request_id,
        "written_at": parts.clock(),
        "encoding": "UTF-8",
        "delimiter": DELIMITER,
        "time_zone_of_days": parts.settings.time_zone,
        "import": "campaigns import FOLDER/*.csv",
        "files": told,
    }
    return _json(document)

"""What the record of processing takes out of campaigns.yml, the segments and the mailings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

import polars as pl

from campaigns.channels.covering import FIELDS, MEANING
from campaigns.lake import categories as lake
from campaigns.register.categories import brought
from campaigns.reports.privacy_words import (
    BASES,
    POLICY,
    PURPOSES,
    REGIONS,
    RETENTION,
    TRANSFERS,
)
from campaigns.settings.legal_bases import LEGAL_BASES
from campaigns.settings.model import Settings

if TYPE_CHECKING:
    from campaigns.mailings.parts import Parts

# What the ledger holds about people, by category; its other tables hold numbers and digests.
LEDGER: Mapping[str, tuple[str, ...]] = {
    "marketing": (
        "permission_events",
        "suppressions",
        "messages",
        "decisions",
        "attempts",
        "responses",
        "control_groups",
        "person_tokens",
    ),
    "relationship": ("rights_requests", "disclosed_people", "audit"),
}
Row = dict[str, Any]
Serving = Mapping[str, Mapping[str, list[str]]]  # of a purpose: its segments and mailings


def identity(settings: Settings, controller: str) -> dict[str, str]:
    """Who the controller is and how to reach it."""
    ours = settings.controllers[controller]
    names = ("name", "business_id", "address", "phone", "email", "privacy_officer", "privacy_url")
    return {name: getattr(ours, name) for name in names}


def serving(parts: Parts) -> dict[str, dict[str, dict[str, list[str]]]]:
    """Of each controller and purpose, the segments and mailings that serve it. Raises `Mistakes`."""
    found: dict[str, dict[str, dict[str, list[str]]]] = {}
    library = parts.mailings.segments
    for what, known in (("segments", library), ("mailings", parts.mailings)):
        for name in known.names():
            one = known.load(name)
            uses = found.setdefault(one.controller, {}).setdefault(one.purpose, {})
            uses.setdefault(what, []).append(name)
    return found


def purposes(settings: Settings, used: Serving) -> list[Row]:
    """Every purpose that people of this register may be contacted for."""
    return [
        {
            "purpose": name,
            "title": _text(purpose.title),
            "notice_purpose": purpose.notice_purpose,
            "notice": PURPOSES[purpose.notice_purpose],
            "legal_bases": [BASES[basis] for basis in LEGAL_BASES[purpose.notice_purpose]],
            "permission_purpose": purpose.permission_purpose,
            "kinds": list(purpose.kinds),
            "categories": list(purpose.categories),
            "data": titles(settings, purpose.categories),
            "segments": used.get(name, {}).get("segments", []),
            "mailings": used.get(name, {}).get("mailings", []),
        }
        for name, purpose in settings.purposes.items()
    ]


def titles(settings: Settings, names: Iterable[str]) -> list[str]:
    """Categories of data as people read them."""
    return [_text(settings.categories[name].title) for name in names]


def categories(settings: Settings, controller: str) -> list[Row]:
    """Every category of data with its columns, the sources that bring it, and where it may appear."""
    mine = {name: source for name, source in settings.sources.items() if source.controller == controller}
    rows = []
    for name, category in settings.categories.items():
        tables: dict[str, list[str]] = {}
        for table, column in lake.columns_of(name):
            tables.setdefault(table, []).append(column)
        if name in LEDGER:
            tables["ledger"] = list(LEDGER[name])
        rows.append(
            {
                "category": name,
                "title": _text(category.title),
                "segments": category.segments,
                "templates": category.templates,
                "columns": tables,
                "sources": [
                    source_name
                    for source_name, source in mine.items()
                    if name in brought(source.kind, set(source.columns.values()) or None)
                ],
            }
        )
    return rows


def sources(settings: Settings, controller: str, delivered: pl.DataFrame) -> list[Row]:
    """Where data of this register comes from, and what has come."""
    newest = {row["source"]: row for row in delivered.filter(controller=controller).to_dicts()}
    return [
        {
            "source": name,
            "kind": source.kind,
            "extract": source.extract,
            "informed_by": source.informed_by or None,
            "disclosure": source.disclosure or None,
            "files": newest.get(name, {}).get("files", 0),
            "rows": newest.get(name, {}).get("rows", 0),
            "newest": newest.get(name, {}).get("newest"),
        }
        for name, source in settings.sources.items()
        if source.controller == controller
    ]


def attested(settings: Settings, controller: str) -> list[Row]:
    """The sources of old consents that the privacy officer has vouched for."""
    return [
        {"source": name, **source.evidence.model_dump(mode="json", by_alias=True)}
        for name, source in settings.sources.items()
        if source.controller == controller and source.evidence is not None
    ]


def processors(settings: Settings, day: date, sent: Mapping[str, int]) -> list[Row]:
    """Who handles data for us: agreement, place, transfer, fields, and whether it covers today."""
    rows = []
    for name, processor in settings.processors.items():
        channels = [channel for channel, used in settings.channels.items() if used.processor == name]
        codes = {channel: settings.uncovered(channel, day) for channel in channels}
        handed_over = {field for channel in channels for field in FIELDS[settings.channels[channel].provider]}
        regions = [settings.region_of(channel) for channel in channels] or [processor.region]
        rows.append(
            {
                "processor": name,
                "service": processor.service,
                "agreement": processor.agreed_on(day),
                "agreement_date": processor.agreement_date,
                "agreement_until": processor.agreement_until,
                "sub_processors": list(processor.sub_processors),
                "regions": [REGIONS[region] for region in dict.fromkeys([processor.region, *regions])],
                "transfer": TRANSFERS[processor.transfer],
                "transfer_details": processor.transfer_details,
                "channels": [
                    {
                        "channel": channel,
                        "provider": settings.channels[channel].provider,
                        "messages": sent.get(channel, 0),
                        "refused": codes[channel] or None,
                    }
                    for channel in channels
                ],
                "fields": [
                    {"field": one, "meaning": MEANING.get(one, one), "handed_over": one in handed_over}
                    for one in processor.fields
                ],
            }
        )
    return rows


def retention(settings: Settings) -> list[Row]:
    """Every rule of retention, and who decided it."""
    return [
        {
            "rule": name,
            "what": RETENTION[name][0],
            "from": RETENTION[name][1],
            "keep": str(rule.keep),
            **_decided(rule),
        }
        for name, rule in ((name, getattr(settings.retention, name)) for name in RETENTION)
    ]


def policy(settings: Settings) -> list[Row]:
    """Every switch with its value, and who decided it."""
    rows = []
    for name, meaning in POLICY.items():
        switch = getattr(settings.policy, name)
        rows.append({"switch": name, "what": meaning, "value": _value(switch.value), **_decided(switch)})
    return rows


def _decided(record: Any) -> Row:
    return {"decided_by": record.decided_by, "date": record.date, "reason": record.reason}


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, str):
        return value.replace("_", " ")
    return ", ".join(f"{level}: {needs}" for level, needs in value.model_dump().items())


def _text(texts: Mapping[Any, str]) -> str:
    return texts.get("en") or next(iter(texts.values()))

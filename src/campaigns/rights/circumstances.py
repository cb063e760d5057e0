"""What Art. 15(1) wants told besides the data: purposes and their basis, recipients, retention, sources."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from campaigns.settings.legal_bases import LEGAL_BASES
from campaigns.settings.model import Settings


def purposes(settings: Settings, language: str) -> list[dict[str, Any]]:
    """Each purpose that may use the data, with its basis and the categories that it may touch."""
    return [
        {
            "purpose": name,
            "title": _in(purpose.title, language),
            "notice_purpose": purpose.notice_purpose,
            "legal_bases": list(LEGAL_BASES[purpose.notice_purpose]),
            "categories": [_in(settings.categories[one].title, language) for one in purpose.categories],
        }
        for name, purpose in settings.purposes.items()
    ]


def recipients(settings: Settings) -> list[dict[str, Any]]:
    """Who handles the data for us, where, under what, and which fields reach them on which channel."""
    channels: dict[str, list[str]] = {}
    for channel, bound in settings.channels.items():
        channels.setdefault(bound.processor, []).append(channel)
    return [
        {
            "recipient": name,
            "service": processor.service,
            "region": processor.region,
            "transfer": processor.transfer,
            "channels": channels.get(name, []),
            "fields": list(processor.fields),
        }
        for name, processor in settings.processors.items()
    ]


def agreed_disclosures(settings: Settings, controller: str) -> list[dict[str, Any]]:
    """What of this register others may be given at all; what they were given is a row of `disclosures`."""
    return [
        {
            "name": name,
            "recipient": one.to,
            "purposes": list(one.purposes),
            "categories": list(one.categories),
            "legal_basis": one.legal_basis,
            "valid_until": one.valid_until,
        }
        for name, one in settings.disclosures.items()
        if one.from_controller == controller
    ]


def retention(settings: Settings) -> list[dict[str, Any]]:
    """How long each category is kept, and why."""
    rules = ((name, getattr(settings.retention, name)) for name in type(settings.retention).model_fields)
    return [
        {"category": name, "months": rule.keep.months, "days": rule.keep.days, "reason": rule.reason}
        for name, rule in rules
    ]


def sources(settings: Settings, tables: Iterable[Iterable[Mapping[str, Any]]]) -> list[dict[str, Any]]:
    """The sources that any of these rows name: which file, and the notice that its people were told of."""
    named = {row["source"] for rows in tables for row in rows if row.get("source")}
    return [
        {"source": name, "kind": source.kind if source else None, "informed_by": _informed(source)}
        for name, source in ((name, settings.sources.get(name)) for name in sorted(named))
    ]


def _informed(source: Any) -> str | None:
    return (source.informed_by or None) if source else None


def _in(texts: Mapping[Any, str], language: str) -> str:
    return texts.get(language) or texts.get("en") or next(iter(texts.values()))

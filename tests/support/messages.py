"""Settings and templates small enough to change one thing at a time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from campaigns.content.templates import Library
from campaigns.content.values import sender
from campaigns.content.variables import Variable
from campaigns.settings.binding import bind
from campaigns.settings.documents import parse
from campaigns.settings.model import Settings

SETTINGS_TEXT = """
default_controller: energy
controllers:
  energy:
    name: Energia Oy
    business_id: "1234567-1"
    address: Katu 1, 15100 Lahti
    phone: 029 000 8000
    email: asiakaspalvelu@energia.fi
    privacy_officer: tietosuoja@energia.fi
    privacy_url: https://www.energia.fi/tietosuoja
    sender_email: uutiset@viesti.energia.fi
    sender_name: Energia
  network:
    name: Verkko Oy
    business_id: "7654321-1"
    address: Katu 2, 15100 Lahti
    phone: 029 000 9000
    email: verkko@verkko.fi
    privacy_officer: tietosuoja@verkko.fi
    privacy_url: https://www.verkko.fi/tietosuoja
    sender_email: tiedote@verkko.fi
    sender_name: Sähköverkko
categories:
  identity: {title: {en: identity}, segments: on, templates: on}
  contract: {title: {en: contract}, segments: on, templates: on}
  consumption: {title: {en: consumption}, segments: on, templates: on}
  feedback: {title: {en: feedback}, segments: on, templates: off}
purposes:
  newsletter:
    {title: {en: news}, notice_purpose: direct_marketing, permission_purpose: newsletter,
     kinds: [newsletter], categories: [identity]}
processors:
  own: {service: own, agreement: on, region: fi}
channels:
  email: {provider: maildir, processor: own}
policy:
  soft_opt_in: {value: off, decided_by: x, date: 2026-01-01, reason: x}
  meter_data:
    value: {totals: interest, daily: interest, hourly: consent, presence: never}
    decided_by: x
    date: 2026-01-01
    reason: x
web: {base_url: "https://viesti.energia.fi"}
"""

VARIABLES: Mapping[str, Variable] = {
    variable.name: variable
    for variable in (
        Variable(name="person.first_name", type="text", category="identity"),
        Variable(name="person.complaint", type="text", category="feedback"),
        Variable(name="contract.product", type="text", category="contract"),
        Variable(name="contract.end_date", type="date", category="contract"),
        Variable(name="contract.fee", type="money", category="contract"),
        Variable(name="contract.renewed", type="yes_no", category="contract"),
        Variable(name="contract.months", type="integer", category="contract"),
        Variable(name="metric.kwh_year", type="kwh", category="consumption"),
        Variable(name="metric.load_factor", type="number", category="consumption"),
    )
}

LAYOUT = """<html lang="{% include language %}"><head><title>{% include subject %}</title>
<style>p { color: #111111 }</style></head><body>
<div style="display: none">{% include preheader %}</div>
<table role="presentation"><tr><td>
{% include body %}
</td></tr></table>
{% include legal %}
</body></html>
"""
IMPRINT = (
    "<p>{{ sender.name }}, {{ sender.business_id }}, {{ sender.address }}, {{ sender.phone }}, "
    '<a href="{{ links.privacy }}">privacy</a></p>\n'
)
REFUSAL = '<p><a href="{{ links.unsubscribe }}">stop</a> <a href="{{ links.preferences }}">choose</a></p>\n'
MESSAGE = """title: News
kind: newsletter
languages: [fi]
fallback: {sv: fi, en: fi}
subject: {fi: "Uutiset"}
preheader: {fi: "Lyhyesti"}
variables:
  person.first_name: text?
  contract.end_date: date
"""
BODY = (
    "<p>Hei {% if person.first_name %}{{ person.first_name }}{% endif %}, {{ contract.end_date|date }}</p>\n"
)

FILES: Mapping[str, str] = {
    "layout/message.html": LAYOUT,
    "layout/newsletter.fi.html": IMPRINT + REFUSAL,
    "layout/newsletter.en.html": IMPRINT + REFUSAL,
    "layout/service.fi.html": IMPRINT,
    "news/message.yml": MESSAGE,
    "news/fi.html": BODY,
}

LINKS = {
    "unsubscribe": "https://viesti.energia.fi/u/" + "A" * 90,
    "preferences": "https://viesti.energia.fi/p/" + "A" * 90,
    "privacy": "https://www.energia.fi/tietosuoja",
}


def settings(text: str = SETTINGS_TEXT) -> Settings:
    """The settings above."""
    return bind(parse(text), Settings, prefix="CFG")


def write(folder: Path, files: Mapping[str, str]) -> Path:
    """The templates above with some files put in their place; gives the templates folder."""
    for name, text in {**FILES, **files}.items():
        path = folder / "templates" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder / "templates"


def library(folder: Path, files: Mapping[str, str] | None = None) -> Library:
    """A library of those templates."""
    return Library(write(folder, files or {}), settings(), VARIABLES)


def person(**more: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The values of a person; a group given replaces the group."""
    return {
        "person": {"first_name": "Maija"},
        "contract": {
            "product": "Kiinteä 24 kk",
            "end_date": date(2027, 1, 31),
            "fee": Decimal("3.90"),
            "renewed": True,
            "months": 24,
        },
        "metric": {"kwh_year": 18_432.4, "load_factor": 0.31},
        "sender": sender(settings().controllers["energy"]),
        "links": LINKS,
        "mailing": {"title": "News", "date": date(2026, 11, 24)},
        **more,
    }

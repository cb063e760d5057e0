"""The templates of this repository: checked, rendered in each language, and free of everything foreign."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from campaigns.content.definitions import LANGUAGES
from campaigns.content.message import MessageFactory
from campaigns.content.templates import Library, Template
from campaigns.content.values import sender
from campaigns.settings.loading import load

ROOT = Path(__file__).parents[3]
SETTINGS = load(ROOT / "campaigns.yml")
LIBRARY = Library(ROOT / "templates", SETTINGS)
NAMES = LIBRARY.names()
LINKS = {
    "unsubscribe": "https://viesti.lahtienergia.example/u/" + "A" * 90,
    "preferences": "https://viesti.lahtienergia.example/p/" + "A" * 90,
    "privacy": "https://www.lahtienergia.example/tietosuoja",
}


def controller_of(template: Template) -> str:
    return template.message.controller or SETTINGS.default_controller


def values(template: Template, *, full: bool) -> dict[str, Mapping[str, Any]]:
    everything: dict[str, dict[str, Any]] = {
        "person": {"first_name": "Maija" if full else None},
        "contract": {"product": "Kiinteä 24 kk", "end_date": date(2027, 1, 31)},
        "site": {
            "address": "Vesijärvenkatu 15 A 3" if full else None,
            "postal_code": "15140" if full else None,
            "building_year": 1974 if full else None,
            "area_m2": 142 if full else None,
            "heating": "direct_electric" if full else None,
        },
        "metric": {"kwh_year": 18_432.4},
    }
    if not full and "metric.kwh_year" not in template.needs(template.languages[0]):
        everything["metric"]["kwh_year"] = None
    return {
        **everything,
        "sender": sender(SETTINGS.controllers[controller_of(template)]),
        "links": LINKS,
        "mailing": {"title": "x", "date": date(2026, 12, 3)},
    }


def test_there_is_no_mistake_in_them() -> None:
    examined = LIBRARY.examine()
    assert [str(mistake) for mistake in examined.mistakes] == []
    assert examined.warnings == []


def test_the_campaigns_of_an_energy_company_have_one_each() -> None:
    kinds = {name: LIBRARY.load(name).kind for name in NAMES}
    expected = {
        "heat_pump_advice": "marketing",
        "newsletter": "newsletter",
        "outage_notice": "service",
        "renewal_offer": "marketing",
    }
    assert kinds == {**kinds, **expected}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("full", [True, False])
def test_each_language_reads_well(name: str, full: bool) -> None:
    template = LIBRARY.load(name)
    assert {template.language_for(language) for language in LANGUAGES} == set(template.languages)
    for language in template.languages:
        rendered = template.render(language, values(template, full=full))
        assert f'<html lang="{language}">' in rendered.html
        for text in (rendered.html, rendered.text, rendered.subject, rendered.preheader):
            assert not re.search(r"None|\{\{|\{%|JINJA|\bnan\b", text)
        assert not re.search(r"\n\n\n| \n", rendered.text)
        assert (LINKS["unsubscribe"] in rendered.text) == template.can_be_refused
        assert SETTINGS.controllers[controller_of(template)].business_id in rendered.text
        assert len(rendered.html) < 102 * 1024


@pytest.mark.parametrize("name", NAMES)
def test_nobody_else_learns_that_it_is_read(name: str) -> None:
    """No address of a third party, no image, nothing that is loaded on opening."""
    template = LIBRARY.load(name)
    for language in template.languages:
        html = template.render(language, values(template, full=True)).html
        hosts = set(re.findall(r"https?://([^/\"'>]+)", html))
        assert all(host.endswith(("lahtienergia.example", "sahkoverkko.example")) for host in hosts)
        assert not re.search(r"<img|<link|@import|url\(|src=", html)


@pytest.mark.parametrize("name", NAMES)
def test_it_becomes_a_message(name: str) -> None:
    template = LIBRARY.load(name)
    factory = MessageFactory(
        template.message, settings=SETTINGS, controller=controller_of(template), mailing="test"
    )
    payload = factory.build(
        template.render(template.languages[0], values(template, full=True)),
        to="maija@example.fi",
        message_ref="0123456789abcdef",
        date=datetime(2026, 11, 24, 9, tzinfo=UTC),
        unsubscribe_url=LINKS["unsubscribe"] if template.can_be_refused else None,
    )
    assert (b"\r\nList-Unsubscribe:" in payload) == template.can_be_refused

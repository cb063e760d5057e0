"""The newest notices say what the settings say: whoever changes one is told to change the other."""

from __future__ import annotations

from pathlib import Path

import pytest

from campaigns.settings.loading import load

ROOT = Path(__file__).parents[3]
SETTINGS = load(ROOT / "campaigns.yml")
TEXTS = [
    (name, version, language)
    for name, controller in SETTINGS.controllers.items()
    for version, notice in controller.notices.items()
    for language in notice.text
]
NEWEST = [
    (name, list(controller.notices)[-1], language)
    for name, controller in SETTINGS.controllers.items()
    for language in controller.notices[list(controller.notices)[-1]].text
]
MONTHS = {"fi": "kuukautta", "sv": "månader", "en": "months"}


def text(controller: str, version: str, language: str) -> str:
    notice = SETTINGS.controllers[controller].notices[version]
    return (ROOT / notice.text[language]).read_text(encoding="utf-8")  # type: ignore[index]  # a Language


@pytest.mark.parametrize(("controller", "version", "language"), TEXTS)
def test_every_notice_names_its_controller_and_how_to_reach_it(
    controller: str, version: str, language: str
) -> None:
    ours, shown = SETTINGS.controllers[controller], text(controller, version, language)
    for words in (ours.name, ours.business_id, ours.address, ours.phone, ours.email, ours.privacy_officer):
        assert words in shown
    year, month, day = (int(part) for part in version.split("-"))
    assert str(year) in shown
    assert f"{day}.{month}.{year}" in shown or f"{day} " in shown


@pytest.mark.parametrize(("controller", "version", "language"), NEWEST)
def test_the_newest_notice_tells_how_long_data_is_kept(controller: str, version: str, language: str) -> None:
    shown = text(controller, version, language)
    told = (
        "former_customers",
        "prospects",
        "events",
        "interactions",
        "send_log",
        "permission_proof",
        "consumption_intervals",
        "consumption_months",
        "rights_requests",
    )
    for name in told:
        kept = getattr(SETTINGS.retention, name).keep
        assert f"{kept.months} {MONTHS[language]}" in shown, name


@pytest.mark.parametrize(("controller", "version", "language"), NEWEST)
def test_the_newest_notice_names_every_category_that_segments_may_use(
    controller: str, version: str, language: str
) -> None:
    shown = text(controller, version, language).lower()
    for category in SETTINGS.categories.values():
        if category.segments and language in category.title:
            assert category.title[language].lower() in shown  # type: ignore[index]  # a Language

"""Attestations of sources: what the privacy officer must say, and what nobody can say."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from campaigns.errors import Mistakes
from campaigns.permissions.attesting import attestation_of
from campaigns.settings.loading import load
from campaigns.settings.model import Settings

ROOT = Path(__file__).parents[3]
GOOD = (
    "{attested_by: A. Officer, date: 2026-01-15, form: forms/2019.pdf, "
    "period: {from: 2019-01-01, to: 2023-06-30}}"
)


def settings(tmp_path: Path, evidence: str) -> Settings:
    text = (ROOT / "campaigns.yml").read_text(encoding="utf-8")
    place = "  crm_permissions:\n"
    assert place in text
    path = tmp_path / "campaigns.yml"
    path.write_text(text.replace(place, f"{place}    evidence: {evidence}\n", 1), encoding="utf-8")
    return load(path)


def mistakes(tmp_path: Path, evidence: str) -> list[str]:
    with pytest.raises(Mistakes) as caught:
        settings(tmp_path, evidence)
    assert all(mistake.line for mistake in caught.value.mistakes)
    return [f"{mistake.code} {mistake.message}" for mistake in caught.value.mistakes]


def test_an_attestation_says_who_when_and_for_which_days(tmp_path: Path) -> None:
    found = settings(tmp_path, GOOD).sources["crm_permissions"].evidence
    assert found is not None
    assert (found.period.first, found.period.last) == (date(2019, 1, 1), date(2023, 6, 30))
    assert str(found) == "attested by A. Officer on 2026-01-15: forms/2019.pdf"


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (GOOD.replace("2026-01-15", "2099-01-01"), "CFG018 `date` `2099-01-01` is in the future"),
        (GOOD.replace("forms/2019.pdf", '""'), "CFG003 `form`"),
        (GOOD.replace("A. Officer", '" "'), "CFG003 `attested_by`"),
        (GOOD.replace("form: forms/2019.pdf, ", ""), "CFG002 `form` is missing"),
        (GOOD.replace("{from: 2019-01-01, to: 2023-06-30}", '"2019 to 2023"'), "CFG003 `period`"),
        (GOOD.replace("to: 2023-06-30", "to: 2018-01-01"), "`from` is later than `to`"),
        (
            GOOD.replace("to: 2023-06-30", "to: 2026-01-16"),
            "the period ends after the day of the attestation",
        ),
        (GOOD.replace(", to: 2023-06-30", ""), "CFG002 `to` is missing"),
    ],
)
def test_what_is_missing_or_cannot_be_is_a_mistake(tmp_path: Path, wrong: str, message: str) -> None:
    (found,) = mistakes(tmp_path, wrong)
    assert message in found


def test_an_attestation_is_not_lent_to_a_source_that_is_like_it(tmp_path: Path) -> None:
    sources = settings(tmp_path, GOOD).sources
    assert sources["network_permissions"].like == "crm_permissions"
    assert sources["network_permissions"].columns == sources["crm_permissions"].columns
    assert sources["network_permissions"].evidence is None


@pytest.mark.parametrize(
    ("said", "rests"),
    [
        ("2018-12-31T23:59:59", False),
        ("2019-01-01T00:00:00", True),
        ("2023-06-30T23:59:59", True),
        ("2023-07-01T00:00:00", False),
    ],
)
def test_the_period_is_of_local_days(tmp_path: Path, said: str, rests: bool) -> None:
    known = settings(tmp_path, GOOD)
    at = datetime.fromisoformat(said).replace(tzinfo=ZoneInfo("Europe/Helsinki")).astimezone(UTC)
    assert (attestation_of("crm_permissions", at, known) is not None) is rests
    assert attestation_of("network_permissions", at, known) is None

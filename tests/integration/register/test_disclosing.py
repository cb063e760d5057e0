"""Data of one register comes into the other only under a disclosure, and each such file is written down."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from campaigns.ledger import Ledger, disclosures
from campaigns.register.disclosing import owners, problems
from campaigns.settings.model import Disclosure, Settings, SourceFile
from support.offices import PEOPLE, Office, house_settings

GIVEN = {
    "from_controller": "lahti_energia",
    "to": "sahkoverkko",
    "purposes": ["outage_notice"],
    "categories": ["identity", "contact", "relationship"],
    "legal_basis": "Electricity Market Act 588/2013, section 59: telling of interruptions",
    "valid_until": "2026-12-31",
    "decided_by": "privacy officer",
    "date": "2026-01-15",
    "reason": "who must be told of an interruption",
}
FEW = {theirs: ours for theirs, ours in PEOPLE.items() if ours in ("source_id", "first_name", "email")}
BORROWED = {
    "kind": "persons",
    "controller": "sahkoverkko",
    "match": "lainatut_*.csv",
    "key_space": "crm",
    "delimiter": ";",
    "columns": FEW,
}
ROWS = [
    {"source_id": f"K{n}", "first_name": "A", "email": f"p{n}@x.fi", "birth_year": "1980"} for n in range(4)
]


def settings_with(disclosure: dict[str, Any] | None = None, **source: Any) -> Settings:
    known = house_settings()
    named = {} if disclosure is None else {"outages": Disclosure.model_validate(disclosure)}
    word = {} if disclosure is None else {"disclosure": "outages"}
    borrowed = SourceFile.model_validate({**BORROWED, **word, **source})
    return known.model_copy(update={"sources": {**known.sources, "borrowed": borrowed}, "disclosures": named})


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Callable[[Settings], Office]]:
    ledger = Ledger.open(tmp_path / "data" / "ledger" / "ledger.sqlite")
    yield lambda settings: Office(tmp_path, settings, ledger)
    ledger.dispose()


def borrowed(office: Office, name: str = "lainatut_1.csv", count: int = 6) -> Path:
    """Numbers K0 to K5 of the retail company, of which it knows four itself."""
    lines = [";".join(FEW)] + [f"K{n};A;p{n}@x.fi" for n in range(count)]
    return office.write(name, "\n".join(lines) + "\n")


@pytest.mark.parametrize(
    ("disclosure", "source", "said"),
    [
        (None, {}, "without a disclosure"),
        ({**GIVEN, "to": "lahti_energia"}, {}, "is for lahti_energia, not for sahkoverkko"),
        ({**GIVEN, "from_controller": "sahkoverkko"}, {}, "whose own register this is"),
        ({**GIVEN, "valid_until": "2026-11-23"}, {}, "was valid until 2026-11-23"),
        ({**GIVEN, "categories": ["identity", "relationship"]}, {}, "does not cover contact data"),
        ({**GIVEN, "to": "lahti_energia"}, {"key_space": ""}, "is for lahti_energia"),
    ],
)
def test_without_a_disclosure_that_covers_it_nothing_comes_in(
    opened: Callable[[Settings], Office], disclosure: dict[str, Any] | None, source: dict[str, Any], said: str
) -> None:
    office = opened(settings_with(disclosure, **source))
    (done,) = office.load(borrowed(office))
    assert done.refused is not None
    assert done.refused.code == "WRONG_REGISTER"
    assert said in done.refused.message
    assert office.frame("persons").is_empty()
    with office.ledger.read() as connection:
        assert disclosures.frame(connection).is_empty()


def test_the_columns_of_the_file_count_not_those_of_the_settings(
    opened: Callable[[Settings], Office],
) -> None:
    office = opened(settings_with({**GIVEN, "categories": ["identity", "relationship"]}, columns={}))
    path = office.write("lainatut_1.csv", "source_id;first_name\nK1;A\n")
    assert office.load(path)[0].refused is None
    more = office.write("lainatut_2.csv", "source_id;first_name;email\nK2;A;x@x.fi\n")
    refused = office.load(more)[0].refused
    assert refused is not None
    assert refused.code == "WRONG_REGISTER"


def test_each_file_is_recorded_with_the_people_of_the_register_it_came_from(
    opened: Callable[[Settings], Office],
) -> None:
    office = opened(settings_with(GIVEN))
    office.load(office.people("asiakkaat_1.csv", ROWS))
    ours = office.frame("persons")["person_id"].to_list()
    path = borrowed(office)
    assert office.load(path)[0].accepted == 6
    office.load(path)  # the same file again is no second disclosure
    with office.ledger.read() as connection:
        (row,) = disclosures.frame(connection).to_dicts()
        told = [disclosures.of_person(connection, "lahti_energia", person_id).height for person_id in ours]
    assert (row["name"], row["controller"], row["recipient"]) == ("outages", "lahti_energia", "sahkoverkko")
    assert row["categories"] == '["contact", "identity", "relationship"]'
    assert row["persons"] == 6
    assert row["expires_on"] == date(2026, 12, 31)
    assert row["what"].startswith("borrowed ")
    assert told == [1, 1, 1, 1]
    registers = office.frame("persons").group_by("controller").agg(pl.len()).sort("controller")
    assert dict(registers.rows()) == {"lahti_energia": 4, "sahkoverkko": 6}


def test_whose_numbers_a_key_space_has() -> None:
    settings = settings_with(GIVEN)
    assert owners(settings) == {"crm": "lahti_energia", "network": "sahkoverkko"}
    day = date(2026, 11, 24)
    for name, source in settings.sources.items():
        assert not list(problems(settings, source, day=day)), name

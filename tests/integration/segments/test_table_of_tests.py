"""Each cell of the language's table of kinds and tests: a person who passes, and one who does not.

One world for all of them: two people of whom much is known, and a third of whom nothing is.
"""

# ruff: noqa: E501 - a table reads better in long lines
from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from campaigns.catalogue.model import FieldType
from campaigns.engine import Engine
from campaigns.segments.compiling import compile_segment
from campaigns.segments.kinds import KINDS
from campaigns.segments.library import Library
from campaigns.segments.predicates import OPERATORS
from support.segment_oracle import ZONE, Oracle
from support.segments import TODAY, library, segment_text, show

ONE, TWO, NOBODY = 1, 2, 3


def ago(days: int) -> datetime:
    return datetime(2026, 11, 24, 9, tzinfo=UTC) - timedelta(days=days)


def event(number: int, person: int, name: str, days: int, said: str | None = None) -> dict[str, Any]:
    return {
        "event_id": number,
        "person_id": person,
        "name": name,
        "occurred_at": ago(days),
        "properties": said,
    }


def metric(point: int, period: str, **values: float) -> dict[str, Any]:
    return {"metering_point_id": point, "period": period, "as_of": TODAY, **values}


WORLD: dict[str, list[dict[str, Any]]] = {
    "persons": [
        {"person_id": ONE, "language": "fi", "birth_year": 1980, "postal_code": "15110", "registered_on": TODAY - timedelta(days=10)},
        {"person_id": TWO, "language": "sv", "birth_year": 2000, "postal_code": "00100", "registered_on": TODAY - timedelta(days=400)},
        {"person_id": NOBODY},
    ],
    "relationships": [{"person_id": ONE, "kind": "subscriber", "start_date": date(2026, 1, 1)}, {"person_id": TWO, "kind": "raffle_participant"}],
    "contracts": [
        {"contract_id": 1, "person_id": ONE, "metering_point_id": 1, "contract_type": "spot", "start_date": date(2024, 1, 1), "end_date": TODAY + timedelta(days=20)},
        {"contract_id": 2, "person_id": TWO, "metering_point_id": 2, "contract_type": "fixed_term", "start_date": date(2024, 1, 1), "end_date": TODAY + timedelta(days=200)},
        {"contract_id": 3, "person_id": ONE, "metering_point_id": 3, "contract_type": "spot", "start_date": date(2024, 1, 1)},
    ],
    "metering_points": [{"metering_point_id": number, "site_id": number, "energy": "electricity"} for number in (1, 2, 3)],
    "sites": [
        {"site_id": 1, "building_type": "detached_house", "heating": "oil", "building_year": 1975, "postal_code": "15110"},
        {"site_id": 2, "building_type": "apartment", "heating": "oil", "building_year": 2010, "postal_code": "00100"},
        {"site_id": 3, "building_type": "detached_house", "heating": "wood", "building_year": 1960, "postal_code": "15100"},
    ],
    "companies": [{"company_id": 1, "size": 50}, {"company_id": 2, "size": 2}],
    "roles": [{"person_id": ONE, "company_id": 1, "role": "energy_manager"}, {"person_id": TWO, "company_id": 2, "role": "contact"}],
    "metrics": [
        metric(1, "last winter", electricity_use=5000.0, kwh_year=9000.0, peak_kw=9.0, spot_paid=8.0, market_average=6.0),
        metric(3, "last winter", electricity_use=4000.0, kwh_year=3000.0, peak_kw=4.0, spot_paid=8.0, market_average=6.0),
        metric(2, "last winter", electricity_use=3000.0, kwh_year=4000.0, peak_kw=3.0, spot_paid=6.0, market_average=6.0),
        metric(1, "last full year", electricity_use=4000.0), metric(3, "last full year", electricity_use=2000.0),
        metric(2, "last full year", electricity_use=4000.0),
    ],
    "events": [
        event(1, ONE, "page_visited", 5, '{"page": "heat_pumps"}'), event(2, ONE, "page_visited", 50, '{"page": "front"}'),
        event(3, TWO, "page_visited", 300, '{"page": "front"}'),
        event(4, ONE, "quote_requested", 60, '{"product": "spot"}'), event(5, ONE, "contract_signed", 40, '{"product": "spot"}'),
        event(6, TWO, "quote_requested", 60, '{"product": "fixed"}'), event(7, TWO, "contract_signed", 20, '{"product": "spot"}'),
        event(8, ONE, "survey_answered", 9, '{"survey": "autumn", "question": "nps", "answer": "5"}'),
        event(9, TWO, "survey_answered", 9, '{"survey": "autumn", "question": "nps", "answer": "9"}'),
        event(10, TWO, "survey_answered", 200, '{"survey": "spring", "question": "why", "answer": "price"}'),
    ],
    "messages": [
        {"mailing": "welcome", "kind": "marketing", "person_id": ONE, "handed_over_at": ago(5)},
        {"mailing": "welcome", "kind": "marketing", "person_id": ONE, "handed_over_at": ago(50)},
        {"mailing": "december_newsletter", "kind": "newsletter", "person_id": TWO, "handed_over_at": ago(300)},
    ],
    "clicks": [
        {"mailing": "welcome", "kind": "marketing", "person_id": ONE, "clicked_at": ago(5)},
        {"mailing": "welcome", "kind": "marketing", "person_id": ONE, "clicked_at": ago(4)},
        {"mailing": "welcome", "kind": "marketing", "person_id": TWO, "clicked_at": ago(300)},
    ],
    "list_members": [{"list_name": "energy_fair", "person_id": ONE, "source": "desk", "delete_on": date(2027, 1, 31)}],
    "hourly_consents": [{"person_id": ONE}, {"person_id": TWO}],
    "browsing_consents": [{"person_id": ONE}, {"person_id": TWO}],
}  # fmt: skip

# A condition, and who passes it: never all three.
CELLS: list[tuple[str, set[int]]] = [
    # field: choices
    ("{field: language, is: fi}", {ONE}),
    ("{field: language, is_not: sv}", {ONE}),
    ("{field: language, one_of: [fi, en]}", {ONE}),
    ("{field: language, not_one_of: [sv, en]}", {ONE}),
    ("{has: site, where: [{field: heating, starts_with: wo}]}", {ONE}),
    ("{has: site, where: [{field: building_type, is_known: yes}, {field: building_type, is: detached_house}]}", {ONE}),
    # field: text
    ("{field: postal_code, is: '15110'}", {ONE}),
    ("{field: postal_code, is_not: '00100'}", {ONE}),
    ("{field: postal_code, one_of: ['15110', '15100']}", {ONE}),
    ("{field: postal_code, not_one_of: ['00100']}", {ONE}),
    ("{field: postal_code, starts_with: '15'}", {ONE}),
    ("{field: postal_code, starts_with: ['15', '18']}", {ONE}),
    ("{field: postal_code, is_known: yes}", {ONE, TWO}),
    ("{field: postal_code, is_known: no}", {NOBODY}),
    # field: numbers, with and without a unit
    ("{field: birth_year, is: 1980}", {ONE}),
    ("{field: birth_year, is_not: 2000}", {ONE}),
    ("{field: birth_year, one_of: [1980, 1981]}", {ONE}),
    ("{field: birth_year, not_one_of: [2000]}", {ONE}),
    ("{field: age, at_least: 46 years}", {ONE}),
    ("{field: birth_year, at_most: 1980}", {ONE}),
    ("{field: age, more_than: 45 years}", {ONE}),
    ("{field: birth_year, less_than: 1981}", {ONE}),
    ("{field: age, between: 40 to 46 years}", {ONE}),
    ("{field: birth_year, between: 1960 to 1980}", {ONE}),
    ("{field: birth_year, is_known: no}", {NOBODY}),
    # field: days
    ("{field: registered_on, is: 2026-11-14}", {ONE}),
    ("{field: registered_on, is_not: 2025-10-20}", {ONE}),
    ("{field: registered_on, after: 2026-01-01}", {ONE}),
    ("{field: registered_on, before: 2026-01-01}", {TWO}),
    ("{field: registered_on, between: 2026-01-01 to today}", {ONE}),
    ("{field: registered_on, within_last: 10 days}", {ONE}),
    ("{field: registered_on, older_than: 1 year}", {TWO}),
    ("{field: registered_on, is_known: yes}", {ONE, TWO}),
    ("{has: contract, where: [{field: end_date, within_next: 20 days}]}", {ONE}),
    # field: yes or no
    ("{has: contract, where: [{field: running, is: yes}, {field: contract_type, is: spot}]}", {ONE}),
    ("{has: contract, where: [{field: running, is_not: no}, {field: contract_type, is: spot}]}", {ONE}),
    ("{has: contract, where: [{field: running, is_known: yes}, {field: contract_type, is: spot}]}", {ONE}),
    # field: several values
    ("{field: relationship, is: subscriber}", {ONE}),
    ("{field: relationship, is_not: raffle_participant}", {ONE}),
    ("{field: relationship, one_of: [subscriber, prospect]}", {ONE}),
    ("{field: relationship, not_one_of: [raffle_participant]}", {ONE}),
    ("{field: relationship, is_known: no}", {NOBODY}),
    # metric: the same value in each unit, every test
    ("{metric: electricity_use, over: last winter, is: 9000 kWh}", {ONE}),
    ("{metric: electricity_use, over: last winter, is: 9 MWh}", {ONE}),
    ("{metric: electricity_use, over: last winter, is: 0.009 GWh}", {ONE}),
    ("{metric: electricity_use, over: last winter, is: 9000000 Wh}", {ONE}),
    ("{metric: electricity_use, over: last winter, is_not: 3 MWh}", {ONE}),
    ("{metric: electricity_use, over: last winter, one_of: [9 MWh, 1 kWh]}", {ONE}),
    ("{metric: electricity_use, over: last winter, not_one_of: [3 MWh]}", {ONE}),
    ("{metric: electricity_use, over: last winter, at_least: 9 MWh}", {ONE}),
    ("{metric: electricity_use, over: last winter, at_most: 3000 kWh}", {TWO}),
    ("{metric: electricity_use, over: last winter, more_than: 3000 kWh}", {ONE}),
    ("{metric: electricity_use, over: last winter, less_than: 9 MWh}", {TWO}),
    ("{metric: electricity_use, over: last winter, between: 5 to 9 MWh}", {ONE}),
    ("{metric: electricity_use, over: last winter, between: 8999.5 kWh to 9 MWh}", {ONE}),
    ("{metric: electricity_use, over: last winter, is_known: yes}", {ONE, TWO}),
    ("{metric: electricity_use, over: last winter, is_known: no}", {NOBODY}),
    ("{metric: peak_kw, over: last winter, at_least: 9000 W}", {ONE}),
    ("{metric: peak_kw, over: last winter, between: 0.008 MW to 9 kW}", {ONE}),
    ("{metric: spot_paid, over: last winter, more_than: 6 c/kWh}", {ONE}),
    ("{metric: spot_paid, over: last winter, is: 80 €/MWh}", {ONE}),
    ("{metric: spot_paid, over: last winter, is: 0.08 €/kWh}", {ONE}),
    ("{metric: spot_paid, over: last winter, at_most: 6 snt/kWh}", {TWO}),
    # metric: against the market
    ("{metric: spot_paid, over: last winter, more_than: 110% of market_average}", {ONE}),
    ("{metric: spot_paid, over: last winter, at_least: 110% of market_average}", {ONE}),
    ("{metric: spot_paid, over: last winter, at_most: 100% of market_average}", {TWO}),
    ("{metric: spot_paid, over: last winter, less_than: 110% of market_average}", {TWO}),
    ("{metric: spot_paid, over: last winter, is: 100% of market_average}", {TWO}),
    ("{metric: spot_paid, over: last winter, is_not: 100% of market_average}", {ONE}),
    # metric: against another period; ONE has 50 % more, TWO 25 % less
    ("{metric: electricity_use, over: last winter, change_from: last full year, is: 50%}", {ONE}),
    ("{metric: electricity_use, over: last winter, change_from: last full year, is_not: -25%}", {ONE}),
    ("{metric: electricity_use, over: last winter, change_from: last full year, at_least: 20%}", {ONE}),
    ("{metric: electricity_use, over: last winter, change_from: last full year, at_most: -10%}", {TWO}),
    ("{metric: electricity_use, over: last winter, change_from: last full year, more_than: 49.9%}", {ONE}),
    ("{metric: electricity_use, over: last winter, change_from: {period: last full year}, less_than: -24%}", {TWO}),
    ("{metric: electricity_use, over: last winter, change_from: {period: last full year}, between: -30% to 0%}", {TWO}),
    ("{metric: electricity_use, over: last winter, change_from: {period: last full year}, is_known: no}", {NOBODY}),
    # metric: of a site instead of the person
    ("{has: site, where: [{metric: electricity_use, over: last winter, at_most: 3 MWh}]}", {TWO}),
    # did, did_not
    ("{did: page_visited, within_last: 60 days}", {ONE}),
    ("{did: page_visited, where: {page: heat_pumps}}", {ONE}),
    ("{did: page_visited, where: {page: [heat_pumps, spot_price]}}", {ONE}),
    ("{did: page_visited, at_least: 2 times}", {ONE}),
    ("{did: page_visited, at_most: 1 time}", {TWO}),
    ("{did: page_visited, exactly: 2 times}", {ONE}),
    ("{did: page_visited, at_least: 1 time, at_most: 1 time}", {TWO}),
    ("{did_not: page_visited, within_last: 60 days}", {TWO}),
    ("{did_not: quote_requested, where: {product: fixed}}", {ONE, NOBODY}),
    # sequences
    ("{did: quote_requested, then_did: contract_signed, within: 30 days}", {ONE}),
    ("{did: quote_requested, then_did_not: contract_signed, within: 30 days}", {TWO}),
    ("{did: quote_requested, where: {product: fixed}, then_did: contract_signed, within: 40 days}", {TWO}),
    ("{did: quote_requested, then_did: contract_signed, then_where: {product: spot}, within: 3 weeks}", {ONE}),
    ("{did: page_visited, within_last: 60 days, then_did: contract_signed, within: 10 days}", {ONE}),
    # received, clicked, answered
    ("{received: welcome}", {ONE}),
    ("{received: welcome, within_last: 10 days, at_most: 1 time, at_least: 1 time}", {ONE}),
    ("{received: any_newsletter}", {TWO}),
    ("{received: welcome, exactly: 2 times}", {ONE}),
    ("{not_received: welcome}", {TWO, NOBODY}),
    ("{clicked: welcome, within_last: 10 days}", {ONE}),
    ("{clicked: welcome, at_least: 2 times}", {ONE}),
    ("{clicked: welcome, at_most: 1 time}", {TWO, NOBODY}),
    ("{not_clicked: welcome, within_last: 10 days}", {TWO, NOBODY}),
    ("{answered: spring}", {TWO}),
    ("{answered: {survey: autumn, question: nps, at_most: 6}}", {ONE}),
    ("{answered: {survey: autumn, question: nps, at_least: 9}, within_last: 30 days}", {TWO}),
    ("{answered: autumn, exactly: 1 time, within_last: 9 days}", {ONE, TWO}),
    ("{not_answered: {survey: autumn, more_than: 6}}", {ONE, NOBODY}),
    # has, has_no
    ("{has: site}", {ONE, TWO}),
    ("{has_no: site}", {NOBODY}),
    ("{has: site, at_least: 2}", {ONE}),
    ("{has: site, where: [{field: building_type, is: detached_house}, {field: heating, is: oil}]}", {ONE}),
    ("{has_no: site, where: [{field: building_type, is: apartment}]}", {ONE, NOBODY}),
    ("{has: contract, where: [{field: contract_type, is: spot}]}", {ONE}),
    ("{has: company, where: [{field: size, at_least: 10 people}]}", {ONE}),
    ("{has_no: company, where: [{field: size, less_than: 10 people}]}", {ONE, NOBODY}),
    ("{has: site, where: [{has: contract, where: [{field: end_date, is_known: no}]}]}", {ONE}),
    # near, segments, lists, samples
    ("{near: Lahti, within: 10 km}", {ONE}),
    ("{has: site, where: [{near: '00100', within: 500 m}]}", {TWO}),
    ("{in_segment: finnish}", {ONE}),
    ("{not_in_segment: finnish}", {TWO}),
    ("{in_list: energy_fair}", {ONE}),
    ("{not_in_list: energy_fair}", {TWO, NOBODY}),
    ("{sample: 50%, name: b}", {ONE}),
    # groups
    ("{any: [{field: language, is: fi}, {field: birth_year, is: 1950}]}", {ONE}),
    ("{all: [{field: language, is: fi}, {field: birth_year, is: 1980}]}", {ONE}),
    ("{none: [{field: language, is: sv}, {field: birth_year, is: 1950}]}", {ONE}),
]  # fmt: skip
OF_ANOTHER_TEST = {"score"}  # test_ranking has scores, and `top` and `bottom`


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Library:
    finnish = segment_text("{field: language, is: fi}", audience="everyone")
    return library(tmp_path_factory.mktemp("cells"), {"finnish": finnish})


@pytest.fixture(scope="module")
def shown(db: Engine) -> Iterator[Engine]:
    show(db, WORLD)
    yield db


@pytest.mark.parametrize(("condition", "people"), CELLS, ids=[cell[0] for cell in CELLS])
def test_a_cell(shown: Engine, shelf: Library, condition: str, people: set[int]) -> None:
    assert people != {ONE, TWO, NOBODY}
    (Path(shelf.folder) / "cell.yml").write_text(
        segment_text(condition, audience="everyone"), encoding="utf-8"
    )
    segment = shelf.load("cell")
    query = compile_segment(segment, TODAY, ZONE).members.sql(dialect="duckdb")
    assert set(shown.query(query)["person_id"].to_list()) == people
    assert Oracle(WORLD, TODAY).members(segment) == people


def test_every_kind_has_a_cell() -> None:
    assert {condition.split(":")[0][1:] for condition, _ in CELLS} == set(KINDS) - OF_ANOTHER_TEST


def test_every_test_of_every_type_has_a_cell(shelf: Library) -> None:
    """By the type of the field; a metric is a number."""
    found: set[tuple[str, str]] = set()
    types: dict[str, FieldType] = {
        name: field.type for of in shelf.catalogue.fields.values() for name, field in of.items()
    }
    for condition, _ in CELLS:
        for name, rest in re.findall(r"\{field: (\w+), ([^{}]*)\}", condition):
            found |= {(types[name], word) for word in re.findall(r"(\w+):", rest)}
    wanted = {(kind, name) for name, one in OPERATORS.items() for kind in one.types}
    assert wanted <= found

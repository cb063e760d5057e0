"""Contact points: what a row states, and what that does to what is known."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from campaigns.lake.schemas import TABLES
from campaigns.register import contact_points

MONDAY, TUESDAY = date(2026, 11, 23), date(2026, 11, 24)
KNOWN = {name: kind for name, kind in TABLES["contact_points"].schema.items() if name != "controller"}


def person(**cells: object) -> pl.DataFrame:
    row = {
        "person_id": 1,
        "email": None,
        "phone": None,
        "mobile": None,
        "callable": None,
        "address": None,
        "postal_code": None,
        "city": None,
        "contact_from_sale": None,
        "opt_out_offered": None,
        **cells,
    }
    texts = ("email", "phone", "address", "postal_code", "city")
    flags = ("mobile", "callable", "contact_from_sale", "opt_out_offered")
    kinds = dict.fromkeys(texts, pl.String()) | dict.fromkeys(flags, pl.Boolean())
    return pl.DataFrame([row], schema_overrides=kinds)


def known(*rows: dict[str, object]) -> pl.DataFrame:
    usual = {
        "person_id": 1,
        "channel": "email",
        "value": "a@x.fi",
        "source": "crm",
        "from_sale": False,
        "opt_out_offered": False,
        "valid_from": MONDAY,
        "valid_to": None,
        "deliverable": True,
    }
    return pl.DataFrame([usual | row for row in rows], schema=KNOWN)


def merge(persons: pl.DataFrame, before: pl.DataFrame, *columns: str, source: str = "crm") -> pl.DataFrame:
    return contact_points.merged(
        contact_points.stated(persons),
        before,
        person_ids=persons["person_id"],
        channels=contact_points.channels_of(frozenset(columns or ("email", "phone", "address"))),
        source=source,
        day=TUESDAY,
    ).sort("channel", "value")


def test_a_mobile_number_is_for_messages_and_calls_another_one_for_calls() -> None:
    mobile = person(phone="+358401234567", mobile=True, callable=True)
    assert contact_points.stated(mobile)["channel"].sort().to_list() == ["phone", "sms"]
    landline = person(phone="+35831234567", mobile=False, callable=True)
    assert contact_points.stated(landline)["channel"].to_list() == ["phone"]
    service = person(phone="+358290008000", mobile=False, callable=False)
    assert contact_points.stated(service).is_empty()


@pytest.mark.parametrize("missing", ["address", "postal_code", "city"])
def test_a_letter_needs_its_whole_address(missing: str) -> None:
    whole = {"address": "Katu 1 A 2", "postal_code": "15140", "city": "Lahti"}
    assert contact_points.stated(person(**whole))["value"].to_list() == ["Katu 1 A 2\n15140 LAHTI"]
    assert contact_points.stated(person(**whole | {missing: None})).is_empty()


def test_nothing_changes_when_the_same_is_said_again() -> None:
    assert merge(person(email="a@x.fi"), known({})).is_empty()


def test_a_changed_address_closes_the_old_one_and_opens_a_new_one() -> None:
    changed = merge(person(email="b@x.fi"), known({}))
    assert changed.select("value", "valid_from", "valid_to").rows() == [
        ("a@x.fi", MONDAY, TUESDAY),
        ("b@x.fi", TUESDAY, None),
    ]


def test_an_address_that_is_gone_is_closed_but_only_if_the_file_speaks_of_it() -> None:
    assert merge(person(), known({}))["valid_to"].to_list() == [TUESDAY]
    assert merge(person(), known({}), "phone").is_empty()
    assert merge(person(), known({}), source="newsletter").is_empty()


def test_a_refresh_never_revives_what_bounced() -> None:
    bounced = known({"deliverable": False})
    assert merge(person(email="a@x.fi"), bounced).is_empty()
    closed = known({"deliverable": False, "valid_to": MONDAY})
    again = merge(person(email="a@x.fi"), closed)
    assert again.select("valid_from", "valid_to", "deliverable").rows() == [(TUESDAY, None, False)]


def test_the_words_about_a_sale_follow_the_newest_row() -> None:
    changed = merge(person(email="a@x.fi", contact_from_sale=True, opt_out_offered=True), known({}))
    assert changed.select("from_sale", "opt_out_offered", "valid_from").rows() == [(True, True, MONDAY)]


def test_what_another_source_opened_keeps_its_source() -> None:
    other = known({"source": "newsletter"})
    assert merge(person(email="a@x.fi"), other).is_empty()


def test_a_masked_address_is_no_address() -> None:
    masked = person(address="Katu ******-****", postal_code="15140", city="Lahti")
    assert contact_points.stated(masked).is_empty()


def test_closing_never_ends_before_the_beginning() -> None:
    later = known({"valid_from": date(2026, 12, 1)})
    assert contact_points.closed(later, TUESDAY)["valid_to"].to_list() == [date(2026, 12, 1)]

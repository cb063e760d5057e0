"""Disclosures: who was in which, told to each person, gone at erasure."""

from __future__ import annotations

from datetime import date, datetime

from campaigns.ledger import Ledger, disclosures
from campaigns.ledger.disclosures import Disclosure


def given(controller: str = "lahti_energia", what: str = "outage_areas") -> Disclosure:
    return Disclosure(
        name="outages",
        controller=controller,
        recipient="sahkoverkko",
        purpose="outage_notice",
        categories=("contact", "site"),
        what=what,
        expires_on=date(2027, 1, 1),
    )


def test_each_person_can_be_told_what_was_given_to_whom(ledger: Ledger, now: datetime) -> None:
    with ledger.write() as connection:
        first = disclosures.record(connection, given(), people=[3, 1, 1], at=now, actor="maija")
        disclosures.record(connection, given(what="other"), people=[2], at=now, actor="maija")
        disclosures.record(connection, given("sahkoverkko"), people=[1], at=now, actor="maija")
        mine = disclosures.of_person(connection, "lahti_energia", 1).to_dicts()
    assert [row["disclosure_id"] for row in mine] == [first]
    assert mine[0]["persons"] == 2
    assert mine[0]["recipient"] == "sahkoverkko"
    assert mine[0]["expires_on"] == date(2027, 1, 1)


def test_people_without_an_id_in_the_register_are_counted(ledger: Ledger, now: datetime) -> None:
    with ledger.write() as connection:
        disclosures.record(connection, given(), people=[1], persons=5, at=now, actor="maija")
        (row,) = disclosures.frame(connection).to_dicts()
    assert row["persons"] == 5


def test_the_same_file_is_known_again(ledger: Ledger, now: datetime) -> None:
    with ledger.write() as connection:
        assert not disclosures.made(connection, name="outages", what="outage_areas")
        disclosures.record(connection, given(), people=[1], at=now, actor="maija")
        assert disclosures.made(connection, name="outages", what="outage_areas")


def test_an_erased_person_is_on_no_list_of_that_register_only(ledger: Ledger, now: datetime) -> None:
    with ledger.write() as connection:
        disclosures.record(connection, given(), people=[1, 2], at=now, actor="maija")
        disclosures.record(connection, given("sahkoverkko"), people=[1], at=now, actor="maija")
        assert disclosures.forget(connection, "lahti_energia", 1) == 1
        assert disclosures.of_person(connection, "lahti_energia", 1).is_empty()
        assert disclosures.of_person(connection, "lahti_energia", 2).height == 1
        assert disclosures.of_person(connection, "sahkoverkko", 1).height == 1


def test_one_register_is_listed_alone(ledger: Ledger, now: datetime) -> None:
    with ledger.write() as connection:
        disclosures.record(connection, given(), people=range(120_000), at=now, actor="maija")
        disclosures.record(connection, given("sahkoverkko"), people=[], at=now, actor="maija")
        assert disclosures.frame(connection).height == 2
        (row,) = disclosures.frame(connection, "lahti_energia").to_dicts()
    assert row["persons"] == 120_000

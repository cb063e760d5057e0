"""Finding people, and people who were erased."""

from __future__ import annotations

from datetime import timedelta

import polars as pl
import pytest

from campaigns.errors import NotFound
from campaigns.ledger import erasure
from campaigns.register import erased, people
from support.offices import NOON, Office

MATTI = {
    "source_id": "A-1001",
    "first_name": "Matti",
    "last_name": "Meikäläinen",
    "email": "Matti@Example.com",
    "phone": "040 123 4567",
    "address": "Salakatu 1",
    "postal_code": "15140",
    "city": "Lahti",
}
MAIJA = {"source_id": "A-1002", "first_name": "Maija", "email": "maija@example.com", "phone": "0501234567"}


def test_a_person_is_found_by_anything_that_names_them_and_by_nothing_else(office: Office) -> None:
    office.load(office.people("asiakkaat_1.csv", [MATTI, MAIJA]))
    with office.lake.snapshot() as snapshot:
        for text in (
            "1",
            "A-1001",
            "matti@example.com",
            " MATTI@example.COM ",
            "+358401234567",
            "040-1234567",
        ):
            assert people.find(snapshot, text) == [("lahti_energia", 1)], text
        for text in ("", "nobody", "99", "x@x.fi", "0401234568", "9" * 30, "'; --", "%", "\0"):
            assert people.find(snapshot, text) == [], text


def test_the_same_human_in_both_registers_is_two_persons(office: Office) -> None:
    office.load(office.people("asiakkaat_1.csv", [MATTI]), office.people("sv_asiakkaat_1.csv", [MATTI]))
    with office.lake.snapshot() as snapshot:
        assert people.find(snapshot, "matti@example.com") == [("lahti_energia", 1), ("sahkoverkko", 1)]


def test_what_is_shown_is_masked(office: Office) -> None:
    office.load(office.people("asiakkaat_1.csv", [MATTI, MAIJA]))
    with office.lake.snapshot() as snapshot:
        (matti,) = people.masked(snapshot, [("lahti_energia", 1)])
        assert matti == people.Person(
            controller="lahti_energia",
            person_id=1,
            kind="consumer",
            name="M. M.",
            email="m…@example.com",
            phone="+358…67",
            postal_code="15140",
            customer_numbers=("A-1001",),
        )
        with pytest.raises(NotFound, match="REG014"):
            people.masked(snapshot, [("lahti_energia", 9)])


def erase(office: Office, person_id: int) -> None:
    with office.lake.snapshot() as snapshot:
        marks = erased.of_people(snapshot, "lahti_energia", [person_id])
    with office.ledger.write() as connection:
        erasure.erase(connection, "lahti_energia", [person_id], marks, now=NOON)
    office.lake.erase("lahti_energia", [person_id])


def everything(office: Office) -> bytes:
    data = office.lake.root.parent
    found = [path.read_bytes() for path in data.rglob("*") if path.is_file()]
    found += [repr(office.all_frames()).encode(), repr(office.frame("quarantine").to_dicts()).encode()]
    return b"\n".join(found)


def test_an_erased_person_comes_back_as_an_empty_row_and_is_not_contacted(office: Office) -> None:
    office.load(office.people("asiakkaat_1.csv", [MATTI, MAIJA]))
    erase(office, 1)
    changed = MATTI | {"phone": "044 7654321", "birth_year": "1980", "language": "fi"}
    (done,) = office.load(office.people("asiakkaat_2.csv", [changed, MAIJA]))
    assert done.accepted == 2
    assert "1 row names an erased person; nothing about them was taken in" in done.notes
    keys = office.frame("person_keys").filter(source_id="A-1001")
    person_id = keys["person_id"].item()
    assert person_id == 3, "an id is never given twice"
    row = office.frame("persons").filter(person_id=person_id).row(0, named=True)
    told = ("first_name", "last_name", "birth_year", "postal_code")
    assert [row[name] for name in told] == [None] * len(told)
    assert office.frame("contact_points")["person_id"].unique().to_list() == [2]
    assert office.decisions(person_id) == {"email": "ERASED", "letter": "ERASED"}
    assert "ERASED" not in office.decisions(2).values()


@pytest.mark.parametrize(
    "again",
    [
        {"address": "Toinen katu 2", "phone": ""},
        {"email": "new@example.com", "address": "Toinen katu 2"},
        {"email": "new@example.com", "phone": "0447654321"},
        {"email": "new@example.com", "phone": "", "first_name": "MATTI ", "last_name": "meikäläinen"},
    ],
)
def test_an_erased_person_is_known_by_name_and_one_address_under_another_number(
    office: Office, again: dict[str, str]
) -> None:
    office.load(office.people("asiakkaat_1.csv", [MATTI]))
    erase(office, 1)
    later = office.people("asiakkaat_2.csv", [MATTI | {"source_id": "A-2001"} | again])
    for hours in (0, 1):  # its new number is as good as the old one from then on
        office.load(later, received=NOON + timedelta(hours=hours - 2))
        assert office.frame("contact_points").is_empty()
        assert office.frame("persons")["last_name"].to_list() == [None]
    assert set(office.decisions(2).values()) == {"ERASED"}


@pytest.mark.parametrize(
    ("other", "channels"),
    [
        ({"first_name": "Maija", "email": "m@example.com", "phone": "0501234567"}, 4),  # of the household
        (
            {"email": "m@example.com", "phone": "0501234567", "address": "Muukatu 1"},
            4,
        ),  # a namesake elsewhere
        ({"email": "m@example.com", "phone": "0501234567", "birth_year": "1999"}, 4),  # the son, at home
        (
            {"first_name": "Maija", "birth_year": "1951"},
            1,
        ),  # took over his addresses: only the letter is hers
    ],
)
def test_others_are_not_taken_for_an_erased_person(
    office: Office, other: dict[str, str], channels: int
) -> None:
    office.load(office.people("asiakkaat_1.csv", [MATTI | {"birth_year": "1950"}]))
    erase(office, 1)
    office.load(office.people("asiakkaat_2.csv", [MATTI | {"source_id": "A-2001"} | other]))
    assert office.frame("persons")["last_name"].to_list() == ["Meikäläinen"]
    assert len(office.frame("contact_points")) == channels
    assert "ERASED" not in office.decisions(2).values()


def test_what_a_household_shares_stays_usable(office: Office) -> None:
    shared = {**MATTI, "source_id": "A-3002", "first_name": "Maija"}
    office.load(office.people("asiakkaat_1.csv", [MATTI, shared]))
    erase(office, 1)
    assert "ERASED" not in office.decisions(2, "email", "sms", "phone", "letter").values()
    office.load(office.people("asiakkaat_2.csv", [MATTI, shared, MAIJA]))
    points = office.frame("contact_points")
    assert sorted(points["person_id"].unique()) == [2, 4]
    assert points.filter(person_id=2)["valid_to"].null_count() == 4


def test_namesakes_at_one_address_are_told_apart(office: Office) -> None:
    son = {**MATTI, "source_id": "A-3002", "email": "son@example.com", "phone": "0501234567"}
    office.load(office.people("asiakkaat_1.csv", [MATTI, son]))
    erase(office, 1)
    office.load(office.people("asiakkaat_2.csv", [MATTI, son, MAIJA]))
    assert set(office.decisions(3).values()) == {"ERASED"}
    assert "ERASED" not in office.decisions(2).values()
    assert office.frame("contact_points").filter(person_id=2)["valid_to"].null_count() == 4


def test_no_address_of_an_erased_person_comes_back_through_the_quarantine(office: Office) -> None:
    office.load(office.people("asiakkaat_1.csv", [MATTI]))
    erase(office, 1)
    rows = [
        MATTI | {"birth_year": "x"},
        MATTI | {"source_id": "A-2", "email": "", "phone": "+358 40 1234567", "birth_year": "x"},
        MATTI | {"source_id": "A-3", "phone": "x"},
    ]
    content = office.people("asiakkaat_2.csv", rows).read_text() + ";;;matti@example.com\n"
    (done,) = office.load(office.write("asiakkaat_2.csv", content))
    assert done.quarantined == 3
    assert len(office.frame("quarantine")) == 4
    assert office.frame("quarantine").filter(pl.col("text").is_not_null()).is_empty()
    assert not any(secret in everything(office).lower() for secret in (b"matti@", b"1234567", b"salakatu"))


def test_erasing_in_one_register_leaves_the_other_alone(office: Office) -> None:
    office.load(office.people("asiakkaat_1.csv", [MATTI]), office.people("sv_asiakkaat_1.csv", [MATTI]))
    erase(office, 1)
    (done,) = office.load(office.people("sv_asiakkaat_2.csv", [MATTI | {"first_name": "Masa"}]))
    assert done.notes == ()
    points = office.frame("contact_points")
    assert points["controller"].unique().to_list() == ["sahkoverkko"]
    assert points["valid_to"].null_count() == 4

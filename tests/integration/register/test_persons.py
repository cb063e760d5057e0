"""Persons: a file in, people, addresses, relationships and roles out."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl

from support.offices import NOON, Office

TODAY, TOMORROW = date(2026, 11, 24), date(2026, 11, 25)
MATTI = {
    "source_id": "1001",
    "first_name": "Matti",
    "last_name": "Meikäläinen",
    "birth_year": "1980",
    "email": "Matti@Example.com",
    "phone": "040 123 4567",
    "address": "Katu 1 A 2",
    "postal_code": "15140",
    "city": "Lahti",
    "customer_since": "1.2.2020",
}


def test_a_person_with_everything(office: Office) -> None:
    (done,) = office.load(office.people("asiakkaat_1.csv", [MATTI]))
    assert (done.kind, done.rows, done.accepted, done.quarantined, done.refused) == ("persons", 1, 1, 0, None)
    assert office.frame("person_keys").rows() == [("lahti_energia", "crm", "1001", 1)]
    person = office.frame("persons").row(0, named=True)
    assert person["kind"] == "consumer"
    assert (person["birth_year"], person["postal_code"]) == (1980, "15140")
    assert (person["registered_on"], person["informed_by"], person["source"]) == (TODAY, "2023-06-26", "crm")
    assert office.frame("contact_points").select("channel", "value", "valid_from", "valid_to").rows() == [
        ("email", "matti@example.com", TODAY, None),
        ("letter", "Katu 1 A 2\n15140 LAHTI", TODAY, None),
        ("phone", "+358401234567", TODAY, None),
        ("sms", "+358401234567", TODAY, None),
    ]
    assert office.frame("relationships").select("kind", "start_date").rows() == [
        ("customer", date(2020, 2, 1))
    ]


def test_five_spellings_are_one_number(office: Office) -> None:
    spellings = ["0401234567", "+358 40 1234567", "00358401234567", "(0)40 123 4567", "+358 (0)40-1234567"]
    rows = [{"source_id": str(at), "phone": text} for at, text in enumerate(spellings)]
    office.load(office.people("asiakkaat_1.csv", rows))
    points = office.frame("contact_points")
    assert points["value"].unique().to_list() == ["+358401234567"]
    assert points["person_id"].n_unique() == 5


def test_ids_are_given_once_and_never_again(office: Office) -> None:
    rows = [{"source_id": str(at), "first_name": "A"} for at in range(5)]
    office.load(office.people("asiakkaat_1.csv", rows[:3]))
    office.load(office.people("asiakkaat_2.csv", rows[::-1]))
    keys = office.frame("person_keys").sort("person_id")
    assert keys.select("source_id", "person_id").rows() == [("0", 1), ("1", 2), ("2", 3), ("4", 4), ("3", 5)]


def test_a_newer_row_updates_and_an_older_one_does_not(office: Office) -> None:
    office.load(office.people("asiakkaat_2.csv", [MATTI | {"first_name": "Masa", "email": "masa@x.fi"}]))
    (older,) = office.load(office.people("asiakkaat_1.csv", [MATTI], hours=-1))
    assert older.notes == ("1 row is older than what is known",)
    assert older.accepted == 0
    assert office.frame("persons")["first_name"].to_list() == ["Masa"]
    office.now = NOON + timedelta(days=1)
    office.load(office.people("asiakkaat_3.csv", [MATTI | {"email": "uusi@x.fi"}]))
    assert office.frame("persons")["first_name"].to_list() == ["Matti"]
    emails = office.frame("contact_points").filter(pl.col("channel") == "email")
    assert emails.select("value", "valid_from", "valid_to").rows() == [
        ("masa@x.fi", TODAY, TOMORROW),
        ("uusi@x.fi", TOMORROW, None),
    ]


def test_a_bad_address_leaves_the_person_in_and_is_told(office: Office) -> None:
    bad = MATTI | {"email": "matti@@example.com", "phone": "12", "postal_code": "1514"}
    (done,) = office.load(office.people("asiakkaat_1.csv", [bad]))
    assert (done.accepted, done.quarantined) == (1, 0)
    assert done.notes == ("3 values left out or masked",)
    assert office.frame("contact_points").is_empty()
    quarantine = office.frame("quarantine")
    assert quarantine.select("line", "reason", "column", "person_id").rows() == [
        (2, "REG130", "sähköposti", 1),
        (2, "REG131", "puhelin", 1),
        (2, "REG132", "postinumero", 1),
    ]
    assert not any("@@" in message for message in quarantine["message"])


def test_a_wrong_cell_refuses_its_row_and_the_others_go_in(office: Office) -> None:
    rows = [
        MATTI,
        {"source_id": "2", "birth_year": "19x0"},
        {"source_id": "3", "kind": "alien"},
        {"source_id": "4", "customer_since": "31.2.2020"},
        {"first_name": "nobody"},
        {"source_id": "6", "first_name": "Maija"},
    ]
    (done,) = office.load(office.people("asiakkaat_1.csv", rows))
    assert (done.rows, done.accepted, done.quarantined) == (6, 2, 4)
    assert office.frame("quarantine").select("line", "reason").rows() == [
        (3, "REG123"),
        (4, "REG125"),
        (5, "REG121"),
        (6, "REG120"),
    ]
    assert office.frame("persons")["first_name"].to_list() == ["Matti", "Maija"]


def test_a_refused_row_of_a_known_person_changes_nothing_and_is_theirs(office: Office) -> None:
    office.load(office.people("asiakkaat_1.csv", [MATTI]))
    office.load(office.people("asiakkaat_2.csv", [MATTI | {"birth_year": "x", "first_name": "Masa"}]))
    assert office.frame("persons")["first_name"].to_list() == ["Matti"]
    assert office.frame("quarantine")["person_id"].to_list() == [1]


def test_identity_codes_are_nowhere_under_data(office: Office) -> None:
    rows = [
        MATTI | {"note": "hetu on 131052-308T"},
        MATTI | {"source_id": "2", "last_name": "131052–308t"},
        MATTI | {"source_id": "131052-308T"},
        MATTI | {"source_id": "4", "email": "131052-308T@x.fi"},
        MATTI | {"source_id": "5", "phone": "131052 -308T"},
        MATTI | {"source_id": "6", "birth_year": "131052-308T"},
        MATTI | {"source_id": "7", "note": "131052-308U"},
    ]
    (done,) = office.load(office.people("asiakkaat_131052-308T.csv", rows))
    assert (done.accepted, done.quarantined) == (1, 6)
    assert "308T" not in repr(done)
    data = office.lake.root.parent
    everything = b"".join(path.read_bytes() for path in data.rglob("*") if path.is_file())
    everything += repr(office.frame("quarantine").to_dicts()).encode() + repr(office.all_frames()).encode()
    assert not any(secret in everything.lower() for secret in (b"308t", b"308u"))


def test_the_free_text_is_looked_at_and_never_stored(office: Office) -> None:
    office.load(office.people("asiakkaat_1.csv", [MATTI | {"note": "soitti kiukkuisena"}]))
    stored = repr(office.all_frames()) + repr(office.frame("quarantine").to_dicts())
    assert "kiukkuisena" not in stored


def test_rows_that_come_twice(office: Office) -> None:
    rows = [MATTI, MATTI, MATTI | {"first_name": "Masa"}, MATTI, {"source_id": "2"}]
    (done,) = office.load(office.people("asiakkaat_1.csv", rows))
    assert (done.rows, done.accepted) == (5, 2)
    assert done.notes == (
        "2 rows came more than once",
        "1 row came again with other contents; the last one counts",
    )
    assert office.frame("persons")["first_name"].to_list() == ["Matti", None]


def test_what_a_file_does_not_have_stays_as_it_was(office: Office) -> None:
    office.load(office.people("asiakkaat_1.csv", [MATTI]))
    office.load(office.write("asiakkaat_2.csv", "asiakasnro;sukunimi;puhelin\n1001;Möttönen;\n"))
    person = office.frame("persons").row(0, named=True)
    assert (person["first_name"], person["last_name"], person["birth_year"]) == ("Matti", "Möttönen", 1980)
    open_points = office.frame("contact_points").filter(pl.col("valid_to").is_null())
    assert open_points["channel"].to_list() == ["email", "letter"]
    assert office.frame("relationships")["end_date"].to_list() == [None]


def test_business_contacts_and_their_companies(office: Office) -> None:
    companies = office.write("companies_1.csv", "source_id,business_id,name\nY1,0112038-9,Firma Oy\n")
    rows = [
        {"source_id": "1", "first_name": "Liisa", "company_id": "Y1", "role": "manager"},
        {"source_id": "2", "first_name": "Jussi", "company_id": "Y9", "role": "manager"},
    ]
    done = office.load(office.people("asiakkaat_1.csv", rows), companies)
    assert [one.kind for one in done] == ["companies", "persons"]
    assert office.frame("persons")["kind"].to_list() == ["business_contact", "business_contact"]
    company_id = office.frame("companies")["company_id"].item()
    assert office.frame("roles").select("person_id", "company_id", "role").rows() == [
        (1, company_id, "manager")
    ]
    assert office.frame("quarantine").select("line", "reason").rows() == [(3, "REG141")]


def test_two_registers_never_mix(office: Office) -> None:
    here = office.people("asiakkaat_1.csv", [MATTI])
    there = office.people("sv_asiakkaat_1.csv", [MATTI])
    assert here.read_bytes() == there.read_bytes()
    done = office.load(here, there)
    assert [(one.accepted, one.unchanged) for one in done] == [(1, False), (1, False)]
    assert office.frame("person_keys").rows() == [
        ("lahti_energia", "crm", "1001", 1),
        ("sahkoverkko", "network", "1001", 1),
    ]
    before = office.frame("persons").filter(pl.col("controller") == "lahti_energia")
    office.load(office.people("sv_asiakkaat_2.csv", [MATTI | {"first_name": "Masa"}]))
    assert office.frame("persons").filter(pl.col("controller") == "lahti_energia").equals(before)

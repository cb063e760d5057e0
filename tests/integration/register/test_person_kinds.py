"""Every kind of person, with what only that kind has."""

from __future__ import annotations

import pytest

from campaigns.register.persons import KINDS
from support.offices import Office

HEADER = "source_id,kind,first_name,birth_year,email,guardian,estate_contact,business_id,company_id,role\n"


def load(office: Office, *rows: str, name: str = "people.csv") -> None:
    (done,) = office.load(office.write(name, HEADER + "\n".join(rows) + "\n"), source="crm_own")
    assert (done.refused, done.quarantined) == (None, 0)


@pytest.fixture
def office(office: Office) -> Office:
    sources = dict(office.settings.sources)
    sources["crm_own"] = sources["crm"].model_copy(
        update={"columns": {}, "delimiter": ",", "match": "people*.csv"}
    )
    office.settings = office.settings.model_copy(update={"sources": sources})
    return office


def people(office: Office) -> dict[str, dict[str, object]]:
    keys = office.frame("person_keys").select("person_id", number="source_id")
    return {row["number"]: row for row in office.frame("persons").join(keys, on="person_id").to_dicts()}


def notes(office: Office) -> list[tuple[int, str, str]]:
    return office.frame("quarantine").sort("line").select("line", "reason", "column").rows()


def test_all_kinds_come_in(office: Office) -> None:
    office.load(office.write("companies_1.csv", "source_id,business_id,name\nY1,0112038-9,Firma Oy\n"))
    load(
        office,
        "C1,consumer,Matti,1980,m@x.fi,,,,,",
        "C2,minor,Lapsi,2014,,C1,,,,",
        "C3,sole_trader,Toini,1970,t@x.fi,,,0112038-9,,",
        "C4,business_contact,Liisa,,l@firma.fi,,,,Y1,manager",
        "C5,company_role_address,,,info@firma.fi,,,,Y1,",
        "C6,estate,Vainaja,1930,,,C1,,,",
    )
    found = people(office)
    assert {row["kind"] for row in found.values()} == set(KINDS)
    matti = found["C1"]["person_id"]
    assert (found["C2"]["guardian_id"], found["C2"]["estate_contact_id"]) == (matti, None)
    assert (found["C6"]["guardian_id"], found["C6"]["estate_contact_id"]) == (None, matti)
    assert [number for number, row in found.items() if row["business_id"]] == ["C3"]
    assert len(office.frame("roles")) == 2
    assert notes(office) == []


def test_a_guardian_further_down_the_file_or_of_an_earlier_one_is_found(office: Office) -> None:
    load(office, "C2,minor,Lapsi,2014,,C1,,,,", "C1,consumer,Matti,1980,,,,,,")
    load(office, "C3,minor,Toinen,2016,,C1,,,,", name="people_2.csv")
    found = people(office)
    assert {found[number]["guardian_id"] for number in ("C2", "C3")} == {found["C1"]["person_id"]}


def test_a_guardian_whom_nobody_knows_is_left_out_until_the_row_comes_again(office: Office) -> None:
    path = office.write("people_1.csv", HEADER + "C2,minor,Lapsi,2014,,C9,,,,\nC3,minor,Oma,2014,,C3,,,,\n")
    office.load(path)
    assert notes(office) == [(2, "REG147", "guardian"), (3, "REG146", "guardian")]
    assert {row["guardian_id"] for row in people(office).values()} == {None}
    load(office, "C9,consumer,Matti,1980,,,,,,", name="people_2.csv")
    (again,) = office.load(path)
    assert again.unchanged
    load(office, "C2,minor,Lapsi,2014,,C9,,,,", name="people_3.csv")
    assert people(office)["C2"]["guardian_id"] == people(office)["C9"]["person_id"]


def test_a_file_without_the_column_keeps_the_guardian_and_an_empty_cell_ends_it(office: Office) -> None:
    load(office, "C1,consumer,Matti,1980,,,,,,", "C2,minor,Lapsi,2014,,C1,,,,")
    office.load(office.write("people_2.csv", "source_id,first_name,birth_year\nC2,Lapsi,2014\n"))
    assert people(office)["C2"]["guardian_id"] == people(office)["C1"]["person_id"]
    load(office, "C2,minor,Lapsi,2014,,,,,,", name="people_3.csv")
    assert people(office)["C2"]["guardian_id"] is None


def test_only_a_sole_trader_has_a_business_id(office: Office) -> None:
    load(
        office,
        "C1,consumer,Matti,1980,,,,0112038-9,,",
        "C2,sole_trader,Toini,1970,,,,0112038-8,,",
        "C3,sole_trader,Tauno,1970,,,,FI01120389,,",
    )
    assert [row["business_id"] for row in people(office).values()] == [None, None, "0112038-9"]
    assert notes(office) == [(2, "REG145", "business_id"), (3, "REG133", "business_id")]


@pytest.mark.parametrize("column", ["guardian", "estate_contact"])
def test_a_link_that_may_be_an_identity_code_refuses_its_row(office: Office, column: str) -> None:
    path = office.write("people_1.csv", f"source_id,first_name,last_name,{column}\nC1,A,B,131052-308U\n")
    (done,) = office.load(path)
    assert (done.accepted, done.quarantined) == (0, 1)

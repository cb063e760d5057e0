"""Static lists: who is put on one, by what name, for how long."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from campaigns.register import lists
from campaigns.settings.model import SourceFile
from support.offices import NOON, Office

A = "lahti_energia"
PEOPLE = [
    {"source_id": "C1", "first_name": "A", "email": "a@x.fi", "phone": "0401111111"},
    {"source_id": "C2", "first_name": "B", "email": "family@x.fi", "phone": "0402222222"},
    {"source_id": "C3", "first_name": "C", "email": "family@x.fi"},
    {"source_id": "C4", "first_name": "D"},
]
HEADER = "list,person,email,phone,added_on,delete_on\n"
TODAY = date(2026, 11, 24)


@pytest.fixture
def office(office: Office) -> Office:
    sources = dict(office.settings.sources)
    for name, extract in (("fairs", "changes"), ("all_fairs", "full")):
        sources[name] = SourceFile(
            kind="list_members", controller=A, match=f"{name}_*.csv", key_space="crm", extract=extract
        )
    office.settings = office.settings.model_copy(update={"sources": sources})
    office.load(office.people("asiakkaat_1.csv", PEOPLE))
    return office


def members(office: Office, name: str = "fair_2026", today: date = TODAY) -> list[int]:
    with office.lake.snapshot() as snapshot:
        return lists.members(snapshot, A, name, today).to_list()


def refusals(office: Office) -> list[tuple[int, str, str]]:
    return office.frame("quarantine").sort("line", "reason").select("line", "reason", "column").rows()


def test_people_are_named_by_number_address_or_telephone(office: Office) -> None:
    rows = (
        "fair_2026,C1,,,2026-11-20,2027-06-30\n"
        "fair_2026,,,+358 40 222 2222,,2027-06-30\n"
        "vip,,A@X.fi,,,2027-06-30\n"
        "vip,C4,,,,30.6.2027\n"
    )
    (done,) = office.load(office.write("fairs_1.csv", HEADER + rows))
    assert (done.kind, done.accepted, done.quarantined) == ("list_members", 4, 0)
    assert (members(office), members(office, "vip")) == ([1, 2], [1, 4])
    found = office.frame("list_members").drop("received_at")
    assert found.row(0) == (A, "fair_2026", 1, "fairs", date(2026, 11, 20), date(2027, 6, 30))
    assert found["added_on"].to_list() == [date(2026, 11, 20), TODAY, TODAY, TODAY]


def test_a_row_that_could_be_somebody_else_puts_nobody_on_the_list(office: Office) -> None:
    rows = (
        "fair_2026,,family@x.fi,,,2027-06-30\n"  # two people's address
        "fair_2026,C1,,0402222222,,2027-06-30\n"  # one's number, another's telephone
        "fair_2026,C9,,,,2027-06-30\n"
        "fair_2026,,nobody@x.fi,,,2027-06-30\n"
        "fair_2026,,,,,2027-06-30\n"
        "fair_2026,C2,family@x.fi,,,2027-06-30\n"  # the number says which of the two
    )
    office.load(office.write("fairs_1.csv", HEADER + rows))
    assert members(office) == [2]
    assert refusals(office) == [
        (2, "REG143", "email"),
        (3, "REG144", "person"),
        (4, "REG140", "person"),
        (5, "REG140", "email"),
        (6, "REG120", "person"),
    ]


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ("C1,,,,", "REG120"),
        ("C1,,,,2028-11-25", "REG155"),
        ("C1,,,,9999-12-31", "REG121"),
        ("C1,,,,soon", "REG121"),
        ("C1,,,,2026-11-24", "REG156"),
        ("C1,,,2026-11-25,2027-01-01", "REG153"),
    ],
)
def test_a_member_without_a_sensible_end_is_refused(office: Office, cells: str, code: str) -> None:
    (done,) = office.load(office.write("fairs_1.csv", f"{HEADER}fair_2026,{cells}\n"))
    assert (done.accepted, done.quarantined) == (0, 1)
    assert [reason for _, reason, _ in refusals(office)] == [code]
    assert office.frame("list_members").is_empty()


def test_two_years_ahead_is_the_last_day(office: Office) -> None:
    office.load(office.write("fairs_1.csv", f"{HEADER}fair_2026,C1,,,,2028-11-24\n"))
    assert members(office) == [1]


def test_a_file_without_the_deletion_date_is_refused_whole(office: Office) -> None:
    (done,) = office.load(office.write("fairs_1.csv", "list,person\nfair_2026,C1\n"))
    assert done.refused is not None
    assert (done.refused.code, "delete_on" in done.refused.message) == ("REG007", True)


def test_the_source_may_name_its_one_list_and_the_date(office: Office) -> None:
    sources = dict(office.settings.sources)
    defaults = {"list": "open_doors", "delete_on": "2027-05-31"}
    sources["doors"] = sources["fairs"].model_copy(update={"match": "doors_*.csv", "defaults": defaults})
    office.settings = office.settings.model_copy(update={"sources": sources})
    (done,) = office.load(office.write("doors_1.csv", "email\na@x.fi\n"))
    assert (done.refused, members(office, "open_doors")) == (None, [1])


def test_members_past_their_date_are_never_used(office: Office) -> None:
    rows = "fair_2026,C1,,,,2026-12-01\nfair_2026,C2,,,,2026-12-02\n"
    office.load(office.write("fairs_1.csv", HEADER + rows))
    ends = date(2026, 12, 1)
    assert members(office, today=ends - timedelta(days=1)) == [1, 2]
    assert members(office, today=ends) == [2]
    with office.lake.snapshot() as snapshot:
        assert lists.overview(snapshot, ends).rows() == [
            (A, "fair_2026", 1, "fairs", date(2026, 12, 2), date(2026, 12, 2))
        ]


def test_a_date_that_has_passed_takes_a_member_off(office: Office) -> None:
    office.load(office.write("fairs_1.csv", f"{HEADER}fair_2026,C1,,,,2027-06-30\n"))
    office.load(office.write("fairs_2.csv", f"{HEADER}fair_2026,C1,,,,2026-11-23\n", hours=0.0))
    assert members(office) == []


def test_who_is_no_longer_in_a_full_extract_is_off_the_list(office: Office) -> None:
    rows = [f"fair_2026,C{at},,,,2027-06-30\n" for at in (1, 2, 4)]
    office.load(office.write("all_fairs_1.csv", HEADER + "".join(rows)))
    office.now = NOON + timedelta(days=1)
    shorter = office.write("all_fairs_2.csv", HEADER + "".join(rows[:2]))
    (refused,) = office.load(shorter)
    assert refused.refused is not None
    assert refused.refused.code == "REG013"
    assert members(office) == [1, 2, 4]
    (done,) = office.load(shorter, shrink_accepted_by="maija")
    assert done.notes == ("1 member is off the list",)
    assert members(office, today=TODAY + timedelta(days=1)) == [1, 2]
    assert office.frame("list_members")["added_on"].unique().to_list() == [TODAY]


def test_an_address_that_somebody_has_by_now_is_understood_when_the_file_comes_again(office: Office) -> None:
    path = office.write("fairs_1.csv", f"{HEADER}fair_2026,,late@x.fi,,,2027-06-30\n")
    office.load(path)
    assert members(office) == []
    office.load(office.people("asiakkaat_2.csv", [{"source_id": "C5", "email": "Late@x.fi"}]))
    (again,) = office.load(path)
    assert (again.unchanged, again.accepted) == (False, 1)
    assert members(office) == [5]
    assert office.frame("quarantine").is_empty()


def test_lists_of_two_registers_are_two(office: Office) -> None:
    office.load(office.people("sv_asiakkaat_1.csv", PEOPLE[:1]))
    sources = dict(office.settings.sources)
    sources["sv_fairs"] = sources["fairs"].model_copy(
        update={"match": "sv_fairs_*.csv", "controller": "sahkoverkko", "key_space": "network"}
    )
    office.settings = office.settings.model_copy(update={"sources": sources})
    office.load(office.write("sv_fairs_1.csv", f"{HEADER}fair_2026,,a@x.fi,,,2027-06-30\n"))
    assert members(office) == []
    with office.lake.snapshot() as snapshot:
        assert lists.members(snapshot, "sahkoverkko", "fair_2026", TODAY).to_list() == [1]


def test_an_erased_member_is_on_no_list(office: Office) -> None:
    office.load(office.write("fairs_1.csv", f"{HEADER}fair_2026,C1,,,,2027-06-30\n"))
    office.lake.erase(A, [1])
    assert office.frame("list_members").is_empty()

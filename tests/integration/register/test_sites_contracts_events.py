"""Sites, contracts and events: what they tie together must be there."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

from campaigns.identifiers import gsrn
from support.offices import Office, metering_points

ONE, TWO, THREE = metering_points(3)
PERSON = [{"source_id": "1001", "first_name": "Matti"}]


def test_a_site_with_two_metering_points(office: Office) -> None:
    content = (
        "source_id,gsrn,energy,address,postal_code,building_type,building_year,heating,area_m2,fuse_a\n"
        f"K1,{ONE},electricity,Katu 1,15140,detached_house,1980,direct_electric,140,25\n"
        "K1,,district_heat,Katu 1,15140,detached_house,1980,direct_electric,140,\n"
        f"K2,{TWO},electricity,Tie 2,,apartment,,,,\n"
        f"K2,{TWO},electricity,Tie 3,,apartment,,,,\n"
    )
    (done,) = office.load(office.write("sites_1.csv", content))
    assert (done.rows, done.accepted, done.quarantined) == (4, 3, 0)
    assert done.notes == ("1 row came again with other contents; the last one counts",)
    points = office.frame("metering_points").sort("gsrn", nulls_last=True)
    assert points["metering_point_id"].to_list()[:2] == points["gsrn"].to_list()[:2] == [int(ONE), int(TWO)]
    assert points["energy"].to_list() == ["electricity", "electricity", "district_heat"]
    assert points["site_id"].n_unique() == 2
    sites = office.frame("sites").sort("address")
    assert sites.select("address", "building_year", "area_m2").rows() == [
        ("Katu 1", 1980, 140),
        ("Tie 3", None, None),
    ]


def test_sites_that_cannot_be(office: Office) -> None:
    rows = [
        f"K1,{ONE[:-1]}9,electricity",
        "K2,,electricity",
        f"K3,{ONE},district_heat",
        f"K4,{ONE},gas",
        f",{TWO},electricity",
    ]
    (done,) = office.load(office.write("sites_1.csv", "\n".join(["source_id,gsrn,energy", *rows])))
    assert (done.accepted, done.quarantined) == (0, 5)
    quarantine = office.frame("quarantine").select("line", "reason").rows()
    assert quarantine == [(2, "REG135"), (3, "REG120"), (4, "REG151"), (5, "REG125"), (6, "REG120")]


def test_contracts_need_a_holder_and_a_metering_point_that_exist(office: Office) -> None:
    sites = office.write("sites_1.csv", f"source_id,gsrn,energy\nK1,{ONE},electricity\nK1,,district_heat\n")
    companies = office.write("companies_1.csv", "source_id,name\nY1,Firma\n")
    header = (
        "source_id,person,company,gsrn,site,product,contract_type,start_date,end_date,annual_kwh_estimate"
    )
    rows = [
        f"S1,1001,,{ONE},,Perus,fixed_term,1.1.2026,31.12.2026,18 000",
        f"S2,,Y1,{ONE},,,open_ended,2026-01-01,,",
        "S3,1001,,,K1,Lämpö,district_heat,2026-01-01,,",
        f"S4,1999,,{ONE},,,spot,2026-01-01,,",
        f"S5,,Y9,{ONE},,,spot,2026-01-01,,",
        f"S6,1001,,{TWO},,,spot,2026-01-01,,",
        f"S7,1001,Y1,{ONE},,,spot,2026-01-01,,",
        f"S8,,,{ONE},,,spot,2026-01-01,,",
        f"S9,1001,,{ONE},,,spot,2026-02-01,2026-01-01,",
        "S10,1001,,,K9,,district_heat,2026-01-01,,",
    ]
    contracts = office.write("contracts_1.csv", "\n".join([header, *rows]))
    done = office.load(contracts, sites, companies, office.people("asiakkaat_1.csv", PERSON))
    assert [one.kind for one in done] == ["companies", "persons", "sites", "contracts"]
    assert (done[-1].accepted, done[-1].quarantined) == (3, 7)
    quarantine = office.frame("quarantine").select("line", "reason").rows()
    assert quarantine == [
        (5, "REG140"),
        (6, "REG141"),
        (7, "REG142"),
        (8, "REG152"),
        (9, "REG152"),
        (10, "REG150"),
        (11, "REG142"),
    ]
    found = office.frame("contracts").sort("product", nulls_last=True)
    assert found["person_id"].to_list() == [1, 1, None]
    assert found["end_date"].to_list() == [None, date(2026, 12, 31), None]
    assert found["annual_kwh_estimate"].to_list() == [None, 18_000, None]
    heat = office.frame("metering_points").filter(energy="district_heat")["metering_point_id"].item()
    assert found["metering_point_id"].to_list() == [heat, gsrn.parse(ONE), gsrn.parse(ONE)]


def test_contracts_bring_their_prices(office: Office) -> None:
    sites = office.write("sites_1.csv", f"source_id,gsrn,energy\nK1,{ONE},electricity\n")
    header = "source_id;person;gsrn;contract_type;start_date;price_c_kwh;margin_c_kwh"
    rows = [
        f"S1;1001;{ONE};fixed_term;2026-01-01;7,4551;0.45",
        f"S2;1001;{ONE};spot;2026-01-01;;0",
        f"S3;1001;{ONE};fixed_term;2026-01-01;halpa;",
        f"S4;1001;{ONE};fixed_term;2026-01-01;-1;",
        f"S5;1001;{ONE};fixed_term;2026-01-01;1e2;",
    ]
    contracts = office.write("contracts_1.csv", "\n".join([header, *rows]))
    done = office.load(contracts, sites, office.people("asiakkaat_1.csv", PERSON))
    assert (done[-1].accepted, done[-1].quarantined) == (2, 3)
    assert set(office.frame("quarantine")["reason"]) == {"REG128"}
    found = office.frame("contracts").sort("contract_type").select("price_c_kwh", "margin_c_kwh")
    assert found.rows() == [(7.455, 0.45), (None, 0.0)]


def test_events_keep_their_further_columns_as_properties(office: Office) -> None:
    content = (
        "source_id,person,name,occurred_at,page,Tuote,_id,__proto__\n"
        '1,1001,quote_requested,2026-11-01T10:00:00Z,/x,"a ""b"" \\c",9,9\n'
        "2,1001,page_visited,1.11.2026 12:00,,,,\n"
    )
    office.load(office.people("asiakkaat_1.csv", PERSON), office.write("web_1.csv", content))
    events = office.frame("events").sort("name", descending=True)
    assert events["occurred_at"].to_list() == [datetime(2026, 11, 1, 10, tzinfo=UTC)] * 2
    assert [json.loads(text) for text in events["properties"]] == [{"page": "/x", "Tuote": 'a "b" \\c'}, {}]
    assert events["recorded_at"].to_list() == [office.now] * 2


def test_events_that_cannot_be(office: Office) -> None:
    rows = [
        "1,1999,quote_requested,2026-11-01T10:00:00Z",
        "2,1001,Quote requested,2026-11-01T10:00:00Z",
        "3,1001,quote_requested,2027-11-01T10:00:00Z",
        "4,1001,quote_requested,yesterday",
        "5,,quote_requested,2026-11-01T10:00:00Z",
    ]
    content = "\n".join(["source_id,person,name,occurred_at", *rows])
    done = office.load(office.people("asiakkaat_1.csv", PERSON), office.write("web_1.csv", content))
    assert (done[-1].accepted, done[-1].quarantined) == (0, 5)
    quarantine = office.frame("quarantine")
    assert quarantine.select("line", "reason").rows() == [
        (2, "REG140"),
        (3, "REG125"),
        (4, "REG153"),
        (5, "REG126"),
        (6, "REG120"),
    ]
    assert quarantine["person_id"].to_list() == [None, 1, 1, 1, None]


def test_an_event_that_comes_again_is_one_event(office: Office) -> None:
    header = "source_id,person,name,occurred_at,page\n"
    first = office.write("web_1.csv", header + "1,1001,page_visited,2026-11-01T10:00:00Z,/a\n", hours=-1)
    again = office.write("web_2.csv", header + "1,1001,page_visited,2026-11-01T10:00:00Z,/b\n")
    office.load(office.people("asiakkaat_1.csv", PERSON), again)
    office.load(first)
    assert office.frame("events")["properties"].to_list() == ['{"page":"/b"}']


def test_events_do_not_cross_key_spaces(office: Office) -> None:
    office.load(office.people("sv_asiakkaat_1.csv", PERSON))
    header = "source_id,person,name,occurred_at\n"
    (done,) = office.load(office.write("web_1.csv", header + "1,1001,page_visited,2026-11-01T10:00:00Z\n"))
    assert done.quarantined == 1
    assert office.frame("events").is_empty()


def test_rows_that_came_before_their_person_go_in_when_the_file_comes_again(office: Office) -> None:
    header = "source_id,person,name,occurred_at\n"
    rows = "1,1001,page_visited,2026-11-01T10:00:00Z\n2,1002,page_visited,2026-11-01T10:00:00Z\n"
    web = office.write("web_1.csv", header + rows + "3,1001,Page visited,2026-11-01T10:00:00Z\n")
    assert office.load(web)[0].quarantined == 3
    assert office.load(web)[0].unchanged
    (people,) = office.load(office.people("asiakkaat_1.csv", PERSON))
    assert people.notes == ("web_1.csv has rows of people who are known now: import it again",)
    (again,) = office.load(web)
    assert (again.unchanged, again.accepted, again.quarantined) == (False, 1, 2)
    assert office.frame("events")["person_id"].to_list() == [1]
    assert office.frame("quarantine").select("line", "reason").rows() == [(3, "REG140"), (4, "REG125")]
    assert office.load(web)[0].unchanged

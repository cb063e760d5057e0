"""Whether an offer concerns somebody's work: by their duties and not their title, while they work there."""

from __future__ import annotations

from datetime import timedelta

import pytest

from campaigns.settings.loading import load
from support.offices import NOON, ROOT, Office

DUTIES = load(ROOT / "campaigns.yml").purposes["business_offers"].duties
HEADER = "source_id,kind,first_name,email,company_id,role,duties,role_start\n"


@pytest.fixture
def office(office: Office) -> Office:
    sources = dict(office.settings.sources)
    informed = {"columns": {}, "delimiter": ",", "match": "people*.csv"}
    sources["staff"] = sources["crm"].model_copy(
        update={**informed, "values": {"duties": {"energia": "energy", "hankinnat": "procurement"}}}
    )
    office.settings = office.settings.model_copy(update={"sources": sources})
    office.load(office.write("companies_1.csv", "source_id,business_id,name\nY1,0112038-9,Firma Oy\n"))
    return office


def answer(office: Office, cells: str, name: str = "people_1.csv") -> str:
    (done,) = office.load(office.write(name, f"{HEADER}P1,business_contact,Liisa,liisa@firma.fi,{cells}\n"))
    assert (done.refused, done.quarantined) == (None, 0)
    return office.decisions(1, "email", duties=DUTIES)["email"]


@pytest.mark.parametrize(
    "duties",
    ["energy", "Energy", "catering; energia", "hankinnat / catering", " property ,catering", "ENERGIA"],
)
def test_duties_that_the_purpose_names_are_enough(office: Office, duties: str) -> None:
    assert answer(office, f'Y1,contact,"{duties}",2020-01-01') == "B2B_DUTIES"


@pytest.mark.parametrize(
    ("role", "duties"),
    [
        ("energy_manager", ""),  # a title alone does not tell
        ("energy", ""),
        ("management", "catering"),
        ("contact", "unknown"),
        ("contact", "energyless"),
        ("contact", "not energy"),
    ],
)
def test_a_title_or_other_duties_are_not(office: Office, role: str, duties: str) -> None:
    assert answer(office, f"Y1,{role},{duties},2020-01-01") == "NO_CONSENT"


def test_nobody_is_reached_by_a_role_that_is_over(office: Office) -> None:
    assert answer(office, "Y1,contact,energy,2020-01-01") == "B2B_DUTIES"
    office.now = NOON + timedelta(days=1)
    assert answer(office, ",,,", "people_2.csv") == "ROLE_ENDED"
    roles = office.frame("roles")
    assert roles.select("role", "end_date").rows() == [("contact", office.now.date())]
    office.now = NOON + timedelta(days=2)
    assert answer(office, "Y1,contact,energy,2021-01-01", "people_3.csv") == "B2B_DUTIES"


def test_one_role_that_runs_is_enough_and_only_its_duties_count(office: Office) -> None:
    office.load(
        office.write(
            "companies_2.csv",
            "source_id,business_id,name\nY1,0112038-9,Firma Oy\nY2,,Toinen Oy\n",
            hours=0,
        )
    )
    assert answer(office, "Y1,contact,energy,2020-01-01") == "B2B_DUTIES"
    office.now = NOON + timedelta(days=1)
    assert answer(office, "Y2,contact,catering,2026-01-01", "people_2.csv") == "NO_CONSENT"
    assert office.frame("roles")["end_date"].null_count() == 1

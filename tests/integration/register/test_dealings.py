"""Events and the relationships that follow from them, whatever the order in which they arrive."""

from __future__ import annotations

import tempfile
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.ledger import Ledger
from campaigns.register.dealings import EFFECTS, SOURCE
from campaigns.register.events import Events
from campaigns.register.importing import import_files
from campaigns.settings.loading import load
from campaigns.workspace.kinds import all_kinds
from support.effort import examples
from support.offices import ROOT, Office, house_settings

HEADER = "source_id,person,name,occurred_at"
PEOPLE = [{"source_id": f"C{at}", "first_name": "A", "relationship": "partner"} for at in (1, 2)]


@pytest.fixture
def office(office: Office) -> Office:
    office.load(office.people("asiakkaat_1.csv", PEOPLE))
    return office


def made(office: Office) -> list[tuple[object, ...]]:
    rows = office.frame("relationships").filter(source=SOURCE)
    return rows.select("person_id", "kind", "start_date", "end_date").sort(pl.all()).rows()


def tell(office: Office, *rows: str, name: str = "web_1.csv", more: str = "", hours: float = 0) -> None:
    (done,) = office.load(office.write(name, "\n".join([HEADER + more, *rows]) + "\n", hours=hours))
    assert (done.refused, done.quarantined) == (None, 0)


@pytest.mark.parametrize(
    ("name", "kind", "end"),
    [
        ("quote_requested", "quote_requester", date(2027, 10, 1)),
        ("callback_requested", "callback_requester", date(2027, 10, 1)),
        ("event_registered", "event_participant", date(2027, 4, 1)),
        ("event_attended", "event_participant", date(2027, 4, 1)),
        ("raffle_entered", "raffle_participant", date(2027, 4, 1)),
        ("raffle_won", "raffle_participant", date(2027, 4, 1)),
        ("page_visited", "website_visitor", date(2027, 10, 1)),
        ("portal_registered", "portal_user", None),
        ("newsletter_subscribed", "subscriber", None),
    ],
)
def test_each_kind_of_contact_makes_its_relationship(
    office: Office, name: str, kind: str, end: date | None
) -> None:
    tell(office, f"E1,C1,{name},2026-09-30T23:30:00Z")  # the 1st in Helsinki
    assert made(office) == [(1, kind, date(2026, 10, 1), end)]
    assert {effect.relationship for effect in EFFECTS.values()} == {
        "quote_requester", "callback_requester", "event_participant", "raffle_participant", "website_visitor",
        "portal_user", "subscriber",
    }  # fmt: skip


def test_a_complaint_and_a_survey_make_no_relationship(office: Office) -> None:
    tell(office, "E1,C1,complaint_opened,2026-10-01", "E2,C1,survey_answered,2026-10-01")
    assert made(office) == []


def test_each_request_starts_anew_and_visits_are_kept_by_month(office: Office) -> None:
    tell(
        office,
        "E1,C1,callback_requested,2026-10-01",
        "E2,C1,callback_requested,2026-10-20",
        "E3,C2,page_visited,2026-10-03",
        "E4,C2,page_visited,2026-10-29",
        "E5,C2,page_visited,2026-11-02",
    )
    assert made(office) == [
        (1, "callback_requester", date(2026, 10, 1), date(2027, 10, 1)),
        (1, "callback_requester", date(2026, 10, 20), date(2027, 10, 20)),
        (2, "website_visitor", date(2026, 10, 3), date(2027, 10, 29)),
        (2, "website_visitor", date(2026, 11, 2), date(2027, 11, 2)),
    ]


def test_an_older_visit_that_comes_late_takes_the_place_of_the_months_start(office: Office) -> None:
    tell(office, "E1,C1,page_visited,2026-10-20")
    tell(office, "E2,C1,page_visited,2026-10-05", name="web_2.csv")
    assert made(office) == [(1, "website_visitor", date(2026, 10, 5), date(2027, 10, 20))]


def test_a_subscription_ends_when_it_is_given_up_and_begins_again(office: Office) -> None:
    tell(
        office,
        "E1,C1,newsletter_subscribed,2026-01-01",
        "E2,C1,newsletter_subscribed,2026-02-01",
        "E3,C1,newsletter_unsubscribed,2026-03-01",
        "E4,C1,newsletter_unsubscribed,2026-03-02",
        "E5,C1,newsletter_subscribed,2026-04-01",
        "E6,C2,newsletter_subscribed,2026-05-01T12:00:00Z",
        "E7,C2,newsletter_unsubscribed,2026-05-01T12:00:00Z",  # at one instant giving up wins
    )
    assert made(office) == [
        (1, "subscriber", date(2026, 1, 1), date(2026, 3, 1)),
        (1, "subscriber", date(2026, 4, 1), None),
        (2, "subscriber", date(2026, 5, 1), date(2026, 5, 1)),
    ]


def test_who_signs_up_early_is_known_until_after_the_occasion(office: Office) -> None:
    tell(
        office,
        "E1,C1,event_registered,2026-10-01,2027-09-01",
        "E2,C2,event_registered,2026-10-01,syksyllä",
        more=",occasion_date",
    )
    assert [end for *_, end in made(office)] == [date(2028, 3, 1), date(2027, 4, 1)]


def test_what_the_register_says_itself_stands(office: Office) -> None:
    row = PEOPLE[0] | {"relationship": "quote_requester", "customer_since": "1.10.2026"}
    office.load(office.people("asiakkaat_2.csv", [row]))
    tell(office, "E1,C1,quote_requested,2026-10-01")
    assert made(office) == []
    own = office.frame("relationships").filter(kind="quote_requester")
    assert own.select("source", "end_date").rows() == [("crm", None)]


def test_a_corrected_event_takes_its_relationship_along(office: Office) -> None:
    tell(office, "E1,C1,raffle_entered,2026-10-01")
    tell(office, "E1,C2,raffle_entered,2026-10-02", name="web_2.csv", hours=0)
    assert made(office) == [(2, "raffle_participant", date(2026, 10, 2), date(2027, 4, 2))]


def test_a_relationship_from_events_is_no_permission(office: Office) -> None:
    tell(office, "E1,C1,newsletter_subscribed,2026-10-01", "E2,C1,raffle_entered,2026-10-01")
    newsletter = {"purpose": "newsletter", "message_kind": "newsletter"}
    assert office.decisions(1, "email", **newsletter) in ({"email": "NO_CONSENT"}, {"email": "NO_ADDRESS"})
    assert office.decisions(1, "email") in ({"email": "NO_CONSENT"}, {"email": "NO_ADDRESS"})


SETTINGS = house_settings()
NAMES = ("page_visited", "newsletter_subscribed", "newsletter_unsubscribed", "quote_requested", "moved_out")
told = st.tuples(
    st.integers(0, 9),
    st.sampled_from("12"),
    st.sampled_from(NAMES),
    st.dates(date(2026, 9, 1), date(2026, 11, 1)),
)


@given(st.lists(st.lists(told, min_size=1, max_size=5), min_size=2, max_size=3, unique_by=repr), st.randoms())
@examples(4)
def test_the_order_of_files_does_not_matter(
    files: list[list[tuple[int, str, str, date]]], random: object
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        ledger = Ledger.open(Path(folder) / "ledger" / "ledger.sqlite")
        found = []
        for turn in ("straight", "mixed"):
            (inbox := Path(folder) / turn).mkdir()
            office = Office(inbox, SETTINGS, ledger)
            office.load(office.people("asiakkaat_1.csv", PEOPLE, hours=-9))
            paths = [
                office.write(
                    f"web_{at}.csv",
                    "\n".join([HEADER, *(f"E{n},C{who},{name},{day}" for n, who, name, day in rows)]) + "\n",
                    hours=at - 5,
                )
                for at, rows in enumerate(files)
            ]
            if turn == "mixed":
                random.shuffle(paths)  # type: ignore[attr-defined]  # a random.Random
            for path in paths:
                office.load(path)
            found.append(made(office))
        ledger.dispose()
        assert found[0] == found[1]


def test_names_that_nobody_knows_are_told_and_go_in(office: Office) -> None:
    catalogue = {"page_visited": {"page"}, "raffle_won": {"draw"}}
    rows = [
        "E1,C1,page_visited,2026-10-01,front,,1.2.3.4,x",
        "E2,C1,raffle_won,2026-10-01,,R7,,",
        "E3,C1,raffle_won,2026-10-01,front,R7,,",
        "E4,C1,page_visitted,2026-10-01,front,,,",
    ]
    path = office.write("web_1.csv", "\n".join([f"{HEADER},page,draw,ip,message", *rows]) + "\n")
    (done,) = import_files(
        [path],
        kinds=(Events(catalogue),),
        settings=office.settings,
        lake=office.lake,
        ledger=office.ledger,
        now=office.now,
        settle=0,
    )
    assert (done.accepted, done.quarantined) == (4, 0)
    assert done.notes == (
        "columns not used: `ip`, `message`",
        "1 row has an event name that the catalogue does not have: `page_visitted`",
        "not kept where they are no property of the event: `page`",
    )
    properties = office.frame("events").sort("source", "occurred_at", "name", "properties")
    assert set(properties["properties"]) == {'{"page":"front"}', '{"draw":"R7"}'}


def test_a_source_may_name_properties_in_its_own_words(office: Office) -> None:
    sources = dict(office.settings.sources)
    sources["web"] = sources["web"].model_copy(update={"columns": {"sivu": "page", "arvonta": "draw"}})
    office.settings = office.settings.model_copy(update={"sources": sources})
    tell(office, "E1,C1,raffle_won,2026-10-01,front,R7,own", more=",sivu,Arvonta,page")
    assert office.frame("events")["properties"].to_list() == [
        '{"page":"front","draw":"R7","page (theirs)":"own"}'
    ]


def test_a_refused_row_of_a_file_with_passwords_leaves_no_text_behind(office: Office) -> None:
    content = (
        f"{HEADER},password\nE1,C1,page_visited,yesterday,hunter2\nE2,C1,page_visited,2026-10-01,hunter2\n"
    )
    (done,) = office.load(office.write("web_1.csv", content))
    assert (done.accepted, done.quarantined) == (1, 1)
    files = [path.read_bytes() for path in office.lake.root.parent.rglob("*") if path.is_file()]
    assert b"hunter2" not in b"".join(files)
    assert office.frame("quarantine")["text"].to_list() == [None]
    assert office.frame("events")["properties"].to_list() == ["{}"]


def test_the_catalogue_knows_every_event_that_makes_a_relationship() -> None:
    from campaigns.catalogue.loading import load as load_catalogue

    catalogue = load_catalogue(load(ROOT / "campaigns.yml"))
    endings = {effect.ended_by for effect in EFFECTS.values() if effect.ended_by}
    assert {*EFFECTS, *endings, "complaint_opened", "survey_answered"} <= set(catalogue.events)
    assert "draw" in catalogue.events["raffle_won"].properties
    assert any(kind.name == "events" for kind in all_kinds(catalogue))

"""Events with what followed them, and metrics with what they were: to the minute and the per cent."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from campaigns.segments.compiling import compile_segment
from campaigns.segments.sentences import sentence
from integration.segments.conftest import Desk
from support.segment_oracle import ZONE
from support.segments import TODAY, segment_text, show, words

QUOTE, SIGNED, VISIT = "quote_requested", "contract_signed", "page_visited"
Event = tuple[str, int] | tuple[str, int, int]  # name, days ago, and minutes after noon


def world(*events: Event, **more: Any) -> dict[str, list[dict[str, Any]]]:
    """Person 1 with these events."""
    rows = [
        {
            "event_id": number,
            "person_id": 1,
            "name": name,
            "occurred_at": noon(days) + timedelta(minutes=minutes[0] if minutes else 0),
        }
        for number, (name, days, *minutes) in enumerate(events, start=1)
    ]
    return {"persons": [{"person_id": 1}], "events": rows, **more}


def noon(days_ago: int) -> datetime:
    return datetime(2026, 11, 24, 12, tzinfo=UTC) - timedelta(days=days_ago)


def verdict(desk: Desk, condition: str, rows: dict[str, Any]) -> bool | None:
    show(desk.db, rows)
    segment = desk.library({"asked": segment_text(condition, audience="everyone")}).load("asked")
    compiled = compile_segment(segment, TODAY, ZONE)
    found = desk.db.query(compiled.everybody.sql(dialect="duckdb"))
    answer: bool | None = found[compiled.column_of(segment.who[0])].item()
    return answer


DID = f"{{did: {QUOTE}, then_did: {SIGNED}, within: 30 days}}"
DID_NOT = f"{{did: {QUOTE}, then_did_not: {SIGNED}, within: 30 days}}"


@pytest.mark.parametrize(
    ("events", "did", "did_not"),
    [
        ([], False, False),
        ([(SIGNED, 40)], False, False),
        ([(QUOTE, 40), (SIGNED, 10)], True, False),  # the thirtieth day counts
        ([(QUOTE, 41), (SIGNED, 10)], False, True),
        ([(QUOTE, 31)], False, True),  # until yesterday
        ([(QUOTE, 30)], False, None),  # until today, which is not over
        ([(QUOTE, 5)], False, None),
        ([(QUOTE, 5), (SIGNED, 1)], True, False),  # decided before the time is over
        ([(QUOTE, 40), (SIGNED, 45)], False, True),  # before it
        ([(QUOTE, 40), (SIGNED, 40)], False, True),  # in the same minute is not after
        ([(QUOTE, 40), (SIGNED, 40, 1)], True, False),
        ([(QUOTE, 90), (SIGNED, 80), (QUOTE, 50)], True, True),  # one of each
        ([(QUOTE, 90), (SIGNED, 80), (QUOTE, 5)], True, None),
        ([(QUOTE, 90), (QUOTE, 5)], False, True),
        ([(QUOTE, 5), (SIGNED, -1)], False, None),  # what is to come is not known
    ],
)
def test_what_follows_an_event(
    desk: Desk, events: list[Event], did: bool | None, did_not: bool | None
) -> None:
    assert verdict(desk, DID, world(*events)) is did
    assert verdict(desk, DID_NOT, world(*events)) is did_not


def test_days_are_those_of_the_business_zone(desk: Desk) -> None:
    """22:30 UTC of 25 September is the 26th in Helsinki: 30 days later is 26 October, to its last minute."""
    rows = world((QUOTE, 0), (SIGNED, 0))
    rows["events"][0]["occurred_at"] = datetime(2026, 9, 25, 22, 30, tzinfo=UTC)
    for moment, did in [((26, 21, 59), True), ((26, 22, 1), False)]:  # winter time begins on the 25th
        rows["events"][1]["occurred_at"] = datetime(2026, 10, *moment, tzinfo=UTC)
        assert verdict(desk, DID, rows) is did


def test_a_month_is_one_of_the_calendar(desk: Desk) -> None:
    rows = world((QUOTE, 0), (SIGNED, 0))
    rows["events"][0]["occurred_at"] = datetime(2026, 1, 31, 12, tzinfo=UTC)
    month = DID.replace("30 days", "1 month")
    for day, did in [((2, 28), True), ((3, 1), False)]:
        rows["events"][1]["occurred_at"] = datetime(2026, *day, 12, tzinfo=UTC)
        assert verdict(desk, month, rows) is did


def test_within_last_is_about_the_first_event(desk: Desk) -> None:
    recent = DID.replace("within:", "within_last: 60 days, within:")
    assert verdict(desk, recent, world((QUOTE, 60), (SIGNED, 31))) is True
    assert verdict(desk, recent, world((QUOTE, 61), (SIGNED, 55))) is False


def test_each_event_has_words_of_its_own(desk: Desk) -> None:
    rows = world((QUOTE, 40), (QUOTE, 20))
    rows["events"][0]["properties"] = '{"product": "spot"}'
    rows["events"][1]["properties"] = '{"product": "x"}'
    asked = "{did: Q, where: {product: %s}, then_did: Q, then_where: {product: %s}, within: 30 days}"
    asked = asked.replace("Q", QUOTE)
    assert verdict(desk, asked % ("spot", "x"), rows) is True
    assert verdict(desk, asked % ("x", "spot"), rows) is False
    assert verdict(desk, asked % ("spot", "spot"), rows) is False


@pytest.mark.parametrize("then", ["then_did", "then_did_not"])
def test_visits_of_who_accepted_no_cookies_are_unknown(desk: Desk, then: str) -> None:
    first = f"{{did: {VISIT}, {then}: {SIGNED}, within: 30 days}}"
    second = f"{{did: {QUOTE}, {then}: {VISIT}, within: 30 days}}"
    agreed = {"browsing_consents": [{"person_id": 1}]}
    visited, asked = world((VISIT, 50), (SIGNED, 45)), world((QUOTE, 50), (VISIT, 45))
    followed = then == "then_did"
    assert verdict(desk, first, {**visited, **agreed}) is followed
    assert verdict(desk, second, {**asked, **agreed}) is followed
    assert verdict(desk, first, visited) is None
    assert verdict(desk, second, asked) is None
    assert verdict(desk, second, world((VISIT, 45))) is False  # nothing that a visit could follow


@pytest.mark.parametrize(
    ("unknown", "as_who", "as_exception"),
    [("", False, True), (", unknown: include", True, True), (", unknown: remove", False, False)],
)
def test_what_is_not_decided_yet_is_unknown(
    desk: Desk, unknown: str, as_who: bool, as_exception: bool
) -> None:
    rows = world((QUOTE, 5))
    condition = DID_NOT.replace("}", f"{unknown}}}")
    inside = desk.resolve(segment_text(condition, audience="everyone"), rows)
    beside = desk.resolve(segment_text(audience="everyone", more=f"except:\n  - {condition}"), rows)
    assert (inside.people.height == 1, beside.people.height == 1) == (as_who, as_exception)


def test_why_names_the_first_event_that_decided(desk: Desk) -> None:
    rows = world((QUOTE, 90), (SIGNED, 80), (QUOTE, 50), (QUOTE, 5))

    def told(condition: str, world_: dict[str, Any]) -> str | None:
        return (
            desk.why(segment_text(condition, audience="everyone"), 1, world_, words())
            .tree.conditions[1]
            .value
        )

    assert told(DID, rows) == "first on 2026-08-26"
    assert told(DID_NOT, rows) == "first on 2026-10-05"
    assert told(DID_NOT, world((QUOTE, 5))) == "first on 2026-11-19"
    hidden = f"{{did: {QUOTE}, then_did: {VISIT}, within: 30 days}}"
    assert told(hidden, world((QUOTE, 50), (VISIT, 45))) is None


def test_a_sequence_in_words(desk: Desk) -> None:
    text = (
        "{did: quote_requested, where: {product: spot}, within_last: 6 months, "
        "then_did_not: contract_signed, within: 30 days}"
    )
    segment = desk.library({"told": segment_text(text)}).load("told")
    assert sentence(segment.who[0]) == (
        "quote requested, product spot, within the last 6 months, then within 30 days never contract signed"
    )


def measured(now: float | None, then: float | None) -> dict[str, list[dict[str, Any]]]:
    """A home whose use was `then` last year and is `now` over the last 12 months."""
    periods = {"last 12 months": now, "last full year": then}
    return {
        "persons": [{"person_id": 1}],
        "contracts": [{"contract_id": 1, "person_id": 1, "metering_point_id": 1}],
        "metering_points": [{"metering_point_id": 1, "site_id": 1, "energy": "electricity"}],
        "sites": [{"site_id": 1}],
        "metrics": [
            {
                "metering_point_id": 1,
                "period": period,
                "as_of": TODAY,
                "electricity_use": value,
                "period_start": date(2025, 1, 1),
                "period_end": date(2025, 12, 31),
            }
            for period, value in periods.items()
        ],
    }


@pytest.mark.parametrize(
    ("test", "now", "then", "found"),
    [
        ("at_least: 20%", 12000.0, 10000.0, True),  # 12000.0 / 10000.0 - 1 is a bit less than 0.2
        ("more_than: 20%", 12000.0, 10000.0, False),
        ("at_least: 20%", 11999.0, 10000.0, False),
        ("at_most: -10%", 9000.0, 10000.0, True),
        ("at_most: -10%", 9001.0, 10000.0, False),
        ("less_than: -10%", 9000.0, 10000.0, False),
        ("between: -10% to 10%", 9000.0, 10000.0, True),
        ("between: -10 to 10%", 11001.0, 10000.0, False),
        ("is: 0%", 10000.0, 10000.0, True),
        ("is_not: 0%", 10000.0, 10000.0, False),
        ("one_of: [0%, 100%]", 20000.0, 10000.0, True),
        ("not_one_of: [0%, 100%]", 20000.0, 10000.0, False),
        ("at_most: -100%", 0.0, 10000.0, True),
        ("at_least: 0%", 10000.0, 0.0, None),
        ("at_least: 0%", 10000.0, -5.0, None),
        ("at_least: 0%", None, 10000.0, None),
        ("at_least: 0%", 10000.0, None, None),
        ("is_known: no", 10000.0, 0.0, True),
        ("is_known: yes", 10000.0, 8000.0, True),
    ],
)
@pytest.mark.parametrize("form", ["last full year", "{period: last full year}"])
def test_the_change_of_a_metric(
    desk: Desk, test: str, now: float | None, then: float | None, found: bool | None, form: str
) -> None:
    condition = f"{{metric: electricity_use, over: last 12 months, change_from: {form}, {test}}}"
    assert verdict(desk, condition, measured(now, then)) is found


def test_a_change_in_words_and_in_figures(desk: Desk) -> None:
    text = segment_text(
        "{metric: electricity_use, over: last 12 months, change_from: last full year, at_most: -10%}"
    )
    told = desk.why(text, 1, measured(7500.0, 10000.0), words()).tree.conditions[1]
    assert told.text == "change of electricity use over last 12 months from last full year at most -10 %"
    assert told.value == "-25 %"
    shown = str(desk.preview(text, measured(7500.0, 10000.0)))
    assert "last 12 months: 2025-01-01 to 2025-12-31" in shown
    assert "last full year: 2025-01-01 to 2025-12-31" in shown

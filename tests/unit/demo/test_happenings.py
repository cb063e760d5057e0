from __future__ import annotations

from datetime import date, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from campaigns.demo import happenings
from campaigns.demo.dice import Dice
from campaigns.demo.grid import ZONE, midnight
from campaigns.demo.people import Settled

AS_OF = date(2026, 11, 24)


@pytest.fixture(scope="module")
def web(dice: Dice, everybody: pl.DataFrame, settled: Settled) -> pl.DataFrame:
    heating = settled.homes.select("heating", home="site")
    living = everybody.select("person", "home").join(heating, on="home").select("person", "heating")
    return happenings.web(dice, everybody.filter(pl.col("company").is_null()), living, AS_OF)


@pytest.fixture(scope="module")
def service(dice: Dice, everybody: pl.DataFrame, settled: Settled, signed: pl.DataFrame) -> pl.DataFrame:
    return happenings.service(dice, everybody, signed, settled.stays, AS_OF)


def test_all_happenings_lie_in_the_past(web: pl.DataFrame, service: pl.DataFrame) -> None:
    for events in (web, service):
        assert events["at"].max() < midnight(AS_OF)
        assert events["at"].is_sorted()
        local = events["at"].dt.convert_time_zone(ZONE.key).dt.hour()
        assert local.is_between(7, 21).all()


def test_every_kind_of_event_happens(web: pl.DataFrame, service: pl.DataFrame) -> None:
    assert set(web["name"]) == {
        "page_visited", "quote_requested", "made_purchase", "portal_registered", "event_attended",
        "raffle_entered", "raffle_won", "callback_requested", "survey_answered",
    }  # fmt: skip
    assert set(service["name"]) == {
        "contract_signed", "contract_renewed", "moved_out", "complaint_opened", "meeting_held",
    }  # fmt: skip


def test_everybody_known_by_an_event_has_it(web: pl.DataFrame, everybody: pl.DataFrame) -> None:
    for relationship, name in (
        ("quote_requester", "quote_requested"),
        ("raffle_participant", "raffle_entered"),
    ):
        people = everybody.filter(relationship=relationship)
        assert people.join(web.filter(name=name), on="person", how="anti").is_empty()


def test_oil_and_electric_heating_lead_to_the_heat_pump_page(web: pl.DataFrame, settled: Settled) -> None:
    heating = settled.homes.select("heating", person="site")  # person n lives in home n
    visits = web.filter(name="page_visited").join(heating, on="person")
    pumps = visits.group_by("heating").agg((pl.col("page") == "heat_pumps").mean())
    share = dict(pumps.iter_rows())
    assert share["direct_electric"] > 1.5 * share["district_heat"]


def test_who_moved_out_is_told_once_a_stay(service: pl.DataFrame, settled: Settled) -> None:
    left = settled.stays.filter(pl.col("end").is_not_null())
    assert service.filter(name="moved_out").height == left.height


def test_some_complaints_are_of_this_month(service: pl.DataFrame) -> None:
    complaints = service.filter(name="complaint_opened")
    recent = complaints.filter(pl.col("at") >= midnight(AS_OF - timedelta(days=30)))
    assert 0 < recent.height < complaints.height / 2


def test_only_subscribers_read_and_only_after_they_subscribed(dice: Dice) -> None:
    readers = pl.DataFrame({"person": np.arange(300), "subscribed": [date(2026, 1, 1)] * 300})
    reads = happenings.newsletter(dice, readers, AS_OF)
    opened, clicked = (reads.filter(name=f"newsletter_{word}") for word in ("opened", "clicked"))
    assert 0 < clicked.height < opened.height
    assert reads["at"].min().date() >= date(2026, 1, 1)
    assert clicked["link"].null_count() == 0
    assert clicked.join(opened, on=["person", "issue"], how="anti").is_empty()


def test_moments_are_local_days_before(dice: Dice) -> None:
    at = happenings.moments(dice.of("x"), AS_OF, np.array([1, 30, 200]))
    days = at.dt.convert_time_zone(ZONE.key).dt.date().to_list()
    assert days == [AS_OF - timedelta(days=n) for n in (1, 30, 200)]
    assert isinstance(at[0], datetime)

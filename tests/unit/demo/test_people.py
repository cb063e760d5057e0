from __future__ import annotations

from datetime import date

import polars as pl
import pytest
from stdnum.fi import ytunnus

from campaigns.demo import contact, people
from campaigns.demo.companies import Businesses
from campaigns.demo.dice import Dice
from campaigns.identifiers import email, phone

AS_OF = date(2026, 11, 24)


def test_the_town_has_as_many_customers_as_asked_for(settled: people.Settled) -> None:
    customers = settled.people.filter(pl.col("relationship").is_null())
    assert customers.height == 1500
    assert (customers["since"] < AS_OF).all()


@pytest.mark.parametrize("customers", [50, 51, 77, 300])
def test_a_town_of_any_size_has_every_kind_of_person(customers: int) -> None:
    town = people.settle(Dice(seed=2), customers, AS_OF)
    assert {"consumer", "minor", "sole_trader", "estate"} <= set(town.people["kind"])
    assert set(people.STRANGERS) <= set(town.people["relationship"].drop_nulls())
    assert town.people["person"].to_list() == list(range(town.people.height))


def test_minors_are_under_18_and_nobody_else_is(settled: people.Settled) -> None:
    age = AS_OF.year - pl.col("birth_year")
    minors = settled.people.filter(kind="minor").select(age).to_series()
    others = settled.people.filter(pl.col("kind") != "minor").select(age).to_series().drop_nulls()
    assert minors.null_count() == 0
    assert (minors < 18).all()
    assert (others >= 18).all()


def test_who_left_is_no_customer_since(settled: people.Settled) -> None:
    gone = settled.people.filter(pl.col("until").is_not_null())
    last_stays = settled.stays.join(gone, on="person").select("person", "until", "end")
    assert gone.height == 90
    assert (last_stays["until"] == last_stays["end"]).all()
    assert gone["home"].null_count() == gone.height


def test_nobody_moves_in_before_the_last_one_moved_out(settled: people.Settled) -> None:
    pairs = settled.stays.join(settled.stays, on="site").filter(pl.col("person") != pl.col("person_right"))
    left = pairs.filter(pl.col("end").is_not_null())
    assert left.height > 100
    assert (left["end"] < left["start_right"]).all()
    assert (settled.stays.filter(pl.col("end") <= pl.col("start"))).is_empty()


def test_some_have_two_sites_and_some_share_a_home(settled: people.Settled) -> None:
    living = settled.stays.filter(pl.col("end").is_null())
    assert living.group_by("person").len().filter(pl.col("len") == 2).height > 30
    shared = settled.people.drop_nulls("home").group_by("home").len()
    assert shared.filter(pl.col("len") == 2).height == 75


def test_addresses_are_right_and_nobody_has_two(everybody: pl.DataFrame) -> None:
    given = everybody["email"].drop_nulls()
    assert all(email.normalise(text) for text in given)
    own = everybody.group_by("email").len().drop_nulls().filter(pl.col("len") > 1)
    assert 0 < own.height < 30  # couples who share one
    assert given.str.contains(r"@(.*\.)?example(\.(com|org|net))?$").all()


def test_phone_numbers_come_in_five_spellings_and_mean_one_number(dice: Dice) -> None:
    numbers = pl.Series(range(500)).to_numpy()
    first, second = contact.phones(dice, "here", numbers), contact.phones(dice, "there", numbers)
    shapes = first.str.replace_all(r"\d{7,}|\d\d? \d{4} \d{4}|\d+$", "n").str.replace_all(r"\d", "9").unique()
    assert len(shapes) >= 5
    assert (first != second).any()
    assert [phone.normalise(text).e164 for text in first] == [phone.normalise(text).e164 for text in second]
    assert phone.normalise(first[0]).mobile


def test_companies_have_right_business_ids(business: Businesses) -> None:
    ids = business.companies["business_id"]
    assert ids.n_unique() == len(ids) == 60
    assert all(ytunnus.is_valid(text) for text in ids)


def test_contacts_have_roles_and_role_addresses_have_none(business: Businesses) -> None:
    contacts = business.people.filter(kind="business_contact")
    addresses = business.people.filter(kind="company_role_address")
    assert set(contacts["role"]) == {"decision_maker", "energy_manager", "contact"}
    assert contacts.select("duties", "role_since", "company").null_count().sum_horizontal()[0] == 0
    assert addresses["role"].null_count() == addresses.height
    assert addresses["email"].str.contains("^(info|asiakaspalvelu|laskut|toimisto)@malliyritys").all()

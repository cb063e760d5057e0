"""Businesses of the town, the people who answer for them, and their premises."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from campaigns.demo import homes, names, people
from campaigns.demo.dice import Dice, Integers, choose, pick, share

_WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2])
# Numbers from here on are not given out yet (those of today begin with 3).
_FIRST_BUSINESS = 9_000_000
ROLES = {"decision_maker": 0.4, "energy_manager": 0.3, "contact": 0.3}
# What a person does there; which duties concern energy is said in the workspace's settings.
DUTIES = {
    "decision_maker": {"management": 0.8, "procurement": 0.2},
    "energy_manager": {"energy": 0.7, "property": 0.3},
    "contact": {"finance": 0.4, "marketing": 0.2, "property": 0.2, "energy": 0.2},
}


@dataclass(frozen=True, kw_only=True)
class Businesses:
    """Companies, their contact people (and role addresses), premises, and which company holds which."""

    companies: pl.DataFrame
    people: pl.DataFrame
    homes: pl.DataFrame
    stays: pl.DataFrame


def found(dice: Dice, customers: int, as_of: date, *, first_person: int, first_site: int) -> Businesses:
    """About one company for 25 customers, each with one or two premises and one to three contacts."""
    rng = dice.of("companies")
    count = share(customers, 0.04, least=6)
    premises = homes.build(dice, "premises", count + share(count, 0.2), kind="commercial", first=first_site)
    trade = choose(rng, tuple(names.TRADES), count)
    owner = choose(rng, names.COMPANY_PLACES, count)
    since = people.days_before(as_of, rng.integers(100, 6000, count))
    companies = pl.DataFrame(
        {
            "company": np.arange(count),
            "business_id": business_ids(count),
            "trade": trade,
            "owner": owner,
            "form": choose(rng, names.COMPANY_FORMS, count),
            "industry": trade.replace_strict(names.TRADES, return_dtype=pl.String),
            "size": np.clip(rng.lognormal(2.9, 1.2, count), 1, 1200).astype(np.int64),
            "since": since,
        }
    ).hstack(premises[:count].select("street", "postal_code", "city"))
    companies = companies.with_columns(
        name=pl.format("{} {} {}", "owner", "trade", "form"),
        domain=pl.format("malliyritys{}.example", "company"),
    ).drop("trade", "owner", "form")
    holder = np.concatenate([np.arange(count), rng.integers(0, count, premises.height - count)])
    stays = pl.DataFrame({"company": holder, "site": premises["site"], "start": since[holder]})
    return Businesses(
        companies=companies,
        people=_contacts(dice, companies, as_of, first_person),
        homes=premises,
        stays=stays,
    )


def business_ids(count: int) -> pl.Series:
    """Business ids with a valid check digit; bodies whose check would be 10 are never issued."""
    bodies = np.arange(_FIRST_BUSINESS, _FIRST_BUSINESS + 2 * count + 22)
    digits = bodies[:, None] // 10 ** np.arange(6, -1, -1) % 10
    rest = (digits * _WEIGHTS).sum(axis=1) % 11
    good = rest != 1
    check = np.where(rest == 0, 0, 11 - rest)
    frame = pl.DataFrame({"body": bodies[good][:count], "check": check[good][:count]})
    return frame.select(pl.format("{}-{}", "body", "check")).to_series()


def _contacts(dice: Dice, companies: pl.DataFrame, as_of: date, first: int) -> pl.DataFrame:
    rng = dice.of("contacts")
    each = rng.choice([1, 2, 3], companies.height, p=[0.55, 0.35, 0.10])
    company = np.repeat(np.arange(companies.height), each)
    of_role = np.flatnonzero(rng.random(companies.height) < 0.4)
    if not len(of_role):
        of_role = np.array([0])
    people_rows = _business_people(dice, rng, companies, company, as_of)
    addresses = companies[of_role].select(
        "company",
        "postal_code",
        "city",
        "since",
        street="street",
        kind=pl.lit("company_role_address"),
        language=pl.lit("fi"),
        last_name="name",
        email=pl.format(
            "{}@{}", choose(rng, ("info", "asiakaspalvelu", "laskut", "toimisto"), len(of_role)), "domain"
        ),
    )
    frame = pl.concat([people_rows, addresses], how="diagonal")
    return frame.with_columns(person=pl.int_range(first, first + frame.height, dtype=pl.Int64))


def _business_people(
    dice: Dice, rng: np.random.Generator, companies: pl.DataFrame, company: Integers, as_of: date
) -> pl.DataFrame:
    count = len(company)
    language = pick(rng, people.LANGUAGES, count)
    role = pick(rng, ROLES, count)
    duties = pl.coalesce(
        [pl.when(pl.lit(role) == word).then(pl.lit(pick(rng, DUTIES[word], count))) for word in ROLES]
    )
    in_role = rng.integers(30, 3500, count)
    frame = pl.DataFrame(
        {
            "company": company,
            "kind": ["business_contact"] * count,
            "language": language,
            "role": role,
            "duties": pl.select(duties).to_series(),
            "role_since": people.days_before(as_of, in_role),
            "since": people.days_before(as_of, in_role + rng.integers(0, 20, count)),
        }
    ).hstack([*people.full_names(dice, "contacts", language)])
    return frame.hstack(companies[company].select("street", "postal_code", "city"))

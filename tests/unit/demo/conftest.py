"""A small settled town and a year outdoors, made once."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from campaigns.demo import companies, contracts, crm, outdoors, people
from campaigns.demo.dice import Dice
from campaigns.demo.files import Inbox
from campaigns.demo.grid import midnight
from campaigns.demo.outdoors import Surroundings

AS_OF = date(2026, 11, 24)


@pytest.fixture(scope="session")
def dice() -> Dice:
    return Dice(seed=7)


@pytest.fixture(scope="session")
def settled(dice: Dice) -> people.Settled:
    return people.settle(dice, 1500, AS_OF)


@pytest.fixture(scope="session")
def business(dice: Dice, settled: people.Settled) -> companies.Businesses:
    return companies.found(
        dice, 1500, AS_OF, first_person=settled.people.height, first_site=settled.homes.height
    )


@pytest.fixture(scope="session")
def everybody(dice: Dice, settled: people.Settled, business: companies.Businesses) -> pl.DataFrame:
    return crm.describe(
        dice, pl.concat([settled.people, business.people], how="diagonal"), business.companies
    )


@pytest.fixture(scope="session")
def signed(dice: Dice, settled: people.Settled, business: companies.Businesses) -> pl.DataFrame:
    stays = pl.concat([settled.stays, business.stays], how="diagonal")
    return contracts.sign(dice, stays, pl.concat([settled.homes, business.homes]), AS_OF)


@pytest.fixture(scope="session")
def around(dice: Dice, tmp_path_factory: pytest.TempPathFactory) -> Surroundings:
    folder: Path = tmp_path_factory.mktemp("outdoors")
    inbox = Inbox(folder=folder, received=midnight(AS_OF) + timedelta(minutes=5))
    return outdoors.surround(dice, inbox, as_of=AS_OF, days=370)

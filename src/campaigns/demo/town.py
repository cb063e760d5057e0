"""The example town as source files: `write` fills an inbox with what a utility's systems would send.

The same arguments give the same bytes. What is true of each home and person is in `truth.parquet` beside the
inbox, for tests only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import polars as pl

from campaigns.demo import (
    companies,
    contracts,
    crm,
    datahub,
    desk,
    happenings,
    lake_heat,
    mess,
    meters,
    network,
    outdoors,
    people,
    permits,
    readings,
    registers,
    truth,
)
from campaigns.demo.dice import Dice, share
from campaigns.demo.files import Inbox
from campaigns.demo.grid import midnight

TRUTH = Path("demo") / "truth.parquet"


@dataclass(frozen=True, kw_only=True, slots=True)
class TownSummary:
    """What was written: rows by file, how many of what, and how much of each kind of mess."""

    folder: Path
    truth: Path
    files: Mapping[str, int]
    counts: Mapping[str, int]
    mess: Mapping[str, int]


@dataclass(frozen=True, kw_only=True)
class Town:
    """Who lives where under which contract, before any file is written."""

    people: pl.DataFrame
    companies: pl.DataFrame
    homes: pl.DataFrame
    stays: pl.DataFrame
    contracts: pl.DataFrame


def write(folder: Path, *, customers: int = 2000, seed: int = 1, as_of: date, days: int = 400) -> TownSummary:
    """Write a town of that many customers into `folder`, as it stands on the morning of `as_of`.

    Readings cover the `days` local days before `as_of`; everything else up to two years and more.
    """
    dice = Dice(seed=seed)
    folder.mkdir(parents=True, exist_ok=True)
    inbox = Inbox(folder=folder, received=midnight(as_of) + timedelta(minutes=5))
    stamp = f"{as_of:%Y%m%d}"
    town = build(dice, customers, as_of)
    spoilt = _customer_files(dice, inbox, town, stamp)
    granted = _permission_files(dice, inbox, town.people, as_of)
    _event_files(dice, inbox, town, granted, as_of)
    _desk_files(dice, inbox, town.people, as_of)
    other = network.register(dice, town.people, town.homes, town.stays, as_of, count=share(customers, 0.15))
    network.write(dice, inbox, other, as_of)
    around = outdoors.surround(dice, inbox, as_of=as_of, days=days)
    metered = readings.choose_metered(dice, town.homes, _held(town, as_of), customers)
    read = datahub.write(dice, inbox, metered, around, stamp)
    meters.write(dice, inbox, metered, town.homes, around, stamp)
    secret = folder.parent / TRUTH
    truth.write(secret, town.people, town.homes, town.contracts, metered, other.people, as_of)
    return TownSummary(
        folder=folder,
        truth=secret,
        files=dict(sorted(inbox.rows.items())),
        counts=_counts(town, metered, other, granted, read),
        mess={**spoilt, **_reading_mess(read)},
    )


def build(dice: Dice, count: int, as_of: date) -> Town:
    """A town of that many customers."""
    settled = people.settle(dice, count, as_of)
    business = companies.found(
        dice, count, as_of, first_person=settled.people.height, first_site=settled.homes.height
    )
    homes = pl.concat([settled.homes, business.homes])
    stays = pl.concat([settled.stays, business.stays], how="diagonal")
    everybody = pl.concat([settled.people, business.people], how="diagonal")
    signed = contracts.sign(dice, stays, homes, as_of)
    return Town(
        people=crm.describe(dice, everybody, business.companies),
        companies=business.companies.with_columns(
            number=(pl.col("company") + registers.FIRST_COMPANY).cast(pl.String)
        ),
        homes=homes.join(
            _followers(signed, as_of), on="site", how="left", maintain_order="left"
        ).with_columns(pl.col("follows_price").fill_null(value=False)),
        stays=stays,
        contracts=signed,
    )


def _followers(signed: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """Homes whose running contract is on the spot price and whose people mind it: site, follows_price."""
    return (
        signed.filter(_running(as_of))
        .group_by("site", maintain_order=True)
        .agg(pl.col("follows_price").any())
    )


def _running(as_of: date) -> pl.Expr:
    return (pl.col("start") <= as_of) & (pl.col("end").is_null() | (pl.col("end") >= as_of))


def _held(town: Town, as_of: date) -> pl.DataFrame:
    """Who holds which home today, and how interesting: what segments look for is metered more often."""
    electric = pl.col("heating").is_in(["direct_electric", "storage_electric"])
    house = pl.col("building_type") == "detached_house"
    ending = (pl.col("end") <= as_of + timedelta(days=contracts.SOON)).fill_null(value=False)
    spot = pl.col("contract_type") == "spot"
    peaky = pl.col("evening") & (pl.max_horizontal("sauna_kw", "ev_kw") > 0)
    weight = (
        1.0
        + 500.0 * (house & electric & ending)  # those whose contract ends: always
        + 4.0 * (house & electric)
        + 3.0 * spot
        + 20.0 * (spot & peaky)
        + 2.0 * ((pl.col("ev_kw") > 0) | (pl.col("pv_kwp") > 0))
        + 1.0 * (pl.col("heating") == "oil")
    )
    places = town.homes.select("site", "building_type", "heating", "ev_kw", "pv_kwp", "sauna_kw", "evening")
    running = town.contracts.filter(_running(as_of)).join(places, on="site", maintain_order="left")
    return running.select(
        "site",
        holder=pl.coalesce(pl.format("p{}", "person"), pl.format("c{}", "company")),
        interesting=weight,
    )


def _customer_files(dice: Dice, inbox: Inbox, town: Town, stamp: str) -> Mapping[str, int]:
    spoilt = mess.spoil(dice, crm.rows(town.people, town.companies))
    inbox.write(f"asiakkaat_{stamp}.csv", spoilt.frame, broken=mess.BROKEN)
    inbox.write(f"yritykset_{stamp}.csv", registers.company_rows(town.companies), bom=True)
    inbox.write(f"kayttopaikat_{stamp}.csv", registers.site_rows(town.homes, prefix="K"))
    heat = lake_heat.contracts(town.stays, lake_heat.points(town.homes))
    signed = registers.contract_rows(town.contracts, heat, town.people, town.companies)
    inbox.write(f"sopimukset_{stamp}.csv", signed)
    return spoilt.counts


def _permission_files(dice: Dice, inbox: Inbox, everybody: pl.DataFrame, as_of: date) -> pl.DataFrame:
    said = permits.history(dice, everybody, as_of)
    inbox.write(f"luvat_{as_of:%Y%m%d}.csv", permits.rows(said, everybody, prefix="L"))
    return said


def _event_files(dice: Dice, inbox: Inbox, town: Town, granted: pl.DataFrame, as_of: date) -> None:
    stamp = f"{as_of:%Y%m%d}"
    visits, service = happened(dice, town, as_of)
    reads = happenings.newsletter(dice, permits.readers(granted), as_of)
    for name, prefix, events in (
        (f"web_events_{stamp}.csv", "w", visits),
        (f"web_events_asiakaspalvelu_{stamp}.csv", "a", service),
        (f"newsletter_{stamp}.csv", "n", reads),
    ):
        rows = registers.event_rows(events, town.people, prefix=prefix)
        inbox.write(name, rows, separator=",")


def _desk_files(dice: Dice, inbox: Inbox, everybody: pl.DataFrame, as_of: date) -> None:
    consumers = everybody.filter(pl.col("company").is_null())
    inbox.write(f"kontaktit_{as_of:%Y%m%d}.csv", desk.contacts(dice, consumers, as_of))
    inbox.write(f"lista_messut_{as_of:%Y%m%d}.csv", desk.fair(dice, consumers, as_of))


def happened(dice: Dice, town: Town, as_of: date) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What people did on the web and elsewhere, and what customer service wrote down."""
    heating = town.homes.select("heating", home="site")
    living = town.people.select("person", "home").join(heating, on="home").select("person", "heating")
    consumers = town.people.filter(pl.col("company").is_null())
    return (
        happenings.web(dice, consumers, living, as_of),
        happenings.service(dice, town.people, town.contracts, town.stays, as_of),
    )


def _counts(
    town: Town, metered: pl.DataFrame, other: network.Register, granted: pl.DataFrame, read: datahub.Written
) -> Mapping[str, int]:
    kinds = dict(town.people["kind"].value_counts(sort=True).iter_rows())
    return {
        "people": town.people.height,
        **{f"people: {kind}": count for kind, count in kinds.items()},
        "companies": town.companies.height,
        "sites": town.homes.height,
        "contracts": town.contracts.height,
        "permission events": granted.height,
        "people of the network company": other.people.height,
        "of them known to both": int(other.people["same_as"].is_not_null().sum()),
        "metering points with readings": metered.height,
        "intervals": read.intervals,
    }


def _reading_mess(read: datahub.Written) -> Mapping[str, int]:
    return {
        "intervals missing": read.missing,
        "intervals without a row": read.absent,
        "intervals estimated, then corrected": read.revised,
        "missing intervals that came later": read.filled,
        "broken reading rows": len(datahub.BROKEN),
        "files sent twice": 1,
    }

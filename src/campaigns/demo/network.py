"""The network company's own register of its area: in part the same humans, under other customer numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from campaigns.demo import contact, crm, homes, people, permits
from campaigns.demo.dice import Dice, share
from campaigns.demo.files import Inbox
from campaigns.demo.registers import site_rows

FIRST_NUMBER = 700_000


@dataclass(frozen=True, kw_only=True)
class Register:
    """`people`: as in `crm.describe`, with `same_as` (the person in the retail register, or NULL).

    `sites`: its homes; `holders`: person, site, start.
    """

    people: pl.DataFrame
    sites: pl.DataFrame
    holders: pl.DataFrame


def register(
    dice: Dice, retail: pl.DataFrame, places: pl.DataFrame, stays: pl.DataFrame, as_of: date, *, count: int
) -> Register:
    """Who holds a home in the network area: of the retail company's customers, and `count` of its rivals'."""
    here = stays.filter(pl.col("end").is_null() & pl.col("person").is_not_null()).join(
        places.filter("network").select("site"), on="site", maintain_order="left"
    )
    shared = retail.join(here.select("person").unique(maintain_order=True), on="person", how="semi")
    shared = shared.with_columns(same_as="person", email=_other_email(dice, shared))
    rivals, rival_sites = _rivals(dice, as_of, count, first_site=int(places["site"].max() or 0) + 1)  # type: ignore[arg-type]  # an integer column
    everybody = pl.concat([shared, rivals], how="diagonal").with_columns(
        person=pl.int_range(pl.len(), dtype=pl.Int64),
    )
    everybody = everybody.with_columns(
        (pl.col("person") + FIRST_NUMBER).cast(pl.String).alias("number"),
        phone=_other_spelling(dice, everybody),
    )
    own = everybody.select("same_as", number="number", new="person")
    holders = here.join(own, left_on="person", right_on="same_as", maintain_order="left").select(
        person="new", site="site", start="start"
    )
    rival_holders = everybody.filter(pl.col("same_as").is_null()).select(
        "person", site=rival_sites["site"], start="since"
    )
    in_area = places.filter(pl.col("site").is_in(holders["site"].to_list()))
    return Register(
        people=everybody,
        sites=pl.concat([in_area, rival_sites], how="diagonal"),
        holders=pl.concat([holders, rival_holders]),
    )


def write(dice: Dice, inbox: Inbox, network: Register, as_of: date) -> None:
    """sv_asiakkaat, sv_kayttopaikat, sv_sopimukset and sv_luvat."""
    stamp = f"{as_of:%Y%m%d}"
    nobody = pl.DataFrame(schema={"company": pl.Int64, "number": pl.String})
    inbox.write(f"sv_asiakkaat_{stamp}.csv", crm.rows(network.people, nobody))
    inbox.write(f"sv_kayttopaikat_{stamp}.csv", site_rows(network.sites, prefix="VK"))
    contracts = network.holders.join(
        network.people.select("person", "number"), on="person", maintain_order="left"
    )
    contracts = contracts.join(network.sites.select("site", "gsrn"), on="site", maintain_order="left")
    inbox.write(
        f"sv_sopimukset_{stamp}.csv",
        contracts.select(
            sopimusnro=pl.format("VS{}", 300_000 + pl.col("site")),
            asiakasnro="number",
            yritysnro=pl.lit(None, pl.String),
            gsrn=pl.col("gsrn").cast(pl.String),
            käyttöpaikkanro=pl.lit(None, pl.String),
            tuote=pl.lit("Verkkopalvelu"),
            sopimustyyppi=pl.lit("verkko"),
            alkupvm="start",
            loppupvm=pl.lit(None, pl.Date),
            vuosikulutusarvio=pl.lit(None, pl.Int64),
            hinta_snt=pl.lit(None, pl.Float64),
            marginaali_snt=pl.lit(None, pl.Float64),
        ),
    )
    said = permits.refusals_only(dice, network.people, as_of)
    inbox.write(f"sv_luvat_{stamp}.csv", permits.rows(said, network.people, prefix="VL"))


def _other_email(dice: Dice, shared: pl.DataFrame) -> pl.Series:
    """Each company asked on its own: a part told the network company nothing, or an older address."""
    rng = dice.of("network:email")
    old = contact.emails(shared.with_columns(domain=pl.lit("vanhaposti.example")))
    frame = shared.select("email").with_columns(
        old=old,
        gone=pl.Series(rng.random(shared.height) < 0.3),
        aged=pl.Series(rng.random(shared.height) < 0.1),
    )
    return frame.select(pl.when("gone").then(None).when("aged").then("old").otherwise("email")).to_series()


def _other_spelling(dice: Dice, everybody: pl.DataFrame) -> pl.Series:
    """The same number as in the retail register, as this company's clerks write it."""
    own_number = pl.coalesce("same_as", pl.lit(5_000_000) + pl.col("person"))
    numbers = everybody.select(own_number).to_series().to_numpy()
    return contact.blank(contact.phones(dice, "network", numbers), dice.of("network:phone"), 0.1)


def _rivals(dice: Dice, as_of: date, count: int, *, first_site: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """People who buy their electricity elsewhere, with homes of their own in the network area."""
    rng = dice.of("rivals")
    sites = homes.build(dice, "rivals", count, first=first_site)
    language = pl.Series("language", rng.choice(list(people.LANGUAGES), count, p=[0.905, 0.045, 0.05]))
    frame = pl.DataFrame(
        {
            "kind": ["consumer"] * count,
            "language": language,
            "birth_year": as_of.year - np.clip(rng.normal(50, 17, count), 19, 96).astype(np.int64),
            "since": people.days_before(as_of, rng.integers(100, 5000, count)),
            "deceased": [False] * count,
            "protected": np.arange(count) < share(count, 0.005),
            "from_sale": [False] * count,
            "opt_out_offered": [False] * count,
        }
    ).hstack([*people.full_names(dice, "rivals", language)])
    frame = frame.with_columns(domain=contact.some_domains(dice, "rivals", count))
    frame = frame.with_columns(email=contact.blank(contact.emails(frame), rng, 0.3)).drop("domain")
    return frame.hstack(sites.select("street", "postal_code", "city")), sites

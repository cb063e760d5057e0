"""The customer system's extract of people: made-up people with the details that a clerk or form recorded."""

from __future__ import annotations

import numpy as np
import polars as pl

from campaigns.demo import contact
from campaigns.demo.companies import business_ids
from campaigns.demo.dice import Dice, share
from campaigns.demo.files import finnish, yes_no

FIRST_NUMBER = 100_000


def describe(dice: Dice, people: pl.DataFrame, domains: pl.DataFrame) -> pl.DataFrame:
    """People with number, email, phone, deceased, protected, from_sale, opt_out_offered: everything right.

    `people`: settled and business people; `domains`: company and its mail domain.
    """
    people = people.join(domains.select("company", "domain"), on="company", how="left", maintain_order="left")
    return (
        people.with_columns(
            (pl.col("person") + FIRST_NUMBER).cast(pl.String).alias("number"), email=_emails(dice, people)
        )
        .with_columns(phone=_phones(dice, people))
        .with_columns(**_marks(dice, people))
        .drop("domain")
    )


def rows(people: pl.DataFrame, companies: pl.DataFrame) -> pl.DataFrame:
    """The columns of asiakkaat_*.csv, in their words. `companies`: company and its number."""
    numbers = companies.select("company", company_number="number")
    linked = _with_others(people, companies.height)
    return linked.join(numbers, on="company", how="left", maintain_order="left").select(
        pl.col("number").alias("asiakasnro"),
        finnish("kind").alias("laji"),
        pl.col("language").alias("kieli"),
        pl.col("birth_year").alias("syntymävuosi"),
        pl.col("first_name").alias("etunimi"),
        pl.col("last_name").alias("sukunimi"),
        pl.col("email").alias("sähköposti"),
        pl.col("phone").alias("puhelin"),
        pl.col("street").alias("katuosoite"),
        pl.col("postal_code").alias("postinumero"),
        pl.col("city").alias("postitoimipaikka"),
        pl.col("since").alias("asiakkaana_alkaen"),
        pl.col("until").alias("asiakkaana_saakka"),
        pl.col("relationship").alias("suhde"),
        yes_no("deceased").alias("kuollut"),
        yes_no("protected").alias("turvakielto"),
        yes_no("from_sale").alias("saatu_myynnistä"),
        yes_no("opt_out_offered").alias("kielto_tarjottu"),
        pl.lit(None, pl.String).alias("lisätiedot"),
        pl.col("company_number").alias("yritys"),
        pl.col("role").alias("rooli"),
        pl.col("duties").alias("tehtävät"),
        pl.col("role_since").alias("rooli_alkaen"),
        pl.col("guardian").alias("huoltaja"),
        pl.col("estate_contact").alias("pesän_yhteyshenkilö"),
        pl.col("own_business").alias("toiminimen_y_tunnus"),
    )


def _with_others(people: pl.DataFrame, companies: int) -> pl.DataFrame:
    """Who answers for each minor and each estate, and the business id of each sole trader."""
    adults = people.filter(pl.col("kind") == "consumer", pl.col("relationship").is_null())["number"]
    kind, place = people["kind"], np.arange(people.height)
    other = adults.gather(place % max(1, len(adults))) if len(adults) else pl.Series([None] * people.height)
    trader = kind == "sole_trader"
    ids = business_ids(companies + int(trader.sum()))[companies:]
    own = pl.DataFrame({"number": people["number"].filter(trader), "own_business": ids})
    linked = people.with_columns(
        guardian=pl.when(kind == "minor").then(other), estate_contact=pl.when(kind == "estate").then(other)
    )
    return linked.join(own, on="number", how="left", maintain_order="left")


def _emails(dice: Dice, people: pl.DataFrame) -> pl.Series:
    """Own addresses; a part has none; some couples share one; role addresses are the company's own."""
    rng = dice.of("email:missing")
    with_domain = people.with_columns(
        domain=pl.coalesce("domain", pl.lit(contact.some_domains(dice, "people", people.height)))
    )
    own = contact.emails(with_domain)
    needed = (
        people["relationship"].is_in(["subscriber", "portal_user", "website_visitor"]).fill_null(value=False)
    )
    older = (people["birth_year"].fill_null(1980) < 1955).to_numpy()
    missing = pl.Series(rng.random(people.height) < np.where(older, 0.22, 0.06)) & ~needed
    frame = people.select("home", "email", "last_name").with_columns(
        own=pl.when(~missing).then(own), shares=pl.Series(rng.random(people.height) < 0.15)
    )
    couple = pl.col("home").is_not_null() & (pl.int_range(pl.len()).over("home") > 0) & pl.col("shares")
    shared = pl.when(couple).then(pl.col("own").first().over("home")).otherwise("own")
    return frame.select(pl.coalesce("email", shared)).to_series()


def _phones(dice: Dice, people: pl.DataFrame) -> pl.Series:
    rng = dice.of("phone:missing")
    own = contact.phones(dice, "people", people["person"].to_numpy())
    own = contact.blank(own, rng, 0.06)
    switchboard = contact.switchboards(people.height)
    frame = people.select("kind").with_columns(own=own, switchboard=switchboard)
    return frame.select(pl.when(kind="company_role_address").then("switchboard").otherwise("own")).to_series()


def _marks(dice: Dice, people: pl.DataFrame) -> dict[str, pl.Series]:
    """Deceased, protected address, and how the contact details were got."""
    rng = dice.of("marks")
    count = people.height
    order = rng.permutation(np.flatnonzero((people["kind"] == "consumer").to_numpy()))
    dead, hidden = share(count, 0.005, least=2), share(count, 0.006, least=2)
    deceased, protected = np.zeros(count, dtype=np.bool_), np.zeros(count, dtype=np.bool_)
    deceased[order[:dead]] = True
    protected[order[dead : dead + hidden]] = True
    customer = people["relationship"].is_null().to_numpy()
    from_sale = customer & (rng.random(count) < 0.7)
    return {
        "deceased": pl.Series(deceased) | (people["kind"] == "estate"),
        "protected": pl.Series(protected),
        "from_sale": pl.Series(from_sale),
        "opt_out_offered": pl.Series(from_sale & (rng.random(count) < 0.8)),
    }

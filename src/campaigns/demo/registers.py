"""Rows of the retail company's other extracts: companies, usage places, contracts, permissions, events."""

from __future__ import annotations

import polars as pl

from campaigns.demo.files import finnish
from campaigns.demo.happenings import PROPERTIES

FIRST_COMPANY = 50_000


def company_rows(companies: pl.DataFrame) -> pl.DataFrame:
    """The columns of yritykset_*.csv."""
    return companies.select(
        yritysnro="number",
        y_tunnus="business_id",
        nimi="name",
        toimiala="industry",
        henkilöstö="size",
        postinumero="postal_code",
    )


def site_numbers(prefix: str) -> pl.Expr:
    """The usage place as a company's systems number it."""
    return pl.format("{}{}", pl.lit(prefix), 200_000 + pl.col("site"))


def site_rows(places: pl.DataFrame, *, prefix: str) -> pl.DataFrame:
    """The columns of kayttopaikat_*.csv: a row a metering point; district heat is one more without a GSRN."""
    electricity = places.select("site", energy=pl.lit("electricity"), order=pl.lit(0))
    heat = places.filter((pl.col("heating") == "district_heat") & (pl.col("building_type") != "apartment"))
    points = pl.concat([electricity, heat.select("site", energy=pl.lit("district_heat"), order=pl.lit(1))])
    metered = points.join(places, on="site", maintain_order="left").sort("site", "order", maintain_order=True)
    electric = pl.col("energy") == "electricity"
    return metered.select(
        site_numbers(prefix).alias("käyttöpaikkanro"),
        pl.when(electric).then(pl.col("gsrn").cast(pl.String)).alias("gsrn"),
        finnish("energy").alias("energialaji"),
        pl.col("street").alias("katuosoite"),
        pl.col("postal_code").alias("postinumero"),
        finnish("building_type").alias("rakennustyyppi"),
        pl.col("building_year").alias("rakennusvuosi"),
        finnish("heating").alias("lämmitys"),
        pl.col("area_m2").alias("pinta_ala"),
        pl.when(electric).then("fuse_a").alias("pääsulake"),
    )


def contract_rows(
    contracts: pl.DataFrame, heat: pl.DataFrame, people: pl.DataFrame, companies: pl.DataFrame
) -> pl.DataFrame:
    """The columns of sopimukset_*.csv; contracts of district heat name the usage place instead of a GSRN."""
    of_heat = heat.select(
        "person", "company", "product", "contract_type", "start", "end",
        contract=pl.col("contract") + contracts.height,
        place=site_numbers("K"),
    )  # fmt: skip
    contracts = pl.concat([contracts, of_heat], how="diagonal_relaxed")
    held = contracts.join(people.select("person", "number"), on="person", how="left", maintain_order="left")
    held = held.join(
        companies.select("company", company_number="number"), on="company", how="left", maintain_order="left"
    )
    return held.select(
        sopimusnro=pl.format("S{}", 300_000 + pl.col("contract")),
        asiakasnro="number",
        yritysnro="company_number",
        gsrn=pl.col("gsrn").cast(pl.String),
        käyttöpaikkanro="place",
        tuote="product",
        sopimustyyppi=finnish("contract_type"),
        alkupvm="start",
        loppupvm="end",
        vuosikulutusarvio="estimate",
        hinta_snt="price",
        marginaali_snt="margin",
    )


def event_rows(events: pl.DataFrame, people: pl.DataFrame, *, prefix: str) -> pl.DataFrame:
    """The columns of web_events_*.csv and newsletter_*.csv; a property that no row has is no column."""
    told = events.join(people.select("person", "number"), on="person", maintain_order="left")
    properties = [name for name in PROPERTIES if told[name].null_count() < told.height]
    return told.select(
        pl.format("{}{}", pl.lit(prefix), pl.int_range(1, pl.len() + 1)).alias("event_id"),
        pl.col("number").alias("customer"),
        pl.col("name").alias("event"),
        pl.col("at").alias("time"),
        *properties,
    )

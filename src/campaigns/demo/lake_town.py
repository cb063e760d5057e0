"""A town of any size straight into the lake, past files and import: for benchmarks and tests of its readers.

The people are those of `town`; metrics are drawn from what their homes are, not measured.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING

import polars as pl

from campaigns.demo import contact, drawn_metrics, lake_heat, permits, town
from campaigns.demo.dice import Dice, some
from campaigns.demo.happenings import PROPERTIES
from campaigns.demo.permits import NOTICE

if TYPE_CHECKING:
    from campaigns.lake import Lake
    from campaigns.ledger import Ledger

CONTROLLER = "lahti_energia"
SOURCE = "crm_customers"
PEOPLE_A_CUSTOMER = 1.2775  # with strangers and business contacts
CACHE_KB = 2_000_000  # at most, of the connection that fills a ledger


@dataclass(frozen=True, kw_only=True, slots=True)
class LakeTown:
    """Rows by table, and how many permission events there are."""

    tables: dict[str, int]
    permission_events: int


def write(
    lake: Lake,
    ledger: Ledger | None = None,
    *,
    persons: int,
    metering_points: int,
    seed: int = 1,
    as_of: date,
) -> LakeTown:
    """Fill an empty lake with about that many persons, all their data, and metrics of some metering points.

    Person ids start at 1. With a `ledger` the permission events go there too.
    """
    dice = Dice(seed=seed)
    built = town.build(dice, max(50, round(persons / PEOPLE_A_CUSTOMER)), as_of)
    tables = _tables(dice, built, as_of) | {"metrics": _metrics(dice, built, metering_points, as_of)}
    said = permission_events(dice, built, as_of)
    with lake.writer(purpose="demo") as writer:
        writer.allocate(f"person_id:{CONTROLLER}", built.people.height)
        for name, frame in tables.items():
            writer.append(name, frame.with_columns(controller=pl.lit(CONTROLLER)))
    if ledger is not None:
        permit(ledger, said)
    return LakeTown(
        tables={name: frame.height for name, frame in tables.items()}, permission_events=said.height
    )


def permission_events(dice: Dice, built: town.Town, as_of: date) -> pl.DataFrame:
    """The columns of the ledger's permission_events that a source tells; `event_id` is only unique."""
    said = permits.history(dice, built.people, as_of)
    return said.select(
        event_id=pl.format("drawn-{}", pl.int_range(pl.len())),
        controller=pl.lit(CONTROLLER),
        person_id=pl.col("person") + 1,
        kind="kind",
        channel="channel",
        purpose="purpose",
        scope=pl.lit("controller"),
        occurred_at="at",
        recorded_at="recorded",
        valid_until=pl.col("valid_until").cast(pl.Datetime("us")).dt.replace_time_zone("UTC"),
        source=pl.lit("crm_permissions"),
        method="method",
        text_version="text_version",
        text_language="text_language",
        notice_version="notice_version",
        evidence="evidence",
        details=pl.when(pl.col("about").is_null())
        .then(pl.lit("{}"))
        .otherwise(pl.concat_str(pl.lit('{"about": "'), "about", pl.lit('"}'))),
    )


def permit(ledger: Ledger, events: pl.DataFrame) -> None:
    """Insert the events into an SQLite ledger without sealing them: `permission verify` would refuse it."""
    texts = [
        pl.col(name).dt.strftime("%Y-%m-%d %H:%M:%S%.6f")
        for name in ("occurred_at", "recorded_at", "valid_until")
    ]
    rows = events.with_columns(*texts, erasable_digest=pl.lit("drawn"), digest=pl.lit("drawn"))
    columns = ["position", *rows.columns]
    marks = ", ".join("?" for _ in columns)
    statement = f"INSERT INTO permission_events ({', '.join(columns)}) VALUES ({marks})"
    with ledger.write() as connection:
        # All pages of the indexes stay in memory: rows come in the order of time, persons in none.
        usual = connection.exec_driver_sql("PRAGMA cache_size").scalar_one()
        connection.exec_driver_sql(f"PRAGMA cache_size = {-CACHE_KB}")
        positions = ledger.take_positions(connection, rows.height)
        for at in range(0, rows.height, 200_000):
            part = rows[at : at + 200_000].insert_column(
                0, pl.Series("position", positions[at : at + 200_000])
            )
            connection.exec_driver_sql(statement, part.rows())
        connection.exec_driver_sql(f"PRAGMA cache_size = {usual}")


def _tables(dice: Dice, built: town.Town, as_of: date) -> dict[str, pl.DataFrame]:
    """All tables of the register without their controller."""
    seen = datetime.combine(as_of, time(), UTC)
    persons = built.people.select(person_id=pl.col("person") + 1, number="number")
    origin = {"source": pl.lit(SOURCE), "received_at": pl.lit(seen).dt.cast_time_unit("us")}
    sites = built.homes.with_columns(_id("site", "site"), metering_point_id="gsrn", **origin)
    companies = built.companies.with_columns(_id("company", "company"), **origin)
    return {
        "person_keys": persons.select("person_id", key_space=pl.lit("crm"), source_id="number"),
        "persons": _persons(built.people, as_of).with_columns(**origin),
        "contact_points": _contact_points(built.people, as_of),
        "relationships": _relationships(built.people, as_of),
        "companies": companies.select(
            "company_id", "business_id", "name", "industry", "size", "postal_code", *origin
        ),
        "roles": _roles(built.people),
        "sites": sites.select(
            "site_id", "building_type", "building_year", "heating", "area_m2", "postal_code", *origin,
            address="street",
        ),
        "metering_points": _metering_points(sites).with_columns(**origin),
        "contracts": _contracts(built).with_columns(**origin),
        "events": _events(dice, built, as_of),
    }  # fmt: skip


def _id(kind: str, column: str) -> pl.Expr:
    """A number for each of a kind, spread over 63 bits as the ids of real imports are."""
    spread = pl.col(column).cast(pl.UInt64).hash(seed=sum(kind.encode()))
    return pl.when(pl.col(column).is_not_null()).then(spread // 2).cast(pl.Int64).alias(f"{kind}_id")


def _persons(everybody: pl.DataFrame, as_of: date) -> pl.DataFrame:
    return everybody.select(
        "kind", "language", "birth_year", "postal_code", "first_name", "last_name", "deceased",
        person_id=pl.col("person") + 1,
        protected_address="protected",
        informed_by=pl.lit(NOTICE),
        registered_on=pl.lit(as_of),
    )  # fmt: skip


def _contact_points(everybody: pl.DataFrame, as_of: date) -> pl.DataFrame:
    own_phone = pl.col("phone").is_not_null() & (pl.col("kind") != "company_role_address")
    phone = pl.when(own_phone).then(contact.e164(pl.col("person")))
    letter = pl.format("{}\n{} {}", "street", "postal_code", "city")
    values = {"email": pl.col("email"), "sms": phone, "phone": phone, "letter": letter}
    points = [
        everybody.select(
            person_id=pl.col("person") + 1,
            channel=pl.lit(channel),
            value=value,
            from_sale="from_sale",
            opt_out_offered="opt_out_offered",
        )
        for channel, value in values.items()
    ]
    return (
        pl.concat(points)
        .drop_nulls("value")
        .with_columns(source=pl.lit(SOURCE), valid_from=pl.lit(as_of), deliverable=pl.lit(value=True))
    )


def _relationships(everybody: pl.DataFrame, as_of: date) -> pl.DataFrame:
    known = everybody.select(
        person_id=pl.col("person") + 1,
        kind=pl.col("relationship").fill_null("customer"),
        start_date="since",
        end_date="until",
    )
    former = known.filter(pl.col("end_date") <= as_of).with_columns(
        kind=pl.lit("former_customer"), start_date="end_date", end_date=pl.lit(None, pl.Date)
    )
    return pl.concat([known, former]).with_columns(source=pl.lit(SOURCE))


def _metering_points(sites: pl.DataFrame) -> pl.DataFrame:
    """Electricity of every site, and heat where the house is on district heat."""
    electricity = sites.select("metering_point_id", "site_id", "gsrn", "fuse_a", energy=pl.lit("electricity"))
    heat = lake_heat.points(sites).select("metering_point_id", "site_id", energy=pl.lit("district_heat"))
    return pl.concat([electricity, heat], how="diagonal")


def _contracts(built: town.Town) -> pl.DataFrame:
    heat = lake_heat.contracts(built.stays, lake_heat.points(built.homes))
    signed = built.contracts.with_columns(_id("contract", "contract"), metering_point_id="gsrn")
    both = pl.concat(
        [signed, heat.with_columns(_id("heat_contract", "contract").alias("contract_id"))],
        how="diagonal_relaxed",
    )
    return both.select(
        "contract_id", _id("company", "company"), "metering_point_id", "product", "contract_type",
        person_id=pl.col("person") + 1,
        start_date="start",
        end_date="end",
        annual_kwh_estimate="estimate",
        price_c_kwh="price",
        margin_c_kwh="margin",
    )  # fmt: skip


def _roles(everybody: pl.DataFrame) -> pl.DataFrame:
    return everybody.filter(pl.col("company").is_not_null()).select(
        _id("company", "company"),
        "duties",
        person_id=pl.col("person") + 1,
        role=pl.col("role").fill_null("contact"),
        start_date=pl.coalesce("role_since", "since"),
    )


def _events(dice: Dice, built: town.Town, as_of: date) -> pl.DataFrame:
    """Web and customer service; a property is written as the JSON that an import makes of it."""
    told = pl.concat(town.happened(dice, built, as_of))
    pairs = [
        pl.when(pl.col(name).is_not_null()).then(pl.format(f'"{name}": "{{}}"', name)) for name in PROPERTIES
    ]
    inner = pl.concat_str(pairs, separator=", ", ignore_nulls=True)
    return told.select(
        pl.int_range(pl.len()).alias("event"), "name",
        person_id=pl.col("person") + 1,
        occurred_at="at",
        recorded_at="at",
        properties=pl.concat_str(pl.lit("{"), inner, pl.lit("}")),
        source=pl.lit("web_events"),
    ).with_columns(_id("event", "event")).drop("event")  # fmt: skip


def _metrics(dice: Dice, built: town.Town, count: int, as_of: date) -> pl.DataFrame:
    """Of that many metering points, drawn evenly; a few of them measure district heat."""
    heat = lake_heat.points(built.homes)
    cooled = min(heat.height, round(count * lake_heat.METERED))
    homes = built.homes[some(dice.of("lake:metered"), built.homes.height, count - cooled)]
    drawn = drawn_metrics.draw(dice, homes, as_of)
    return pl.concat([drawn, lake_heat.metrics(dice, heat, cooled, as_of)], how="diagonal_relaxed")

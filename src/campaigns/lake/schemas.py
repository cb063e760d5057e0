"""The tables of the lake: columns, types, keys, and which of them hold data about people.

Every key starts with the controller. `person_id`, `company_id` and the other ids are BIGINT: those of persons
are given at first import (see `Writer.allocate`), those of companies, sites and contracts are
`keys.stable_id(controller, kind, source_id)`; a metering point with a GSRN has the GSRN as its id.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

Schema = Mapping[str, pl.DataType]

TEXT, DAY, WHEN = pl.String(), pl.Date(), pl.Datetime("us", "UTC")
ID, INT, SMALL, TINY, YES = pl.Int64(), pl.Int32(), pl.Int16(), pl.Int8(), pl.Boolean()
NUMBER = pl.Float64()


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """One Delta table. `keys` are unique together; `statistics` are the only columns with file statistics."""

    name: str
    schema: Schema = field(repr=False)
    keys: tuple[str, ...]
    statistics: tuple[str, ...] = ("controller",)
    partition_by: tuple[str, ...] = ()
    personal: bool = False  # has a person_id, so erasure deletes from it


def _table(name: str, keys: tuple[str, ...], schema: dict[str, pl.DataType], **more: object) -> Table:
    columns: Schema = {"controller": TEXT, **schema}
    return Table(name=name, keys=("controller", *keys), schema=columns, **more)  # type: ignore[arg-type]  # forwarded


_PERSONAL_STATISTICS = ("controller", "person_id")

# The scalars beside each day that metrics read; computed at import, see consumption/days.
DAY_FACTS: Schema = {
    "wh_sum": ID,  # sum of present intervals, Wh
    "intervals_expected": SMALL,
    "intervals_present": SMALL,
    "wh_min": INT,  # lowest and highest hour, Wh; NULL unless the day is full
    "wh_max": INT,
    "peak_hour": TINY,  # local hour of wh_max, first of equals
    "wh_00_06": ID,  # local hours, lower bound included
    "wh_06_10": ID,
    "wh_10_16": ID,
    "wh_16_21": ID,
    "wh_21_24": ID,
}

_MONTHS = tuple(f"peak_month_kw_{month:02}" for month in range(1, 13))

# The numbers of the table `metrics`; their definitions are in consumption/metrics.
METRIC_COLUMNS: Schema = dict.fromkeys(
    (
        "full_days", "missing_intervals", "estimated_share", "days_since_last_data", "contract_days_left",
        "tenure_days", "electricity_use", "kwh_year", "kwh_year_norm", "base_kw", "peak_kw", "peak_p99_kw",
        "load_factor", *_MONTHS, "fuse_use", "night_share", "morning_share", "midday_share", "evening_share",
        "late_share", "morning_ramp_kw", "evening_ramp_kw", "weekday_weekend", "peak_hour_mode",
        "peak_hour_entropy", "winter_summer", "day_cv", "heat_slope", "base_kwh_day", "heat_r2", "heat_share",
        "heat_night_ratio", "cool_slope", "light_sensitivity", "spot_paid", "market_average", "spot_premium",
        "dear4_share", "price_response", "worst_month_spot_eur", "export_ratio", "pv_midday_sign",
        "ev_plateau", "ev_steps_small", "ev_steps_medium", "ev_steps_large", "ev_night_peak", "sauna_sign",
        "night_relay", "preheat_sign", "yoy_change", "yoy_base_ratio", "yoy_slope_ratio",
    ),
    NUMBER,
)  # fmt: skip

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        _table(
            "person_keys",
            ("key_space", "source_id"),
            {"key_space": TEXT, "source_id": TEXT, "person_id": ID},
            personal=True,
            statistics=_PERSONAL_STATISTICS,
        ),
        _table(
            "persons",
            ("person_id",),
            {
                "person_id": ID,
                "kind": TEXT,  # consumer, minor, sole_trader, business_contact, company_role_address, estate
                "language": TEXT,  # fi, sv, en
                "birth_year": SMALL,
                "postal_code": TEXT,
                "first_name": TEXT,
                "last_name": TEXT,
                "deceased": YES,
                "protected_address": YES,
                "guardian_id": ID,  # the person who answers for a minor
                "estate_contact_id": ID,  # the person to whom an estate is written
                "business_id": TEXT,  # of a sole trader
                "source": TEXT,
                "informed_by": TEXT,  # notice version that this person was told of; NULL = not informed
                "registered_on": DAY,
                "ended_on": DAY,  # absent from a full extract since
                "received_at": WHEN,  # of the newest file that had the person
            },
            personal=True,
            statistics=_PERSONAL_STATISTICS,
        ),
        _table(
            "contact_points",
            ("person_id", "channel", "value"),
            {
                "person_id": ID,
                "channel": TEXT,  # email, sms, phone, letter: a mobile number is both sms and phone
                "value": TEXT,  # normalised address; letters: lines joined by \n
                "source": TEXT,
                "from_sale": YES,  # given by the person with a purchase
                "opt_out_offered": YES,  # and told how to refuse when it was given
                "valid_from": DAY,
                "valid_to": DAY,
                "deliverable": YES,
            },
            personal=True,
            statistics=_PERSONAL_STATISTICS,
        ),
        _table(
            "relationships",
            ("person_id", "kind", "start_date"),
            {"person_id": ID, "kind": TEXT, "start_date": DAY, "end_date": DAY, "source": TEXT},
            personal=True,
            statistics=_PERSONAL_STATISTICS,
        ),
        _table(
            "companies",
            ("company_id",),
            {
                "company_id": ID,
                "business_id": TEXT,
                "name": TEXT,
                "industry": TEXT,
                "size": INT,  # people
                "postal_code": TEXT,
                "ended_on": DAY,
                "source": TEXT,
                "received_at": WHEN,
            },
        ),
        _table(
            "roles",
            ("person_id", "company_id", "role"),
            {
                "person_id": ID,
                "company_id": ID,
                "role": TEXT,
                "duties": TEXT,
                "start_date": DAY,
                "end_date": DAY,
            },
            personal=True,
            statistics=_PERSONAL_STATISTICS,
        ),
        _table(
            "sites",
            ("site_id",),
            {
                "site_id": ID,
                "address": TEXT,
                "postal_code": TEXT,
                "building_type": TEXT,  # detached_house, semi_detached, row_house, apartment, cottage, ...
                "building_year": SMALL,
                "heating": TEXT,
                "area_m2": SMALL,
                "source": TEXT,
                "received_at": WHEN,
            },
        ),
        _table(
            "metering_points",
            ("metering_point_id",),
            {
                "metering_point_id": ID,
                "site_id": ID,
                "energy": TEXT,  # electricity, district_heat
                "gsrn": ID,  # NULL for heat; text of 18 digits at every border
                "fuse_a": SMALL,
                "ended_on": DAY,  # absent from a full extract since
                "source": TEXT,
                "received_at": WHEN,
            },
        ),
        _table(
            "contracts",
            ("contract_id",),
            {
                "contract_id": ID,
                "person_id": ID,  # NULL when a company holds it
                "company_id": ID,
                "metering_point_id": ID,
                "product": TEXT,
                "contract_type": TEXT,  # fixed_term, open_ended, spot, network, district_heat
                "start_date": DAY,
                "end_date": DAY,
                "annual_kwh_estimate": INT,
                "source": TEXT,
                "received_at": WHEN,
            },
            personal=True,
            statistics=_PERSONAL_STATISTICS,
        ),
        _table(
            "events",
            ("event_id",),
            {
                "event_id": ID,  # keys.stable_id(controller, source, source_id)
                "person_id": ID,
                "name": TEXT,
                "occurred_at": WHEN,
                "recorded_at": WHEN,
                "properties": TEXT,  # JSON object of text values
                "source": TEXT,
            },
            personal=True,
            statistics=_PERSONAL_STATISTICS,
        ),
        _table(  # that somebody called, wrote or came by; never what was said
            "interactions",
            ("interaction_id",),
            {
                "interaction_id": ID,  # keys.stable_id(controller, source, source_id)
                "person_id": ID,
                "channel": TEXT,  # phone, chat, email, visit, form
                "direction": TEXT,  # inbound, outbound
                "started_at": WHEN,
                "ended_at": WHEN,
                "topic": TEXT,  # one word each
                "outcome": TEXT,
                "handled_by": TEXT,  # a team
                "source": TEXT,
                "received_at": WHEN,
            },
            personal=True,
            statistics=_PERSONAL_STATISTICS,
        ),
        _table(  # static lists: nobody is on one from `delete_on` on
            "list_members",
            ("list_name", "person_id"),
            {
                "list_name": TEXT,
                "person_id": ID,
                "source": TEXT,
                "added_on": DAY,
                "delete_on": DAY,
                "received_at": WHEN,
            },
            personal=True,
            statistics=_PERSONAL_STATISTICS,
        ),
        _table(
            "consumption_days",
            ("metering_point_id", "direction", "local_date"),
            {
                "metering_point_id": ID,
                "gsrn": ID,
                "direction": TEXT,  # import, export
                "month": TEXT,  # 2026-11, of local_date: the partition
                "local_date": DAY,
                "resolution_min": SMALL,  # 15 or 60: the finest seen that day
                "wh": pl.List(INT),  # one value an interval of the local day, NULL when missing
                "quality": pl.List(TINY),  # 0 missing, 1 OK, 2 estimated, 3 other code, present but flagged
                "received": pl.List(
                    ID
                ),  # when the file that gave each interval was received, microseconds UTC
                "file": pl.List(ID),  # head of that file's hash; one entry in both when one file gave the day
                **DAY_FACTS,
            },
            partition_by=("month",),
            statistics=("controller", "metering_point_id", "local_date"),
        ),
        _table(  # what is left of consumption_days when their retention is over (rights/retention_readings)
            "consumption_months",
            ("metering_point_id", "direction", "month"),
            {
                "metering_point_id": ID,
                "gsrn": ID,
                "direction": TEXT,  # import, export
                "month": TEXT,  # 2026-11, local
                "wh_sum": ID,  # Wh, the sum of the days' sums
                "days": SMALL,  # that had any interval
                "intervals_expected": INT,
                "intervals_present": INT,
            },
            statistics=("controller", "metering_point_id"),
        ),
        _table(  # what metrics read of each day of import; made from consumption_days (consumption/day_facts)
            "day_facts",
            ("metering_point_id", "local_date"),
            {
                "metering_point_id": ID,
                "month": TEXT,  # of local_date: the partition
                "local_date": DAY,
                "is_full": YES,  # every interval is present; all below the line is NULL on other days
                "expected": SMALL,  # intervals
                "present": SMALL,
                "estimated": SMALL,  # of the present ones
                # ---
                "minutes": SMALL,  # length of the day
                "wh": INT,
                "wh_min": INT,  # lowest and highest clock hour
                "wh_max": INT,
                "peak_hour": TINY,
                "wh_00_06": INT,
                "wh_06_10": INT,
                "wh_10_16": INT,
                "wh_16_21": INT,
                "wh_22_24": INT,
                "export_wh": INT,  # of the same day; 0 without any
                "export_10_16": INT,
                "cost_x4": ID,  # Wh times price in 1/4000 c/kWh; NULL without prices
                "dear_wh": INT,  # in the 4 dearest hours
                "price_rank": ID,  # rank correlation of hours with price, 1e-12; NULL when the spread is <= 5 c
                "plateau_hours": TINY,  # see consumption/shapes
                "steps_small": TINY,
                "steps_medium": TINY,
                "steps_large": TINY,
                "night_max": INT,  # highest clock hour of 22 to 04
                "evening_block": TINY,  # 1: a stove of 4 to 9 kW for an hour or two between 16 and 22
                "relay_hours": TINY,  # bits: a step of 1.5 kW or more at 21, 22, 23
                "morning_block": TINY,  # 1: 0.5 to 2 kW more at some hour of 04 to 08 than from 00 to 04
            },
            partition_by=("month",),
            statistics=("controller", "metering_point_id", "local_date"),
        ),
        _table(  # from which files and prices the day facts of a month were made
            "day_fact_months",
            ("month",),
            {"month": TEXT, "files": TEXT, "prices": TEXT, "version": TEXT},
        ),
        _table(
            "prices",
            ("start",),
            {
                "start": WHEN,
                "minutes": SMALL,
                "price_mc": INT,  # 1/1000 c/kWh, VAT included
                "received": ID,  # of the file that gave the value, as in consumption_days
                "file": ID,
            },
            statistics=("controller", "start"),
        ),
        _table(
            "temperatures",
            ("start",),
            {"start": WHEN, "celsius_x10": SMALL, "received": ID, "file": ID},
            statistics=("controller", "start"),
        ),
        _table(  # wide: one row a metering point, period and as_of; a column a metric (consumption/metrics)
            "metrics",
            ("metering_point_id", "period", "as_of"),
            {
                "metering_point_id": ID,
                "period": TEXT,
                "as_of": DAY,
                "period_start": DAY,
                "period_end": DAY,
                "days_used": SMALL,
                "version": TEXT,
                **METRIC_COLUMNS,
            },
            statistics=("controller", "metering_point_id", "as_of"),
        ),
        _table(  # from what the metrics of each period were made: the same again need not be made again
            "metric_periods",
            ("period",),
            {"period": TEXT, "as_of": DAY, "inputs": TEXT},
        ),
        _table(  # the last metrics of each month, as they were then: what models are trained on
            "metrics_history",
            ("metering_point_id", "period", "as_of"),
            {
                "metering_point_id": ID,
                "period": TEXT,
                "as_of": DAY,
                "month": TEXT,  # of as_of: the partition
                "period_start": DAY,
                "period_end": DAY,
                "days_used": SMALL,
                "version": TEXT,
                **METRIC_COLUMNS,
            },
            partition_by=("month",),
            statistics=("controller", "metering_point_id", "as_of"),
        ),
        _table(
            "segment_members",
            ("segment", "person_id", "entered_at"),
            {
                "segment": TEXT,
                "fingerprint": TEXT,
                "person_id": ID,
                "entered_at": WHEN,
                "left_at": WHEN,
            },
            personal=True,
            statistics=_PERSONAL_STATISTICS,
        ),
        _table(  # every file that was imported: what it was, and what became of its rows
            "deliveries",
            ("source", "file_hash"),
            {
                "source": TEXT,
                "file_hash": TEXT,
                "file": TEXT,
                "kind": TEXT,
                "extract": TEXT,  # full, changes
                "received_at": WHEN,
                "imported_at": WHEN,
                "rows": ID,
                "accepted": ID,
                "quarantined": ID,
            },
        ),
        _table(
            "quarantine",
            ("file_hash", "line", "reason"),
            {
                "file_hash": TEXT,
                "file": TEXT,
                "line": ID,
                "kind": TEXT,
                "reason": TEXT,  # a code, such as REG012
                "message": TEXT,  # its sentence: names the column, never the value
                "column": TEXT,
                "text": TEXT,  # the raw line, identity codes masked
                "person_id": ID,  # when it could be told whose row it is
                "received_at": WHEN,
            },
            personal=True,
            statistics=_PERSONAL_STATISTICS,
        ),
    )
}


def empty(table: str) -> pl.DataFrame:
    """No rows of that table, with its types."""
    return pl.DataFrame(schema=dict(TABLES[table].schema))

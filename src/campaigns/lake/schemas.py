"""The tables of the lake: columns, types, keys, and which of them hold data about people.

Every key starts with the controller. `person_id`, `company_id` and the other ids are BIGINT: those of persons
are given at first import (see `Writer.allocate`), those of companies, sites and contracts are
`keys.stable_id(controller, kind, source_id)`; a metering point with a GSRN has the GSRN as its id.
"""

from __future__ import annotations

import polars as pl

from campaigns.lake.consumption_tables import CONSUMPTION, DAY_FACTS, METRIC_COLUMNS, MONTH_SUMS
from campaigns.lake.heat_tables import HEAT
from campaigns.lake.table import DAY, ID, INT, NUMBER, SMALL, TEXT, WHEN, YES, Schema, Table, table

__all__ = ["DAY_FACTS", "METRIC_COLUMNS", "MONTH_SUMS", "TABLES", "Schema", "Table", "empty"]

_PERSONAL_STATISTICS = ("controller", "person_id")

TABLES: dict[str, Table] = {
    each.name: each
    for each in (
        *CONSUMPTION,
        *HEAT,
        table(
            "person_keys",
            ("key_space", "source_id"),
            {"key_space": TEXT, "source_id": TEXT, "person_id": ID},
            personal=True,
            statistics=_PERSONAL_STATISTICS,
        ),
        table(
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
        table(
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
        table(
            "relationships",
            ("person_id", "kind", "start_date"),
            {"person_id": ID, "kind": TEXT, "start_date": DAY, "end_date": DAY, "source": TEXT},
            personal=True,
            statistics=_PERSONAL_STATISTICS,
        ),
        table(
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
        table(
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
        table(
            "sites",
            ("site_id",),
            {
                "site_id": ID,
                "number": TEXT,  # as its source calls the place
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
        table(
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
        table(
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
                "price_c_kwh": NUMBER,  # VAT included, three decimals; NULL without a price of its own
                "margin_c_kwh": NUMBER,  # on top of spot prices, VAT included
                "source": TEXT,
                "received_at": WHEN,
            },
            personal=True,
            statistics=_PERSONAL_STATISTICS,
        ),
        table(
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
        table(  # that somebody called, wrote or came by; never what was said
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
        table(  # static lists: nobody is on one from `delete_on` on
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
        table(  # what models say of people, as it was published; nothing is changed afterwards
            "scores",
            ("score", "person_id", "scored_at"),
            {
                "person_id": ID,
                "score": TEXT,
                "version": TEXT,  # of the model
                "scored_at": WHEN,
                "valid_until": DAY,  # the last day on which it may be used; NULL: no end of its own
                "value": NUMBER,  # NULL: the model could not tell
                "rank_pct": NUMBER,  # 0 to 1, the place among everybody who was scored
            },
            personal=True,
            statistics=_PERSONAL_STATISTICS,
        ),
        table(  # what people corrected: it stands against sources that still say the old (register/rectified)
            "rectifications",
            ("person_id", "field", "rectified_at"),
            {
                "person_id": ID,
                "field": TEXT,  # a column of persons, or a channel
                "old_value": TEXT,
                "new_value": TEXT,  # NULL: it is not theirs, and nothing comes in its place
                "rectified_at": WHEN,
                "ended_at": WHEN,  # a source has said something newer since
            },
            personal=True,
            statistics=_PERSONAL_STATISTICS,
        ),
        table(  # who was in a segment from when to when, as far as snapshots were taken
            "segment_members",
            ("segment", "person_id", "entered_at"),
            {
                "segment": TEXT,
                "fingerprint": TEXT,  # of the definition by which the person came in
                "person_id": ID,
                "entered_at": WHEN,
                "left_at": WHEN,  # NULL: still in at the last snapshot
            },
            personal=True,
            statistics=_PERSONAL_STATISTICS,
        ),
        table(  # each snapshot of a segment: what it was made from, and its numbers
            "segment_snapshots",
            ("segment", "taken_at"),
            {
                "segment": TEXT,
                "taken_at": WHEN,
                "as_of": DAY,
                "fingerprint": TEXT,
                "lake_snapshot": ID,
                "lake_versions": TEXT,  # JSON: the version of each table
                "ledger_position": ID,
                "rule_version": TEXT,
                "inputs": TEXT,  # a hash of all of that
                "members": ID,
                "entered": ID,
                "gone": ID,
                "final": ID,  # of the members, who could have been written to
                "control_group": ID,
                "digest": TEXT,  # a hash of the list of members
                "cut_offs": TEXT,  # JSON: where each `top` and `bottom` was cut off, see segments/cut_offs
            },
        ),
        table(  # every file that was imported: what it was, and what became of its rows
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
        table(
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


def empty(name: str) -> pl.DataFrame:
    """No rows of that table, with its types."""
    return pl.DataFrame(schema=dict(TABLES[name].schema))

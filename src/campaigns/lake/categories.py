"""Of which data category of the notice's section 4 each column of the lake is.

The names are those of `categories:` in campaigns.yml, which say where a category may appear. Two more are
never open to anybody's questions or messages: `bookkeeping` (keys, versions, times of receipt, which mean
nothing by themselves) and `public` (prices and weather, about nobody).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from campaigns.lake.schemas import METRIC_COLUMNS, MONTH_SUMS

BOOKKEEPING = "bookkeeping"
PUBLIC = "public"
OWN = frozenset({BOOKKEEPING, PUBLIC})


def _categories(*, bookkeeping: str = "", **columns: str) -> dict[str, str]:
    """`category="column column"`, the other way round."""
    named = {"bookkeeping": f"controller {bookkeeping}", **columns}
    return {column: category for category, listed in named.items() for column in listed.split()}


OF_COLUMN: Mapping[str, Mapping[str, str]] = {
    "person_keys": _categories(relationship="source_id", bookkeeping="key_space person_id"),
    "persons": _categories(
        identity="kind language birth_year first_name last_name deceased",
        contact="postal_code protected_address",
        relationship="registered_on ended_on guardian_id estate_contact_id",
        company="business_id",
        bookkeeping="person_id source informed_by received_at",
    ),
    "contact_points": _categories(
        contact="channel value from_sale opt_out_offered valid_from valid_to deliverable",
        bookkeeping="person_id source",
    ),
    "relationships": _categories(
        relationship="kind start_date end_date",
        bookkeeping="person_id source",
    ),
    "companies": _categories(
        company="business_id name industry size postal_code ended_on",
        bookkeeping="company_id source received_at",
    ),
    "roles": _categories(
        company="role duties start_date end_date",
        bookkeeping="person_id company_id",
    ),
    "sites": _categories(
        site="number address postal_code building_type building_year heating area_m2",
        bookkeeping="site_id source received_at",
    ),
    "metering_points": _categories(
        site="metering_point_id energy gsrn fuse_a ended_on",
        bookkeeping="site_id source received_at",
    ),
    "contracts": _categories(
        contract="product contract_type start_date end_date annual_kwh_estimate price_c_kwh margin_c_kwh",
        bookkeeping="contract_id person_id company_id metering_point_id source received_at",
    ),
    # What an event tells depends on its name: its entry in the catalogue says the category of each.
    "events": _categories(
        behaviour="name occurred_at properties",
        bookkeeping="event_id person_id recorded_at source",
    ),
    "interactions": _categories(
        behaviour="channel direction started_at ended_at topic outcome handled_by",
        bookkeeping="interaction_id person_id source received_at",
    ),
    # What a score tells depends on what its model was made from: its entry says the category of each.
    "scores": _categories(
        behaviour="score value rank_pct scored_at valid_until",
        bookkeeping="person_id version",
    ),
    "list_members": _categories(
        marketing="list_name added_on delete_on",
        bookkeeping="person_id source received_at",
    ),
    "consumption_days": _categories(
        site="metering_point_id gsrn",
        consumption=(
            "direction month local_date resolution_min wh quality wh_sum intervals_expected "
            "intervals_present lowest_wh highest_wh wh_min wh_max peak_hour wh_00_06 wh_06_10 wh_10_16 "
            "wh_16_21 wh_21_24"
        ),
        bookkeeping="received file",
    ),
    "consumption_months": _categories(
        site="metering_point_id gsrn",
        consumption="direction month wh_sum days intervals_expected intervals_present",
    ),
    "day_facts": _categories(
        site="metering_point_id",
        consumption=(
            "month local_date is_full expected present estimated minutes wh wh_min wh_max peak_hour wh_00_06 "
            "wh_06_10 wh_10_16 wh_16_21 wh_22_24 export_wh export_10_16 cost_x4 dear_wh price_rank "
            "plateau_hours steps_small steps_medium steps_large night_max evening_block relay_hours "
            "morning_block panels_w"
        ),
    ),
    "month_facts": _categories(site="metering_point_id", consumption=" ".join(["month", *MONTH_SUMS])),
    "reading_flags": _categories(
        site="metering_point_id",
        consumption="direction flag month first_date last_date days",
    ),
    "reading_twins": _categories(site="metering_point_id", consumption="direction month local_date"),
    "reading_twin_months": _categories(bookkeeping="month files version"),
    "day_fact_months": _categories(bookkeeping="month files prices version"),
    "heat_registers": _categories(
        site="metering_point_id",
        consumption="month local_date hour energy_wh volume_ml inlet_um3c return_um3c",
        bookkeeping="received file",
    ),
    "heat_days": _categories(
        site="metering_point_id",
        consumption="month local_date kwh volume_m3 inlet_m3c return_m3c gap_kwh",
    ),
    "prices": _categories(public="start minutes price_mc", bookkeeping="received file"),
    "temperatures": _categories(public="start celsius_x10", bookkeeping="received file"),
    "metrics": _categories(
        site="metering_point_id",
        consumption=" ".join(METRIC_COLUMNS),
        bookkeeping="period as_of period_start period_end days_used version",
    ),
    "metric_periods": _categories(bookkeeping="period as_of inputs"),
    "metrics_history": _categories(
        site="metering_point_id",
        consumption=" ".join(METRIC_COLUMNS),
        bookkeeping="period as_of month period_start period_end days_used version",
    ),
    "rectifications": _categories(
        contact="field old_value new_value",
        bookkeeping="person_id rectified_at ended_at",
    ),
    "segment_members": _categories(
        marketing="segment entered_at left_at",
        bookkeeping="person_id fingerprint",
    ),
    "segment_snapshots": _categories(
        marketing="segment taken_at as_of members entered gone final control_group cut_offs",
        bookkeeping="fingerprint lake_snapshot lake_versions ledger_position rule_version inputs digest",
    ),
    "deliveries": _categories(
        bookkeeping="source file_hash file kind extract received_at imported_at rows accepted quarantined"
    ),
    "quarantine": _categories(
        free_text="text",
        bookkeeping="file_hash file line kind reason message column person_id received_at",
    ),
}


def of(table: str, column: str) -> str:
    """The category of one column. Raises `KeyError` for one that has none."""
    return OF_COLUMN[table][column]


def columns_of(category: str) -> Iterator[tuple[str, str]]:
    """Every (table, column) of a category."""
    for table, columns in OF_COLUMN.items():
        yield from ((table, column) for column, its in columns.items() if its == category)

"""Of which data category of the notice each column of a source file is, by the kind of file."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from campaigns.lake.categories import BOOKKEEPING, OWN

_EVENT = "behaviour"  # what an event says besides, under names of the file's own


def _words(**categories: str) -> dict[str, str]:
    return {word: category for category, listed in categories.items() for word in listed.split()}


OF_WORD: Mapping[str, Mapping[str, str]] = {
    "companies": _words(bookkeeping="source_id", company="name business_id industry size postal_code"),
    "persons": _words(
        identity="kind language birth_year first_name last_name deceased guardian",
        contact=(
            "email phone address postal_code city protected_address contact_from_sale opt_out_offered "
            "estate_contact"
        ),
        relationship="source_id customer_since customer_until relationship",
        company="company_id role duties role_start business_id",
        bookkeeping="note",  # looked through for identity codes, and not kept
    ),
    "sites": _words(
        bookkeeping="source_id",
        site="energy gsrn address postal_code building_type building_year heating area_m2 fuse_a",
    ),
    "contracts": _words(
        bookkeeping="source_id person company site",
        site="gsrn",
        contract="contract_type start_date end_date product annual_kwh_estimate price_c_kwh margin_c_kwh",
    ),
    "events": _words(bookkeeping="source_id person", behaviour="name occurred_at"),
    "interactions": _words(
        bookkeeping="source_id person",
        behaviour="channel started_at direction ended_at topic outcome handled_by",
    ),
    "list_members": _words(bookkeeping="person", contact="email phone", marketing="list delete_on added_on"),
    "permissions": _words(
        bookkeeping="source_id person recorded_at",
        marketing=(
            "kind occurred_at channel purpose valid_until method text_version text_language notice_version "
            "evidence about flaw"
        ),
    ),
    "subscribers": _words(
        contact="email",
        marketing=(
            "state subscription asked_at asked_ip confirmed_at confirmed_ip ended_at reason channel purpose "
            "text_version notice_version"
        ),
    ),
    "spot_prices": _words(public="start price unit vat"),
    "temperatures": _words(public="start celsius"),
    "readings": _words(site="gsrn site", consumption="start zone resolution quantity unit direction quality"),
    "heat_meters": _words(site="site", consumption="read_at zone energy unit volume_m3 inlet_m3c return_m3c"),
    "datahub": _words(site="gsrn", consumption="product resolution unit reading_type start quantity quality"),
}


def brought(kind: str, words: Collection[str] | None = None) -> frozenset[str]:
    """The categories of personal data that columns of a file of that kind bring, all of them by default.

    A column that the kind does not know is what an event says of itself, or is not read.
    """
    known = OF_WORD[kind]
    asked = known if words is None else words
    unknown = _EVENT if kind == "events" else BOOKKEEPING
    return frozenset(known.get(word, unknown) for word in asked) - OWN

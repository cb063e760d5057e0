"""Which columns of the lake a field may come from. An allow-list: a column that is not here has no way in."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from campaigns.lake import categories
from campaigns.lake.schemas import TABLES

ALLOWED: Mapping[str, frozenset[str]] = {
    "persons": frozenset({"kind", "language", "birth_year", "postal_code", "registered_on"}),
    "relationships": frozenset({"kind", "start_date", "end_date"}),
    "roles": frozenset({"role", "duties", "start_date"}),
    "companies": frozenset({"industry", "size", "postal_code"}),
    "sites": frozenset({"number", "postal_code", "building_type", "building_year", "heating", "area_m2"}),
    "metering_points": frozenset({"energy", "fuse_a"}),
    "contracts": frozenset({"product", "contract_type", "start_date", "end_date", "annual_kwh_estimate"}),
    "notices_seen": frozenset({"version", "newest"}),  # made from lake and ledger, see permissions.notices
}
# Where the rows of a relation have their columns, then where more is looked up for them.
TABLES_OF: Mapping[str, tuple[str, ...]] = {
    "person": ("persons", "computed", "relationships", "roles", "notices_seen"),
    "site": ("sites", "metering_points"),
    "contract": ("contracts", "computed"),
    "company": ("companies", "roles"),
}
METRIC_COLUMNS = frozenset(name for name, kind in TABLES["metrics"].schema.items() if kind == pl.Float64())
# Values that the compiler works out from dates of the row and the segment's day, each with its data category.
COMPUTED: Mapping[str, str] = {"age": "identity", "running": "contract"}


def check(source: str, where: Mapping[str, str]) -> None:
    """Raise `ValueError` for a source that no field may have."""
    table, _, column = source.partition(".")
    if table == "computed":
        if column not in COMPUTED:
            raise ValueError(f"`{source}` is not computed; choose from: {', '.join(sorted(COMPUTED))}")
        return
    allowed = ALLOWED.get(table)
    if allowed is None:
        raise ValueError(f"fields cannot come from `{table}`; choose from: {', '.join(ALLOWED)}")
    for name in (column, *where):
        if name not in allowed:
            raise ValueError(f"`{table}.{name}` is closed to segments; open: {', '.join(sorted(allowed))}")


def category_of(source: str) -> str:
    """The data category of what a field comes from, for a source that `check` let through."""
    table, _, column = source.partition(".")
    if table == "notices_seen":
        return "relationship"  # what we have told the person
    return COMPUTED[column] if table == "computed" else categories.of(table, column)

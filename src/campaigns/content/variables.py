"""What a template may print about people, and of which data category each value is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

# The types of values, and the filters of which one must shape a value of that type before it is printed.
TYPES: Mapping[str, frozenset[str]] = {
    "text": frozenset(),
    "integer": frozenset(),
    "number": frozenset({"number", "percent", "money", "kwh", "round"}),
    "kwh": frozenset({"kwh"}),
    "money": frozenset({"money"}),
    "date": frozenset({"date"}),
    "yes_no": frozenset(),
}
SAMPLES: Mapping[str, Any] = {
    "text": "Maija Meikäläinen",
    "integer": 1987,
    "number": 12.5,
    "kwh": 18_432.0,
    "money": Decimal("49.90"),
    "date": date(2026, 11, 24),
    "yes_no": True,
}
# Values that every message has; they need no line under `variables:`.
CONSTANTS: Mapping[str, str] = {
    "sender.name": "text",
    "sender.business_id": "text",
    "sender.address": "text",
    "sender.phone": "text",
    "sender.email": "text",
    "sender.privacy_officer": "text",
    "links.unsubscribe": "text",
    "links.preferences": "text",
    "links.privacy": "text",
    "mailing.title": "text",
    "mailing.date": "date",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Variable:
    """A value about a person that a template may name."""

    name: str
    type: str
    category: str  # of campaigns.yml


def _variables(category: str, **types: str) -> dict[str, Variable]:
    names = {name.replace("__", "."): type_ for name, type_ in types.items()}
    return {name: Variable(name=name, type=type_, category=category) for name, type_ in names.items()}


# The notice's data categories in messages (domain facts 1.5): names, own address, product, kind of home.
# Never the metering point's number, the person's identity code, or anything about money owed.
_TABLE: Mapping[str, Variable] = {
    **_variables("identity", person__first_name="text", person__last_name="text"),
    **_variables("company", company__name="text"),
    **_variables(
        "site",
        site__address="text",
        site__postal_code="text",
        site__building_type="text",
        site__building_year="integer",
        site__heating="text",
        site__area_m2="integer",
    ),
    **_variables(
        "contract",
        contract__product="text",
        contract__contract_type="text",
        contract__start_date="date",
        contract__end_date="date",
        contract__annual_kwh_estimate="kwh",
    ),
}


def known() -> Mapping[str, Variable]:
    """Everything that `variables:` of a template may name, metrics included.

    Of the metrics only sums of consumption (`totals`): a daily or hourly pattern says how somebody lives.
    """
    from campaigns.consumption.metrics import METRICS

    metrics = {
        f"metric.{metric.name}": Variable(
            name=f"metric.{metric.name}",
            type="kwh" if metric.unit == "kWh" else "number",
            category="consumption",
        )
        for metric in METRICS.values()
        if metric.level == "totals"
    }
    return {**_TABLE, **metrics}

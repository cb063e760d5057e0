"""Units that values carry, with exact conversions: 9 MWh and 9000 kWh are one value."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

# The first unit of each row is the one that data is kept in; the factor turns the written one into it.
UNITS: Mapping[str, Mapping[str, Decimal]] = {
    "kWh": {"kWh": Decimal(1), "MWh": Decimal(1000), "GWh": Decimal(1_000_000), "Wh": Decimal("0.001")},
    "kW": {"kW": Decimal(1), "MW": Decimal(1000), "W": Decimal("0.001")},
    "c/kWh": {"c/kWh": Decimal(1), "snt/kWh": Decimal(1), "€/kWh": Decimal(100), "€/MWh": Decimal("0.1")},
    "kWh/day": {"kWh/day": Decimal(1), "MWh/day": Decimal(1000)},
    "kWh/K-day": {"kWh/K-day": Decimal(1)},
    "%": {"%": Decimal("0.01")},  # shares are kept as 0 to 1
    "days": {"days": Decimal(1), "day": Decimal(1)},
    "€": {"€": Decimal(1), "EUR": Decimal(1)},
    "people": {"people": Decimal(1), "person": Decimal(1)},
    "years": {"years": Decimal(1), "year": Decimal(1)},
    "m2": {"m2": Decimal(1), "m²": Decimal(1)},
    "A": {"A": Decimal(1)},
    "°C": {"°C": Decimal(1), "C": Decimal(1)},
    "kWp": {"kWp": Decimal(1)},
    "K": {"K": Decimal(1)},  # differences of temperature
}


def convert(number: Decimal, written: str, kept: str) -> Decimal | None:
    """`number` of the `written` unit in the unit `kept`; None when they measure different things."""
    factor = UNITS[kept].get(written)
    return None if factor is None else number * factor


def shown(number: Decimal, kept: str) -> str:
    """A kept number as people write it: 0.35 of `%` is `35 %`."""
    if not kept:
        return plain(number)
    return f"{plain(number / UNITS[kept][kept])} {kept}"


def plain(number: Decimal) -> str:
    """A number without exponent and without zeros at its end."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text

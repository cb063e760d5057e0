"""Units convert exactly."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.catalogue.units import UNITS, convert, plain, shown


@pytest.mark.parametrize(
    ("number", "written", "kept", "found"),
    [
        ("9", "MWh", "kWh", "9000"),
        ("9000", "kWh", "kWh", "9000"),
        ("35", "%", "%", "0.35"),
        ("0.1", "€/kWh", "c/kWh", "10"),
        ("55", "€/MWh", "c/kWh", "5.5"),
        ("500", "W", "kW", "0.5"),
    ],
)
def test_one_value_in_two_units(number: str, written: str, kept: str, found: str) -> None:
    assert convert(Decimal(number), written, kept) == Decimal(found)


def test_energy_is_not_power() -> None:
    assert convert(Decimal(9), "kWh", "kW") is None


@given(st.decimals("-1e9", "1e9", places=3), st.sampled_from(list(UNITS)))
def test_shown_and_read_again_is_the_same_value(number: Decimal, kept: str) -> None:
    digits, unit = shown(number, kept).split(" ")
    assert convert(Decimal(digits), unit, kept) == number


@given(st.decimals("-1e12", "1e12", places=6))
def test_plain_has_no_exponent(number: Decimal) -> None:
    assert "E" not in plain(number).upper()
    assert Decimal(plain(number)) == number

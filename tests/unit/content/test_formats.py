"""Numbers and dates by language."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.content import formats

GAP = formats.NO_BREAK_SPACE


@pytest.mark.parametrize(
    ("shape", "arguments", "fi", "sv", "en"),
    [
        (formats.number, (1234.5, 1), f"1{GAP}234,5", f"1{GAP}234,5", "1,234.5"),
        (formats.number, (1234.5,), f"1{GAP}234", f"1{GAP}234", "1,234"),
        (formats.number, (-0.5, 2), "-0,50", "-0,50", "-0.50"),
        (formats.money, (Decimal("1234.5"),), f"1{GAP}234,50{GAP}€", f"1{GAP}234,50{GAP}€", "€1,234.50"),
        (formats.money, (9, 0), f"9{GAP}€", f"9{GAP}€", "€9"),
        (formats.percent, (0.123,), f"12{GAP}%", f"12{GAP}%", "12%"),
        (formats.day, (date(2026, 11, 4),), "4.11.2026", "4 nov. 2026", "4 Nov 2026"),
        (
            formats.day,
            (date(2026, 11, 4), "long"),
            "4. marraskuuta 2026",
            "4 november 2026",
            "4 November 2026",
        ),
        (
            formats.day,
            (date(2026, 11, 4), "full"),
            "keskiviikko 4. marraskuuta 2026",
            "onsdag 4 november 2026",
            "Wednesday, 4 November 2026",
        ),
    ],
)
def test_each_language_writes_it_its_own_way(
    shape: Callable[..., str], arguments: tuple[Any, ...], fi: str, sv: str, en: str
) -> None:
    written = [shape(*arguments, language=language) for language in ("fi", "sv", "en")]
    assert [text.replace("\N{MINUS SIGN}", "-") for text in written] == [fi, sv, en]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (18_449.9, "18,400"),
        (18_450, "18,500"),
        (999, "1,000"),
        (994, "990"),
        (155, "160"),
        (99.4, "99"),
        (0, "0"),
    ],
)
def test_energy_is_rounded(value: float, shown: str) -> None:
    assert formats.kwh(value, language="en") == f"{shown}{GAP}kWh"


@pytest.mark.parametrize("value", [None, "5", True, float("nan"), float("inf"), Decimal("NaN"), object()])
def test_only_numbers_are_numbers(value: Any) -> None:
    for shape in (formats.number, formats.money, formats.kwh, formats.percent):
        with pytest.raises((ValueError, TypeError)):
            shape(value, language="fi")


@pytest.mark.parametrize("value", [None, "2026-11-04", 5, datetime(2026, 11, 4, tzinfo=UTC)])
def test_only_dates_are_dates(value: Any) -> None:
    with pytest.raises(ValueError, match="not a date"):
        formats.day(value, language="fi")


@given(st.text(max_size=50).filter(lambda text: not any("\ud800" <= sign <= "\udfff" for sign in text)))
def test_a_value_in_a_query_is_one_parameter(value: str) -> None:  # attack 16
    assert parse_qs(f"a={formats.url_part(value)}&b=1", keep_blank_values=True) == {"a": [value], "b": ["1"]}
    assert set(formats.url_part(value)) <= set(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~%"
    )

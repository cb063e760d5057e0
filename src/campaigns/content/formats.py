"""Numbers, dates and money as each language writes them."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from urllib.parse import quote

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_currency, format_decimal

Number = int | float | Decimal

LOCALES: Mapping[str, str] = {"fi": "fi_FI", "sv": "sv_FI", "en": "en_GB"}
DATE_STYLES = ("medium", "long", "full")
MAX_DECIMALS = 6
NO_BREAK_SPACE = "\N{NO-BREAK SPACE}"


def number(value: Number, decimals: int = 0, *, language: str) -> str:
    """`1 234,5` in Finnish and Swedish, `1,234.5` in English."""
    return _decimal(_number(value), _decimals(decimals), language)


def money(value: Number, decimals: int = 2, *, language: str) -> str:
    """Euros: `1 234,50 €`, `€1,234.50`."""
    places = "." + "0" * _decimals(decimals) if decimals else ""
    pattern = f"¤#,##0{places}" if language == "en" else f"#,##0{places}{NO_BREAK_SPACE}¤"
    return _currency(_number(value), pattern, language)


def kwh(value: Number, *, language: str) -> str:
    """Energy, rounded as templates may show it: to 100 kWh from 1,000 on, to 10 from 100 on.

    Only the rounded sum of a year may stand in a message (the notice's consumption data, domain facts 1.5).
    """
    amount = float(_number(value))
    step = 100 if abs(amount) >= 1000 else 10 if abs(amount) >= 100 else 1
    rounded = math.floor(amount / step + 0.5) * step
    return f"{_decimal(rounded, 0, language)}{NO_BREAK_SPACE}kWh"


def percent(value: Number, decimals: int = 0, *, language: str) -> str:
    """A share from 0 to 1 as per cent: `12 %`, in English `12%`."""
    text = _decimal(_number(value) * 100, _decimals(decimals), language)
    return f"{text}%" if language == "en" else f"{text}{NO_BREAK_SPACE}%"


def day(value: date, style: str = "medium", *, language: str) -> str:
    """A date: `24.11.2026`, `24 nov. 2026`, `24 Nov 2026`; `long` and `full` write it out."""
    if not isinstance(value, date) or isinstance(value, datetime) or style not in DATE_STYLES:
        raise ValueError("not a date, or not a style of dates")
    return _date(value, style, language)


def url_part(value: object) -> str:
    """A value as one part of a URL: everything but letters, digits, `-`, `.`, `_` and `~` is encoded."""
    if not isinstance(value, str | int | Decimal | date):
        raise TypeError("not a value for a URL")
    return quote(str(value), safe="")


def for_language(language: str) -> dict[str, Callable[..., str]]:
    """The filters of a language by the names that templates use."""
    filters: dict[str, Callable[..., str]] = {
        "number": number,
        "money": money,
        "kwh": kwh,
        "percent": percent,
        "date": day,
    }
    return {name: functools.partial(filter_, language=language) for name, filter_ in filters.items()}


def _number(value: object) -> Number:
    if not isinstance(value, int | float | Decimal) or isinstance(value, bool) or not math.isfinite(value):
        raise ValueError("not a number")
    return value


def _decimals(decimals: object) -> int:
    if not isinstance(decimals, int) or isinstance(decimals, bool) or not 0 <= decimals <= MAX_DECIMALS:
        raise ValueError(f"decimals are 0 to {MAX_DECIMALS}")
    return decimals


# babel takes about 15 microseconds a number, and values repeat from person to person.
@functools.lru_cache(maxsize=4096)
def _decimal(value: Number, decimals: int, language: str) -> str:
    pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
    return format_decimal(value, format=pattern, locale=_locale(language))


@functools.lru_cache(maxsize=4096)
def _currency(value: Number, pattern: str, language: str) -> str:
    return format_currency(value, "EUR", format=pattern, locale=_locale(language), currency_digits=False)


@functools.lru_cache(maxsize=4096)
def _date(value: date, style: str, language: str) -> str:
    return format_date(value, format=style, locale=_locale(language))


@functools.lru_cache(maxsize=8)
def _locale(language: str) -> Locale:
    return Locale.parse(LOCALES[language])

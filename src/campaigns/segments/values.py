"""The values that people write: numbers with units, lengths of time, dates, ranges, yes and no."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import TypeVar

from campaigns.catalogue import units
from campaigns.segments.model import Day, Duration, Range, Today
from campaigns.settings.binding import near

Read = TypeVar("Read")
_NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,9})?")
_ODD = re.compile(r"[eExX][+-]?\d")  # 1e9 and 0x10 are numbers to computers only
_DURATION = re.compile(r"(\d{1,5}) (day|week|month|year)s?")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_FINNISH_DATE = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")
_LONGEST = 100 * 366  # days; longer than any record of ours


class Wrong(Exception):
    """A value that cannot be read: code, sentence and hint, without its place."""

    def __init__(self, code: str, message: str, hint: str = "") -> None:
        self.code, self.message, self.hint = code, message, hint
        super().__init__(message)


def number(text: str, *, name: str, unit: str) -> Decimal:
    """`9 MWh` for a metric kept in kWh is 9000. A missing or other unit is wrong."""
    digits, written = _split(text)
    if not _NUMBER.fullmatch(digits) or _ODD.match(written):
        raise Wrong("SEG035", f"`{short(text)}` is not a number.", _number_hint(text, unit))
    amount = Decimal(digits) + 0  # -0 is 0
    if not unit:
        if written:
            raise Wrong("SEG032", f"`{name}` has no unit.", f"did you mean `{digits}`?")
        return amount
    if not written:
        raise Wrong("SEG031", f"`{name}` needs a unit.", f"did you mean `{_joined(digits, unit)}`?")
    found = units.convert(amount, written, unit)
    if found is None:
        raise Wrong("SEG032", *_unit_mismatch(digits, written, name, unit))
    return found


def _split(text: str) -> tuple[str, str]:
    match = re.fullmatch(r"(-?[\d.,]+)\s*([^\d\s.,].*)?", text.strip())
    return (match[1], (match[2] or "").strip()) if match else (text, "")


def _joined(digits: str, unit: str) -> str:
    return f"{digits}%" if unit == "%" else f"{digits} {unit}"


def _number_hint(text: str, unit: str) -> str:
    digits, _, rest = text.partition(" ") if "," in text else (text.replace(" ", ""), "", "")
    match = re.fullmatch(r"(-?\d+(?:[.,]\d+)?)(\D*)", digits)
    if match and _NUMBER.fullmatch(match[1].replace(",", ".")):
        written = match[2] or rest or unit
        meant = match[1].replace(",", ".")
        return f"did you mean `{_joined(meant, written) if written else meant}`?"
    return f"write it like `{_joined('9000' if unit == 'kWh' else '5', unit) if unit else '5'}`"


def _unit_mismatch(digits: str, written: str, name: str, unit: str) -> tuple[str, str]:
    known = units.UNITS[unit]
    meant = near(written, known)
    if meant:
        return f"`{short(written)}` is no unit of `{name}`.", f"did you mean `{_joined(digits, meant)}`?"
    choices = ", ".join(known)
    return f"`{name}` is measured in {unit}, not in `{short(written)}`.", f"choose from: {choices}"


def number_range(text: str, *, name: str, unit: str, example: str = "1960 to 2005") -> Range:
    """`1960 to 2005`, `5 to 9 MWh`: a unit at the end holds for both."""
    of_unit = f"{_joined('500', unit)} to {_joined('900', unit)}"
    low, high = _ends(text, example=f"`{of_unit if unit else example}`")
    if unit and not _split(low)[1]:
        low = f"{low} {_split(high)[1]}".strip()
    return _ordered(number(low, name=name, unit=unit), number(high, name=name, unit=unit), text)


def day_range(text: str) -> Range:
    """`2026-01-01 to 2026-03-31`; `today` may stand at either end."""
    low, high = _ends(text, example="`2026-01-01 to 2026-03-31`")
    first, last = day(low), day(high)
    if isinstance(first, date) and isinstance(last, date):
        return _ordered(first, last, text)
    return Range(first, last)


def _ends(text: str, *, example: str) -> tuple[str, str]:
    parts = text.split(" to ")
    if len(parts) != 2:
        raise Wrong("SEG037", f"`{short(text)}` is not a range.", f"write it like {example}")
    return parts[0].strip(), parts[1].strip()


def _ordered(low: Decimal | date, high: Decimal | date, text: str) -> Range:
    if low > high:  # type: ignore[operator]  # both are numbers, or both are dates
        first, last = text.split(" to ")
        raise Wrong(
            "SEG041",
            f"nothing lies between `{short(text)}`.",
            f"did you mean `{last.strip()} to {first.strip()}`?",
        )
    return Range(low, high)


def day(text: str) -> Day:
    """`2026-11-24` or `today`."""
    if text == "today":
        return Today()
    try:
        if _DATE.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    finnish = _FINNISH_DATE.fullmatch(text)
    meant = f"{finnish[3]}-{int(finnish[2]):02}-{int(finnish[1]):02}" if finnish else ""
    hint = f"did you mean `{meant}`?" if meant else "write it like `2026-11-24`, or `today`"
    raise Wrong("SEG036", f"`{short(text)}` is not a date.", hint)


def duration(text: str) -> Duration:
    """`60 days`, `2 weeks`, `6 months`, `1 year`."""
    match = _DURATION.fullmatch(text)
    if not match:
        raise Wrong(
            "SEG034", f"`{short(text)}` is not a length of time.", "write it like `60 days` or `6 months`"
        )
    count = int(match[1])
    factor = {"day": 1, "week": 7, "month": 30, "year": 365}[match[2]]
    if count * factor > _LONGEST:
        raise Wrong("SEG034", f"`{text}` is longer than 100 years.")
    if match[2] in ("day", "week"):
        return Duration(days=count * factor)
    return Duration(months=count * (12 if match[2] == "year" else 1))


def yes_no(text: str) -> bool:
    """`yes` or `no`."""
    if text in ("yes", "no"):
        return text == "yes"
    raise Wrong("SEG038", f"`{short(text)}` is neither `yes` nor `no`.")


def times(text: str) -> int:
    """`2 times`, `1 time`."""
    match = re.fullmatch(r"(\d{1,6})( times?)?", text)
    if not match:
        raise Wrong("SEG035", f"`{short(text)}` is not a number of times.", "write it like `2 times`")
    if not match[2]:
        raise Wrong("SEG031", "this needs the word `times`.", f"did you mean `{text} times`?")
    return int(match[1])


def count(text: str, *, what: str) -> int:
    """A whole number above zero, without a unit."""
    if not re.fullmatch(r"[1-9]\d{0,8}", text):
        raise Wrong("SEG035", f"`{short(text)}` is not a whole number of {what}.", "write it like `5000`")
    return int(text)


def percent(text: str, *, most: int = 100) -> Decimal:
    """`10%` as 0.1; more than nothing, and at most `most`."""
    match = re.fullmatch(r"(\d{1,3}(?:\.\d{1,4})?) ?%", text)
    if not match:
        meant = f"did you mean `{text}%`?" if _NUMBER.fullmatch(text) else "write it like `10%`"
        raise Wrong("SEG035", f"`{short(text)}` is not a share.", meant)
    share = Decimal(match[1]) / 100
    if not 0 < share <= Decimal(most) / 100:
        raise Wrong("SEG035", f"`{text}` is not more than 0% and at most {most}%.")
    return share


def choice(text: str, *, name: str, values: Sequence[str]) -> str:
    """One of the values that the catalogue lists."""
    if text in values:
        return text
    raise Wrong("SEG033", f"`{name}` is never `{short(text)}`.", did_you_mean(text, values, list_all=True))


def did_you_mean(word: str, choices: Iterable[str], *, list_all: bool = False) -> str:
    """The near miss; and the choices, in their own order, when asked for or when nothing is near."""
    names = list(choices)
    meant = near(word, names)
    lines = [f"did you mean `{meant}`?"] if meant else []
    if names and (list_all or not meant):
        shown = ", ".join(names[:20])
        lines.append(f"choose from: {shown}{', …' if len(names) > 20 else ''}")
    return "\n".join(lines)


def short(text: str) -> str:
    """A value as messages repeat it: one line, not longer than people read."""
    line = " ".join(text.split())
    return line if len(line) <= 40 else f"{line[:39]}…"


def each(texts: Iterable[str], reader: Callable[[str], Read]) -> tuple[Read, ...]:
    """All of a list's values, read one by one."""
    return tuple(reader(text) for text in texts)

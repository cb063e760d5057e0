"""JSON Schema of the values that conditions hold: by type and test, as `values` reads them.

An editor reads `1960` as a number and `9000 kWh` as text, so numbers without a unit may be either.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from campaigns.catalogue.units import UNITS
from campaigns.segments.predicates import OPERATORS, Operator

Schema = dict[str, Any]

_NUMBER = r"-?\d{1,15}(\.\d{1,9})?"
_LENGTH = r"\d{1,5} (day|week|month|year)s?"
_DAY = r"(\d{4}-\d{2}-\d{2}|today)"
_PERCENT = r"\d{1,3}(\.\d{1,4})? ?%"

TEXT: Schema = {"type": ["string", "number", "boolean"]}
DURATION: Schema = {
    "type": "string",
    "pattern": f"^{_LENGTH}$",
    "description": "A length of time in days, weeks, months or years, such as `60 days`.",
    "examples": ["30 days", "60 days", "6 months", "1 year"],
}
DAY: Schema = {
    "type": "string",
    "pattern": f"^{_DAY}$",
    "description": "A date such as `2026-11-24`, or `today`.",
    "examples": ["today", "2026-11-24"],
}
YES_NO: Schema = {"enum": ["yes", "no"]}
SHARE: Schema = {"type": "string", "pattern": f"^{_PERCENT}$", "examples": ["10%"]}
TIMES: Schema = {"type": "string", "pattern": r"^\d{1,6} times?$", "examples": ["1 time", "2 times"]}
COUNT: Schema = {"type": ["integer", "string"], "pattern": r"^[1-9]\d{0,8}$", "minimum": 1}
_UNKNOWN: Schema = {
    "enum": ["include", "remove"],
    "description": "What to do with people of whom this is not known.",
    "enumDescriptions": ["They stay in the segment.", "They leave the segment."],
}
_RANK: Schema = {
    "type": ["string", "integer"],
    "pattern": rf"^({_PERCENT}|[1-9]\d{{0,8}})$",
    "minimum": 1,
    "description": "A share such as `10%`, or so many.",
    "examples": ["10%", "500"],
}
SHARED: Mapping[str, Schema] = {"duration": DURATION, "times": TIMES, "unknown": _UNKNOWN, "rank": _RANK}


def shared(name: str) -> Schema:
    """A reference to one of `SHARED`."""
    return {"$ref": f"#/definitions/{name}"}


WITHIN, UNKNOWN = shared("duration"), shared("unknown")
COUNTS: dict[str, Schema] = {name: shared("times") for name in ("at_least", "at_most", "exactly")}


def choice(words: Mapping[str, str] | Iterable[str]) -> Schema:
    """One of several words; a mapping says what each means."""
    schema: Schema = {"enum": list(words)}
    if isinstance(words, Mapping) and any(words.values()):
        schema["enumDescriptions"] = list(words.values())
    return schema


def list_of(item: Schema) -> Schema:
    """A list that is not empty."""
    return {"type": "array", "items": item, "minItems": 1}


def record(properties: Mapping[str, Schema], *, required: Iterable[str] = (), least: int = 0) -> Schema:
    """A mapping with these keys and no others."""
    schema: Schema = {"type": "object", "properties": dict(properties), "additionalProperties": False}
    if needed := list(required):
        schema["required"] = needed
    if least:
        schema["minProperties"] = least
    return schema


def number(unit: str) -> Schema:
    """A number with its unit."""
    if not unit:
        return {"type": ["number", "string"], "pattern": f"^{_NUMBER}$"}
    example = f"{'9000' if unit == 'kWh' else '10'}{'' if unit == '%' else ' '}{unit}"
    return {
        "type": "string",
        "pattern": f"^{_NUMBER} *({_units(unit)})$",
        "description": f"A number with its unit: {', '.join(UNITS[unit])}.",
        "errorMessage": f"A number with its unit, such as `{example}`.",
        "examples": [example],
    }


def _units(unit: str) -> str:
    return "|".join(map(re.escape, UNITS[unit]))


def number_range(unit: str) -> Schema:
    """`5 to 9 MWh`: the unit at the end holds for both."""
    units = f"( *({_units(unit)}))" if unit else ""
    optional = f"{units}?" if unit else ""
    text = "5 to 9" if not unit else f"5 to 9{'' if unit == '%' else ' '}{unit}"
    return {"type": "string", "pattern": f"^{_NUMBER}{optional} to {_NUMBER}{units}$", "examples": [text]}


def value(kind: str, *, unit: str = "", values: Iterable[str] = ()) -> Schema:
    """One value of a type of the catalogue."""
    match kind:
        case "choice":
            return choice(values)
        case "number":
            return number(unit)
        case "date":
            return DAY
        case "yes_no":
            return YES_NO
        case _:
            return TEXT


def tests(kind: str, *, unit: str = "", values: Iterable[str] = ()) -> dict[str, Schema]:
    """Every test that fits a type, with what its value looks like; a choice's values stand there."""
    if kind == "choice":
        return dict(_tests(kind, choice(values), ""))
    return {
        name: {"$ref": f"#/definitions/{_name(name, kind, unit)}"}
        for name, operator in OPERATORS.items()
        if kind in operator.types
    }


def definitions() -> dict[str, Schema]:
    """What the others refer to: what several kinds share, and each test of each type and unit."""
    types = [
        ("text", ""),
        ("date", ""),
        ("yes_no", ""),
        ("number", ""),
        *(("number", unit) for unit in UNITS),
    ]
    one_by_one = {
        _name(name, kind, unit): schema
        for kind, unit in types
        for name, schema in _tests(kind, value(kind, unit=unit), unit)
    }
    together = {tests_of(unit): {"properties": tests("number", unit=unit)} for unit in ("", *UNITS)}
    return {**SHARED, **one_by_one, **together}


def share_of(others: Iterable[str]) -> Schema:
    """A share of another metric."""
    names = list(others)
    pattern = f"^{_PERCENT} of ({'|'.join(map(re.escape, names))})$"
    return {"type": "string", "pattern": pattern, "examples": [f"110% of {names[0]}"]}


def tests_of(unit: str) -> str:
    """The name of the definition of all tests of a number in this unit."""
    return _name("tests", "number", unit)


def _name(test: str, kind: str, unit: str) -> str:
    words = re.sub(
        r"[^A-Za-z0-9]+", "_", unit.replace("%", "percent").replace("€", "euro").replace("°", "degrees_")
    )
    return f"{test}_{kind}{f'_in_{words}' if unit else ''}"


def _tests(kind: str, one: Schema, unit: str) -> Iterator[tuple[str, Schema]]:
    for name, operator in OPERATORS.items():
        if kind in operator.types:
            yield name, {"title": operator.sentence.format("…"), **_shaped(operator, kind, one, unit)}


def _shaped(operator: Operator, kind: str, one: Schema, unit: str) -> Schema:
    match operator.shape:
        case "list":
            return list_of(one)
        case "one_or_list":
            return {"anyOf": [TEXT, list_of(TEXT)]}
        case "range" if kind == "number":
            return number_range(unit)
        case "range":
            return {"type": "string", "pattern": f"^{_DAY} to {_DAY}$", "examples": ["2026-01-01 to today"]}
        case "duration":
            return DURATION
        case "yes_no":
            return YES_NO
        case _:
            return one

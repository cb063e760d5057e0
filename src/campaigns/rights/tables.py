"""Rows of an answer as tables to read: words, dates and numbers as the person's language writes them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from campaigns.content import formats
from campaigns.rights.labels import Labels

Row = Mapping[str, Any]
WIDE = 7  # columns; a row with more is easier to read as a card
# Columns whose values are words of ours.
_WORDS = frozenset(
    {"kind", "channel", "channels", "state", "relationship", "language", "text_language", "direction"}
    | {"energy", "contract_type", "purpose", "action", "reason", "received_by", "heating", "building_type"}
    | {"region", "transfer", "method", "scope", "about", "role", "duties", "industry"}
)
# What only machines need; access.json has it.
_FOR_MACHINES = frozenset(
    {"position", "event_id", "person_id", "controller", "metering_point_id", "contract_id", "site_id"}
    | {"company_id", "interaction_id", "message_id", "response_id", "disclosure_id", "answer_digest"}
    | {"file_hash", "plan_id"}
)
_AS_THEY_STAND = frozenset({"birth_year", "building_year", "request_id", "line"})  # numbers without grouping


@dataclass(frozen=True, kw_only=True, slots=True)
class Cell:
    """A value under its column's label; the label is shown again on narrow screens."""

    label: str
    text: str
    number: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """A table with a heading; columns that are empty in every row are left out."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]

    @property
    def wide(self) -> bool:
        """Whether each row is shown as a card."""
        return len(self.head) > WIDE


@dataclass(frozen=True, kw_only=True, slots=True)
class Section:
    """A chapter of the page."""

    key: str
    note: str
    parts: tuple[Part, ...]


class Maker:
    """Makes tables of rows, in words of one language and times of one zone."""

    def __init__(self, words: Labels, language: str, zone: ZoneInfo) -> None:
        self.words = words
        self._language = language
        self._zone = zone

    def section(self, key: str, tables: Mapping[str, Sequence[Row]], *, note: str = "") -> Section:
        """A chapter with those of the tables that have something to show."""
        parts = [self._part(name, rows) for name, rows in tables.items() if rows]
        return Section(key=key, note=note, parts=tuple(part for part in parts if part.head))

    def when(self, moment: str | None) -> str:
        """A time of the document by the reader's clock."""
        if not moment:
            return ""
        local = datetime.fromisoformat(moment).astimezone(self._zone)
        return f"{formats.day(local.date(), language=self._language)} {local:%H:%M}"

    def number(self, value: float, decimals: int = 2) -> str:
        """A number, without decimals that say nothing."""
        places = 0 if float(value).is_integer() else decimals
        return formats.number(value, places, language=self._language)

    def share(self, value: float) -> str:
        """A share as per cent."""
        return formats.percent(value, 1, language=self._language)

    def _part(self, name: str, rows: Sequence[Row]) -> Part:
        filled = {column for row in rows for column, value in row.items() if value not in (None, [], {}, "")}
        columns = [column for column in rows[0] if column in filled - _FOR_MACHINES]
        heads = tuple(self.words.of("column", column) for column in columns)
        return Part(
            title=self.words.of("part", name),
            head=heads,
            rows=tuple(
                tuple(
                    Cell(
                        label=head,
                        text=self._text(column, row[column]),
                        number=_is_amount(column, row[column]),
                    )
                    for head, column in zip(heads, columns, strict=True)
                )
                for row in rows
            ),
        )

    def _text(self, column: str, value: Any) -> str:
        match value:
            case None | [] | {}:
                return ""
            case bool():
                return self.words("page.yes" if value else "page.no")
            case int() | float():
                return str(value) if column in _AS_THEY_STAND else self.number(value)
            case list():
                return ", ".join(self._text(column, one) for one in value)
            case dict():
                return "\n".join(f"{name}: {self._text(name, one)}" for name, one in value.items())
            case str() if column == "properties":
                return self._text("", _object(value))
            case str() if column in _WORDS:
                return self.words.of("value", value)
            case _:
                return self._dated(column, str(value))

    def _dated(self, column: str, text: str) -> str:
        """Days and times by their columns; anything else as it stands."""
        shown: Callable[[str], str] | None = None
        if column.endswith("_at") or column == "at" or (column == "valid_until" and "T" in text):
            shown = self.when
        elif column.endswith(("_on", "_date", "_from", "_to", "_until")) or column in ("as_of", "date"):
            shown = self._day
        return text if shown is None else shown(text)

    def _day(self, text: str) -> str:
        return formats.day(date.fromisoformat(text), language=self._language)


def _object(text: str) -> Any:
    """The properties of an event; a text that is no JSON object is shown as it stands."""
    try:
        found = json.loads(text)
    except ValueError:
        return text
    return found if isinstance(found, dict) else text


def _is_amount(column: str, value: Any) -> bool:
    """A number to compare with those above it, rather than one that names something."""
    return isinstance(value, int | float) and not isinstance(value, bool) and column not in _AS_THEY_STAND

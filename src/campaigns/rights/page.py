"""The answer as one page that a person can read, keep and print: no script, nothing from elsewhere."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FunctionLoader, StrictUndefined

from campaigns.rights.labels import Labels, labels

if TYPE_CHECKING:
    from campaigns.rights.access import Answer

Row = Mapping[str, Any]
_FOLDER = files("campaigns.rights") / "html"
# Tables that have a place of their own on the page; every other one is shown under "other records".
_PLACED = frozenset(
    {"persons", "contact_points", "relationships", "roles", "person_keys", "contracts", "events"}
    | {"interactions", "list_members", "scores", "messages", "permission_events", "disclosed_people"}
    | {"rights_requests", "audit"}
)
_WORDS = frozenset(
    {"kind", "channel", "channels", "state", "relationship", "language", "text_language", "direction"}
    | {"energy", "contract_type", "purpose", "action", "reason", "received_by"}
)
_NOBODY_READS = frozenset({"position", "event_id", "person_id", "controller", "tie", "metering_point_id"})


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


@dataclass(frozen=True, kw_only=True, slots=True)
class Section:
    """A chapter of the page."""

    key: str
    title: str
    note: str
    parts: tuple[Part, ...]


def render(answer: Answer, *, zone: ZoneInfo) -> bytes:
    """The page, UTF-8, with times of `zone`."""
    words = labels(answer.language)
    maker = _Maker(words, zone)
    document = answer.document
    text = (
        _environment()
        .get_template("access.html")
        .render(
            text=words,
            doc=document,
            language=answer.language,
            sections=list(_sections(document, maker)),
            when=maker.when,
            word=lambda name: words.of("value", name),
            company=document["controller"],
            bars=list(_bars(document)),
            rights=[words(f"right.{name}") for name in _RIGHTS],
            order=_ORDER,
        )
    )
    return text.encode()


_RIGHTS = ("access", "rectify", "erase", "restrict", "object", "portability", "withdraw")
_ORDER = (
    "you",
    "contracts",
    "consumption",
    "metrics",
    "events",
    "permissions",
    "messages",
    "segments",
    "scores",
    "recipients",
    "purposes",
    "sources",
    "retention",
    "lookups",
    "others",
    "rights",
)


def _sections(document: Row, make: _Maker) -> Iterator[Section]:
    register, ledger = document["register"], document["ledger"]
    permissions, disclosures = document["permissions"], document["disclosures"]
    words = make.words
    yield make.section(
        "you",
        {
            name: register[name]
            for name in ("persons", "contact_points", "relationships", "person_keys", "roles")
        }
        | {"companies": document["companies"]},
    )
    places = {row["metering_point_id"]: row for row in document["metering_points"]}
    yield make.section(
        "contracts",
        {
            "contracts": [
                {**row, "gsrn": places.get(row["metering_point_id"], {}).get("gsrn")}
                for row in register["contracts"]
            ],
            "sites": document["sites"],
            "metering_points": document["metering_points"],
        },
        note=words("note.contracts"),
    )
    yield make.section("metrics", {"metrics": list(_metrics(document["metrics"]))})
    yield make.section("events", {name: register.get(name, []) for name in _HAPPENED})
    yield make.section(
        "permissions",
        {
            "contact": [_contact(row, document["purposes"]) for row in permissions["contact"]],
            "stand": permissions["stand"],
            "history": permissions["history"],
            "blocked_addresses": permissions["blocked_addresses"],
            "words_about_addresses": permissions["words_about_addresses"],
        },
        note=words("note.contact"),
    )
    scores = document["scores"]
    yield make.section("scores", {"scores": scores}, note="" if scores else words("note.scores"))
    yield make.section(
        "recipients",
        {
            "processors": document["recipients"],
            "agreed": disclosures["agreed"],
            "made": disclosures["made"],
        },
    )
    bases = [
        {
            "purpose": row["title"],
            "legal_bases": [words.of("basis", basis) for basis in row["legal_bases"]],
            "categories": row["categories"],
        }
        for row in document["purposes"]
    ]
    yield make.section("purposes", {"purposes": bases})
    notices = [{"notice": name, **notice} for name, notice in document["notices"].items()]
    yield make.section("sources", {"sources": document["sources"], "notices": notices})
    yield make.section("retention", {"retention": [_kept(row, words) for row in document["retention"]]})
    yield make.section("lookups", {"lookups": document["lookups"]})
    others = {**register, **ledger}
    yield make.section(
        "others",
        {"rights_requests": ledger["rights_requests"]}
        | {name: rows for name, rows in others.items() if name not in _PLACED},
    )


_HAPPENED = ("events", "interactions", "list_members")


def _metrics(rows: Iterable[Row]) -> Iterator[Row]:
    """A row a figure, instead of a column a figure."""
    beside = {"metering_point_id", "period", "as_of", "period_start", "period_end", "days_used", "version"}
    for row in rows:
        for name, value in row.items():
            if name not in beside and value is not None:
                yield {"period": row["period"], "metric": name, "value": value, "as_of": row["as_of"]}


def _contact(row: Row, purposes: Iterable[Row]) -> Row:
    title = next(one["title"] for one in purposes if one["purpose"] == row["purpose"])
    return {
        "purpose": title,
        "channel": row["channel"],
        "allowed": row["allowed"],
        "sentence": row["sentence"],
    }


def _kept(row: Row, words: Labels) -> Row:
    count = row["months"] or row["days"]
    return {
        "category": words.of("keep", row["category"]),
        "keep": words("page.months" if row["months"] else "page.days", n=count),
        "text": row["reason"],
    }


def _bars(document: Row) -> Iterator[tuple[str, str, list[dict[str, Any]]]]:
    """Of each metering point and direction its months, with a width in percent of the largest."""
    points = {row["metering_point_id"]: row for row in document["metering_points"]}
    months: dict[tuple[Any, str], list[Row]] = {}
    for row in document["consumption"]["months"]:
        months.setdefault((row["metering_point_id"], row["direction"]), []).append(row)
    for (point, direction), rows in months.items():
        largest = max(row["kwh"] or 0 for row in rows) or 1
        shown = [
            {**row, "width": round(100 * (row["kwh"] or 0) / largest), "kwh": _number(row["kwh"] or 0)}
            for row in rows
        ]
        yield str(points.get(point, {}).get("gsrn") or point), direction, shown


class _Maker:
    """Makes tables of rows, in words of one language and times of one zone."""

    def __init__(self, words: Labels, zone: ZoneInfo) -> None:
        self.words = words
        self._zone = zone

    def section(self, key: str, tables: Mapping[str, Sequence[Row]], *, note: str = "") -> Section:
        """A chapter with those of the tables that have rows."""
        parts = tuple(self._part(name, rows) for name, rows in tables.items() if rows)
        return Section(key=key, title=self.words(f"section.{key}"), note=note, parts=parts)

    def when(self, moment: str | None) -> str:
        """A time of the document as the reader's clock shows it."""
        if not moment:
            return ""
        return f"{datetime.fromisoformat(moment).astimezone(self._zone):%Y-%m-%d %H:%M}"

    def _part(self, name: str, rows: Sequence[Row]) -> Part:
        filled = {column for row in rows for column, value in row.items() if value not in (None, [], {}, "")}
        columns = [column for column in rows[0] if column in filled - _NOBODY_READS]
        heads = tuple(self.words.of("column", column) for column in columns)
        return Part(
            title=self.words.of("part", name),
            head=heads,
            rows=tuple(
                tuple(
                    Cell(label=head, text=self._text(column, row.get(column)), number=_is_number(row[column]))
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
            case list():
                return ", ".join(self._text(column, one) for one in value)
            case dict():
                return json.dumps(value, ensure_ascii=False)
            case float():
                return _number(value)
            case str() if column in _WORDS:
                return self.words.of("value", value)
            case str() if column.endswith(("_at", "valid_until")) or column == "at":
                return self.when(value) if "T" in value else value
            case _:
                return str(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _number(value: float) -> str:
    return f"{value:,.2f}".rstrip("0").rstrip(".").replace(",", "\N{NO-BREAK SPACE}")


@cache
def _environment() -> Environment:
    return Environment(
        loader=FunctionLoader(lambda name: (_FOLDER / name).read_text(encoding="utf-8")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )

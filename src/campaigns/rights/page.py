"""The answer as one page that a person can read, keep and print: no script, nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FunctionLoader, StrictUndefined

from campaigns.rights.labels import Labels, labels
from campaigns.rights.tables import Maker, Row, Section

if TYPE_CHECKING:
    from campaigns.rights.access import Answer

ORDER = (
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
RIGHTS = ("access", "rectify", "erase", "restrict", "object", "portability", "withdraw")
_FOLDER = files("campaigns.rights") / "html"
# Tables that have a place of their own on the page; every other one is shown under "other records".
_PLACED = frozenset(
    {"persons", "contact_points", "relationships", "roles", "person_keys", "contracts", "events"}
    | {"interactions", "list_members", "scores", "messages", "permission_events", "disclosed_people"}
    | {"rights_requests", "audit", "person_tokens"}
)
_YOU = ("persons", "contact_points", "relationships", "person_keys", "roles")
_HAPPENED = ("interactions", "list_members")


def render(answer: Answer, *, zone: ZoneInfo) -> bytes:
    """The page, UTF-8, with times of `zone`."""
    words = labels(answer.language)
    maker = Maker(words, answer.language, zone)
    document = answer.document
    page = _environment().get_template("access.html")
    text = page.render(
        text=words,
        doc=document,
        language=answer.language,
        sections={section.key: section for section in _sections(document, maker)},
        when=maker.when,
        word=lambda name: words.of("value", name),
        company=document["controller"],
        bars=list(_bars(document, maker)),
        rights=[words(f"right.{name}") for name in RIGHTS],
        order=ORDER,
    )
    return text.encode()


def _sections(document: Row, make: Maker) -> Iterator[Section]:
    words = make.words
    register, ledger = document["register"], document["ledger"]
    yield make.section("you", {**{name: register[name] for name in _YOU}, "companies": document["companies"]})
    yield make.section(
        "contracts",
        {
            "contracts": list(_with_gsrn(register["contracts"], document["metering_points"])),
            "sites": document["sites"],
            "metering_points": document["metering_points"],
        },
        note=words("note.contracts"),
    )
    yield make.section("metrics", {"metrics": list(_metrics(document, make))})
    titles = document["words"]["events"]
    happened = sorted(register["events"], key=lambda row: row["occurred_at"])
    events = [{**row, "name": titles.get(row["name"], row["name"])} for row in happened]
    yield make.section("events", {"events": events, **{name: register.get(name, []) for name in _HAPPENED}})
    yield _permissions(document, make)
    scores = document["scores"]
    yield make.section("scores", {"scores": scores}, note="" if scores else words("note.scores"))
    given = {"processors": document["recipients"], **document["disclosures"]}
    yield make.section("recipients", given)
    yield make.section("purposes", {"purposes": list(_bases(document["purposes"], words))})
    notices = [{"notice": name, **notice} for name, notice in document["notices"].items()]
    yield make.section("sources", {"sources": document["sources"], "notices": notices})
    yield make.section("retention", {"retention": [_kept(row, words) for row in document["retention"]]})
    yield make.section("lookups", {"lookups": document["lookups"]})
    others = {name: rows for name, rows in {**register, **ledger}.items() if name not in _PLACED}
    yield make.section("others", {"rights_requests": ledger["rights_requests"], **others})


def _with_gsrn(contracts: Iterable[Row], points: Iterable[Row]) -> Iterator[Row]:
    """Contracts with the number that the person knows their metering point by."""
    numbers = {point["metering_point_id"]: point["gsrn"] for point in points}
    for row in contracts:
        yield {**row, "gsrn": numbers.get(row["metering_point_id"])}


def _metrics(document: Row, make: Maker) -> Iterator[Row]:
    """A row a figure and metering point, with a column a period, instead of a column a figure."""
    known, named = document["words"]["metrics"], document["words"]["periods"]
    gsrn = {point["metering_point_id"]: point["gsrn"] for point in document["metering_points"]}
    rows = document["metrics"]
    periods = {row["period"]: named.get(row["period"], row["period"]) for row in rows}
    found: dict[tuple[Any, str], dict[str, Any]] = {}
    for row in rows:
        for name, told in known.items():
            value, unit = row.get(name), told["unit"]
            if value is not None:
                metric = f"{told['title']}, {unit}" if unit not in ("", "%") else told["title"]
                which = {"gsrn": gsrn.get(row["metering_point_id"])} if len(gsrn) > 1 else {}
                empty = {"metric": metric, **which}
                place = found.setdefault(
                    (row["metering_point_id"], name), empty | dict.fromkeys(periods.values())
                )
                place[periods[row["period"]]] = make.share(value) if unit == "%" else make.number(value)
    yield from found.values()


def _permissions(document: Row, make: Maker) -> Section:
    permissions = document["permissions"]
    titles = {one["purpose"]: one["title"] for one in document["purposes"]}
    contact: dict[tuple[Any, ...], list[str]] = {}
    for row in permissions["contact"]:
        same = (titles[row["purpose"]], row["allowed"], row["sentence"])
        contact.setdefault(same, []).append(row["channel"])
    shown = [
        {"purpose": purpose, "channels": channels, "allowed": allowed, "sentence": sentence}
        for (purpose, allowed, sentence), channels in contact.items()
    ]
    names = ("stand", "history", "blocked_addresses", "words_about_addresses")
    tables = {"contact": shown, **{name: permissions[name] for name in names}}
    return make.section("permissions", tables, note=make.words("note.contact"))


def _bases(purposes: Iterable[Row], words: Labels) -> Iterator[Row]:
    for row in purposes:
        yield {
            "purpose": row["title"],
            "legal_bases": [words.of("basis", basis) for basis in row["legal_bases"]],
            "categories": row["categories"],
        }


def _kept(row: Row, words: Labels) -> Row:
    count = row["months"] or row["days"]
    return {
        "category": words.of("keep", row["category"]),
        "keep": words("page.months" if row["months"] else "page.days", n=count),
        "sentence": row["reason"],
    }


def _bars(document: Row, make: Maker) -> Iterator[tuple[str, str, list[Row]]]:
    """Of each metering point and direction its months, with a width in percent of the largest."""
    gsrn = {point["metering_point_id"]: point["gsrn"] for point in document["metering_points"]}
    months: dict[tuple[Any, str], list[Mapping[str, Any]]] = {}
    for row in document["consumption"]["months"]:
        months.setdefault((row["metering_point_id"], row["direction"]), []).append(row)
    for (point, direction), rows in months.items():
        largest = max(row["kwh"] or 0 for row in rows) or 1
        shown: list[Row] = [
            {
                "month": row["month"],
                "width": round(100 * max(row["kwh"] or 0, 0) / largest),
                "kwh": make.number(row["kwh"] or 0, 1),
            }
            for row in rows
        ]
        yield str(gsrn.get(point) or point), direction, shown


@cache
def _environment() -> Environment:
    return Environment(
        loader=FunctionLoader(lambda name: (_FOLDER / name).read_text(encoding="utf-8")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )

"""Correcting what a register holds on a person: the old is closed, the new stands beside what sources say.

A corrected address is a new one: it was not given with a purchase, and what was known of the value before,
that mail to it bounced or that its owner was erased, stays known.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import polars as pl

from campaigns.errors import Refused, UserError
from campaigns.identifiers import BadIdentifier, email, personal_codes, phone, postal_code
from campaigns.lake.schemas import TABLES
from campaigns.register.contact_points import closed
from campaigns.register.erased import Erased
from campaigns.register.persons import LANGUAGES
from campaigns.register.rectified import SOURCE
from campaigns.settings.binding import suggestion

if TYPE_CHECKING:
    from campaigns.lake import Lake, Writer
    from campaigns.ledger import Ledger

SETTABLE = (
    "first_name",
    "last_name",
    "language",
    "birth_year",
    "email",
    "phone",
    "address",
    "postal_code",
    "city",
)
_LETTER = ("address", "postal_code", "city")
_OLDEST = 1880
_LONGEST = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """A column of persons, or a channel, and what it is to be; None empties it."""

    field: str
    value: str | None


def parsed(settings: tuple[str, ...]) -> dict[str, str]:
    """`NAME=VALUE` words as a mapping. Raises `UserError` RGT040, which repeats no value."""
    found: dict[str, str] = {}
    for word in settings:
        name, equals, value = word.partition("=")
        name = name.strip()
        if not equals or name not in SETTABLE:
            known = name if name.isidentifier() and len(name) < 30 else ""
            hint = suggestion(known, SETTABLE) or f"one of: {', '.join(SETTABLE)}"
            raise UserError("RGT040", "say what to correct as NAME=VALUE.", hint=hint)
        if name in found:
            raise UserError("RGT040", f"`{name}` is set twice.")
        found[name] = " ".join(value.split())
    if not found:
        raise UserError("RGT040", "say what to correct.", hint="--set email=new@example.com")
    return found


def rectify(
    lake: Lake,
    ledger: Ledger,
    controller: str,
    person_id: int,
    wanted: Mapping[str, str],
    *,
    now: datetime,
    today: date,
) -> tuple[str, ...]:
    """Correct a person's data; the fields and channels that changed.

    Raises `UserError` RGT041 for a value that cannot be, `Refused` RGT042 for an address of an erased person,
    RGT043 when the person is no longer in the register.
    """
    with lake.writer(purpose="rectify") as writer:
        mine = (pl.col("controller") == controller) & (pl.col("person_id") == person_id)
        person = writer.frame("persons", where=mine)
        if person.is_empty():
            raise Refused("RGT043", f"person {person_id} is not in the register of {controller} any more.")
        points = writer.frame("contact_points", where=mine)
        changes = list(_changes(wanted, points, today.year))
        _refuse_erased(Erased(ledger, controller), changes)
        old = _rows(changes, person, points)
        stamped = [
            row | {"rectified_at": now + timedelta(microseconds=at), "ended_at": None}
            for at, row in enumerate(old)
        ]
        if not stamped:
            return ()
        owner = {"controller": controller, "person_id": person_id}
        frame = pl.DataFrame(
            [owner | row for row in stamped], schema=dict(TABLES["rectifications"].schema), orient="row"
        )
        writer.upsert("rectifications", frame)
        _write_points(writer, [one for one in changes if one.field in _CHANNELS], points, owner, today)
        columns = {one.field: one.value for one in changes if one.field not in _CHANNELS}
        if columns:
            writer.upsert(
                "persons",
                person.with_columns(
                    pl.lit(value, pl.String).cast(person.schema[name]).alias(name)
                    for name, value in columns.items()
                ),
            )
        return tuple(sorted({str(row["field"]) for row in stamped}))


_CHANNELS = ("email", "sms", "phone", "letter")


def _changes(wanted: Mapping[str, str], points: pl.DataFrame, this_year: int) -> Iterator[Change]:
    for name in ("first_name", "last_name"):
        if name in wanted:
            yield Change(field=name, value=_text(name, wanted[name]))
    if "language" in wanted:
        if wanted["language"] not in LANGUAGES:
            raise _bad("language", f"is one of: {', '.join(LANGUAGES)}")
        yield Change(field="language", value=wanted["language"])
    if "birth_year" in wanted:
        year = wanted["birth_year"]
        if not (year.isascii() and year.isdigit() and _OLDEST <= int(year) <= this_year):
            raise _bad("birth_year", f"is a year from {_OLDEST} on")
        yield Change(field="birth_year", value=year)
    if "email" in wanted:
        yield Change(field="email", value=_email(wanted["email"]))
    if "phone" in wanted:
        yield from _phone(wanted["phone"])
    if any(name in wanted for name in _LETTER):
        yield from _letter(wanted, points)


def _text(name: str, value: str) -> str | None:
    if len(value) > _LONGEST or not value.isprintable() or personal_codes.find(value):
        raise _bad(name, f"is a name of at most {_LONGEST} letters")
    return value or None


def _email(value: str) -> str | None:
    try:
        return email.normalise(value) if value else None
    except BadIdentifier as bad:
        raise _bad("email", f"cannot be: {bad.message}") from None


def _phone(value: str) -> Iterator[Change]:
    try:
        number = phone.normalise(value) if value else None
    except BadIdentifier as bad:
        raise _bad("phone", f"cannot be: {bad.message}") from None
    for channel, usable in (("sms", number and number.mobile), ("phone", number and number.callable)):
        yield Change(field=channel, value=number.e164 if number and usable else None)


def _letter(wanted: Mapping[str, str], points: pl.DataFrame) -> Iterator[Change]:
    """The letter address with the parts that were named; those that were not stay as they are."""
    open_ = points.filter(pl.col("valid_to").is_null(), channel="letter")["value"]
    street, _, place = (open_[0] if len(open_) else "").rpartition("\n")
    code, _, city = place.partition(" ")
    parts = {"address": street, "postal_code": code, "city": city} | {
        name: _text(name, wanted[name]) or "" for name in _LETTER if name in wanted
    }
    if parts["postal_code"]:
        try:
            parts["postal_code"] = postal_code.normalise(parts["postal_code"])
        except BadIdentifier as bad:
            raise _bad("postal_code", f"cannot be: {bad.message}") from None
    if any(parts.values()) and not all(parts.values()):
        raise _bad("address", "is whole with address, postal_code and city: set all three")
    whole = f"{parts['address']}\n{parts['postal_code']} {parts['city'].upper()}"
    yield Change(field="letter", value=whole if all(parts.values()) else None)
    yield Change(field="postal_code", value=parts["postal_code"] or None)


def _bad(name: str, rule: str) -> UserError:
    return UserError(
        "RGT041", f"`{name}` {rule}.", hint="the value is not repeated here; nothing was changed"
    )


def _refuse_erased(erased: Erased, changes: list[Change]) -> None:
    for one in changes:
        own = one.field in ("email", "sms", "phone") and one.value is not None
        if own and erased.holds(one.field, pl.Series([one.value]))[0]:
            raise Refused(
                "RGT042",
                f"this {one.field} was another person's who was erased; it is not used again.",
                hint="ask for another one",
            )


def _rows(changes: list[Change], person: pl.DataFrame, points: pl.DataFrame) -> list[dict[str, Any]]:
    """What changes, each old value once: field, old and new value."""
    found: list[dict[str, Any]] = []
    for one in changes:
        if one.field in _CHANNELS:
            open_ = points.filter(pl.col("valid_to").is_null(), channel=one.field)["value"].to_list()
        else:
            value = person[one.field].item()
            open_ = [] if value is None else [str(value)]
        wrong = [value for value in open_ if value != one.value]
        if not wrong and one.value is not None and one.value not in open_:
            wrong = [None]
        found += [{"field": one.field, "old_value": old, "new_value": one.value} for old in wrong]
    return found


def _write_points(
    writer: Writer, changes: list[Change], points: pl.DataFrame, owner: Mapping[str, Any], today: date
) -> None:
    parts = [points.clear()]
    for one in changes:
        mine = points.filter(channel=one.field)
        wrong = mine.filter(pl.col("valid_to").is_null(), pl.col("value").ne_missing(one.value))
        parts.append(closed(wrong, today))
        same = mine.filter(value=one.value) if one.value is not None else mine.clear()
        if one.value is None or not same.filter(pl.col("valid_to").is_null()).is_empty():
            continue
        new = {
            **owner,
            "channel": one.field,
            "value": one.value,
            "source": SOURCE,
            "from_sale": False,
            "opt_out_offered": False,
            "valid_from": today,
            "valid_to": None,
            "deliverable": same["deliverable"][0] if len(same) else True,
        }
        parts.append(pl.DataFrame([new], schema=points.schema, orient="row"))
    rows = pl.concat(parts)
    if not rows.is_empty():
        writer.upsert("contact_points", rows)

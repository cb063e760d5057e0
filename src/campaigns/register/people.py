"""Finding a person by what a caller or a letter says, and what of them may be shown while asking."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from campaigns.errors import NotFound
from campaigns.identifiers import BadIdentifier, email, phone

if TYPE_CHECKING:
    from campaigns.lake import Snapshot


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """One person of one register, masked: enough to recognise, too little to use."""

    controller: str
    person_id: int
    kind: str
    name: str
    email: str
    phone: str
    postal_code: str
    customer_numbers: tuple[str, ...]


def find(snapshot: Snapshot, text: str) -> list[tuple[str, int]]:
    """The persons (`controller`, `person_id`) that a text names, in order; empty when nobody.

    The text is an id, a customer number, an e-mail address or a phone number in any spelling. Addresses that
    are no longer valid find their person too.
    """
    text = text.strip()
    addresses = {("email",): _normal_email(text), ("sms", "phone"): _normal_phone(text)}
    found = [_by_number(snapshot, text), _by_id(snapshot, text)]
    found += [_by_contact(snapshot, channels, value) for channels, value in addresses.items() if value]
    rows = pl.concat(found).unique().sort("controller", "person_id").rows()
    return [(controller, person_id) for controller, person_id in rows]


def masked(snapshot: Snapshot, persons: Iterable[tuple[str, int]]) -> list[Person]:
    """What may be shown of them without a recorded reason: `M. M.`, `m…@example.com`, `+358…67`.

    Raises `NotFound` REG014 for an id that nobody has.
    """
    asked = pl.DataFrame(list(persons), schema={"controller": pl.String, "person_id": pl.Int64}, orient="row")
    about = {
        table: snapshot.frame(table)
        .join(asked, on=_FOUND, how="semi")
        .partition_by(_FOUND, as_dict=True, maintain_order=True)
        for table in ("persons", "contact_points", "person_keys")
    }
    return [_masked(owner, person_id, about) for owner, person_id in asked.iter_rows()]


_FOUND = ("controller", "person_id")
_Rows = Mapping[tuple[object, ...], pl.DataFrame]


def _by_id(snapshot: Snapshot, text: str) -> pl.DataFrame:
    persons = snapshot.frame("persons", _FOUND)
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else -1
    return persons.filter(pl.col("person_id") == number)


def _by_number(snapshot: Snapshot, text: str) -> pl.DataFrame:
    return snapshot.frame("person_keys").filter(pl.col("source_id") == text).select(_FOUND)


def _by_contact(snapshot: Snapshot, channels: tuple[str, ...], value: str) -> pl.DataFrame:
    points = snapshot.frame("contact_points", [*_FOUND, "channel", "value"])
    return points.filter((pl.col("value") == value) & pl.col("channel").is_in(channels)).select(_FOUND)


def _normal_email(text: str) -> str | None:
    try:
        return email.normalise(text)
    except BadIdentifier:
        return None


def _normal_phone(text: str) -> str | None:
    try:
        return phone.normalise(text).e164
    except BadIdentifier:
        return None


def _masked(controller: str, person_id: int, about: Mapping[str, _Rows]) -> Person:
    rows = about["persons"].get((controller, person_id))
    if rows is None:
        raise NotFound("REG014", f"nobody in the register of {controller} has the id {person_id}.")
    person = rows.row(0, named=True)
    values: dict[str, str] = {}
    if (points := about["contact_points"].get((controller, person_id))) is not None:
        valid = points.filter(pl.col("valid_to").is_null()).sort("value", descending=True)
        values = dict(valid.select("channel", "value").rows())
    keys = about["person_keys"].get((controller, person_id))
    name = [person["first_name"], person["last_name"]]
    return Person(
        controller=controller,
        person_id=person_id,
        kind=person["kind"] or "",
        name=" ".join(f"{part[0]}." for part in name if part),
        email=mask_email(values.get("email", "")),
        phone=mask_phone(values.get("phone", values.get("sms", ""))),
        postal_code=person["postal_code"] or "",
        customer_numbers=() if keys is None else tuple(keys["source_id"].sort()),
    )


def mask_email(address: str) -> str:
    """`m…@example.com`."""
    name, at, domain = address.partition("@")
    return f"{name[:1]}…{at}{domain}" if at else ""


def mask_phone(number: str) -> str:
    """`+358…67`."""
    return f"{number[:4]}…{number[-2:]}" if number else ""

"""Whether a file that was imported before has something new to say."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import polars as pl

from campaigns.identifiers import email, gsrn, phone
from campaigns.register.deliveries import Delivery
from campaigns.register.ids import company_ids, site_ids

if TYPE_CHECKING:
    from campaigns.lake import Writer

# Rows that named somebody or something that the lake did not have: they may be right once it has.
UNKNOWN = ("REG140", "REG141", "REG142")
UNKNOWN_ADDRESS = "REG143"  # an e-mail address that nobody had
_WORD = r"[^;,\t|\"]+"


def speaks_again(delivery: Delivery, lake: Writer) -> bool:
    """A full extract after another one that said otherwise, or rows that can be understood by now.

    Also a file from which an erasure took people: the delivery without them took its place.
    """
    return (
        _is_newest_full(delivery, lake)
        or _names_are_known_now(delivery, lake)
        or lake.frame("deliveries", ["file_hash"], where=pl.col("file_hash") == delivery.sha256).is_empty()
    )


def full_extracts(delivery: Delivery, lake: Writer) -> pl.DataFrame:
    """The full extracts of the delivery's source so far: `file_hash`, `received_at`."""
    known = lake.frame("deliveries", ["source", "extract", "file_hash", "received_at"])
    return known.filter((pl.col("source") == delivery.source_name) & (pl.col("extract") == "full"))


def waiting(lake: Writer) -> list[str]:
    """Files whose refused rows name people whom the lake has by now: a ban among them must not stay aside."""
    unknown = lake.frame("quarantine", ["controller", "file", "reason", "text"])
    words = unknown.filter(pl.col("reason").is_in([UNKNOWN[0], UNKNOWN_ADDRESS])).select(
        "controller", "file", "reason", source_id=pl.col("text").str.extract_all(_WORD)
    )
    if words.is_empty():
        return []
    numbers = lake.frame("person_keys", ["controller", "source_id"])
    named = words.explode("source_id").with_columns(pl.col("source_id").str.strip_chars())
    by_number = named.join(numbers, on=["controller", "source_id"], how="semi")
    written = named.filter(reason=UNKNOWN_ADDRESS).filter(pl.col("source_id").str.contains("@", literal=True))
    if written.is_empty():
        return by_number["file"].unique().sort().to_list()
    addresses = written.with_columns(value=email.normalise_series(written["source_id"])["value"])
    known = lake.frame("contact_points", ["controller", "channel", "value"]).filter(channel="email")
    by_address = addresses.join(known, on=["controller", "value"], how="semi")
    return pl.concat([by_number["file"], by_address["file"]]).unique().sort().to_list()


def _is_newest_full(delivery: Delivery, lake: Writer) -> bool:
    if delivery.source.extract != "full":
        return False
    before = full_extracts(delivery, lake)
    same = before.filter(pl.col("file_hash") == delivery.sha256)["received_at"].max()
    newest = before["received_at"].max()
    return isinstance(newest, datetime) and newest != same and delivery.received > newest


def _names_are_known_now(delivery: Delivery, lake: Writer) -> bool:
    waiting = (pl.col("file_hash") == delivery.sha256) & pl.col("reason").is_in([*UNKNOWN, UNKNOWN_ADDRESS])
    rows = lake.frame("quarantine", ["file_hash", "reason", "text"], where=waiting)
    controller = delivery.source.controller
    unknown = {reason: _words(rows.filter(reason=reason)["text"]) for reason in UNKNOWN}
    mine = pl.col("controller") == controller
    keys = lake.frame("person_keys", where=mine & (pl.col("key_space") == delivery.key_space))
    points = lake.frame("contact_points", where=mine & pl.col("valid_to").is_null())
    person, company, place = (unknown[reason] for reason in UNKNOWN)
    if _addresses_are_known_now(rows.filter(reason=UNKNOWN_ADDRESS)["text"], controller, lake):
        return True
    names = pl.concat([person, *(found["value"].rename(person.name) for found in _addresses(person))])
    ids = {
        "companies": ("company_id", company_ids(controller, company)),
        "sites": ("site_id", site_ids(controller, place)),
        "metering_points": ("metering_point_id", gsrn.parse_series(place)),
    }
    people = pl.concat([keys["source_id"], points["value"].rename("source_id")])
    return bool(names.is_in(people.implode()).any()) or any(
        bool(found.is_in(lake.frame(table, ["controller", column])[column].implode()).any())
        for table, (column, found) in ids.items()
    )


def _addresses(words: pl.Series) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What the words are as an e-mail address and as a telephone number; NULL where they are none."""
    return email.normalise_series(words), phone.normalise_series(words)


def _addresses_are_known_now(texts: pl.Series, controller: str, lake: Writer) -> bool:
    words = _words(texts)
    written = email.normalise_series(words.filter(words.str.contains("@", literal=True)))[
        "value"
    ].drop_nulls()
    if written.is_empty():
        return False
    mine = (pl.col("controller") == controller) & (pl.col("channel") == "email")
    known = lake.frame("contact_points", ["value"], where=mine)["value"]
    return bool(written.is_in(known.implode()).any())


def _words(texts: pl.Series) -> pl.Series:
    """Everything in the refused rows that could be an id."""
    return texts.drop_nulls().str.extract_all(_WORD).explode().str.strip_chars().drop_nulls().unique()

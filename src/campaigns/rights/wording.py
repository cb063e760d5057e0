"""A ticket tells how a right was handled, never who somebody is: its reasons name no person."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import polars as pl

from campaigns.errors import UserError

if TYPE_CHECKING:
    from campaigns.lake import Snapshot

LONGEST = 400
# addresses; telephone and customer numbers; personal identity codes
_TELLING = re.compile(r"@|\d[\d\s+-]{4,}\d|\d{6}[-+A-FU-Y]\d{3}")
_DATES = re.compile(r"\b\d{4}-\d{2}-\d{2}\b|\b\d{1,2}\.\d{1,2}\.\d{4}\b")


def impersonal(snapshot: Snapshot, controller: str, person_id: int, reason: str) -> str:
    """The reason, once it is sure that it holds no value of the person.

    Raises `UserError` USE026 for one that is empty, too long, or names the person or looks like an address,
    a telephone number or a personal identity code.
    """
    text = " ".join(reason.split())
    if not text or len(text) > LONGEST:
        raise UserError("USE026", f"a reason has one to {LONGEST} characters.")
    words = {word.casefold() for word in re.findall(r"\w+", text)}
    if _TELLING.search(_DATES.sub("", text)) or words & _names(snapshot, controller, person_id):
        raise UserError(
            "USE026",
            "the reason names the person, or holds an address or a number of theirs.",
            hint="a ticket outlives what it is about: say why, not who",
        )
    return text


def _names(snapshot: Snapshot, controller: str, person_id: int) -> set[str]:
    wanted = (pl.col("controller") == controller) & (pl.col("person_id") == person_id)
    rows = snapshot.frame("persons", ["controller", "person_id", "first_name", "last_name"]).filter(wanted)
    full = " ".join(name for row in rows.select("first_name", "last_name").rows() for name in row if name)
    return {word.casefold() for word in re.findall(r"\w+", full)}

"""`top:` and `bottom:` with `among:`, in conditions on metrics and scores."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from campaigns.segments import values
from campaigns.segments.asking import is_nothing
from campaigns.segments.conditions import Conditions
from campaigns.segments.conditions_of_people import other_segment
from campaigns.segments.frame import Here
from campaigns.segments.model import Rank, Segment
from campaigns.settings.documents import Entry, Scalar
from campaigns.settings.documents import Mapping as Node

RANKS = ("top", "bottom")
KEYS = (*RANKS, "among")
AMONG = ("everyone", "segment")


def is_ranked(node: Node) -> bool:
    """Whether the condition says `top` or `bottom`, rightly or not."""
    return any(entry.key.text in RANKS for entry in node.entries[1:])


def rank(reader: Conditions, node: Node, here: Here) -> Rank | None:
    """What the condition says of ranking; None when it says nothing, or after a mistake."""
    said = [entry for entry in node.entries[1:] if entry.key.text in RANKS]
    among = next((entry for entry in node.entries[1:] if entry.key.text == "among"), None)
    if not said:
        if among is not None:
            message = "`among` says whom `top` or `bottom` ranks, and there is neither."
            reader.say(among.key.mark.mistake("SEG072", message))
        return None
    if len(said) > 1:
        message = "one condition takes `top` or `bottom`, not both."
        reader.say(said[1].key.mark.mistake("SEG072", message, "write two conditions"))
        return None
    size = reader.value(node, said[0].key.text, _size_of(here))
    base = "everyone" if among is None else _among(reader, among)
    if size is None or base is None:
        return None
    if base == "segment":
        _only_one(reader, among)
    return Rank(size=size, highest=said[0].key.text == "top", among=base)  # type: ignore[arg-type]  # AMONG


def _size_of(here: Here) -> Callable[[str], Decimal | int]:
    def read(text: str) -> Decimal | int:
        if "%" in text:
            share = values.percent(text)
            if share == 1:
                raise values.Wrong("SEG042", "everybody is among the first 100%: it leaves nobody out.")
            return share
        return values.count(text, what="sites" if here.scope == "site" else "people")

    return read


def _among(reader: Conditions, entry: Entry) -> str | Segment | None:
    value = entry.value
    if not isinstance(value, Scalar) or is_nothing(value):
        hint = "write `everyone`, `segment` or the name of a segment"
        reader.say(value.mark.mistake("SEG004", "`among` needs a word.", hint))
        return None
    return value.text if value.text in AMONG else other_segment(reader, value)


def _only_one(reader: Conditions, entry: Entry | None) -> None:
    """Two conditions cannot both be ranked after the other."""
    if entry is None:
        return
    if reader.by_the_rest:
        message = f"line {reader.by_the_rest} already ranks among those who pass the rest of the segment."
        hint = "rank one of them among `everyone`"
        reader.say(entry.value.mark.mistake("SEG073", message, hint))
        return
    reader.by_the_rest = entry.value.mark.line

"""Conditions on what people have: `has`, other segments, a sample, and groups."""

from __future__ import annotations

from campaigns.segments import values
from campaigns.segments.asking import read_scalar
from campaigns.segments.categories import used
from campaigns.segments.conditions import Conditions
from campaigns.segments.frame import Here
from campaigns.segments.model import (
    Condition,
    GroupCondition,
    RelatedCondition,
    SampleCondition,
    Segment,
    SegmentCondition,
)
from campaigns.settings.documents import Mapping as Node
from campaigns.settings.documents import Scalar


def group(reader: Conditions, node: Node, here: Here) -> Condition | None:
    """`any:`, `all:` or `none:` with a list of conditions."""
    kind, value = node.entries[0].key.text, node.entries[0].value
    before = len(reader.found)
    unknown = reader.unknown(node, here)
    reader.refuse_keys(node, kind, ("unknown",))
    inner = reader.read_list(value, here.grouped(negated=kind == "none"), of=kind)
    if len(reader.found) > before:
        return None
    return GroupCondition(
        place=reader.place(node),
        unknown=unknown,
        kind=kind,  # type: ignore[arg-type]  # one of the three
        conditions=inner,
    )


def has(reader: Conditions, node: Node, here: Here) -> Condition | None:
    """`has: RELATION` or `has_no: RELATION`, with `where` about one row and how many rows."""
    kind, name = node.entries[0].key.text, reader.name_of(node)
    if name is None or not _relation_fits(reader, name, kind, here):
        return None
    before = len(reader.found)
    reader.refuse_category(name, reader.frame.catalogue.relations[name.text].category)
    reader.refuse_keys(node, kind, ("where", "unknown", *(("at_least",) if kind == "has" else ())))
    least = _rows(reader, node) if kind == "has" else 1
    where = node.get("where")
    negated = kind == "has_no"
    inner = (
        () if where is None else reader.read_list(where, here.into(name.text, negated=negated), of="where")
    )
    if len(reader.found) > before:
        return None
    return RelatedCondition(
        place=reader.place(node),
        unknown=reader.unknown(node, here),
        relation=name.text,
        where=inner,
        least=least,
        negated=negated,
    )


def _rows(reader: Conditions, node: Node) -> int:
    count = reader.value(node, "at_least", lambda text: values.count(text, what="rows"))
    return count if isinstance(count, int) else 1


def _relation_fits(reader: Conditions, name: Scalar, kind: str, here: Here) -> bool:
    reachable = reader.reachable(here)
    if name.text not in reader.frame.catalogue.relations:
        message = f"there is nothing called `{values.short(name.text)}` that {reader.plural(here)} have."
        reader.say(name.mark.mistake("SEG024", message, values.did_you_mean(name.text, reachable)))
        return False
    if name.text not in reachable:
        message = f"`{kind}: {name.text}` cannot stand under `has: {here.scope}`."
        if len(here.path) == 1:
            message = f"{reader.plural(here)} have no {reader.frame.catalogue.relations[name.text].plural}."
        reader.say(name.mark.mistake("SEG024", message))
        return False
    return True


def in_segment(reader: Conditions, node: Node, here: Here) -> Condition | None:
    """`in_segment: NAME` or `not_in_segment: NAME`."""
    kind, name = node.entries[0].key.text, reader.name_of(node)
    if name is None or reader.only_of_people(name, kind, here):
        return None
    before = len(reader.found)
    reader.refuse_keys(node, kind, ("unknown",))
    other = other_segment(reader, name)
    if other is None or len(reader.found) > before:
        return None
    return SegmentCondition(
        place=reader.place(node),
        unknown=reader.unknown(node, here),
        segment=other,
        negated=kind == "not_in_segment",
    )


def other_segment(reader: Conditions, name: Scalar) -> Segment | None:
    """The segment called so, when it may be used here; None after a mistake."""
    other = reader.frame.others.segment(name, reader.found)
    if other is not None:
        _refuse_foreign(reader, name, other)
    return other


def _refuse_foreign(reader: Conditions, name: Scalar, other: Segment) -> None:
    if other.controller != reader.frame.controller:
        message = f"`{name.text}` is a segment of {other.controller}, whose register is another one."
        reader.say(name.mark.mistake("SEG045", message))
        return
    for word, category in used(other, reader.frame.catalogue):
        if reader.frame.purpose and category not in reader.frame.purpose.categories:
            message = (
                f"`{name.text}` uses `{word}`, which is {category} data: "
                f"the purpose `{reader.frame.purpose_name}` may not use it."
            )
            reader.say(name.mark.mistake("SEG027", message, reader.purposes_for(category)))
            return


def sample(reader: Conditions, node: Node, here: Here) -> Condition | None:
    """`sample: 10%`, with a `name:` for the same people in several segments."""
    share = reader.name_of(node)
    if share is None or reader.only_of_people(share, "sample", here):
        return None
    before = len(reader.found)
    reader.refuse_keys(node, "sample", ("name", "unknown"))
    part = read_scalar(share, values.percent, reader.found)
    name = node.get("name")
    if len(reader.found) > before:
        return None
    return SampleCondition(
        place=reader.place(node),
        unknown=reader.unknown(node, here),
        name=name.text if isinstance(name, Scalar) else reader.frame.segment,
        share=part,  # type: ignore[arg-type]  # percent gives a Decimal
    )

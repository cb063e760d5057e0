"""The condition on distance: `near: PLACE`, `within: 15 km`."""

from __future__ import annotations

import re
from decimal import Decimal

from campaigns.errors import Mistakes
from campaigns.segments import places, values
from campaigns.segments.conditions import Conditions
from campaigns.segments.frame import Here
from campaigns.segments.model import Condition, NearCondition, Test
from campaigns.segments.places import Places, Point
from campaigns.settings.documents import Mapping as Node
from campaigns.settings.documents import Scalar

FIELD = "postal_code"  # of the person, site or company
FARTHEST_KM = 2_000
_LENGTH = re.compile(r"(\d{1,7}(?:\.\d{1,3})?) ?(km|m)?")


def near(reader: Conditions, node: Node, here: Here) -> Condition | None:
    """Becomes the list of postal codes within the distance, so that any engine can look for them."""
    name = reader.name_of(node)
    if name is None:
        return None
    before = len(reader.found)
    field = reader.frame.catalogue.fields[here.scope].get(FIELD)
    if field is None:
        message = f"{reader.plural(here)} have no postal code: people, sites and companies have one."
        reader.say(name.mark.mistake("SEG018", message))
        return None
    reader.refuse_closed(name, field)
    reader.refuse_keys(node, "near", ("within", "unknown"))
    radius = reader.value(node, "within", distance)
    if node.get("within") is None and len(reader.found) == before:
        message = "`near` needs the distance: how far is still near."
        reader.say(name.mark.mistake("SEG014", message, "add `within: 15 km`"))
    known = _places(reader, name)
    centre = None if known is None else _centre(reader, known, name)
    if len(reader.found) > before or known is None or centre is None or radius is None:
        return None
    codes = known.within(centre, float(radius))
    if not codes:
        message = f"no postal code of {places.FILE} lies that near to `{values.short(name.text)}`."
        reader.say(name.mark.mistake("SEG041", message))
        return None
    return NearCondition(
        place=reader.place(node),
        unknown=reader.unknown(node, here),
        field=field,
        tests=(Test("one_of", codes),),
        centre=name.text,
        radius_km=radius,
    )


def _places(reader: Conditions, name: Scalar) -> Places | None:
    try:
        known = reader.frame.outside.places()
    except Mistakes as wrong:
        reader.found += wrong.mistakes
        return None
    if known is None:
        message = f"`near` needs the file {places.FILE}, which says where postal codes are."
        reader.say(name.mark.mistake("SEG064", message, places.MAKE))
    return known


def _centre(reader: Conditions, known: Places, name: Scalar) -> Point | None:
    centre = known.centre(name.text)
    if centre is None:
        message = f"{places.FILE} has no postal code or place `{values.short(name.text)}`."
        hint = values.did_you_mean(name.text.casefold(), [*known.names, *known.points])
        reader.say(name.mark.mistake("SEG067", message, hint))
    return centre


def distance(text: str) -> Decimal:
    """`15 km` or `500 m`, in kilometres."""
    match = _LENGTH.fullmatch(text)
    if not match:
        raise values.Wrong("SEG035", f"`{values.short(text)}` is not a distance.", "write it like `15 km`")
    if not match[2]:
        raise values.Wrong("SEG031", "the distance needs a unit.", f"did you mean `{text} km`?")
    kilometres = Decimal(match[1]) / (1 if match[2] == "km" else 1000)
    if not 0 < kilometres <= FARTHEST_KM:
        raise values.Wrong("SEG035", f"`{text}` is not more than 0 km and at most {FARTHEST_KM} km.")
    return kilometres

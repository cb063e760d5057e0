"""What models said of an example person, as rows of the lake."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time
from functools import partial
from typing import TYPE_CHECKING, Any

from campaigns.segments import values
from campaigns.segments.example_reading import Reading
from campaigns.settings.documents import Entry
from campaigns.settings.documents import Mapping as Map

if TYPE_CHECKING:
    from campaigns.segments.example_rows import Setting, World

OF_SCORE = ("value", "said")


def put(world: World, keys: Mapping[str, Any], node: Map | None, read: Reading, setting: Setting) -> None:
    """`churn: 0.7`, said on the day of the examples; or `churn: {value: 0.7, said: 20 days ago}`."""
    for entry in node or ():
        score = setting.catalogue.scores.get(entry.key.text)
        if score is None:
            hint = values.did_you_mean(entry.key.text, setting.catalogue.scores)
            message = f"there is no score called `{values.short(entry.key.text)}`."
            read.say(entry.key, "EXA015", message, hint)
            continue
        parts = _parts(entry, read)
        number = partial(values.number, name=score.name, unit=score.unit)
        value = read.value(parts["value"].value, number) if "value" in parts else None
        day = read.value(parts["said"].value, read.day) if "said" in parts else None
        noon = datetime.combine(day or setting.as_of, time(12), setting.settings.zone)
        world.add(
            "scores",
            **keys,
            score=score.name,
            version="example",
            scored_at=noon.astimezone(UTC),
            value=None if value is None else float(value),
        )


def _parts(entry: Entry, read: Reading) -> dict[str, Entry]:
    """The entries of the long form; a plain value is its `value`."""
    if not isinstance(entry.value, Map):
        return {"value": entry}
    for part in entry.value:
        if part.key.text not in OF_SCORE:
            message = f"`{values.short(part.key.text)}` does not belong to a score."
            read.say(part.key, "EXA015", message, values.did_you_mean(part.key.text, OF_SCORE))
    return {part.key.text: part for part in entry.value}

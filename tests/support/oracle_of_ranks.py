"""The independent answer to who is among the first: everybody's values in a list, sorted, cut."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from math import ceil
from typing import Any

from campaigns.segments.model import MetricCondition, Rank, ScoreCondition, Segment

Row = Mapping[str, Any]
Ranked = MetricCondition | ScoreCondition
MARKETING = ("marketing", "newsletter", "survey")


def first(
    condition: Ranked,
    segment: Segment,
    people: Iterable[int],
    *,
    rows: Callable[[int], Iterable[Row | None]],
    value: Callable[[int, Row | None], float | None],
) -> list[int]:
    """The people (or sites) that are in. `people` may be ranked; `rows` gives what is asked about of each."""
    assert condition.rank is not None
    values: dict[int, float] = {}
    best = max if condition.rank.highest else min
    for person in people:
        for row in rows(person):
            found = value(person, row)
            if found is not None:
                key = person if row is None else row["site_id"]
                values[key] = best(found, values.get(key, found))
    order = sorted(values, key=lambda key: (values[key], lot(segment, key)))
    if condition.rank.highest:
        order = sorted(values, key=lambda key: (-values[key], lot(segment, key)))
    return order[: size(condition.rank, len(order))]


def size(rank: Rank, people: int) -> int:
    """A tenth of 11 people is 2."""
    return rank.size if isinstance(rank.size, int) else ceil(Fraction(rank.size) * people)


def lot(segment: Segment, key: int) -> str:
    """Equals come in the order of a hash."""
    return hashlib.md5(f"{segment.name}:{key}".encode(), usedforsecurity=False).hexdigest()[:8]

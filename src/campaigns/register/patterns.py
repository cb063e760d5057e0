"""Whether one file name could fit two `match` patterns, and which."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

_LIKELY = "x1_abcdefghijklmnopqrstuvwyz0123456789-. åäö"


@dataclass(frozen=True, slots=True)
class _Sign:
    """One place of a pattern: any of `signs`, or with `other` any but them; `many` is a star."""

    signs: frozenset[str]
    other: bool = False
    many: bool = False


_ANY = _Sign(frozenset(), other=True)


def common_name(one: str, other: str) -> str | None:
    """The shortest name that fits both patterns (as of `fnmatch`, case folded); None when there is none."""
    left, right = _signs(one), _signs(other)
    waiting = deque([((0, 0), "")])
    seen = {(0, 0)}
    while waiting:
        (at, beside), name = waiting.popleft()
        if at == len(left) and beside == len(right):
            return name
        for place, sign in _steps(left, right, at, beside):
            if place not in seen:
                seen.add(place)
                # A step over a star adds nothing, so it comes before those that add a sign.
                (waiting.append if sign else waiting.appendleft)((place, name + sign))
    return None


def _steps(
    left: list[_Sign], right: list[_Sign], at: int, beside: int
) -> Iterator[tuple[tuple[int, int], str]]:
    """Where one can go in both patterns, and the sign that the name gets on the way."""
    mine = left[at] if at < len(left) else None
    theirs = right[beside] if beside < len(right) else None
    if mine and mine.many:
        yield (at + 1, beside), ""
    if theirs and theirs.many:
        yield (at, beside + 1), ""
    if mine and theirs and (sign := _both(mine, theirs)):
        yield (at + (not mine.many), beside + (not theirs.many)), sign


def _both(one: _Sign, other: _Sign) -> str | None:
    if one.other and other.other:
        return next((sign for sign in _LIKELY if sign not in one.signs | other.signs), None)
    if one.other or other.other:
        wanted, refused = (other, one) if one.other else (one, other)
        return min(wanted.signs - refused.signs, default=None)
    return min(one.signs & other.signs, default=None)


def _signs(pattern: str) -> list[_Sign]:
    found: list[_Sign] = []
    at = 0
    while at < len(pattern):
        sign, at = _next(pattern, at)
        if not (sign.many and found and found[-1].many):
            found.append(sign)
    return found


def _next(pattern: str, at: int) -> tuple[_Sign, int]:
    char = pattern[at]
    if char == "*":
        return _Sign(frozenset(), other=True, many=True), at + 1
    if char == "?":
        return _ANY, at + 1
    end = pattern.find("]", at + 2 + pattern.startswith("[!", at)) if char == "[" else -1
    if end < 0:
        return _Sign(frozenset(char)), at + 1
    inside = pattern[at + 1 : end]
    other = inside.startswith("!")
    return _Sign(_range(inside[other:]), other=other), end + 1


def _range(text: str) -> frozenset[str]:
    signs: set[str] = set()
    at = 0
    while at < len(text):
        if text[at + 1 : at + 2] == "-" and at + 2 < len(text):
            signs.update(map(chr, range(ord(text[at]), ord(text[at + 2]) + 1)))
            at += 3
        else:
            signs.add(text[at])
            at += 1
    return frozenset(signs)

"""The facts that a deciding rule names, in one whole number a row, and in words again.

A decision is stored with what it rested on. A million texts would cost more than a million decisions, so the
statement only notes the values that differ from person to person, a few bits each; the few dozen combinations
are written out afterwards.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from types import MappingProxyType

import polars as pl

from campaigns.permissions.facts import FACTS
from campaigns.permissions.rules import RULES, Rule

CONSENTS = ("none", "granted", "withdrawn", "expired", "invalid", "unproven", "pending")
# Facts that are texts or numbers; all others are yes, no or unknown.
_OF_THE_REQUEST = ("purpose", "message_kind", "attribute", "level_rule", "ad_action")
_RULE_BITS, _CHANNEL_BITS, _MOST = 8, 4, 255
_BITS: Mapping[str, int] = MappingProxyType({"consent": 3, "confirmations_sent": 8})
_NAMES = frozenset(fact.name for fact in FACTS)
_LITERAL, _WORD = re.compile(r"'[^']*'"), re.compile(r"[a-z_0-9]+")


@cache
def named(rule: Rule) -> tuple[str, ...]:
    """The facts that a rule names, in the order in which it does; what kind of message it is goes without."""
    words = _WORD.findall(_LITERAL.sub("", rule.when))
    return rule.rests_on or tuple(
        dict.fromkeys(word for word in words if word in _NAMES and not word.startswith("is_"))
    )


def _noted(rule: Rule) -> tuple[str, ...]:
    """Those of them that a row must remember; the channel it knows, the rest is the request's."""
    return tuple(name for name in named(rule) if name not in (*_OF_THE_REQUEST, "channel"))


def key(numbers: Mapping[Rule, int], rules: Sequence[Rule]) -> str:
    """SQL of the whole number: rule, channel, and the facts that the rule names."""
    whens = " ".join(f"WHEN {numbers[rule]} THEN {_sum(rule)}" for rule in rules if _noted(rule))
    noted = f"coalesce(CASE rule {whens} END, 0)" if whens else "0"
    shift = _RULE_BITS + _CHANNEL_BITS
    return f"({noted}::BIGINT << {shift}) + (channel_number::BIGINT << {_RULE_BITS}) + abs(rule)"


def _sum(rule: Rule) -> str:
    parts, shift = [], 0
    for name in _noted(rule):
        parts.append(f"(({_code(name)})::BIGINT << {shift})")
        shift += _BITS.get(name, 2)
    return " + ".join(parts)


def _code(name: str) -> str:
    if name == "consent":
        return f"list_position({list(CONSENTS)}, consent) - 1"
    if name == "confirmations_sent":
        return f"least(greatest(confirmations_sent, 0), {_MOST})"
    return f"coalesce({name}::BIGINT, 2)"


def facts_in_words(keys: pl.Series, channels: Sequence[str], request: Mapping[str, object]) -> pl.Series:
    """The JSON text of each key: name and value of the facts that decided. `request` are its parameters."""
    different = keys.unique()
    texts = [_text(int(each), channels, request) for each in different]
    return keys.replace_strict(different, pl.Series(texts, dtype=pl.String), return_dtype=pl.String).alias(
        "facts"
    )


def _text(value: int, channels: Sequence[str], request: Mapping[str, object]) -> str:
    rule = RULES[(value & ((1 << _RULE_BITS) - 1)) - 1]
    channel = channels[((value >> _RULE_BITS) & ((1 << _CHANNEL_BITS) - 1)) - 1]
    noted = value >> (_RULE_BITS + _CHANNEL_BITS)
    values: dict[str, object] = {"channel": channel}
    for name in _noted(rule):
        width = _BITS.get(name, 2)
        values[name] = _value(name, noted & ((1 << width) - 1))
        noted >>= width
    return json.dumps({name: values.get(name, request.get(name)) for name in named(rule)})


def _value(name: str, code: int) -> object:
    if name == "consent":
        return CONSENTS[code]
    return code if name in _BITS else (False, True, None)[code]

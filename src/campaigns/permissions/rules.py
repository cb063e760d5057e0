"""The rules, written once: read from the top, the first that hits decides.

Each is a row: its code, when it hits (SQL over the facts of `facts.py`), what it says to people, where it
comes from, and what would change the answer. `rendering` turns the table into one SQL statement, which
decides about a million persons and about one.

The steps: 1 may the data be touched at all, 2 restriction, 3 the message, 4 use in segments, 5 messages
that are not marketing, 6 minors, 7 bans and objections, 8 a consent that does not hold, 9 the basis, 10 what
stands against an address, 11 whether it can be delivered now. Step 9 finds the basis; steps 10 and 11 may
still deny what it allows.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from importlib import resources
from types import MappingProxyType

from campaigns.permissions.rule import SCOPES, Rule, Scope
from campaigns.permissions.rules_at_large import MESSAGE, REGISTER, RESTRICTION, SEGMENT
from campaigns.permissions.rules_of_delivery import ADDRESS, DELIVERY
from campaigns.permissions.rules_of_information import INFORMATION
from campaigns.permissions.rules_of_marketing import (
    BANS,
    BASIS,
    CONSENT_THAT_FAILS,
    PEOPLE,
)
from campaigns.settings.model import Settings

__all__ = [
    "ALLOWING",
    "CODES",
    "NOT_NOW",
    "RULES",
    "RULE_VERSION",
    "SCOPES",
    "Rule",
    "Scope",
    "remedy",
    "rule_version",
    "sentence",
]

RULES: tuple[Rule, ...] = (
    *REGISTER,
    *RESTRICTION,
    *MESSAGE,
    *SEGMENT,
    *INFORMATION,
    *PEOPLE,
    *BANS,
    *CONSENT_THAT_FAILS,
    *BASIS,
    *ADDRESS,
    *DELIVERY,
)

ALLOWING: frozenset[str] = frozenset(rule.code for rule in RULES if rule.allows)
CODES: tuple[str, ...] = tuple(dict.fromkeys(rule.code for rule in RULES))
# These mean "not now": the sender waits instead of withholding.
NOT_NOW: frozenset[str] = frozenset({"OUTSIDE_CALLING_HOURS", "QUIET_HOURS"})

_FIRST: Mapping[str, Rule] = MappingProxyType({rule.code: rule for rule in reversed(RULES)})


def sentence(code: str, language: str = "en") -> str:
    """What a code says, in Finnish or English (other languages get English)."""
    rule = _FIRST[code]
    return rule.fi if language == "fi" else rule.en


def remedy(code: str, language: str = "en", *, of_data: bool = False) -> str:
    """What would change the answer; empty when nothing would. `of_data`: about the use of an attribute in a
    segment, where the same code has another remedy than for a message.
    """
    mine = [rule for rule in reversed(RULES) if rule.code == code]
    rule = next((rule for rule in mine if (rule.scope == "segment") == of_data), mine[0])
    return rule.remedy_fi if language == "fi" else rule.remedy_en


def rule_version(settings: Settings) -> str:
    """The version of the rules under these policy switches; a decision is stored with it."""
    policy = settings.policy.model_dump(mode="json")
    switches = {name: switch["value"] for name, switch in policy.items()}
    kept = settings.retention.model_dump(mode="json", include={"former_customers", "prospects"})
    return _digest([RULE_VERSION, switches, [kept[name]["keep"] for name in sorted(kept)]])


def _digest(parts: object) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


def _version() -> str:
    folder = resources.files("campaigns.permissions")
    facts = [folder.joinpath(f"{name}.sql").read_text("utf-8") for name in ("words", "lake_facts", "facts")]
    return _digest(
        [[[rule.step, rule.code, SCOPES[rule.scope], rule.when, rule.allows] for rule in RULES], facts]
    )


RULE_VERSION: str = _version()

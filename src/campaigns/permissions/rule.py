"""One row of the table of rules, and whom rows are about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Scope = Literal["all", "message", "segment", "information", "marketing", "survey", "advertising", "opt_out"]

# Whom a rule is about, as SQL.
SCOPES: Mapping[Scope, str] = MappingProxyType(
    {
        "all": "",
        "message": "NOT is_segment",
        "segment": "is_segment",
        "information": "is_information",
        "marketing": "is_marketing",
        "survey": "is_survey",
        "advertising": "is_advertising",
        "opt_out": "by_opt_out",
    }
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """One row of the table.

    `when` is SQL over the facts; `evidence` is the fact that holds the position of the deciding event;
    `rests_on` are the facts to tell of a rule that hits when all before it have not; `policy` is the switch
    of `campaigns.yml` on which the rule depends.
    """

    step: int
    code: str
    scope: Scope
    when: str
    allows: bool = False
    evidence: str = ""
    rests_on: tuple[str, ...] = ()
    policy: str = ""
    fi: str
    en: str
    source: str
    remedy_fi: str = ""
    remedy_en: str = ""

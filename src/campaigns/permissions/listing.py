"""The table of rules as people read it: in the terminal and in docs/rules.md."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from campaigns.permissions.naming import named
from campaigns.permissions.rules import RULES, Rule, Scope

# What each step asks, in Finnish and English.
STEPS: Mapping[int, tuple[str, str]] = MappingProxyType(
    {
        1: ("Saako tietoa käyttää lainkaan", "May the data be touched at all"),
        2: ("Rajoittaminen", "Restriction"),
        3: ("Viesti itse", "The message itself"),
        4: ("Käyttö kohderyhmissä", "Use in segments"),
        5: ("Viestit, jotka eivät ole markkinointia", "Messages that are not marketing"),
        6: ("Alaikäiset", "Minors"),
        7: ("Kiellot ja vastustukset", "Bans and objections"),
        8: ("Suostumus, joka ei päde", "A consent that does not hold"),
        9: ("Peruste", "The basis"),
        10: ("Osoitteen esteet", "What stands against an address"),
        11: ("Voiko nyt toimittaa", "Whether it can be delivered now"),
    }
)
SCOPES: Mapping[Scope, tuple[str, str]] = MappingProxyType(
    {
        "all": ("kaikki", "everything"),
        "message": ("viestit", "messages"),
        "segment": ("kohderyhmät", "segments"),
        "information": ("muut kuin markkinointiviestit", "messages that are not marketing"),
        "marketing": ("markkinointi, uutiskirjeet ja kyselyt", "marketing, newsletters and surveys"),
        "survey": ("kyselyt", "surveys"),
        "advertising": ("markkinointi ja uutiskirjeet", "marketing and newsletters"),
        "opt_out": ("kanavat, joissa saa markkinoida kieltoon asti", "channels open until refused"),
    }
)
_WIDTH = 100


def listed() -> list[dict[str, Any]]:
    """Every rule in order, as `permission rules --json` prints it."""
    return [
        {
            "number": number,
            "step": rule.step,
            "code": rule.code,
            "allows": rule.allows,
            "about": SCOPES[rule.scope][1],
            "when": rule.when,
            "facts": list(named(rule)),
            "fi": rule.fi,
            "en": rule.en,
            "remedy_fi": rule.remedy_fi,
            "remedy_en": rule.remedy_en,
            "source": rule.source,
            "policy": rule.policy or None,
        }
        for number, rule in enumerate(RULES, start=1)
    ]


def paragraphs(language: str = "en") -> Iterator[str]:
    """One paragraph a rule, under the names of the steps."""
    step = 0
    for number, rule in enumerate(RULES, start=1):
        if rule.step != step:
            step = rule.step
            yield f"{step}. {STEPS[step][language != 'fi']}".upper()
        yield "\n".join(_lines(number, rule, language))


def _lines(number: int, rule: Rule, language: str) -> Iterator[str]:
    is_fi = language == "fi"
    verdict = ("sallii" if rule.allows else "kieltää") if is_fi else ("allows" if rule.allows else "denies")
    yield f"{number:>3}  {rule.code} {verdict} ({SCOPES[rule.scope][not is_fi]})"
    remedy = rule.remedy_fi if is_fi else rule.remedy_en
    for text in (rule.fi if is_fi else rule.en, remedy, f"[{_source(rule)}]"):
        yield from textwrap.wrap(text, _WIDTH, initial_indent=" " * 5, subsequent_indent=" " * 5)


def _source(rule: Rule) -> str:
    return f"{rule.source}; policy.{rule.policy}" if rule.policy else rule.source


def page() -> str:
    """docs/rules.md."""
    lines = [
        "# The rules of permission",
        "",
        "Generated from the table in `src/campaigns/permissions/` by `make docs`. Read from the top: the",
        "first rule that hits decides. Step 9 finds the basis; steps 10 and 11 may still deny what it",
        "allows. A switch is of `policy:` in `campaigns.yml`.",
    ]
    step = 0
    for number, rule in enumerate(RULES, start=1):
        if rule.step != step:
            step = rule.step
            lines += ["", f"## {step}. {STEPS[step][1]} ({STEPS[step][0].lower()})", ""]
            lines += ["| | code | about | what it says | what would change it | source | switch |"]
            lines += ["|---|---|---|---|---|---|---|"]
        allows = "allows" if rule.allows else "denies"
        remedy = f"{rule.remedy_en}<br>{rule.remedy_fi}" if rule.remedy_en else ""
        cells = (
            str(number),
            f"`{rule.code}` {allows}",
            SCOPES[rule.scope][1],
            f"{rule.en}<br>{rule.fi}",
            remedy,
            rule.source,
            f"`{rule.policy}`" if rule.policy else "",
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"

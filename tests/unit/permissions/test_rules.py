"""The table of rules: complete, readable, and naming only documented facts."""

from __future__ import annotations

import re

import pytest
import sqlglot
from sqlglot import exp

from campaigns.permissions import rendering, rules
from campaigns.permissions.facts import FACTS
from campaigns.permissions.rules import RULES, SCOPES, Rule
from campaigns.permissions.vector_settings import settings

NAMES = {fact.name for fact in FACTS}
ALLOWING = {
    "CONSENT",
    "SOFT_OPT_IN",
    "OPT_OUT_CHANNEL",
    "LEGAL_PERSON_OPT_OUT",
    "B2B_DUTIES",
    "LEGITIMATE_INTEREST",
    "SERVICE_MESSAGE",
    "CONTRACT_MESSAGE",
    "STATUTORY_MESSAGE",
    "REQUESTED",
    "REMOVAL",
}


def _columns(sql: str) -> set[str]:
    return {column.name for column in sqlglot.parse_one(sql, dialect="duckdb").find_all(exp.Column)}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.step}-{rule.code}")
def test_a_rule_is_whole(rule: Rule) -> None:
    assert _columns(rule.when) <= NAMES
    assert re.fullmatch(r"[A-Z][A-Z0-9_]+", rule.code)
    for text in (rule.fi, rule.en):
        assert text[0].isupper()
        assert text.endswith(".")
    assert rule.source
    assert rule.evidence in NAMES | {""}
    assert bool(rule.remedy_fi) == bool(rule.remedy_en)


def test_scopes_name_facts_and_the_basis() -> None:
    used = {name for sql in SCOPES.values() if sql for name in _columns(sql)}
    assert used <= NAMES | {"by_opt_out"}


def test_rules_are_in_the_order_of_their_steps() -> None:
    steps = [rule.step for rule in RULES]
    assert steps == sorted(steps)
    assert set(steps) == set(range(1, 12))


def test_just_the_documented_codes_allow() -> None:
    assert rules.ALLOWING == ALLOWING
    assert all(rule.allows == (rule.code in ALLOWING) for rule in RULES)


def test_a_code_says_one_thing() -> None:
    for code in rules.CODES:
        mine = [rule for rule in RULES if rule.code == code]
        assert len({(rule.fi, rule.en) for rule in mine}) == 1
        assert len({rule.evidence for rule in mine if rule.evidence}) <= 1 or code == "CONSENT"


def test_every_step_that_can_end_ends() -> None:
    """Segments, information and the basis have a rule that always hits: nobody is without an answer."""
    for step, scope in ((4, "segment"), (5, "information"), (9, "survey"), (9, "advertising")):
        mine = [rule for rule in RULES if rule.step == step and rule.scope == scope]
        assert any(rule.when == "TRUE" for rule in mine)


def test_sentences() -> None:
    assert rules.sentence("BANNED_ALL", "fi") == "Henkilö on kieltänyt kaiken markkinoinnin."
    assert rules.sentence("BANNED_ALL", "sv") == rules.sentence("BANNED_ALL")
    assert rules.remedy("CONSENT_UNPROVEN").startswith("The privacy officer")
    assert rules.remedy("ERASED", "fi") == ""


def test_a_policy_switch_changes_the_version() -> None:
    same = {"agreement": "yes", "region": "eea", "transfer": "none"}
    off, on = (settings(soft_opt_in=word, **same) for word in ("off", "on"))
    assert rules.rule_version(off) != rules.rule_version(on)
    assert rules.rule_version(off) == rules.rule_version(settings(soft_opt_in="off", **same))


@pytest.mark.parametrize("channels", [("email",), ("segment",), ("segment", "email")])
@pytest.mark.parametrize("message_kind", ["marketing", "newsletter", "survey", "service", "reply", "mixed"])
def test_the_statement_is_one_select(channels: tuple[str, ...], message_kind: str) -> None:
    about = rendering.scopes(channels, message_kind)
    (statement,) = sqlglot.parse(rendering.statement(about), dialect="duckdb")
    assert isinstance(statement, exp.Create)
    assert isinstance(statement.expression, exp.Select)

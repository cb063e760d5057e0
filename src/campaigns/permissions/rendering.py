"""The rules and the facts as one SQL statement, and its answers in words.

Inside the statement a rule is its number in the table, counted from 1 and negative when the rule denies:
comparing and sorting numbers takes a fraction of the time of texts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache

import polars as pl

from campaigns.engine import queries
from campaigns.permissions import naming
from campaigns.permissions.requests import INFORMING, MARKETING
from campaigns.permissions.rules import RULES, SCOPES, Rule, Scope

BASIS_STEP = 9
_NUMBERS = {rule: (number if rule.allows else -number) for number, rule in enumerate(RULES, start=1)}


def scopes(channels: Collection[str], message_kind: str) -> frozenset[Scope]:
    """Whom rules must be about to matter to a request: planning the others takes longer than deciding."""
    found: set[Scope] = {"all"}
    if "segment" in channels:
        found.add("segment")
    if set(channels) - {"segment"}:
        found |= {"message", "information", "marketing", "survey", "advertising", "opt_out"}
        if message_kind in INFORMING:
            found -= {"marketing", "survey", "advertising", "opt_out"}
        elif message_kind in MARKETING:
            found -= {"information", "advertising" if message_kind == "survey" else "survey"}
    return frozenset(found)


@cache
def statement(about: frozenset[Scope]) -> str:
    """Makes `permission_answers`: one row a person and channel, with the number of the rule that decided and
    the event that it rests on.
    """
    rules = [rule for rule in RULES if rule.scope in about]
    before = [rule for rule in rules if rule.step < BASIS_STEP]
    basis = [rule for rule in rules if rule.step == BASIS_STEP]
    after = [rule for rule in rules if rule.step > BASIS_STEP]
    answer = f"CASE WHEN basis < 0 THEN basis {_whens(after)} ELSE basis END" if after else "basis"
    return f"""
CREATE OR REPLACE TEMP TABLE permission_answers AS
WITH facts AS (
{queries.load("campaigns.permissions", "facts.sql")["facts"]}
),

based AS (
    SELECT *, {_case(basis, otherwise="NULL") if basis else "NULL::INTEGER"} AS basis
    FROM facts
),

ruled AS (
    SELECT
        *,
        {_case(before, otherwise=answer)} AS rule
    FROM (SELECT *, coalesce({_is_opt_out()}, FALSE) AS by_opt_out FROM based)
)

SELECT person_id, channel_number, rule::SMALLINT AS rule, {_evidence(rules)} AS evidence,
    {naming.key(_NUMBERS, rules)} AS facts
FROM ruled
ORDER BY person_id, channel_number
"""


def facts_statement() -> str:
    """All facts of the persons asked about, for showing why."""
    return f"{queries.load('campaigns.permissions', 'facts.sql')['facts']} ORDER BY person_id, channel_number"


def answers(numbers: pl.DataFrame, channels: Sequence[str], request: Mapping[str, object]) -> pl.DataFrame:
    """What the statement found, in words: `person_id, channel, allowed, code, evidence, facts`."""
    codes = pl.Series([rule.code for rule in RULES])
    names = pl.Series(channels, dtype=pl.String)
    return numbers.select(
        "person_id",
        channel=names.gather(numbers["channel_number"].cast(pl.Int32) - 1),
        allowed=pl.col("rule") > 0,
        code=codes.gather(numbers["rule"].abs().cast(pl.Int32) - 1),
        evidence="evidence",
        facts=naming.facts_in_words(numbers["facts"], channels, request),
    )


def _is_opt_out() -> str:
    chosen = [_NUMBERS[rule] for rule in RULES if rule.code == "OPT_OUT_CHANNEL"]
    return " OR ".join(f"basis = {number}" for number in chosen)


def _case(rules: Iterable[Rule], *, otherwise: str) -> str:
    return f"CASE {_whens(rules)} ELSE {otherwise} END"


def _whens(rules: Iterable[Rule]) -> str:
    return " ".join(f"WHEN {_predicate(rule)} THEN {_NUMBERS[rule]}" for rule in rules)


def _predicate(rule: Rule) -> str:
    parts = [part for part in (SCOPES[rule.scope], rule.when) if part not in ("", "TRUE")]
    return " AND ".join(f"({part})" if " " in part else part for part in parts) or "TRUE"


def _evidence(rules: Iterable[Rule]) -> str:
    whens = " ".join(f"WHEN {_NUMBERS[rule]} THEN {rule.evidence}" for rule in rules if rule.evidence)
    return f"(CASE rule {whens} END)::BIGINT" if whens else "NULL::BIGINT"

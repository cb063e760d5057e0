"""The rules and the facts as one SQL statement."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from campaigns.engine import queries
from campaigns.permissions.rules import ALLOWING, RULES, SCOPES, Rule

BASIS_STEP = 9


@cache
def statement() -> str:
    """One row a person and channel: whether it is allowed, the code, and the event that decided."""
    before = [rule for rule in RULES if rule.step < BASIS_STEP]
    basis = [rule for rule in RULES if rule.step == BASIS_STEP]
    after = [rule for rule in RULES if rule.step > BASIS_STEP]
    allowing = ", ".join(f"'{code}'" for code in sorted(ALLOWING))
    answer = f"CASE WHEN basis NOT IN ({allowing}) THEN basis {_whens(after)} ELSE basis END"
    return f"""
WITH facts AS (
{queries.load("campaigns.permissions", "facts.sql")["facts"]}
),

based AS (
    SELECT *, {_case(basis, otherwise="NULL")} AS basis
    FROM facts
),

ruled AS (
    SELECT
        *,
        {_case(before, otherwise=answer)} AS code
    FROM based
)

SELECT person_id, channel, code IN ({allowing}) AS allowed, code, {_evidence(RULES)} AS evidence
FROM ruled
ORDER BY person_id, channel_number
"""


def facts_statement() -> str:
    """All facts of the persons asked about, for showing why."""
    return f"{queries.load('campaigns.permissions', 'facts.sql')['facts']} ORDER BY person_id, channel_number"


def _case(rules: Iterable[Rule], *, otherwise: str) -> str:
    return f"CASE {_whens(rules)} ELSE {otherwise} END"


def _whens(rules: Iterable[Rule]) -> str:
    return " ".join(f"WHEN {_predicate(rule)} THEN '{rule.code}'" for rule in rules)


def _predicate(rule: Rule) -> str:
    parts = [part for part in (SCOPES[rule.scope], rule.when) if part not in ("", "TRUE")]
    return " AND ".join(f"({part})" if " " in part else part for part in parts) or "TRUE"


def _evidence(rules: Iterable[Rule]) -> str:
    columns = {rule.code: rule.evidence for rule in rules if rule.evidence}
    whens = " ".join(f"WHEN '{code}' THEN {column}" for code, column in columns.items())
    return f"(CASE code {whens} END)::BIGINT"

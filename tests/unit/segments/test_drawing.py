"""Draws are the same everywhere, exact in their share, and independent of each other."""

from __future__ import annotations

import hashlib
from decimal import Decimal

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlglot import exp

from campaigns.segments.drawing import cut_off, digits, is_drawn, is_drawn_sql


def test_digits_are_those_of_md5() -> None:
    assert digits("churn_2026", 42) == hashlib.md5(b"churn_2026:42", usedforsecurity=False).hexdigest()[:8]


@pytest.mark.parametrize(
    ("share", "text"), [("0.5", "80000000"), ("0.1", "1999999a"), ("1", "g"), ("0.0000000001", "00000001")]
)
def test_cut_off(share: str, text: str) -> None:
    assert cut_off(Decimal(share)) == text


def test_everybody_at_one() -> None:
    assert all(is_drawn("x", person, Decimal(1)) for person in range(500))


@pytest.mark.parametrize("share", ["0.1", "0.333", "1"])
def test_duckdb_draws_the_same_people(share: str) -> None:
    drawn = is_drawn_sql("a'b", exp.column("person_id"), Decimal(share)).sql(dialect="duckdb")
    query = f"SELECT person_id FROM range(1, 20001) AS r(person_id) WHERE {drawn} ORDER BY person_id"
    found = [row[0] for row in duckdb.connect().execute(query).fetchall()]
    assert found == [person for person in range(1, 20001) if is_drawn("a'b", person, Decimal(share))]


def test_shares_are_met_and_groups_are_independent() -> None:
    people = range(20_000)
    one = {person for person in people if is_drawn("spring", person, Decimal("0.1"))}
    other = {person for person in people if is_drawn("autumn", person, Decimal("0.1"))}
    assert 1850 < len(one) < 2150
    assert 140 < len(one & other) < 260


@given(st.integers(1, 2**62), st.decimals("0.001", "1", places=3), st.decimals("0.001", "1", places=3))
def test_a_larger_share_keeps_everybody(person: int, one: Decimal, other: Decimal) -> None:
    small, large = sorted((one, other))
    assert is_drawn("x", person, large) or not is_drawn("x", person, small)

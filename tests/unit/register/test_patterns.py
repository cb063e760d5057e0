"""Whether a name could fit two patterns."""

from __future__ import annotations

from fnmatch import fnmatchcase

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.register.patterns import common_name

patterns = st.lists(
    st.sampled_from(["a", "b", "*", "?", "[ab]", "[!a]", "[a-c]", "_", "[", "]"]), max_size=6
).map("".join)
names = st.text("abc_[]", max_size=6)


@given(patterns, patterns)
@settings(max_examples=500)
def test_a_name_that_is_given_fits_both(one: str, other: str) -> None:
    name = common_name(one, other)
    if name is not None:
        assert fnmatchcase(name, one)
        assert fnmatchcase(name, other)


@given(patterns, patterns, names)
@settings(max_examples=1000)
def test_where_there_is_a_name_one_is_found(one: str, other: str, name: str) -> None:
    if fnmatchcase(name, one) and fnmatchcase(name, other):
        assert common_name(one, other) is not None


@given(patterns)
def test_a_pattern_meets_itself_where_it_fits_anything(one: str) -> None:
    assert common_name(one, one) == common_name(one, "*")


@pytest.mark.parametrize(
    ("one", "other", "name"),
    [
        ("asiakkaat_*.csv", "sv_asiakkaat_*.csv", None),
        ("asiakkaat_*.csv", "asiakkaat_2026*", "asiakkaat_2026.csv"),
        ("*.csv", "web_*", "web_.csv"),
        ("web_?.csv", "web_??.csv", None),
        ("a*b*c", "*x*", "axbc"),
        ("lista.csv", "lista.csv", "lista.csv"),
        ("[a-f]*.csv", "[g-z]*.csv", None),
    ],
)
def test_names(one: str, other: str, name: str | None) -> None:
    assert common_name(one, other) == name


def test_long_patterns_end() -> None:
    assert common_name("*a" * 200 + "b", "*a" * 200 + "c") is None

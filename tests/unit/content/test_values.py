"""What gets into a template: only what it names, only plain values (attack 5 of the threat list)."""

from __future__ import annotations

import types
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.content.values import Wanted, freeze, missing
from campaigns.content.variables import SAMPLES, TYPES
from campaigns.errors import UserError


def want(type_: str, *, optional: bool = False) -> list[Wanted]:
    return [Wanted(group="person", field="x", type=type_, optional=optional)]


class Sneaky(str):
    """Text with a method that does something."""

    def delete(self) -> None:
        raise AssertionError


@pytest.mark.parametrize("type_", TYPES)
def test_each_type_has_a_sample_that_fits(type_: str) -> None:
    frozen = freeze(want(type_), {"person": {"x": SAMPLES[type_]}})
    assert frozen["person"]["x"] == SAMPLES[type_]
    assert type(frozen["person"]) is types.MappingProxyType


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        ("text", 5),
        ("text", b"x"),
        ("text", ["x"]),
        ("text", {"a": "x"}),
        ("text", Sneaky("x")),
        ("integer", True),
        ("integer", 1.5),
        ("integer", "1"),
        ("number", "1"),
        ("number", float("nan")),
        ("number", True),
        ("money", float("inf")),
        ("money", Decimal("NaN")),
        ("date", "2026-11-24"),
        ("date", datetime(2026, 11, 24, tzinfo=UTC)),
        ("yes_no", 1),
        ("yes_no", "yes"),
        ("date", object()),
    ],
)
def test_a_value_of_another_type_is_refused_and_never_shown(type_: str, value: Any) -> None:
    with pytest.raises(UserError) as caught:
        freeze(want(type_), {"person": {"x": value}})
    assert caught.value.mistake.code == "CON102"
    assert "`person.x`" in str(caught.value)
    assert len(repr(value)) < 3 or repr(value) not in str(caught.value)


@pytest.mark.parametrize(
    "sign", ["\x00", "\r", "\t", "\x0b", "\x1b", "\x7f", "\x85", "\u202e", "\u2066", "\ud800"]
)
def test_text_with_control_characters_is_refused(sign: str) -> None:
    with pytest.raises(UserError, match="CON103") as caught:
        freeze(want("text"), {"person": {"x": f"canary{sign}"}})
    assert "canary" not in str(caught.value)


def test_very_long_text_is_refused() -> None:
    with pytest.raises(UserError, match="CON103"):
        freeze(want("text"), {"person": {"x": "a" * 2_001}})


def test_a_missing_value_is_named() -> None:
    for values in ({}, {"person": {}}, {"person": {"x": None}}):
        with pytest.raises(UserError, match=r"CON101 `person\.x` is missing for this person"):
            freeze(want("text"), values)
        assert missing(want("text"), values) == ["person.x"]
        assert freeze(want("text", optional=True), values)["person"]["x"] is None
        assert missing(want("text", optional=True), values) == []


def test_nothing_but_what_is_wanted_gets_in() -> None:
    values = {"person": {"x": "a", "identity_code": "canary"}, "credit": {"rating": "canary"}}
    frozen = freeze(want("text"), values)
    assert set(frozen) == {"person"}
    assert dict(frozen["person"]) == {"x": "a"}


@given(
    st.dictionaries(
        st.sampled_from(["x", "y"]),
        st.one_of(st.none(), st.text(), st.integers(), st.floats(), st.dates(), st.booleans(), st.binary()),
    ),
    st.sampled_from(sorted(TYPES)),
)
def test_what_comes_out_is_always_plain(group: dict[str, Any], type_: str) -> None:
    try:
        frozen = freeze(want(type_, optional=True), {"person": group})
    except UserError:
        return
    value = frozen["person"]["x"]
    assert value is None or type(value) in (str, int, float, Decimal, date, bool)

"""Phones: five spellings are one number, and what it is good for is known."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.identifiers import BadIdentifier, phone


@pytest.mark.parametrize(
    "text",
    [
        "0401234567",
        "+358 40 1234567",
        "00358401234567",
        "(0)40 123 4567",
        "+358 (0)40 1234567",
        "040-123 4567",
        "+358\u00a040\u00a0123\u00a04567",
        " 040 1234 567 ",
    ],
)
def test_all_spellings_are_one_mobile_number(text: str) -> None:
    assert phone.normalise(text) == phone.Phone(e164="+358401234567", mobile=True, callable=True)
    row = phone.normalise_series(pl.Series([text])).row(0, named=True)
    assert (row["value"], row["mobile"], row["callable"]) == ("+358401234567", True, True)


@pytest.mark.parametrize(
    ("text", "e164", "mobile", "callable_"),
    [
        ("03 123 4567", "+35831234567", False, True),
        ("029 000 8000", "+358290008000", False, False),
        ("0600 12345", "+35860012345", False, False),
        ("0800 12345", "+35880012345", False, False),
        ("+46 70 123 45 67", "+46701234567", True, True),
    ],
)
def test_what_a_number_is_good_for(text: str, e164: str, *, mobile: bool, callable_: bool) -> None:
    assert phone.normalise(text) == phone.Phone(e164=e164, mobile=mobile, callable=callable_)


@pytest.mark.parametrize(
    "text",
    ["112", "12", "0401234567, 0501234567", "040 123/4567", "0400-SAHKO", "x", "", "+", "0" * 60, "1\x002"],
)
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(BadIdentifier) as caught:
        phone.normalise(text)
    assert caught.value.code.startswith("PHONE_")


spellings = st.builds(
    "{}{}{}".format,
    st.sampled_from(["0", "+358", "+358 ", "00358", "(0)", "+358 (0)", "+46", "358", ""]),
    st.sampled_from(["40", "44 ", "50-", "49", "46", "9", "3", "29", "700", "800", "457"]),
    st.text(alphabet="0123456789 -", max_size=9),
)


@given(st.lists(st.one_of(st.none(), spellings), max_size=6))
def test_whole_columns_give_the_same_as_single_texts(column: list[str | None]) -> None:
    found = phone.normalise_series(pl.Series("phone", column, dtype=pl.String))
    for text, row in zip(column, found.iter_rows(named=True), strict=True):
        if text is None:
            assert set(row.values()) == {None}
            continue
        try:
            number = phone.normalise(text)
        except BadIdentifier as bad:
            assert (row["value"], row["code"]) == (None, bad.code)
        else:
            assert (row["value"], row["mobile"], row["callable"]) == (
                number.e164,
                number.mobile,
                number.callable,
            )

"""GSRN, business ids and postal codes."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import ean

from campaigns.identifiers import BadIdentifier, business_id, gsrn, postal_code

VALID = ("643007500000000014", "643007500000000021", "643007500999999993", "643006900000000013")


@pytest.mark.parametrize("text", VALID)
def test_gsrn_round_trip(text: str) -> None:
    assert gsrn.text(gsrn.parse(f" {text} ")) == text


@pytest.mark.parametrize(
    "text",
    ["643007500000000015", "64300750000000001", "6430075000000000140", "64300750000000001x", "", "٦٤" * 9],
)
def test_what_is_no_gsrn_is_refused(text: str) -> None:
    with pytest.raises(BadIdentifier):
        gsrn.parse(text)


@given(
    st.lists(
        st.one_of(st.none(), st.sampled_from(VALID), st.text(alphabet="0123456789 x", max_size=19)),
        max_size=6,
    )
)
def test_whole_columns_of_gsrn_give_the_same_as_single_texts(column: list[str | None]) -> None:
    series = pl.Series("gsrn", column, dtype=pl.String)

    def one(text: str | None) -> int | None:
        try:
            return None if text is None else gsrn.parse(text)
        except BadIdentifier:
            return None

    expected = [one(text) for text in column]
    assert gsrn.parse_series(series).to_list() == expected
    assert gsrn.valid_series(series).to_list() == [number is not None for number in expected]


@given(st.integers(0, 10**17 - 1))
def test_the_check_digit_is_the_one_of_gs1(body: int) -> None:
    digits = f"{body:017d}"
    right = digits + ean.calc_check_digit(digits)
    numbers = pl.Series([int(digits) * 10 + last for last in range(10)])
    assert numbers.filter(gsrn.check_digit_is_right(numbers)).to_list() == [int(right)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0112038-9", "0112038-9"),
        ("112038-9", "0112038-9"),
        ("2075131–1", "2075131-1"),
        (" 2075131 - 1 ", "2075131-1"),
        ("FI20751311", "2075131-1"),
    ],
)
def test_business_ids_in_usual_spellings(text: str, expected: str) -> None:
    assert business_id.normalise(text) == expected


@pytest.mark.parametrize("text", ["080487–1", "0112038-8", "1000008-0", "", "abc"])
def test_wrong_business_ids_are_refused(text: str) -> None:
    with pytest.raises(BadIdentifier):
        business_id.normalise(text)


@pytest.mark.parametrize(
    ("text", "expected"), [("00100", "00100"), (" 15140 ", "15140"), ("FI-15140", "15140")]
)
def test_postal_codes_stay_text(text: str, expected: str) -> None:
    assert postal_code.normalise(text) == expected


@pytest.mark.parametrize("text", ["1514", "151400", "00000", "114 55", "", "1514O"])
def test_wrong_postal_codes_are_refused(text: str) -> None:
    with pytest.raises(BadIdentifier):
        postal_code.normalise(text)

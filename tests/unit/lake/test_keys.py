"""Ids from names: the same everywhere and for ever, whichever way they are computed."""

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from campaigns.lake.keys import stable_id, stable_ids

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x1f"), max_size=20)


def test_the_number_never_changes() -> None:
    # If this fails, every id in every lake out there has changed its meaning.
    assert stable_id("lahti_energia", "crm", "1001") == 1258029892345983580


@given(st.lists(texts, min_size=1, max_size=4))
def test_fits_a_bigint_and_is_not_negative(parts: list[str]) -> None:
    assert 0 <= stable_id(*parts) < 2**63


@given(texts, texts)
def test_the_border_between_parts_counts(one: str, other: str) -> None:
    assert stable_id(one + other) != stable_id(one, other)


@given(st.lists(st.tuples(texts, texts), max_size=20))
def test_a_column_gives_what_single_words_give(rows: list[tuple[str, str]]) -> None:
    frame = pl.DataFrame(rows, schema={"a": pl.String, "b": pl.String}, orient="row")
    ids = stable_ids(frame, ["crm", pl.col("a"), pl.col("b")])
    assert ids.to_list() == [stable_id("crm", a, b) for a, b in rows]
    assert ids.dtype == pl.Int64


def test_numbers_count_as_their_digits_and_null_stays_null() -> None:
    frame = pl.DataFrame({"a": [7, None]})
    assert stable_ids(frame, ["x", pl.col("a")]).to_list() == [stable_id("x", "7"), None]


def test_constants_alone_give_one_id_a_row() -> None:
    frame = pl.DataFrame({"a": [1, 2, 3]})
    assert stable_ids(frame, ["x", "y"]).to_list() == [stable_id("x", "y")] * 3
    assert stable_ids(frame.clear(), ["x", "y"]).to_list() == []

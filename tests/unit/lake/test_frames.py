"""The form that a table asks of a frame."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.lake import frames
from campaigns.lake.schemas import TABLES, empty

PERSONS = TABLES["persons"]
DAYS = TABLES["consumption_days"]


def test_missing_columns_become_null_and_types_are_the_tables() -> None:
    shaped = frames.conform(pl.DataFrame({"person_id": [1], "controller": ["a"]}), PERSONS)
    assert shaped.schema == empty("persons").schema
    assert shaped["kind"].to_list() == [None]


def test_an_unknown_column_is_a_fault() -> None:
    with pytest.raises(frames.WrongFrame, match="persons has no column hetu"):
        frames.conform(pl.DataFrame({"controller": ["a"], "person_id": [1], "hetu": ["x"]}), PERSONS)


def test_a_value_that_does_not_fit_is_a_fault_that_quotes_nothing() -> None:
    frame = pl.DataFrame({"controller": ["a"], "person_id": [1], "birth_year": ["010190-123A"]})
    with pytest.raises(frames.WrongFrame) as caught:
        frames.conform(frame, PERSONS)
    assert "010190" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_twins_are_a_fault() -> None:
    frame = pl.DataFrame({"controller": ["a", "b", "a"], "person_id": [1, 1, 1]})
    with pytest.raises(frames.WrongFrame, match="same controller, person_id"):
        frames.conform(frame, PERSONS)


def test_null_keys_are_twins_of_each_other() -> None:
    frame = pl.DataFrame({"controller": ["a", "a"], "person_id": [1, 1], "kind": ["customer", "customer"]})
    with pytest.raises(frames.WrongFrame):
        frames.conform(frame, TABLES["relationships"])


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 50)), unique=True))
def test_rows_come_in_the_order_of_keys(keys: list[tuple[str, int]]) -> None:
    frame = pl.DataFrame(keys, schema={"controller": pl.String, "person_id": pl.Int64}, orient="row")
    shaped = frames.conform(frame, PERSONS)
    assert shaped.select("controller", "person_id").rows() == sorted(keys)


def test_partitions_come_before_keys() -> None:
    assert frames.order_of(DAYS) == ("month", "controller", "metering_point_id", "direction", "local_date")

"""Frames in and out: the types that our code may expect."""

import duckdb
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from campaigns.engine.frames import Stream, from_relation
from campaigns.lake.schemas import TABLES, empty


@pytest.fixture
def database():  # type: ignore[no-untyped-def]
    with duckdb.connect(":memory:") as connection:
        yield connection


@pytest.mark.parametrize(
    ("expression", "kind", "value"),
    [
        ("sum(1::BIGINT)", pl.Int64(), 1),
        ("list_sum([1, 2]::BIGINT[])", pl.Int64(), 3),
        ("[sum(1::BIGINT)]", pl.List(pl.Int64), [1]),
        ("{'a': sum(1::BIGINT)}", pl.Struct({"a": pl.Int64}), {"a": 1}),
        ("sum(2.5::DECIMAL(10, 2))", pl.Float64(), 2.5),
        ("avg(1)", pl.Float64(), 1.0),
        ("count(*)", pl.Int64(), 1),
        ("any_value(TIMESTAMPTZ '2026-01-02 03:04:05+00')", pl.Datetime("us", "UTC"), None),
        ("any_value(TIMESTAMP_S '2026-01-02 03:04:05')", pl.Datetime("us"), None),
        ("any_value('a'::ENUM ('a', 'b'))", pl.String(), "a"),
        ("any_value(INTERVAL 3 DAY)", pl.String(), "3 days"),
        ("any_value(DATE '2026-01-02')", pl.Date(), None),
        ("any_value('101'::BIT)", pl.String(), "101"),
        ("any_value(uuid())", pl.String(), None),
        ("any_value([1, NULL]::INTEGER[])", pl.List(pl.Int32), [1, None]),
    ],
)
def test_types_of_results(database, expression, kind, value) -> None:  # type: ignore[no-untyped-def]
    frame = from_relation(database.sql(f"SELECT {expression} AS v"))
    assert frame.schema == {"v": kind}
    if value is not None:
        assert frame["v"].to_list() == [value]


def test_a_type_without_equal_is_said_not_panicked(database) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(duckdb.BinderException, match="column v is INTERVAL"):
        from_relation(database.sql("SELECT [INTERVAL 1 DAY] AS v"))


def test_no_rows_keep_their_types(database) -> None:  # type: ignore[no-untyped-def]
    frame = from_relation(database.sql("SELECT 1::HUGEINT AS a, 'x' AS b WHERE false"))
    assert frame.schema == {"a": pl.Int64(), "b": pl.String()}


@pytest.mark.parametrize("name", TABLES)
def test_every_table_passes_through_unchanged(database, name) -> None:  # type: ignore[no-untyped-def]
    database.register("t", Stream(empty(name)))
    assert_frame_equal(from_relation(database.sql("FROM t")), empty(name))


def test_a_frame_can_be_read_many_times(database) -> None:  # type: ignore[no-untyped-def]
    database.register("t", Stream(pl.DataFrame({"a": range(10)})))
    sql = "SELECT count(*) AS n FROM t JOIN t AS u USING (a)"
    assert [from_relation(database.sql(sql)).item() for _ in range(3)] == [10, 10, 10]

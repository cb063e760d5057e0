"""What every table of the lake has in common."""

import pytest

from campaigns.lake.schemas import TABLES, empty


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
def test_controller_comes_first_and_in_every_key(table) -> None:  # type: ignore[no-untyped-def]
    assert next(iter(table.schema)) == "controller"
    assert table.keys[0] == "controller"
    assert len(set(table.keys)) == len(table.keys)


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
def test_keys_statistics_and_partitions_are_columns(table) -> None:  # type: ignore[no-untyped-def]
    assert {*table.keys, *table.statistics, *table.partition_by} <= table.schema.keys()


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
def test_personal_means_that_rows_say_whose_they_are(table) -> None:  # type: ignore[no-untyped-def]
    assert table.personal == ("person_id" in table.schema)


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
def test_statistics_of_personal_tables_name_keys_only(table) -> None:  # type: ignore[no-untyped-def]
    # The values of these columns stand in the Delta log, which no erasure rewrites.
    if table.personal:
        assert set(table.statistics) <= {"controller", "person_id"}


def test_an_empty_frame_has_the_types() -> None:
    assert empty("persons").schema == dict(TABLES["persons"].schema)
    assert empty("persons").is_empty()

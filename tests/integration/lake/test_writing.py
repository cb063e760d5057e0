"""What goes in comes out: append, upsert, replace, partitions, transactions and ids."""

from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from campaigns import errors
from campaigns.lake import Lake
from campaigns.lake.frames import WrongFrame
from campaigns.lake.schemas import TABLES, empty
from campaigns.lake.writer import Writer
from support.effort import examples
from support.lakes import days, persons


def test_an_empty_lake_has_snapshot_zero_with_empty_tables(lake: Lake) -> None:
    with lake.snapshot() as snapshot:
        assert (snapshot.number, snapshot.versions, lake.status()) == (0, {}, [])
        assert not snapshot.has("persons")
        assert snapshot.files("persons") == ()
        assert_frame_equal(snapshot.frame("persons"), empty("persons"))
    assert not lake.root.exists()


@pytest.mark.parametrize("name", TABLES)
def test_every_table_takes_and_gives_every_type(lake: Lake, name: str) -> None:
    values = {
        pl.String(): "x",
        pl.Date(): date(2026, 1, 2),
        pl.Datetime("us", "UTC"): datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC),
        pl.Boolean(): True,
        pl.Float64(): 0.1,
        pl.List(pl.Int32): [7, None, 9],
        pl.List(pl.Int64): [2**40],
        pl.List(pl.Int8): [],
    }
    schema = dict(TABLES[name].schema)
    row = pl.DataFrame({column: [values.get(kind, 7)] for column, kind in schema.items()}, schema=schema)
    with lake.writer(purpose="test") as writer:
        writer.append(name, row)
    with lake.snapshot() as snapshot:
        assert_frame_equal(snapshot.frame(name), row)


def test_a_snapshot_does_not_move(filled: Lake) -> None:
    with filled.snapshot() as before:
        with filled.writer(purpose="test") as writer:
            writer.replace("persons", persons(9))
        assert before.number == 1
        assert before.frame("persons", ["person_id"]).to_series().to_list() == [1, 2, 3]
    with filled.snapshot() as after:
        assert (after.number, after.versions) == (2, {"consumption_days": 1, "persons": 2})
        assert after.frame("persons", ["person_id"]).to_series().to_list() == [9]
    with filled.snapshot(1) as again:
        assert again.rows("persons") == 3


def test_nothing_new_takes_no_snapshot(filled: Lake) -> None:
    with filled.writer(purpose="test") as writer:
        assert writer.seen("persons", "persons:first")
    assert filled.snapshot().number == 1


def test_a_writer_sees_its_own_commits(lake: Lake) -> None:
    with lake.writer(purpose="test") as writer:
        assert writer.files("persons") == ()
        writer.append("persons", persons(2), transaction="persons:abc")
        writer.append("persons", persons(1))
        assert writer.seen("persons", "persons:abc")
        assert not writer.seen("persons", "persons:abcd")
        assert not writer.seen("contracts", "persons:abc")
        assert writer.frame("persons", ["person_id"]).to_series().to_list() == [1, 2]
        assert len(writer.files("persons")) == 2
        assert writer.frame("persons", where=pl.col("person_id") == 2).height == 1


def test_an_exception_publishes_nothing_and_the_next_writer_goes_on_from_there(filled: Lake) -> None:
    def broken(writer: Writer) -> None:
        writer.append("persons", persons(4), transaction="persons:second")
        raise RuntimeError("half way")

    with pytest.raises(RuntimeError, match="half way"), filled.writer(purpose="test") as writer:
        broken(writer)
    assert filled.snapshot().number == 1
    assert filled.snapshot().rows("persons") == 3
    with filled.writer(purpose="again") as writer:
        assert writer.seen("persons", "persons:second")
    assert filled.snapshot().rows("persons") == 4


def test_upsert_replaces_rows_with_the_same_keys_and_adds_others(filled: Lake) -> None:
    with filled.writer(purpose="test") as writer:
        writer.upsert("persons", persons(2, 5, language="sv"), transaction="persons:second")
        assert writer.seen("persons", "persons:first")
        assert writer.seen("persons", "persons:second")
    found = filled.snapshot().frame("persons").select("person_id", "language").rows()
    assert found == [(1, None), (2, "sv"), (3, None), (5, "sv")]


def test_upsert_of_other_months_leaves_files_alone(filled: Lake) -> None:
    before = filled.snapshot().files("consumption_days")
    with filled.writer(purpose="test") as writer:
        writer.upsert("consumption_days", days("2026-02-01", "2026-02-02", wh=7))
    snapshot = filled.snapshot()
    assert before[0] in snapshot.files("consumption_days")
    assert before[1] not in snapshot.files("consumption_days")
    assert snapshot.frame("consumption_days", ["wh_sum"]).to_series().to_list() == [100, 7, 7]


def test_replace_where_puts_whole_months_in_place(filled: Lake) -> None:
    with filled.writer(purpose="test") as writer:
        months = {"month": ["2026-02", "2026-03"]}
        writer.replace_where("consumption_days", days("2026-03-05", wh=5), partitions=months)
    found = filled.snapshot().frame("consumption_days", ["month", "wh_sum"]).rows()
    assert found == [("2026-01", 100), ("2026-03", 5)]


def test_replace_where_refuses_rows_outside_and_quotes_none(filled: Lake) -> None:
    with pytest.raises(WrongFrame) as caught, filled.writer(purpose="test") as writer:
        writer.replace_where("consumption_days", days("2026-04-05"), partitions={"month": ["2026-03"]})
    assert "2026-04" not in str(caught.value)


def test_an_empty_frame_still_records_its_transaction(filled: Lake) -> None:
    with filled.writer(purpose="test") as writer:
        writer.append("persons", empty("persons"), transaction="persons:empty")
        writer.upsert("consumption_days", empty("consumption_days"), transaction="days:empty")
    with filled.writer(purpose="test") as writer:
        assert writer.seen("persons", "persons:empty")
        assert writer.seen("consumption_days", "days:empty")
    assert filled.snapshot().rows("persons") == 3


def test_replacing_with_nothing_empties_the_table(filled: Lake) -> None:
    with filled.writer(purpose="test") as writer:
        writer.replace("persons", empty("persons"))
    assert filled.snapshot().frame("persons").is_empty()
    assert filled.snapshot().has("persons")


def test_small_files_are_gathered(lake: Lake) -> None:
    with lake.writer(purpose="test") as writer:
        for number in range(18):
            writer.append("persons", persons(number))
            writer.append("consumption_days", days("2026-01-01", point=number))
            writer.append("consumption_days", days("2026-02-01", point=number))
        assert len(writer.files("persons")) <= 16
        assert len(writer.files("consumption_days")) <= 32
    snapshot = lake.snapshot()
    assert snapshot.frame("persons", ["person_id"]).to_series().to_list() == list(range(18))
    assert snapshot.frame("consumption_days").height == 36


def test_ids_are_given_once(lake: Lake) -> None:
    with lake.writer(purpose="test") as writer:
        assert writer.allocate("person_id:a", 2) == range(1, 3)
        assert writer.allocate("person_id:b", 1) == range(1, 2)
        writer.append("persons", persons(1, 2))
        assert writer.allocate("person_id:a", 1) == range(3, 4)
    with lake.writer(purpose="test") as writer:
        assert writer.allocate("person_id:a", 2) == range(4, 6)
        assert writer.allocate("person_id:b", 0) == range(2, 2)


def test_ids_of_a_broken_writer_are_not_given_again_when_rows_have_them(lake: Lake) -> None:
    with pytest.raises(RuntimeError), lake.writer(purpose="test") as writer:
        writer.append("persons", persons(*writer.allocate("person_id:a", 3)))
        raise RuntimeError
    with lake.writer(purpose="test") as writer:
        assert writer.allocate("person_id:a", 1) == range(4, 5)


def test_ids_stay_given_when_their_table_is_emptied(lake: Lake) -> None:
    with lake.writer(purpose="test") as writer:
        writer.append("persons", persons(*writer.allocate("person_id:a", 3)))
        writer.replace("persons", empty("persons"))
    lake.vacuum()
    with lake.writer(purpose="test") as writer:
        assert writer.allocate("person_id:a", 1) == range(4, 5)


def test_a_column_added_to_the_schema_later_is_null_in_old_rows(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = TABLES["persons"]
    old = {name: kind for name, kind in new.schema.items() if name != "language"}
    with monkeypatch.context() as patch:
        patch.setitem(TABLES, "persons", type(new)(name="persons", schema=old, keys=new.keys, personal=True))
        with lake.writer(purpose="old version") as writer:
            writer.append("persons", persons(1, 2))
    assert lake.snapshot().frame("persons")["language"].to_list() == [None, None]
    with lake.writer(purpose="new version") as writer:
        writer.append("persons", persons(3, language="sv"))
        assert writer.frame("persons")["language"].to_list() == [None, None, "sv"]
        writer.upsert("persons", persons(1, language="fi"))
    assert lake.snapshot().frame("persons")["language"].to_list() == ["fi", None, "sv"]


def test_status_says_rows_versions_and_freshness(filled: Lake, clock) -> None:  # type: ignore[no-untyped-def]
    clock.pass_(60)
    with filled.writer(purpose="test") as writer:
        writer.append("companies", pl.DataFrame({"controller": ["a"], "company_id": [1]}))
    found = {line.name: (line.rows, line.version, str(line.fresh_to)) for line in filled.status()}
    assert found == {
        "companies": (1, 1, "2026-11-24 12:01:00+00:00"),
        "consumption_days": (2, 1, "2026-02-01"),
        "persons": (3, 1, "2026-11-24 12:00:00+00:00"),
    }


def test_files_and_folders_are_private(filled: Lake) -> None:
    filled.snapshot().close()
    for path in (filled.root, *filled.root.rglob("*")):
        assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600), path


@pytest.mark.parametrize("name", ["a[1]", "a*", "a%20b"])
def test_a_folder_that_looks_like_a_pattern_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(errors.UserError, match="LAK007"):
        Lake(tmp_path / name)


@pytest.mark.parametrize("name", ["Sähkö ja lämpö", "o'brien", "a#b", "{x}"])
def test_other_folders_work_whatever_they_are_called(tmp_path: Path, name: str) -> None:
    lake = Lake(tmp_path / name)
    with lake.writer(purpose="test") as writer:
        writer.append("persons", persons(1))
        writer.append("consumption_days", days("2026-01-01"))
        writer.upsert("persons", persons(1, language="fi"))
    lake.vacuum()
    with lake.snapshot() as snapshot:
        assert snapshot.frame("persons")["language"].to_list() == ["fi"]
        assert snapshot.frame("consumption_days")["month"].to_list() == ["2026-01"]


steps = st.lists(
    st.tuples(
        st.sampled_from(["upsert", "replace"]),
        st.dictionaries(st.tuples(st.sampled_from("ab"), st.integers(1, 6)), st.sampled_from("xyz")),
    ),
    max_size=6,
)


@examples(10)
@given(steps=steps)
def test_any_sequence_gives_what_a_dictionary_gives(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, dict[tuple[str, int], str]]]
) -> None:
    lake = Lake(tmp_path_factory.mktemp("lake"))
    expected: dict[tuple[str, int], str] = {}
    for step, rows in steps:
        frame = pl.DataFrame(
            [(*key, value) for key, value in rows.items()],
            schema={"controller": pl.String, "person_id": pl.Int64, "first_name": pl.String},
            orient="row",
        )
        with lake.writer(purpose=step) as writer:
            getattr(writer, step)("persons", frame)
        expected = rows if step == "replace" else expected | rows
    with lake.snapshot() as snapshot:
        found = snapshot.frame("persons", ["controller", "person_id", "first_name"]).rows()
    assert found == [(*key, expected[key]) for key in sorted(expected)]


def test_remove_touches_only_files_with_such_rows(filled: Lake) -> None:
    with filled.writer(purpose="test") as writer:
        writer.append("persons", persons(4, 5))
        before = writer.files("persons")
        assert writer.remove("persons", pl.col("person_id").is_in([4, 9])) == 1
        after = writer.files("persons")
        assert len(set(before) & set(after)) == 1
        assert writer.remove("persons", pl.col("person_id") == 4) == 0
        assert writer.remove("persons", pl.col("language") == "fi") == 0  # NULL is not "fi"
        assert writer.files("persons") == after
    assert filled.snapshot().frame("persons")["person_id"].to_list() == [1, 2, 3, 5]


def test_removing_every_row_of_a_file_leaves_no_file(filled: Lake) -> None:
    with filled.writer(purpose="test") as writer:
        assert writer.remove("consumption_days", pl.col("month") == "2026-01") == 1
        assert len(writer.files("consumption_days")) == 1


def test_a_partition_that_cannot_be_a_folder_is_a_fault(lake: Lake) -> None:
    for month in (None, "../../outside", "a/b"):
        rows = days("2026-01-01").with_columns(month=pl.lit(month, pl.String))
        with pytest.raises(WrongFrame, match="cannot name a folder"), lake.writer(purpose="test") as writer:
            writer.append("consumption_days", rows)


def test_delta_readers_agree(filled: Lake) -> None:
    """Spark, Trino and others read the tables by their logs: so does delta-rs here."""
    import deltalake

    with filled.writer(purpose="test") as writer:
        writer.upsert("persons", persons(2, 7, language="sv"))
        writer.upsert("consumption_days", days("2026-01-01", "2026-03-01", wh=3))
    with filled.snapshot() as snapshot:
        for name, version in snapshot.versions.items():
            table = deltalake.DeltaTable(filled.root / name, version=version)
            frame = pl.scan_delta(table).select(list(TABLES[name].schema)).collect()
            order = list(TABLES[name].keys)
            assert_frame_equal(frame.sort(order), snapshot.frame(name).sort(order))
            assert table.count() == snapshot.rows(name)


def test_the_log_has_bounds_of_keys_and_dates_only(filled: Lake) -> None:
    import deltalake

    with filled.writer(purpose="test") as writer:
        start = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
        writer.append("prices", pl.DataFrame({"controller": ["a"], "start": [start], "price_mc": [5]}))
    actions = pl.DataFrame(deltalake.DeltaTable(filled.root / "prices").get_add_actions(flatten=True))
    assert {column for column in actions.columns if "." in column} == {
        f"{what}.{column}" for what in ("min", "max", "null_count") for column in ("controller", "start")
    }
    assert actions["min.start"][0] <= start <= actions["max.start"][0]
    days_log = pl.DataFrame(
        deltalake.DeltaTable(filled.root / "consumption_days").get_add_actions(flatten=True)
    )
    assert days_log.sort("path")["min.local_date"].to_list() == [date(2026, 1, 1), date(2026, 2, 1)]


def test_rows_stay_in_order_over_row_groups_and_files(lake: Lake) -> None:
    odd, even = range(1, 300_000, 2), range(0, 300_000, 2)
    with lake.writer(purpose="test") as writer:
        writer.append("persons", persons(*odd))
        assert writer.frame("persons", ["person_id"])["person_id"].to_list() == list(odd)
        writer.append("persons", persons(*even))
        some = writer.frame("persons", ["kind", "person_id"], where=pl.col("person_id") % 3 == 0)
        assert some["person_id"].to_list() == list(range(0, 300_000, 3))
    assert lake.snapshot().frame("persons", ["person_id"])["person_id"].to_list() == list(range(300_000))


def test_deletion_vectors_are_off_and_long_logs_get_checkpoints(lake: Lake) -> None:
    import deltalake

    with lake.writer(purpose="test") as writer:
        for number in range(102):
            writer.append("persons", empty("persons"), transaction=f"persons:{number}")
    table = deltalake.DeltaTable(lake.root / "persons")
    assert table.metadata().configuration["delta.enableDeletionVectors"] == "false"
    assert list(lake.root.rglob("*.checkpoint.parquet"))
    with lake.writer(purpose="test") as writer:
        assert writer.seen("persons", "persons:0")
        assert writer.seen("persons", "persons:101")


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "lake").write_text("a file, where the folder should be")
    with pytest.raises(errors.UserError, match="LAK008 The lake cannot be written"):
        Lake(tmp_path / "lake").vacuum()


def test_a_crowd_is_gathered_without_losing_twins_of_other_files(lake: Lake) -> None:
    with lake.writer(purpose="test") as writer:
        for number in range(20):
            writer.append("persons", persons(number, number + 100))
        writer.upsert("persons", persons(0, 119, 500, language="sv"))
        found = writer.frame("persons").filter(pl.col("language") == "sv")["person_id"].to_list()
        assert found == [0, 119, 500]
        assert writer.frame("persons").height == 41


def test_large_partitions_are_several_files_and_upserts_touch_their_own(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("campaigns.lake.parquet._ROWS_A_FILE", 10)
    points = pl.concat([days("2026-01-01", point=number) for number in range(25)])
    with lake.writer(purpose="test") as writer:
        writer.append("consumption_days", points)
        before = writer.files("consumption_days")
        assert len(before) == 3
        writer.upsert("consumption_days", pl.concat([days("2026-01-01", point=n, wh=5) for n in (3, 4, 77)]))
        assert len(set(before) & set(writer.files("consumption_days"))) == 2
        found = writer.frame("consumption_days", ["metering_point_id", "wh_sum"])
    assert found.rows() == [(n, 5 if n in (3, 4) else 100) for n in range(25)] + [(77, 5)]

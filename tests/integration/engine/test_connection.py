"""Queries over a snapshot: views, frames, parameters, steps, limits."""

import threading
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from campaigns import engine, errors
from campaigns.engine import Engine
from campaigns.lake import Lake
from campaigns.lake.schemas import TABLES, empty
from campaigns.lake.snapshot import SnapshotRevoked
from support.lakes import days, persons


def test_a_view_has_what_the_lake_has(lake: Lake, db: Engine) -> None:
    with lake.snapshot() as snapshot:
        for name in ("persons", "consumption_days"):
            assert_frame_equal(db.query(f"FROM {name} ORDER BY ALL"), snapshot.frame(name))


@pytest.mark.parametrize("name", sorted(set(TABLES) - {"persons", "consumption_days", "quarantine"}))
def test_tables_without_files_are_empty_views_with_their_types(db: Engine, name: str) -> None:
    assert_frame_equal(db.query(f"FROM {name}"), empty(name))


def test_an_empty_lake_answers_too(tmp_path) -> None:  # type: ignore[no-untyped-def]
    with Lake(tmp_path / "lake").snapshot() as snapshot, engine.connect(snapshot) as db:
        assert db.query("SELECT count(*) AS n FROM persons").item() == 0


def test_parameters(db: Engine) -> None:
    sql = "SELECT person_id FROM persons WHERE person_id IN (SELECT unnest($ids)) AND language = $language"
    found = db.query(sql, {"ids": [1, 3, 9], "language": "fi"})
    assert sorted(found["person_id"]) == [1, 3]
    assert db.query("SELECT $x AS x", {"x": None})["x"].to_list() == [None]
    assert db.query("SELECT $x::DATE AS x", {"x": "2026-01-02"}).item().isoformat() == "2026-01-02"


def test_a_parameter_is_never_sql(db: Engine) -> None:
    hostile = "x' OR 1 = 1; DROP VIEW persons; --"
    assert db.query("FROM persons WHERE last_name = $name", {"name": hostile}).is_empty()
    assert db.query("FROM persons").height == 3


@pytest.mark.parametrize("given", [{}, {"x": 1, "y": 2}])
def test_wrong_parameters_are_named(db: Engine, given: dict[str, object]) -> None:
    with pytest.raises(errors.UserError, match="ENG002"):
        db.query("SELECT $x AS x", given)


def test_steps_after_the_lock(db: Engine) -> None:
    db.execute("CREATE TEMP TABLE step AS SELECT person_id FROM persons WHERE person_id < $n", {"n": 3})
    db.execute("CREATE TEMP TABLE next AS FROM step WHERE person_id > 1")
    assert db.query("FROM next")["person_id"].to_list() == [2]


def test_frames_beside_tables(lake: Lake) -> None:
    mine = pl.DataFrame({"person_id": [2, 3], "state": ["allowed", None]})
    with lake.snapshot() as snapshot, engine.connect(snapshot, frames={"permission_state": mine}) as db:
        joined = (
            "SELECT person_id, state FROM persons LEFT JOIN permission_state USING (person_id) ORDER BY 1"
        )
        assert db.query(joined).rows() == [(1, None), (2, "allowed"), (3, None)]
        assert "permission_state" in db.tables
        db.register("permission_state", mine.head(1))
        assert db.query("FROM permission_state").height == 1


@pytest.mark.parametrize("seen_before", [True, False])
def test_a_frame_takes_the_place_of_a_table(db: Engine, *, seen_before: bool) -> None:
    if seen_before:
        assert db.query("FROM persons").height == 3
    db.register("persons", persons(7))
    assert db.query("FROM persons")["person_id"].to_list() == [7]


def test_masked_columns(lake: Lake) -> None:
    with lake.writer(purpose="test") as writer:
        writer.append("persons", persons(4))
    masked = {"persons": ["first_name", "last_name"]}
    with lake.snapshot() as snapshot, engine.connect(snapshot, masked=masked) as db:
        found = db.query("SELECT DISTINCT last_name FROM persons ORDER BY ALL NULLS LAST")
        assert found["last_name"].to_list() == ["***", None]
        assert db.query("FROM persons WHERE last_name = 'Virtanen'").is_empty()


def test_quarantine_is_no_view(db: Engine) -> None:
    assert "quarantine" not in db.tables
    with pytest.raises(errors.UserError, match="ENG002"):
        db.query("FROM quarantine")


def test_only_the_tables_that_were_asked_for(lake: Lake) -> None:
    with lake.snapshot() as snapshot:
        (file,) = snapshot.files("persons")
        with engine.connect(snapshot, tables=["consumption_days"]) as db:
            assert db.query("FROM consumption_days").height == 2
            with pytest.raises(errors.UserError, match="ENG002"):
                db.query("FROM persons")
            with pytest.raises(errors.Refused, match="ENG005"):
                db.query(f"FROM read_parquet('{file}')")


def test_columns_added_later_are_null_in_old_files(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    new = TABLES["persons"]
    more = type(new)(
        name="persons",
        keys=new.keys,
        schema={**new.schema, "shoe_size": pl.Int8(), "seen_at": pl.Datetime("us", "UTC")},
        personal=True,
    )
    monkeypatch.setitem(TABLES, "persons", more)
    sql = "SELECT person_id, shoe_size, seen_at FROM persons ORDER BY 1"
    with lake.snapshot() as snapshot, engine.connect(snapshot) as db:
        found = db.query(sql)
        assert found.schema["shoe_size"] == pl.Int8()
        assert found.rows()[0] == (1, None, None)
    with lake.writer(purpose="test") as writer:
        writer.append("persons", persons(4, shoe_size=44))
    with lake.snapshot() as snapshot, engine.connect(snapshot) as db:
        assert db.query(sql)["shoe_size"].to_list() == [None, None, None, 44]


def test_every_type_of_the_schemas_can_be_null_in_a_view() -> None:
    from campaigns.engine.views import over_files

    for table in TABLES.values():
        assert "NULL::" in over_files(table, [], present=(), masked=())


def test_a_snapshot_is_one_moment(lake: Lake, db: Engine) -> None:
    with lake.writer(purpose="test") as writer:
        writer.append("persons", persons(4, 5))
        writer.append("consumption_days", days("2026-03-01"))
    lake.vacuum()
    assert db.query("FROM persons").height == 3
    assert db.query("FROM consumption_days").height == 2


def test_a_query_has_a_time_limit(db: Engine) -> None:
    with pytest.raises(errors.UserError, match="ENG003"):
        db.query("SELECT count(*) FROM range(10000000) a, range(10000000) b", seconds=0.2)
    with pytest.raises(errors.UserError, match="ENG003"):
        db.execute("CREATE TEMP TABLE x AS FROM range(10000000) a, range(10000000) b", seconds=0.2)
    assert db.query("FROM persons").height == 3


def test_another_thread_can_stop_a_query(db: Engine) -> None:
    stopper = threading.Timer(0.2, db.interrupt)
    stopper.start()
    with pytest.raises(errors.UserError, match="ENG003"):
        db.query("SELECT count(*) FROM range(10000000) a, range(10000000) b")


def test_a_query_has_a_memory_limit(lake: Lake) -> None:
    with lake.snapshot() as snapshot, engine.connect(snapshot, memory_limit="100MB") as db:
        with pytest.raises(errors.UserError, match="ENG004"):
            db.query("SELECT string_agg(md5(range::VARCHAR), '') AS x FROM range(20000000)", seconds=60)
        assert db.query("FROM persons").height == 3


def test_what_spills_to_disk_goes_with_the_reader(lake: Lake) -> None:
    with lake.snapshot() as snapshot:
        with engine.connect(snapshot, memory_limit="60MB", threads=1) as db:
            db.execute("CREATE TEMP TABLE x AS SELECT md5(range::VARCHAR) AS m FROM range(3000000)")
            assert snapshot.spill is not None
            assert list(snapshot.spill.iterdir())
        assert not snapshot.spill.exists()


def test_threads_take_turns(db: Engine) -> None:
    results: list[int] = []

    def ask() -> None:
        results.extend(db.query("SELECT count(*) AS n FROM persons")["n"].to_list())

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [3] * 8


def test_a_closed_connection_stays_closed(lake: Lake) -> None:
    with lake.snapshot() as snapshot:
        with engine.connect(snapshot) as db:
            pass
        db.close()
        with pytest.raises(errors.UserError):
            db.query("SELECT 1")


@pytest.mark.parametrize("table", ["persons", "consumption_days"])
def test_a_damaged_file_is_damage_not_fewer_rows(lake: Lake, table: str) -> None:
    with lake.snapshot() as snapshot:
        path = snapshot.files(table)[0]
    whole = path.read_bytes()
    for broken in (b"", whole[:-8], whole[: len(whole) // 2] + b"\0" * (len(whole) - len(whole) // 2)):
        path.write_bytes(broken)
        with (
            lake.snapshot() as snapshot,
            engine.connect(snapshot) as db,
            pytest.raises(errors.DataDamaged, match=f"{table} at version 1"),
        ):
            db.query(f"FROM {table}")
    path.unlink()
    with lake.snapshot() as snapshot, engine.connect(snapshot) as db, pytest.raises(errors.DataDamaged):
        db.query(f"FROM {table}")


def test_a_file_that_vanishes_later_is_damage(lake: Lake, db: Engine) -> None:
    assert db.query("FROM consumption_days").height == 2
    db.snapshot.files("consumption_days")[1].unlink()
    with pytest.raises(errors.DataDamaged, match="consumption_days at version 1"):
        db.query("SELECT sum(wh_sum) FROM consumption_days")


def test_an_erasure_in_between_is_said(lake: Lake) -> None:
    later = Lake(lake.root, clock=lambda: datetime.now(UTC) + timedelta(minutes=2))
    with lake.snapshot() as snapshot, engine.connect(snapshot) as db:
        assert db.query("FROM persons").height == 3
        assert not later.erase("a", [2]).pending
        with pytest.raises(SnapshotRevoked, match="LAK005"):
            db.query("SELECT last_name FROM persons")
    with lake.snapshot() as snapshot, engine.connect(snapshot) as db:
        assert db.query("FROM persons").height == 2


def test_an_error_about_values_quotes_none(lake: Lake, db: Engine) -> None:
    with pytest.raises(errors.UserError, match="ENG006") as caught:
        db.query("SELECT last_name::INTEGER FROM persons")
    assert "Virtanen" not in str(caught.value)
    assert caught.value.__cause__ is None

"""A broken file is an error with table and version, never a smaller frame: threats.md faults 25 and 26."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns import errors
from campaigns.lake import Lake
from campaigns.lake.files import checksum
from support.effort import examples
from support.lakes import days, persons

Break = Callable[[Path], None]


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-10])


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 1
    path.write_bytes(content)


def empty(path: Path) -> None:
    path.write_bytes(b"")


def grow(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"PAR1")


BREAKS: list[Break] = [Path.unlink, truncate, flip, empty, grow]
breaks = pytest.mark.parametrize("how", BREAKS, ids=lambda how: how.__name__)


def right_or_damaged(lake: Lake) -> None:
    with lake.snapshot() as snapshot:
        try:
            found = snapshot.frame("persons")["person_id"].to_list()
        except errors.DataDamaged as error:
            assert "persons at version 1" in str(error)
        else:
            assert found == [1, 2, 3]


@breaks
def test_a_parquet_file_about_people(filled: Lake, how: Break) -> None:
    how(filled.snapshot().files("persons")[0])
    with filled.snapshot() as snapshot, pytest.raises(errors.DataDamaged) as caught:
        snapshot.frame("persons")
    assert "LAK004 Table persons at version 1 is damaged" in str(caught.value)
    with pytest.raises(errors.DataDamaged, match="LAK004"), filled.snapshot() as snapshot:
        snapshot.verify()


@breaks
def test_a_parquet_file_of_readings(filled: Lake, how: Break) -> None:
    how(filled.snapshot().files("consumption_days")[1])
    with (
        filled.snapshot() as snapshot,
        pytest.raises(errors.DataDamaged, match="consumption_days at version 1"),
    ):
        snapshot.verify()
    if how is not flip:  # one bit of readings is found by verify only, or when the page does not unpack
        with filled.snapshot() as snapshot, pytest.raises(errors.DataDamaged):
            snapshot.frame("consumption_days")


@breaks
def test_the_last_log_entry(filled: Lake, how: Break) -> None:
    log = filled.root / "persons" / "_delta_log" / "00000000000000000001.json"
    how(log)
    right_or_damaged(filled)
    if how is not flip:  # a letter of a description may change without effect
        with pytest.raises(errors.DataDamaged, match="persons"), filled.writer(purpose="test") as writer:
            writer.append("persons", persons(4))
        assert len(list((filled.root / "_snapshots").iterdir())) == 1


def test_a_log_entry_cut_at_the_end_of_a_line(filled: Lake) -> None:
    """delta-rs opens such a table as if the rows had never been there."""
    log = filled.root / "persons" / "_delta_log" / "00000000000000000001.json"
    log.write_text(log.read_text().splitlines()[0] + "\n")
    with (
        filled.snapshot() as snapshot,
        pytest.raises(errors.DataDamaged, match="does not name the published"),
    ):
        snapshot.frame("persons")
    with pytest.raises(errors.DataDamaged), filled.writer(purpose="test") as writer:
        writer.upsert("persons", persons(4))


@breaks
def test_a_checkpoint(filled: Lake, how: Break) -> None:
    import deltalake

    deltalake.DeltaTable(filled.root / "persons").create_checkpoint()
    (checkpoint,) = filled.root.rglob("*.checkpoint.parquet")
    how(checkpoint)
    right_or_damaged(filled)


@pytest.mark.parametrize("content", ["", "garbage", '{"version":7,"size":3}', '{"version":0,"size":3}'])
def test_a_wrong_last_checkpoint(filled: Lake, content: str) -> None:
    (filled.root / "persons" / "_delta_log" / "_last_checkpoint").write_text(content)
    right_or_damaged(filled)


@pytest.mark.parametrize("how", [truncate, empty], ids=lambda how: how.__name__)
def test_a_snapshot_file(filled: Lake, how: Break) -> None:
    how(filled.root / "_snapshots" / "1.json")
    with pytest.raises(errors.DataDamaged, match="LAK003 Snapshot 1"):
        filled.snapshot()
    with pytest.raises(errors.DataDamaged, match="LAK003"), filled.writer(purpose="test"):
        pass


def test_a_file_that_may_not_be_read_is_named(filled: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    path = filled.snapshot().files("persons")[0]
    opens = Path.open

    def refuse(
        self: Path, *arguments: Any, **more: Any
    ) -> Any:  # root may read everything, so chmod is no test
        if self == path:
            raise PermissionError(13, "Permission denied")
        return opens(self, *arguments, **more)

    monkeypatch.setattr(Path, "open", refuse)
    with filled.snapshot() as snapshot, pytest.raises(errors.DataDamaged) as caught:
        snapshot.frame("persons")
    assert "persons at version 1" in str(caught.value)
    assert caught.value.mistake.file == str(path)


def test_a_healthy_lake_verifies(filled: Lake) -> None:
    with filled.writer(purpose="test") as writer:
        writer.upsert("persons", persons(2, 3, 4))
        writer.append("consumption_days", days("2026-01-05"))
    filled.snapshot().verify()


@examples(25)
@given(where=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_any_flipped_bit_of_a_table_about_people_is_found(filled: Lake, where: float, bit: int) -> None:
    path = filled.snapshot().files("persons")[0]
    whole = path.read_bytes()
    broken = bytearray(whole)
    broken[int(where * len(whole))] ^= 1 << bit
    path.write_bytes(broken)
    try:
        with filled.snapshot() as snapshot, pytest.raises(errors.DataDamaged):
            snapshot.frame("persons")
    finally:
        path.write_bytes(whole)


def test_fewer_rows_than_the_log_says_are_damage(filled: Lake) -> None:
    """A file that was exchanged together with its size and checksum still has to have its rows."""
    import json

    import polars as pl

    manifest = filled.root / "_snapshots" / "1.json"
    content = json.loads(manifest.read_text())
    (file,) = content["files"]["persons"]
    path = filled.root / "persons" / file["path"]
    pl.read_parquet(path).head(2).write_parquet(path)
    file |= {"bytes": path.stat().st_size, "crc32": checksum(path)}
    manifest.write_text(json.dumps(content))
    with filled.snapshot() as snapshot, pytest.raises(errors.DataDamaged, match="2 rows instead of 3"):
        snapshot.frame("persons")

"""Vacuum takes what nobody needs and nothing else: threats.md faults 12 and 30, attack 105."""

import gc
import os
from pathlib import Path

import pytest

from campaigns import errors
from campaigns.lake import Lake
from support.elsewhere import Elsewhere
from support.lakes import days, persons

READING = """
    import sys
    from pathlib import Path
    from campaigns.lake import Lake
    with Lake(Path(sys.argv[1])).snapshot() as snapshot:
        print(snapshot.number, flush=True)
        input()
        print(snapshot.frame("persons")["person_id"].to_list(), flush=True)
        print(snapshot.frame("consumption_days").height, flush=True)
        input()
    print("closed", flush=True)
    input()
"""


def parquet_files(lake: Lake) -> set[str]:
    return {path.name for path in lake.root.rglob("*.parquet")}


def change(lake: Lake) -> None:
    with lake.writer(purpose="test") as writer:
        writer.replace("persons", persons(8, 9))
        writer.upsert("consumption_days", days("2026-01-01", wh=1))


def test_old_files_and_snapshots_go(filled: Lake) -> None:
    old = {path.name for path in filled.snapshot().files("persons")}
    change(filled)
    done = filled.vacuum()
    assert (done.removed, done.pending) == (2, False)
    assert done.bytes > 0
    assert not old & parquet_files(filled)
    with pytest.raises(errors.NotFound, match="LAK002"):
        filled.snapshot(1)
    with filled.snapshot() as snapshot:
        snapshot.verify()
        assert snapshot.frame("persons")["person_id"].to_list() == [8, 9]
    assert filled.vacuum().removed == 0


def test_a_reader_in_another_process_keeps_its_files(filled: Lake) -> None:
    with Elsewhere(READING, filled.root) as reader:
        assert reader.hear() == "1"
        change(filled)
        done = filled.vacuum()
        assert done.waiting_for == (reader.process.pid,)
        assert done.pending
        reader.say()
        assert (reader.hear(), reader.hear()) == ("[1, 2, 3]", "2")
        with filled.snapshot(1) as again:
            assert again.rows("persons") == 3
        reader.say()
        assert reader.hear() == "closed"
        assert filled.vacuum().removed == 2
        reader.say()
        assert reader.end()[1] == ""


def test_a_killed_reader_keeps_nothing(filled: Lake) -> None:
    with Elsewhere(READING, filled.root) as reader:
        assert reader.hear() == "1"
        reader.kill()
    change(filled)
    assert filled.vacuum().removed == 2
    assert list((filled.root / "_leases").iterdir()) == []


def test_a_forgotten_snapshot_lets_go(filled: Lake) -> None:
    snapshot = filled.snapshot()
    change(filled)
    assert filled.vacuum().waiting_for == (os.getpid(),)
    del snapshot
    gc.collect()
    assert not filled.vacuum().pending


def test_readers_of_the_newest_are_not_waited_for(filled: Lake) -> None:
    with filled.snapshot() as snapshot:
        assert not filled.vacuum().pending
        assert snapshot.rows("persons") == 3


def test_a_lease_taken_while_vacuum_runs_is_honoured_or_taken_again(
    filled: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reader that comes between vacuum's two looks either keeps its files or opens the newest."""
    from campaigns.lake import leases

    late = []
    looks = leases.live

    def look_then_let_a_reader_in(root: Path) -> list[leases.Held]:
        found = looks(root)
        if not late:
            late.append(filled.snapshot(1))
        return found

    change(filled)
    monkeypatch.setattr(leases, "live", look_then_let_a_reader_in)
    filled.vacuum()
    monkeypatch.undo()
    assert late[0].frame("persons")["person_id"].to_list() == [1, 2, 3]
    filled.vacuum()
    assert late[0].frame("consumption_days")["wh_sum"].to_list() == [100, 100]


def test_commits_of_a_dead_writer_are_kept_for_the_next(filled: Lake) -> None:
    with pytest.raises(RuntimeError), filled.writer(purpose="test") as writer:
        writer.append("persons", persons(4))
        raise RuntimeError
    filled.vacuum()
    with filled.writer(purpose="test"):
        pass
    assert filled.snapshot().frame("persons")["person_id"].to_list() == [1, 2, 3, 4]


def test_what_a_killed_write_left_behind_goes(filled: Lake) -> None:
    left = [
        filled.root / "persons" / "part-00000-x.zstd.parquet#1",
        filled.root / "persons" / "part-9.parquet",
        filled.root / "consumption_days" / "month=2026-01" / "part-7.parquet#2",
        filled.root / "persons" / "_delta_log" / "_commit_1.json.tmp",
    ]
    for path in left:
        path.write_bytes(b"Virtanen")
    assert filled.vacuum().removed == len(left)
    assert not any(path.exists() for path in left)
    filled.snapshot().verify()


@pytest.mark.parametrize("where", ["persons", "persons/_delta_log/x", "consumption_days/month=2026-01/x"])
def test_links_are_never_followed(filled: Lake, tmp_path: Path, where: str) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "mine.parquet").write_text("mine")
    change(filled)
    link = filled.root / where
    if link.exists():
        link.rename(tmp_path / "moved")
    link.symlink_to(outside)
    before = {path.name for path in filled.root.rglob("*") if path.is_file()}
    for clean in (filled.vacuum, lambda: filled.erase("a", [8])):
        with pytest.raises(errors.DataDamaged):
            clean()
    assert (outside / "mine.parquet").read_text() == "mine"
    assert list(outside.iterdir()) == [outside / "mine.parquet"]
    if where != "persons":
        assert before <= {path.name for path in filled.root.rglob("*") if path.is_file()}


def test_small_files_of_a_dead_writer_go(filled: Lake) -> None:
    left = [filled.root / "._holder.json.1.tmp", filled.root / "_snapshots" / ".2.json.1.tmp"]
    for path in left:
        path.touch()
    filled.vacuum()
    assert not any(path.exists() for path in left)


@pytest.mark.parametrize("name", ["_leases", "_snapshots"])
def test_folders_of_notes_that_are_links_are_not_followed(filled: Lake, tmp_path: Path, name: str) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    for mine in ("1.json", "2.json"):
        (outside / mine).write_text("mine")
    change(filled)
    filled.snapshot().close()  # so that both folders are there
    (filled.root / name).rename(tmp_path / "moved")
    (filled.root / name).symlink_to(outside)
    for do in (filled.vacuum, filled.snapshot, lambda: filled.erase("a", [8])):
        with pytest.raises(errors.DataDamaged, match="LAK006"):
            do()
    assert {path.name: path.read_text() for path in outside.iterdir()} == {"1.json": "mine", "2.json": "mine"}


FORKING = """
    import os, sys
    from pathlib import Path
    from campaigns.lake import Lake
    with Lake(Path(sys.argv[1])).snapshot() as snapshot:
        if (child := os.fork()) == 0:
            snapshot.close()
            sys.exit()
        os.waitpid(child, 0)
        print("forked", flush=True)
        input()
        print(snapshot.frame("persons").height, flush=True)
"""


def test_the_end_of_a_fork_does_not_end_the_lease(filled: Lake) -> None:
    with Elsewhere(FORKING, filled.root) as reader:
        assert reader.hear() == "forked"
        change(filled)
        assert filled.vacuum().pending
        reader.say()
        assert reader.hear() == "3"

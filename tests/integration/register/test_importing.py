"""`import_files`: which file is what, the same file again, and files that are no files."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from campaigns.errors import NotFound, UserError
from campaigns.lake import Writer
from campaigns.register import files
from campaigns.register.deliveries import Delivery, Imported
from campaigns.register.importing import import_files
from campaigns.register.kinds import KINDS
from campaigns.register.quarantine import retain
from campaigns.workspace.importing import expand
from support.offices import NOON, Office

ROWS = [
    {"source_id": str(at), "first_name": "A", "email": f"p{at}@x.fi", "birth_year": "1980"} for at in range(6)
]


def refusal(office: Office, path: Path, **words: object) -> str:
    (done,) = office.load(path, **words)
    assert done.refused is not None
    assert (done.rows, done.accepted) == (0, 0)
    return done.refused.code


def test_the_same_file_twice_and_renamed_changes_nothing(office: Office) -> None:
    path = office.people("asiakkaat_1.csv", ROWS)
    (first,) = office.load(path)
    before, versions = office.all_frames(), office.lake.status()
    (again,) = office.load(path)
    renamed = path.rename(path.with_name("asiakkaat_uusi.csv"))
    (same,) = office.load(renamed)
    elsewhere = renamed.rename(path.with_name("anything.txt"))
    (known_by_hash,) = office.load(elsewhere)
    assert (first.unchanged, again.unchanged, same.unchanged, known_by_hash.unchanged) == (
        False,
        True,
        True,
        True,
    )
    assert office.all_frames() == before
    assert office.lake.status() == versions


def test_two_copies_in_one_import_count_once(office: Office) -> None:
    done = office.load(office.people("asiakkaat_1.csv", ROWS), office.people("asiakkaat_2.csv", ROWS))
    assert sorted((one.accepted, one.unchanged) for one in done) == [(0, True), (6, False)]
    assert len(office.frame("persons")) == 6


def test_a_refused_file_does_not_keep_the_others_out(office: Office) -> None:
    bad = office.write("asiakkaat_0.csv", "nimi\nA\n")
    done = office.load(bad, office.people("asiakkaat_1.csv", ROWS))
    assert [(one.file, one.accepted) for one in done] == [("asiakkaat_1.csv", 6), ("asiakkaat_0.csv", 0)]
    assert done[1].refused is not None
    assert done[1].refused.code == "REG007"
    assert len(office.frame("persons")) == 6


def test_columns_tell_the_source_when_the_name_does_not(office: Office) -> None:
    path = office.write("web.txt", "source_id,person,name,occurred_at\n")
    (done,) = office.load(path)
    assert (done.kind, done.refused) == ("events", None)
    assert office.frame("deliveries")["source"].to_list() == ["web"]


def test_columns_that_fit_several_sources_need_a_word(office: Office) -> None:
    path = office.people("people.csv", ROWS)
    assert refusal(office, path) == "REG005"
    (done,) = office.load(path, source="network")
    assert done.accepted == 6
    assert office.frame("persons")["controller"].unique().to_list() == ["sahkoverkko"]


def test_our_own_column_names_need_only_the_kind_or_nothing(office: Office) -> None:
    path = office.write("x.csv", "source_id,first_name,last_name\n1,A,B\n")
    (done,) = office.load(path)
    assert (done.kind, done.accepted) == ("persons", 1)
    (told,) = office.load(office.write("y.csv", "source_id,first_name\n2,A\n"), as_kind="persons")
    assert told.accepted == 1
    assert office.frame("person_keys").select("controller", "key_space").unique().rows() == [
        ("lahti_energia", "files")
    ]


def test_what_nobody_knows_is_refused(office: Office) -> None:
    assert refusal(office, office.write("x.csv", "a,b\n1,2\n")) == "REG004"
    assert refusal(office, office.write("y.csv", b"\x89PNG\r\n\x1a\n\0\0")) == "REG009"
    assert refusal(office, office.write("z.csv", "")) == "REG010"


def test_words_that_name_nothing_stop_at_once(office: Office) -> None:
    path = office.people("asiakkaat_1.csv", ROWS)
    with pytest.raises(NotFound, match="REG006") as caught:
        office.load(path, as_kind="person")
    assert "did you mean `persons`?" in caught.value.mistake.hint
    with pytest.raises(NotFound, match="REG006"):
        office.load(path, source="cmr")
    with pytest.raises(UserError, match="sends persons, not events"):
        office.load(path, source="crm", as_kind="events")
    assert not office.lake.root.exists()


def test_strange_names_are_only_names(office: Office) -> None:
    names = [
        "$(id).csv",
        "-rf",
        ";",
        "a\nb.csv",
        "'; DROP TABLE persons; --.csv",
        "ä\udcff.csv",
        "\x1b[31m.csv",
    ]
    content = "source_id,first_name,birth_year\n{0},A,1980\n{0},B,x\n1{0},C,1980\n"
    paths = [office.write(name, content.format(at)) for at, name in enumerate(names)]
    done = office.load(*paths, as_kind="persons")
    assert [(one.accepted, one.quarantined) for one in done] == [(1, 1)] * len(names)
    assert all(one.file.isprintable() or "\ufffd" in one.file for one in done)
    assert not any(sign in one.file for one in done for sign in "\n\x1b\udcff")
    assert set(office.frame("quarantine")["file"]) == {one.file for one in done}


def test_what_is_no_ordinary_file_is_refused_without_being_opened(office: Office) -> None:
    pipe = office.inbox / "asiakkaat_1.csv"
    os.mkfifo(pipe)
    assert refusal(office, pipe) == "REG001"
    assert refusal(office, office.inbox) == "REG001"
    assert refusal(office, Path("/dev/zero")) == "REG001"
    assert refusal(office, office.inbox / "absent.csv") == "REG001"
    assert refusal(office, office.people("asiakkaat_2.csv.part", ROWS)) == "REG003"


def test_links_stay_in_their_folder(office: Office, tmp_path: Path) -> None:
    inside = office.people("asiakkaat_1.csv", ROWS)
    outside = tmp_path / "asiakkaat_2.csv"
    outside.write_bytes(inside.read_bytes())
    link = office.inbox / "asiakkaat_3.csv"
    link.symlink_to(outside)
    assert refusal(office, link) == "REG002"
    loop = office.inbox / "asiakkaat_4.csv"
    loop.symlink_to(loop)
    assert refusal(office, loop) == "REG001"
    good = office.inbox / "asiakkaat_5.csv"
    good.symlink_to(inside)
    assert office.load(good)[0].accepted == 6


def test_a_file_that_grows_is_refused(office: Office) -> None:
    path = office.people("asiakkaat_1.csv", ROWS)
    stop = threading.Event()

    def write() -> None:
        with path.open("a") as stream:
            while not stop.wait(0.002):
                stream.write("x")
                stream.flush()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert files.changing([path], settle=0.2) == {path}
        (done,) = import_files(
            [path],
            kinds=KINDS,
            settings=office.settings,
            lake=office.lake,
            ledger=office.ledger,
            now=office.now,
            settle=0.2,
        )
    finally:
        stop.set()
        writer.join()
    assert done.refused is not None
    assert done.refused.code == "REG003"


def test_a_file_that_changes_after_it_was_looked_at_is_refused(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = office.people("asiakkaat_1.csv", ROWS)
    marks = iter([(1, 1), (1, 1), (1, 1), (2, 2)])
    monkeypatch.setattr(files, "mark", lambda _: next(marks))
    assert refusal(office, path) == "REG003"


class Died(Exception):
    """The process ended here."""


def test_an_import_that_died_anywhere_is_completed_by_running_it_again(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed after its first, second, ... commit: the same people with the same ids as without a death."""
    append, upsert = Writer.append, Writer.upsert

    def import_dying_after(commits: int) -> tuple[bool, Office]:
        """Whether the import died, and the office after it was run again."""
        left = [commits]

        def dying(commit: Callable[..., None]) -> Callable[..., None]:
            def write(*args: object, **more: object) -> None:
                commit(*args, **more)
                left[0] -= 1
                if left[0] == 0:
                    raise Died

            return write

        folder = tmp_path / str(commits)
        folder.mkdir()
        one = Office(folder, office.settings, office.ledger)
        path = one.people("asiakkaat_1.csv", [*ROWS, {"source_id": "9", "birth_year": "x"}])
        with monkeypatch.context() as patch:
            patch.setattr(Writer, "append", dying(append))
            patch.setattr(Writer, "upsert", dying(upsert))
            try:
                one.load(path)
            except Died:
                died = True
            else:
                died = False
        one.load(path)
        return died, one

    died, whole = import_dying_after(1000)
    assert not died
    for commits in range(1, 1000):
        died, completed = import_dying_after(commits)
        assert completed.all_frames() == whole.all_frames()
        assert completed.frame("quarantine").equals(whole.frame("quarantine"))
        assert len(completed.frame("deliveries")) == 1
        if not died:
            break
    assert commits >= 5


def test_quarantine_is_kept_thirty_days(office: Office) -> None:
    office.load(office.people("asiakkaat_1.csv", [{"source_id": "1", "birth_year": "x"}]))
    office.now = NOON + timedelta(days=2)
    office.load(office.people("asiakkaat_2.csv", [{"source_id": "2", "birth_year": "x"}]))
    with office.lake.writer(purpose="retention") as writer:
        assert retain(writer, before=NOON - timedelta(days=1)) == 0
        assert retain(writer, before=NOON + timedelta(days=1)) == 1
    assert office.frame("quarantine")["file"].to_list() == ["asiakkaat_2.csv"]


def test_received_is_the_files_own_time_unless_told(office: Office) -> None:
    office.load(office.people("asiakkaat_1.csv", ROWS[:1], hours=-5))
    told = datetime(2026, 11, 1, tzinfo=UTC)
    office.load(office.people("asiakkaat_2.csv", ROWS[1:2]), received=told)
    office.load(office.people("asiakkaat_3.csv", ROWS[2:3], hours=5))
    received = office.frame("deliveries").sort("file").select("received_at").to_series()
    assert received.to_list() == [NOON - timedelta(hours=5), told, NOON]


def test_every_bad_row_is_told(office: Office) -> None:
    rows = [{"source_id": str(at), "birth_year": "x"} for at in range(3000)]
    (done,) = office.load(office.people("asiakkaat_1.csv", rows))
    assert done.quarantined == 3000
    assert office.frame("quarantine")["line"].to_list() == list(range(2, 3002))


def test_parquet_equals_csv(office: Office) -> None:
    csv = office.people("asiakkaat_1.csv", ROWS)
    office.load(csv)
    frame = pl.read_csv(csv, separator=";", infer_schema=True)
    path = office.inbox / "asiakkaat_1.parquet"
    frame.write_parquet(path)
    os.utime(path, (NOON.timestamp(), NOON.timestamp()))
    before = office.all_frames()
    (done,) = office.load(path, source="crm")
    assert (done.accepted, done.quarantined) == (6, 0)
    assert office.all_frames() == before


def test_a_file_that_grows_while_it_is_read_is_refused(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fault 78: what was looked at first is what goes in, or nothing."""
    path = office.people("asiakkaat_1.csv", ROWS)
    persons = next(kind for kind in KINDS if kind.name == "persons")
    load = type(persons).load

    def reading(kind: object, delivery: Delivery, **given: Any) -> Imported:
        with path.open("a") as more:
            more.write("x")
        return load(kind, delivery, **given)  # type: ignore[arg-type]  # of persons

    monkeypatch.setattr(type(persons), "load", reading)
    (done,) = office.load(path)
    assert done.refused is not None
    assert done.refused.code == "REG003"
    assert office.frame("persons").is_empty()
    assert office.frame("deliveries").is_empty()
    monkeypatch.undo()
    office.people("asiakkaat_1.csv", ROWS)
    (again,) = office.load(path)
    assert again.accepted == 6


def test_unfinished_uploads_in_a_folder_are_left_alone(office: Office) -> None:
    whole = office.people("asiakkaat_1.csv", ROWS)
    for name in ("asiakkaat_2.csv.part", "asiakkaat_3.tmp", ".hidden.csv"):
        office.write(name, "half")
    assert expand([office.inbox]) == [whole]
    assert refusal(office, office.inbox / "asiakkaat_2.csv.part") == "REG003"

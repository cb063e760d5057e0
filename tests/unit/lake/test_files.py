"""Small files: whole or not there, private, and never through links."""

import os
import zlib
from pathlib import Path

import pytest

from campaigns import errors
from campaigns.lake import files


def test_a_file_is_replaced_whole_and_is_private(tmp_path: Path) -> None:
    target = tmp_path / "1.json"
    files.write_whole(target, b"old")
    files.write_whole(target, b"new")
    assert target.read_bytes() == b"new"
    assert target.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [target]


def test_a_failed_write_leaves_the_old_file_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "1.json"
    files.write_whole(target, b"old")

    def refuse(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(OSError, match="No space"):
        files.write_whole(target, b"new")
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


def test_the_temporary_name_is_not_followed_when_it_is_a_link(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("mine")
    (tmp_path / f".1.json.{os.getpid()}.tmp").symlink_to(outside)
    files.write_whole(tmp_path / "1.json", b"new")
    assert outside.read_text() == "mine"


def test_folders_are_private(tmp_path: Path) -> None:
    folder = tmp_path / "lake"
    folder.mkdir(mode=0o755)
    files.make_private(folder)
    assert folder.stat().st_mode & 0o777 == 0o700


def test_checksum_is_crc32(tmp_path: Path) -> None:
    content = os.urandom(3_000_000)
    (tmp_path / "x").write_bytes(content)
    assert files.checksum(tmp_path / "x") == zlib.crc32(content)


@pytest.mark.parametrize("is_folder", [True, False])
def test_walking_refuses_links(tmp_path: Path, *, is_folder: bool) -> None:
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    inside.mkdir()
    outside.mkdir() if is_folder else outside.touch()
    (inside / "link").symlink_to(outside)
    with pytest.raises(errors.DataDamaged, match="LAK006"):
        list(files.walk(inside))


def test_walking_names_everything_below(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "c").touch()
    assert {entry.name for entry in files.walk(tmp_path)} == {"a", "b", "c"}

"""A real Maildir: whole files or none (fault 22 of the threat list, attack 105)."""

from __future__ import annotations

import errno
import mailbox
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from campaigns.channels.maildir import GROUP, Maildir
from campaigns.channels.protocol import Connection, Outcome, Outgoing
from campaigns.errors import ChannelStopped

PAYLOAD = "Subject: Hyvää\r\n\r\nä\r\n.\r\n".encode()


def messages(count: int) -> list[Outgoing]:
    return [
        Outgoing(message_id=n, to=f"a{n}@x.fi", envelope_from="u@energia.fi", payload=PAYLOAD)
        for n in range(1, count + 1)
    ]


def everybody(asked: Sequence[Outgoing]) -> Sequence[Outgoing]:
    return asked


def hand_over(connection: Connection, batch: Sequence[Outgoing]) -> list[tuple[int, Outcome]]:
    return list(connection.hand_over(batch, before_first_byte=everybody))


def files(path: Path, folder: str) -> list[Path]:
    return sorted((path / folder).iterdir())


def test_messages_can_be_read_by_a_mail_reader(tmp_path: Path) -> None:
    connection = Maildir(path=tmp_path / "out" / "maildir").connect()
    found = hand_over(connection, messages(GROUP + 3))
    connection.close()
    assert [number for number, _ in found] == list(range(1, GROUP + 4))
    assert {outcome.state for _, outcome in found} == {"sent"}
    path = tmp_path / "out" / "maildir"
    box = mailbox.Maildir(path, create=False)
    assert len(box) == GROUP + 3
    assert {outcome.provider_id for _, outcome in found} == {path.name for path in files(path, "new")}
    assert box.get_bytes(next(iter(box.keys()))) == PAYLOAD.replace(b"\r\n", b"\n")


def test_only_we_can_read_them(tmp_path: Path) -> None:
    path = tmp_path / "maildir"
    before = os.umask(0)
    try:
        hand_over(Maildir(path=path).connect(), messages(1))
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o700
    assert all((path / name).stat().st_mode & 0o777 == 0o700 for name in ("tmp", "new", "cur"))
    assert files(path, "new")[0].stat().st_mode & 0o777 == 0o600


def test_the_gate_sees_whole_groups_before_any_file_is_made(tmp_path: Path) -> None:
    path = tmp_path / "maildir"
    seen: list[tuple[int, int]] = []

    def gate(asked: Sequence[Outgoing]) -> Sequence[Outgoing]:
        seen.append((len(asked), len(files(path, "new")) + len(files(path, "tmp"))))
        return [message for message in asked if message.message_id % 2]

    connection = Maildir(path=path, group=4).connect()
    found = list(connection.hand_over(messages(6), before_first_byte=gate))
    assert seen == [(4, 0), (2, 2)]
    assert [number for number, _ in found] == [1, 3, 5]
    assert len(files(path, "new")) == 3


def test_the_disk_has_the_file_and_its_name_before_the_outcome(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    fsync, rename = os.fsync, os.rename

    def noted_fsync(descriptor: int) -> None:
        order.append("folder" if os.path.isdir(f"/proc/self/fd/{descriptor}") else "file")  # noqa: PTH112
        fsync(descriptor)

    def noted_rename(*arguments: Any, **more: Any) -> None:
        order.append("rename")
        rename(*arguments, **more)

    connection = Maildir(path=tmp_path / "maildir", group=2).connect()
    monkeypatch.setattr(os, "fsync", noted_fsync)
    monkeypatch.setattr(os, "rename", noted_rename)
    for _ in connection.hand_over(messages(2), before_first_byte=everybody):
        order.append("outcome")
    assert order == ["file", "file", "rename", "rename", "folder", "outcome", "outcome"]


def failing(call: Any, at: int, code: int) -> Any:
    """A system call that fails the n-th time."""
    count = iter(range(10_000))

    def wrapped(*arguments: Any, **more: Any) -> Any:
        if next(count) == at:
            raise OSError(code, os.strerror(code))
        return call(*arguments, **more)

    return wrapped


@pytest.mark.parametrize("at", range(3))
def test_a_full_disk_leaves_no_half_file_and_stops(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:  # fault 22
    path = tmp_path / "maildir"
    connection = Maildir(path=path, group=3).connect()
    monkeypatch.setattr(os, "fsync", failing(os.fsync, at, errno.ENOSPC))
    with pytest.raises(ChannelStopped, match="No space left"):
        hand_over(connection, messages(3))
    assert files(path, "new") == files(path, "tmp") == []


def test_those_that_arrived_before_a_failure_have_an_outcome(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "maildir"
    connection = Maildir(path=path, group=3).connect()
    monkeypatch.setattr(os, "rename", failing(os.rename, 1, errno.EIO))
    found: list[int] = []
    with pytest.raises(ChannelStopped):
        for number, outcome in connection.hand_over(messages(3), before_first_byte=everybody):
            assert outcome.state == "sent"
            found.append(number)
    assert found == [1]
    assert len(files(path, "new")) == 1
    assert files(path, "tmp") == []


def test_a_folder_that_cannot_be_forced_to_disk_makes_it_unknown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = Maildir(path=tmp_path / "maildir", group=2).connect()
    monkeypatch.setattr(os, "fsync", failing(os.fsync, 2, errno.EIO))
    assert [outcome.state for _, outcome in hand_over(connection, messages(2))] == ["unknown", "unknown"]


def test_links_are_not_followed(tmp_path: Path) -> None:  # attack 105
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    path = tmp_path / "maildir"
    path.mkdir()
    (path / "new").symlink_to(elsewhere)
    with pytest.raises(ChannelStopped):
        Maildir(path=path).connect()
    assert not any(elsewhere.iterdir())


def test_a_place_where_nothing_can_be_made_stops_the_channel(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ChannelStopped):
        Maildir(path=tmp_path / "file" / "maildir").connect()


def test_names_never_meet(tmp_path: Path) -> None:
    channel = Maildir(path=tmp_path / "maildir", clock=lambda: 5.0)
    for connection in (channel.connect(), channel.connect()):
        hand_over(connection, messages(20))
    assert len(files(tmp_path / "maildir", "new")) == 40

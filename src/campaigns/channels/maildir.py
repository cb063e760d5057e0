"""Messages as files in a Maildir: the default for trying things out, and readable by any mail reader.

A message is written to `tmp/`, forced to the disk, renamed into `new/`, and the folder is forced to the disk:
only then is it sent. Forcing takes the time, so a group of messages shares it.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from campaigns.channels.covering import FIELDS
from campaigns.channels.protocol import BeforeFirstByte, Connection, Outcome, Outgoing, groups
from campaigns.errors import ChannelStopped

GROUP = 16  # messages that share the forcing of the folder
_FOLDERS = ("tmp", "new", "cur")
_OPEN_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW


@dataclass(frozen=True, kw_only=True, slots=True)
class Maildir:
    """A Maildir at `path`, made when it is not there."""

    path: Path
    group: int = GROUP
    clock: Callable[[], float] = time.time
    connections: int = 2
    name: str = "maildir"
    form: Literal["bytes", "parts"] = "bytes"
    processor_fields: tuple[str, ...] = FIELDS["maildir"]

    def connect(self) -> Connection:
        """Open the folders. Raises `ChannelStopped` when they cannot be used."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)  # `parents` follows the umask
            self.path.mkdir(exist_ok=True, mode=0o700)
            for name in _FOLDERS:
                (self.path / name).mkdir(exist_ok=True, mode=0o700)
            return MaildirConnection(self.path, group=self.group, clock=self.clock)
        except OSError as error:
            raise _stopped(error) from None


class MaildirConnection:
    """Writes into one Maildir through descriptors of its folders, so that no link is ever followed."""

    _numbers = itertools.count(1)  # of all connections in this process: file names never meet

    def __init__(self, path: Path, *, group: int, clock: Callable[[], float]) -> None:
        self.batch = group
        self._clock = clock
        self._host = socket.gethostname().replace("/", r"\057").replace(":", r"\072")
        self._tmp = os.open(path / "tmp", _OPEN_FOLDER)
        self._new = os.open(path / "new", _OPEN_FOLDER)

    def hand_over(
        self, batch: Sequence[Outgoing], *, before_first_byte: BeforeFirstByte
    ) -> Iterator[tuple[int, Outcome]]:
        """See `protocol.Connection`."""
        for group in groups(batch, self.batch):
            if leaving := before_first_byte(group):
                yield from self._deliver([(message, self._unique_name()) for message in leaving])

    def close(self) -> None:
        """Give the folders back."""
        for descriptor in (self._tmp, self._new):
            with contextlib.suppress(OSError):
                os.close(descriptor)

    def _deliver(self, named: Sequence[tuple[Outgoing, str]]) -> Iterator[tuple[int, Outcome]]:
        try:
            self._write([(name, message.payload) for message, name in named])
        except OSError as error:
            self._remove(named)
            raise _stopped(error) from None
        arrived: list[int] = []
        failure: OSError | None = None
        for message, name in named:
            try:
                os.rename(name, name, src_dir_fd=self._tmp, dst_dir_fd=self._new)
            except OSError as error:
                failure = error
                break
            arrived.append(message.message_id)
        outcome = self._settled()
        for (message, name), _ in zip(named, arrived, strict=False):
            yield message.message_id, outcome if outcome.state != "sent" else _sent(name)
        if failure:
            self._remove(named[len(arrived) :])
            raise _stopped(failure) from None

    def _write(self, files: Sequence[tuple[str, bytes]]) -> None:
        """The files whole and on the disk. They are all written before the first is waited for."""
        flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW
        with contextlib.ExitStack() as opened:
            written = []
            for name, payload in files:
                descriptor = os.open(name, flags, 0o600, dir_fd=self._tmp)
                file = opened.enter_context(os.fdopen(descriptor, "wb"))
                file.write(payload.replace(b"\r\n", b"\n"))
                file.flush()
                written.append(file)
            for file in written:
                os.fsync(file.fileno())

    def _settled(self) -> Outcome:
        try:
            os.fsync(self._new)
        except OSError:
            # Renamed, but nobody can say whether it survives: it may not be done again.
            return Outcome(state="unknown", code="fsync", detail="the folder could not be forced to disk")
        return Outcome(state="sent")

    def _remove(self, named: Sequence[tuple[Outgoing, str]]) -> None:
        for _, name in named:
            with contextlib.suppress(OSError):
                os.unlink(name, dir_fd=self._tmp)

    def _unique_name(self) -> str:
        seconds, rest = divmod(self._clock(), 1)
        return f"{seconds:.0f}.M{rest * 1e6:06.0f}P{os.getpid()}Q{next(self._numbers)}.{self._host}"


def _sent(name: str) -> Outcome:
    return Outcome(state="sent", code="250", detail="in the maildir", provider_id=name)


def _stopped(error: OSError) -> ChannelStopped:
    return ChannelStopped("maildir", f"cannot write to the maildir: {error.strerror}")

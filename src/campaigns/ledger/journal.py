"""What must outlive the ledger, written to another place as well: refusals, link keys, and what was sent.

A ledger that is restored from a backup has forgotten what came after it: it would write to people who have
refused since, and send once more what had left. So every refusal, every key of a person's links and every
beginning of a sending is also a line of JSON in a folder apart (`backup.erased_list`), written before
the ledger commits. Lines hold ids and keyed digests, and a keyed seal each; never a value of a person.

Appended in the turn of the ledger's writer, so the lines stand in the order of their positions.
"""

from __future__ import annotations

import fcntl
import hmac
import json
import os
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

from campaigns.errors import DataDamaged

if TYPE_CHECKING:
    import sqlalchemy as sa

    from campaigns.ledger.database import Ledger

REFUSALS, SENDINGS = "refusals.jsonl", "sendings.jsonl"  # beside each other; the second stays small
SYNC_SECONDS = 0.25
EVENT, SUPPRESSION, TOKEN = "event", "suppression", "token"
# Words that only permit; `permissions.events` says the same of them. Losing one forbids more, never less.
GRANTING = frozenset(
    {
        "granted",
        "guardian_granted",
        "requested",
        "confirmed",
        "restriction_lifted",
        "robinson_removed",
        "topic_subscribed",
        "cookie_consent",
    }
)
_PENDING = "journal"  # in `connection.info`: lines of the transaction that is open
_TAIL = 4096


class Journal:
    """One file of a folder apart, for one ledger."""

    def __init__(self, folder: Path, name: str, ledger: Ledger) -> None:
        self.path = folder / name
        self._ledger = ledger
        self._turn = threading.Lock()
        self._synced = 0.0  # when, by the clock that only goes on
        self._later: threading.Timer | None = None

    def append(self, lines: Iterable[Mapping[str, Any]], *, at_once: bool = False) -> None:
        """Add lines: out of our hands when this returns, on the disk a quarter of a second later at most.

        Only a power cut within that time that also costs the ledger loses a line, and waiting for a second
        disk would cost the unsubscribe page a third of its speed. `at_once` waits.
        """
        text = b"".join(self._sealed(line) for line in lines)
        if not text:
            return
        with self._turn:
            now = time.monotonic()
            sync = at_once or now - self._synced >= SYNC_SECONDS
            self._write(text, sync=sync)
            if sync:
                self._synced = now
            elif self._later is None:
                self._later = threading.Timer(SYNC_SECONDS, self._sync_later)
                self._later.start()

    def _write(self, text: bytes, *, sync: bool) -> None:
        created = not self.path.exists()
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW
        with os.fdopen(os.open(self.path, flags, 0o600), "r+b", buffering=0) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            size = file.seek(0, os.SEEK_END)
            # a power cut may have left half a line
            torn = size > 0 and os.pread(file.fileno(), 1, size - 1) != b"\n"
            _write_all(file.fileno(), b"\n" * torn + text)
            if sync:
                os.fdatasync(file.fileno())
        if created:
            _sync(self.path.parent)

    def _sync_later(self) -> None:
        with self._turn:
            self._later = None
            self._synced = time.monotonic()
            try:
                _sync(self.path)
            except OSError:
                return  # moved away, or the disk is gone: the next append says so

    def read(self) -> Iterator[dict[str, Any]]:
        """The lines of this ledger, in order. A line cut short by a power cut was never answered.

        Raises `DataDamaged` LED041 for a line that was changed.
        """
        for at, line in enumerate(self._lines(), start=1):
            document = _parsed(line)
            if document is None or document.get("ledger") != self._ledger.identity:
                continue
            seal = document.pop("seal", "")
            if not hmac.compare_digest(seal, self._seal(_ENCODE(document).encode())):
                raise DataDamaged(
                    "LED041",
                    f"line {at} of {self.path} was changed.",
                    hint="restore the file from its own copy: it holds refusals that the backup lacks",
                )
            yield document

    def high_water(self) -> int:
        """The position of the newest line of this ledger, 0 when there is none."""
        for line in self._last_lines():
            document = _parsed(line)
            if document is not None and document.get("ledger") == self._ledger.identity:
                return int(document["position"])
        return max((int(line["position"]) for line in self.read()), default=0)

    def _lines(self) -> Iterator[bytes]:
        try:
            descriptor = os.open(self.path, os.O_RDONLY | os.O_NOFOLLOW)
        except FileNotFoundError:
            return
        with os.fdopen(descriptor, "rb") as file:
            yield from file

    def _last_lines(self) -> list[bytes]:
        """The newest whole lines, newest first."""
        try:
            with self.path.open("rb") as file:
                start = max(0, file.seek(0, os.SEEK_END) - _TAIL)
                file.seek(start)
                lines = file.read().split(b"\n")
        except FileNotFoundError:
            return []
        return lines[:0:-1] if start else lines[::-1]

    def _sealed(self, line: Mapping[str, Any]) -> bytes:
        text = _ENCODE({**line, "ledger": self._ledger.identity}).encode()
        return b'{"seal": "%s", %s\n' % (self._seal(text).encode(), text[1:])

    def _seal(self, text: bytes) -> str:
        return blake2b(text, key=self._ledger.key, digest_size=16, person=b"journal").hexdigest()


def note(connection: sa.Connection, lines: Iterable[Mapping[str, Any]]) -> None:
    """Lines that go to the journal when this transaction commits."""
    connection.info.setdefault(_PENDING, []).extend(lines)


def take(connection: sa.Connection) -> list[Mapping[str, Any]]:
    """The lines of the transaction, which are then forgotten."""
    found: list[Mapping[str, Any]] = connection.info.pop(_PENDING, [])
    return found


def time_of(moment: datetime) -> str:
    """A time as the journal holds it."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


# Made once: `json.dumps` makes an encoder at each call, which takes longer than encoding.
_ENCODE = json.JSONEncoder(ensure_ascii=False, sort_keys=True).encode


def _parsed(line: bytes) -> dict[str, Any] | None:
    try:
        document = json.loads(line)
    except ValueError:
        return None
    return document if isinstance(document, dict) else None


def _write_all(descriptor: int, text: bytes) -> None:
    while text:
        text = text[os.write(descriptor, text) :]


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

"""The lake as one object: snapshots for readers, a writer, and what is in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from campaigns import errors
from campaigns.lake import erasing, locking, manifests
from campaigns.lake.cleaning import Vacuumed, sweep
from campaigns.lake.erasing import Erased
from campaigns.lake.leases import Lease
from campaigns.lake.snapshot import Snapshot
from campaigns.lake.writer import Writer


def _utc_now() -> datetime:
    return datetime.now(UTC)


def _usable(root: Path) -> Path:
    """Refuse paths that DuckDB would take for a pattern, or that delta-rs cannot make a URL of."""
    if any(letter in "*?[]%" for letter in str(root)):
        raise errors.UserError(
            "LAK007",
            "The path of the data folder has one of * ? [ ] % in it.",
            file=root,
            hint="Rename the folder.",
        )
    return root


@dataclass(frozen=True, kw_only=True, slots=True)
class TableStatus:
    """One line of `campaigns status`.

    `fresh_to` is the last day or moment in the data where the table has one, otherwise when it last changed.
    """

    name: str
    rows: int
    version: int
    fresh_to: date | datetime | None


_NEWEST = {  # the column that says how far the data reach
    "consumption_days": "local_date",
    "events": "occurred_at",
    "prices": "start",
    "temperatures": "start",
    "metrics": "as_of",
}


class Lake:
    """The Delta tables below one folder (`data/lake`)."""

    def __init__(self, root: Path, *, clock: Callable[[], datetime] = _utc_now) -> None:
        self.root = _usable(root.resolve())
        self._clock = clock

    def snapshot(self, number: int | None = None) -> Snapshot:
        """A snapshot to read, the newest by default; close it, or use it with `with`.

        Raises:
            NotFound: LAK002, that snapshot was never taken or is no longer kept.
            DataDamaged: LAK003, its file cannot be read.
        """
        while True:
            try:
                manifest = (
                    manifests.newest(self.root) if number is None else manifests.read(self.root, number)
                )
            except errors.NotFound:
                if number is None:  # vacuum removed it after a newer one was published, just now
                    continue
                raise
            if manifest.number == 0:
                return Snapshot(self.root, manifest, None)
            lease = Lease.take(self.root, manifest, self._clock)
            # Vacuum removes manifests before it looks for leases: if ours is there, the lease was in time.
            if manifests.path_of(self.root, manifest.number).exists():
                return Snapshot(self.root, manifest, lease)
            lease.release()

    @contextmanager
    def writer(self, *, purpose: str, wait: float = 60.0) -> Iterator[Writer]:
        """The lake's only writer; publishes one snapshot on leaving, and nothing on an exception.

        Raises:
            Busy: LAK001, somebody else held the lock for longer than `wait` seconds.
        """
        with locking.held(self.root, purpose=purpose, wait=wait, clock=self._clock):
            writer = Writer(self.root, manifests.newest(self.root), self._clock)
            yield writer
            writer.publish()

    def vacuum(self, *, wait: float = 60.0) -> Vacuumed:
        """Remove files that neither the newest snapshot nor a living reader needs, and older snapshots.

        Raises:
            Busy: LAK001, as `writer`. DataDamaged: LAK004 or LAK006, before anything is removed.
        """
        with locking.held(self.root, purpose="vacuum", wait=wait, clock=self._clock):
            return sweep(self.root)

    def erase(
        self,
        controller: str,
        person_ids: Sequence[int],
        *,
        quoting: erasing.Quoting | None = None,
        wait: float = 60.0,
    ) -> Erased:
        """Remove people of one controller from every table and every file.

        `quoting` tells which rows of the quarantine quote them (frame of the table to one Boolean a row).

        Readers who have held a snapshot for more than 60 s lose it; while a younger one needs an old file the
        result is `pending`, and a later `vacuum` (or `erase` again) completes it.

        Raises:
            Busy, DataDamaged: as `vacuum`.
        """
        with locking.held(self.root, purpose="erase", wait=wait, clock=self._clock):
            writer = Writer(self.root, manifests.newest(self.root), self._clock)
            rows = erasing.remove_rows(writer, controller, person_ids, quoting)
            writer.publish()
            return Erased(rows=rows, vacuumed=erasing.finish(self.root, self._clock()))

    def status(self) -> list[TableStatus]:
        """Rows, version and freshness of every table that was ever written."""
        with self.snapshot() as snapshot:
            return [
                TableStatus(
                    name=name, rows=snapshot.rows(name), version=version, fresh_to=_fresh_to(snapshot, name)
                )
                for name, version in sorted(snapshot.versions.items())
            ]


def _fresh_to(snapshot: Snapshot, table: str) -> date | datetime | None:
    column = _NEWEST.get(table)
    if column is None:
        return snapshot.changed(table)
    return snapshot.newest(table, column)

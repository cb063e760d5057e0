"""Snapshots: who is in a segment at one time, and from which versions of everything that was found.

Members are those for whom the conditions hold. Their time in the segment is kept as intervals, so that it
can be told who came, who left and when; a snapshot that would be made from the same inputs is not made again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import polars as pl

from campaigns.lake.schemas import TABLES
from campaigns.lake.snapshot import Snapshot
from campaigns.lake.writer import Writer
from campaigns.segments.model import Segment
from campaigns.segments.resolving import Resolution

# What snapshots themselves write, and what tells nothing about anybody.
_NOT_READ = ("segment_members", "segment_snapshots", "quarantine")


@dataclass(frozen=True, kw_only=True, slots=True)
class Inputs:
    """What the members of a segment follow from."""

    fingerprint: str
    as_of: date
    lake_snapshot: int
    lake_versions: Mapping[str, int]
    ledger_position: int
    rule_version: str
    mailings: str = ""  # how far those have come that it asks about, see `contacts.position`

    @classmethod
    def of(
        cls,
        segment: Segment,
        lake: Snapshot,
        *,
        as_of: date,
        ledger_position: int,
        rule_version: str,
        mailings: str = "",
    ) -> Inputs:
        """Those of a segment on a day, over a snapshot of the lake and the ledger up to a position."""
        read = {name: version for name, version in lake.versions.items() if name not in _NOT_READ}
        return cls(
            fingerprint=segment.fingerprint,
            as_of=as_of,
            lake_snapshot=lake.number,
            lake_versions=read,
            ledger_position=ledger_position,
            rule_version=rule_version,
            mailings=mailings,
        )

    @property
    def digest(self) -> str:
        """Equal for inputs from which equal members follow."""
        return _hash(
            [
                self.fingerprint,
                self.as_of.isoformat(),
                dict(self.lake_versions),
                self.ledger_position,
                self.rule_version,
                self.mailings,
            ]
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Taken:
    """One snapshot of a segment. `is_new` is False when the last one was made from the same inputs."""

    controller: str
    segment: str
    taken_at: datetime
    as_of: date
    fingerprint: str
    members: int
    entered: int
    gone: int
    final: int
    control_group: int
    digest: str
    cut_offs: tuple[Mapping[str, object], ...] = field(default=(), compare=False)
    is_new: bool = field(default=True, compare=False)

    @classmethod
    def of_row(cls, row: Mapping[str, Any], *, is_new: bool = True) -> Taken:
        """From a row of `segment_snapshots`."""
        cut_offs = tuple(json.loads(row["cut_offs"] or "[]"))
        return cls(**{name: row[name] for name in SHOWN}, cut_offs=cut_offs, is_new=is_new)

    def as_json(self) -> dict[str, object]:
        """The keys that `segment snapshot --json` and `segment history --json` give."""
        found = {name: getattr(self, name) for name in SHOWN}
        times = {"taken_at": self.taken_at.isoformat(), "as_of": self.as_of.isoformat()}
        return {**found, **times, "cut_offs": list(self.cut_offs)}


SHOWN = (
    "controller",
    "segment",
    "taken_at",
    "as_of",
    "fingerprint",
    "members",
    "entered",
    "gone",
    "final",
    "control_group",
    "digest",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """Members that were found and not written down yet."""

    resolution: Resolution = field(repr=False)
    inputs: Inputs = field(repr=False)


def write(writer: Writer, found: Sequence[Found], now: datetime) -> list[Taken]:
    """Write the members of several segments down: one commit of intervals, one of numbers.

    Whoever was erased since they were found is left out, which is why the lake's lock must be held.
    """
    persons = writer.frame("persons", ["controller", "person_id"])
    known = writer.frame("segment_members", where=pl.col("left_at").is_null())
    changes, rows = [], []
    for one in found:
        segment = one.resolution.segment
        mine = (pl.col("controller") == segment.controller) & (pl.col("segment") == segment.name)
        alive = persons.filter(controller=segment.controller)
        members = one.resolution.people.select("person_id").join(alive, on="person_id", how="semi")
        before = known.filter(mine)
        changed = _intervals(before, members, segment, now)
        entered = int(changed["left_at"].null_count())
        changes.append(changed)
        rows.append(
            {
                "controller": segment.controller,
                "segment": segment.name,
                "taken_at": now,
                "as_of": one.inputs.as_of,
                "fingerprint": one.inputs.fingerprint,
                "lake_snapshot": one.inputs.lake_snapshot,
                "lake_versions": json.dumps(dict(one.inputs.lake_versions), sort_keys=True),
                "ledger_position": one.inputs.ledger_position,
                "rule_version": one.inputs.rule_version,
                "inputs": one.inputs.digest,
                "members": len(members),
                "entered": entered,
                "gone": len(changed) - entered,
                "final": len(one.resolution.final),
                "control_group": len(one.resolution.control_group),
                "digest": _hash(members["person_id"].sort().to_list()),
                "cut_offs": json.dumps([cut_off.as_json() for cut_off in one.resolution.cut_offs]),
            }
        )
    if moved := [frame for frame in changes if not frame.is_empty()]:
        writer.upsert("segment_members", pl.concat(moved))
    if rows:
        writer.append(
            "segment_snapshots", pl.DataFrame(rows, schema=dict(TABLES["segment_snapshots"].schema))
        )
    return [Taken.of_row(row) for row in rows]


def history(rows: pl.DataFrame, segment: Segment) -> list[Taken]:
    """The snapshots of a segment among rows of `segment_snapshots`, the oldest first."""
    return [Taken.of_row(row) for row in _of(rows, segment).iter_rows(named=True)]


def same(rows: pl.DataFrame, segment: Segment, inputs: Inputs) -> Taken | None:
    """The last snapshot of a segment, when it was made from these inputs."""
    last = _of(rows, segment).tail(1)
    if last.is_empty() or last["inputs"][0] != inputs.digest:
        return None
    return Taken.of_row(last.row(0, named=True), is_new=False)


def _of(rows: pl.DataFrame, segment: Segment) -> pl.DataFrame:
    return rows.filter(controller=segment.controller, segment=segment.name).sort("taken_at")


def _intervals(before: pl.DataFrame, members: pl.DataFrame, segment: Segment, now: datetime) -> pl.DataFrame:
    """The rows that change: those of who left get an end, and who came gets a row."""
    left = before.join(members, on="person_id", how="anti").with_columns(
        left_at=pl.lit(now).cast(TABLES["segment_members"].schema["left_at"])
    )
    came = members.join(before, on="person_id", how="anti").select(
        pl.lit(segment.controller).alias("controller"),
        pl.lit(segment.name).alias("segment"),
        pl.lit(segment.fingerprint).alias("fingerprint"),
        "person_id",
        pl.lit(now).alias("entered_at"),
        pl.lit(None).alias("left_at"),
    )
    schema = TABLES["segment_members"].schema
    return pl.concat(
        [frame.select(pl.col(name).cast(kind) for name, kind in schema.items()) for frame in (left, came)]
    )


def _hash(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]

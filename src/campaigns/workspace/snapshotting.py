"""Snapshots of segments over the workspace's data: take them, and look back at them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import TYPE_CHECKING

from campaigns.errors import Mistakes
from campaigns.workspace.audience import resolve_all

if TYPE_CHECKING:
    import polars as pl

    from campaigns.lake import Snapshot
    from campaigns.segments.model import Duration, Segment
    from campaigns.segments.snapshots import Found, Taken
    from campaigns.workspace.project import Workspace


def take(workspace: Workspace, names: Sequence[str]) -> list[Taken]:
    """Find who is in these segments today, and write it down.

    A segment whose last snapshot was made from the same inputs keeps that one. Raises `NotFound` SEG025 for
    a name that no file has, `Mistakes` for what is wrong in them: then none is taken.
    """
    from campaigns.ledger import audit
    from campaigns.segments import snapshots

    segments = [workspace.segment_files.load(name) for name in names]
    with workspace.lake.snapshot() as lake:
        kept, found = _find(workspace, segments, lake)
    if not found:
        return kept
    now = workspace.now()
    with workspace.lake.writer(purpose="snapshots of segments") as writer:
        taken = snapshots.write(writer, found, now)
    with workspace.ledger.write() as connection:
        for one in taken:
            audit.record(
                connection,
                at=now,
                actor=workspace.actor,
                action="segment_snapshot",
                controller=one.controller,
                details={"segment": one.segment, "fingerprint": one.fingerprint, "members": one.members},
            )
    order = {name: number for number, name in enumerate(names)}
    return sorted([*kept, *taken], key=lambda one: order[one.segment])


def due(workspace: Workspace) -> list[str]:
    """The segments whose `refresh:` asks for a snapshot today; those with mistakes are not among them."""
    from campaigns.segments.model import Duration

    every = {"daily": Duration(days=1), "weekly": Duration(days=7), "monthly": Duration(months=1)}
    rows, today = _rows(workspace), workspace.today()
    return [
        segment.name
        for segment in _without_mistakes(workspace)
        if segment.refresh in every and _is_due(rows, segment, today, every[segment.refresh])
    ]


def history(workspace: Workspace, name: str) -> list[Taken]:
    """The snapshots of a segment, the oldest first. Raises as `take`."""
    from campaigns.segments import snapshots

    segment = workspace.segment_files.load(name)
    return snapshots.history(_rows(workspace), segment)


def _find(
    workspace: Workspace, segments: Iterable[Segment], lake: Snapshot
) -> tuple[list[Taken], list[Found]]:
    """Those that need no new snapshot, and who is in the others."""
    from campaigns.permissions import state
    from campaigns.permissions.rules import rule_version
    from campaigns.segments import contacts, snapshots

    words = state.words(workspace.ledger)
    before, today = lake.frame("segment_snapshots"), workspace.today()
    kept: list[Taken] = []
    wanted: dict[str, tuple[Segment, snapshots.Inputs]] = {}
    for segment in segments:
        inputs = snapshots.Inputs.of(
            segment,
            lake,
            as_of=today,
            ledger_position=words.position,
            rule_version=rule_version(workspace.settings),
            mailings=contacts.position(segment, workspace.ledger),
        )
        if same := snapshots.same(before, segment, inputs):
            kept.append(same)
        else:
            wanted[segment.name] = (segment, inputs)
    found = resolve_all(workspace, lake, [one for one, _ in wanted.values()], words=words, as_of=today)
    return kept, [
        snapshots.Found(resolution=found[name], inputs=inputs) for name, (_, inputs) in wanted.items()
    ]


def _is_due(rows: pl.DataFrame, segment: Segment, today: date, every: Duration) -> bool:
    last = rows.filter(controller=segment.controller, segment=segment.name)["as_of"].max()
    return not isinstance(last, date) or every.after(last) <= today


def _without_mistakes(workspace: Workspace) -> Iterable[Segment]:
    for name in workspace.segment_files.names():
        try:
            yield workspace.segment_files.load(name)
        except Mistakes:
            continue


def _rows(workspace: Workspace) -> pl.DataFrame:
    with workspace.lake.snapshot() as lake:
        return lake.frame("segment_snapshots")

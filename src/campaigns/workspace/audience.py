"""Segments over the workspace's data: list, preview, why, sql."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import groupby
from typing import TYPE_CHECKING, Any

from campaigns.errors import Mistakes, UserError

if TYPE_CHECKING:
    import polars as pl

    from campaigns.lake import Snapshot
    from campaigns.permissions.state import Words
    from campaigns.segments.comparing import Difference, Overlap
    from campaigns.segments.explaining import Why
    from campaigns.segments.model import Segment
    from campaigns.segments.previewing import Preview
    from campaigns.segments.resolving import Resolution
    from campaigns.workspace.project import Workspace


def listed(workspace: Workspace) -> list[dict[str, Any]]:
    """Every segment with its title; one with mistakes says so instead."""
    rows = []
    for name in workspace.segment_files.names():
        try:
            segment = workspace.segment_files.load(name)
        except Mistakes as found:
            rows.append({"segment": name, "title": f"has {len(found.mistakes)} mistakes: campaigns check"})
            continue
        rows.append(
            {
                "segment": name,
                "title": segment.title,
                "controller": segment.controller,
                "purpose": segment.purpose,
                "channels": ", ".join(segment.channels),
            }
        )
    return [{**dict.fromkeys(_COLUMNS, ""), **row} for row in rows]


_COLUMNS = ("segment", "title", "controller", "purpose", "channels")


def preview(workspace: Workspace, name: str, *, as_of: date, assume: Sequence[str] = ()) -> Preview:
    """Count a segment: conditions, permission, who is left; with `assume` also as if switches were others."""
    from campaigns.segments.previewing import preview as count

    segment = workspace.segment_files.load(name)
    with workspace.engine(hidden=_hidden(workspace, segment, as_of)) as db:
        return count(segment, db=db, assume=assume, **_asked(workspace, as_of))


def resolve(workspace: Workspace, name: str, *, as_of: date) -> Resolution:
    """The people of a segment, each with the step that left them out."""
    from campaigns.segments.resolving import resolve as find

    segment = workspace.segment_files.load(name)
    with workspace.engine(hidden=_hidden(workspace, segment, as_of)) as db:
        return find(segment, db=db, **_asked(workspace, as_of))


def difference(workspace: Workspace, name: str, *, against: str, as_of: date) -> Difference:
    """What the file means against an earlier version of it, on the same day and data.

    Raises as `versions.library_at`, and `Mistakes` for what is wrong in either version.
    """
    from campaigns.permissions import state
    from campaigns.segments import comparing
    from campaigns.workspace.versions import library_at

    segment = workspace.segment_files.load(name)
    with library_at(workspace, against) as earlier:
        before = earlier.load(name) if name in earlier.names() else None
    if before is not None and before.controller != segment.controller:
        before = None  # another register: nobody is in both
    with workspace.engine(hidden=_hidden(workspace, segment, as_of)) as db:
        asking = comparing.Asking(db=db, words=state.words(workspace.ledger), **_asked(workspace, as_of))
        return comparing.difference(asking, before=before, after=segment, against=against)


def overlap(workspace: Workspace, names: Sequence[str], *, as_of: date) -> Overlap:
    """Whom several segments have in common.

    Raises `UserError` USE052 for fewer than two, or for segments of different registers.
    """
    from campaigns.permissions import state
    from campaigns.segments import comparing

    if len(set(names)) < _PAIR:
        raise UserError("USE052", "an overlap needs two different segments.")
    segments = [workspace.segment_files.load(name) for name in dict.fromkeys(names)]
    if len({segment.controller for segment in segments}) > 1:
        raise UserError("USE052", "these segments are of different registers: nobody is in both.")
    with workspace.lake.snapshot() as lake:
        found = resolve_all(workspace, lake, segments, words=state.words(workspace.ledger), as_of=as_of)
    return comparing.overlap([found[segment.name] for segment in segments])


_PAIR = 2


def resolve_all(
    workspace: Workspace, lake: Snapshot, segments: Sequence[Segment], *, words: Words, as_of: date
) -> dict[str, Resolution]:
    """By name the people of several segments; those that may see the same data share an engine."""
    from campaigns.engine import connect
    from campaigns.segments.resolving_many import resolve_many

    asked = {**_asked(workspace, as_of), "words": words}
    closed = {segment.name: _hidden(workspace, segment, as_of) for segment in segments}
    found: dict[str, Resolution] = {}
    in_order = sorted(segments, key=lambda segment: repr(closed[segment.name]))
    for _, alike in groupby(in_order, key=lambda segment: repr(closed[segment.name])):
        together = list(alike)
        with connect(lake, hidden=closed[together[0].name]) as db:
            found |= resolve_many(together, db=db, **asked)
    return found


def why(workspace: Workspace, name: str, person: str, *, as_of: date) -> Why:
    """Explain one person by what is known of them, which is recorded."""
    from campaigns.segments.explaining import why as explain
    from campaigns.workspace import auditing

    segment = workspace.segment_files.load(name)
    owner, person_id = workspace.person(person, segment.controller)
    told = {"segment": name}
    auditing.note(workspace, "person_explained", controller=owner, person_id=person_id, details=told)
    with workspace.engine(hidden=_hidden(workspace, segment, as_of)) as db:
        return explain(segment, person_id, db=db, **_asked(workspace, as_of))


def _hidden(workspace: Workspace, segment: Segment, as_of: date) -> dict[str, list[str]]:
    """Data that came under a disclosure for other purposes."""
    from campaigns.register.disclosing import hidden

    return hidden(workspace.settings, segment.purpose, day=as_of)


def _asked(workspace: Workspace, as_of: date) -> dict[str, Any]:
    """What every question about a segment needs besides the segment."""
    return {
        "ledger": workspace.ledger,
        "settings": workspace.settings,
        "as_of": as_of,
        "at": workspace.now(),
    }


def sql(workspace: Workspace, name: str, *, as_of: date) -> str:
    """The SQL that a segment is compiled to."""
    from campaigns.segments.compiling import compile_segment

    segment = workspace.segment_files.load(name)
    return compile_segment(segment, as_of, workspace.settings.zone).sql


def members(workspace: Workspace, name: str, *, as_of: date) -> pl.DataFrame:
    """Who gets the message: `person_id, site_id, channel, code, evidence`, ordered by person."""
    return resolve(workspace, name, as_of=as_of).final.drop("step", "control", "facts")

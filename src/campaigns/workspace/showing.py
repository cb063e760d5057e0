"""`campaigns demo`: the whole main job on a made-up town, told step by step."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from campaigns.errors import Refused

if TYPE_CHECKING:
    from campaigns.segments.previewing import Preview
    from campaigns.workspace.project import Workspace

Tell = Callable[[str], None]
SHOWN = 5  # reasons a segment


def main_job(
    workspace: Workspace, *, customers: int, seed: int, files_only: bool, tell: Tell
) -> Iterator[str]:
    """Make a town, import it, count segments, plan, approve and send every mailing, report.

    Yields the lines of the report; `tell` gets the steps as they happen. Raises `Refused` USE010 in a
    workspace that holds data already, so that no real register is ever mixed with made-up people.
    """
    inbox = workspace.data / "inbox"
    if any(inbox.glob("*")) or workspace.lake.status():
        raise Refused(
            "USE010",
            "this workspace holds data already, and a made-up town does not belong among it.",
            hint="delete data/ if it is an older demo, or use another folder: campaigns -C FOLDER demo",
        )
    started = time.monotonic()

    def step(text: str) -> None:
        tell(f"[{time.monotonic() - started:5.1f} s] {text}")

    step(f"writing the source files of a town of {customers:,} customers")
    _write_town(inbox, customers=customers, seed=seed, today=workspace.today())
    _write_places(workspace.root)
    if files_only:
        yield f"source files: {inbox}"
        return
    yield from _import(workspace, inbox, step)
    step("counting segments")
    yield from _segments(workspace)
    yield from _mailings(workspace, step)
    step("done")
    yield ""
    yield f"the messages lie in {workspace.data / 'outbox' / 'maildir' / 'new'}"


def _write_town(inbox: Path, *, customers: int, seed: int, today: date) -> None:
    from campaigns.demo import town

    town.write(inbox, customers=customers, seed=seed, as_of=today)


def _write_places(root: Path) -> None:
    """Where the town's postal codes are, unless the workspace says it already."""
    from campaigns.demo.places import as_csv
    from campaigns.segments.places import FILE

    path = root / FILE
    if not path.exists():
        path.write_text(as_csv(), encoding="utf-8")


def _import(workspace: Workspace, inbox: Path, step: Tell) -> Iterator[str]:
    from campaigns.consumption.computing import compute
    from campaigns.workspace import auditing, importing

    step("importing them")
    done = importing.run(workspace, [inbox])
    yield str(done).splitlines()[-1]
    step("computing metrics")
    run = compute(workspace.lake, settings=workspace.settings, now=workspace.now())
    auditing.note(workspace, "metrics_computed", details={"rows": run.rows})
    yield str(run)


def _segments(workspace: Workspace) -> Iterator[str]:
    from campaigns.permissions.rules import sentence
    from campaigns.workspace import audience

    yield ""
    yield "segments"
    for name in workspace.segment_files.names():
        found = audience.preview(workspace, name, as_of=workspace.today())
        people = found.resolution
        yield f"  {name}: {people.members:,} people, {len(people.final):,} get the message"
        losses = _losses(found)
        for number, code in losses[:SHOWN]:
            yield f"    {-number:>7,}  {sentence(code, 'en')} ({code})"
        if rest := sum(number for number, _ in losses[SHOWN:]):
            yield f"    {-rest:>7,}  for other reasons"


def _losses(found: Preview) -> list[tuple[int, str]]:
    """Why people are left out, the largest reason first."""
    left_out = found.resolution.people.filter(step="permission")
    counts = left_out.group_by("code").len().sort("len", "code", descending=[True, False])
    return [(number, code) for code, number in counts.iter_rows()]


def _mailings(workspace: Workspace, step: Tell) -> Iterator[str]:
    from campaigns.mailings import deciding, planning
    from campaigns.mailings.sending import crew
    from campaigns.reports.report import report

    parts, actor = workspace.parts, f"{workspace.actor} (demo)"
    sent = []
    for name in workspace.mailings.names():
        step(f"planning, approving and sending {name}")
        plan = planning.plan(parts, name, actor=actor)
        deciding.approve(parts, plan.plan_id, actor=actor, now=workspace.now(), messages=plan.messages)
        crew.send(parts, plan.plan_id, actor=actor)
        sent.append(name)
    for name in sent:
        yield ""
        yield str(report(workspace.ledger, name))

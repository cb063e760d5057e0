"""The example persons of a workspace: `tests/segments/*.yml`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from campaigns.errors import Mistake, Mistakes

if TYPE_CHECKING:
    from campaigns.segments.example_runs import Outcome
    from campaigns.segments.examples import Examples
    from campaigns.workspace.project import Workspace

FOLDER = Path("tests") / "segments"


@dataclass(frozen=True, kw_only=True, slots=True)
class Tried:
    """All example persons of some files, and what was wrong."""

    outcomes: tuple[Outcome, ...]
    mistakes: tuple[Mistake, ...]
    files: int

    def __str__(self) -> str:
        people, files = len(self.outcomes), self.files
        many = (
            f"{people} example person{'s' if people != 1 else ''} in {files} file{'s' if files != 1 else ''}"
        )
        return f"{many} {'are what they' if people != 1 else 'is what it'} should be"


def files(workspace: Workspace) -> list[Path]:
    """Every file of example persons, by name."""
    return sorted((workspace.root / FOLDER).glob("*.yml"))


def check(workspace: Workspace) -> Iterator[Mistake]:
    """What can be told of the files without running them."""
    for path in files(workspace):
        try:
            _read(workspace, path)
        except Mistakes as found:
            yield from found.mistakes


def run(workspace: Workspace, paths: Sequence[Path] | None = None) -> Tried:
    """Run the files, all by default. Segments and files with mistakes are left out: `check` tells those."""
    from campaigns.segments import example_runs

    outcomes: list[Outcome] = []
    mistakes: list[Mistake] = []
    run_files = 0
    for path in files(workspace) if paths is None else paths:
        try:
            examples = _read(workspace, path)
            segment = workspace.segment_files.load(examples.segment)
        except Mistakes:
            continue
        run_files += 1
        try:
            found = example_runs.run(
                examples, segment, settings=workspace.settings, catalogue=workspace.catalogue
            )
        except Mistakes as wrong:
            mistakes += wrong.mistakes
            continue
        outcomes += found
        mistakes += [outcome.mistake() for outcome in found if not outcome.is_as_expected]
    return Tried(outcomes=tuple(outcomes), mistakes=tuple(mistakes), files=run_files)


def _read(workspace: Workspace, path: Path) -> Examples:
    from campaigns.segments.examples import read_examples

    shown = str(path.relative_to(workspace.root)) if path.is_relative_to(workspace.root) else str(path)
    return read_examples(path, shown, workspace.segment_files.names())

"""`campaigns check`: all mistakes of all files in one run; no data is read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from campaigns import catalogue
from campaigns.errors import Mistake, Mistakes, UserError
from campaigns.settings.documents import read
from campaigns.settings.loading import FILE, find_workspace, load
from campaigns.settings.model import Settings
from campaigns.workspace import examples, privacy_checking, schemas
from campaigns.workspace.project import Workspace


def check(folder: Path | None, paths: Sequence[Path]) -> list[Mistake]:
    """Every mistake of the workspace, or of `paths` (files or folders in it), sorted by place.

    Raises `UserError` USE005 for a path that does not exist, USE008 for one outside the workspace.
    """
    root = find_workspace(folder)
    wanted = [_inside(root, path) for path in paths]
    try:
        settings = load(root / FILE)
    except Mistakes as found:
        # Everything else is read by what this file says: only its mistakes mean anything now.
        return found.mistakes
    mistakes = [mistake for mistake in _all(root, settings) if _asked(root, mistake, wanted)]
    return Mistakes(list(dict.fromkeys(mistakes))).mistakes


def _inside(root: Path, path: Path) -> Path:
    resolved = path.resolve()
    if not resolved.exists():
        raise UserError("USE005", f"there is no file {path}.")
    if not resolved.is_relative_to(root):
        raise UserError("USE008", f"{path} is not in the workspace {root}.")
    return resolved.relative_to(root)


def _asked(root: Path, mistake: Mistake, wanted: Sequence[Path]) -> bool:
    file = Path(mistake.file)
    shown = file.relative_to(root) if file.is_absolute() and file.is_relative_to(root) else file
    return not wanted or any(shown.is_relative_to(path) for path in wanted)


def _other_endings(root: Path) -> Iterator[Mistake]:
    for path in sorted([*root.glob("segments/**/*.yaml"), *root.glob("mailings/*.yaml")]):
        shown = str(path.relative_to(root))
        yield Mistake(code="YML012", file=shown, message="nobody reads this file.", hint="name it .yml")


def _sources(root: Path, settings: Settings) -> list[Mistake]:
    from campaigns.register.checking import check as check_sources
    from campaigns.workspace.kinds import all_kinds

    return check_sources(read(root / FILE, name=FILE), settings, all_kinds())


def _places(workspace: Workspace) -> list[Mistake]:
    try:
        workspace.outside.places()
    except Mistakes as found:
        return found.mistakes
    return []


def _all(root: Path, settings: Settings) -> Iterator[Mistake]:
    workspace = Workspace(root, settings)
    has_words = True
    try:
        workspace.catalogue  # noqa: B018  # read here, so that its mistakes are told
    except Mistakes as found:
        yield from found.mistakes
        workspace.catalogue = catalogue.load(settings, None)
        has_words = False
    yield from _sources(root, settings)
    yield from privacy_checking.check(read(root / FILE, name=FILE), settings, root, workspace.today())
    yield from _other_endings(root)
    yield from _places(workspace)
    yield from workspace.segment_files.check()
    yield from workspace.templates.check()
    yield from workspace.mailings.check()
    yield from examples.check(workspace)
    if has_words:
        yield from schemas.check(workspace)

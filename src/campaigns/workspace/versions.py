"""Segments as they were at another version of the files, taken from git."""

from __future__ import annotations

import io
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from campaigns.errors import NotFound, UserError

if TYPE_CHECKING:
    from campaigns.segments.library import Library
    from campaigns.workspace.project import Workspace

FOLDER = "segments"


@contextmanager
def library_at(workspace: Workspace, reference: str) -> Iterator[Library]:
    """The segments and the catalogue of a commit, branch or tag, under the settings of today.

    Raises `UserError` USE050 when git or the repository is missing, `NotFound` USE051 for a reference that
    it does not know.
    """
    from campaigns.catalogue.loading import load
    from campaigns.segments.library import Library

    commit = _commit(workspace.root, reference)
    with TemporaryDirectory(prefix="campaigns-versions-") as name:
        folder = Path(name)
        packed = _git(workspace.root, "archive", "--format=tar", commit, "--", f"{FOLDER}/")
        if packed.returncode == 0:
            with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as archive:
                archive.extractall(folder, filter="data")
        (folder / FOLDER).mkdir(exist_ok=True)
        yield Library(
            folder=folder / FOLDER,
            catalogue=load(workspace.settings, folder / FOLDER / "catalogue"),
            settings=workspace.settings,
            outside=workspace.outside,
        )


def _commit(root: Path, reference: str) -> str:
    if _git(root, "rev-parse", "--git-dir").returncode:
        raise UserError(
            "USE050",
            "this workspace is not under version control.",
            hint="git init, and commit segments/: then a change can be compared with what was before",
        )
    found = _git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{reference}^{{commit}}")
    if found.returncode:
        raise NotFound(
            "USE051",
            "git knows no commit, branch or tag of that name.",
            hint="write it like HEAD~1, main or 1a2b3c4",
        )
    return found.stdout.decode().strip()


def _git(root: Path, *words: str) -> subprocess.CompletedProcess[bytes]:
    program = shutil.which("git")
    if program is None:
        raise UserError("USE050", "git is not installed.", hint="apt-get install git")
    command = [program, "-C", str(root), *words]
    return subprocess.run(command, capture_output=True, check=False)  # noqa: S603 - no shell; a checked reference

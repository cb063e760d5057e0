"""A program that imports one Datahub file and dies without warning at a named moment.

    python -m support.killed_import LAKE FILE MOMENT

A moment is `before` or `after` a commit, by table, or `before publish`.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

from campaigns.lake import Lake, delta, manifests
from support.readings import delivery, load_one


def main(root: str, file: str, moment: str) -> None:
    commit, publish = delta.DeltaFolder.write, manifests.publish

    def watched_commit(folder: delta.DeltaFolder, *arguments: Any, **more: Any) -> None:
        _die(moment, f"before {folder.table.name}")
        commit(folder, *arguments, **more)
        _die(moment, f"after {folder.table.name}")

    def watched_publish(*arguments: Any, **more: Any) -> None:
        _die(moment, "before publish")
        publish(*arguments, **more)

    delta.DeltaFolder.write = watched_commit  # type: ignore[method-assign]
    manifests.publish = watched_publish
    path = Path(file)
    with Lake(Path(root)).writer(purpose="killed") as writer:
        load_one(delivery(path, path.read_bytes()), writer)


def _die(wanted: str, now: str) -> None:
    if wanted == now:
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main(*sys.argv[1:])

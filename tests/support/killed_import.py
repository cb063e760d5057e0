"""A program that imports one Datahub file and dies without warning at a named moment.

    python -m support.killed_import LAKE FILE MOMENT

A moment is `before` or `after` a commit, by table, or `before publish`.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from campaigns.lake import Lake
from campaigns.lake.writer import Writer
from support.readings import delivery, load_one


def main(root: str, file: str, moment: str) -> None:
    for name in ("append", "upsert", "replace"):
        setattr(Writer, name, _watched(getattr(Writer, name), moment))
    publish = Writer.publish

    def watched_publish(writer: Writer, *arguments: Any, **more: Any) -> Any:
        _die(moment, "before publish")
        return publish(writer, *arguments, **more)

    Writer.publish = watched_publish  # type: ignore[method-assign]
    path = Path(file)
    with Lake(Path(root)).writer(purpose="killed") as writer:
        load_one(delivery(path, path.read_bytes()), writer)


def _watched(commit: Callable[..., None], moment: str) -> Callable[..., None]:
    def watched(writer: Writer, table: str, *arguments: Any, **more: Any) -> None:
        _die(moment, f"before {table}")
        commit(writer, table, *arguments, **more)
        _die(moment, f"after {table}")

    return watched


def _die(wanted: str, now: str) -> None:
    if wanted == now:
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main(*sys.argv[1:])

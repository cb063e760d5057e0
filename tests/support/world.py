"""Programs that tests drive for real. Without one a test skips with a reason; under CI it may not."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest


def program(name: str) -> str:
    """The path of a program that `tests/world.sh` installs; skips the test when it is missing."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if found is None:
        missing(f"{name} is not installed (tests/world.sh installs it)")
    return str(found)


def shared(name: str) -> Path:
    """A file of the reference material beside the repository; skips the test when it is not there."""
    path = Path(__file__).parents[3] / "shared" / name
    if not path.exists():
        pytest.skip(f"the reference material has no {name} here")
    return path


def missing(reason: str) -> None:
    """Skip, or fail under CI."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)

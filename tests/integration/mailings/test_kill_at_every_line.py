"""The sender killed at its n-th line and run again, counted where it arrives (invariant 7, faults 1-8).

`make test` takes a stride through the lines; `make torture` (tests/torture) kills at every one.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from support import kill_loop
from support.kill_scenes import Scene

STRIDE = 97
_LONGEST = 240  # seconds


def _loop(*arguments: str | Path) -> None:
    command = [sys.executable, kill_loop.__file__, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=_LONGEST, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("scene", Scene, ids=lambda scene: scene.name)
def test_nobody_twice_nobody_lost(scene: Scene, tmp_path: Path) -> None:
    _loop(scene.name, str(STRIDE), tmp_path)


def test_killed_again_while_it_recovers(tmp_path: Path) -> None:
    _loop("again", tmp_path)

"""Invariant 11 with sudden deaths: imports and metrics killed at any line and run again equal a rebuild."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from support import metric_kills

ROUNDS = 6


@pytest.mark.parametrize("seed", range(4))
def test_killed_anywhere_and_run_again(tmp_path: Path, seed: int) -> None:
    program = [sys.executable, metric_kills.__file__, str(tmp_path), str(seed), str(ROUNDS)]
    done = subprocess.run(program, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    killed = re.fullmatch(r"killed (\d+) times\n", done.stdout)
    assert killed is not None
    assert int(killed[1]) > 2 * ROUNDS

"""Invariant 11 at import: random files, corrections, orders and deaths give equal rows, by hash."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

PROGRAM = Path(__file__).parents[2] / "support" / "import_kills.py"


def test_rows_are_equal_after_any_order_and_kills(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(PROGRAM), str(tmp_path), "7", "2"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    killed = re.fullmatch(r"killed (\d+) times\n", done.stdout)
    assert killed is not None
    assert int(killed[1]) > 10

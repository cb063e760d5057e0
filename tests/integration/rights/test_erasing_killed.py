"""An erasure killed anywhere and run again leaves what an undisturbed one leaves: no byte, and others whole.

The work runs in forked children of a fresh process (`support/erasure_kills.py`), because delta-rs does not
survive a fork once it was used. A sample of the lines is enough here; a high number takes all of them.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

DRIVER = Path(__file__).parents[2] / "support" / "erasure_kills.py"


def test_killed_at_lines_and_run_again(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, DRIVER, tmp_path, "7"], capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "killed 7 times" in done.stdout

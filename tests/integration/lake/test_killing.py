"""A writer killed anywhere and run again gives what it would have given: threats.md faults 11, 12 and 21.

The work runs in forked children of a fresh process (`support/lake_kills.py`), because delta-rs does not
survive a fork once it was used. A sample of the lines is enough here; a high number takes all of them.
"""

import subprocess
import sys
from pathlib import Path

DRIVER = Path(__file__).parents[2] / "support" / "lake_kills.py"


def run(*arguments: object) -> str:
    done = subprocess.run(
        [sys.executable, DRIVER, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_killed_at_lines_of_python(tmp_path: Path) -> None:
    assert "killed" in run("lines", tmp_path, 10)


def test_killed_at_moments_inside_delta_and_polars(tmp_path: Path) -> None:
    assert "killed" in run("moments", tmp_path, 6)


def test_a_full_disk_publishes_nothing(tmp_path: Path) -> None:
    assert "refused" in run("full", tmp_path, 5)

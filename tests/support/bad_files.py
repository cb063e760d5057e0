"""Importing files that are not as they should be, and what is told of them."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from collections.abc import Iterable
from pathlib import Path

from campaigns.consumption import KINDS
from campaigns.lake import Lake
from campaigns.register.deliveries import Imported
from campaigns.register.importing import import_files
from support.readings import NOW, SETTINGS

TESTS = Path(__file__).parents[1]


def imported(lake: Lake, *paths: Path, **more: object) -> list[Imported]:
    return import_files(
        paths,
        kinds=KINDS,
        settings=SETTINGS,
        lake=lake,
        ledger=None,
        now=NOW,
        settle=0,
        **more,  # type: ignore[arg-type]
    )


def refused_rows(lake: Lake) -> list[tuple[int, str]]:
    with lake.snapshot() as snapshot:
        frame = snapshot.frame("quarantine")
        assert frame["message"].str.len_chars().min() or frame.is_empty()  # type: ignore[truthy-bool]
        return sorted(frame.select("line", "reason").rows())


def measured(folder: Path, file: Path, kind: str = "datahub") -> tuple[int, int, str, int]:
    """Rows accepted, rows refused, the code of a refused file, and the peak of the process in MB."""
    program = (
        "import re, sys; from pathlib import Path; from support.readings import *\n"
        "from campaigns.lake import Lake; from campaigns.register.importing import import_files\n"
        "lake = Lake(Path(sys.argv[1]))\n"
        "(done,) = import_files([Path(sys.argv[2])], kinds=KINDS, settings=SETTINGS, lake=lake, ledger=None,"
        " now=NOW, as_kind=sys.argv[3])\n"
        "held = re.search(r'VmHWM:\\s+(\\d+)', Path('/proc/self/status').read_text())\n"
        "code = done.refused.code if done.refused else '-'\n"
        "print(done.accepted, done.quarantined, code, int(held[1]) // 1024)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(folder / "lake"), str(file), kind],
        env={**os.environ, "PYTHONPATH": str(TESTS)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    accepted, quarantined, code, megabytes = done.stdout.split()
    return int(accepted), int(quarantined), code, int(megabytes)


def zipped(path: Path, pieces: Iterable[bytes]) -> Path:
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("datahub.csv", "w", force_zip64=True) as stream,
    ):
        for piece in pieces:
            stream.write(piece)
    return path

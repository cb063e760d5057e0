"""The example town, made once by the program itself; the tests here look at it as people would."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CAMPAIGNS = Path(sys.executable).with_name("campaigns")
CUSTOMERS = 400


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace on which `campaigns demo` has done the whole main job.

    Every test of the session sees the same folder: leave in it nothing that another test would count.
    """
    folder = tmp_path_factory.mktemp("town")
    shutil.copy(ROOT / "campaigns.yml", folder)
    for name in ("segments", "templates", "mailings", "docs/notices"):
        shutil.copytree(ROOT / name, folder / name)
    own = {name: value for name, value in os.environ.items() if not name.startswith("CAMPAIGNS_")}
    done = subprocess.run(
        [CAMPAIGNS, "-C", folder, "demo", "--customers", str(CUSTOMERS)],
        env=own,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder

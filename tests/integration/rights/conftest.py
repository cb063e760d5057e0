"""One small workspace, imported once; every test works on its own copy of it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from support.bureaus import Bureau, settled


@pytest.fixture(scope="session")
def settled_bureau(tmp_path_factory: pytest.TempPathFactory) -> Path:
    bureau = settled(tmp_path_factory.mktemp("bureau"))
    bureau.workspace.ledger.dispose()
    return bureau.root


@pytest.fixture
def bureau(settled_bureau: Path, tmp_path: Path) -> Bureau:
    root = tmp_path / "bureau"
    shutil.copytree(settled_bureau, root)
    return Bureau(root)

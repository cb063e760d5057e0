"""A small workspace for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from campaigns.mailings.parts import Parts
from support import mailing_world


@pytest.fixture
def parts(tmp_path: Path) -> Iterator[Parts]:
    """Six people; see `support.mailing_world`."""
    made = mailing_world.workspace(tmp_path / "workspace")
    yield made
    made.ledger.dispose()


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    """The file in which a scripted channel writes down what it received."""
    return tmp_path / "received"

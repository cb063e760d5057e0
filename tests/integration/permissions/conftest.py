"""A ledger, an empty lake and a request; tests bring their own people."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from campaigns.ledger import Ledger
from campaigns.permissions.vector_settings import settings as vector_settings
from campaigns.settings.model import Settings


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = Ledger.open(tmp_path / "data" / "ledger" / "ledger.sqlite")
    yield opened
    opened.dispose()


@pytest.fixture(scope="session")
def settings() -> Settings:
    return vector_settings(soft_opt_in="off", agreement="yes", region="eea", transfer="none")

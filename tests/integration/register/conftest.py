"""Fixtures for imports: settings with small sources, and an office to import into."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from campaigns.ledger import Ledger
from campaigns.settings.model import Settings
from support.offices import Office, house_settings


@pytest.fixture(scope="session")
def small_settings() -> Settings:
    return house_settings()


@pytest.fixture
def office(tmp_path: Path, small_settings: Settings) -> Iterator[Office]:
    ledger = Ledger.open(tmp_path / "data" / "ledger" / "ledger.sqlite")
    yield Office(tmp_path, small_settings, ledger)
    ledger.dispose()

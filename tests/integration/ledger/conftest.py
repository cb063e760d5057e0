"""A ledger of its own for each test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from campaigns.ledger import Ledger
from campaigns.ledger.permission_events import PermissionEvent

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = Ledger.open(tmp_path / "data" / "ledger" / "ledger.sqlite", busy_seconds=0.2)
    yield opened
    opened.dispose()


@pytest.fixture
def event() -> Callable[..., PermissionEvent]:
    """Make an event; name only what matters."""

    def make(event_id: str = "1", **fields: Any) -> PermissionEvent:
        usual = {
            "controller": "lahti_energia",
            "person_id": 1,
            "kind": "granted",
            "channel": "email",
            "purpose": "direct_marketing",
            "occurred_at": NOW,
            "recorded_at": NOW,
            "source": "crm",
            "evidence": "form-1",
        }
        return PermissionEvent(event_id=event_id, **{**usual, **fields})

    return make

"""A file as a delivery of a made-up source."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from campaigns.register.deliveries import Delivery
from campaigns.settings.model import SourceFile

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture
def deliver(tmp_path: Path) -> Callable[..., Delivery]:
    """Write bytes to a file and hand it over as a delivery; further words go into its source."""

    def deliver(content: bytes, name: str = "people.csv", **source: object) -> Delivery:
        path = tmp_path / name
        path.write_bytes(content)
        words = {"kind": "persons", "controller": "lahti_energia", **source}
        return Delivery(
            path=path,
            name=name,
            sha256="0" * 64,
            received=NOON,
            source_name="crm",
            source=SourceFile.model_validate(words),
        )

    return deliver

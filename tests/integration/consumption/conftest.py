"""An empty lake, and a way to import into it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from campaigns.lake import Lake
from campaigns.register.deliveries import Imported
from support.readings import delivery, load_one


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


@pytest.fixture
def load(lake: Lake, tmp_path: Path) -> Callable[..., Imported]:
    """Import a file's content."""
    names = (f"{number}.csv" for number in range(1000))

    def load(content: str | bytes, *, kind: str = "datahub", **more: object) -> Imported:
        sent = delivery(tmp_path / next(names), content, kind=kind, **more)  # type: ignore[arg-type]
        with lake.writer(purpose="test") as writer:
            return load_one(sent, writer)

    return load

"""One engine for all tests of this folder; each shows it the world that it wants."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from campaigns.engine import Engine
from campaigns.ledger import Ledger
from campaigns.permissions.state import Words
from campaigns.segments.explaining import Why, why
from campaigns.segments.library import Library
from campaigns.segments.previewing import Preview, preview
from campaigns.segments.resolving import Resolution, resolve
from support.segments import NOW, TODAY, library, opened, settings, show, words


@pytest.fixture(scope="session")
def db(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with opened(tmp_path_factory.mktemp("engine")) as engine:
        yield engine


@pytest.fixture(scope="session")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    folder = tmp_path_factory.mktemp("ledger")
    found = Ledger.open(folder / "ledger.sqlite", folder=folder)
    found.upgrade()
    yield found
    found.dispose()


@dataclass
class Desk:
    """Resolve segments over a world and what its people said."""

    db: Engine
    ledger: Ledger
    folder: Path

    def library(self, texts: dict[str, str]) -> Library:
        return library(self.folder, texts)

    def resolve(self, text: str, world: dict[str, Any], said: Words | None = None, **more: Any) -> Resolution:
        show(self.db, world)
        return resolve(
            self.library({"drawn": text}).load("drawn"), words=said or words(), **self._common(), **more
        )

    def preview(self, text: str, world: dict[str, Any], said: Words | None = None, **more: Any) -> Preview:
        show(self.db, world)
        segment = self.library({"drawn": text}).load("drawn")
        return preview(segment, words=said or words(), audience="customers", **self._common(), **more)

    def why(self, text: str, person: int, world: dict[str, Any], said: Words | None = None) -> Why:
        show(self.db, world)
        segment = self.library({"drawn": text}).load("drawn")
        return why(segment, person, words=said or words(), **self._common())

    def _common(self) -> dict[str, Any]:
        return {"db": self.db, "ledger": self.ledger, "settings": settings(), "as_of": TODAY, "at": NOW}


@pytest.fixture
def desk(db: Engine, ledger: Ledger, tmp_path: Path) -> Desk:
    return Desk(db, ledger, tmp_path)

"""One engine for all tests of this folder; each shows it the world that it wants."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from campaigns.engine import Engine
from support.segments import opened


@pytest.fixture(scope="session")
def db(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with opened(tmp_path_factory.mktemp("engine")) as engine:
        yield engine

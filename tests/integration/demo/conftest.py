"""One small town, written once for all tests of this folder."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from campaigns.demo import town

AS_OF = date(2026, 11, 24)
CUSTOMERS, DAYS = 120, 40


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> town.TownSummary:
    inbox: Path = tmp_path_factory.mktemp("town") / "data" / "inbox"
    return town.write(inbox, customers=CUSTOMERS, seed=4, as_of=AS_OF, days=DAYS)

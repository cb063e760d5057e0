"""Where the ledger of a workspace is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from campaigns.ledger.database import Ledger
from campaigns.settings.model import Settings
from campaigns.settings.secrets import secret


def open_ledger(root: Path, settings: Settings, **options: Any) -> Ledger:
    """PostgreSQL when CAMPAIGNS_LEDGER_URL says so, else SQLite below `root`. Raises as `Ledger.open`."""
    url = secret("ledger_url")
    place: str | Path = url.reveal() if url else root / settings.ledger.path
    apart = root / settings.backup.erased_list
    return Ledger.open(place, **{"folder": root / "data" / "ledger", "apart": apart, **options})

"""Where the ledger of a workspace is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from campaigns.errors import UserError
from campaigns.ledger.database import Ledger
from campaigns.settings.model import Settings
from campaigns.settings.secrets import secret


def open_ledger(root: Path, settings: Settings, **options: Any) -> Ledger:
    """PostgreSQL when CAMPAIGNS_LEDGER_URL says so, else SQLite below `root`.

    Raises as `Ledger.open`, and `UserError` LED008 for an address without a scheme: it is no file to create.
    """
    url = secret("ledger_url")
    if url and "://" not in url.reveal():
        raise UserError(
            "LED008",
            "CAMPAIGNS_LEDGER_URL is no address of a database.",
            hint="such as postgresql://USER@HOST/DATABASE",
        )
    place: str | Path = url.reveal() if url else root / settings.ledger.path
    apart = root / settings.backup.erased_list
    return Ledger.open(place, **{"folder": root / "data" / "ledger", "apart": apart, **options})

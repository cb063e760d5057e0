"""What segments may name of other rooms: mailings, imported lists, places. Read only when one names them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from campaigns.settings.model import Settings
from campaigns.settings.secrets import secret

if TYPE_CHECKING:
    from campaigns.lake import Lake
    from campaigns.ledger import Ledger
    from campaigns.segments.places import Places

LISTS = "list_members"  # kind of source, and table


@dataclass(frozen=True, kw_only=True, slots=True)
class Outside:
    """As `segments.outside.Outside` asks for it; a workspace without data answers from its files alone."""

    root: Path
    settings: Settings
    lake: Callable[[], Lake]
    ledger: Callable[[], Ledger]
    clock: Callable[[], datetime]

    def mailings(self) -> Collection[str]:
        """Files in `mailings/`, and whatever a plan was ever made of."""
        from campaigns.ledger import outcomes

        names = {path.stem for path in (self.root / "mailings").glob("*.yml")}
        if secret("ledger_url") is not None or (self.root / self.settings.ledger.path).exists():
            with self.ledger().read() as connection:
                names |= set(outcomes.mailings(connection))
        return sorted(names)

    def lists(self, controller: str) -> Mapping[str, date | None] | None:
        """Lists that people are or were on; before the first import, those that `campaigns.yml` names."""
        import polars as pl

        if not (self.root / "data" / "lake").is_dir():
            return self._declared(controller)
        with self.lake().snapshot() as snapshot:
            rows = snapshot.frame(LISTS, ["controller", "list_name", "delete_on"]).filter(
                controller=controller
            )
        return dict(rows.group_by("list_name").agg(pl.col("delete_on").max()).sort("list_name").iter_rows())

    def _declared(self, controller: str) -> dict[str, date | None] | None:
        sources = [
            source.defaults.get("list")
            for source in self.settings.sources.values()
            if source.kind == LISTS and source.controller == controller
        ]
        return None if None in sources else {name: None for name in sources if name}

    def places(self) -> Places | None:
        """`places.csv` beside `campaigns.yml`."""
        from campaigns.segments import places

        path = self.root / places.FILE
        return places.read(path) if path.exists() else None

    def today(self) -> date:
        """The local day."""
        return self.clock().astimezone(self.settings.zone).date()

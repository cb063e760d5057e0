"""The parts that planning and sending work with; the workspace puts them together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from campaigns.settings.model import Settings

if TYPE_CHECKING:
    from campaigns.content.templates import Library as Templates
    from campaigns.content.tokens import Tokens
    from campaigns.lake import Lake
    from campaigns.ledger import Ledger
    from campaigns.mailings.library import Library as Mailings


def utc_now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What a workspace consists of, for this room. `root` is its folder; data lies below `data`."""

    root: Path
    settings: Settings = field(repr=False)
    lake: Lake
    ledger: Ledger
    mailings: Mailings = field(repr=False)
    templates: Templates = field(repr=False)
    tokens: Tokens = field(repr=False)
    clock: Callable[[], datetime] = utc_now

    @property
    def data(self) -> Path:
        """Where data lies."""
        return self.root / "data"


def reopen(root: Path) -> Parts:
    """Put the parts of a workspace together in another process; secrets come from its own environment."""
    from campaigns.catalogue import loading
    from campaigns.content.templates import Library as Templates
    from campaigns.content.tokens import Tokens, token_keys
    from campaigns.lake import Lake
    from campaigns.ledger.opening import open_ledger
    from campaigns.mailings.library import Library as Mailings
    from campaigns.mailings.outside import Outside
    from campaigns.segments.library import Library as Segments
    from campaigns.settings.loading import FILE, load

    settings, data = load(root / FILE), root / "data"
    words = loading.load(settings, root / "segments" / "catalogue")
    lake, ledger = Lake(data / "lake"), open_ledger(root, settings, create=False)
    outside = Outside(root=root, settings=settings, lake=lambda: lake, ledger=lambda: ledger, clock=utc_now)
    segments = Segments(folder=root / "segments", catalogue=words, settings=settings, outside=outside)
    templates = Templates(root / "templates", settings)
    return Parts(
        root=root,
        settings=settings,
        lake=lake,
        ledger=ledger,
        mailings=Mailings(
            folder=root / "mailings", settings=settings, segments=segments, templates=templates
        ),
        templates=templates,
        tokens=Tokens(token_keys(data / "keys")),
    )

"""What crosses the border of an import: a file as it arrived, a kind that can load it, and the result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from zoneinfo import ZoneInfo

from campaigns.errors import Mistake
from campaigns.settings.model import Settings, SourceFile

if TYPE_CHECKING:
    from campaigns.lake import Writer
    from campaigns.ledger import Ledger
    from campaigns.register.headers import Columns


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivery:
    """One file that a source sent.

    `name` is fit to be shown: without control characters and identity codes. `received` (aware UTC) decides
    which of two files is newer; `received_is_told` says that a person gave it, not the file's own time.
    `shrink_accepted_by` is who said that this full extract really has so much less; nobody, usually.
    """

    path: Path
    name: str
    sha256: str
    received: datetime
    source_name: str
    source: SourceFile
    received_is_told: bool = False
    shrink_accepted_by: str = ""
    again: bool = False  # the same bytes as an earlier file, with something new to say

    @property
    def key_space(self) -> str:
        """Whose customer numbers the file uses."""
        return self.source.key_space or self.source_name

    @property
    def transaction(self) -> str:
        """The Delta transaction id that makes its import idempotent.

        The source is part of it: two registers may get the same bytes, and each must have them.
        """
        base = f"{self.source.kind}:{self.source_name}:{self.sha256}"
        return f"{base}:{self.received.isoformat()}" if self.again else base

    def received_on(self, zone: ZoneInfo) -> date:
        """The local day on which it was received."""
        return self.received.astimezone(zone).date()


@dataclass(frozen=True, kw_only=True, slots=True)
class Imported:
    """What became of one file.

    `rows` are the file's data rows; `quarantined` of them were refused and lie in the quarantine with their
    reasons; `accepted` went in (a row that came twice counts once). `unchanged`: this very file was imported
    before. `refused`: why the whole file was refused; then nothing of it was written.
    """

    file: str
    kind: str
    rows: int = 0
    accepted: int = 0
    quarantined: int = 0
    unchanged: bool = False
    notes: tuple[str, ...] = ()
    refused: Mistake | None = None


class Kind(Protocol):
    """Something that can be imported; each room exports the kinds that it understands."""

    @property
    def columns(self) -> Columns:
        """What its files may have; `campaigns check` holds sources to it."""
        ...

    @property
    def name(self) -> str:
        """The word that `kind:` of a source and `--as` use."""
        ...

    @property
    def order(self) -> int:
        """Smaller goes first: companies before the people who work there."""
        ...

    def recognises(self, header: Sequence[str]) -> bool:
        """Whether the file's own header tells, when no source matches."""
        ...

    def load(
        self, delivery: Delivery, *, settings: Settings, lake: Writer, ledger: Ledger, now: datetime
    ) -> Imported:
        """Read, check and write one file; refuse all of it (`UserError`) before anything is written."""
        ...

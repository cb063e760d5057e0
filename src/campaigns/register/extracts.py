"""One delivery against what the lake has from its source: what is older, and what is no longer there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import polars as pl

from campaigns.errors import Refused
from campaigns.register.deliveries import Delivery
from campaigns.register.repeats import full_extracts

if TYPE_CHECKING:
    from campaigns.lake import Writer

MAX_SHRINK = 0.05


@dataclass(frozen=True, kw_only=True, slots=True)
class Extract:
    """`day` is the local day of receipt, on which absent things end; `ends_absent`: full, and the newest."""

    delivery: Delivery
    day: date
    ends_absent: bool

    @classmethod
    def of(cls, delivery: Delivery, lake: Writer, zone: ZoneInfo) -> Extract:
        """Raises `Refused` REG012 for a full extract that is older than one that was imported."""
        full = delivery.source.extract == "full"
        later = pl.col("received_at") > delivery.received
        older = full and not full_extracts(delivery, lake).filter(later).is_empty()
        if older and not delivery.received_is_told:
            raise Refused(
                "REG012",
                f"{delivery.name} is older than the newest full extract of `{delivery.source_name}`.",
                hint="if its time is wrong, say when it was received: --received 2026-11-24T06:00",
            )
        return cls(delivery=delivery, day=delivery.received_on(zone), ends_absent=full and not older)

    def newest(self, rows: pl.DataFrame, known: pl.DataFrame, key: str) -> pl.DataFrame:
        """The rows without those of which `known` (`key`, `received_at`) came with a later delivery."""
        later = known.filter(pl.col("received_at") > self.delivery.received)
        return rows if later.is_empty() else rows.join(later, on=key, how="anti", maintain_order="left")

    def absent(self, known: pl.Series, present: pl.Series) -> pl.Series:
        """Which of the known ids the full extract no longer has; none for extracts of changes.

        Raises `Refused` REG013 when they are more than 5 %: such a file was cut short or is another source's,
        unless somebody vouched for it.
        """
        if not self.ends_absent or known.is_empty():
            return known.clear()
        gone = known.filter(~known.is_in(present.drop_nulls().unique().implode()))
        if self.shrinks(gone, known) and not self.delivery.shrink_accepted_by:
            share = 100 * len(gone) / len(known)
            raise Refused(
                "REG013",
                f"{self.delivery.name} lacks {len(gone):,} of the {len(known):,} {self.delivery.source.kind} "
                f"of `{self.delivery.source_name}` ({share:.0f} %); a full extract may shrink by 5 %.",
                hint="nothing was changed; was the file cut short, or is it another source's? "
                "If it is right: campaigns import FILE --accept-shrink",
            )
        return gone

    @staticmethod
    def shrinks(gone: pl.Series, known: pl.Series) -> bool:
        """Whether so much is absent that somebody must vouch for the file."""
        return len(gone) > MAX_SHRINK * len(known)

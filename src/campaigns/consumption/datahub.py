"""The kind `datahub`: readings as the Datahub customer portal gives them, into consumption days.

The portal's header is known in Finnish and English; a source may map its own in `columns:`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from campaigns.consumption import interval_files
from campaigns.consumption.readings import COLUMNS
from campaigns.register.deliveries import Delivery, Imported
from campaigns.register.headers import Columns, folded
from campaigns.register.reading import header_of
from campaigns.settings.model import Settings

if TYPE_CHECKING:
    from campaigns.lake import Writer
    from campaigns.ledger import Ledger

FINNISH = (
    "Mittauspisteen tunnus",
    "Tuotteen tyyppi",
    "Resoluutio",
    "Yksikkötyyppi",
    "Lukeman tyyppi",
    "Alkuaika",
    "Määrä",
    "Laatu",
)
ENGLISH = (
    "MeteringPointGSRN",
    "Product Type",
    "Resolution",
    "Unit Type",
    "Reading Type",
    "Start Time",
    "Quantity",
    "Quality",
)
_COLUMNS = Columns(required=COLUMNS)
_PORTAL = {
    folded(theirs): ours
    for header in (FINNISH, ENGLISH)
    for theirs, ours in zip(header, COLUMNS, strict=True)
}


class Datahub:
    """Imports Datahub files; see `register.deliveries.Kind`."""

    name = "datahub"
    order = 80
    columns = _COLUMNS

    def recognises(self, header: Sequence[str]) -> bool:
        """By either header of the portal, or by our own column names."""
        return set(COLUMNS) <= {_PORTAL.get(folded(name), folded(name)) for name in header}

    def load(
        self, delivery: Delivery, *, settings: Settings, lake: Writer, ledger: Ledger, now: datetime
    ) -> Imported:
        """One file into consumption days; raises `UserError` when it is no such file."""
        del ledger  # readings belong to the lake alone
        if lake.seen("consumption_days", delivery.transaction):
            return Imported(file=delivery.name, kind=self.name, unchanged=True)
        header = header_of(delivery)
        named = _with_names(delivery, header)
        layout = interval_files.layout_of(named, header, _COLUMNS)
        return interval_files.load(named, layout, settings=settings, lake=lake, now=now)


def _with_names(delivery: Delivery, header: Sequence[str]) -> Delivery:
    """The delivery with the portal's own column names as if its source had mapped them."""
    source = delivery.source
    portal = {name.strip(): _PORTAL[folded(name)] for name in header if folded(name) in _PORTAL}
    return replace(delivery, source=source.model_copy(update={"columns": {**portal, **source.columns}}))

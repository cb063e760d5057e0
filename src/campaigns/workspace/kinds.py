"""Every kind of source file that some room can import."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaigns import consumption, permissions, register
from campaigns.register.deliveries import Kind

if TYPE_CHECKING:
    from campaigns.catalogue.model import Catalogue


def all_kinds(catalogue: Catalogue | None = None) -> tuple[Kind, ...]:
    """The kinds of all rooms; with a catalogue, events are held to its words."""
    kinds = (*register.KINDS, *permissions.KINDS, *consumption.KINDS)
    if catalogue is None:
        return kinds
    from campaigns.register.events import Events

    known = Events({name: frozenset(event.properties) for name, event in catalogue.events.items()})
    return tuple(known if kind.name == known.name else kind for kind in kinds)

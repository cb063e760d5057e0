"""What segments may name that stands in no segment file and in no catalogue: mailings, lists and places.

These are of other rooms, which segments do not see; whoever makes a library of segments brings them along.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from campaigns.segments.places import Places


class Outside(Protocol):
    """Each is asked for only when a segment names one."""

    def mailings(self) -> Collection[str]:
        """The names of all mailings: those that have a file, and those that messages were sent of."""

    def lists(self, controller: str) -> Mapping[str, date | None] | None:
        """The imported lists of a register, each with the day when its last entry is to be deleted.

        Before the first import the days are None; so is the whole when files are going to name the lists.
        """

    def places(self) -> Places | None:
        """The places of the workspace, None when it has no file of them. Raises `Mistakes` for its rows."""

    def today(self) -> date:
        """The local day, by which lists are over."""


@dataclass(frozen=True, slots=True)
class Nothing:
    """A library alone: no mailings, lists or places."""

    def mailings(self) -> Collection[str]:
        """None."""
        return ()

    def lists(self, controller: str) -> Mapping[str, date | None] | None:  # noqa: ARG002 - as the protocol says
        """None."""
        return {}

    def places(self) -> Places | None:
        """No file."""
        return None

    def today(self) -> date:
        """A day before every list's last."""
        return date.min


NOTHING = Nothing()


@dataclass(frozen=True, slots=True)
class Settled:
    """What was there when something was planned: no list is over for it, and no word of the catalogue."""

    now: Outside

    def mailings(self) -> Collection[str]:
        """Those of now."""
        return self.now.mailings()

    def lists(self, controller: str) -> Mapping[str, date | None] | None:  # noqa: ARG002 - as the protocol says
        """Any."""
        return None

    def places(self) -> Places | None:
        """Those of now."""
        return self.now.places()

    def today(self) -> date:
        """A day before every last day."""
        return date.min

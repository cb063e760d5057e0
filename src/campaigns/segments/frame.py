"""What is valid in one file, and in one place of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

from campaigns.catalogue.model import AudienceEntry, Catalogue
from campaigns.errors import Mistake
from campaigns.segments.model import Segment
from campaigns.segments.outside import Outside
from campaigns.settings.documents import Scalar
from campaigns.settings.model import Purpose, Settings


class Others(Protocol):
    """Gives the other segments that a condition refers to."""

    def segment(self, word: Scalar, found: list[Mistake]) -> Segment | None:
        """The one called so; None when it is missing (a mistake is added) or has mistakes of its own."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Frame:
    """What is valid in this file. `purpose` and `audience` are None when the file does not say a real one."""

    segment: str
    controller: str
    catalogue: Catalogue
    settings: Settings
    purpose_name: str = ""
    purpose: Purpose | None = None
    audience: AudienceEntry | None = None
    others: Others
    outside: Outside


@dataclass(frozen=True, slots=True)
class Here:
    """Where a condition stands: the relations around it, whether it brings people in, and how deep."""

    path: tuple[str, ...] = ("person",)
    positive: bool = True
    exception: bool = False
    depth: int = 0

    @property
    def scope(self) -> str:
        """The relation that conditions here speak of."""
        return self.path[-1]

    def into(self, relation: str, *, negated: bool) -> Here:
        """Under `has: relation`."""
        return replace(
            self, path=(*self.path, relation), positive=self.positive != negated, depth=self.depth + 1
        )

    def grouped(self, *, negated: bool) -> Here:
        """Under `any`, `all` or `none`."""
        return replace(self, positive=self.positive != negated, depth=self.depth + 1)

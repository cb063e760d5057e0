"""What the order of hand-over needs to know of people, decisions and words: the border to the rest.

`windows.Window` answers from the lake, the rules and the template; tests answer from a dictionary.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from campaigns.ledger.claims import Claimed
from campaigns.ledger.database import Ledger
from campaigns.ledger.lanes import Lane
from campaigns.ledger.plans import PlanRow

if TYPE_CHECKING:
    from campaigns.channels.protocol import Outgoing

# Codes that mean "not now": the message waits, it is not withheld.
NOT_NOW = frozenset({"QUIET_HOURS", "OUTSIDE_CALLING_HOURS"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """A decision about one person, and the ledger position and lake snapshot that it holds for."""

    allowed: bool
    code: str
    evidence: int | None
    facts: str | None = None  # JSON of what it rested on
    position: int
    lake_snapshot: int


class Window(Protocol):
    """A stretch of the plan's messages with all that is needed to hand them over. Shared by threads."""

    @property
    def low(self) -> int:
        """The first message number that it covers."""

    @property
    def high(self) -> int:
        """The last."""

    def is_current(self) -> bool:
        """False when a new lake snapshot or a new day asks for a new window."""

    def catch_up(self, lane: Lane) -> int:
        """Learn whom the newest facts are about; the position that `verdicts` hold for from now on."""

    def verdicts(self, person_ids: Collection[int]) -> Mapping[int, Verdict]:
        """The decisions about people of the window; a new record for whoever had to be decided again."""

    def address_digest(self, person_id: int) -> str | None:
        """The keyed digest of where the person gets it now; None when there is no address any more."""

    def write(self, messages: Iterable[Claimed]) -> tuple[list[Outgoing], dict[int, str]]:
        """The finished messages in order, and a reason code for each that cannot be written."""


@dataclass(slots=True)
class Counts:
    """What one connection did."""

    sent: int = 0
    deferred: int = 0
    failed: int = 0
    unknown: int = 0
    withheld: Counter[str] = field(default_factory=Counter)

    def add(self, other: Counts) -> None:
        """Join another connection's counts."""
        self.sent += other.sent
        self.deferred += other.deferred
        self.failed += other.failed
        self.unknown += other.unknown
        self.withheld += other.withheld

    @property
    def handled(self) -> int:
        """Messages that are off the queue for now."""
        return self.sent + self.deferred + self.failed + self.unknown + self.withheld.total()


@dataclass(frozen=True, kw_only=True)
class Job:
    """What all connections of one `send` share."""

    ledger: Ledger
    plan: PlanRow
    clock: Callable[[], datetime]
    new_batch: Callable[[], int]  # a random number of 62 bits for each claim
    stop: threading.Event
    one_copy_an_address: bool  # marketing: two people with one address get one copy
    batch: int = 200
    lease: timedelta = timedelta(minutes=10)
    not_now: timedelta = timedelta(minutes=30)
    tick: Callable[[int], None] = lambda _handled: None

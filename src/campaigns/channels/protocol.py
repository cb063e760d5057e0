"""What a channel promises, and what it needs from whoever sends.

A connection hands messages over in order, in groups of at most `batch`. For each group:

1. `before_first_byte` is called with the group, just before anything of it leaves (SMTP: before MAIL FROM;
   SendGrid: after the body is built; maildir: before the files are made). It gives back those still to send.
   What it leaves out gets no outcome.
2. The group is handed over, and an outcome is yielded for each message that was given back, in order. The
   next group starts when the caller asks for more, that is, after it has committed the outcomes.

So when the process dies, only the messages of one group may have left without an outcome. When the channel
itself is refused, `ChannelStopped` is raised: messages that had no outcome by then were certainly not sent.
A message goes through `before_first_byte` once; one that cannot even be tried is `deferred` after it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from campaigns.content.message import Parts

OutcomeState = Literal["sent", "deferred", "failed", "unknown"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Outgoing:
    """One message on its way. `payload` for channels that take bytes, `parts` for those that build them."""

    message_id: int
    to: str = field(repr=False)
    envelope_from: str
    payload: bytes = field(default=b"", repr=False)
    parts: Parts | None = field(default=None, repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What the provider answered. `detail` holds no address; `retry_after` is in seconds."""

    state: OutcomeState
    code: str = ""
    detail: str = ""
    provider_id: str = ""
    retry_after: float | None = None


BeforeFirstByte = Callable[[Sequence[Outgoing]], Sequence[Outgoing]]


class Connection(Protocol):
    """One line to a provider, used by one worker."""

    @property
    def batch(self) -> int:
        """The most messages that leave together, and so may be uncertain together."""
        ...

    def hand_over(
        self, batch: Sequence[Outgoing], *, before_first_byte: BeforeFirstByte
    ) -> Iterator[tuple[int, Outcome]]:
        """Hand messages over in order; yields (message_id, outcome). Raises `ChannelStopped`."""
        ...

    def close(self) -> None:
        """Say goodbye; never raises."""
        ...


class Channel(Protocol):
    """A way to reach people."""

    @property
    def name(self) -> str:
        """The provider: maildir, smtp, sendgrid."""
        ...

    @property
    def form(self) -> Literal["bytes", "parts"]:
        """What it takes of a message: its bytes (`Outgoing.payload`) or its parts."""
        ...

    @property
    def connections(self) -> int:
        """How many connections may be open at once."""
        ...

    @property
    def processor_fields(self) -> tuple[str, ...]:
        """What the processor gets to see; each must stand in its `fields` in campaigns.yml."""
        ...

    def connect(self) -> Connection:
        """A new connection; nothing is sent yet. Raises `ChannelStopped` when it cannot be used at all."""
        ...


def groups(batch: Sequence[Outgoing], size: int) -> Iterator[Sequence[Outgoing]]:
    """A batch in groups of at most `size`, in order."""
    for start in range(0, len(batch), size):
        yield batch[start : start + size]

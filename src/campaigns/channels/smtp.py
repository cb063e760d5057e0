"""Messages to a mail server: kept connections, one recipient a message, a deadline a message."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from campaigns.channels.covering import FIELDS
from campaigns.channels.protocol import BeforeFirstByte, Connection, Outcome, Outgoing
from campaigns.channels.smtp_replies import outcome_of
from campaigns.channels.smtp_session import Session, open_session
from campaigns.content.headers import is_address
from campaigns.errors import ChannelStopped, OutcomeUnknown, TransientFailure
from campaigns.settings.model import Smtp as SmtpSettings
from campaigns.settings.secrets import Secret

# After this many connections in a row that could not be made, the rest of a batch is not tried.
MOST_FAILURES = 2


@dataclass(frozen=True, kw_only=True, slots=True)
class Smtp:
    """A mail server as campaigns.yml names it."""

    settings: SmtpSettings
    password: Secret | None = None
    context: ssl.SSLContext = field(default_factory=ssl.create_default_context, repr=False)
    clock: Callable[[], float] = time.monotonic
    name: str = "smtp"
    form: Literal["bytes", "parts"] = "bytes"
    processor_fields: tuple[str, ...] = FIELDS["smtp"]

    @property
    def connections(self) -> int:
        """How many connections the settings allow."""
        return self.settings.connections

    def connect(self) -> Connection:
        """A connection, opened when the first message comes."""
        return SmtpConnection(self)


class SmtpConnection:
    """Hands messages over one by one; opens a new session when the server has closed the last."""

    batch = 1

    def __init__(self, channel: Smtp) -> None:
        self._channel = channel
        self._session: Session | None = None
        self._failures = 0  # sessions in a row that could not be opened
        self._most = 0  # messages that the server takes on one session, once it has said 421 to the next

    def hand_over(
        self, batch: Sequence[Outgoing], *, before_first_byte: BeforeFirstByte
    ) -> Iterator[tuple[int, Outcome]]:
        """See `protocol.Connection`."""
        self._failures = 0
        for message in batch:
            problem = self._make_ready()
            if not before_first_byte([message]):
                continue
            outcome, stop = (problem, None) if problem else self._send(message)
            yield message.message_id, outcome
            if stop:
                raise stop

    def close(self) -> None:
        """Say goodbye."""
        if self._session:
            self._session.close()
            self._session = None

    def _make_ready(self) -> Outcome | None:
        """A session that can take a message; otherwise the outcome of every message that needs one."""
        if self._session and (not self._session.quiet() or self._session.sent == self._most > 0):
            self.close()
        if self._session:
            return None
        if self._failures >= MOST_FAILURES:
            return Outcome(state="deferred", code="connection", detail="the mail server cannot be reached")
        try:
            self._session = open_session(
                self._channel.settings,
                self._channel.password,
                self._channel.context,
                self._deadline(),
                self._channel.clock,
            )
        except TransientFailure as failure:
            self._failures += 1
            return Outcome(state="deferred", code=failure.code, detail=failure.detail)
        self._failures = 0
        return None

    def _send(self, message: Outgoing) -> tuple[Outcome, ChannelStopped | None]:
        session = self._session
        if session is None or not is_address(message.to) or not is_address(message.envelope_from):
            return Outcome(state="failed", code="address", detail="not one plain e-mail address"), None
        if 0 < session.size_limit < len(message.payload):
            return Outcome(state="failed", code="552 5.3.4", detail="larger than the server takes"), None
        before = session.sent
        try:
            reply = session.send(message.envelope_from, message.to, message.payload, self._deadline())
        except TransientFailure as failure:
            self._drop()
            return Outcome(state="deferred", code=failure.code, detail=failure.detail), None
        except OutcomeUnknown as unknown:
            self._drop()
            return Outcome(state="unknown", code=unknown.code, detail=unknown.detail), None
        if reply.closing:
            self._most = before  # next time we end it ourselves before that
            self._drop()
        outcome = outcome_of(reply)
        stop = ChannelStopped(outcome.code, outcome.detail) if reply.concerns_us else None
        return outcome, stop

    def _drop(self) -> None:
        """The session is over."""
        if self._session:
            self._session.drop()
            self._session = None

    def _deadline(self) -> float:
        return self._channel.clock() + self._channel.settings.timeout_seconds

"""What a mail server answers, and what it means for the message (RFC 5321, 3463; domain facts 3.2)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from campaigns.channels.protocol import Outcome

MAX_REPLY = 64 * 1024  # octets of one reply, all its lines
MAX_DETAIL = 200

_ENHANCED = re.compile(r"([245])\.(\d{1,3})\.(\d{1,3})(?=\s|$)")
_ADDRESS = re.compile(r"[^\s<>()\"',;:]+@[^\s<>()\"',;:]+")
_QUEUE_ID = re.compile(r"(?:queued as|id[=\s:])\s*<?([A-Za-z0-9][\w.@-]{3,80})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole reply: its code, and its text in printable ASCII on one line."""

    code: int
    text: str

    @property
    def positive(self) -> bool:
        """2xx, or 354 to DATA."""
        return self.code < 400

    @property
    def closing(self) -> bool:
        """The server closes the connection (421)."""
        return self.code == 421

    @property
    def status(self) -> str:
        """The code with the enhanced code, if there is one: `550 5.1.1`."""
        enhanced = _ENHANCED.match(self.text)
        return f"{self.code} {enhanced.group()}" if enhanced else str(self.code)

    @property
    def detail(self) -> str:
        """The text without addresses, short enough for a table."""
        return _ADDRESS.sub("<address>", self.text[: 2 * MAX_DETAIL])[:MAX_DETAIL]

    @property
    def concerns_us(self) -> bool:
        """Policy or authentication (5.7.x, 530, 535): about us and not about the recipient."""
        enhanced = _ENHANCED.match(self.text)
        return self.code in (530, 534, 535, 538) or bool(self.code >= 500 and enhanced and enhanced[2] == "7")


def parse(lines: list[bytes]) -> Reply:
    """A reply from its lines, line ends included. Raises `ValueError` for what is none."""
    codes = {line[:3] for line in lines}
    if len(codes) != 1 or not all(re.match(rb"[2-5]\d\d(?:[ -]|\r?\n)", line) for line in lines):
        raise ValueError("not an SMTP reply")
    text = " ".join(line[4:].decode("ascii", "replace").strip() for line in lines)
    return Reply(int(codes.pop()), "".join(sign if sign.isprintable() else "?" for sign in text)[:4096])


def outcome_of(reply: Reply) -> Outcome:
    """What a reply means for the message that it ends."""
    if reply.positive:
        queued = _QUEUE_ID.search(reply.text)
        provider_id = queued[1] if queued else ""
        return Outcome(state="sent", code=reply.status, detail=reply.detail, provider_id=provider_id)
    later = reply.code < 500 or reply.concerns_us
    return Outcome(state="deferred" if later else "failed", code=reply.status, detail=reply.detail)

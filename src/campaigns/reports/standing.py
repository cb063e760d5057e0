"""Where the mailings stand, for `status`: what is due, what is unknown, and what somebody should do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from campaigns.ledger import messages
from campaigns.mailings import calendar
from campaigns.mailings.calendar import MISSED, Due

if TYPE_CHECKING:
    from campaigns.mailings.parts import Parts


# What a plan's state asks for: how it reads, and the command.
_TO_DO: Mapping[str, tuple[str, str]] = {
    MISSED: ("missed its time", "cancel"),
    "waiting": ("waits for approval", "approve"),
    "paused": ("is paused", "resume"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """What `status` says about mailings."""

    due: tuple[Due, ...]
    unknown_messages: tuple[int, ...]

    def as_json(self) -> dict[str, Any]:
        """The two keys of `status --json`."""
        return {
            "due": [each.as_json() for each in self.due],
            "unknown_messages": len(self.unknown_messages),
        }

    def to_do(self) -> Iterator[str]:
        """What somebody should do; nothing when all is well."""
        if self.unknown_messages:
            some = ", ".join(str(key) for key in self.unknown_messages[:5])
            number = len(self.unknown_messages)
            yield f"{number:,} unknown messages ({some}{', …' if number > 5 else ''}): campaigns resolve"
        for each in self.due:
            if each.state in _TO_DO:
                words, command = _TO_DO[each.state]
                yield f"plan {each.plan_id} of {each.mailing} {words}: campaigns {command} {each.plan_id}"


def standing(parts: Parts, *, now: datetime) -> Standing:
    """How the mailings stand at `now`."""
    with parts.ledger.read() as connection:
        unknown = messages.unknown(connection)["message_id"].to_list()
    return Standing(due=tuple(calendar.due(parts, now=now)), unknown_messages=tuple(unknown))

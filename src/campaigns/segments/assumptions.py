"""What a segment would count if a switch of the policy were another. Nothing is planned or sent with it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from campaigns.permissions.assuming import Assumed
from campaigns.segments.resolving import Resolution

_NUMBER = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class Assumption:
    """The switches that are assumed, and the segment resolved as if they were so."""

    switches: tuple[Assumed, ...]
    then: Resolution = field(repr=False)

    def as_json(self) -> dict[str, Any]:
        """What `assumed` of `segment preview --json` says."""
        return {
            "switches": {
                switch.name: {"now": switch.now, "then": switch.then, "effect": switch.effect}
                for switch in self.switches
            },
            "permission": counted(self.then),
            "final": len(self.then.final),
            "final_by_channel": self.then.final_by_channel,
        }

    def lines(self, now: Resolution) -> Iterator[str]:
        """The comparison in words."""
        for switch in self.switches:
            yield f"if {switch.name} were {switch.then} (now {switch.now}): with it {switch.effect}"
        before, after = counted(now), counted(self.then)
        for channel in now.channels:
            yield _change(
                before[channel]["allowed"], after[channel]["allowed"], f"may be contacted by {channel}"
            )
        yield _change(len(now.final), len(self.then.final), "get the message")
        yield "nothing was changed: a switch is decided in campaigns.yml, with who decided it, when and why"


def counted(found: Resolution) -> dict[str, dict[str, Any]]:
    """For each channel how many members are allowed, and how many denied by code."""
    channels: dict[str, dict[str, Any]] = {
        channel: {"allowed": 0, "denied": {}} for channel in found.channels
    }
    for channel, allowed, code, people in found.decisions.sort("code").iter_rows():
        if allowed:
            channels[channel]["allowed"] += people
        else:
            channels[channel]["denied"][code] = people
    return channels


def _change(before: int, after: int, what: str) -> str:
    difference = "no difference" if before == after else f"{after - before:+,}".replace("-", "−")
    return f"{before:>{_NUMBER},} → {after:,}  {what} ({difference})"

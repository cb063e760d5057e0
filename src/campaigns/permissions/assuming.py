"""What if a switch of the policy were another: settings to count with, never to send with.

`assume` gives settings that nothing stores; only the preview of a segment asks for them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from pydantic import ValidationError

from campaigns.errors import UserError
from campaigns.settings.binding import suggestion
from campaigns.settings.model import Settings
from campaigns.settings.policy import AlwaysOff, OnOff, Policy

# What each switch lets happen, as the end of "with it ...".
EFFECTS: Mapping[str, str] = MappingProxyType(
    {
        "soft_opt_in": "customers whose address came with a purchase get e-mail and text messages about "
        "similar products, although they never consented (Act 917/2014 section 200(3))",
        "survey_after_ban_all": "people who banned all marketing are asked how satisfied they are",
        "research_to_prospects": "people who are not customers are asked for market research",
        "minors_by_own_consent": "people from 15 to 17 get marketing by their own consent, unprofiled, and "
        "no letters or calls",
        "service_under_restriction": "`send`: people whose data is restricted get service messages without "
        "a person looking at each",
        "confirm_unsubscribe": "a last mail confirms that somebody unsubscribed",
    }
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Assumed:
    """One switch as it is, and as it is assumed to be."""

    name: str
    now: str
    then: str

    @property
    def effect(self) -> str:
        """What the switch lets happen."""
        return EFFECTS[self.name]


def assume(settings: Settings, switches: Sequence[str]) -> tuple[Settings, tuple[Assumed, ...]]:
    """The settings with `name=value` switches of the policy, and what differs; nothing is stored.

    Raises `UserError` PRM030 for a switch that there is not, PRM031 for a value that it cannot have, PRM032
    for one about which the law leaves no choice.
    """
    policy = settings.policy
    assumed = []
    for text in switches:
        name, _, value = text.partition("=")
        policy, switch = _with(policy, name.strip(), value.strip().lower())
        assumed.append(switch)
    return settings.model_copy(update={"policy": policy}), tuple(assumed)


def _with(policy: Policy, name: str, value: str) -> tuple[Policy, Assumed]:
    switch = getattr(policy, name, None) if name in Policy.model_fields else None
    if isinstance(switch, AlwaysOff) and value != "off":
        raise UserError(
            "PRM032", f"`{name}` cannot be turned on: {switch.reason}.", hint="the law leaves no choice here"
        )
    if switch is None or name not in EFFECTS:
        raise UserError(
            "PRM030", f"`{name}` is no switch that can be assumed.", hint=suggestion(name, sorted(EFFECTS))
        )
    values = {"value": value, "decided_by": "nobody", "date": switch.date, "reason": "assumed"}
    try:
        then = type(switch).model_validate(values)
    except ValidationError:
        words = ("on", "off") if isinstance(switch, OnOff) else ("manual_review", "send")
        raise UserError(
            "PRM031", f"`{name}` cannot be `{value}`.", hint=f"say {name}={' or '.join(words)}"
        ) from None
    return policy.model_copy(update={name: then}), Assumed(name=name, now=_word(switch), then=_word(then))


def _word(switch: object) -> str:
    value = getattr(switch, "value")  # noqa: B009  # every switch has one; its type differs
    return ("on" if value else "off") if isinstance(value, bool) else str(value)

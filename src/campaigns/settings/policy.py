"""Decisions that the law leaves open, or that we take more strictly than it asks.

Each is `{value, decided_by, date, reason}`. One that a workspace does not name has the value of the program,
and says so in the record of processing.
"""

from __future__ import annotations

from datetime import date
from typing import Literal

from campaigns.settings.binding import Definition
from campaigns.settings.words import Decided, Switch


class OnOff(Decided):
    """A switch: `value: on` or `value: off`."""

    value: Switch


class AlwaysOff(Decided):
    """A switch that may not be turned on."""

    value: Literal["off"] = "off"


class UnderRestriction(Decided):
    """What happens to a service message to somebody whose data is restricted (Art. 18)."""

    value: Literal["manual_review", "send"] = "manual_review"


class MeterDataLevels(Definition):
    """What each level of meter data needs before a segment may use it."""

    totals: Literal["interest", "consent", "never"]
    daily: Literal["interest", "consent", "never"]
    hourly: Literal["interest", "consent", "never"]
    presence: Literal["never"]


class MeterData(Decided):
    """The permission that meter data needs, by data level."""

    value: MeterDataLevels


_PROGRAM = {"decided_by": "the program's default", "date": date(2026, 11, 24)}


def _off(reason: str) -> OnOff:
    return OnOff(value=False, reason=reason, **_PROGRAM)  # type: ignore[arg-type]  # one dict for all


def _never(reason: str) -> AlwaysOff:
    return AlwaysOff(reason=reason, **_PROGRAM)  # type: ignore[arg-type]  # one dict for all


class Policy(Definition):
    """Every switch: what it turns on or off stands beside it."""

    soft_opt_in: OnOff  # e-mail and SMS to customers whose address came with a purchase (200(3))
    meter_data: MeterData
    survey_after_ban_all: OnOff = _off("who bans everything is left in peace")
    research_to_prospects: OnOff = _off("people who are not our customers are not asked")
    minors_by_own_consent: OnOff = OnOff(
        value=True,
        reason="15 to 17 years old: by their own consent, unprofiled, no letters and no calls",
        **_PROGRAM,  # type: ignore[arg-type]  # one dict for all
    )
    service_under_restriction: UnderRestriction = UnderRestriction(
        reason="restricted data is only stored: a person looks at each case",
        **_PROGRAM,  # type: ignore[arg-type]  # one dict for all
    )
    confirm_unsubscribe: OnOff = _off("the page confirms; another mail would be one too many")
    robocalls_by_soft_opt_in: AlwaysOff = _never("the soft opt-in does not cover automated calls")
    offers_in_service_messages: AlwaysOff = _never("an offer makes a service message marketing")
    debt_status_in_segments: AlwaysOff = _never("debts are no reason to choose or to leave out anybody")

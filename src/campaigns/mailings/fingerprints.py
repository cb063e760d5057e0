"""What an approval covers. When one of these was edited, the approval is for something else."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from campaigns.ledger.notices import PART
from campaigns.mailings.schedule import Occurrence

if TYPE_CHECKING:
    from campaigns.ledger.plans import PlanRow
    from campaigns.mailings.library import Mailing
    from campaigns.mailings.parts import Parts

# In words, for whoever must make a new plan.
PARTS: Mapping[str, str] = {
    "mailing": "the mailing",
    "segments": "a segment",
    "template": "the template",
    "rules": "a rule of permission or a policy",
    "sender": "the sender",
    "channel": "the channel or its processor",
    "purpose": "the purpose in campaigns.yml",
    "schedule": "the schedule",
    "lake": "the data",
    PART: "the privacy notice",
}
NOTICE_CHANGE = "privacy_notice_change"  # topic of a purpose whose messages tell of a new version


def covered(parts: Parts, mailing: Mailing, occurrence: Occurrence, *, lake: int) -> dict[str, Any]:
    """Everything that decides who gets what, when and from whom, each part by itself."""
    from campaigns.ledger.outcomes import KIND
    from campaigns.permissions.notices import newest
    from campaigns.permissions.rules import rule_version

    settings = parts.settings
    segments = [*mailing.segments, *mailing.except_segments]
    channel, purpose = settings.channels[mailing.channel], settings.purposes[mailing.purpose]
    processor, sender = settings.processors[channel.processor], settings.controllers[mailing.controller]
    return {
        KIND: mailing.kind,  # follows from the template; kept so that it can be asked what people received
        "mailing": mailing.fingerprint,
        "segments": {segment.name: segment.fingerprint for segment in segments},
        "template": mailing.template.hash,
        "rules": rule_version(settings),
        "sender": _hash(sender.model_dump(mode="json", exclude={"notices"})),
        "channel": _hash([channel.model_dump(mode="json"), processor.model_dump(mode="json")]),
        "purpose": _hash(purpose.model_dump(mode="json")),
        "schedule": [occurrence.name, occurrence.due.isoformat() if occurrence.due else None],
        "lake": lake,
        PART: newest(settings, mailing.controller) if purpose.topic == NOTICE_CHANGE else None,
    }


def fingerprint(covered: Mapping[str, Any]) -> str:
    """One short word for all of it."""
    return _hash(covered)


def changed(parts: Parts, plan: PlanRow, mailing: Mailing, *, but: frozenset[str]) -> list[str]:
    """Which parts differ from what the plan was made of, leaving out those in `but`."""
    with parts.lake.snapshot() as snapshot:
        number = snapshot.number
    occurrence = Occurrence(name=plan.occurrence, due=_due_now(parts, plan, mailing), latest=None)
    now = covered(parts, mailing, occurrence, lake=number)
    return [name for name in PARTS if name not in but and now[name] != plan.parts.get(name)]


def _due_now(parts: Parts, plan: PlanRow, mailing: Mailing) -> Any:
    """When the plan's occurrence would be due by the schedule as it is written now."""
    if plan.due_at is None or mailing.file.schedule is None:
        return None
    return mailing.file.schedule.due_of(plan.occurrence, parts.settings.zone)


def _hash(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:32]

"""What people decide about a plan: approve, pause, resume, cancel. Each is one change of the plan's row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from campaigns.errors import Refused
from campaigns.ledger import audit, plans
from campaigns.ledger.plans import CANCELLED, PlanRow
from campaigns.mailings import fingerprints
from campaigns.mailings.parts import Parts
from campaigns.mailings.plan import Plan, plan_of

NOTHING: frozenset[str] = frozenset()
LAKE = frozenset({"lake"})  # after approval new data is looked at before each hand-over, not approved anew


@dataclass(frozen=True, kw_only=True, slots=True)
class _Step:
    """A decision: from which states, to which, and how it reads."""

    to: str
    only_from: tuple[str, ...]
    done: str


_STEPS: Mapping[str, _Step] = {
    "approve": _Step(to="approved", only_from=("waiting",), done="approved"),
    "pause": _Step(to="paused", only_from=("approved",), done="paused"),
    "resume": _Step(to="approved", only_from=("paused",), done="resumed"),
    "cancel": _Step(to="cancelled", only_from=("waiting", "approved", "paused"), done="cancelled"),
}


def approve(parts: Parts, plan_id: int, *, actor: str, now: datetime, messages: int | None = None) -> Plan:
    """Approve a waiting plan. `messages` is the number that the approver was shown.

    Raises `Refused`: MAI020 in another state, MAI021 when something was edited or new data came since the
    plan was made, MAI022 when the number differs.
    """
    with parts.ledger.read() as connection:
        row = plans.get(connection, plan_id)
    _in_state(row, ("waiting",), "approve")
    refuse_unfit(parts, row, but=NOTHING)
    planned = row.counts["messages"]
    if messages is not None and messages != planned:
        raise Refused(
            "MAI022", f"plan {plan_id} has {planned:,} messages, not {messages:,}.", hint="look at it again"
        )
    _change(parts, row, "approve", actor=actor, now=now)
    return plan_of(parts.ledger, plan_id)


def pause(parts: Parts, plan_id: int, *, actor: str, now: datetime) -> Plan:
    """Stop a plan: when this returns no new hand-over begins. Raises `Refused` MAI020."""
    return _decide(parts, plan_id, "pause", actor=actor, now=now)


def resume(parts: Parts, plan_id: int, *, actor: str, now: datetime) -> Plan:
    """Let a paused plan go on at the next `send`. Raises `Refused` MAI020 or MAI021."""
    with parts.ledger.read() as connection:
        row = plans.get(connection, plan_id)
    _in_state(row, ("paused",), "resume")
    refuse_unfit(parts, row, but=LAKE)
    return _decide(parts, plan_id, "resume", actor=actor, now=now)


def cancel(parts: Parts, plan_id: int, *, actor: str, now: datetime) -> Plan:
    """End a plan; what was not handed over counts as withheld. Raises `Refused` MAI020."""
    return _decide(parts, plan_id, "cancel", actor=actor, now=now)


def refuse_unfit(parts: Parts, row: PlanRow, *, but: frozenset[str]) -> None:
    """Raise `Refused` when a plan may not go on as it is.

    NO_PROCESSOR_AGREEMENT or TRANSFER_NOT_COVERED: nothing may go by its channel today. MAI021: what the plan
    was made of was edited since.
    """
    from campaigns.channels.covering import refuse_uncovered

    mailing = parts.mailings.as_planned().load(row.mailing)
    refuse_uncovered(parts.settings, mailing.channel, parts.clock().astimezone(parts.settings.zone).date())
    edited = fingerprints.changed(parts, row, mailing, but=but)
    if edited:
        named = " and ".join(fingerprints.PARTS[name] for name in edited)
        raise Refused(
            "MAI021",
            f"{named} changed since plan {row.plan_id} was made.",
            hint=f"make a new plan: campaigns plan {row.mailing}",
        )


def _decide(parts: Parts, plan_id: int, word: str, *, actor: str, now: datetime) -> Plan:
    with parts.ledger.read() as connection:
        row = plans.get(connection, plan_id)
    _in_state(row, _STEPS[word].only_from, word)
    _change(parts, row, word, actor=actor, now=now)
    return plan_of(parts.ledger, plan_id)


def _in_state(row: PlanRow, states: Sequence[str], word: str) -> None:
    if row.state not in states:
        raise Refused(
            "MAI020",
            f"plan {row.plan_id} is {row.state}; {word} needs one that is {' or '.join(states)}.",
        )


def _change(parts: Parts, row: PlanRow, word: str, *, actor: str, now: datetime) -> None:
    """The change and its audit entry. Of two people who decide at once, the second gets MAI020."""
    step = _STEPS[word]
    values: dict[str, object] = {}
    if word == "approve":
        values = {"approved_at": now, "approved_by": actor}
    if word == "cancel":
        values = {"reason": CANCELLED}
    details = {"plan": row.plan_id, "mailing": row.mailing, "fingerprint": row.fingerprint}
    with parts.ledger.write() as connection:
        done = plans.move(connection, row.plan_id, to=step.to, only_from=step.only_from, **values)
        audit.record(
            connection,
            at=now,
            actor=actor,
            action=f"plan_{step.done}" if done else f"plan_{word}_refused",
            controller=row.controller,
            details=details | {"messages": row.counts["messages"]},
        )
        newest = plans.get(connection, row.plan_id)
    if not done:
        _in_state(newest, step.only_from, word)

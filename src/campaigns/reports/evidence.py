"""Why one message was allowed: the decisions about it, their rules, and the person's own word."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from campaigns.ledger import messages, plans
from campaigns.ledger.tables import permission_events
from campaigns.mailings.codes import sentence
from campaigns.permissions.attesting import attestation_of
from campaigns.permissions.events import KINDS
from campaigns.permissions.facts import in_words

if TYPE_CHECKING:
    from campaigns.ledger import Ledger
    from campaigns.settings.model import Settings

_WORD = (
    "position",
    "kind",
    "channel",
    "purpose",
    "scope",
    "occurred_at",
    "recorded_at",
    "valid_until",
    "source",
    "method",
    "text_version",
    "text_language",
    "notice_version",
    "evidence",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """One decision about the message; `word` is the permission event that it rests on."""

    stage: str  # plan, hand_over
    allowed: bool
    code: str
    sentence: str
    rule_version: str
    ledger_position: int
    lake_snapshot: int
    decided_at: datetime
    word: Mapping[str, Any] | None
    facts: Mapping[str, Any]  # what the deciding rule names, with its values

    def as_json(self) -> dict[str, Any]:
        """An entry of `decisions`."""
        return {name: _plain(getattr(self, name)) for name in self.__dataclass_fields__}


@dataclass(frozen=True, kw_only=True, slots=True)
class Attempt:
    """One hand-over and what was answered."""

    outcome: str
    code: str
    finished_at: datetime

    def as_json(self) -> dict[str, Any]:
        """An entry of `attempts`."""
        return {name: _plain(getattr(self, name)) for name in self.__dataclass_fields__}


@dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """All that the ledger knows about one message. No address stands in it."""

    message_id: int
    mailing: str
    occurrence: str
    controller: str
    person_id: int
    channel: str
    state: str
    reason: str | None
    plan_id: int
    fingerprint: str
    approved_by: str | None
    approved_at: datetime | None
    handed_over_at: datetime | None
    provider_id: str | None
    decisions: tuple[Decision, ...]
    attempts: tuple[Attempt, ...]

    def as_json(self) -> dict[str, Any]:
        """The keys that `evidence --json` prints."""
        plain = {name: _plain(getattr(self, name)) for name in self.__dataclass_fields__}
        plain["decisions"] = [decision.as_json() for decision in self.decisions]
        plain["attempts"] = [attempt.as_json() for attempt in self.attempts]
        return plain

    def __str__(self) -> str:
        reason = f": {sentence(self.reason)} ({self.reason})" if self.reason else ""
        lines = [
            f"Message {self.message_id} of {self.mailing}, {self.occurrence}, to person {self.person_id} "
            f"of {self.controller} by {self.channel}: {self.state}{reason}",
            f"  approved by {self.approved_by or 'nobody'}{_when(self.approved_at)} "
            f"(plan {self.plan_id}, fingerprint {self.fingerprint})",
        ]
        for decision in self.decisions:
            lines += _decision_lines(decision)
        lines += [
            f"  {attempt.outcome} ({attempt.code}){_when(attempt.finished_at)}" for attempt in self.attempts
        ]
        return "\n".join(lines)


def evidence(ledger: Ledger, message_id: int, settings: Settings) -> Evidence:
    """Everything about one message. Raises `NotFound` LED021.

    A word that brought no proof itself shows the attestation of its source, as it stands now.
    """
    with ledger.read() as connection:
        row = messages.get(connection, message_id)
        plan = plans.get(connection, row.plan_id)
        decided = messages.decisions_of(connection, message_id)
        tried = messages.attempts_of(connection, message_id)
        words = _words(connection, [each.evidence for each in decided if each.evidence is not None], settings)
    return Evidence(
        message_id=message_id,
        mailing=row.mailing,
        occurrence=row.occurrence,
        controller=row.controller,
        person_id=row.person_id,
        channel=row.channel,
        state=row.state,
        reason=row.reason,
        plan_id=row.plan_id,
        fingerprint=plan.fingerprint,
        approved_by=plan.approved_by,
        approved_at=plan.approved_at,
        handed_over_at=row.handed_over_at,
        provider_id=row.provider_id,
        decisions=tuple(
            Decision(
                stage=each.stage,
                allowed=each.allowed,
                code=each.code,
                sentence=sentence(each.code),
                rule_version=each.rule_version,
                ledger_position=each.ledger_position,
                lake_snapshot=each.lake_snapshot,
                decided_at=each.decided_at,
                word=words.get(each.evidence),
                facts=each.facts or {},
            )
            for each in decided
        ),
        attempts=tuple(
            Attempt(outcome=each.outcome, code=each.code or "", finished_at=each.finished_at)
            for each in tried
        ),
    )


def _words(connection: sa.Connection, positions: list[int], settings: Settings) -> dict[int, dict[str, Any]]:
    columns = [permission_events.c[name] for name in _WORD]
    select = sa.select(*columns).where(permission_events.c.position.in_(positions))
    words = {row.position: dict(row._mapping) for row in connection.execute(select)}
    for word in words.values():
        attestation = attestation_of(word["source"], word["occurred_at"], settings)
        if word["evidence"] is None and KINDS[word["kind"]].widens and attestation is not None:
            word["evidence"] = str(attestation)
    return words


def _decision_lines(decision: Decision) -> list[str]:
    verdict = "allowed" if decision.allowed else "denied"
    at = {"plan": "when planned", "hand_over": "at hand-over"}[decision.stage]
    lines = [
        f"  {verdict} {at}{_when(decision.decided_at)}: {decision.sentence} ({decision.code})",
        f"    rules {decision.rule_version}, ledger position {decision.ledger_position}, "
        f"lake snapshot {decision.lake_snapshot}",
    ]
    if decision.facts:
        lines.append(f"    it rested on: {in_words(decision.facts)}")
    word = decision.word
    if word:
        said = " ".join(str(word[name]) for name in ("kind", "channel", "purpose") if word[name])
        proof = ", ".join(
            f"{name.replace('_', ' ')} {word[name]}"
            for name in ("source", "method", "text_version", "text_language", "notice_version", "evidence")
            if word[name]
        )
        lines.append(
            f"    the person's word: {said}, said{_when(word['occurred_at'])}, "
            f"recorded{_when(word['recorded_at'])} (event {word['position']})"
        )
        lines.append(f"    {proof}")
    return lines


def _when(moment: datetime | None) -> str:
    return f" {moment:%Y-%m-%d %H:%M} UTC" if moment else ""


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {name: _plain(each) for name, each in value.items()}
    return value

"""Every message to a person: when, why it was allowed, what became of it, and its text where a copy is kept.

Copies are kept of what the `maildir` provider wrote. Of others the mailing, its template and the fingerprint
of everything that the approval covered say what was sent.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from campaigns.ledger import messages, plans
from campaigns.ledger.tables import messages as table
from campaigns.mailings import codes
from campaigns.permissions import rules

if TYPE_CHECKING:
    from campaigns.content.tokens import Tokens

_TOLD = ("message_id", "mailing", "occurrence", "channel", "language", "variant", "state", "reason")
_HEAD = 8192  # bytes of a file in which its Message-ID must stand


def to_person(
    connection: sa.Connection,
    controller: str,
    person_id: int,
    *,
    mailbox: Path,
    tokens: Tokens,
    language: str,
) -> list[dict[str, Any]]:
    """All messages to one person, oldest first, as plain values; `mailbox` is the local maildir."""
    mine = (table.c.controller == controller) & (table.c.person_id == person_id)
    rows = connection.execute(sa.select(table).where(mine).order_by(table.c.message_id)).all()
    return [
        {
            **{name: getattr(row, name) for name in _TOLD},
            "reason_sentence": _sentence(row.reason, language) if row.reason else None,
            "handed_over_at": row.handed_over_at,
            "finished_at": row.finished_at,
            "content": _content(row, connection, mailbox, tokens),
            "decisions": list(_decisions(connection, row.message_id, language)),
            "attempts": [
                {"outcome": tried.outcome, "code": tried.code, "finished_at": tried.finished_at}
                for tried in messages.attempts_of(connection, row.message_id)
            ],
        }
        for row in rows
    ]


def _decisions(connection: sa.Connection, message_id: int, language: str) -> Iterator[dict[str, Any]]:
    for made in messages.decisions_of(connection, message_id):
        yield {
            "stage": made.stage,
            "allowed": made.allowed,
            "code": made.code,
            "sentence": _sentence(made.code, language),
            "evidence": made.evidence,
            "facts": made.facts,
            "rule_version": made.rule_version,
            "decided_at": made.decided_at,
        }


def _sentence(code: str, language: str) -> str:
    return rules.sentence(code, language) if code in rules.CODES else codes.sentence(code)


def _content(row: Any, connection: sa.Connection, mailbox: Path, tokens: Tokens) -> dict[str, Any]:
    """The words that were sent, or what stands for them."""
    plan = plans.get(connection, row.plan_id)
    found: dict[str, Any] = {"fingerprint": plan.fingerprint, "subject": None, "text": None, "sha256": None}
    raw = _copy(row, mailbox, tokens)
    if raw is not None:
        mail = message_from_bytes(raw, policy=policy.default)
        found |= {
            "subject": str(mail["Subject"] or ""),
            "text": _plain_text(mail),
            "sha256": hashlib.sha256(raw).hexdigest(),
        }
    return found


def _copy(row: Any, mailbox: Path, tokens: Tokens) -> bytes | None:
    """The file of the local mailbox, found by name, known by its Message-ID; links are not followed."""
    name = row.provider_id or ""
    if not name or "/" in name or row.channel != "email":
        return None
    reference = f"<{tokens.reference(row.message_id)}@".encode()
    read = (mailbox / "cur").glob(f"{_literal(name)}:*")  # a mail reader moves what was read, and adds flags
    for path in (mailbox / "new" / name, *read):
        if path.is_symlink() or not path.is_file():
            continue
        raw = path.read_bytes()
        if reference in raw[:_HEAD]:
            return raw
    return None


def _literal(name: str) -> str:
    return "".join(f"[{sign}]" if sign in "*?[" else sign for sign in name)


def _plain_text(mail: EmailMessage) -> str | None:
    part = mail.get_body(("plain", "html"))
    return None if part is None else str(part.get_content())

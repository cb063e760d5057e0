"""Who did what: the entries of the audit, by ids, and whether they are as they were written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from campaigns.ledger.integrity import Broken
    from campaigns.workspace.project import Workspace


def note(
    workspace: Workspace,
    action: str,
    *,
    controller: str | None = None,
    person_id: int | None = None,
    details: Mapping[str, object] | None = None,
) -> None:
    """Write down that something was done, or looked at in clear, by whom and from where."""
    from campaigns.ledger import audit

    with workspace.ledger.write() as connection:
        audit.record(
            connection,
            at=workspace.now(),
            actor=workspace.actor,
            action=action,
            controller=controller,
            person_id=person_id,
            details=details,
        )


def listed(
    workspace: Workspace, *, since: datetime | None = None, person: str = "", action: str = ""
) -> list[dict[str, Any]]:
    """The entries that fit, oldest first: ids and counts, never values.

    Raises `NotFound` USE006 when nobody is called `person`; an id works for somebody who was erased, too.
    """
    from campaigns.ledger import audit

    controller, person_id = _whom(workspace, person) if person else (None, None)
    with workspace.ledger.read() as connection:
        entries = audit.frame(
            connection, since=since, controller=controller, person_id=person_id, action=action or None
        )
    return [
        {
            "entry": row["entry_id"],
            "at": row["at"].astimezone(workspace.settings.zone).isoformat(timespec="seconds"),
            "actor": row["actor"],
            "origin": (told := json.loads(row["details"])).pop("origin", ""),
            "action": row["action"],
            "controller": row["controller"] or "",
            "person": row["person_id"],
            "details": told,
        }
        for row in entries.to_dicts()
    ]


def _whom(workspace: Workspace, person: str) -> tuple[str | None, int]:
    if person.isdigit() and len(person) < _LONGEST_ID:
        return None, int(person)
    return workspace.person(person)


_LONGEST_ID = 10  # a longer number is somebody's, not ours


def verify(workspace: Workspace) -> tuple[int, list[Broken]]:
    """How many entries there are, and those that were changed, put in or taken out by hand."""
    from campaigns.ledger import audit, seals
    from campaigns.ledger.verifying import audit_trail

    with workspace.ledger.read() as connection:
        return seals.counted(connection, audit.SEALED), list(audit_trail(connection))

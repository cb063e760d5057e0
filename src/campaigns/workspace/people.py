"""Finding people, masked and on record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from campaigns.workspace.project import Workspace


def find(workspace: Workspace, text: str) -> list[dict[str, Any]]:
    """Who has that id, e-mail, phone or customer number, masked. The search is recorded, not its text."""
    from campaigns.ledger import audit
    from campaigns.register import people

    with workspace.lake.snapshot() as snapshot:
        found = people.masked(snapshot, people.find(snapshot, text))
    with workspace.ledger.write() as connection:
        audit.record(
            connection,
            at=workspace.now(),
            actor=workspace.actor,
            action="person_found",
            details={"found": [[person.controller, person.person_id] for person in found]},
        )
    return [
        {
            "controller": person.controller,
            "person": person.person_id,
            "kind": person.kind,
            "name": person.name,
            "email": person.email,
            "phone": person.phone,
            "postal_code": person.postal_code,
        }
        for person in found
    ]

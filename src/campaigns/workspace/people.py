"""Finding people, masked and on record; erasing them from lake, ledger and local mailboxes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
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


@dataclass(frozen=True, kw_only=True, slots=True)
class Erasure:
    """What an erasure removed. `pending`: a reader still holds an old file; erase again when it is done."""

    rows: dict[str, int]
    messages_withheld: int
    mail_files: int
    pending: bool


def erase(workspace: Workspace, controller: str, person_ids: Sequence[int]) -> Erasure:
    """Erase people of one register everywhere below `data/` but in source files, which are the sources'.

    The ledger comes first: from then on nobody writes to them, whatever happens after. Safe to repeat.
    """
    from campaigns.ledger import audit, erasure
    from campaigns.permissions import state
    from campaigns.register import people

    with workspace.lake.snapshot() as snapshot:
        addresses = people.addresses(snapshot, controller, person_ids)
    mail = _mail_of(workspace, controller, person_ids)
    with workspace.ledger.write() as connection:
        done = erasure.erase(connection, controller, person_ids, addresses, now=workspace.now())
        audit.record(
            connection,
            at=workspace.now(),
            actor=workspace.actor,
            action="persons_erased",
            controller=controller,
            details={"persons": list(person_ids)},
        )
    state.words(workspace.ledger, workspace.data / "cache")
    for file in mail:
        file.unlink(missing_ok=True)
    gone = workspace.lake.erase(controller, person_ids)
    workspace.ledger.scrub()
    return Erasure(
        rows=gone.rows, messages_withheld=done.messages_withheld, mail_files=len(mail), pending=gone.pending
    )


def _mail_of(workspace: Workspace, controller: str, person_ids: Sequence[int]) -> list[Path]:
    """The files of the local mailbox that were made for these people, told by their Message-ID."""
    import sqlalchemy as sa

    from campaigns.ledger.lists import among
    from campaigns.ledger.tables import messages

    folder = workspace.data / "outbox" / "maildir"
    with workspace.ledger.read() as connection:
        mine = (messages.c.controller == controller) & among(connection, messages.c.person_id, person_ids)
        numbers = connection.scalars(sa.select(messages.c.message_id).where(mine)).all()
    references = {f"<{workspace.tokens.reference(number)}@".encode() for number in numbers}
    return [file for file in sorted(folder.glob("*/*")) if references and _names_one(file, references)]


def _names_one(file: Path, references: set[bytes]) -> bool:
    head = file.read_bytes()[:4096]
    return any(reference in head for reference in references)

"""What people have said, from the command line: show, record, verify."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from campaigns.errors import NotFound, UserError

if TYPE_CHECKING:
    from campaigns.ledger.integrity import Verified
    from campaigns.workspace.project import Workspace


def show(workspace: Workspace, person: str, *, controller: str) -> list[dict[str, Any]]:
    """A person's permission events, oldest first, with their proof or the attestation that stands for it."""
    from campaigns.ledger import permission_events
    from campaigns.permissions.attesting import attestation_of
    from campaigns.permissions.events import KINDS

    owner, person_id = workspace.person(person, controller)
    with workspace.ledger.read() as connection:
        rows = permission_events.of_person(connection, owner, person_id)

    def proof(row: dict[str, Any]) -> str | None:
        if row["evidence"] is not None or not KINDS[row["kind"]].widens:
            return str(row["evidence"] or "") or None
        attestation = attestation_of(row["source"], row["occurred_at"], workspace.settings)
        return str(attestation) if attestation is not None else None

    return [
        {
            "position": row["position"],
            "said": row["occurred_at"].astimezone(workspace.settings.zone).isoformat(timespec="minutes"),
            "kind": row["kind"],
            "channel": row["channel"] or "all",
            "purpose": row["purpose"] or "all",
            "source": row["source"],
            "method": row["method"],
            "text": row["text_version"],
            "evidence": proof(row),
        }
        for row in rows.to_dicts()
    ]


def record(
    workspace: Workspace,
    person: str,
    *,
    kind: str,
    channel: str,
    purpose: str,
    method: str,
    evidence: str,
    at: datetime | None,
    controller: str,
) -> int:
    """Record what a person said; the position from which it holds."""
    from campaigns.permissions import recording

    owner = workspace.person(person, controller)
    now = workspace.now()
    with workspace.ledger.write() as connection:
        positions = recording.record(
            connection,
            people=[owner],
            kind=kind,
            channel=channel or None,
            purpose=purpose or None,
            evidence=evidence or None,
            method=method or None,
            at=at or now,
            now=now,
            source="cli",
        )
    return positions[-1]


def verify(workspace: Workspace) -> Verified:
    """Recompute every chain and seal of the ledger: events, audit, suppressions, decisions, approvals."""
    from dataclasses import replace

    from campaigns.ledger.integrity import verify as recompute
    from campaigns.ledger.verifying import everything

    with workspace.ledger.read() as connection:
        found = recompute(connection)
        return replace(found, broken=(*found.broken, *everything(connection)))


def message_of(workspace: Workspace, mailing: str, person: str) -> int:
    """The number of a person's newest message of a mailing, sent or withheld.

    Raises `UserError` USE009 when one of them is not named, `NotFound` USE011 when there is none.
    """
    import sqlalchemy as sa

    from campaigns.ledger.tables import messages as table

    if not mailing or not person:
        raise UserError("USE009", "say which message: its number, or --mailing and --person.")
    controller, person_id = workspace.person(person, workspace.mailings.load(mailing).controller)
    mine = (table.c.controller == controller) & (table.c.person_id == person_id)
    select = sa.select(sa.func.max(table.c.message_id)).where(mine & (table.c.mailing == mailing))
    with workspace.ledger.read() as connection:
        found = connection.execute(select).scalar_one()
    if found is None:
        raise NotFound("USE011", f"person {person_id} was in no plan of `{mailing}`.")
    return int(found)

"""Static lists: which there are, and who is on one, masked and on record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from campaigns.errors import NotFound

if TYPE_CHECKING:
    from campaigns.workspace.project import Workspace


def overview(workspace: Workspace) -> list[dict[str, Any]]:
    """Every list that has members today."""
    from campaigns.register import lists

    with workspace.lake.snapshot() as snapshot:
        rows = lists.overview(snapshot, workspace.today())
    return rows.rename({"list_name": "list"}).to_dicts()


def members(workspace: Workspace, name: str, *, controller: str = "") -> list[dict[str, Any]]:
    """Who is on a list today, masked. Raises `NotFound` USE012 for a list that nobody is on."""
    from campaigns.ledger import audit
    from campaigns.register import lists, people
    from campaigns.settings.binding import suggestion

    owner = workspace.controller(controller)
    today = workspace.today()
    with workspace.lake.snapshot() as snapshot:
        entries = lists.entries(snapshot, owner, name, today)
        if entries.is_empty():
            known = lists.overview(snapshot, today).filter(controller=owner)["list_name"].to_list()
            raise NotFound("USE012", f"nobody is on a list `{name}` today.", hint=suggestion(name, known))
        shown = people.masked(snapshot, [(owner, person_id) for person_id in entries["person_id"]])
    with workspace.ledger.write() as connection:
        audit.record(
            connection,
            at=workspace.now(),
            actor=workspace.actor,
            action="list_looked_at",
            controller=owner,
            details={"list": name, "members": len(entries)},
        )
    return [
        {
            "person": person.person_id,
            "name": person.name,
            "email": person.email,
            "phone": person.phone,
            **{key: entry[key] for key in ("source", "added_on", "delete_on")},
        }
        for person, entry in zip(shown, entries.to_dicts(), strict=True)
    ]

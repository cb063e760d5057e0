"""Erasing people of a workspace: who it is and what will go, the work, and what still has to wait."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from campaigns.errors import NotFound
from campaigns.workspace import rights

if TYPE_CHECKING:
    from campaigns.ledger.rights_requests import Request
    from campaigns.rights.erasing import Erasure, Places
    from campaigns.workspace.project import Workspace


@dataclass(frozen=True, kw_only=True, slots=True)
class Outlook:
    """Who would be erased, masked, and what would go: rows by table of the lake, and of the ledger."""

    controller: str
    person: int
    name: str
    email: str
    phone: str
    postal_code: str
    rows: dict[str, int]
    messages: int
    waiting_messages: int
    permission_events: int
    same_address: int  # others of the register who share an e-mail address or number; they stay


@dataclass(frozen=True, kw_only=True, slots=True)
class Done:
    """What was erased for a request, and how the request stands: open while something must wait."""

    request: Request
    erasure: Erasure

    def as_json(self) -> dict[str, Any]:
        """The keys that `rights erase --json` prints."""
        return {
            "request": self.request.request_id,
            "controller": self.request.controller,
            "person": self.request.person_id,
            "state": self.request.state,
            "rows": self.erasure.rows,
            "messages_withheld": self.erasure.messages_withheld,
            "files": [asdict(file) for file in self.erasure.files],
            "pending": list(self.erasure.pending),
        }


def look(workspace: Workspace, controller: str, person_id: int) -> Outlook | None:
    """What an erasure would do; None when the lake has nothing of the person any more."""
    import polars as pl

    from campaigns.lake.schemas import TABLES
    from campaigns.register import people

    with workspace.lake.snapshot() as snapshot:
        try:
            (person,) = people.masked(snapshot, [(controller, person_id)])
        except NotFound:
            return None
        mine = (pl.col("controller") == controller) & (pl.col("person_id") == person_id)
        keys = ["controller", "person_id"]
        rows = {
            name: len(snapshot.frame(name, keys).filter(mine))
            for name, table in TABLES.items()
            if table.personal and name in snapshot.versions
        }
        points = snapshot.frame("contact_points", [*keys, "channel", "value"])
        own = points.filter(mine, pl.col("channel") != "letter").select("channel", "value")
        others = points.filter((pl.col("controller") == controller) & ~mine)
        same = others.join(own, on=["channel", "value"], how="semi")["person_id"].n_unique()
    return Outlook(
        controller=controller,
        person=person_id,
        name=person.name,
        email=person.email,
        phone=person.phone,
        postal_code=person.postal_code,
        rows={name: count for name, count in rows.items() if count},
        same_address=same,
        **_in_ledger(workspace, controller, person_id),
    )


def _in_ledger(workspace: Workspace, controller: str, person_id: int) -> dict[str, int]:
    import sqlalchemy as sa

    from campaigns.ledger.erasure import PENDING
    from campaigns.ledger.tables import messages, permission_events

    def count(table: sa.Table, *more: sa.ColumnElement[bool]) -> int:
        mine = (table.c.controller == controller, table.c.person_id == person_id, *more)
        select = sa.select(sa.func.count()).select_from(table).where(*mine)
        return int(connection.execute(select).scalar_one())

    with workspace.ledger.read() as connection:
        return {
            "messages": count(messages),
            "waiting_messages": count(messages, messages.c.state.in_(PENDING)),
            "permission_events": count(permission_events),
        }


def begun(workspace: Workspace, person: str, controller: str) -> Request | None:
    """The erasure that was begun for the person with that id, who may be in no table any more."""
    from campaigns.ledger import rights_requests

    if not person.isdigit():
        return None
    owner = workspace.controller(controller)
    with workspace.ledger.read() as connection:
        found = rights_requests.waiting(connection, owner, int(person), "erase")
    return found if found is not None and found.details.get("begun") else None


def erase(workspace: Workspace, request: Request) -> Done:
    """Erase the person of an open request; it is closed when nothing has to wait."""
    from campaigns.ledger import rights_requests
    from campaigns.rights import erasing

    with workspace.ledger.write() as connection:
        rights_requests.note(connection, request.request_id, {"begun": True})
    erasure = erasing.erase(
        _places(workspace),
        request.controller,
        [request.person_id],
        now=workspace.now(),
        actor=workspace.actor,
    )
    if erasure.pending:
        with workspace.ledger.write() as connection:
            details = {"begun": True, "pending": list(erasure.pending)}
            rights_requests.note(connection, request.request_id, details)
            return Done(request=rights_requests.get(connection, request.request_id), erasure=erasure)
    details = {"rows": erasure.rows, "messages_withheld": erasure.messages_withheld}
    closed = rights.finish(workspace, request, details={**details, "files": len(erasure.files)})
    return Done(request=closed, erasure=erasure)


def finish(workspace: Workspace) -> list[Done]:
    """Complete the erasures that were begun: killed ones, and those that had to wait."""
    from campaigns.ledger import rights_requests

    with workspace.ledger.read() as connection:
        waiting = rights_requests.listed(connection)
    return [erase(workspace, one) for one in waiting if one.kind == "erase" and one.details.get("begun")]


def replay(workspace: Workspace) -> dict[str, list[int]]:
    """After a restore: erase again whom the list of erased people names; their ids by controller."""
    from campaigns.rights import erased_list, erasing

    places = _places(workspace)
    now = workspace.now()
    found = erased_list.replay(places.list_folder, lake=places.lake, ledger=places.ledger, now=now)
    for controller, person_ids in found.items():
        erasing.erase(places, controller, person_ids, now=now, actor=workspace.actor)
    return found


def _places(workspace: Workspace) -> Places:
    from campaigns.rights.erasing import Places
    from campaigns.workspace.kinds import all_kinds

    return Places(
        root=workspace.root,
        settings=workspace.settings,
        lake=workspace.lake,
        ledger=workspace.ledger,
        tokens=workspace.tokens,
        kinds=all_kinds(),
    )

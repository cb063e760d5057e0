"""Requests about rights: each is a ticket with its legal day, opened before the work, closed by the answer.

A command that answers a request asks `begin` for its ticket, does its work, and tells `finish` of it.
When the work fails between the two, the ticket stays open and is listed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from campaigns.errors import Refused, UserError

if TYPE_CHECKING:
    import sqlalchemy as sa

    from campaigns.ledger.rights_requests import Request
    from campaigns.rights.writing import Written
    from campaigns.workspace.project import Workspace


def receive(
    workspace: Workspace,
    kind: str,
    person: str,
    *,
    controller: str = "",
    received: datetime | None = None,
    by: str = "",
) -> Request:
    """Register a request that is answered later.

    `received` is when it reached us (default: now), `by` how: letter, phone, email, portal, visit (default:
    email). Raises `UserError` USE020 for another kind, USE021 for another way, USE022 for a time to come.
    """
    from campaigns.ledger import rights_requests

    if kind not in rights_requests.KINDS:
        raise UserError(
            "USE020", f"`{kind}` is no kind of request.", hint=f"one of: {', '.join(rights_requests.KINDS)}"
        )
    owner, person_id = workspace.person(person, controller)
    with workspace.ledger.write() as connection:
        return _open(workspace, connection, kind, (owner, person_id), received=received, by=by)


def begin(
    workspace: Workspace,
    kind: str,
    person: str = "",
    *,
    controller: str = "",
    received: datetime | None = None,
    by: str = "",
    request: int | None = None,
) -> Request:
    """The ticket that a command works on: `request` when it names one, else one that waits, else a new one.

    Of the same person and kind, the oldest that waits is taken, unless `received` or `by` tell of another.
    Raises `Refused` USE023 when `request` is not open, `UserError` USE024 when it is about another person or
    right, USE025 when neither a person nor a request is named.
    """
    from campaigns.ledger import rights_requests

    if request is not None:
        return _continued(workspace, request, kind, person, controller)
    if not person:
        raise UserError("USE025", "say whose request it is: PERSON, or --request.")
    owner, person_id = workspace.person(person, controller)
    with workspace.ledger.write() as connection:
        waits = rights_requests.waiting(connection, owner, person_id, kind)
        if waits is not None and received is None and not by:
            return waits
        return _open(workspace, connection, kind, (owner, person_id), received=received, by=by)


def finish(
    workspace: Workspace,
    request: Request,
    *,
    answer_digest: str | None = None,
    details: Mapping[str, object] | None = None,
) -> Request:
    """The answer was given: close the ticket. `details` are counts and names of fields, never values."""
    return _close(workspace, request, "done", answer_digest=answer_digest, details=details)


def refuse(workspace: Workspace, request_id: int, *, reason: str) -> Request:
    """The request is refused, and the person was told why (Art. 12(4)) and where to complain.

    Raises `Refused` LED031 when it is closed, `UserError` USE026 for a reason that names the person.
    """
    from campaigns.ledger import rights_requests

    with workspace.ledger.read() as connection:
        request = rights_requests.get(connection, request_id)
    return _close(workspace, request, "refused", reason=impersonal(workspace, request, reason))


def extend(workspace: Workspace, request_id: int, *, reason: str) -> Request:
    """Two further months, once, and the person is told why within the first (Art. 12(3)).

    Raises `Refused` LED031 when it is closed or was extended before, USE027 when its day is past,
    `UserError` USE026 for a reason that names the person.
    """
    from campaigns.ledger import rights_requests
    from campaigns.rights import deadlines

    with workspace.ledger.read() as connection:
        request = rights_requests.get(connection, request_id)
    reason = impersonal(workspace, request, reason)
    if request.is_overdue(workspace.today()):
        raise Refused(
            "USE027",
            f"request {request_id} was due on {request.due_on}: it cannot be extended any more.",
            hint="an extension is told to the person within the first month; answer this one now",
        )
    due = deadlines.due_on(_local_day(workspace, request.received_at), months=deadlines.EXTENDED_MONTHS)
    with workspace.ledger.write() as connection:
        rights_requests.extend(connection, request_id, due_on=due, reason=reason, now=workspace.now())
        _record(workspace, connection, "rights_extended", request, {"due_on": due.isoformat()})
        return rights_requests.get(connection, request_id)


def access(workspace: Workspace, request: Request, *, to: str = "", force: bool = False) -> Written:
    """Write everything on the person of an open request into a folder, and close the request.

    Raises `Refused` RGT001 to RGT003 for a place that may not be written to; the request stays open then.
    """
    from campaigns.rights import access as room
    from campaigns.rights import page, writing

    answer = room.gather(workspace.parts, workspace.segment_files, request, today=workspace.today())
    files = {
        "access.json": answer.as_json(),
        "access.html": page.render(answer, zone=workspace.settings.zone),
    }
    usual = f"rights/access_{request.request_id}"
    written = writing.write(workspace.root, to, files, usual=usual, force=force)
    details = {"files": list(written.files), "rows": answer.counts()}
    finish(workspace, request, answer_digest=written.digest, details=details)
    return written


def portability(
    workspace: Workspace, request: Request, *, to: str = "", force: bool = False, packed: bool = False
) -> Written:
    """Write what the person may take elsewhere into a folder, or as one ZIP, and close the request.

    Raises as `access`.
    """
    from campaigns.rights import portability as room
    from campaigns.rights import writing

    found = room.gather(workspace.parts, request, today=workspace.today())
    files = found.zipped() if packed else found.files
    usual = f"rights/portability_{request.request_id}"
    written = writing.write(workspace.root, to, files, usual=usual, force=force)
    details = {"files": list(written.files), "rows": dict(found.counts)}
    finish(workspace, request, answer_digest=written.digest, details=details)
    return written


def listed(workspace: Workspace, *, closed: bool = False) -> list[dict[str, Any]]:
    """Requests as rows, overdue ones first; who asked is an id. Closed ones only when asked for."""
    from campaigns.ledger import rights_requests

    today = workspace.today()
    with workspace.ledger.read() as connection:
        found = rights_requests.listed(connection, closed=closed)
    return [
        {
            "request": one.request_id,
            "kind": one.kind,
            "controller": one.controller,
            "person": one.person_id,
            "received": _local_day(workspace, one.received_at).isoformat(),
            "by": one.received_by,
            "due": one.due_on.isoformat(),
            "extended": one.extended_at is not None,
            "state": "OVERDUE" if one.is_overdue(today) else one.state,
            "reason": one.reason,
            "waits_for": "; ".join(one.details.get("pending", ())),
        }
        for one in found
    ]


def overdue(workspace: Workspace) -> Sequence[Request]:
    """The open requests whose day is past."""
    from campaigns.ledger import rights_requests

    with workspace.ledger.read() as connection:
        return [one for one in rights_requests.listed(connection) if one.is_overdue(workspace.today())]


def _open(
    workspace: Workspace,
    connection: sa.Connection,
    kind: str,
    person: tuple[str, int],
    *,
    received: datetime | None,
    by: str,
) -> Request:
    from campaigns.ledger import rights_requests
    from campaigns.rights import deadlines

    way = by or "email"
    if way not in rights_requests.WAYS:
        raise UserError(
            "USE021", "a request comes by another way.", hint=f"one of: {', '.join(rights_requests.WAYS)}"
        )
    received_at = received or workspace.now()
    if received_at > workspace.now():
        raise UserError("USE022", "a request cannot have been received in the future.")
    request_id = rights_requests.add(
        connection,
        controller=person[0],
        person_id=person[1],
        kind=kind,
        received_at=received_at,
        received_by=way,
        due_on=deadlines.due_on(_local_day(workspace, received_at)),
        handled_by=workspace.actor,
    )
    request = rights_requests.get(connection, request_id)
    _record(workspace, connection, "rights_received", request, {"due_on": request.due_on.isoformat()})
    return request


def _continued(workspace: Workspace, request_id: int, kind: str, person: str, controller: str) -> Request:
    from campaigns.ledger import rights_requests

    with workspace.ledger.read() as connection:
        request = rights_requests.get(connection, request_id)
    if request.state != "open":
        raise Refused("USE023", f"request {request_id} is {request.state}: it is not open any more.")
    if request.kind != kind:
        raise UserError("USE024", f"request {request_id} is about {request.kind}, not {kind}.")
    asked = (request.controller, request.person_id)
    if person and workspace.person(person, controller or request.controller) != asked:
        raise UserError("USE024", f"request {request_id} is another person's.")
    return request


def _close(
    workspace: Workspace,
    request: Request,
    state: str,
    *,
    reason: str | None = None,
    answer_digest: str | None = None,
    details: Mapping[str, object] | None = None,
) -> Request:
    from campaigns.ledger import rights_requests

    with workspace.ledger.write() as connection:
        rights_requests.close(
            connection,
            request.request_id,
            state=state,
            now=workspace.now(),
            handled_by=workspace.actor,
            reason=reason,
            answer_digest=answer_digest,
            details=details,
        )
        _record(workspace, connection, f"rights_{state}", request, details or {})
        return rights_requests.get(connection, request.request_id)


def _record(
    workspace: Workspace,
    connection: sa.Connection,
    action: str,
    request: Request,
    details: Mapping[str, object],
) -> None:
    from campaigns.ledger import audit

    audit.record(
        connection,
        at=workspace.now(),
        actor=workspace.actor,
        action=action,
        controller=request.controller,
        person_id=request.person_id,
        details={"request": request.request_id, "kind": request.kind, **details},
    )


def impersonal(workspace: Workspace, request: Request, reason: str) -> str:
    """The reason, when it names nobody. Raises `UserError` USE026."""
    from campaigns.rights import wording

    with workspace.lake.snapshot() as snapshot:
        return wording.impersonal(snapshot, request.controller, request.person_id, reason)


def _local_day(workspace: Workspace, moment: datetime) -> Any:
    return moment.astimezone(workspace.settings.zone).date()

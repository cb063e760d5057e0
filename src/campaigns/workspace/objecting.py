"""Correcting, restricting and objecting in a workspace: the work on an open request, and its outcome."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING

from campaigns.errors import Refused, UserError
from campaigns.workspace import rights

if TYPE_CHECKING:
    from campaigns.ledger.rights_requests import Request
    from campaigns.rights.restricting import Against, Owner
    from campaigns.workspace.project import Workspace

AGAINST: tuple[Against, ...] = ("direct_marketing", "profiling", "research", "processing")


def rectify(workspace: Workspace, request: Request, settings: tuple[str, ...]) -> tuple[str, ...]:
    """Correct what `settings` say (NAME=VALUE); the fields that changed. The request is closed."""
    from campaigns.rights import rectifying

    changed = rectifying.rectify(
        workspace.lake,
        workspace.ledger,
        request.controller,
        request.person_id,
        rectifying.parsed(settings),
        now=workspace.now(),
        today=workspace.today(),
    )
    rights.finish(workspace, request, details={"fields": list(changed)})
    return changed


def restrict(workspace: Workspace, request: Request, *, marketing_only: bool) -> list[int]:
    """Restrict a person's data; the request is closed, and the restriction stands until it is lifted."""
    from campaigns.rights import restricting

    with _owner(workspace, request) as owner:
        positions = restricting.restrict(owner, marketing_only=marketing_only)
    rights.finish(workspace, request, details={"scope": "marketing" if marketing_only else "all"})
    return positions


def lift(workspace: Workspace, request: Request, *, told: date) -> list[int]:
    """Lift what is restricted, once the person was told. Raises `UserError` USE031 for a day to come."""
    from campaigns.rights import restricting

    if told > workspace.today():
        raise UserError(
            "USE031", "the person must be told before the restriction is lifted.", hint="Art. 18(3) GDPR"
        )
    with _owner(workspace, request) as owner:
        positions = restricting.lift(owner, told=told.isoformat())
    rights.finish(workspace, request, details={"lifted": True, "told": told.isoformat()})
    return positions


def object_to(workspace: Workspace, request: Request, against: Against) -> Request:
    """Record an objection. One against other processing leaves the request open until it is decided."""
    from campaigns.ledger import rights_requests
    from campaigns.rights import restricting

    with _owner(workspace, request) as owner:
        restricting.object_to(owner, against)
        rights_requests.note(owner.connection, request.request_id, {"to": against})
    if against == "processing":
        with workspace.ledger.read() as connection:
            return rights_requests.get(connection, request.request_id)
    return rights.finish(workspace, request, details={"to": against})


def decide(workspace: Workspace, request_id: int, *, uphold: bool, reason: str) -> Request:
    """Close an objection that was being looked at.

    Raises `Refused` USE023 for a request that is closed, `UserError` USE032 for one that needs no decision.
    """
    from campaigns.ledger import rights_requests
    from campaigns.rights import restricting

    with workspace.ledger.read() as connection:
        request = rights_requests.get(connection, request_id)
    if request.state != "open":
        raise Refused("USE023", f"request {request_id} is {request.state}: it is not open any more.")
    if request.kind != "object" or request.details.get("to") != "processing":
        raise UserError("USE032", f"request {request_id} is no objection that needs a decision.")
    word = rights.impersonal(workspace, request, reason)
    with _owner(workspace, request) as owner:
        restricting.decide(owner, uphold=uphold)
    if not uphold:
        return rights.refuse(workspace, request_id, reason=word)
    return rights.finish(workspace, request, details={"to": "processing", "upheld": True})


@contextmanager
def _owner(workspace: Workspace, request: Request) -> Iterator[Owner]:
    from campaigns.rights.restricting import Owner

    with workspace.ledger.write() as connection:
        yield Owner(
            connection=connection,
            controller=request.controller,
            person_id=request.person_id,
            request_id=request.request_id,
            now=workspace.now(),
        )

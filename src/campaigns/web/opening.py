"""The public pages of a workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from campaigns.workspace.project import Workspace

BUSY_SECONDS = 2.0  # how long a person may wait for the ledger before the page says so


def public_app(workspace: Workspace) -> Starlette:
    """The application, with an opening of the ledger that does not wait long."""
    from campaigns.web.public.app import Parts, create_app

    ledger = workspace.open_ledger(busy_seconds=BUSY_SECONDS, origin="web")
    parts = Parts(settings=workspace.settings, ledger=ledger, tokens=workspace.tokens, now=workspace.now)
    return create_app(parts, other_hosts=("127.0.0.1", "localhost"))

"""`campaigns serve`: the public pages."""

from __future__ import annotations

from typing import Annotated

import typer

from campaigns.cli import context
from campaigns.cli.output import talk


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(serve)


def serve(
    host: Annotated[str, typer.Option(help="Listen here (default: web.host).")] = "",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Listen here (default: web.port).")] = 0,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No line for each request.")] = False,
) -> None:
    """Serve the unsubscribe page until SIGTERM.

    Example: campaigns serve --port 8080
    """
    from campaigns.web.opening import public_app
    from campaigns.web.serving import serve as run
    from campaigns.workspace import auditing

    workspace = context.workspace()
    web = workspace.settings.web
    host, port = host or web.host, port or web.port
    talk(f"the public pages of {web.base_url} are served on http://{host}:{port}")
    auditing.note(workspace, "pages_served")
    run(public_app(workspace), host=host, port=port, log_level="warning" if quiet else "info")

"""`campaigns demo`: a made-up town, and the whole main job on it."""

from __future__ import annotations

from typing import Annotated

import typer

from campaigns.cli import context
from campaigns.cli.output import say, talk


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(demo)


def demo(
    customers: Annotated[int, typer.Option(min=50, max=1_000_000, help="People in the town.")] = 2000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same town.")] = 1,
    files_only: Annotated[bool, typer.Option("--files-only", help="Write data/inbox/ and stop.")] = False,
) -> None:
    """Make a town and run the whole main job on it.

    Its source files go into data/inbox/. Then: import, metrics, segments, plan,
    approve, send into local mailboxes, report.
    Example: campaigns demo --customers 500
    """
    from campaigns.workspace.showing import main_job

    workspace = context.workspace()
    for line in main_job(workspace, customers=customers, seed=seed, files_only=files_only, tell=talk):
        say(line)

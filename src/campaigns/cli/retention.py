"""`campaigns retention`: nothing is kept longer than campaigns.yml says."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from campaigns.cli import context
from campaigns.cli.output import as_json, say, table
from campaigns.errors import UserError


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(retention)


def retention(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count only; nothing is changed.")] = False,
    yes: context.Yes = False,
    json: context.Json = False,
) -> None:
    """Remove what is kept longer than `retention:` in campaigns.yml says.

    People, events, readings (they become monthly sums), messages, proof, files. Killed, it is run again.
    Example: campaigns retention --dry-run
    """
    from campaigns.workspace import retention as work

    workspace = context.workspace()
    found = work.run(workspace, dry=True)
    if not json and found.due:
        say(table(found.lines(), head=("rule", "table", "register", "rows")))
    if not dry_run and found.due:
        if not yes:
            _ask(found.rows)
        found = work.run(workspace, dry=False)
    if json:
        as_json(found.as_json())
    else:
        say(found.summary())


def _ask(rows: int) -> None:
    if not sys.stdin.isatty():
        raise UserError("USE003", "removing needs a word, and there is no terminal.", hint="add --yes")
    typer.confirm(f"Remove {rows:,} rows and files for good?", abort=True, err=True)

"""`campaigns backup` and `campaigns restore`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from campaigns.cli import context
from campaigns.cli.output import as_json, say, tell
from campaigns.errors import UserError


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(backup)
    app.command()(restore)


def backup(
    to: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Where backups lie (default: backup.folder).")
    ] = None,
    json: context.Json = False,
) -> None:
    """Copy ledger, lake and keys into a folder of their own.

    One consistent state, hashed; others may go on working. Older ones than backup.keep go.
    Example: campaigns backup --to /mnt/backups
    """
    from campaigns.workspace import backup as work

    made = work.make(context.workspace(), to)
    tell(made, json=json)


def restore(
    folder: Annotated[Path | None, typer.Argument(metavar="[BACKUP]", help="The folder of a backup.")] = None,
    verify: Annotated[bool, typer.Option("--verify", help="Check it; no data is touched.")] = False,
    replay: Annotated[
        bool, typer.Option("--replay", help="Data was put back by hand: make it safe where it lies.")
    ] = False,
    yes: context.Yes = False,
    json: context.Json = False,
) -> None:
    """Put a backup in place of the data, made safe first.

    Erasures and refusals since are replayed, and nothing that may have left is sent again.
    Example: campaigns restore backups/20261124T090000Z --verify
    """
    from campaigns.workspace import restoring

    if (folder is None) != replay:
        raise UserError(
            "USE040",
            "say which backup, or --replay for data that was put back by hand.",
            hint="campaigns restore backups/20261124T090000Z --verify",
        )
    workspace = context.workspace()
    if folder is not None and verify:
        checked = restoring.verify(workspace, folder)
        return as_json(checked.as_json()) if json else say(str(checked))
    if not yes:
        _ask()
    done = restoring.replay(workspace) if folder is None else restoring.restore(workspace, folder)
    return as_json(done.as_json()) if json else say(str(done))


def _ask() -> None:
    if not sys.stdin.isatty():
        raise UserError("USE003", "restoring needs a word, and there is no terminal.", hint="add --yes")
    typer.confirm("Are `campaigns serve` and every sender stopped?", abort=True, err=True)

"""Commands on data: import, metrics, status, upgrade."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from campaigns.cli import context
from campaigns.cli.output import say, talk, tell


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(name="import")(import_)
    app.command()(metrics)
    app.command()(status)
    app.command()(upgrade)


def import_(
    files: Annotated[list[Path], typer.Argument(help="Files, or folders of files.")],
    kind: Annotated[str, typer.Option("--as", metavar="KIND", help="persons, contracts, datahub, ...")] = "",
    source: Annotated[str, typer.Option(help="A source of campaigns.yml, when the name does not tell.")] = "",
    received: Annotated[
        str, typer.Option(metavar="TIME", help="When the files came (default: each file's own time).")
    ] = "",
    accept_shrink: Annotated[
        bool,
        typer.Option(
            "--accept-shrink", help="Full extracts that lack much of what is known are right (recorded)."
        ),
    ] = False,
    json: context.Json = False,
) -> None:
    """Import source files.

    Good rows go in, bad rows to quarantine with line and reason. The same file again
    changes nothing. Exit 2 only when a whole file was refused.
    Example: campaigns import data/inbox
    """
    from campaigns.workspace import importing

    done = importing.run(
        context.workspace(),
        files,
        as_kind=kind or None,
        source=source or None,
        received=context.moment(received),
        accept_shrink=accept_shrink,
    )
    tell(done, json=json)
    for refusal in done.refused:
        talk(str(refusal))
    if done.refused:
        raise typer.Exit(2)


def metrics(
    full: Annotated[
        bool, typer.Option("--full", help="Make everything again, also what nothing changed of.")
    ] = False,
    as_of: context.AsOf = "",
    json: context.Json = False,
) -> None:
    """Compute the metrics of every metering point.

    As of the last day with complete data, or of a given day. Only days that changed are read again, and only
    periods that they change are computed; --full makes everything again, with the same outcome.
    Example: campaigns metrics
    """
    from campaigns.consumption.computing import compute
    from campaigns.workspace import auditing

    workspace = context.workspace()
    day = context.day(as_of, workspace.today()) if as_of else None
    run = compute(workspace.lake, settings=workspace.settings, as_of=day, now=workspace.now(), full=full)
    auditing.note(workspace, "metrics_computed", details={"rows": run.rows, "full": full})
    tell(run, json=json)


def status(json: context.Json = False) -> None:
    """Show what is there and what to do.

    Tables, freshness, quarantine, what is due, unknown messages. The last line says: all well, or what to do.
    Example: campaigns status
    """
    from campaigns.workspace.status import status as look

    found = look(context.workspace())
    tell(found, json=json)


def upgrade() -> None:
    """Bring the ledger to this version; safe to repeat.

    Example: campaigns upgrade
    """
    from campaigns.workspace import auditing

    workspace = context.workspace()
    ledger = workspace.open_ledger(upgrade=True)
    auditing.note(workspace, "ledger_upgraded")
    say(f"the ledger is of this version ({ledger.url.get_backend_name()})")

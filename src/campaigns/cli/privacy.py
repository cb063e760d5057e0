"""`campaigns privacy`: notices, disclosures, and the record of processing."""

from __future__ import annotations

from typing import Annotated

import typer

from campaigns.cli import context
from campaigns.cli.output import as_json, say, table, talk

app = typer.Typer(
    help="Notices, disclosures, the record of processing.", no_args_is_help=True, rich_markup_mode=None
)

Controller = Annotated[str, typer.Option(help="Only this register (default: all).")]


@app.callback()
def group() -> None:
    """Notices, disclosures, the record of processing."""


@app.command()
def notice(controller: Controller = "", json: context.Json = False) -> None:
    """Show the versions of each privacy notice, who last saw which, and how many are to be told.

    Exit 1 when a text was edited after people had been shown it: a change needs a version of its own.
    Example: campaigns privacy notice --controller lahti_energia
    """
    from campaigns.workspace import privacy

    found = privacy.notices(context.workspace(), controller)
    if json:
        as_json([one.as_json() for one in found])
    else:
        for one in found:
            say(str(one))
    edited = [(one.controller, version, text) for one in found for version, text in one.edited]
    for name, version, text in edited:
        talk(f"{text.file}: edited after version {version} of {name} had been used; give it a new version")
    if edited:
        raise typer.Exit(1)


@app.command()
def disclosures(controller: Controller = "", json: context.Json = False) -> None:
    """List what was given from one register to others, and under which decision.

    Example: campaigns privacy disclosures --controller lahti_energia
    """
    from campaigns.workspace import privacy

    rows = privacy.disclosed(context.workspace(), controller)
    if json:
        as_json(rows)
    elif rows:
        names = ("disclosure", "at", "name", "controller", "recipient", "what", "persons", "expires_on")
        say(table([[row[name] for name in names] for row in rows], head=names))
    else:
        say("nothing was disclosed")


@app.command()
def report(
    to: Annotated[
        str, typer.Option(metavar="FILE", help="A file below data/exports (default: privacy/ there).")
    ] = "",
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there already.")] = False,
    json: context.Json = False,
) -> None:
    """Write the record of processing (GDPR Art. 30) as one page to read and print.

    It comes from the settings, the segments, the lake and the ledger, and holds no data of any one person.
    Example: campaigns privacy report --to data/exports/audit_2026/record.html
    """
    from campaigns.workspace import privacy

    workspace = context.workspace()
    if json:
        as_json(privacy.record(workspace).as_json())
    else:
        say(str(privacy.report(workspace, to=to, force=force)))

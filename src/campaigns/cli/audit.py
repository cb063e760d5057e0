"""`campaigns audit`: who did what."""

from __future__ import annotations

from typing import Annotated

import typer

from campaigns.cli import context
from campaigns.cli.output import as_json, say, table

app = typer.Typer(help="Who did what, and when.", no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def group() -> None:
    """Everything that changed something or looked at personal data in clear."""


@app.command(name="list")
def list_(
    since: Annotated[str, typer.Option(metavar="TIME", help="Entries from then on.")] = "",
    person: Annotated[str, typer.Option(help="About one person: id, e-mail, phone or number.")] = "",
    action: Annotated[str, typer.Option(help="Of one kind, such as unmasked_query.")] = "",
    json: context.Json = False,
) -> None:
    """List the entries: who, when, from where, what. Ids and counts, never values.

    Example: campaigns audit list --since 2026-11-01 --action unmasked_query
    """
    from campaigns.workspace import auditing

    rows = auditing.listed(context.workspace(), since=context.moment(since), person=person, action=action)
    if json:
        as_json(rows)
    elif rows:
        say(table([[*list(row.values())[:-1], _plain(row["details"])] for row in rows], head=list(rows[0])))
    else:
        say("there is no such entry")


@app.command()
def verify() -> None:
    """Check the chain of all entries; exit 1 when one was changed, put in or removed.

    Example: campaigns audit verify
    """
    from campaigns.workspace import auditing

    entries, broken = auditing.verify(context.workspace())
    for row in broken:
        say(f"entry {row.position}: {row.problem}")
    say(f"{entries} entries checked, {len(broken)} broken")
    if broken:
        raise typer.Exit(1)


def _plain(details: dict[str, object]) -> str:
    return ", ".join(f"{name}={value}" for name, value in details.items())

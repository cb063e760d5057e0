"""`campaigns person`: find somebody, masked."""

from __future__ import annotations

from typing import Annotated

import typer

from campaigns.cli import context
from campaigns.cli.output import as_json, say, table

app = typer.Typer(help="People of the registers.", no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def group() -> None:
    """People of the registers."""


@app.command()
def find(
    words: Annotated[list[str], typer.Argument(help="An id, e-mail address, phone or customer number.")],
    json: context.Json = False,
) -> None:
    """Find people; what is shown is masked, and the search is recorded.

    Example: campaigns person find 040 123 4567
    """
    from campaigns.workspace import people

    found = people.find(context.workspace(), " ".join(words))
    if json:
        as_json(found)
        return
    if not found:
        say("nobody was found")
        raise typer.Exit(1)
    say(table([list(row.values()) for row in found], head=list(found[0])))


@app.command()
def lists(
    name: Annotated[str, typer.Argument(help="A list whose members to show.")] = "",
    controller: Annotated[str, typer.Option(help="The register (default: that of campaigns.yml).")] = "",
    json: context.Json = False,
) -> None:
    """Show the static lists, or who is on one.

    With their sources and deletion dates; members are masked, and looking at them is recorded.
    Example: campaigns person lists fair_2026
    """
    from campaigns.workspace import static_lists

    workspace = context.workspace()
    found = (
        static_lists.members(workspace, name, controller=controller)
        if name
        else static_lists.overview(workspace)
    )
    if json:
        as_json(found)
    elif found:
        say(table([list(row.values()) for row in found], head=list(found[0])))
    else:
        say("there are no static lists")

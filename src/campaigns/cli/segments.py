"""`campaigns segment`: who is in an audience, and why."""

from __future__ import annotations

from typing import Annotated

import typer

from campaigns.cli import context
from campaigns.cli.output import as_json, say, table

app = typer.Typer(help="Audiences defined in segments/*.yml.", no_args_is_help=True, rich_markup_mode=None)

Name = Annotated[str, typer.Argument(metavar="SEGMENT", help="The file name in segments/, without .yml.")]


@app.callback()
def group() -> None:
    """Audiences defined in segments/*.yml."""


@app.command(name="list")
def list_(json: context.Json = False) -> None:
    """List the segments with title, purpose and channels.

    Example: campaigns segment list
    """
    from campaigns.workspace import audience

    rows = audience.listed(context.workspace())
    if json:
        as_json(rows)
    elif rows:
        say(table([list(row.values()) for row in rows], head=list(rows[0])))


@app.command()
def preview(
    name: Name,
    as_of: context.AsOf = "",
    assume: Annotated[
        list[str] | None,
        typer.Option(metavar="SWITCH=VALUE", help="Count also as if a switch of the policy were this."),
    ] = None,
    json: context.Json = False,
) -> None:
    """Count the people: each condition's loss, then permission, then who is left.

    --assume (may be repeated) compares with another policy and changes nothing: plans never know of it.

    Example: campaigns segment preview renewal_electric_heat --assume soft_opt_in=on
    """
    from campaigns.workspace import audience

    workspace = context.workspace()
    day = context.day(as_of, workspace.today())
    found = audience.preview(workspace, name, as_of=day, assume=assume or ())
    if json:
        as_json(found.as_json())
    else:
        say(str(found))


@app.command()
def why(
    name: Name,
    person: Annotated[str, typer.Argument(help="An id, e-mail address, phone or customer number.")],
    as_of: context.AsOf = "",
    json: context.Json = False,
) -> None:
    """Explain one person: yes, no or unknown at each condition, then the permission.

    Example: campaigns segment why renewal_electric_heat 1042
    """
    from campaigns.workspace import audience

    workspace = context.workspace()
    found = audience.why(workspace, name, person, as_of=context.day(as_of, workspace.today()))
    if json:
        as_json(found.as_json())
    else:
        say(str(found))


@app.command()
def sql(name: Name, as_of: context.AsOf = "") -> None:
    """Print the SQL that the segment is compiled to, one named step a condition.

    Example: campaigns segment sql renewal_electric_heat
    """
    from campaigns.workspace import audience

    workspace = context.workspace()
    say(audience.sql(workspace, name, as_of=context.day(as_of, workspace.today())))

"""`campaigns site`: look at one metering point."""

from __future__ import annotations

from typing import Annotated

import typer

from campaigns.cli import context
from campaigns.cli.output import tell

app = typer.Typer(help="Metering points and their readings.", no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def group() -> None:
    """Metering points and their readings."""


@app.command()
def show(
    gsrn: Annotated[
        str, typer.Argument(metavar="GSRN", help="A metering point: its GSRN, or our number of it.")
    ],
    as_of: Annotated[
        str, typer.Option("--as-of", metavar="DATE", help="Up to the end of this day (default: yesterday).")
    ] = "",
    controller: Annotated[str, typer.Option(help="The register (default: that of campaigns.yml).")] = "",
    unmasked: Annotated[
        bool, typer.Option("--unmasked", help="Show the GSRN and the address (recorded as such).")
    ] = False,
    json: context.Json = False,
) -> None:
    """Show what a metering point uses, and what that looks like.

    The site, readings of the present holder by month and last week by hour, metrics, signs. It is
    somebody's home: every look is recorded.
    Example: campaigns site show 643007590021721951
    """
    from campaigns.workspace import sites

    workspace = context.workspace()
    day = context.day(as_of, workspace.today()) if as_of else None
    found = sites.show(workspace, gsrn, controller=controller, as_of=day, unmasked=unmasked)
    tell(found, json=json)

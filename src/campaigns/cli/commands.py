"""All commands, joined."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from campaigns.cli import (
    audit,
    backup,
    checking,
    context,
    data,
    mailings,
    people,
    permissions,
    privacy,
    retention,
    rights,
    rights_changing,
    schemas,
    segments,
    serving,
    sites,
    starting,
    town,
    words,
)

app = typer.Typer(
    name="campaigns",
    help="Segments from reviewed files, proven permission, sends that survive kill -9.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(version("campaigns"))
        raise typer.Exit


@app.callback()
def options(
    directory: Annotated[
        Path | None,
        typer.Option(
            "-C", "--workspace", metavar="DIR", help="The folder with campaigns.yml (default: upwards)."
        ),
    ] = None,
    _: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Options before the command."""
    context.choose_folder(directory)


for module in (town, data, words, checking, schemas, mailings, retention, serving, backup):
    module.register(app)
app.add_typer(people.app, name="person")
app.add_typer(sites.app, name="site")
app.add_typer(segments.app, name="segment")
app.add_typer(starting.app, name="new")
app.add_typer(permissions.app, name="permission")
rights_changing.register(rights.app)
app.add_typer(rights.app, name="rights")
app.add_typer(audit.app, name="audit")
app.add_typer(privacy.app, name="privacy")

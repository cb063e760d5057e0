"""`campaigns schema`: what editors complete and check files by."""

from __future__ import annotations

from typing import Annotated

import typer

from campaigns.cli import context
from campaigns.cli.output import as_json, say


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(schema)


def schema(
    write: Annotated[bool, typer.Option("--write", help="Write them into .schema/.")] = False,
    json: context.Json = False,
) -> None:
    """Say which JSON Schemas in .schema/ are missing or old, or write them.

    For segments, example persons, mailings, the catalogue and campaigns.yml. A file whose first line is
    `# yaml-language-server: $schema=../.schema/segment.json` is completed and checked by editors.
    Exit 1 when one is missing or old. Example: campaigns schema --write
    """
    from campaigns.workspace import schemas

    workspace = context.workspace()
    if write:
        changed = [str(path) for path in schemas.write(workspace)]
        if json:
            as_json({"written": changed})
        else:
            say("\n".join(f"{path}  written" for path in changed) or "all of them are fresh")
        return
    states = schemas.states(workspace)
    if json:
        as_json({"schemas": states})
    else:
        say("\n".join(f"{name}  {state}" for name, state in states.items()))
    if set(states.values()) != {"fresh"}:
        raise typer.Exit(1)

"""`campaigns check`: every mistake of every file, at once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from campaigns.cli import context
from campaigns.cli.output import as_json, say, talk


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(check)


def check(
    paths: Annotated[list[Path] | None, typer.Argument(help="Files or folders (default: all).")] = None,
    tests: Annotated[
        bool, typer.Option("--tests", help="Also try the example persons of tests/segments/.")
    ] = False,
    json: context.Json = False,
) -> None:
    """Find every mistake in every file.

    In campaigns.yml, segments, templates and mailings; exit 1 when there are any.
    No data is read. Example: campaigns check segments/ --tests
    """
    from campaigns.workspace import checking as room

    mistakes = room.check(context.chosen_folder(), paths or [])
    tried = None
    if tests:
        tried = room.try_examples(context.workspace())
        mistakes = [*mistakes, *tried.mistakes]
    if json:
        as_json([mistake.as_json() for mistake in mistakes])
    elif mistakes:
        for mistake in mistakes:
            talk(f"{mistake}\n")
        say(f"{len(mistakes)} mistake{'s' if len(mistakes) > 1 else ''}")
    else:
        say(f"all well, and {tried}" if tried else "all well")
    if mistakes:
        raise typer.Exit(1)

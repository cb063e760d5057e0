"""`campaigns check`: every mistake of every file, at once."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from campaigns.cli import context
from campaigns.cli.annotations import annotation
from campaigns.cli.output import as_json, say, talk
from campaigns.errors import Mistake


class Form(StrEnum):
    """How mistakes are written."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(check)


def check(
    paths: Annotated[list[Path] | None, typer.Argument(help="Files or folders (default: all).")] = None,
    tests: Annotated[
        bool, typer.Option("--tests", help="Also try the example persons of tests/segments/.")
    ] = False,
    form: Annotated[
        Form, typer.Option("--format", help="For people, for programs, or for a pull request.")
    ] = Form.TEXT,
    json: context.Json = False,
) -> None:
    """Find every mistake in every file.

    In campaigns.yml, segments, templates and mailings; exit 1 when there are any.
    docs/errors.md explains each code. No data is read.
    Example: campaigns check segments/ --tests --format github
    """
    from campaigns.workspace import checking as room
    from campaigns.workspace import examples

    found = room.check(context.chosen_folder(), paths or [])
    tried = None
    if tests:
        tried = examples.run(context.workspace())
        found = [*found, *tried.mistakes]
    if json or form is Form.JSON:
        as_json([mistake.as_json() for mistake in found])
    elif form is Form.GITHUB:
        for mistake in found:
            say(annotation(mistake))
    else:
        for mistake in found:
            talk(f"{mistake}\n")
        say(_summary(found) or (f"all well, and {tried}" if tried else "all well"))
    if any(not mistake.is_warning for mistake in found):
        raise typer.Exit(1)


def _summary(found: Sequence[Mistake]) -> str:
    warnings = sum(mistake.is_warning for mistake in found)
    counts = {"mistake": len(found) - warnings, "warning": warnings}
    return ", ".join(f"{n} {word}{'s' if n > 1 else ''}" for word, n in counts.items() if n)

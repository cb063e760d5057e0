"""`campaigns new`: a file from a few questions."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from campaigns.cli import context
from campaigns.cli.output import say, talk
from campaigns.errors import UserError

app = typer.Typer(help="Start a file from a few questions.", no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def group() -> None:
    """Start a file from a few questions."""


@app.command()
def segment(
    name: Annotated[str, typer.Argument(metavar="[SEGMENT]", help="Its name, such as cold_houses.")] = "",
    title: Annotated[str, typer.Option(help="One line that says who they are.")] = "",
    purpose: Annotated[
        str, typer.Option(help="A purpose of campaigns.yml: what they are written to for.")
    ] = "",
    audience: Annotated[str, typer.Option(help="Whom it starts from, such as customers.")] = "",
    about: Annotated[
        str | None, typer.Option(metavar="WORD", help="A field, metric or event that it asks about.")
    ] = None,
) -> None:
    """Write a new segment: five questions, each of which may be answered by an option.

    Example: campaigns new segment cold_houses --title "Cold houses" --purpose energy_advice
    --audience customers --about heat_slope
    """
    from campaigns.segments.starting import Answers
    from campaigns.workspace import starting

    workspace = context.workspace()
    settings, catalogue = workspace.settings, workspace.catalogue
    name = name or _ask("Name of the file (letters, digits and _)")
    title = title or _ask("Who are they, in one line")
    purpose = _chosen("What are they written to for", purpose, list(settings.purposes))
    audience = _chosen("Whom does it start from", audience, list(catalogue.audiences))
    if about is None:
        about = _ask("A field, metric or event that it asks about (empty: later)", default="")
    channels = list(settings.channels)
    answers = Answers(title=title, purpose=purpose, audience=audience, channels=channels, about=about)
    path, mistakes = starting.segment(workspace, name, answers)
    say(f"{path} is written. Next: campaigns segment preview {name}")
    for mistake in mistakes:
        talk(f"{mistake}\n")
    if mistakes:
        raise typer.Exit(1)


def _chosen(question: str, given: str, choices: Sequence[str]) -> str:
    answer = given or _ask(f"{question}: {', '.join(choices)}")
    if answer not in choices:
        from campaigns.segments.values import did_you_mean

        raise UserError("USE058", "that is not one of the choices.", hint=did_you_mean(answer, choices))
    return answer


def _ask(question: str, *, default: str | None = None) -> str:
    if not sys.stdin.isatty():
        raise UserError(
            "USE003",
            "there is no terminal to ask at.",
            hint="answer by options: campaigns new segment --help",
        )
    return str(typer.prompt(question, default=default, show_default=bool(default)))

"""Commands of a mailing's life: render, test, plan, approve, send, pause, resume, cancel, resolve, report."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from campaigns.cli import context
from campaigns.cli.output import as_json, progress, say
from campaigns.errors import UserError

Mailing = Annotated[str, typer.Argument(metavar="MAILING", help="The file name in mailings/, without .yml.")]
Plan = Annotated[int, typer.Argument(metavar="PLAN", help="The number that `campaigns plan` printed.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (render, test, plan, approve, send, pause, resume, cancel, resolve, report, evidence):
        app.command()(command)


def render(
    mailing: Mailing,
    person: Annotated[str, typer.Option(help="An id, e-mail address, phone or customer number.")],
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="Where message.html, .txt and .eml go.")] = Path(
        "data/render"
    ),
) -> None:
    """Write the exact message that one person would get.

    Example: campaigns render december_newsletter --person 1042
    """
    for path in context.workspace().render(mailing, person, out):
        say(str(path))


def test(
    mailing: Mailing,
    to: Annotated[str, typer.Option(help="An address of test_addresses in campaigns.yml.")],
    person: Annotated[str, typer.Option("--as", metavar="PERSON", help="Whose values to use.")] = "",
) -> None:
    """Send yourself a marked copy.

    The subject says [TEST], links do nothing, and it is not counted.

    Example: campaigns test december_newsletter --to test@lahtienergia.example
    """
    say(context.workspace().test_send(mailing, to=to, person=person))


def plan(mailing: Mailing, json: context.Json = False) -> None:
    """Resolve a mailing to people and decisions.

    Nothing is sent: the plan waits for approval.

    Example: campaigns plan renewal_electric_heat
    """
    workspace = context.workspace()
    with progress("people") as tick:
        made = workspace.plan(mailing, tick=tick)
    if json:
        as_json(made.as_json())
    else:
        say(str(made))


def approve(plan: Plan, yes: context.Yes = False) -> None:
    """Approve a plan after repeating its count. What was edited since needs a new plan.

    Example: campaigns approve 1 --yes
    """
    workspace = context.workspace()
    say(workspace.describe_plan(plan))
    if not yes:
        if not sys.stdin.isatty():
            raise UserError("USE003", "approval needs a word, and there is no terminal.", hint="add --yes")
        typer.confirm("Approve?", abort=True)
    say(workspace.approve(plan))


def send(
    plan: Annotated[int | None, typer.Argument(metavar="[PLAN]", help="An approved plan.")] = None,
    due: Annotated[bool, typer.Option("--due", help="Every approved plan whose time has come.")] = False,
    json: context.Json = False,
) -> None:
    """Send an approved plan. Killed at any moment, it goes on where it was and repeats nobody.

    Example: campaigns send --due
    """
    if (plan is None) == (not due):
        raise UserError("USE004", "say which plan, or --due.", hint="campaigns send 1\ncampaigns send --due")
    workspace = context.workspace()
    with progress("messages") as tick:
        results = workspace.send_due(tick=tick) if plan is None else [workspace.send(plan, tick=tick)]
    if json:
        as_json([result.as_json() for result in results] if due else results[0].as_json())
        return
    for result in results:
        say(str(result))
    if not results:
        say("nothing is due")


def pause(plan: Plan) -> None:
    """Stop handing over; returns when no new message will start.

    Example: campaigns pause 1
    """
    say(context.workspace().change_plan(plan, "pause"))


def resume(plan: Plan) -> None:
    """Let a paused plan go on at the next `send`.

    Example: campaigns resume 1
    """
    say(context.workspace().change_plan(plan, "resume"))


def cancel(plan: Plan) -> None:
    """Withhold every message not handed over yet.

    Example: campaigns cancel 1
    """
    say(context.workspace().change_plan(plan, "cancel"))


def resolve(
    message: Annotated[int, typer.Argument(metavar="MESSAGE", help="A message listed as unknown.")],
    outcome: Annotated[str, typer.Option("--as", metavar="OUTCOME", help="sent or failed.")],
    note: Annotated[str, typer.Option(help="How you know.")],
) -> None:
    """Say what became of an unknown message. It is never sent again.

    Example: campaigns resolve 77 --as sent --note "seen in the mail server's log"
    """
    say(context.workspace().resolve(message, outcome=outcome, note=note))


def report(mailing: Mailing, json: context.Json = False) -> None:
    """Show what became of a mailing.

    Planned, left out by reason, sent, responses.

    Example: campaigns report renewal_electric_heat
    """
    found = context.workspace().report(mailing)
    if json:
        as_json(found.as_json())
    else:
        say(str(found))


def evidence(
    message: Annotated[int, typer.Argument(metavar="MESSAGE", help="The message's number.")],
    json: context.Json = False,
) -> None:
    """Show why a message was allowed.

    The decision, its rule, and the person's own word.

    Example: campaigns evidence 12
    """
    found = context.workspace().evidence(message)
    if json:
        as_json(found.as_json())
    else:
        say(str(found))

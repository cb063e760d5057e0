"""Commands of a mailing's life: render, test, plan, approve, send, pause, resume, cancel, resolve, report."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from campaigns.cli import context
from campaigns.cli.output import as_json, progress, say, tell
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
    out: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Where the files go (default: data/render).")
    ] = None,
) -> None:
    """Write the message that one person would get.

    Its links lead to a page that does nothing; a person without permission is shown too.
    Example: campaigns render december_newsletter --person 1042
    """
    from campaigns.lake.files import write_whole
    from campaigns.mailings import looking

    workspace = context.workspace()
    controller = workspace.mailings.load(mailing).controller
    _, person_id = workspace.person(person, controller)
    shown = looking.look(workspace.parts, mailing, person_id, actor=workspace.actor)
    folder = out or workspace.data / "render"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name, content in (
        ("message.html", shown.html.encode()),
        ("message.txt", shown.text.encode()),
        ("message.eml", shown.payload),
    ):
        write_whole(folder / name, content)  # for the owner only, and through no link
        say(str(folder / name))


def test(
    mailing: Mailing,
    to: Annotated[str, typer.Option(help="An address of test_addresses in campaigns.yml.")],
    person: Annotated[str, typer.Option("--as", metavar="PERSON", help="Whose values to use.")] = "",
) -> None:
    """Send yourself a marked copy.

    The subject says [TEST], links do nothing, and it is not counted.

    Example: campaigns test december_newsletter --to test@lahtienergia.example
    """
    from campaigns.mailings import looking

    workspace = context.workspace()
    person_id = None
    if person:
        _, person_id = workspace.person(person, workspace.mailings.load(mailing).controller)
    sent = looking.send_test(workspace.parts, mailing, to=to, actor=workspace.actor, person_id=person_id)
    say(str(sent))


def plan(mailing: Mailing, json: context.Json = False) -> None:
    """Resolve a mailing to people and decisions.

    Nothing is sent: the plan waits for approval.

    Example: campaigns plan renewal_electric_heat
    """
    from campaigns.mailings import planning

    workspace = context.workspace()
    with progress("people") as tick:
        made = planning.plan(workspace.parts, mailing, actor=workspace.actor, tick=tick)
    tell(made, json=json)


def approve(plan: Plan, yes: context.Yes = False) -> None:
    """Approve a plan after repeating its count. What was edited since needs a new plan.

    Example: campaigns approve 1 --yes
    """
    from campaigns.mailings import deciding
    from campaigns.mailings.plan import plan_of

    workspace = context.workspace()
    shown = plan_of(workspace.ledger, plan)
    say(str(shown))
    if not yes:
        if not sys.stdin.isatty():
            raise UserError("USE003", "approval needs a word, and there is no terminal.", hint="add --yes")
        typer.confirm(f"Approve {shown.messages:,} messages?", abort=True)
    deciding.approve(
        workspace.parts, plan, actor=workspace.actor, now=workspace.now(), messages=shown.messages
    )
    say(f"plan {plan} is approved: {shown.messages:,} messages")


def send(
    plan: Annotated[int | None, typer.Argument(metavar="[PLAN]", help="An approved plan.")] = None,
    due: Annotated[bool, typer.Option("--due", help="Every approved plan whose time has come.")] = False,
    now: Annotated[bool, typer.Option("--now", help="Do not wait for the plan's time.")] = False,
    json: context.Json = False,
) -> None:
    """Send an approved plan. Killed at any moment, it goes on where it was and repeats nobody.

    Example: campaigns send --due
    """
    if (plan is None) == (not due):
        raise UserError("USE004", "say which plan, or --due.", hint="campaigns send 1\ncampaigns send --due")
    from campaigns.mailings.sending import crew

    workspace = context.workspace()
    parts, actor = workspace.parts, workspace.actor
    with progress("messages") as tick:
        if plan is None:
            results = crew.send_due(parts, actor=actor, tick=tick)
        else:
            if not now:
                crew.refuse_early(parts, plan)
            results = [crew.send(parts, plan, actor=actor, tick=tick)]
    if json:
        as_json([result.as_json() for result in results] if due else results[0].as_json())
        return
    for result in results:
        say(str(result))
    if not results:
        say("nothing is due")
    if any(result.trouble for result in results):
        raise typer.Exit(2)


def pause(plan: Plan) -> None:
    """Stop handing over; returns when no new message will start.

    Example: campaigns pause 1
    """
    _decide(plan, "pause")


def resume(plan: Plan) -> None:
    """Let a paused plan go on at the next `send`.

    Example: campaigns resume 1
    """
    _decide(plan, "resume")


def cancel(plan: Plan) -> None:
    """Withhold every message not handed over yet.

    Example: campaigns cancel 1
    """
    _decide(plan, "cancel")


def resolve(
    message: Annotated[int, typer.Argument(metavar="MESSAGE", help="A message listed as unknown.")],
    outcome: Annotated[str, typer.Option("--as", metavar="OUTCOME", help="sent or failed.")],
    note: Annotated[str, typer.Option(help="How you know.")],
) -> None:
    """Say what became of an unknown message. It is never sent again.

    Example: campaigns resolve 77 --as sent --note "seen in the mail server's log"
    """
    from campaigns.mailings import resolving

    workspace = context.workspace()
    done = resolving.resolve(
        workspace.ledger, message, outcome=outcome, note=note, actor=workspace.actor, now=workspace.now()
    )
    say(str(done))


def report(mailing: Mailing, json: context.Json = False) -> None:
    """Show what became of a mailing.

    Planned, left out by reason, sent, responses.

    Example: campaigns report renewal_electric_heat
    """
    from campaigns.reports.report import report as look

    found = look(context.workspace().ledger, mailing)
    tell(found, json=json)


def evidence(
    message: Annotated[int | None, typer.Argument(metavar="[MESSAGE]", help="The message's number.")] = None,
    mailing: Annotated[str, typer.Option(help="With --person, instead of a number.")] = "",
    person: Annotated[str, typer.Option(help="Whose message of that mailing.")] = "",
    letter: Annotated[
        bool, typer.Option("--letter", help="Write the answer for the person: a page.")
    ] = False,
    to: Annotated[
        str, typer.Option(metavar="FILE", help="Of the letter, below data/exports (default: letters/ there).")
    ] = "",
    json: context.Json = False,
) -> None:
    """Show why a message was allowed.

    The decision, its rule, and the person's own word. `--letter` writes one page in the person's language
    that answers "why did I get this?".

    Example: campaigns evidence --mailing december_newsletter --person 1042 --letter
    """
    from campaigns.reports.evidence import evidence as look
    from campaigns.workspace import auditing, permitting

    workspace = context.workspace()
    if message is None:
        message = permitting.message_of(workspace, mailing, person)
    if letter:
        from campaigns.workspace import privacy

        say(str(privacy.letter(workspace, message, to=to)))
        return
    auditing.note(workspace, "evidence_shown", details={"message": message})
    found = look(workspace.ledger, message, workspace.settings)
    tell(found, json=json)


def _decide(plan: int, what: str) -> None:
    from campaigns.mailings import deciding

    workspace = context.workspace()
    change = {"pause": deciding.pause, "resume": deciding.resume, "cancel": deciding.cancel}[what]
    say(str(change(workspace.parts, plan, actor=workspace.actor, now=workspace.now())))

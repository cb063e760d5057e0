"""`campaigns rights` that change what we hold: erase, rectify, restrict, object, decide."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from campaigns.cli import context
from campaigns.cli.output import as_json, say
from campaigns.cli.rights import Asker, By, Controller, OfRequest, Reason, Received, RequestId, say_ticket
from campaigns.errors import UserError

if TYPE_CHECKING:
    from campaigns.ledger.rights_requests import Request
    from campaigns.workspace.erasing import Done, Outlook
    from campaigns.workspace.project import Workspace

_HOW = {
    "removed": "removed",
    "lines": "lines removed",
    "left": "LEFT: holds them, and could not be changed",
    "other": "left: another register's file",
}


def register(app: typer.Typer) -> None:
    """Add the commands to the group."""
    app.command()(erase)
    app.command()(rectify)
    app.command()(restrict)
    app.command(name="object")(object_)
    app.command()(decide)


def erase(
    person: Asker = "",
    controller: Controller = "",
    received: Received = "",
    by: By = "",
    request: OfRequest = None,
    finish: Annotated[bool, typer.Option("--finish", help="Complete erasures that had to wait.")] = False,
    yes: context.Yes = False,
    json: context.Json = False,
) -> None:
    """Erase a person of one register from every place below data/, for good.

    It repeats who that is and what will go, and asks. The register of the other company is left alone. A
    keyed digest stays, so that a source that sends the person again does not bring them back.
    Example: campaigns rights erase 1042 --received 2026-11-20 --by letter
    """
    from campaigns.workspace import erasing

    workspace = context.workspace()
    if finish:
        done = erasing.finish(workspace)
    else:
        ticket = _asked(
            workspace, person, controller, received=received, by=by, request=request, yes=yes, json=json
        )
        done = [erasing.erase(workspace, ticket)]
    if json:
        as_json([one.as_json() for one in done])
        return
    for one in done:
        _say_erased(one)
    if not done:
        say("no erasure waits")


def _asked(
    workspace: Workspace,
    person: str,
    controller: str,
    *,
    received: str,
    by: str,
    request: int | None,
    yes: bool,
    json: bool,
) -> Request:
    """The ticket, once somebody at the terminal agreed to what will go."""
    from campaigns.workspace import erasing, rights

    begun = erasing.begun(workspace, person, controller) if request is None else None
    if begun is not None:  # somebody agreed already, and it was not completed
        return begun
    if request is None:
        owner, person_id = workspace.person(person, controller) if person else ("", 0)
    else:
        waits = rights.begin(workspace, "erase", person, controller=controller, request=request)
        owner, person_id = waits.controller, waits.person_id
    outlook = erasing.look(workspace, owner, person_id) if owner else None
    if outlook is not None and not json:
        _say_outlook(workspace, outlook)
    if not yes:
        if not sys.stdin.isatty():
            raise UserError("USE003", "erasing needs a word, and there is no terminal.", hint="add --yes")
        typer.confirm("Erase this person? It cannot be undone.", abort=True)
    return rights.begin(
        workspace,
        "erase",
        person,
        controller=controller,
        received=context.moment(received),
        by=by,
        request=request,
    )


def _say_outlook(workspace: Workspace, outlook: Outlook) -> None:
    register_ = workspace.settings.controllers[outlook.controller].name
    known = ", ".join(
        word for word in (outlook.name, outlook.email, outlook.phone, outlook.postal_code) if word
    )
    say(f"person {outlook.person} of {register_}: {known}")
    say("what will go:")
    for table, rows in outlook.rows.items():
        say(f"  {rows:>7,}  {table.replace('_', ' ')}")
    say(f"  {outlook.permission_events:>7,}  permission events, emptied of what is theirs")
    say(f"  {outlook.messages:>7,}  messages, of which {outlook.waiting_messages:,} wait and will not leave")
    say("          their lines in data/inbox; mails, answers and lists in data/; tokens and proofs")
    if outlook.same_address:
        say(f"{outlook.same_address:,} others share an e-mail address or number with them; they stay")


def _say_erased(done: Done) -> None:
    erasure = done.erasure
    rows = sum(erasure.rows.values())
    say(f"{rows:,} rows erased, {erasure.messages_withheld:,} messages withheld")
    for file in erasure.files:
        numbers = ", ".join(map(str, file.lines[:10])) + (", …" if len(file.lines) > 10 else "")
        say(f"  data/{file.name}: {_HOW[file.how]}{f' ({numbers})' if file.lines else ''}")
    for reason in erasure.pending:
        say(f"not complete: {reason}; later: campaigns rights erase --finish")
    say_ticket(done.request)


def rectify(
    person: Asker = "",
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="What is right; nothing after = takes it away."),
    ] = None,
    controller: Controller = "",
    received: Received = "",
    by: By = "",
    request: OfRequest = None,
) -> None:
    """Correct a person's data: first_name, last_name, language, birth_year, email, phone, address.

    The letter address has three parts: address, postal_code and city. The old address is closed and not used
    again; a source that still says it does not bring it back, one that says something newer does.
    Example: campaigns rights rectify 1042 --set email=new@example.com --set last_name=Virtanen
    """
    from campaigns.rights import rectifying
    from campaigns.workspace import objecting

    words = tuple(set_ or ())
    rectifying.parsed(words)  # before a request is opened
    workspace = context.workspace()
    ticket = _begun(workspace, "rectify", person, controller, received, by, request)
    changed = objecting.rectify(workspace, ticket, words)
    say(f"corrected: {', '.join(changed)}" if changed else "nothing changed: it was so already")
    say(f"request {ticket.request_id}: rectify, person {ticket.person_id}, done")


def restrict(
    person: Asker = "",
    marketing_only: Annotated[
        bool, typer.Option("--marketing-only", help="Only marketing, newsletters and surveys stop.")
    ] = False,
    lift: Annotated[bool, typer.Option("--lift", help="End the restriction; the person was told.")] = False,
    told: Annotated[str, typer.Option(metavar="DATE", help="With --lift: when the person was told.")] = "",
    controller: Controller = "",
    received: Received = "",
    by: By = "",
    request: OfRequest = None,
) -> None:
    """Keep a person's data without using it, until it is lifted; the person is told before that.

    Example: campaigns rights restrict 1042 --marketing-only
    Example: campaigns rights restrict 1042 --lift --told 2026-11-20
    """
    from campaigns.workspace import objecting

    if lift != bool(told) or (lift and marketing_only):
        raise UserError(
            "USE030",
            "to lift a restriction say when the person was told of it.",
            hint="campaigns rights restrict 1042 --lift --told 2026-11-20",
        )
    workspace = context.workspace()
    day = context.day(told, workspace.today())
    ticket = _begun(workspace, "restrict", person, controller, received, by, request)
    if lift:
        objecting.lift(workspace, ticket, told=day)
        say("lifted; what else was restricted or objected to still holds")
    else:
        objecting.restrict(workspace, ticket, marketing_only=marketing_only)
        say("restricted; it holds from now on")
    say(f"request {ticket.request_id}: restrict, person {ticket.person_id}, done")


def object_(
    person: Asker = "",
    to: Annotated[
        str, typer.Option(help="direct_marketing, profiling, research or processing (Art. 21(1)).")
    ] = "direct_marketing",
    controller: Controller = "",
    received: Received = "",
    by: By = "",
    request: OfRequest = None,
) -> None:
    """Record an objection: it holds at once. One to processing waits for `campaigns rights decide`.

    Example: campaigns rights object 1042 --to profiling
    """
    from campaigns.settings.binding import suggestion
    from campaigns.workspace import objecting

    against = next((word for word in objecting.AGAINST if word == to), None)
    if against is None:
        raise UserError("USE033", "nobody can object to that.", hint=suggestion(to, objecting.AGAINST))
    workspace = context.workspace()
    ticket = _begun(workspace, "object", person, controller, received, by, request)
    say_ticket(objecting.object_to(workspace, ticket, against))


def decide(
    request: RequestId,
    reason: Reason,
    uphold: Annotated[
        bool | None, typer.Option("--uphold/--refuse", help="Whether the person is right.")
    ] = None,
) -> None:
    """Decide about an objection to processing, which restricts marketing until then.

    Example: campaigns rights decide 7 --refuse --reason "the outage register is a legal duty"
    """
    from campaigns.workspace import objecting

    if uphold is None:
        raise UserError("USE034", "say --uphold or --refuse.")
    say_ticket(objecting.decide(context.workspace(), request, uphold=uphold, reason=reason))


def _begun(
    workspace: Workspace,
    kind: str,
    person: str,
    controller: str,
    received: str,
    by: str,
    request: int | None,
) -> Request:
    from campaigns.workspace import rights

    return rights.begin(
        workspace,
        kind,
        person,
        controller=controller,
        received=context.moment(received),
        by=by,
        request=request,
    )

"""`campaigns rights`: what a person may ask of us, each request a ticket with its legal day."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from campaigns.cli import context
from campaigns.cli.output import as_json, say, table

if TYPE_CHECKING:
    from campaigns.ledger.rights_requests import Request
    from campaigns.rights.writing import Written

app = typer.Typer(
    help="What a person asks of us, by its legal day.", no_args_is_help=True, rich_markup_mode=None
)

Person = Annotated[str, typer.Argument(help="An id, e-mail address, phone or customer number.")]
Asker = Annotated[
    str, typer.Argument(metavar="[PERSON]", help="An id, e-mail, phone or customer number; or use --request.")
]
Controller = Annotated[str, typer.Option(help="Whose register (default: default_controller).")]
Received = Annotated[str, typer.Option(metavar="DATE", help="When the request reached us (default: now).")]
By = Annotated[str, typer.Option(help="How: letter, phone, email, portal, visit (default: email).")]
OfRequest = Annotated[int | None, typer.Option("--request", metavar="ID", help="A request that waits.")]
RequestId = Annotated[int, typer.Argument(metavar="REQUEST", help="The number that `rights list` shows.")]
Reason = Annotated[
    str, typer.Option(help="Why, as the person is told; without any name or number of theirs.")
]


To = Annotated[
    str, typer.Option(metavar="FOLDER", help="A folder of data/exports (default: rights/KIND_REQUEST there).")
]
Force = Annotated[bool, typer.Option("--force", help="Replace files that are there already.")]


@app.callback()
def group() -> None:
    """What a person asks of us, by its legal day."""


@app.command(name="list")
def list_(
    all_: Annotated[bool, typer.Option("--all", help="Answered and refused ones too.")] = False,
    json: context.Json = False,
) -> None:
    """List requests that wait, the overdue ones first.

    Example: campaigns rights list
    """
    from campaigns.workspace import rights

    rows = rights.listed(context.workspace(), closed=all_)
    if json:
        as_json(rows)
    elif rows:
        say(table([[_cell(value) for value in row.values()] for row in rows], head=list(rows[0])))
    else:
        say("no request waits")


@app.command()
def receive(
    kind: Annotated[str, typer.Argument(help="access, portability, rectify, erase, restrict or object.")],
    person: Person,
    controller: Controller = "",
    received: Received = "",
    by: By = "",
) -> None:
    """Register a request that is answered later; its day is a month from receipt.

    Example: campaigns rights receive access 1042 --received 2026-11-20 --by letter
    """
    from campaigns.workspace import rights

    say_ticket(
        rights.receive(
            context.workspace(),
            kind,
            person,
            controller=controller,
            received=context.moment(received),
            by=by,
        )
    )


@app.command()
def extend(request: RequestId, reason: Reason) -> None:
    """Take two months more, once, before the first is over; the person must be told why.

    Example: campaigns rights extend 7 --reason "many requests in one week"
    """
    from campaigns.workspace import rights

    say_ticket(rights.extend(context.workspace(), request, reason=reason))


@app.command()
def refuse(request: RequestId, reason: Reason) -> None:
    """Close a request without doing it; the person must be told why, and where to complain.

    Example: campaigns rights refuse 7 --reason "the sender could not be identified"
    """
    from campaigns.workspace import rights

    say_ticket(rights.refuse(context.workspace(), request, reason=reason))


@app.command()
def access(
    person: Asker = "",
    controller: Controller = "",
    received: Received = "",
    by: By = "",
    request: OfRequest = None,
    to: To = "",
    force: Force = False,
) -> None:
    """Write all that one register holds on a person, to read and for machines.

    access.html is in the person's language and prints well, also into a PDF; access.json has the same with
    stable keys. The request is opened when none waits, and closed by the answer.
    Example: campaigns rights access 1042 --received 2026-11-20 --by letter
    """
    from campaigns.workspace import rights

    workspace = context.workspace()
    ticket = rights.begin(
        workspace,
        "access",
        person,
        controller=controller,
        received=context.moment(received),
        by=by,
        request=request,
    )
    say_written(rights.access(workspace, ticket, to=to, force=force), ticket)


@app.command()
def portability(
    person: Asker = "",
    controller: Controller = "",
    received: Received = "",
    by: By = "",
    request: OfRequest = None,
    to: To = "",
    force: Force = False,
    packed: Annotated[bool, typer.Option("--zip", help="One ZIP file instead of a folder of files.")] = False,
) -> None:
    """Write what a person may take elsewhere: what they gave us, and their metered consumption.

    CSV files that `campaigns import` reads, the same as JSON, and a manifest that says what each file is.
    Example: campaigns rights portability 1042 --zip
    """
    from campaigns.workspace import rights

    workspace = context.workspace()
    ticket = rights.begin(
        workspace,
        "portability",
        person,
        controller=controller,
        received=context.moment(received),
        by=by,
        request=request,
    )
    say_written(rights.portability(workspace, ticket, to=to, force=force, packed=packed), ticket)


def _cell(value: object) -> object:
    """Numbers of requests and people as they are typed again, without thousands."""
    if isinstance(value, bool):
        return "yes" if value else ""
    return str(value) if isinstance(value, int) else value


def say_written(written: Written, request: Request) -> None:
    """Where the files of an answer are, a line each, and what became of the request."""
    for name in written.files:
        say(str(written.folder / name))
    say(f"request {request.request_id}: {request.kind}, person {request.person_id}, done")


def say_ticket(request: Request) -> None:
    """One line about a request, as every command of this group ends."""
    stands = f"due on {request.due_on}" if request.state == "open" else request.state
    say(f"request {request.request_id}: {request.kind}, person {request.person_id}, {stands}")

"""`campaigns permission`: what people have said, and what follows from it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from campaigns.cli import context
from campaigns.cli.output import as_json, say, table

app = typer.Typer(help="What people permit and forbid.", no_args_is_help=True, rich_markup_mode=None)

Person = Annotated[str, typer.Argument(help="An id, e-mail address, phone or customer number.")]
Controller = Annotated[str, typer.Option(help="Whose register (default: default_controller).")]


@app.callback()
def group() -> None:
    """Consents, bans, objections and what follows."""


@app.command()
def decide(
    vectors: Annotated[Path, typer.Option(help="A CSV of test vectors, as permissions.csv.")],
    json: context.Json = False,
) -> None:
    """Evaluate test vectors through the rules; exit 1 if any row differs.

    Example: campaigns permission decide --vectors tests/data/permissions.csv
    """
    from campaigns.permissions import vectors as room

    result = room.run(vectors)
    if json:
        as_json(result.as_json())
    else:
        for row in result.rows:
            if row["expected"] != row["got"]:
                say(f"{row['id']}: expected {row['expected']}, got {row['got']}")
        say(f"{result.passed} passed, {result.failed} failed")
    if result.failed:
        raise typer.Exit(1)


@app.command()
def show(person: Person, controller: Controller = "", json: context.Json = False) -> None:
    """Show what a person has permitted and forbidden, event by event.

    Example: campaigns permission show 1042
    """
    from campaigns.workspace import permitting

    rows = permitting.show(context.workspace(), person, controller=controller)
    if json:
        as_json(rows)
    elif rows:
        say(table([list(row.values()) for row in rows], head=list(rows[0])))
    else:
        say("nothing is recorded about this person's permissions")


@app.command()
def record(
    person: Person,
    kind: Annotated[str, typer.Argument(help="What was said: consent, withdrawal, ban, ...")],
    evidence: Annotated[str, typer.Option(help="Where the proof is: a form, a scan, a recording id.")],
    channel: Annotated[str, typer.Option(help="email, sms, phone, letter, ... (default: all).")] = "",
    purpose: Annotated[str, typer.Option(help="A permission purpose (default: all).")] = "",
    method: Annotated[str, typer.Option(help="How it was said: phone, form, letter, ...")] = "phone",
    at: Annotated[str, typer.Option(metavar="TIME", help="When it was said (default: now).")] = "",
    controller: Controller = "",
) -> None:
    """Record what a person said, with its proof. Nothing recorded is ever changed.

    Example: campaigns permission record 1042 ban --channel email --evidence "call 2026-11-24 #5512"
    """
    from campaigns.workspace import permitting

    position = permitting.record(
        context.workspace(),
        person,
        kind=kind,
        channel=channel,
        purpose=purpose,
        method=method,
        evidence=evidence,
        at=context.moment(at),
        controller=controller,
    )
    say(f"recorded at position {position}; it holds from now on")


@app.command(name="import")
def import_(
    files: Annotated[list[Path], typer.Argument(help="Files, or folders of files.")],
    source: Annotated[str, typer.Option(help="A source of campaigns.yml, when the name does not tell.")] = "",
    received: Annotated[
        str, typer.Option(metavar="TIME", help="When the files came (default: each file's own time).")
    ] = "",
    json: context.Json = False,
) -> None:
    """Import permission histories and subscriber exports.

    As `campaigns import`, and says besides what the new consents come to: how many people may be contacted,
    how many consents are not proven, and what would prove them. Exit 2 only when a whole file was refused.
    Example: campaigns permission import data/inbox
    """
    from campaigns.cli.output import talk
    from campaigns.workspace import permission_importing

    done = permission_importing.run(
        context.workspace(), files, source=source or None, received=context.moment(received)
    )
    if json:
        as_json(done.as_json())
    else:
        say(str(done))
    for refusal in done.files.refused:
        talk(str(refusal))
    if done.files.refused:
        raise typer.Exit(2)


@app.command()
def verify() -> None:
    """Check events, audit, suppressions, decisions and approvals; exit 1 when a row was edited by hand.

    Example: campaigns permission verify
    """
    from campaigns.workspace import permitting

    found = permitting.verify(context.workspace())
    for row in found.broken:
        whose = f", person {row.person_id}" if row.person_id is not None else ""
        say(f"{row.table} {row.position}, {row.controller}{whose}: {row.problem}")
    say(f"{found.events} events checked, {len(found.broken)} broken")
    if found.broken:
        raise typer.Exit(1)

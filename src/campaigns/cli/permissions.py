"""`campaigns permission`: what people have said, and what follows from it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from campaigns.cli import context
from campaigns.cli.output import as_json, say, table, tell
from campaigns.errors import UserError

app = typer.Typer(help="What people permit and forbid.", no_args_is_help=True, rich_markup_mode=None)

Person = Annotated[str, typer.Argument(help="An id, e-mail address, phone or customer number.")]
Controller = Annotated[str, typer.Option(help="Whose register (default: default_controller).")]


@app.callback()
def group() -> None:
    """Consents, bans, objections and what follows."""


@app.command()
def decide(
    person: Annotated[str, typer.Argument(help="An id, e-mail address, phone or customer number.")] = "",
    vectors: Annotated[
        Path | None, typer.Option(help="A CSV of test vectors, as permissions.csv; instead of PERSON.")
    ] = None,
    purpose: Annotated[str, typer.Option(help="A purpose of campaigns.yml, or a permission purpose.")] = "",
    channel: Annotated[str, typer.Option(help="email, sms, phone, letter, ...")] = "email",
    kind: Annotated[str, typer.Option(help="Kind of message (default: the purpose's first).")] = "",
    profiled: Annotated[
        bool, typer.Option("--profiled", help="People are chosen by consumption, score or behaviour.")
    ] = False,
    as_of: Annotated[
        str, typer.Option(metavar="TIME", help="By what was true and recorded then (default: now).")
    ] = "",
    controller: Controller = "",
    json: context.Json = False,
) -> None:
    """Say whether a person may be contacted, why, and what would change it; or try test vectors.

    A deny is an answer: exit 0. With --vectors exit 1 if any row differs.

    Example: campaigns permission decide 1042 --purpose energy_offers --channel email
    """
    if vectors is not None:
        _try_vectors(vectors, json=json)
        return
    if not person or not purpose:
        raise UserError("USE012", "say who and for what: PERSON --purpose PURPOSE.", hint="or --vectors FILE")
    from campaigns.workspace.permission_asking import Question, decide

    question = Question(
        purpose=purpose, channel=channel, kind=kind, profiled=profiled, as_of=context.moment(as_of)
    )
    found = decide(context.workspace(), person, question, controller=controller)
    if json:
        as_json(found)
        return
    say(f"{'allow' if found['allowed'] else 'deny'} {found['code']}: {found['sentence']}")
    if found["facts_in_words"]:
        say(f"  it rests on: {found['facts_in_words']}")
    if found["evidence"]:
        word = found["evidence"]
        said = ", ".join((word["kind"], word["said"], word["source"]))
        say(f"  the person's word: {said} (event {word['position']})")
    if found["remedy"]:
        say(f"  {found['remedy']}")


def _try_vectors(file: Path, *, json: bool) -> None:
    from campaigns.permissions import vectors as room

    result = room.run(file)
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
def show(
    person: Person,
    as_of: Annotated[
        str, typer.Option(metavar="TIME", help="As it stood then, by what was recorded then (default: now).")
    ] = "",
    controller: Controller = "",
    json: context.Json = False,
) -> None:
    """Show what stands of what a person said, and all of it with its proof.

    Example: campaigns permission show 1042 --as-of 2026-06-01
    """
    from campaigns.workspace import permission_asking

    found = permission_asking.show(
        context.workspace(), person, controller=controller, as_of=context.moment(as_of)
    )
    if json:
        as_json(found)
        return
    if not found["events"]:
        say("nothing is recorded about this person's permissions")
        return
    for name, columns in (("state", _STANDS), ("events", _SAID)):
        rows = [[str(row[column] or "all") for column in columns] for row in found[name]]
        say(table(rows, head=list(columns)))


_STANDS = ("state", "channel", "purpose", "since", "position")
_SAID = ("position", "said", "kind", "channel", "purpose", "source", "method", "text", "evidence")


@app.command()
def record(
    person: Person,
    kind: Annotated[str, typer.Argument(help="What was said: consent, withdrawal, ban, ...")],
    evidence: Annotated[
        str, typer.Option(help="Where the proof is: a form, a scan, a recording id. Permissions need it.")
    ] = "",
    channel: Annotated[str, typer.Option(help="email, sms, phone, letter, ... (default: all).")] = "",
    purpose: Annotated[str, typer.Option(help="A permission purpose (default: all).")] = "",
    about: Annotated[str, typer.Option(help="A topic, a choice of cookies, what advertisers may do.")] = "",
    method: Annotated[str, typer.Option(help="How it was said: phone, form, letter, ...")] = "phone",
    text: Annotated[str, typer.Option(help="Version of the text that was shown or read out.")] = "",
    language: Annotated[str, typer.Option(help="Its language: fi, en, sv.")] = "",
    notice: Annotated[str, typer.Option(help="Version of the privacy notice that was shown.")] = "",
    guardian: Annotated[str, typer.Option(help="Who consented for a child: a reference, not a name.")] = "",
    valid_until: Annotated[str, typer.Option(metavar="TIME", help="When a permission runs out.")] = "",
    source: Annotated[str, typer.Option(help="A source of campaigns.yml (default: the command line).")] = "",
    at: Annotated[str, typer.Option(metavar="TIME", help="When it was said (default: now).")] = "",
    controller: Controller = "",
    everywhere: Annotated[
        bool, typer.Option("--everywhere", help="It names no company: it holds in every register.")
    ] = False,
) -> None:
    """Record what a person said, with its proof. Nothing recorded is ever changed.

    A refusal for an address that nobody has yet is kept, and holds when a person with it appears.

    Example: campaigns permission record 1042 ban --channel email --evidence "call 2026-11-24 #5512"
    """
    from campaigns.workspace import permitting

    said = permitting.Said(
        kind=kind,
        channel=channel,
        purpose=purpose,
        about=about,
        evidence=evidence,
        method=method,
        text_version=text,
        text_language=language,
        notice_version=notice,
        guardian=guardian,
        source=source,
        at=context.moment(at),
        valid_until=context.moment(valid_until),
    )
    positions = permitting.record(
        context.workspace(), person, said, controller=controller, everywhere=everywhere
    )
    numbers = " and ".join(str(position) for position in positions)
    say(f"recorded at position {numbers}; it holds from now on")


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
    tell(done, json=json)
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


@app.command()
def rules(
    language: Annotated[str, typer.Option(help="fi or en.")] = "en", json: context.Json = False
) -> None:
    """Print the whole table of rules in order: the first that hits decides.

    Example: campaigns permission rules --language fi
    """
    from campaigns.permissions.listing import listed, paragraphs

    if json:
        as_json(listed())
    else:
        say("\n\n".join(paragraphs(language)))

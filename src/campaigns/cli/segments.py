"""`campaigns segment`: who is in an audience, and why."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from campaigns.cli import context
from campaigns.cli.output import as_json, say, table, tell
from campaigns.errors import UserError

app = typer.Typer(help="Audiences defined in segments/*.yml.", no_args_is_help=True, rich_markup_mode=None)

Name = Annotated[str, typer.Argument(metavar="SEGMENT", help="The file name in segments/, without .yml.")]


@app.callback()
def group() -> None:
    """Audiences defined in segments/*.yml."""


@app.command(name="list")
def list_(json: context.Json = False) -> None:
    """List the segments with title, purpose and channels.

    Example: campaigns segment list
    """
    from campaigns.workspace import audience

    rows = audience.listed(context.workspace())
    if json:
        as_json(rows)
    elif rows:
        say(table([list(row.values()) for row in rows], head=list(rows[0])))


@app.command()
def preview(
    name: Name,
    as_of: context.AsOf = "",
    assume: Annotated[
        list[str] | None,
        typer.Option(metavar="SWITCH=VALUE", help="Count also as if a switch of the policy were this."),
    ] = None,
    plot: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Draw the waterfall as .png or .svg, too.")
    ] = None,
    json: context.Json = False,
) -> None:
    """Count the people: each condition's loss, then permission, then who is left.

    --assume (may be repeated) compares with another policy and changes nothing: plans never know of it.

    Example: campaigns segment preview renewal_electric_heat --assume soft_opt_in=on
    """
    from campaigns.workspace import audience

    workspace = context.workspace()
    day = context.day(as_of, workspace.today())
    found = audience.preview(workspace, name, as_of=day, assume=assume or ())
    if plot is not None:
        from campaigns.reports import charts, waterfall

        charts.save(waterfall.waterfall(found), plot)
    tell(found, json=json)


@app.command()
def why(
    name: Name,
    person: Annotated[str, typer.Argument(help="An id, e-mail address, phone or customer number.")],
    as_of: context.AsOf = "",
    json: context.Json = False,
) -> None:
    """Explain one person: yes, no or unknown at each condition, then the permission.

    Example: campaigns segment why renewal_electric_heat 1042
    """
    from campaigns.workspace import audience

    workspace = context.workspace()
    found = audience.why(workspace, name, person, as_of=context.day(as_of, workspace.today()))
    tell(found, json=json)


@app.command()
def diff(
    name: Name,
    against: Annotated[
        str, typer.Option(metavar="REF", help="A commit, branch or tag of git to compare with.")
    ] = "HEAD",
    as_of: context.AsOf = "",
    json: context.Json = False,
) -> None:
    """Compare the file with an earlier version: who enters, leaves and stays, and by which condition.

    Both are counted on the same day and the same data, under the settings of today.

    Example: campaigns segment diff renewal_electric_heat --against main
    """
    from campaigns.workspace import audience

    workspace = context.workspace()
    day = context.day(as_of, workspace.today())
    found = audience.difference(workspace, name, against=against, as_of=day)
    tell(found, json=json)


@app.command()
def overlap(
    names: Annotated[list[str], typer.Argument(metavar="SEGMENT...", help="Two segments or more.")],
    as_of: context.AsOf = "",
    json: context.Json = False,
) -> None:
    """Count whom segments have in common, and who may get a message by more than one of them.

    Example: campaigns segment overlap renewal_electric_heat heat_pump_prospects
    """
    from campaigns.workspace import audience

    workspace = context.workspace()
    found = audience.overlap(workspace, names, as_of=context.day(as_of, workspace.today()))
    tell(found, json=json)


@app.command()
def export(
    name: Name,
    to: Annotated[str, typer.Option(metavar="PROCESSOR", help="Who gets the list; one of `processors:`.")],
    channel: Annotated[str, typer.Option(help="By which channel it will be used.")],
    purpose: Annotated[str, typer.Option(help="What for; the segment's own purpose.")],
    json: context.Json = False,
) -> None:
    """Write a list for a processor: those who may be reached by that channel, at their addresses there.

    It is recorded as a disclosure, goes below data/exports, and is deleted when `exports` of `retention:`
    says.

    Example: campaigns segment export energy_newsletter_readers --to own_systems --channel email
    --purpose newsletter
    """
    from campaigns.workspace import exporting

    done = exporting.export(context.workspace(), name, to=to, channel=channel, purpose=purpose)
    tell(done, json=json)


@app.command()
def sql(name: Name, as_of: context.AsOf = "") -> None:
    """Print the SQL that the segment is compiled to, one named step a condition.

    Example: campaigns segment sql renewal_electric_heat
    """
    from campaigns.workspace import audience

    workspace = context.workspace()
    say(audience.sql(workspace, name, as_of=context.day(as_of, workspace.today())))


@app.command()
def snapshot(
    names: Annotated[list[str] | None, typer.Argument(metavar="[SEGMENT]...", help="Some segments.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Every segment.")] = False,
    due: Annotated[bool, typer.Option("--due", help="Those whose `refresh:` asks for one today.")] = False,
    json: context.Json = False,
) -> None:
    """Write down who is in a segment now: who came, who left, and from which versions of the data.

    The same inputs give the same members: then the last snapshot stands and nothing is written.

    Example: campaigns segment snapshot renewal_electric_heat
    """
    if [bool(names), every, due].count(True) != 1:
        hint = "campaigns segment snapshot NAME\ncampaigns segment snapshot --all"
        raise UserError("USE004", "say which segments, or --all, or --due.", hint=hint)
    from campaigns.workspace import snapshotting

    workspace = context.workspace()
    chosen = names or (workspace.segment_files.names() if every else snapshotting.due(workspace))
    taken = snapshotting.take(workspace, list(dict.fromkeys(chosen)))
    if json:
        as_json([{**one.as_json(), "new": one.is_new} for one in taken])
    elif taken:
        rows = [
            (one.segment, one.members, one.entered, one.gone, one.final, "" if one.is_new else "as before")
            for one in taken
        ]
        say(table(rows, head=("segment", "members", "entered", "left", "may get it", "")))
    else:
        say("no snapshot is due")


@app.command()
def history(name: Name, json: context.Json = False) -> None:
    """Show the snapshots of a segment: its size, who came and left, and when its definition changed.

    Example: campaigns segment history renewal_electric_heat
    """
    from campaigns.workspace import snapshotting

    workspace = context.workspace()
    taken = snapshotting.history(workspace, name)
    if json:
        as_json([one.as_json() for one in taken])
        return
    if not taken:
        say(f"no snapshot of {name} was taken: campaigns segment snapshot {name}")
        return
    rows, version = [], taken[0].fingerprint
    for one in taken:
        changed = "" if one.fingerprint == version else "definition changed"
        version = one.fingerprint
        when = one.taken_at.astimezone(workspace.settings.zone).strftime("%Y-%m-%d %H:%M")
        rows.append((when, one.members, one.entered, one.gone, one.final, one.fingerprint[:8], changed))
    say(table(rows, head=("taken", "members", "entered", "left", "may get it", "version", "")))

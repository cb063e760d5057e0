"""The workspace that a command works on, and options that many commands share."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from campaigns.errors import UserError

if TYPE_CHECKING:
    from campaigns.workspace.project import Workspace

_chosen: dict[str, Path | None] = {"folder": None}

Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]
AsOf = Annotated[
    str, typer.Option("--as-of", metavar="DATE", help="Count whole days from this date (default: today).")
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


def choose_folder(folder: Path | None) -> None:
    """Remember what `-C` said."""
    _chosen["folder"] = folder


def chosen_folder() -> Path | None:
    """What `-C` said."""
    return _chosen["folder"]


def workspace() -> Workspace:
    """Open the workspace of this call."""
    from campaigns.workspace.project import Workspace

    return Workspace.open(_chosen["folder"], origin="cli")


def day(text: str, today: date) -> date:
    """The date that an option names, or today."""
    if not text:
        return today
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UserError("USE001", f"`{text}` is not a date.", hint="write it like 2026-11-24") from None


def moment(text: str) -> datetime | None:
    """The time that an option names, in the business time zone when it says none."""
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise UserError("USE001", f"`{text}` is not a time.", hint="write it like 2026-11-24T10:00") from None
    return found if found.tzinfo else found.replace(tzinfo=workspace().settings.zone)

"""The privacy officer's questions: notices, disclosures, the record of processing, the letter."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from campaigns.errors import UserError

if TYPE_CHECKING:
    from campaigns.reports.privacy import Record
    from campaigns.reports.privacy_notices import Standing
    from campaigns.workspace.project import Workspace


def notices(workspace: Workspace, controller: str = "") -> list[Standing]:
    """The versions of each notice and who last saw which. Raises `UserError` USE030 for no controller."""
    from campaigns.reports.privacy_notices import standings

    _known(workspace, controller)
    return standings(workspace.parts, day=workspace.today(), controller=controller)


def record(workspace: Workspace) -> Record:
    """The record of processing of the workspace, as it is now."""
    from campaigns.reports.privacy import gather

    return gather(workspace.parts, actor=workspace.actor, now=workspace.now())


def report(workspace: Workspace, *, to: str = "", force: bool = False) -> Path:
    """Write the record of processing as one HTML file below data/exports.

    Raises `Refused` RGT001 to RGT003 for a place that may not be written to.
    """
    from campaigns.reports.privacy_page import render

    page = render(record(workspace), zone=workspace.settings.zone)
    usual = f"privacy/record_of_processing_{workspace.today()}.html"
    return _write(workspace, to or usual, page, force=force or not to)


def _write(workspace: Workspace, file: str, content: bytes, *, force: bool) -> Path:
    """One file below data/exports, for its owner only."""
    from campaigns.rights.writing import write

    path = Path(file)
    if path.suffix != ".html":
        raise UserError("USE031", "the file is a web page.", hint="name it .html")
    folder = str(path.parent) if path.parent != Path() else "privacy"
    written = write(workspace.root, folder, {path.name: content}, usual=folder, force=force)
    return written.folder / path.name


def _known(workspace: Workspace, controller: str) -> None:
    if controller and controller not in workspace.settings.controllers:
        from campaigns.settings.binding import suggestion

        hint = suggestion(controller, workspace.settings.controllers)
        raise UserError("USE030", f"there is no controller called `{controller}`.", hint=hint)


def disclosed(workspace: Workspace, controller: str = "") -> list[dict[str, Any]]:
    """Every disclosure that was made, oldest first: what, to whom, of how many people."""
    import json

    from campaigns.ledger import disclosures

    _known(workspace, controller)
    with workspace.ledger.read() as connection:
        rows = disclosures.frame(connection, controller).to_dicts()
    return [
        {
            "disclosure": row["disclosure_id"],
            "at": row["at"].astimezone(workspace.settings.zone).isoformat(timespec="minutes"),
            "name": row["name"] or None,
            "controller": row["controller"],
            "recipient": row["recipient"],
            "channel": row["channel"],
            "purpose": row["purpose"],
            "categories": json.loads(row["categories"]),
            "what": row["what"],
            "persons": row["persons"],
            "expires_on": row["expires_on"],
            "actor": row["actor"],
        }
        for row in rows
    ]


def letter(workspace: Workspace, message_id: int, *, to: str = "", force: bool = False) -> Path:
    """Write the answer to "why did I get this?" for the person of one message; it is an entry of the audit.

    Raises `NotFound` LED021, `Refused` LET001 for a message that never left, RGT001 to RGT003 for a place
    that may not be written to.
    """
    from campaigns.reports.letter import letter as write
    from campaigns.workspace import auditing

    made = write(workspace.parts, message_id, now=workspace.now())
    auditing.note(
        workspace,
        "letter_written",
        controller=made.controller,
        person_id=made.person_id,
        details={"message": message_id, "unmasked": ["name"]},
    )
    usual = f"letters/message_{message_id}.html"
    return _write(workspace, to or usual, made.html(), force=force or not to)

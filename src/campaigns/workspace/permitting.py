"""What people say, written down from the command line, and whether anybody changed it since."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from campaigns.errors import NotFound, UserError

if TYPE_CHECKING:
    from campaigns.ledger.integrity import Verified
    from campaigns.workspace.project import Workspace


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    """What is to be written down, as somebody typed it; empty means not named."""

    kind: str
    channel: str = ""
    purpose: str = ""
    about: str = ""
    evidence: str = ""
    method: str = ""
    text_version: str = ""
    text_language: str = ""
    notice_version: str = ""
    guardian: str = ""
    source: str = ""
    at: datetime | None = None
    valid_until: datetime | None = None


def record(
    workspace: Workspace, person: str, said: Said, *, controller: str, everywhere: bool = False
) -> list[int]:
    """Record what a person said; the positions from which it holds.

    With `everywhere` it names no company and holds in each register. An address that nobody has keeps a
    refusal for whoever appears with it. Raises `NotFound` USE006, `UserError` USE007, USE013, PRM001 to
    PRM011.
    """
    from campaigns.ledger import audit
    from campaigns.permissions import recording

    registers = list(workspace.settings.controllers) if everywhere else [workspace.controller(controller)]
    _check_words(workspace, said, registers)
    people, addresses = _owners(workspace, person, registers)
    now = workspace.now()
    shown = recording.Shown(
        text_version=said.text_version or None,
        text_language=said.text_language or None,
        notice_version=said.notice_version or None,
        guardian=said.guardian or None,
    )
    with workspace.ledger.write() as connection:
        positions = recording.record(
            connection,
            people=people,
            addresses=addresses,
            kind=said.kind,
            channel=said.channel or None,
            purpose=said.purpose or None,
            about=said.about or None,
            evidence=said.evidence or None,
            method=said.method or None,
            shown=shown,
            valid_until=said.valid_until,
            at=said.at or now,
            now=now,
            source=said.source or workspace.origin,
        )
        for name, person_id in [*people, *((name, None) for name, _ in addresses)]:
            audit.record(
                connection,
                at=now,
                actor=workspace.actor,
                action="permission_recorded",
                controller=name,
                person_id=person_id,
                details={"position": positions[-1]},
            )
    return positions


def _check_words(workspace: Workspace, said: Said, registers: Sequence[str]) -> None:
    """Raises `UserError` PRM011 for a language, notice or source that there is not."""
    from campaigns.settings.binding import suggestion

    settings = workspace.settings
    notices = {version for name in registers for version in settings.controllers[name].notices}
    choices = (
        ("language", said.text_language, {"fi", "en", "sv"}),
        ("version of the privacy notice", said.notice_version, notices),
        ("source", said.source, {*settings.sources, workspace.origin}),
    )
    for name, word, known in choices:
        if word and word not in known:
            raise UserError("PRM011", f"`{word}` is no {name} of ours.", hint=suggestion(word, sorted(known)))


def _owners(
    workspace: Workspace, person: str, registers: Sequence[str]
) -> tuple[list[tuple[str, int]], list[tuple[str, str]]]:
    """Who it is in each register; where nobody has the address, its keyed digest."""
    people: list[tuple[str, int]] = []
    addresses: list[tuple[str, str]] = []
    address = _address(person)
    for name in registers:
        try:
            people.append(workspace.person(person, name))
        except NotFound:
            if address is not None:
                addresses.append((name, workspace.ledger.address_digest(name, *address)))
    if not people and not addresses:
        raise NotFound(
            "USE006",
            "nobody in this register has that id, address or number.",
            hint="a refusal can be kept for an e-mail address or a telephone number that nobody has yet",
        )
    return people, addresses


def _address(text: str) -> tuple[str, str] | None:
    """The channel and the plain form of an e-mail address or telephone number."""
    from campaigns.identifiers import BadIdentifier, email, phone

    try:
        return ("email", email.normalise(text)) if "@" in text else ("phone", phone.normalise(text).e164)
    except BadIdentifier:
        return None


def verify(workspace: Workspace) -> Verified:
    """Recompute every chain and seal of the ledger: events, audit, suppressions, decisions, approvals."""
    from dataclasses import replace

    from campaigns.ledger.integrity import verify as recompute
    from campaigns.ledger.verifying import everything

    with workspace.ledger.read() as connection:
        found = recompute(connection)
        return replace(found, broken=(*found.broken, *everything(connection)))


def message_of(workspace: Workspace, mailing: str, person: str) -> int:
    """The number of a person's newest message of a mailing, sent or withheld.

    Raises `UserError` USE009 when one of them is not named, `NotFound` USE011 when there is none.
    """
    import sqlalchemy as sa

    from campaigns.ledger.tables import messages as table

    if not mailing or not person:
        raise UserError("USE009", "say which message: its number, or --mailing and --person.")
    controller, person_id = workspace.person(person, workspace.mailings.load(mailing).controller)
    mine = (table.c.controller == controller) & (table.c.person_id == person_id)
    select = sa.select(sa.func.max(table.c.message_id)).where(mine & (table.c.mailing == mailing))
    with workspace.ledger.read() as connection:
        found = connection.execute(select).scalar_one()
    if found is None:
        raise NotFound("USE011", f"person {person_id} was in no plan of `{mailing}`.")
    return int(found)

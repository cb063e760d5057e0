"""What a person has permitted, at any time, and what a decision about them would be."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from campaigns.errors import UserError

if TYPE_CHECKING:
    import polars as pl

    from campaigns.permissions.requests import Request
    from campaigns.permissions.state import Words
    from campaigns.settings.model import Purpose
    from campaigns.workspace.project import Workspace

ADDRESSES = """
SELECT DISTINCT channel, value FROM contact_points
WHERE controller = $controller AND person_id = $person_id AND channel IN ('email', 'sms', 'phone', 'letter')
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """May this person get it? `purpose` is a marketer's word or one that permissions are recorded for."""

    purpose: str
    channel: str
    kind: str = ""  # of message; by default the first that the purpose has
    profiled: bool = False
    as_of: datetime | None = None


def show(
    workspace: Workspace, person: str, *, controller: str, as_of: datetime | None = None
) -> dict[str, Any]:
    """What stands of what a person said, and all of it with its proof; that it was looked at is recorded.

    With `as_of`: as it stood then, by what was true and recorded then.
    """
    from campaigns.permissions.attesting import attested
    from campaigns.permissions.view import permission_state
    from campaigns.workspace import auditing

    owner, person_id = workspace.person(person, controller)
    auditing.note(workspace, "permissions_shown", controller=owner, person_id=person_id)
    words, rows = _said(workspace, owner, person_id, as_of)
    state = permission_state(
        words, at=(as_of or workspace.now()).astimezone(UTC), attested=attested(workspace.settings)
    )
    return {
        "controller": owner,
        "person_id": person_id,
        "as_of": as_of.isoformat() if as_of else None,
        "state": [
            {name: row[name] for name in ("state", "channel", "purpose", "about", "position")}
            | {"since": _local(workspace, row["occurred_at"]), "until": _local(workspace, row["valid_until"])}
            for row in state.to_dicts()
        ],
        "events": [_event(workspace, row) for row in rows.to_dicts()],
    }


def _said(
    workspace: Workspace, owner: str, person_id: int, as_of: datetime | None
) -> tuple[Words, pl.DataFrame]:
    """The words about a person and about their addresses; in short, and whole."""
    import polars as pl

    from campaigns.ledger import permission_events
    from campaigns.ledger.tables import permission_events as table
    from campaigns.permissions import state

    with workspace.engine() as db:
        points = db.query(ADDRESSES, {"controller": owner, "person_id": person_id})
    digests = {
        workspace.ledger.address_digest(owner, channel, value) for channel, value in points.iter_rows()
    }
    mine = (table.c.controller == owner) & (
        (table.c.person_id == person_id) | (table.c.person_id.is_(None) & table.c.address_digest.in_(digests))
    )
    with workspace.ledger.read() as connection:
        short = state.read(workspace.ledger, connection, mine).with_columns(
            person_id=pl.lit(person_id, pl.Int64)
        )
        whole = permission_events.matching(connection, mine)
        position = workspace.ledger.position(connection)
    if as_of is not None:
        then = as_of.astimezone(UTC)
        known = (pl.col("occurred_at") <= then) & (pl.col("recorded_at") <= then)
        short, whole = short.filter(known), whole.filter(known)
    return state.Words(position=position, frame=short, suppressions=pl.DataFrame()), whole


def _event(workspace: Workspace, row: dict[str, Any]) -> dict[str, Any]:
    from campaigns.permissions.attesting import attestation_of
    from campaigns.permissions.events import KINDS

    proof = row["evidence"]
    if proof is None and KINDS[row["kind"]].widens:
        attestation = attestation_of(row["source"], row["occurred_at"], workspace.settings)
        proof = str(attestation) if attestation is not None else None
    return {
        "position": row["position"],
        "said": _local(workspace, row["occurred_at"]),
        "recorded": _local(workspace, row["recorded_at"]),
        "kind": row["kind"],
        "channel": row["channel"] or "all",
        "purpose": row["purpose"] or "all",
        "scope": row["scope"],
        "about_address": row["person_id"] is None,
        "until": _local(workspace, row["valid_until"]),
        "source": row["source"],
        "method": row["method"],
        "text": row["text_version"],
        "language": row["text_language"],
        "notice": row["notice_version"],
        "evidence": proof,
        "details": row["details"],
    }


def decide(workspace: Workspace, person: str, question: Question, *, controller: str) -> dict[str, Any]:
    """Allow or deny, with code, sentence, evidence, facts and what would change it.

    That it was asked is recorded. Raises `UserError` PRM006 for a purpose or channel that there is not,
    PRM012 for a kind of message.
    """
    import json

    import polars as pl

    from campaigns.permissions import state
    from campaigns.permissions.deciding import decide as answer
    from campaigns.permissions.facts import in_words
    from campaigns.permissions.rules import remedy, rule_version, sentence
    from campaigns.workspace import auditing

    owner, person_id = workspace.person(person, controller)
    request = _request(workspace, owner, question)
    auditing.note(workspace, "permission_decided", controller=owner, person_id=person_id)
    words = state.words(workspace.ledger)
    with workspace.engine() as db:
        found = answer(
            db,
            request,
            pl.DataFrame({"person_id": [person_id]}),
            settings=workspace.settings,
            ledger=workspace.ledger,
            words=words,
        ).row(0, named=True)
    facts = json.loads(found["facts"])
    _, said = _said(workspace, owner, person_id, None)
    event = said.filter(position=found["evidence"]).to_dicts() if found["evidence"] is not None else []
    return {
        "controller": owner,
        "person_id": person_id,
        "channel": request.channels[0],
        "purpose": request.purpose,
        "message_kind": request.message_kind,
        "at": request.at.isoformat(),
        "allowed": found["allowed"],
        "code": found["code"],
        "sentence": sentence(found["code"]),
        "remedy": remedy(found["code"], of_data=question.channel == "segment"),
        "evidence": _event(workspace, event[0]) if event else None,
        "facts": facts,
        "facts_in_words": in_words(facts),
        "rule_version": rule_version(workspace.settings),
        "ledger_position": words.position,
    }


def _request(workspace: Workspace, owner: str, question: Question) -> Request:
    from campaigns.permissions.recording import CHANNELS, PURPOSES
    from campaigns.permissions.requests import Request
    from campaigns.settings.binding import suggestion

    purposes = workspace.settings.purposes
    named: Purpose | None = purposes.get(question.purpose)
    for name, word, known in (
        ("purpose", question.purpose, [*purposes, *PURPOSES]),
        ("channel", question.channel, [*CHANNELS, "segment"]),
    ):
        if word not in known:
            raise UserError("PRM006", f"`{word}` is no {name} of ours.", hint=suggestion(word, known))
    kinds = ("marketing", "newsletter", "survey", "service", "contractual", "statutory", "reply")
    kind = question.kind or (named.kinds[0] if named else "")
    if kind not in (*kinds, "confirmation_request", "mixed", "none"):
        raise UserError("PRM012", f"`{kind}` is no kind of message.", hint=suggestion(kind, kinds))
    at = question.as_of or workspace.now()
    return Request(
        controller=owner,
        purpose=named.permission_purpose if named else question.purpose,
        topic=named.topic if named else "",
        duties=named.duties if named else (),
        message_kind=kind,
        channels=(question.channel,),
        profiled=question.profiled,
        at=at,
        as_of=question.as_of,
    )


def _local(workspace: Workspace, moment: datetime | None) -> str | None:
    return moment.astimezone(workspace.settings.zone).isoformat(timespec="minutes") if moment else None

"""Writing down what people say: through the unsubscribe link, on the telephone, from a webhook."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import datetime, timedelta
from typing import get_args

import sqlalchemy as sa

from campaigns.errors import UserError
from campaigns.identifiers.personal_codes import contains_certain
from campaigns.ledger import Ledger, permission_events
from campaigns.ledger.lists import among
from campaigns.ledger.permission_events import PermissionEvent
from campaigns.ledger.tables import permission_events as table
from campaigns.permissions.events import KINDS, known
from campaigns.settings.binding import suggestion
from campaigns.settings.model import Channel, PermissionPurpose

CHANNELS: tuple[str, ...] = get_args(Channel)
PURPOSES: tuple[str, ...] = get_args(PermissionPurpose)
_WIDENING = frozenset(word.kind for word in KINDS.values() if word.widens)
_AFTER = timedelta(microseconds=1)
# What a cookie banner offers, and what an ad platform asks for, in the words of the rules.
ADVERTISING = ("ad_user_data+ad_personalization", "no_ad_consent")
_ABOUT: Mapping[str, tuple[str, ...]] = {"cookie_consent": ("none", "analytics_only", "marketing")}


@dataclass(frozen=True, kw_only=True, slots=True)
class Unsubscribe:
    """What one press of an unsubscribe button says."""

    controller: str
    person_id: int
    channel: str
    purpose: str
    list_name: str = ""
    everything: bool = False
    now: datetime
    source: str = "web"
    message_id: int | None = None


def unsubscribe(
    ledger: Ledger,
    connection: sa.Connection,
    *,
    controller: str,
    person_id: int,
    channel: str,
    purpose: str,
    list_name: str = "",
    everything: bool = False,
    now: datetime,
    source: str,
    message_id: int | None = None,
) -> bool:
    """Record one press of an unsubscribe button; False when it was recorded before and still holds.

    It withdraws the consent for the channel and purpose and bans them, so that no soft opt-in and no duty
    brings the mail back; with `everything` it bans all marketing. In force when the transaction commits.
    """
    said = Unsubscribe(
        controller=controller,
        person_id=person_id,
        channel=channel,
        purpose=purpose,
        list_name=list_name,
        everything=everything,
        now=now,
        source=source,
        message_id=message_id,
    )
    return unsubscribe_all(ledger, connection, [said]) > 0


def unsubscribe_all(ledger: Ledger, connection: sa.Connection, presses: Sequence[Unsubscribe]) -> int:
    """Record many presses in one go; how many people's words were new. For group commit: the statements
    are the same few for one press and for a hundred.
    """
    ledger.take_positions(connection, 0)  # takes the turn: no other writer comes between look and append
    told = _told(connection, {press.person_id for press in presses})
    events: dict[str, PermissionEvent] = {}
    for press in presses:
        mine = told.get((press.controller, press.person_id), [])
        events |= {event.event_id: event for event in _events(press, mine)}
    recorded = {row.event_id for rows in told.values() for row in rows}
    new = [event for event in events.values() if event.event_id not in recorded]
    permission_events.append(connection, new)
    return len({(event.controller, event.person_id) for event in new})


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """What the person saw or heard when saying it: part of the proof."""

    text_version: str | None = None  # of the words that were shown or read out
    text_language: str | None = None
    notice_version: str | None = None
    guardian: str | None = None  # who consented for a child: a reference, not a name


def record(
    connection: sa.Connection,
    *,
    people: Sequence[tuple[str, int]] = (),
    addresses: Sequence[tuple[str, str]] = (),
    kind: str,
    channel: str | None = None,
    purpose: str | None = None,
    about: str | None = None,
    evidence: str | None = None,
    method: str | None = None,
    shown: Shown = Shown(),
    valid_until: datetime | None = None,
    at: datetime,
    now: datetime,
    source: str,
) -> list[int]:
    """Record what a person said to somebody; the positions of the events.

    `people` are (controller, person_id): one, or the same human in several registers when a ban names no
    company (the shared postal address), which then holds in each. `addresses` are (controller, keyed digest)
    where nobody has the address yet: a refusal holds for whoever appears with it. `evidence` is where the
    proof is. The same word with the same time and proof is one event, however often it is recorded.

    Raises `UserError` PRM001 to PRM010 when something is missing or cannot be.
    """
    found = check(kind, channel=channel, purpose=purpose, about=about)
    _check_proof(found, evidence, shown, at=at, now=now, valid_until=valid_until)
    if addresses and KINDS[found].widens:
        raise UserError(
            "PRM010", "nobody in the register has this address.", hint="only refusals are kept for an address"
        )
    owners: list[tuple[str, int | None, str | None]] = [(name, number, None) for name, number in people]
    owners += [(name, None, digest) for name, digest in addresses]
    said = (found, channel, purpose, about, at.isoformat(), valid_until, evidence, *astuple(shown))
    details = {"about": about, "guardian": shown.guardian}
    events = [
        PermissionEvent(
            event_id=_digest("record", *owner, *said),
            controller=owner[0],
            person_id=owner[1],
            address_digest=owner[2],
            kind=found,
            channel=channel,
            purpose=purpose,
            scope="controller" if len(owners) == 1 else "unscoped",
            occurred_at=at,
            recorded_at=now,
            valid_until=valid_until,
            source=source,
            method=method,
            text_version=shown.text_version,
            text_language=shown.text_language,
            notice_version=shown.notice_version,
            evidence=evidence,
            details={name: value for name, value in details.items() if value},
        )
        for owner in owners
    ]
    permission_events.append(connection, events)
    mine = among(connection, table.c.event_id, [event.event_id for event in events])
    return list(connection.scalars(sa.select(table.c.position).where(mine).order_by(table.c.position)))


def _check_proof(
    kind: str,
    evidence: str | None,
    shown: Shown,
    *,
    at: datetime,
    now: datetime,
    valid_until: datetime | None,
) -> None:
    """What a word of that kind must be shown with. Raises `UserError` PRM004, PRM005, PRM007 to PRM009."""
    widens = KINDS[kind].widens
    if widens and not evidence:
        raise UserError("PRM004", f"`{kind}` needs its proof.", hint="say where the proof is: --evidence")
    if at > now:
        raise UserError(
            "PRM005", "nobody can have said this in the future.", hint="give the time it was said"
        )
    if valid_until is not None and (not widens or valid_until <= at):
        raise UserError(
            "PRM007",
            "only a permission can run out, and only after it was given.",
            hint="look at --valid-until",
        )
    if kind == "guardian_granted" and not shown.guardian:
        raise UserError("PRM008", "who is the guardian?", hint="give a reference, not a name: --guardian")
    if any(contains_certain(text) for text in (evidence, *astuple(shown)) if text):
        raise UserError(
            "PRM009", "this looks like a personal identity code.", hint="leave it out: it is never stored"
        )


def check(kind: str, *, channel: str | None, purpose: str | None, about: str | None = None) -> str:
    """The kind that a word means, when it has all it needs. Raises `UserError` PRM001 to PRM003, PRM006."""
    found = known(kind)
    if found is None:
        raise UserError("PRM001", f"`{kind}` is no kind of permission event.", hint=suggestion(kind, KINDS))
    if found == "erased":
        raise UserError("PRM001", "erasing is more than a word.", hint="use: campaigns rights erase PERSON")
    choices = _ABOUT.get(found, ()) or (ADVERTISING if purpose == "online_advertising" else ())
    for name, value, words in (
        ("channel", channel, CHANNELS),
        ("purpose", purpose, PURPOSES),
        ("`about`", about if choices else None, choices),
    ):
        if value and value not in words:
            raise UserError("PRM006", f"`{value}` is no {name} of ours.", hint=suggestion(value, words))
    word = KINDS[found]
    given = {"channel": channel, "purpose": purpose, "about": about}
    for name in word.needs:
        if not given[name] and not (name == "channel" and purpose == "profiling"):
            raise UserError("PRM002", f"`{found}` needs a {name}: {word.meaning}.", hint=f"add the {name}")
    for name in ("channel", "purpose"):
        if given[name] and name not in (*word.needs, *word.may):
            raise UserError(
                "PRM003", f"`{found}` has no {name}: {word.meaning}.", hint=f"leave the {name} out"
            )
    return found


@dataclass(frozen=True, kw_only=True, slots=True)
class _Told:
    event_id: str
    kind: str
    channel: str | None
    purpose: str | None
    occurred_at: datetime


def _told(connection: sa.Connection, person_ids: Iterable[int]) -> dict[tuple[str, int], list[_Told]]:
    """What each person has said before."""
    columns = [table.c[name] for name in ("controller", "person_id", *_Told.__dataclass_fields__)]
    select = sa.select(*columns).where(among(connection, table.c.person_id, person_ids))
    found: dict[tuple[str, int], list[_Told]] = {}
    for controller, person_id, *rest in connection.execute(select.order_by(table.c.position)):
        said = _Told(**dict(zip(_Told.__dataclass_fields__, rest, strict=True)))
        found.setdefault((controller, person_id), []).append(said)
    return found


def _events(press: Unsubscribe, told: Sequence[_Told]) -> list[PermissionEvent]:
    """A withdrawal and a ban, or a ban of everything.

    Their ids name the newest permission that they end: pressing again changes nothing, and pressing after a
    new consent counts. They are the person's latest word even when another machine's clock ran ahead.
    """
    permissions = [said for said in told if said.kind in _WIDENING and _is_ended(said, press)]
    ended = permissions[-1].event_id if permissions else ""
    at = max([press.now, *(said.occurred_at + _AFTER for said in permissions)])
    parts: list[tuple[str, str | None, str | None]] = [("ban_all", None, None)]
    if not press.everything:
        parts = [("withdrawn", press.channel, press.purpose), ("ban_channel", press.channel, press.purpose)]
    details = {"list": press.list_name} if press.list_name else {}
    if press.message_id is not None:
        details["message_id"] = str(press.message_id)
    return [
        PermissionEvent(
            event_id=_digest("unsubscribe", press.controller, press.person_id, *part, ended),
            controller=press.controller,
            person_id=press.person_id,
            kind=part[0],
            channel=part[1],
            purpose=part[2],
            occurred_at=at,
            recorded_at=at,
            source=press.source,
            method="one_click",
            details=details,
        )
        for part in parts
    ]


def _is_ended(said: _Told, press: Unsubscribe) -> bool:
    """Whether this permission is one that the press takes away."""
    return press.everything or (
        said.channel in (None, press.channel) and said.purpose in (None, press.purpose)
    )


def _digest(*parts: object) -> str:
    text = "\x1f".join("" if part is None else str(part) for part in parts)
    return hashlib.sha256(text.encode()).hexdigest()

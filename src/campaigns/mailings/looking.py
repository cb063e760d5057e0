"""Looking at a message before anybody gets it: rendered for one person, or sent to oneself.

Both are recorded, because somebody sees a person's values. Their links do nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

import polars as pl

from campaigns.content.rendering import Rendered
from campaigns.engine import connect
from campaigns.errors import NotFound, Refused, UserError
from campaigns.ledger import audit
from campaigns.mailings.audience import MESSAGE, Asking, people_of
from campaigns.mailings.recipients import Recipient, newest_site, recipients, values_of
from campaigns.mailings.writing import Writer
from campaigns.register.disclosing import hidden

if TYPE_CHECKING:
    from campaigns.channels.protocol import Channel, Outcome
    from campaigns.engine import Engine
    from campaigns.mailings.library import Mailing
    from campaigns.mailings.parts import Parts

MARK = "[TEST] "
NO_MESSAGE = 0  # messages are numbered from 1
NOBODY = "nobody@example.invalid"  # stands for an address that is not there
MEMORY = "2GB"


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """One person's message as it would be, but for its links. `payload` is the whole mail."""

    person_id: int
    language: str
    subject: str
    preheader: str = field(repr=False)
    html: str = field(repr=False)
    text: str = field(repr=False)
    payload: bytes = field(repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class SentTest:
    """A test message that was handed over."""

    to: str
    subject: str
    outcome: Outcome

    def __str__(self) -> str:
        return f"test message to {self.to}: {self.outcome.state} {self.outcome.detail}".rstrip()


def look(parts: Parts, name: str, person_id: int, *, actor: str) -> Look:
    """Render the message that one person would get.

    Raises `NotFound` MAI027 for somebody who is not in the register, `UserError` CON… naming the value that
    is missing.
    """
    mailing, now = parts.mailings.load(name), parts.clock()
    with _asking(parts, mailing, now) as asking:
        recipient, _ = _recipient(mailing, asking, person_id)
    writer = Writer(parts, mailing, form="bytes")
    links, language = writer.inert_links(), mailing.template.language_for(recipient.language)
    rendered = writer.render(recipient, language, links=links, now=now)
    outgoing = writer.finish(
        rendered,
        message_id=NO_MESSAGE,
        to=recipient.address or "nobody@example.invalid",
        links=links,
        now=now,
    )
    _record(parts, mailing, person_id, actor=actor, action="message_rendered", now=now)
    return Look(
        person_id=person_id,
        language=language,
        subject=rendered.subject,
        preheader=rendered.preheader,
        html=rendered.html,
        text=rendered.text,
        payload=outgoing.payload,
    )


def send_test(
    parts: Parts,
    name: str,
    *,
    to: str,
    actor: str,
    person_id: int | None = None,
    channel: Channel | None = None,
) -> SentTest:
    """Send a copy to an address of `test_addresses`: marked [TEST], links that do nothing, counted nowhere.

    It shows the values of `person_id`, or of the first person of the mailing. Raises `Refused` MAI026 for
    another address, NO_PROCESSOR_AGREEMENT or TRANSFER_NOT_COVERED, `NotFound` MAI027, `UserError` CON….
    """
    from campaigns.channels.covering import refuse_uncovered
    from campaigns.channels.opening import open_channel

    mailing, now = parts.mailings.load(name), parts.clock()
    allowed = parts.settings.channels[mailing.channel].test_addresses
    if to.lower() not in (address.lower() for address in allowed):
        raise Refused(
            "MAI026",
            "test messages go to test_addresses of campaigns.yml only.",
            hint=f"they are: {', '.join(allowed) or 'none yet'}",
        )
    refuse_uncovered(parts.settings, mailing.channel, now.astimezone(parts.settings.zone).date())
    opened = channel or open_channel(parts.settings, mailing.channel, parts.data)
    with _asking(parts, mailing, now) as asking:
        recipient, shown = _recipient(mailing, asking, person_id)
    writer = Writer(parts, mailing, form=opened.form)
    links, language = writer.inert_links(), mailing.template.language_for(recipient.language)
    rendered = _marked(writer.render(recipient, language, links=links, now=now))
    outgoing = writer.finish(rendered, message_id=NO_MESSAGE, to=to, links=links, now=now)
    _record(parts, mailing, shown, actor=actor, action="test_sent", now=now)
    connection = opened.connect()
    try:
        ((_, outcome),) = connection.hand_over([outgoing], before_first_byte=lambda leaving: leaving)
    finally:
        connection.close()
    return SentTest(to=to, subject=rendered.subject, outcome=outcome)


def _marked(rendered: Rendered) -> Rendered:
    return replace(rendered, subject=MARK + rendered.subject)


@contextmanager
def _asking(parts: Parts, mailing: Mailing, now: datetime) -> Iterator[Asking]:
    day = now.astimezone(parts.settings.zone).date()
    closed = hidden(parts.settings, mailing.purpose, day=day)
    with parts.lake.snapshot() as snapshot, connect(snapshot, hidden=closed, memory_limit=MEMORY) as db:
        yield Asking(parts=parts, db=db, as_of=day, at=now)


def _recipient(mailing: Mailing, asking: Asking, person_id: int | None) -> tuple[Recipient, int]:
    """The values of a person and who it is; the first of the mailing when none is named."""
    people = people_of(mailing, asking)
    if person_id is None:
        people = people.filter(pl.col("outcome") == MESSAGE).head(1)
        if people.is_empty():
            raise UserError("MAI027", f"nobody gets {mailing.name} now.", hint="name somebody: --as PERSON")
        person_id = int(people["person_id"][0])
    mine = people.filter(pl.col("person_id") == person_id)
    site = mine["site_id"][0] if len(mine) else _newest_site(asking.db, mailing, person_id, asking)
    asked = pl.DataFrame(
        {"person_id": [person_id], "site_id": [site]}, schema={"person_id": pl.Int64, "site_id": pl.Int64}
    )
    frame = values_of(
        asking.db,
        asked,
        template=mailing.template,
        controller=mailing.controller,
        channel=mailing.channel,
        day=asking.as_of,
    )
    if not frame["known"][0]:
        raise NotFound("MAI027", f"there is no person {person_id} in the register of {mailing.controller}.")
    return next(recipients(frame)), person_id


def _newest_site(db: Engine, mailing: Mailing, person_id: int, asking: Asking) -> int | None:
    return newest_site(db, person_id, controller=mailing.controller, day=asking.as_of)


def _record(
    parts: Parts, mailing: Mailing, person_id: int, *, actor: str, action: str, now: datetime
) -> None:
    with parts.ledger.write() as connection:
        audit.record(
            connection,
            at=now,
            actor=actor,
            action=action,
            controller=mailing.controller,
            person_id=person_id,
            details={"mailing": mailing.name},
        )

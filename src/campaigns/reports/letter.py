"""Why did I get this? One page for the person, in their language, about one message.

It rests on the same evidence as `campaigns evidence`; whoever writes it is recorded by the caller.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import polars as pl

from campaigns.content import formats
from campaigns.engine import connect, queries
from campaigns.errors import CampaignsError, Refused
from campaigns.ledger import messages, permission_events
from campaigns.ledger.keys import medium
from campaigns.reports.evidence import Decision, Evidence, evidence
from campaigns.reports.letter_words import Words, words
from campaigns.reports.privacy_page import environment
from campaigns.settings.model import MARKETING_KINDS

if TYPE_CHECKING:
    from campaigns.mailings.library import Mailing
    from campaigns.mailings.parts import Parts

LEFT = ("sent", "unknown")
_REFUSALS = ("withdrawn", "ban_all", "ban_channel", "ban_company", "complaint")


@dataclass(frozen=True, kw_only=True, slots=True)
class Letter:
    """The letter's parts, as finished sentences; `sections` are (heading, sentences)."""

    language: str
    controller: str
    person_id: int
    company: str
    title: str
    name: str
    written: str
    number: str
    sections: tuple[tuple[str, tuple[str, ...]], ...]

    def html(self) -> bytes:
        """The page, UTF-8: no script, nothing from elsewhere, one sheet of A4."""
        return environment().get_template("letter.html").render(letter=self).encode()


def letter(parts: Parts, message_id: int, *, now: datetime) -> Letter:
    """The answer about one message.

    Raises `NotFound` LED021, `Refused` LET001 for a message that never left.
    """
    found = evidence(parts.ledger, message_id, parts.settings)
    if found.state not in LEFT:
        raise Refused(
            "LET001",
            f"message {message_id} was not sent: its state is {found.state}.",
            hint=f"campaigns evidence {message_id} shows why",
        )
    person = next(iter(_rows(parts, "person", found)), {})
    with parts.ledger.read() as connection:
        row = messages.get(connection, message_id)
    return _Writing(parts, found, words(person.get("language") or row.language or ""), row).letter(
        person, now
    )


def _rows(parts: Parts, name: str, found: Evidence, **more: object) -> list[dict[str, Any]]:
    """What the lake says about the person of the message; nothing when the register has them no more."""
    sql = queries.load("campaigns.reports", "letter.sql")[name]
    with parts.lake.snapshot() as snapshot, connect(snapshot) as db:
        asked = {"controller": found.controller, "person_id": found.person_id, **more}
        return db.query(sql, asked).to_dicts()


class _Writing:
    """One letter while it is written."""

    def __init__(self, parts: Parts, found: Evidence, say: Words, row: Any) -> None:
        self._parts, self._found, self._say, self._row = parts, found, say, row
        self._ours = parts.settings.controllers[found.controller]

    def letter(self, person: dict[str, Any], now: datetime) -> Letter:
        say = self._say
        decision = self._decision()
        name = " ".join(part for part in (person.get("first_name"), person.get("last_name")) if part)
        sections = [
            ("what", self._what()),
            ("whose", (say("whose.text", company=self._ours.name),)),
            ("why", (say(f"basis.{decision.code}"),)),
            ("said", self._said(decision)),
            ("since", self._since()),
            ("address", self._address()),
            ("stop", (self._stop(),)),
            ("rights", (say("rights.text", url=self._ours.privacy_url),)),
            ("ombudsman", (say("ombudsman.text"),)),
            ("contact", (self._contact(),)),
        ]
        return Letter(
            language=say.language,
            controller=self._found.controller,
            person_id=self._found.person_id,
            company=self._ours.name,
            title=say("title"),
            name=name,
            written=self._day(now),
            number=f"{say('number')} {self._found.message_id}",
            sections=tuple((say(key), texts) for key, texts in sections if texts),
        )

    def _decision(self) -> Decision:
        """The last decision that allowed it: at hand-over, or at the plan when that one still held."""
        return [each for each in self._found.decisions if each.allowed][-1]

    def _what(self) -> tuple[str, ...]:
        say, mailing = self._say, self._mailing()
        moment = self._found.handed_over_at
        told = say(
            f"what.{self._found.state}",
            channel=say(f"channel.{self._found.channel}"),
            when=self._moment(moment),
            about=self._about(mailing),
        )
        subject = mailing.template.message.subject.get(self._message_language(mailing), "") if mailing else ""  # type: ignore[call-overload]  # a Language
        plain = subject and "{{" not in subject and "{%" not in subject
        return (told, say("what.subject", subject=subject)) if plain else (told,)

    def _mailing(self) -> Mailing | None:
        """The mailing as its files are now; none when they are gone or broken."""
        try:
            return self._parts.mailings.as_planned().load(self._found.mailing)
        except CampaignsError:
            return None

    def _message_language(self, mailing: Mailing) -> str:
        return mailing.template.language_for(self._row.language)

    def _about(self, mailing: Mailing | None) -> str:
        if mailing is None:
            return self._found.mailing.replace("_", " ")
        titles = self._parts.settings.purposes[mailing.purpose].title
        return str(titles.get(self._say.language) or titles.get("fi") or next(iter(titles.values())))  # type: ignore[call-overload]  # a Language

    def _said(self, decision: Decision) -> tuple[str, ...]:
        say, word = self._say, decision.word
        if word is None:
            return (say("said.none"),)
        told = [
            say.of(
                "said",
                word["kind"],
                date=self._day(word["occurred_at"]),
                purpose=say(f"purpose.{word['purpose'] or 'all'}"),
                channel=say(f"by.{word['channel'] or 'all'}"),
            )
        ]
        if word["method"]:
            told.append(say("said.method", method=say.of("method", word["method"], method=word["method"])))
        if word["text_version"]:
            shown = word["text_language"] or say.language
            told.append(
                say(
                    "said.text",
                    version=say("quoted", text=word["text_version"]),
                    language=say(f"language.{shown}"),
                )
            )
        if word["notice_version"]:
            told.append(say("said.notice", version=word["notice_version"]))
        if word["evidence"]:
            told.append(say("said.evidence", evidence=say("quoted", text=word["evidence"])))
        return tuple(told)

    def _since(self) -> tuple[str, ...]:
        """The latest refusal after the message left."""
        left = self._found.handed_over_at
        with self._parts.ledger.read() as connection:
            said = permission_events.of_person(connection, self._found.controller, self._found.person_id)
        later = said.filter(pl.col("kind").is_in(_REFUSALS))
        if left is not None:
            later = later.filter(pl.col("occurred_at") >= left)
        return () if later.is_empty() else (self._say("since.ban", date=self._day(later["occurred_at"][-1])),)

    def _address(self) -> tuple[str, ...]:
        """The address that was used, masked, and where it is from."""
        found, say = self._found, self._say
        for row in _rows(self._parts, "addresses", found, channel=found.channel):
            digest = self._parts.ledger.address_digest(found.controller, medium(found.channel), row["value"])
            if self._row.address_digest in (None, digest):
                told = say("address.text", address=_masked(row["value"]), source=self._source(row))
                since = row["valid_from"]
                return (told, say("address.since", date=self._day(since))) if since else (told,)
        return (say("address.gone"),)

    def _source(self, row: dict[str, Any]) -> str:
        source = row["source"] or "?"
        known = self._parts.settings.sources.get(source)
        word = "sale" if row["from_sale"] else known.kind if known else "other"
        return self._say.of("source", word, source=source)

    def _stop(self) -> str:
        mailing = self._mailing()
        kind = mailing.kind if mailing else "marketing"
        key = "stop.marketing" if kind in MARKETING_KINDS else "stop.service"
        return self._say(key, email=self._ours.email, phone=_whole(self._ours.phone))

    def _contact(self) -> str:
        ours = self._ours
        return self._say(
            "contact.text",
            company=ours.name,
            address=ours.address,
            phone=_whole(ours.phone),
            email=ours.email,
            officer=ours.privacy_officer,
        )

    def _moment(self, moment: datetime | None) -> str:
        if moment is None:
            return ""
        local = moment.astimezone(self._parts.settings.zone)
        clock = f"{local:%H:%M}" if self._say.language == "en" else f"{local:%H.%M}"
        return f"{self._day(moment)} {clock}"

    def _day(self, moment: datetime | date) -> str:
        day = moment.astimezone(self._parts.settings.zone).date() if isinstance(moment, datetime) else moment
        return formats.day(day, "long", language=self._say.language)


def _whole(number: str) -> str:
    """A telephone number that stays on one line."""
    return number.replace(" ", formats.NO_BREAK_SPACE)


def _masked(address: str) -> str:
    """`m…@example.fi`, `…4567`, or the last line of a letter's address: enough for its owner to know it."""
    local, at, domain = address.partition("@")
    if at:
        return f"{local[:1]}…@{domain}"
    return f"…{address[-4:]}" if "\n" not in address else address.splitlines()[-1]

"""Stretches of a plan with everything that their hand-over needs, from the newest lake snapshot.

A window knows some thousand people: their values and addresses, a fresh decision about each, and who shares
an address with whom. One query a window and kind of fact; never one a message.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import polars as pl

from campaigns.errors import UserError
from campaigns.ledger import tokens
from campaigns.ledger.claims import Claimed
from campaigns.ledger.keys import address_digest
from campaigns.ledger.lanes import Lane
from campaigns.mailings.recipients import Recipient, recipients
from campaigns.mailings.sending.desk import Verdict
from campaigns.mailings.sending.words import company_words, words_about
from campaigns.mailings.writing import reason_of
from campaigns.permissions.state import Words

if TYPE_CHECKING:
    from campaigns.channels.protocol import Outgoing
    from campaigns.mailings.sending.sources import Source

TOKENS_AT_ONCE = 1_000  # people who get a token key in one transaction: the web page writes in between


class LakeWindow:
    """One stretch of messages. Threads of one process share it."""

    def __init__(self, source: Source, rows: pl.DataFrame) -> None:
        """`rows` as `ledger.messages.window` gives them."""
        self._source = source
        self._rows = rows
        self._turn = threading.RLock()
        self._day = source.day()
        self._lake = source.lake_snapshot
        people = rows["person_id"].to_list()
        self._place = {person_id: place for place, person_id in enumerate(people)}
        self._frame = source.values(rows, self._day)
        self._digests = self._digests_of(self._frame["address"])
        self._owners = self._owners_of_digests()
        self._sharers = source.sharers(rows)
        self._companies = company_words(source.parts.ledger, source.plan.controller)
        self.position = source.parts.ledger.position()
        self._verdicts: dict[int, Verdict] = {}
        self._stale: set[int] = set(people)
        self.verdicts(people)
        self._token_keys: dict[int, bytes] = {}
        self._give_keys([person_id for person_id in people if self._verdicts[person_id].allowed])

    @property
    def low(self) -> int:
        """The first message number that it covers."""
        return int(self._rows["message_id"][0])

    @property
    def high(self) -> int:
        """The last."""
        return int(self._rows["message_id"][-1])

    def is_current(self) -> bool:
        """False when a new lake snapshot or a new day asks for a new window."""
        return self._source.lake_snapshot == self._lake and self._source.day() == self._day

    def catch_up(self, lane: Lane) -> int:
        """Note whom the newest facts are about; the position that `verdicts` hold for from now on."""
        with self._turn:
            position = lane.look().position
            if position != self.position:
                touched = lane.touched_since(self.position)
                self._stale.update(self._concerned(touched.person_ids, touched.address_digests))
                if touched.everybody:
                    self._companies = company_words(self._source.parts.ledger, self._source.plan.controller)
                    self._stale.update(self._place)
                self.position = position
            return self.position

    def verdicts(self, person_ids: Collection[int]) -> Mapping[int, Verdict]:
        """The decisions about people of the window; a new record for whoever had to be decided again."""
        with self._turn:
            again = [person_id for person_id in person_ids if person_id in self._stale]
            if again:
                words = self._words_about(again)
                self._verdicts.update(
                    self._source.decide(again, words, among=self._place, position=words.position)
                )
                self._stale.difference_update(again)
            return {person_id: self._verdicts[person_id] for person_id in person_ids}

    def address_digest(self, person_id: int) -> str | None:
        """The keyed digest of where the person gets it now; None when there is no address any more."""
        return self._digests[self._place[person_id]]

    def write(self, messages: Iterable[Claimed]) -> tuple[list[Outgoing], dict[int, str]]:
        """The finished messages in order, and a reason code for each that cannot be written."""
        ready: list[Outgoing] = []
        unwritten: dict[int, str] = {}
        listed = list(messages)
        self._give_keys([message.person_id for message in listed])
        places = [self._place[message.person_id] for message in listed]
        for message, recipient in zip(listed, recipients(self._frame[places]), strict=True):
            try:
                ready.append(self._one(message, recipient))
            except UserError as error:
                unwritten[message.message_id] = reason_of(error)
        return ready, unwritten

    def _one(self, message: Claimed, recipient: Recipient) -> Outgoing:
        writer, now = self._source.writer, self._source.now()
        links = writer.links(self._token_keys[message.person_id])
        rendered = writer.render(recipient, message.language or "", links=links, now=now)
        to = recipient.address or ""
        return writer.finish(rendered, message_id=message.message_id, to=to, links=links, now=now)

    def _concerned(self, person_ids: Iterable[int], digests: Iterable[str]) -> set[int]:
        """People of the window whom facts about these persons and addresses may concern."""
        found = {person_id for person_id in person_ids if person_id in self._place}
        for person_id in person_ids:
            found |= self._sharers.get(person_id, set())
        for digest in digests:
            found |= self._owners.get(digest, set())
        return found

    def _words_about(self, person_ids: Sequence[int]) -> Words:
        """What they have said, and whoever shares an address with one of them."""
        asked = set(person_ids)
        others = [other for other, mine in self._sharers.items() if mine & asked]
        digests = [digest for digest, owners in self._owners.items() if owners & asked]
        ledger, controller = self._source.parts.ledger, self._source.plan.controller
        return words_about(ledger, controller, [*asked, *others], digests, companies=self._companies)

    def _digests_of(self, addresses: pl.Series) -> list[str | None]:
        key = self._source.parts.ledger.address_key(
            self._source.plan.controller, self._source.mailing.channel
        )
        return [None if address is None else address_digest(key, address) for address in addresses]

    def _owners_of_digests(self) -> dict[str, set[int]]:
        """Who has the address of a digest."""
        owners: dict[str, set[int]] = {}
        for person_id, digest in zip(self._rows["person_id"], self._digests, strict=True):
            if digest is not None:
                owners.setdefault(digest, set()).add(person_id)
        return owners

    def _give_keys(self, person_ids: Collection[int]) -> None:
        """Token keys for those who have none here yet, made where there are none at all."""
        missing = [person_id for person_id in person_ids if person_id not in self._token_keys]
        ledger, controller = self._source.parts.ledger, self._source.plan.controller
        for start in range(0, len(missing), TOKENS_AT_ONCE):
            with ledger.write() as connection:
                some = missing[start : start + TOKENS_AT_ONCE]
                self._token_keys |= tokens.token_keys(connection, controller, some)

"""The words that permissions are recorded in.

A word is either consent's (it may widen or narrow one channel and purpose) or a refusal's (it only narrows).
Where words meet, the person's latest one wins, and at one instant the narrowing one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from campaigns.ledger.permission_events import PermissionEvent

__all__ = ["ALIASES", "KINDS", "PermissionEvent", "Word", "event_id", "known"]

Family = Literal["consent", "ban", "objection", "restriction", "register", "topic", "end"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Word:
    """One kind of permission event.

    `needs` are the fields that it must have, `may` those it may have besides; a channel or purpose that is
    not named means all of them. `widens` says that the word can only permit, never forbid.
    """

    kind: str
    family: Family
    meaning: str
    needs: tuple[str, ...] = ()
    may: tuple[str, ...] = ()
    widens: bool = False


_WORDS = (
    Word(
        kind="granted",
        family="consent",
        meaning="the person consents, for one channel and one purpose",
        needs=("channel", "purpose"),
        widens=True,
    ),
    Word(
        kind="guardian_granted",
        family="consent",
        meaning="a minor's guardian consents, for one channel and one purpose",
        needs=("channel", "purpose"),
        widens=True,
    ),
    Word(
        kind="requested",
        family="consent",
        meaning="somebody typed the address into a form; nothing is permitted until it is confirmed",
        needs=("channel", "purpose"),
    ),
    Word(
        kind="confirmed",
        family="consent",
        meaning="the owner of the address pressed the link of the confirmation mail",
        needs=("channel", "purpose"),
        widens=True,
    ),
    Word(
        kind="withdrawn",
        family="consent",
        meaning="the person takes a consent back; without a channel or purpose, all of them",
        may=("channel", "purpose"),
    ),
    Word(
        kind="invalidated",
        family="consent",
        meaning="we found that a consent was never valid: a ticked box, a condition",
        may=("channel", "purpose"),
    ),
    Word(
        kind="ban_all",
        family="ban",
        meaning="no direct marketing and no research at all from this company",
    ),
    Word(
        kind="ban_channel",
        family="ban",
        meaning="nothing on this channel, or nothing for this purpose",
        may=("channel", "purpose"),
    ),
    Word(
        kind="ban_company",
        family="ban",
        meaning="an organisation wants no marketing for anybody who works there",
        may=("about",),
    ),
    Word(
        kind="complaint",
        family="ban",
        meaning="the person pressed the spam button",
        needs=("channel",),
    ),
    Word(
        kind="profiling_objection",
        family="objection",
        meaning="the person is in no profiled segment and no model",
    ),
    Word(
        kind="research_objection",
        family="objection",
        meaning="no surveys and no market research",
    ),
    Word(
        kind="objection_pending",
        family="restriction",
        meaning="an objection under Art. 21(1) is being looked at",
    ),
    Word(kind="restricted_marketing", family="restriction", meaning="data is kept, not used for marketing"),
    Word(kind="restricted_all", family="restriction", meaning="data is kept, not used for anything"),
    Word(
        kind="restriction_lifted",
        family="restriction",
        meaning="restrictions until now are over, and we told the person",
        widens=True,
    ),
    Word(kind="robinson_post", family="register", meaning="on the Robinson list for letters"),
    Word(kind="robinson_phone", family="register", meaning="on the Robinson list for telephone"),
    Word(kind="robinson_removed", family="register", meaning="no longer on a Robinson list", widens=True),
    Word(
        kind="register_ban",
        family="register",
        meaning="the population register forbids the use of its addresses for direct marketing",
    ),
    Word(
        kind="topic_subscribed",
        family="topic",
        meaning="the person wants this topic of a newsletter",
        needs=("about",),
        widens=True,
    ),
    Word(
        kind="topic_unsubscribed",
        family="topic",
        meaning="the person does not want this topic of a newsletter",
        needs=("about",),
    ),
    Word(
        kind="cookie_consent",
        family="topic",
        meaning="what the person chose in the cookie banner: none, analytics_only or marketing",
        needs=("about",),
        widens=True,
    ),
    Word(kind="erased", family="end", meaning="the person was erased on request and stays so"),
)

KINDS: Mapping[str, Word] = MappingProxyType({word.kind: word for word in _WORDS})

# What people and source systems say, and the word that it is.
ALIASES: Mapping[str, str] = MappingProxyType(
    {
        "consent": "granted",
        "grant": "granted",
        "withdrawal": "withdrawn",
        "withdraw": "withdrawn",
        "ban": "ban_channel",
        "spam_complaint": "complaint",
        "objection": "profiling_objection",
        "restriction": "restricted_all",
    }
)


def known(word: str) -> str | None:
    """The kind that a word means; None when it is none of ours."""
    kind = word.strip().lower()
    kind = ALIASES.get(kind, kind)
    return kind if kind in KINDS else None


def event_id(controller: str, source: str, source_id: str) -> str:
    """The natural key of an event that a source system numbers."""
    return hashlib.sha256("\x1f".join((controller, source, source_id)).encode()).hexdigest()

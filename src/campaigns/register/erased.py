"""Addresses and customer numbers of erased people, known by keyed digests: a source may still send them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import polars as pl

from campaigns.identifiers import BadIdentifier, email, phone
from campaigns.ledger import suppressions

if TYPE_CHECKING:
    from campaigns.ledger import Ledger

Found = TypeVar("Found")
_WORD = re.compile(r"[^;,\t|\"]+")
KEY_CHANNEL = "key"  # a customer number, beside the channels of addresses


def key_value(key_space: str, source_id: str) -> str:
    """How a customer number is written before it is digested."""
    return f"{key_space}:{source_id}"


class Erased:
    """What was erased in one register."""

    def __init__(self, ledger: Ledger, controller: str) -> None:
        self._ledger = ledger
        self._controller = controller
        with ledger.read() as connection:
            known = suppressions.frame(connection)
        mine = known.filter((pl.col("controller") == controller) & (pl.col("reason") == "erased"))
        self._digests = frozenset(mine["address_digest"])

    def __bool__(self) -> bool:
        return bool(self._digests)

    def holds(self, channel: str, values: pl.Series) -> pl.Series:
        """Which of the addresses belonged to an erased person."""
        prefix = self._prefix(channel)
        return pl.Series([self._is_erased(prefix, value) for value in values], dtype=pl.Boolean)

    def named_in(self, text: str) -> bool:
        """Whether a word of the text is the address of an erased person."""
        words = _WORD.findall(text)
        emails = [found for word in words if "@" in word and (found := _normal(email.normalise, word))]
        phones = [number.e164 for word in words if (number := _normal(phone.normalise, word))]
        return any(
            self._is_erased(self._prefix(channel), value)
            for channel, values in (("email", emails), ("phone", phones))
            for value in values
        )

    def _prefix(self, channel: str) -> hashlib._Hash:
        return hashlib.sha256(self._ledger.address_key(self._controller, channel))

    def _is_erased(self, prefix: hashlib._Hash, value: str | None) -> bool:
        if value is None:
            return False
        digest = prefix.copy()
        digest.update(value.encode())
        return digest.hexdigest() in self._digests


def _normal(normalise: Callable[[str], Found], word: str) -> Found | None:
    try:
        return normalise(word)
    except BadIdentifier:
        return None

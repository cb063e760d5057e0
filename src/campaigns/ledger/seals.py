"""Keyed digests of rows, and sealed numbers of rows: what finds a row that was edited, put in or taken out.

A digest says that a row is as it was written; a sealed number says that none was taken from the end. Both
need the ledger's key, which is not in the database.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime

import sqlalchemy as sa

from campaigns.ledger.database import Ledger
from campaigns.ledger.tables import meta


def digest(key: bytes, *parts: object) -> str:
    """The keyed digest of the values of a row, 64 hex characters; times count as UTC."""
    message = _ENCODE([_plain(part) for part in parts]).encode()
    return hashlib.blake2b(message, key=key, digest_size=32).hexdigest()


def _plain(part: object) -> object:
    return part.astimezone(UTC).isoformat(timespec="microseconds") if isinstance(part, datetime) else part


def counted(connection: sa.Connection, name: str) -> int:
    """How many rows were ever added under that name; -1 when the number itself was changed by hand."""
    text = connection.execute(sa.select(meta.c.value).where(meta.c.name == name)).scalar_one_or_none()
    if text is None:
        return 0
    number, _, seal = text.partition(" ")
    return int(number) if hmac.compare_digest(seal, _seal(connection, name, number)) else -1


def count(connection: sa.Connection, name: str, new: int) -> None:
    """Add to the sealed number, in the transaction that adds the rows. `new` is below 0 for rows removed."""
    number = max(counted(connection, name), 0) + new
    value = f"{number} {_seal(connection, name, str(number))}"
    same = meta.c.name == name
    if not connection.execute(sa.update(meta).where(same).values(value=value)).rowcount:
        connection.execute(sa.insert(meta).values(name=name, value=value))


def _seal(connection: sa.Connection, name: str, number: str) -> str:
    return Ledger.of(connection).digest(name, number)


# Made once: `json.dumps` makes an encoder at each call, which takes longer than encoding.
_ENCODE = json.JSONEncoder(ensure_ascii=False, sort_keys=True).encode

"""The secret behind every digest of the ledger: random, in a file of its own beside the database.

Whoever has only the database cannot find out whether an address is in it; whoever loses the file can no
longer recognise a banned address, so a ledger refuses to open with a missing or another key.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import stat
from pathlib import Path

from campaigns.errors import DataDamaged, UserError

NAME = "digest.key"
SIZE = 32


def read(folder: Path) -> bytes:
    """The key in `folder`.

    Raises `DataDamaged` when the file is missing or is not a key, `UserError` LED007 when others may read it.
    """
    path = folder / NAME
    try:
        text = path.read_text("ascii").strip()
        key = bytes.fromhex(text)
    except (OSError, ValueError):
        key = b""
    if len(key) != SIZE:
        raise DataDamaged(
            "LED005",
            f"the ledger's key file {path} is missing or damaged.",
            hint="restore it from a backup: without it banned and erased addresses are not recognised",
        )
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise UserError(
            "LED007", "the ledger's key file can be read by others.", file=path, hint=f"chmod 600 {path}"
        )
    return key


def create(folder: Path) -> bytes:
    """Make the key file (mode 0600), or read the one that is there already."""
    path = folder / NAME
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    except FileExistsError:
        return read(folder)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_bytes(SIZE).hex() + "\n")
        file.flush()
        os.fsync(file.fileno())
    return read(folder)


def digest(key: bytes, kind: str, *parts: object) -> str:
    """HMAC-SHA256 over the kind and parts, as 64 hex characters.

    Parts are joined with their lengths, so that ("ab", "c") and ("a", "bc") differ; None differs from "".
    """
    return hmac.digest(key, _join(kind, *parts), hashlib.sha256).hex()


def address_key(key: bytes, controller: str, channel: str) -> bytes:
    """The key for addresses of one controller and medium: 64 bytes, one block of SHA-256."""
    return hmac.digest(key, _join("address", controller, medium(channel)), hashlib.sha512)


def address_digest(key: bytes, address: str) -> str:
    """SHA-256 of an address key and the address: the inner half of HMAC.

    A third of the time of HMAC inside the engine, where a million addresses are compared with those that
    may not be contacted. The outer half guards against lengthened messages, which help nobody here.
    """
    return hashlib.sha256(key + address.encode()).hexdigest()


def medium(channel: str) -> str:
    """What an address of that channel is: text messages and calls go to the same telephone number."""
    return "phone" if channel in ("sms", "phone", "robocall") else channel


def _join(*parts: object) -> bytes:
    message = bytearray()
    for part in parts:
        data = b"\x00" if part is None else b"\x01" + str(part).encode()
        message += len(data).to_bytes(4, "big") + data
    return bytes(message)

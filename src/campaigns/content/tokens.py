"""Tokens of links: who a link is for and what it does, without naming anybody and without a row anywhere.

A token holds the person's random key, the list, the channel and the permission purpose, closed by a truncated
HMAC-SHA256. Each token purpose of each controller has a key of its own (HKDF), so that a token for one thing
is nothing for another. Tokens for unsubscribing never expire: every older key still opens them.
"""

from __future__ import annotations

import base64
import binascii
import functools
import hashlib
import hmac
import os
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from campaigns.errors import UserError
from campaigns.settings.secrets import secret

TokenPurpose = Literal["unsubscribe", "preferences", "view"]
KEY_BYTES = 32
PERSON_KEY_BYTES = 16
MAC_BYTES = 16
MAX_LENGTH = 300  # of a token's text; ours are about 90

_VERSION = 1
_PURPOSES: tuple[TokenPurpose, ...] = get_args(TokenPurpose)
# Links that let a person refuse must work for as long as somebody keeps the message.
_LASTING: frozenset[TokenPurpose] = frozenset({"unsubscribe", "preferences"})
_WORD = re.compile(r"[a-z][a-z0-9_]{0,62}")
_TEXT = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """What a link says: for whom (a random key of 16 bytes), of which controller, and about what."""

    purpose_of_token: TokenPurpose
    controller: str
    token_key: bytes
    list: str  # the list of the template, such as `newsletter`
    channel: str
    purpose: str  # permission purpose


class Tokens:
    """Makes and reads tokens. `keys` are the master keys, the newest first."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        if not keys or any(len(key) < KEY_BYTES for key in keys):
            raise ValueError(f"tokens need at least one key of {KEY_BYTES} bytes")
        self._keys = tuple(keys)

    def __repr__(self) -> str:
        return f"Tokens({len(self._keys)} keys)"

    def make(self, claim: Claim) -> str:
        """The token of a claim: URL-safe text, the same for the same claim and key."""
        body = _pack(claim)
        return _encode(body + _mac(self._keys[0], claim.purpose_of_token, claim.controller, body))

    def read(self, text: str, expected: TokenPurpose) -> Claim | None:
        """The claim of a token made for `expected`; None for everything else, without saying why."""
        raw = _decode(text)
        claim = _unpack(raw[:-MAC_BYTES], expected) if raw is not None else None
        if raw is None or claim is None:
            return None
        keys = self._keys if expected in _LASTING else self._keys[:1]
        # Every key is tried, so that the time taken does not say which one fits.
        fits = [
            hmac.compare_digest(_mac(key, expected, claim.controller, raw[:-MAC_BYTES]), raw[-MAC_BYTES:])
            for key in keys
        ]
        return claim if any(fits) else None

    def reference(self, message_id: int) -> str:
        """An opaque word for a message (Message-ID, providers); it tells neither person nor count."""
        number = message_id.to_bytes(8, "big")
        seal = hmac.digest(_reference_key(self._keys[0]), number, hashlib.sha256)[:8]
        return (seal + _masked(self._keys[0], seal, number)).hex()

    def message_of(self, reference: str) -> int | None:
        """The message that a reference means; None when it is none of ours."""
        if not re.fullmatch(r"[0-9a-f]{32}", reference):
            return None
        raw = bytes.fromhex(reference)
        for key in self._keys:
            number = _masked(key, raw[:8], raw[8:])
            if hmac.compare_digest(hmac.digest(_reference_key(key), number, hashlib.sha256)[:8], raw[:8]):
                return int.from_bytes(number, "big")
        return None


def token_keys(folder: Path) -> tuple[bytes, ...]:
    """The master keys, newest first.

    From CAMPAIGNS_TOKEN_KEY (hexadecimal, comma-separated), otherwise from `token.key` in `folder`
    (one key a line), which is made when it is absent. Raises `UserError` when they cannot be read.
    """
    given = secret("token_key")
    if given is not None:
        return _parse(given.reveal().replace(",", "\n"), "CAMPAIGNS_TOKEN_KEY")
    path = folder / "token.key"
    if not path.exists():
        _create(path)
    try:
        if path.stat().st_mode & 0o077:
            raise UserError(
                "CON002", "the file of token keys can be read by others.", file=path, hint=f"chmod 600 {path}"
            )
        return _parse(path.read_text(encoding="ascii"), str(path))
    except (OSError, UnicodeDecodeError):
        raise UserError("CON001", "the file of token keys cannot be read.", file=path) from None


def _parse(text: str, where: str) -> tuple[bytes, ...]:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not lines or any(not re.fullmatch(rf"[0-9a-fA-F]{{{2 * KEY_BYTES},}}", line) for line in lines):
        raise UserError(
            "CON001",
            f"{where} holds no usable token key.",
            hint=f"a key is {2 * KEY_BYTES} hexadecimal characters; the newest comes first",
        )
    return tuple(bytes.fromhex(line) for line in lines)


def _create(path: Path) -> None:
    """Write a new key whole or not at all; if another process was faster, its key counts."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(KEY_BYTES) + "\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            return
    finally:
        draft.unlink(missing_ok=True)


def _pack(claim: Claim) -> bytes:
    words = (claim.controller, claim.list, claim.channel, claim.purpose)
    size = len(claim.token_key)
    if size != PERSON_KEY_BYTES or not all(_WORD.fullmatch(word) for word in words):
        raise ValueError("a claim needs a key of 16 bytes and plain words")
    return _head(claim.purpose_of_token) + claim.token_key + ".".join(words).encode("ascii")


def _head(purpose: TokenPurpose) -> bytes:
    return bytes((_VERSION, _PURPOSES.index(purpose)))


def _unpack(body: bytes, expected: TokenPurpose) -> Claim | None:
    if len(body) <= 2 + PERSON_KEY_BYTES or not body.startswith(_head(expected)):
        return None
    words = body[2 + PERSON_KEY_BYTES :].decode("latin-1").split(".")
    if len(words) != 4 or not all(_WORD.fullmatch(word) for word in words):
        return None
    controller, list_name, channel, purpose = words
    return Claim(
        purpose_of_token=expected,
        controller=controller,
        token_key=body[2 : 2 + PERSON_KEY_BYTES],
        list=list_name,
        channel=channel,
        purpose=purpose,
    )


def _mac(key: bytes, purpose: TokenPurpose, controller: str, body: bytes) -> bytes:
    return hmac.digest(_derived(key, f"token.{purpose}.{controller}"), body, hashlib.sha256)[:MAC_BYTES]


def _reference_key(key: bytes) -> bytes:
    return _derived(key, "reference.seal")


def _masked(key: bytes, seal: bytes, number: bytes) -> bytes:
    """The number under a pad that the seal decides; doing it twice takes the pad off."""
    pad = hmac.digest(_derived(key, "reference.pad"), seal, hashlib.sha256)
    return bytes(left ^ right for left, right in zip(number, pad, strict=False))


@functools.lru_cache(maxsize=256)
def _derived(key: bytes, use: str) -> bytes:
    """HKDF-SHA256 (RFC 5869) without salt, one block."""
    extracted = hmac.digest(bytes(32), key, hashlib.sha256)
    return hmac.digest(extracted, f"campaigns.{use}".encode() + b"\x01", hashlib.sha256)


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def _decode(text: str) -> bytes | None:
    """The bytes of a token; only the one spelling that we write is accepted."""
    if not MAC_BYTES < len(text) <= MAX_LENGTH or not _TEXT.fullmatch(text):
        return None
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return None
    return raw if len(raw) > MAC_BYTES and _encode(raw) == text else None

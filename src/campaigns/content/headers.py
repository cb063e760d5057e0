"""Values of mail headers: what may stand in one, and how it is written.

Nothing relies on the interpreter's `email` package to keep lines apart: some versions decode an encoded word
in a value and write its line breaks out (CVE-2024-6923, CVE-2026-1299). So line breaks of every kind and `=?`
never get near it, and the finished bytes are looked at again.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from email.policy import SMTP

from campaigns.errors import UserError

MAX_LINE = 998  # octets without CRLF (RFC 5322, 2.1.1)
MAX_ADDRESS = 254
MAX_VALUE = 2_000

# Controls (line breaks of ASCII, NEL), Unicode line breaks, direction overrides, lone surrogates.
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
DISPLAY_NAME = re.compile(r"(?!.*=\?)[\w &+.,'’()/–-]{1,64}")
_ADDRESS = re.compile(
    r"(?!-)[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)+"
)
_PLAIN = re.compile(r"[!-~]+( [!-~]+)*")


def is_address(text: str) -> bool:
    """Whether this is one plain address: ASCII, no quotes, no comment, no list, no leading `-`."""
    return (
        len(text) <= MAX_ADDRESS
        and "=?" not in text
        and _ADDRESS.fullmatch(text) is not None
        and len(text.rpartition("@")[0]) <= 64
    )


def checked(name: str, value: str) -> str:
    """The value, when it can stand in a header. Raises `UserError` CON201, which never shows the value."""
    if _UNSAFE.search(value) or "=?" in value or len(value) > MAX_VALUE:
        raise UserError(
            "CON201",
            f"the value of the header {name} holds what a header may not hold.",
            hint="line breaks, control characters and `=?` are refused; look at the values it is made of",
        )
    return value


def checked_address(text: str) -> str:
    """The address, when it is one plain address. Raises `UserError` CON202, which never shows it."""
    if not is_address(text):
        raise UserError("CON202", "the recipient's address is not one plain e-mail address.")
    return text


def line(name: str, value: str) -> bytes:
    """One header with its line end, folded and encoded by the standard library where that is needed."""
    checked(name, value)
    if len(name) + len(value) < 76 and _PLAIN.fullmatch(value):
        return f"{name}: {value}\r\n".encode("ascii")
    return _folded(name, value)


@functools.lru_cache(maxsize=4096)
def _folded(name: str, value: str) -> bytes:
    return SMTP.fold_binary(*SMTP.header_store_parse(name, value))


def guard(payload: bytes, expected: Sequence[bytes]) -> bytes:
    """The finished message, when its bytes are what they should be. Raises `UserError` CON203.

    Exactly the expected header names in their order, no CR or LF alone, no line over 998 octets.
    """
    head, separator, _ = payload.partition(b"\r\n\r\n")
    names = [row.partition(b":")[0] for row in head.split(b"\r\n") if not row.startswith((b" ", b"\t"))]
    lines = payload.split(b"\r\n")
    breaks = len(lines) - 1
    if (
        not separator
        or names != list(expected)
        or payload.count(b"\r") != breaks
        or payload.count(b"\n") != breaks
        or max(map(len, lines)) > MAX_LINE
    ):
        raise UserError("CON203", "the finished message does not have the headers and lines it should have.")
    return payload

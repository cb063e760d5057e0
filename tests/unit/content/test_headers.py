"""What may stand in a header: attacks 23-26, 28, 30 and 31 of the threat list."""

from __future__ import annotations

from email import message_from_bytes
from email.policy import SMTP

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.content.headers import (
    DISPLAY_NAME,
    MAX_LINE,
    checked,
    checked_address,
    guard,
    is_address,
    line,
)
from campaigns.errors import UserError

SAFE = st.text(
    st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp", "Cf"), exclude_characters="="),
    min_size=1,
    max_size=300,
).map(lambda text: " ".join(text.split()) or "x")


@pytest.mark.parametrize(
    "sign", ["\r\n", "\n", "\r", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029", "\x00"]
)
def test_a_line_break_of_any_kind_is_refused(sign: str) -> None:  # attack 23
    for value in (f"canary{sign}Bcc: e@x.fi", f"{sign}x", f"x{sign}"):
        with pytest.raises(UserError, match="CON201") as caught:
            line("Subject", value)
        assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    "value",
    [
        "=?utf-8?q?a=0ABcc:_e@x.fi?=",
        "=?utf-8?b?Cg==?=",
        "Hei =?utf-8?q?a=0A?= =?utf-8?q?Bcc:_e@x.fi?=",
        "=?",
        "a=?b",
    ],
)
def test_an_encoded_word_is_refused(value: str) -> None:  # attack 24
    with pytest.raises(UserError, match="CON201"):
        line("Subject", value)


def test_values_that_only_mislead_are_refused_too() -> None:
    for value in ("\u202egnp.exe", "\ud800", "x" * 2_001):
        with pytest.raises(UserError, match="CON201"):
            checked("Subject", value)


@given(SAFE)
def test_whatever_is_accepted_is_one_header_and_reads_back(value: str) -> None:
    written = line("Subject", value)
    rows = written.split(b"\r\n")
    assert rows[-1] == b""
    assert all(row.startswith(b" ") for row in rows[1:-1])
    assert b"\n" not in written.replace(b"\r\n", b"")
    assert max(map(len, rows)) <= MAX_LINE
    read = message_from_bytes(written + b"\r\n", policy=SMTP)
    assert read.keys() == ["Subject"]
    assert " ".join(str(read["Subject"]).split()) == " ".join(value.split())


@pytest.mark.parametrize("value", ["x" * 1_500, "ä" * 1_500, "sana " * 300, "y" * 75 + " " + "z" * 990])
def test_long_subjects_are_folded(value: str) -> None:  # attack 28
    rows = line("Subject", value).split(b"\r\n")
    assert max(map(len, rows)) <= MAX_LINE
    read = message_from_bytes(line("Subject", value) + b"\r\n", policy=SMTP)
    assert "".join(str(read["Subject"]).split()) == "".join(value.split())


@pytest.mark.parametrize(
    "address",
    [
        "a@x.fi, victim@y.fi",
        "a@x.fi;b@y.fi",
        '"a,b"@x.fi',
        "a@x.fi\nRCPT TO:<v@y.fi>",
        "<a@x.fi>",
        "a@[127.0.0.1]",
        "-oQ@x.fi",
        "a@x.fi\x00",
        "a" * 65 + "@x.fi",
        "a@" + "x" * 300 + ".fi",
        "a" * 310 + "@x.fi",
        "\u202ea@x.fi",
        "ä@x.fi",
        "a@ä.fi",
        "a b@x.fi",
        "a@x",
        "a@x..fi",
        "a..b@x.fi",
        ".a@x.fi",
        "a@-x.fi",
        "@x.fi",
        "a",
        "",
        "=?utf-8?q?a?=@x.fi",
        "(comment)a@x.fi",
        "Maija <a@x.fi>",
    ],
)
def test_what_is_not_one_plain_address_is_refused(address: str) -> None:  # attacks 25, 26
    assert not is_address(address)
    with pytest.raises(UserError, match="CON202") as caught:
        checked_address(address)
    assert not address or len(address) < 3 or address not in str(caught.value)


@pytest.mark.parametrize(
    "address", ["a@x.fi", "maija.meikalainen+news@sub.example.co.uk", "a_b'c@x-y.fi", "1@2.fi"]
)
def test_plain_addresses_pass(address: str) -> None:
    assert checked_address(address) == address


@pytest.mark.parametrize(
    ("name", "good"),
    [
        ("Lahti Energia", True),
        ("Lahti Energia Sähköverkko", True),
        ("Energia & Vesi, Oy", True),
        ("support@lahtienergia.fi", False),  # attack 31
        ("Energia <a@x.fi>", False),
        ('Energia "x"', False),
        ("Energia\r\nBcc: x", False),
        ("Ener\u2028gia", False),
        ("=?utf-8?q?x?=", False),
        ("", False),
        ("x" * 65, False),
    ],
)
def test_a_sender_is_called_by_plain_words(name: str, good: bool) -> None:
    assert bool(DISPLAY_NAME.fullmatch(name)) == good


GOOD = b"From: a\r\nTo: b\r\nSubject: c\r\n d\r\n\r\nbody\r\n"
NAMES = (b"From", b"To", b"Subject")


def test_the_guard_passes_what_is_as_it_should_be() -> None:
    assert guard(GOOD, NAMES) is GOOD


@pytest.mark.parametrize(
    "payload",
    [
        b"From: a\r\nTo: b\r\nSubject: c\r\nBcc: d\r\n\r\nbody\r\n",  # attack 24, were it to get so far
        b"From: a\r\nTo: b\r\n\r\nbody\r\n",
        b"To: b\r\nFrom: a\r\nSubject: c\r\n\r\nbody\r\n",
        b"From: a\r\nFrom: a\r\nTo: b\r\nSubject: c\r\n\r\nbody\r\n",
        b"From: a\r\nTo: b\r\nSubject: c\nBcc: d\r\n\r\nbody\r\n",
        b"From: a\r\nTo: b\r\nSubject: c\rBcc: d\r\n\r\nbody\r\n",
        b"From: a\r\nTo: b\r\nSubject: c\r\n\r\nbo\ndy\r\n",  # attack 27
        b"From: a\r\nTo: b\r\nSubject: c\r\n\r\nbo\rdy\r\n",
        b"From: a\r\nTo: b\r\nSubject: c\r\n\r\n\r.\r\r\n",
        b"From: a\r\nTo: b\r\nSubject: c\r\n\r\n" + b"x" * 999 + b"\r\n",  # attack 28
        b"From: a\r\nTo: b\r\nSubject: c\r\n",
        b"",
    ],
)
def test_the_guard_refuses_everything_else(payload: bytes) -> None:
    with pytest.raises(UserError, match="CON203"):
        guard(payload, NAMES)

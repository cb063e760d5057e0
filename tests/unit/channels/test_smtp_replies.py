"""What a mail server's answer means (fault 51 of the threat list; domain facts 3.2)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.channels.smtp_replies import MAX_DETAIL, Reply, outcome_of, parse


@pytest.mark.parametrize(
    ("lines", "code", "text"),
    [
        ([b"250 ok\r\n"], 250, "ok"),
        ([b"250\r\n"], 250, ""),
        ([b"250-first\r\n", b"250 second\r\n"], 250, "first second"),
        (
            [b"550 5.1.1 ei l\xc3\xb6ydy\r\n"],
            550,
            "5.1.1 ei l\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}ydy",
        ),
        ([b"250 \x1b[2Jok\n"], 250, "?[2Jok"),
    ],
)
def test_replies_are_read(lines: list[bytes], code: int, text: str) -> None:  # fault 51
    assert parse(lines) == Reply(code, text)


@pytest.mark.parametrize(
    "lines", [[b"hello\r\n"], [b"25 x\r\n"], [b"250-a\r\n", b"550 b\r\n"], [b"999 x\r\n"], [b"250x\r\n"]]
)
def test_what_is_no_reply_is_told_apart(lines: list[bytes]) -> None:
    with pytest.raises(ValueError, match="not an SMTP reply"):
        parse(lines)


@given(st.lists(st.binary(max_size=50).map(lambda line: line + b"\n"), min_size=1, max_size=4))
def test_any_bytes_are_a_reply_or_none(lines: list[bytes]) -> None:
    try:
        reply = parse(lines)
    except ValueError:
        return
    assert 200 <= reply.code < 600
    assert reply.text.isprintable()


@pytest.mark.parametrize(
    ("reply", "state", "code"),
    [
        (Reply(250, "2.0.0 ok"), "sent", "250 2.0.0"),
        (Reply(250, "ok"), "sent", "250"),
        (Reply(421, "4.3.2 closing"), "deferred", "421 4.3.2"),
        (Reply(450, "4.7.1 greylisted"), "deferred", "450 4.7.1"),
        (Reply(452, "4.2.2 mailbox full"), "deferred", "452 4.2.2"),
        (Reply(550, "5.1.1 no such user"), "failed", "550 5.1.1"),
        (Reply(552, "5.2.2 mailbox full"), "failed", "552 5.2.2"),
        (Reply(554, "no"), "failed", "554"),
        (Reply(550, "5.7.1 policy"), "deferred", "550 5.7.1"),
        (Reply(550, "5.7.515 access denied"), "deferred", "550 5.7.515"),
        (Reply(530, "authentication required"), "deferred", "530"),
    ],
)
def test_what_a_reply_means(reply: Reply, state: str, code: str) -> None:
    outcome = outcome_of(reply)
    assert (outcome.state, outcome.code) == (state, code)
    assert reply.concerns_us == (code.startswith("530") or " 5.7" in code)


def test_the_queue_id_is_kept() -> None:
    assert outcome_of(Reply(250, "2.0.0 Ok: queued as 4Xyz12abc")).provider_id == "4Xyz12abc"
    assert outcome_of(Reply(250, "ok")).provider_id == ""


def test_a_detail_holds_no_address_and_is_short() -> None:
    reply = Reply(550, "5.1.1 <maija.meikalainen@example.fi>: user unknown " + "x" * 9_000)
    assert "maija" not in outcome_of(reply).detail
    assert "<address>" in outcome_of(reply).detail
    assert len(outcome_of(reply).detail) <= MAX_DETAIL

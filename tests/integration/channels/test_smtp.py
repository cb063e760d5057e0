"""Mail servers that behave, drop, stall and lie: faults 46-57 of the threat list, attacks 25-27."""

from __future__ import annotations

import itertools
import socket
import ssl
import time
from collections.abc import Sequence
from typing import Any

import pytest

from campaigns.channels.protocol import Outcome, Outgoing
from campaigns.channels.smtp import Smtp
from campaigns.errors import ChannelStopped
from campaigns.settings.model import Smtp as SmtpSettings
from campaigns.settings.secrets import Secret
from support import mail_servers
from support.mail_servers import (
    EHLO,
    EHLO_PLAIN,
    GO,
    OK,
    QUEUED,
    Script,
    Server,
    drop,
    say_and_drop,
    stall,
    trickle,
)

PAYLOAD = b"Subject: x\r\n\r\nHei\r\n"


def channel(port: int, *, host: str = "127.0.0.1", seconds: float = 5, **more: Any) -> Smtp:
    chosen = {"tls": "none", "timeout_seconds": seconds, **more.pop("settings", {})}
    return Smtp(settings=SmtpSettings(host=host, port=port, **chosen), **more)


def messages(count: int, payload: bytes = PAYLOAD) -> list[Outgoing]:
    return [
        Outgoing(message_id=n, to=f"a{n}@x.fi", envelope_from="uutiset@energia.fi", payload=payload)
        for n in range(1, count + 1)
    ]


def everybody(asked: Sequence[Outgoing]) -> Sequence[Outgoing]:
    return asked


def hand_over(smtp: Smtp, batch: Sequence[Outgoing]) -> list[Outcome]:
    connection = smtp.connect()
    try:
        return [outcome for _, outcome in connection.hand_over(batch, before_first_byte=everybody)]
    finally:
        connection.close()


def states(outcomes: Sequence[Outcome]) -> list[str]:
    return [outcome.state for outcome in outcomes]


def run(script: Script, count: int = 3, *, seconds: float = 5) -> tuple[list[Outcome], Server]:
    with mail_servers.running(script) as server:
        return hand_over(channel(server.port, seconds=seconds), messages(count)), server


@pytest.mark.parametrize("ehlo", [EHLO, EHLO_PLAIN])
def test_messages_arrive_whole_one_recipient_each_on_one_connection(ehlo: bytes) -> None:  # fault 55
    outcomes, server = run(Script(ehlo=ehlo), 5)
    assert states(outcomes) == ["sent"] * 5
    assert outcomes[0].provider_id == "A1B2C3"
    assert server.messages == [PAYLOAD] * 5
    assert server.envelopes == [("uutiset@energia.fi", [f"a{n}@x.fi"]) for n in range(1, 6)]
    assert server.connections == 1
    assert server.commands[-1] == "QUIT"


def test_the_gate_is_asked_just_before_mail_from_for_each_message() -> None:
    with mail_servers.running(Script()) as server:
        seen: list[tuple[int, int]] = []

        def gate(asked: Sequence[Outgoing]) -> Sequence[Outgoing]:
            seen.append((asked[0].message_id, sum(word.startswith("MAIL") for word in server.commands)))
            return [message for message in asked if message.message_id != 2]

        connection = channel(server.port).connect()
        found = dict(connection.hand_over(messages(3), before_first_byte=gate))
        connection.close()
    assert seen == [(1, 0), (2, 1), (3, 1)]
    assert set(found) == {1, 3}
    assert [recipients for _, recipients in server.envelopes] == [["a1@x.fi"], ["a3@x.fi"]]


def test_the_next_message_starts_only_when_the_outcome_was_taken() -> None:
    with mail_servers.running(Script()) as server:
        connection = channel(server.port).connect()
        handed = connection.hand_over(messages(2), before_first_byte=everybody)
        next(handed)
        time.sleep(0.05)
        assert len(server.messages) == 1
        handed.close()
        connection.close()
    assert len(server.messages) == 1


@pytest.mark.parametrize("word", ["greeting", "ehlo"])
def test_421_before_the_first_message(word: str) -> None:  # fault 46
    outcomes, server = run(Script(**{word: b"421 4.3.2 not now\r\n"}))
    assert states(outcomes) == ["deferred"] * 3
    assert outcomes[0].code == "421 4.3.2"
    assert server.messages == []


@pytest.mark.parametrize("word", ["mail", "rcpt", "data", "body"])
def test_421_in_a_message_defers_it_and_the_others_go_on(word: str) -> None:  # fault 46
    closing = say_and_drop(b"421 4.3.2 closing\r\n")
    if word == "data":
        script = Script(data=b"421 4.3.2 closing\r\n", ehlo=EHLO_PLAIN)
        outcomes, server = run(script)
        assert states(outcomes) == ["deferred"] * 3
        return
    good = {"mail": OK, "rcpt": OK, "body": QUEUED}[word]
    outcomes, server = run(Script(**{word: [good, closing, good]}))
    assert states(outcomes) == ["sent", "deferred", "sent"]
    assert outcomes[1].code == "421 4.3.2"
    assert server.connections == 2


@pytest.mark.parametrize("ehlo", [EHLO, EHLO_PLAIN])
def test_greylisting_defers(ehlo: bytes) -> None:  # fault 47
    data = [b"503 5.5.1 no\r\n", GO] if ehlo == EHLO else GO  # pipelined DATA is refused too
    outcomes, _ = run(Script(ehlo=ehlo, rcpt=[b"450 4.7.1 greylisted\r\n", OK], data=data))
    assert states(outcomes) == ["deferred", "sent", "sent"]
    assert outcomes[0].code == "450 4.7.1"


@pytest.mark.parametrize("word", ["mail", "rcpt", "data", "body"])
def test_5xx_fails_the_message_alone(word: str) -> None:  # fault 48
    good = {"mail": OK, "rcpt": OK, "data": GO, "body": QUEUED}[word]
    answers = [good, b"550 5.1.1 <a2@x.fi> unknown\r\n", good]
    outcomes, _ = run(Script(ehlo=EHLO_PLAIN, **{word: answers}))
    assert states(outcomes) == ["sent", "failed", "sent"]
    assert outcomes[1].code == "550 5.1.1"
    assert "a2@x.fi" not in outcomes[1].detail


def test_a_refused_recipient_whose_data_is_accepted_gets_nothing() -> None:
    """Pipelined DATA may be answered 354 although RCPT was refused: not even an empty message may end it."""
    outcomes, server = run(Script(rcpt=[b"550 5.1.1 unknown\r\n", OK]))
    assert states(outcomes) == ["failed", "sent", "sent"]
    assert server.messages == [PAYLOAD] * 2


def test_drop_before_the_final_dot_defers_and_after_it_is_unknown() -> None:  # fault 49
    for word in ("mail", "rcpt", "data"):
        outcomes, server = run(Script(**{word: drop}), 1)
        assert states(outcomes) == ["deferred"], word
        assert server.messages == []
    outcomes, server = run(Script(body=drop), 2)
    assert states(outcomes) == ["unknown", "unknown"]
    assert len(server.messages) == 2


def test_a_reset_inside_the_body_defers() -> None:  # fault 49
    big = messages(1, b"Subject: x\r\n\r\n" + (b"b" * 900 + b"\r\n") * 20_000)
    with mail_servers.running(Script(ehlo=EHLO_PLAIN, drop_in_body=1_000)) as server:
        (outcome,) = hand_over(channel(server.port), big)
    assert outcome.state == "deferred"
    assert server.messages == []


def test_250_and_gone_is_sent_and_the_next_comes_on_a_new_connection() -> None:  # fault 50
    outcomes, server = run(Script(body=say_and_drop(QUEUED)), 3)
    assert states(outcomes)[0] == "sent"
    assert set(states(outcomes)) <= {"sent", "deferred"}
    assert len(server.messages) == states(outcomes).count("sent")
    assert server.connections >= 2


def test_long_split_and_foreign_replies_are_read() -> None:  # fault 51
    long = b"".join(b"250-%b\r\n" % (b"x" * 500) for _ in range(20)) + b"250 2.0.0 \xc3\xb6 done\r\n"
    outcomes, _ = run(Script(body=[long, trickle(b"250-a\r\n250 b\r\n", 0.01), b"250 ok\n"]), 3)
    assert states(outcomes) == ["sent"] * 3


def test_an_endless_reply_ends() -> None:
    outcomes, _ = run(Script(body=b"250-x\r\n" * 20_000), 1)
    assert states(outcomes) == ["unknown"]


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("greeting", "deferred"),
        ("ehlo", "deferred"),
        ("mail", "deferred"),
        ("rcpt", "deferred"),
        ("data", "deferred"),
        ("body", "unknown"),
    ],
)
@pytest.mark.parametrize("slow", [stall, trickle(b"250-" + b"x" * 60 + b"\r\n250 ok\r\n", 0.05)])
def test_a_deadline_holds_for_the_whole_message(word: str, state: str, slow: Any) -> None:  # fault 52
    """One octet now and then would keep a time-out of each read alive for ever."""
    outcomes, _ = run(Script(**{word: slow}), 1, seconds=0.4)
    assert states(outcomes) == [state]


@pytest.mark.parametrize("lie", [b"hello there\r\n", b"250\x00\r\n", b"\r\n", b"2500 ok\r\n"])
def test_what_is_not_smtp_is_never_a_yes(lie: bytes) -> None:
    outcomes, server = run(Script(rcpt=lie), 1)
    assert states(outcomes) == ["deferred"]
    outcomes, server = run(Script(body=lie), 1)
    assert states(outcomes) == ["unknown"]
    assert len(server.messages) == 1


def test_a_yes_before_the_message_ended_is_no_yes() -> None:
    outcomes, _ = run(Script(data=GO + QUEUED), 1)
    assert states(outcomes) == ["deferred"]


def test_a_server_that_lies_about_pipelining_costs_a_delay_only() -> None:  # fault 56
    outcomes, server = run(Script(one_command_a_read=True), 1, seconds=0.4)
    assert states(outcomes) == ["deferred"]
    assert server.messages == []


def test_a_server_of_one_message_a_connection_gets_a_new_one_each_time() -> None:  # fault 56
    mail = [OK, say_and_drop(b"421 4.7.0 one is enough\r\n"), OK, OK, OK]
    outcomes, server = run(Script(mail=mail), 5)
    assert states(outcomes) == ["sent", "deferred", "sent", "sent", "sent"]
    assert server.connections == 4


def test_a_message_larger_than_the_server_takes_is_not_tried() -> None:  # fault 56
    outcomes, server = run(Script(ehlo=b"250-x\r\n250 SIZE 10\r\n"), 1)
    assert states(outcomes) == ["failed"]
    assert outcomes[0].code == "552 5.3.4"
    assert not any(word.startswith("MAIL") for word in server.commands)


def test_nobody_there_defers_without_a_try_a_message() -> None:  # fault 57
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    outcomes = hand_over(channel(port), messages(50))
    assert states(outcomes) == ["deferred"] * 50
    assert {outcome.code for outcome in outcomes} == {"connection"}


def test_an_unknown_host_defers() -> None:  # fault 57
    (outcome,) = hand_over(channel(25, host="mail.invalid"), messages(1))
    assert (outcome.state, outcome.code) == ("deferred", "dns")


def test_an_address_that_swallows_packets_leaves_time_for_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    """fault 57: of two addresses the first does not answer (a full backlog), the second does."""
    with mail_servers.running(Script()) as server, socket.socket() as hole:
        hole.bind(("127.0.0.1", 0))
        hole.listen(0)
        waiting = [socket.socket() for _ in range(4)]
        for sock in waiting:
            sock.setblocking(False)
            sock.connect_ex(hole.getsockname())
        kind = (socket.AF_INET, socket.SOCK_STREAM, 6, "")
        found = [(*kind, hole.getsockname()), (*kind, ("127.0.0.1", server.port))]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
        outcomes = hand_over(channel(server.port, seconds=1), messages(1))
        for sock in waiting:
            sock.close()
    assert states(outcomes) == ["sent"]


@pytest.mark.parametrize("word", ["mail", "rcpt", "body"])
def test_policy_stops_the_channel_and_blames_nobody(word: str) -> None:  # domain facts 3.2
    good = {"mail": OK, "rcpt": OK, "body": QUEUED}[word]
    script = Script(ehlo=EHLO_PLAIN, **{word: [good, b"550 5.7.1 spam\r\n", good]})
    found = list[Outcome]()
    with mail_servers.running(script) as server:
        connection = channel(server.port).connect()
        with pytest.raises(ChannelStopped) as caught:
            for _, outcome in connection.hand_over(messages(3), before_first_byte=everybody):
                found.append(outcome)
        connection.close()
    assert states(found) == ["sent", "deferred"]
    assert caught.value.code == "550 5.7.1"
    assert len(server.messages) == (2 if word == "body" else 1)


def test_a_wrong_password_stops_the_channel_at_the_first_try() -> None:  # fault 54
    script = Script(ehlo=b"250-x\r\n250 AUTH PLAIN LOGIN\r\n", auth=b"535 5.7.8 canary-secret is wrong\r\n")
    with mail_servers.running(script) as server:
        smtp = channel(server.port, settings={"user": "me"}, password=Secret("canary-secret"))
        with pytest.raises(ChannelStopped) as caught:
            hand_over(smtp, messages(50))
    assert server.connections == 1
    assert sum(word.startswith("AUTH") for word in server.commands) == 1
    assert "canary" not in f"{caught.value} {caught.value.detail} {smtp!r}"


def test_a_password_is_used_when_it_is_right() -> None:
    script = Script(ehlo=b"250-x\r\n250 AUTH PLAIN\r\n")
    with mail_servers.running(script) as server:
        smtp = channel(server.port, settings={"user": "me"}, password=Secret("secret"))
        assert states(hand_over(smtp, messages(1))) == ["sent"]
    assert "AUTH PLAIN AG1lAHNlY3JldA==" in server.commands


def test_a_server_that_cannot_check_passwords_now_defers() -> None:
    script = Script(ehlo=b"250-x\r\n250 AUTH PLAIN\r\n", auth=b"454 4.7.0 later\r\n")
    with mail_servers.running(script) as server:
        smtp = channel(server.port, settings={"user": "me"}, password=Secret("secret"))
        assert states(hand_over(smtp, messages(1))) == ["deferred"]


def test_a_greeting_that_refuses_us_stops_the_channel() -> None:
    with (
        mail_servers.running(Script(greeting=b"554 5.7.1 go away\r\n")) as server,
        pytest.raises(ChannelStopped),
    ):
        hand_over(channel(server.port), messages(3))
    assert server.connections == 1


@pytest.mark.parametrize(
    "to",
    [
        "a@x.fi, victim@y.fi",
        "a@x.fi;b@y.fi",
        '"a,b"@x.fi',
        "a@x.fi\r\nRCPT TO:<v@y.fi>",
        "<a@x.fi>",
        "a@[127.0.0.1]",
        "-oQ@x.fi",
        "a@x.fi> SIZE=0 <b@y.fi",
        "ä@x.fi",
        "a@x.fi\x00",
    ],
)
def test_an_address_that_is_not_one_plain_address_is_never_said(to: str) -> None:  # attacks 25, 26
    with mail_servers.running(Script()) as server:
        batch = [
            Outgoing(message_id=1, to=to, envelope_from="u@energia.fi", payload=PAYLOAD),
            *messages(2)[1:],
        ]
        assert states(hand_over(channel(server.port), batch)) == ["failed", "sent"]
    assert [recipients for _, recipients in server.envelopes] == [["a2@x.fi"]]


@pytest.mark.parametrize(
    "body",
    [
        b"a\r\n.\r\nMAIL FROM:<evil@x.fi>\r\nRCPT TO:<v@y.fi>\r\nDATA\r\nx\r\n",
        b".\r\n",
        b"..\r\n.a\r\n",
        b"\r\n.\r\n\r\n.\r\n",
    ],
)
def test_a_body_cannot_end_the_message(body: bytes) -> None:  # attack 27
    payload = b"Subject: x\r\n\r\n" + body
    with mail_servers.running(Script()) as server:
        assert states(hand_over(channel(server.port), messages(1, payload))) == ["sent"]
    (received,) = server.messages
    assert received.replace(b"\r\n..", b"\r\n.") == payload
    assert len(server.envelopes) == 1


# -- encryption: fault 53 --------------------------------------------------------------------------------


def test_no_mail_in_clear_when_encryption_is_required() -> None:  # fault 53: not offered, or stripped
    for ehlo, starttls in ((EHLO, OK), (b"250-x\r\n250 STARTTLS\r\n", b"454 4.7.0 not now\r\n")):
        with mail_servers.running(Script(ehlo=ehlo, starttls=starttls)) as server:
            (outcome,) = hand_over(channel(server.port, settings={"tls": "required"}), messages(1))
        assert outcome.state == "deferred"
        assert not any(word.startswith("MAIL") for word in server.commands)


@pytest.mark.parametrize("fault", ["self-signed", "wrong name", "expired"])
def test_a_bad_certificate_defers(fault: str, certificates: Any) -> None:  # fault 53
    tls, context = certificates(fault)
    script = Script(ehlo=b"250-x\r\n250 STARTTLS\r\n", starttls=b"220 go\r\n", tls=tls)
    for wanted in ("required", "starttls"):
        with mail_servers.running(script) as server:
            smtp = channel(server.port, host="localhost", settings={"tls": wanted}, context=context)
            (outcome,) = hand_over(smtp, messages(1))
        assert (outcome.state, outcome.code) == ("deferred", "tls")
        assert server.messages == []


@pytest.mark.parametrize("wanted", ["required", "starttls"])
def test_a_good_certificate_is_used(wanted: str, certificates: Any) -> None:
    tls, context = certificates("")
    script = Script(ehlo=b"250-x\r\n250-PIPELINING\r\n250 STARTTLS\r\n", starttls=b"220 go\r\n", tls=tls)
    with mail_servers.running(script) as server:
        smtp = channel(server.port, host="localhost", settings={"tls": wanted}, context=context)
        assert states(hand_over(smtp, messages(3))) == ["sent"] * 3
    assert server.commands.count("STARTTLS") == 1
    assert server.messages == [PAYLOAD] * 3


def test_words_said_in_clear_after_starttls_are_not_believed(certificates: Any) -> None:  # fault 53
    tls, context = certificates("")
    script = Script(ehlo=b"250-x\r\n250 STARTTLS\r\n", starttls=b"220 go\r\n250 injected\r\n", tls=tls)
    with mail_servers.running(script) as server:
        smtp = channel(server.port, host="localhost", settings={"tls": "required"}, context=context)
        assert states(hand_over(smtp, messages(1))) == ["deferred"]
    assert server.messages == []


def test_a_password_is_not_said_in_clear() -> None:
    script = Script(ehlo=b"250-x\r\n250 AUTH PLAIN\r\n")
    with mail_servers.running(script) as server:
        smtp = channel(server.port, settings={"user": "me", "tls": "starttls"}, password=Secret("secret"))
        assert states(hand_over(smtp, messages(1))) == ["deferred"]
    assert not any(word.startswith("AUTH") for word in server.commands)


def test_the_default_context_checks_certificates() -> None:
    context = channel(25).context
    assert context.verify_mode == ssl.CERT_REQUIRED
    assert context.check_hostname


def test_a_clock_that_is_given_is_used() -> None:
    ticks = itertools.count(0, 100)
    with mail_servers.running(Script()) as server:
        outcomes = hand_over(channel(server.port, clock=lambda: float(next(ticks))), messages(1))
    assert states(outcomes) == ["deferred"]

"""SendGrid on this machine: faults 58-63 of the threat list, attacks 14 and 101 as far as they are ours."""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from campaigns.channels.protocol import Outcome, Outgoing
from campaigns.channels.sendgrid import SendGrid
from campaigns.content.message import ONE_CLICK, Parts
from campaigns.errors import ChannelStopped
from campaigns.settings.model import SendGrid as SendGridSettings
from campaigns.settings.secrets import Secret
from support import sendgrid_server
from support.messages import LINKS
from support.sendgrid_server import DESCRIPTION, Reply, Request, Server

pytestmark = pytest.mark.skipif(not DESCRIPTION.exists(), reason="../shared/sendgrid is not here")

KEY = "SG.canary"
ACCEPTED = Reply(headers={"X-Message-Id": "abc123"})
PARTS = Parts(
    sender_email="uutiset@energia.fi",
    sender_name="Energia",
    reply_to="asiakaspalvelu@energia.fi",
    subject="Hyvää päivää",
    text="Hei\n",
    html="<p>Hei</p>",
    headers={"List-Unsubscribe-Post": ONE_CLICK, "List-Id": "<newsletter.energia.fi>"},
    personal_headers={"List-Unsubscribe": f"<{LINKS['unsubscribe']}>, <mailto:u@energia.fi?subject=x>"},
    message_ref="0123456789abcdef0123456789abcdef",
)


def channel(port: int, **more: Any) -> SendGrid:
    seconds = more.pop("seconds", 5.0)
    settings = SendGridSettings(host=f"http://127.0.0.1:{port}", **more)
    return SendGrid(settings=settings, api_key=Secret(KEY), seconds=seconds)


def messages(count: int, *, html: Callable[[int], str] = lambda _: "<p>Hei</p>") -> list[Outgoing]:
    return [
        Outgoing(
            message_id=n,
            to=f"a{n}@x.fi",
            envelope_from="uutiset@energia.fi",
            parts=replace(PARTS, message_ref=f"{n:032x}", html=html(n)),
        )
        for n in range(1, count + 1)
    ]


def everybody(asked: Sequence[Outgoing]) -> Sequence[Outgoing]:
    return asked


def run(
    batch: Sequence[Outgoing], answer: Callable[[Request, int], Reply], **more: Any
) -> tuple[list[tuple[int, Outcome]], Server]:
    with sendgrid_server.running(answer) as server:
        connection = channel(server.port, **more).connect()
        found = list(connection.hand_over(batch, before_first_byte=everybody))
        connection.close()
    assert server.faults == []
    return found, server


def states(found: Sequence[tuple[int, Outcome]]) -> list[str]:
    return [outcome.state for _, outcome in found]


def test_equal_messages_share_a_request_and_others_do_not() -> None:
    batch = [*messages(5), *messages(3, html=lambda n: f"<p>{n}</p>")]
    batch = [replace(message, message_id=n, to=f"b{n}@x.fi") for n, message in enumerate(batch, start=1)]
    found, server = run(batch, lambda *_: ACCEPTED)
    assert [len(request.people) for request in server.requests] == [5, 1, 1, 1]
    assert [number for number, _ in found] == list(range(1, 9))
    assert {(outcome.state, outcome.provider_id) for _, outcome in found} == {("sent", "abc123")}


def test_a_thousand_people_a_request_and_no_address_twice() -> None:
    batch = messages(2_500)
    _, server = run(batch, lambda *_: ACCEPTED)
    assert [len(request.people) for request in server.requests] == [1_000, 1_000, 500]
    twice = [
        replace(message, to="A@x.fi" if message.message_id == 2 else "a@x.fi") for message in messages(3)
    ]
    _, server = run(twice, lambda *_: ACCEPTED)
    assert [request.people for request in server.requests] == [["a@x.fi"], ["A@x.fi"], ["a@x.fi"]]


def test_the_body_says_what_it_must_and_nothing_of_people_but_their_address() -> None:
    _, server = run(messages(2), lambda *_: ACCEPTED)
    (request,) = server.requests
    assert request.path == "/v3/mail/send"
    assert request.headers["Authorization"] == f"Bearer {KEY}"
    body = request.body
    assert [part["type"] for part in body["content"]] == ["text/plain", "text/html"]
    assert body["personalizations"][0] == {
        "to": [{"email": "a1@x.fi"}],
        "subject": "Hyvää päivää",
        "custom_args": {"message": f"{1:032x}"},
        "headers": {"List-Unsubscribe": PARTS.personal_headers["List-Unsubscribe"]},
    }
    assert body["headers"] == dict(PARTS.headers)
    assert body["from"] == {"email": "uutiset@energia.fi", "name": "Energia"}
    assert body["reply_to"] == {"email": "asiakaspalvelu@energia.fi"}
    tracking = body["tracking_settings"]
    assert {name: each["enable"] for name, each in tracking.items()} == {
        "click_tracking": False,
        "open_tracking": False,
        "subscription_tracking": False,
        "ganalytics": False,
    }
    assert tracking["click_tracking"]["enable_text"] is False
    # no bypass of suppressions, no unsubscribe group of theirs, no substitutions (attack 14)
    assert set(body) == {"personalizations", "from", "reply_to", "content", "headers", "tracking_settings"}


def test_a_misspelt_key_would_be_seen() -> None:
    assert sendgrid_server.faults({"personalizations": [{"to": [{"email": "a@x.fi"}], "custom_arg": {}}]})
    assert sendgrid_server.faults(
        {"from": {"email": "a@x.fi"}, "personalizations": [{"to": [{"email": "a@x.fi"}]}], "tracking": {}}
    )


def test_names_that_look_like_substitutions_stay_as_they_are() -> None:  # attack 14
    _, server = run(messages(1, html=lambda _: "<p>-name- %recipient% {{7*7}} ${x}</p>"), lambda *_: ACCEPTED)
    (request,) = server.requests
    assert request.body["content"][1]["value"] == "<p>-name- %recipient% {{7*7}} ${x}</p>"
    assert "substitutions" not in request.body["personalizations"][0]


def test_people_touched_after_the_body_was_built_are_taken_out() -> None:
    with sendgrid_server.running(lambda *_: ACCEPTED) as server:
        asked: list[int] = []

        def gate(group: Sequence[Outgoing]) -> Sequence[Outgoing]:
            assert server.requests == []
            asked.append(len(group))
            return [message for message in group if message.message_id != 2]

        found = dict(channel(server.port).connect().hand_over(messages(3), before_first_byte=gate))
    assert asked == [3]
    assert set(found) == {1, 3}
    assert server.requests[0].people == ["a1@x.fi", "a3@x.fi"]


def test_nothing_is_asked_when_nobody_is_left() -> None:
    with sendgrid_server.running(lambda *_: ACCEPTED) as server:
        connection = channel(server.port).connect()
        assert list(connection.hand_over(messages(3), before_first_byte=lambda _: [])) == []
    assert server.requests == []


@pytest.mark.parametrize(
    ("headers", "seconds"), [({}, 60.0), ({"Retry-After": "7"}, 7.0), ({"Retry-After": "soon"}, 60.0)]
)
def test_429_waits_for_all_and_loses_nobody(headers: dict[str, str], seconds: float) -> None:  # fault 58
    batch = messages(4, html=lambda n: f"<p>{n}</p>")
    found, server = run(batch, lambda _, n: ACCEPTED if n == 0 else Reply(429, headers))
    assert states(found) == ["sent", "deferred", "deferred", "deferred"]
    assert {outcome.retry_after for _, outcome in found[1:]} == {seconds}
    assert len(server.requests) == 2


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_5xx_after_the_body_was_sent_is_unknown(status: int) -> None:  # fault 59
    found, server = run(messages(3), lambda *_: Reply(status, body=b"<html>oops</html>"))
    assert states(found) == ["unknown"] * 3
    assert len(server.requests) == 1


def test_silence_after_the_body_was_sent_is_unknown() -> None:  # fault 60
    found, _ = run(messages(2), lambda *_: Reply(wait=1.0), seconds=0.2)
    assert states(found) == ["unknown"] * 2
    found, _ = run(messages(2), lambda *_: Reply(drop=True))
    assert states(found) == ["unknown"] * 2
    found, _ = run(messages(1), lambda *_: Reply(body=b"{", cut=True))
    assert states(found) == ["unknown"]


def test_one_bad_recipient_is_found_by_halving() -> None:  # fault 61
    def answer(request: Request, _: int) -> Reply:
        return Reply(400, body=b'{"errors":[]}') if "a5@x.fi" in request.people else ACCEPTED

    found, server = run(messages(8), answer)
    assert {number: outcome.state for number, outcome in found} == {
        n: "failed" if n == 5 else "sent" for n in range(1, 9)
    }
    accepted = [request.people for request in server.requests if "a5@x.fi" not in request.people]
    people = [person for people in accepted for person in people]
    assert sorted(people) == sorted(f"a{n}@x.fi" for n in range(1, 9) if n != 5)


@pytest.mark.parametrize("status", [401, 403, 404, 405])
def test_refusing_us_stops_the_channel(status: int) -> None:  # fault 62
    batch = messages(3, html=lambda n: f"<p>{n}</p>")
    with sendgrid_server.running(lambda *_: Reply(status)) as server, pytest.raises(ChannelStopped) as caught:
        list(channel(server.port).connect().hand_over(batch, before_first_byte=everybody))
    assert len(server.requests) == 1
    assert caught.value.code == str(status)
    assert "canary" not in f"{caught.value} {channel(1)!r}"  # attack 101


def test_413_sends_smaller_batches() -> None:  # fault 62
    found, server = run(messages(8), lambda request, _: Reply(413) if len(request.people) > 2 else ACCEPTED)
    assert states(found) == ["sent"] * 8
    assert [len(request.people) for request in server.requests] == [8, 4, 2, 2, 4, 2, 2]
    found, _ = run(messages(1), lambda *_: Reply(413))
    assert states(found) == ["failed"]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_never_followed(status: int) -> None:  # fault 63
    with sendgrid_server.running(lambda *_: ACCEPTED) as evil:
        location = {"Location": f"http://127.0.0.1:{evil.port}/v3/mail/send"}
        found, _ = run(messages(1), lambda *_: Reply(status, location))
    assert states(found) == ["unknown"]
    assert evil.requests == []
    assert evil.faults == []


def test_nobody_there_defers() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    found = list(channel(port).connect().hand_over(messages(2), before_first_byte=everybody))
    assert states(found) == ["deferred"] * 2


def test_the_sandbox_sends_nothing_and_says_so() -> None:
    found, server = run(messages(1), lambda *_: Reply(200), sandbox=True)
    assert server.requests[0].body["mail_settings"] == {"sandbox_mode": {"enable": True}}
    assert [(outcome.state, outcome.code) for _, outcome in found] == [("failed", "sandbox")]


def test_nothing_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """The package logs whole requests for debugging: addresses, texts and the key."""
    with caplog.at_level(logging.DEBUG):
        run(messages(1), lambda *_: Reply(400, body=b"canary"))
    assert "a1@x.fi" not in caplog.text
    assert "canary" not in caplog.text


def test_the_eu_host_is_the_default() -> None:
    assert SendGridSettings().host == "https://api.eu.sendgrid.com"

"""Hand-over to a mail server that somebody else wrote."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import SMTP
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from campaigns.channels.protocol import Outgoing
from campaigns.channels.smtp import Smtp
from campaigns.content.definitions import Message
from campaigns.content.message import MessageFactory
from campaigns.content.rendering import Rendered
from campaigns.settings.model import Smtp as SmtpSettings
from support.messages import LINKS, settings


class Keeper:
    """Keeps what arrives."""

    def __init__(self) -> None:
        self.envelopes: list[Any] = []
        self.port = 0

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.envelopes.append(envelope)
        return "250 2.0.0 ok"


class OnAnyPort(Controller):
    """Listens on a port that is free, and says which."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@pytest.fixture
def keeper() -> Any:
    handler = Keeper()
    controller = OnAnyPort(handler, hostname="127.0.0.1", port=0)
    controller.start()
    handler.port = controller.port
    yield handler
    controller.stop()


def everybody(asked: Sequence[Outgoing]) -> Sequence[Outgoing]:
    return asked


def test_a_message_reads_as_it_was_written(keeper: Any) -> None:
    message = Message.model_validate(
        {
            "title": "x",
            "kind": "newsletter",
            "languages": ["fi"],
            "fallback": {"sv": "fi", "en": "fi"},
            "subject": {"fi": "x"},
            "preheader": {"fi": "x"},
        }
    )
    factory = MessageFactory(message, settings=settings(), controller="energy", mailing="news")
    texts = Rendered(
        subject="Hyvää päivää – tässä",
        preheader="",
        html="<p>.\n.\näöå €</p>",
        text=".\nMAIL FROM:<x@y.fi>\nä\n",
    )
    payload = factory.build(
        texts,
        to="maija@example.fi",
        message_ref="0123456789abcdef",
        date=datetime(2026, 11, 24, 9, tzinfo=UTC),
        unsubscribe_url=LINKS["unsubscribe"],
    )
    outgoing = Outgoing(message_id=1, to="maija@example.fi", envelope_from="u@energia.fi", payload=payload)
    smtp = Smtp(settings=SmtpSettings(host="127.0.0.1", port=keeper.port, tls="none", timeout_seconds=5))
    connection = smtp.connect()
    ((_, outcome),) = connection.hand_over([outgoing], before_first_byte=everybody)
    connection.close()
    assert outcome.state == "sent"
    (envelope,) = keeper.envelopes
    assert envelope.rcpt_tos == ["maija@example.fi"]
    assert envelope.content == payload
    read: Any = message_from_bytes(envelope.content, policy=SMTP)
    assert read["Subject"] == texts.subject
    assert [part.get_content().replace("\r\n", "\n").rstrip("\n") for part in read.iter_parts()] == [
        texts.text.rstrip("\n"),
        texts.html,
    ]

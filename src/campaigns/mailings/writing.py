"""Putting one mailing's messages together: values, links, template, bytes. The same for sending and tests."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from campaigns.channels.protocol import Outgoing
from campaigns.content import values as content_values
from campaigns.content.links import Links
from campaigns.content.message import MessageFactory
from campaigns.errors import UserError
from campaigns.mailings.recipients import Recipient

if TYPE_CHECKING:
    from campaigns.content.templates import Rendered
    from campaigns.mailings.library import Mailing
    from campaigns.mailings.parts import Parts

MISSING, REFUSED = "CONTENT_MISSING", "CONTENT_REFUSED"
_NO_VALUE = "CON101"  # the room of content says so when a value is not there


class Writer:
    """Writes the messages of one mailing."""

    def __init__(self, parts: Parts, mailing: Mailing, *, form: str) -> None:
        """`form`: what the channel takes, `bytes` or `parts`."""
        settings = parts.settings
        self._mailing = mailing
        self._form = form
        self._tokens = parts.tokens
        self._links = Links(settings.web.base_url, parts.tokens)
        self._controller = settings.controllers[mailing.controller]
        self._purpose = settings.purposes[mailing.purpose].permission_purpose
        self._sender = content_values.sender(self._controller)
        self._zone = settings.zone
        self._factory = MessageFactory(
            mailing.template.message, settings=settings, controller=mailing.controller, mailing=mailing.name
        )

    def links(self, token_key: bytes) -> dict[str, str]:
        """The links of one person."""
        return self._links.for_person(
            controller=self._mailing.controller,
            token_key=token_key,
            list_name=self._mailing.template.message.list_name,
            channel=self._mailing.channel,
            purpose=self._purpose,
            privacy_url=self._controller.privacy_url,
        )

    def inert_links(self) -> dict[str, str]:
        """Links that do nothing, for test messages."""
        return self._links.inert(privacy_url=self._controller.privacy_url)

    def render(
        self, recipient: Recipient, language: str, *, links: Mapping[str, str], now: datetime
    ) -> Rendered:
        """The texts of one person. Raises `UserError` CON…, which names the variable and never its value."""
        values: dict[str, Mapping[str, Any]] = dict(recipient.values)
        values["sender"] = self._sender
        values["links"] = links
        values["mailing"] = {"title": self._mailing.title, "date": now.astimezone(self._zone).date()}
        return self._mailing.template.render(language, values)

    def finish(
        self, rendered: Rendered, *, message_id: int, to: str, links: Mapping[str, str], now: datetime
    ) -> Outgoing:
        """The message as the channel takes it. Raises `UserError` CON2… for this person alone."""
        reference = self._tokens.reference(message_id)
        unsubscribe = links["unsubscribe"] if self._mailing.template.can_be_refused else None
        shared: dict[str, Any] = {
            "message_id": message_id,
            "to": to,
            "envelope_from": self._factory.sender_email,
        }
        if self._form == "parts":
            parts = self._factory.parts(rendered, message_ref=reference, unsubscribe_url=unsubscribe)
            return Outgoing(**shared, parts=parts)
        payload = self._factory.build(
            rendered, to=to, message_ref=reference, date=now, unsubscribe_url=unsubscribe
        )
        return Outgoing(**shared, payload=payload)


def reason_of(error: UserError) -> str:
    """Why a message cannot be written, as a code of ours."""
    return MISSING if error.mistake.code == _NO_VALUE else REFUSED

"""Messages through SendGrid's API v3, on the EU host unless campaigns.yml says otherwise.

People whose messages are equal share a request. Nothing of SendGrid's own is used that would change the
message, follow people or suppress somebody where we do not see it; it gets an opaque reference and no more.
"""

from __future__ import annotations

import http.client
import logging
import socket
import ssl
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from urllib.error import URLError
from urllib.request import HTTPRedirectHandler, OpenerDirector, Request, build_opener

import python_http_client
from python_http_client.exceptions import HTTPError
from sendgrid import SendGridAPIClient

from campaigns.channels.covering import FIELDS
from campaigns.channels.protocol import BeforeFirstByte, Connection, Outcome, Outgoing
from campaigns.content.message import Parts
from campaigns.errors import ChannelStopped
from campaigns.settings.model import SendGrid as SendGridSettings
from campaigns.settings.secrets import Secret

SECONDS = 60.0
DEFAULT_WAIT = 60.0  # seconds after 429, when SendGrid does not say how long
_REFUSES_US = frozenset({401, 403, 404, 405})
# Off, each of them, whatever the account's own settings say.
_TRACKING = {
    "click_tracking": {"enable": False, "enable_text": False},
    "open_tracking": {"enable": False},
    "subscription_tracking": {"enable": False},
    "ganalytics": {"enable": False},
}


@dataclass(frozen=True, kw_only=True, slots=True)
class SendGrid:
    """SendGrid as campaigns.yml names it."""

    settings: SendGridSettings
    api_key: Secret
    seconds: float = SECONDS
    connections: int = 2
    name: str = "sendgrid"
    form: Literal["bytes", "parts"] = "parts"
    processor_fields: tuple[str, ...] = FIELDS["sendgrid"]

    def connect(self) -> Connection:
        """A client; it makes a connection a request."""
        return SendGridConnection(self)


class SendGridConnection:
    """Hands messages over, those with equal content together."""

    def __init__(self, channel: SendGrid) -> None:
        self.batch = channel.settings.batch
        self._settings = channel.settings
        self._seconds = channel.seconds
        # The package logs whole requests, which hold addresses and texts.
        logging.getLogger("python_http_client.client").disabled = True
        self._client = _Client.of(SendGridAPIClient(channel.api_key.reveal(), host=channel.settings.host))
        self._wait: float | None = None

    def hand_over(
        self, batch: Sequence[Outgoing], *, before_first_byte: BeforeFirstByte
    ) -> Iterator[tuple[int, Outcome]]:
        """See `protocol.Connection`."""
        self._wait = None
        for group in _equal_groups(batch, self.batch):
            body = request_body(group, sandbox=self._settings.sandbox)
            leaving = before_first_byte(group)
            if waiting := self._told_to_wait():
                yield from _all(leaving, waiting)
            elif leaving:
                body["personalizations"] = [_personalization(message) for message in leaving]
                yield from self._request(leaving, body)

    def close(self) -> None:
        """Nothing is kept open."""

    def _request(self, group: Sequence[Outgoing], body: dict[str, Any]) -> Iterator[tuple[int, Outcome]]:
        answer = self._post(body)
        if answer.status in (400, 413) and len(group) > 1:
            # Nobody of a refused request was accepted: the halves find out who is to blame.
            half, people = len(group) // 2, body["personalizations"]
            yield from self._request(group[:half], {**body, "personalizations": people[:half]})
            yield from self._request(group[half:], {**body, "personalizations": people[half:]})
            return
        if answer.status in _REFUSES_US:
            raise ChannelStopped(str(answer.status), "SendGrid refuses the key, the account or the host")
        if answer.status == 429:
            self._wait = answer.wait
        yield from _all(group, _outcome(answer))

    def _told_to_wait(self) -> Outcome | None:
        return None if self._wait is None else _wait_outcome(self._wait)

    def _post(self, body: Mapping[str, Any]) -> _Answer:
        try:
            response = self._client.mail.send.post(request_body=body, timeout=self._seconds)
        except HTTPError as error:
            return _Answer(status=error.status_code, headers=dict(error.headers or {}))
        except URLError as error:
            never = isinstance(error.reason, _NEVER_SENT)
            return _Answer(status=0, reached=not never)
        except (OSError, http.client.HTTPException):
            return _Answer(status=0)
        return _Answer(status=response.status_code, headers=dict(response.headers))


# What can only happen before a request leaves.
_NEVER_SENT = (ConnectionRefusedError, socket.gaierror, ssl.SSLCertVerificationError)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Answer:
    """What came back: status 0 when nothing did; `reached` is False when the request certainly never left."""

    status: int
    headers: Mapping[str, str] | None = None
    reached: bool = True

    def header(self, name: str) -> str:
        found = {key.lower(): value for key, value in (self.headers or {}).items()}
        return found.get(name, "")

    @property
    def wait(self) -> float:
        """Seconds that SendGrid asks us to wait."""
        given = self.header("retry-after")
        return float(given) if given.isdigit() else DEFAULT_WAIT


def _outcome(answer: _Answer) -> Outcome:
    code = str(answer.status) if answer.status else "no answer"
    if answer.status == 202:
        return Outcome(state="sent", code=code, provider_id=answer.header("x-message-id")[:100])
    if answer.status == 200:
        return Outcome(state="failed", code="sandbox", detail="SendGrid checked the message and sent nothing")
    if answer.status == 429:
        return _wait_outcome(answer.wait)
    if answer.status in (400, 413):
        return Outcome(state="failed", code=code, detail="SendGrid refuses this message")
    if not answer.reached:
        return Outcome(state="deferred", code="connection", detail="SendGrid cannot be reached")
    # 5xx, a redirect, an answer cut off, silence: it may have been accepted, and there is no key to ask by.
    return Outcome(state="unknown", code=code, detail="no certain answer from SendGrid")


def _wait_outcome(seconds: float) -> Outcome:
    return Outcome(state="deferred", code="429", detail="SendGrid asks us to wait", retry_after=seconds)


def _all(group: Sequence[Outgoing], outcome: Outcome) -> Iterator[tuple[int, Outcome]]:
    for message in group:
        yield message.message_id, outcome


def _equal_groups(batch: Sequence[Outgoing], size: int) -> Iterator[list[Outgoing]]:
    """Neighbours with equal content, at most `size`, no address twice (SendGrid refuses that)."""
    group: list[Outgoing] = []
    addresses: set[str] = set()
    for message in batch:
        address = message.to.lower()
        fits = group and len(group) < size and address not in addresses
        if not fits or _content(message) != _content(group[0]):
            if group:
                yield group
            group, addresses = [], set()
        group.append(message)
        addresses.add(address)
    if group:
        yield group


def _content(message: Outgoing) -> tuple[object, ...]:
    parts = _parts(message)
    return (
        parts.sender_email,
        parts.sender_name,
        parts.reply_to,
        parts.html,
        parts.text,
        tuple(parts.headers),
    )


def _parts(message: Outgoing) -> Parts:
    if message.parts is None:
        raise ValueError("this channel needs the parts of a message")
    return message.parts


def request_body(group: Sequence[Outgoing], *, sandbox: bool) -> dict[str, Any]:
    """The body of one request: messages of equal content, a personalization each."""
    shared = _parts(group[0])
    body: dict[str, Any] = {
        "personalizations": [_personalization(message) for message in group],
        "from": {"email": shared.sender_email, "name": shared.sender_name},
        "content": [
            {"type": "text/plain", "value": shared.text},
            {"type": "text/html", "value": shared.html},
        ],
        "headers": dict(shared.headers),
        "tracking_settings": _TRACKING,
    }
    if shared.reply_to:
        body["reply_to"] = {"email": shared.reply_to}
    if sandbox:
        body["mail_settings"] = {"sandbox_mode": {"enable": True}}
    return body


def _personalization(message: Outgoing) -> dict[str, Any]:
    parts = _parts(message)
    headers = {"headers": dict(parts.personal_headers)} if parts.personal_headers else {}
    return {
        "to": [{"email": message.to}],
        "subject": parts.subject,
        "custom_args": {"message": parts.message_ref},
        **headers,
    }


class _NoRedirects(HTTPRedirectHandler):
    """A redirect would carry the key and the people's addresses to another host."""

    def redirect_request(self, *_: Any) -> Request | None:
        return None


class _Client(python_http_client.Client):  # type: ignore[misc]  # the package has no types
    """The package's client, which follows no redirects."""

    @classmethod
    def of(cls, api: SendGridAPIClient) -> _Client:
        """The client of an API object, made safe."""
        made = api.client
        return cls(host=made.host, request_headers=made.request_headers, version=made._version)

    def _build_client(self, name: str | None = None) -> _Client:
        return _Client(
            host=self.host,
            version=self._version,
            request_headers=self.request_headers,
            url_path=[*self._url_path, name] if name else self._url_path,
            timeout=self.timeout,
        )

    def _make_request(self, opener: OpenerDirector, request: Request, timeout: float | None = None) -> Any:  # noqa: ARG002
        return super()._make_request(build_opener(_NoRedirects), request, timeout=timeout)

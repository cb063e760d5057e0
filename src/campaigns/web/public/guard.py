"""What stands before every public page: known host, small bodies, safe headers (plain ASGI, so for all)."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY = 4096
METHODS = frozenset({"GET", "HEAD", "POST"})

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "",
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex",
}


class TooLarge(Exception):
    """The body grew past the limit while it was read."""


class Guard:
    """Wraps the public application; `base_url` says which host it answers for."""

    def __init__(self, app: ASGIApp, *, base_url: str, other_hosts: Iterable[str] = ()) -> None:
        address = urlsplit(base_url)
        self._app = app
        self._hosts = {(address.hostname or "").lower(), *other_hosts}
        self._headers = dict(_HEADERS)
        if address.scheme == "https":
            self._headers["Strict-Transport-Security"] = "max-age=31536000"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass on to the application."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        secured = self._securing(send)
        refusal = self._refusal(scope)
        if refusal is not None:
            await refusal(scope, receive, secured)
            return
        try:
            await self._app(scope, _limited(receive), secured)
        except TooLarge:
            await PlainTextResponse("too large", status_code=413)(scope, receive, secured)

    def _refusal(self, scope: Scope) -> PlainTextResponse | None:
        headers = Headers(scope=scope)
        if _host(headers.get("host", "")) not in self._hosts:
            return PlainTextResponse("unknown host", status_code=421)
        if scope["method"] not in METHODS:
            return PlainTextResponse(
                "not allowed", status_code=405, headers={"Allow": ", ".join(sorted(METHODS))}
            )
        length = headers.get("content-length", "0")
        if not length.isascii() or not length.isdigit():
            return PlainTextResponse("bad request", status_code=400)
        if int(length[:12]) > MAX_BODY:
            return PlainTextResponse("too large", status_code=413)
        return None

    def _securing(self, send: Send) -> Send:
        async def secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers[name] = value
            await send(message)

        return secured


def _host(header: str) -> str:
    """The host name without its port."""
    return header.rsplit(":", 1)[0].lower() if header.rsplit(":", 1)[-1].isdigit() else header.lower()


def _limited(receive: Receive) -> Receive:
    """Stops a body that lies about its length or never ends."""
    seen = 0

    async def limited() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > MAX_BODY:
            raise TooLarge
        return message

    return limited

"""The application of the public pages.

GET and HEAD change nothing: mail software and scanners follow links (RFC 8058, introduction). POST is the
person's word: it needs no cookie, no login and no form field, is answered 200 without a redirect, and the
same POST many times is one ban.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qsl

from sqlalchemy.exc import DBAPIError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from campaigns.content.links import INERT
from campaigns.content.tokens import Claim, TokenPurpose, Tokens
from campaigns.errors import CampaignsError
from campaigns.ledger.database import Ledger
from campaigns.settings.model import Controller, Settings
from campaigns.web.public import pages
from campaigns.web.public.commits import GroupCommit, NotRecorded
from campaigns.web.public.guard import Guard
from campaigns.web.public.presses import Press, record
from campaigns.web.public.texts import choose_language

log = logging.getLogger("campaigns.web.public")
MAX_TOKEN = 512


@dataclass(frozen=True, kw_only=True, slots=True)
class Parts:
    """What the pages need; the workspace puts it together."""

    settings: Settings
    ledger: Ledger
    tokens: Tokens
    now: Callable[[], datetime]


def create_app(parts: Parts, *, other_hosts: Sequence[str] = ()) -> Starlette:
    """The public application; `other_hosts` answer beside the host of `web.base_url` (for health checks)."""
    public = _Public(parts)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        public.presses = GroupCommit(parts.ledger, record)
        yield
        public.presses.close()

    return Starlette(
        routes=[
            Route("/u/{token}", public.unsubscribe, methods=["GET", "POST"]),
            Route("/p/{token}", public.unsubscribe, methods=["GET", "POST"]),
            Route(INERT, test_link, methods=["GET", "POST"]),
            Route("/style.css", style, methods=["GET"]),
            Route("/healthz", health, methods=["GET"]),
            Route("/readyz", public.ready, methods=["GET"]),
        ],
        middleware=[
            Middleware(Guard, base_url=parts.settings.web.base_url, other_hosts=tuple(other_hosts)),
        ],
        exception_handlers={HTTPException: refused, Exception: failed},
        lifespan=lifespan,
    )


class _Public:
    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self.presses: GroupCommit[Press]

    async def unsubscribe(self, request: Request) -> Response:
        """Ask on GET, record on POST."""
        language = choose_language(request.query_params.get("lang"), request.headers.get("accept-language"))
        claim = self._claim(request)
        if claim is None:
            return _unknown(language)
        if request.method != "POST":
            return HTMLResponse(
                pages.ask(
                    controller=self._controller(claim),
                    channel=claim.channel,
                    purpose=claim.purpose,
                    language=language,
                )
            )
        everything = await _wants_everything(request)
        try:
            await self.presses.add(Press(claim=claim, everything=everything, at=self._parts.now()))
        except NotRecorded:
            return _busy(language)
        return HTMLResponse(
            pages.done(
                everything=everything,
                controller=self._controller(claim),
                channel=claim.channel,
                purpose=claim.purpose,
                language=language,
            )
        )

    def ready(self, _: Request) -> Response:
        """200 when the ledger answers."""
        try:
            self._parts.ledger.position()
        except (CampaignsError, DBAPIError):
            return PlainTextResponse("the ledger does not answer", status_code=503)
        return PlainTextResponse("ready")

    def _claim(self, request: Request) -> Claim | None:
        token = request.path_params["token"]
        if len(token) > MAX_TOKEN:
            return None
        expected: TokenPurpose = "unsubscribe" if request.url.path.startswith("/u/") else "preferences"
        return self._parts.tokens.read(token, expected=expected)

    def _controller(self, claim: Claim) -> Controller | None:
        return self._parts.settings.controllers.get(claim.controller)


async def _wants_everything(request: Request) -> bool:
    """Only our own form can ask for more than the link says; any other body is one plain ban."""
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    body = await request.body()
    if kind != "application/x-www-form-urlencoded":
        return False
    try:
        fields = parse_qsl(body.decode("ascii"), max_num_fields=20)
    except ValueError:
        return False
    return ("choice", "all") in fields


def test_link(request: Request) -> Response:
    """Where the links of a test message lead."""
    language = choose_language(request.query_params.get("lang"), request.headers.get("accept-language"))
    return HTMLResponse(pages.answer(heading="test_title", lines=["test"], language=language))


def style(_: Request) -> Response:
    """The one style sheet."""
    return Response(pages.STYLE, media_type="text/css")


def health(_: Request) -> Response:
    """The process is alive; the ledger is not asked."""
    return PlainTextResponse("alive")


def refused(request: Request, error: Exception) -> Response:
    """Unknown paths and methods get a page that tells nothing."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    language = choose_language(None, request.headers.get("accept-language"))
    return _unknown(language) if status == 404 else PlainTextResponse("not allowed", status_code=status)


def failed(request: Request, error: Exception) -> Response:
    """Something broke: nothing about it leaves the house, and nobody is told that it is done."""
    log.error("a public page failed: %s", type(error).__name__)
    return _busy(choose_language(None, request.headers.get("accept-language")), status=500)


def _unknown(language: str) -> Response:
    page = pages.answer(heading="unknown_title", lines=["unknown"], language=language)
    return HTMLResponse(page, status_code=404)


def _busy(language: str, status: int = 503) -> Response:
    page = pages.answer(heading="busy_title", lines=["busy"], language=language)
    return HTMLResponse(page, status_code=status, headers={"Retry-After": "5"})

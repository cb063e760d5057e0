"""Run the public pages until told to stop."""

from __future__ import annotations

import logging
import re
import signal

import uvicorn
from starlette.types import ASGIApp

_TOKEN = re.compile(r"/([up])/[^\s?\"]+")


class MaskTokens(logging.Filter):
    """A token in an access log would let whoever reads the log unsubscribe people."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Keep the line, without its token and on one line; uvicorn's own form needs the same arguments."""
        if isinstance(record.args, tuple):
            record.args = tuple(_masked(value) if isinstance(value, str) else value for value in record.args)
        return True


def _masked(text: str) -> str:
    line = _TOKEN.sub(r"/\1/***", text)
    return "".join(letter if letter.isprintable() else "?" for letter in line)


def server(app: ASGIApp, *, host: str, port: int, log_level: str = "info") -> uvicorn.Server:
    """A server with our limits, not started; it names neither itself nor its version."""
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_level=log_level,
        access_log=log_level == "info",
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=15,
        timeout_graceful_shutdown=10,
        h11_max_incomplete_event_size=16 * 1024,
        limit_concurrency=2000,
        ws="none",
        lifespan="on",
    )
    config.load()
    logging.getLogger("uvicorn.access").addFilter(MaskTokens())
    return uvicorn.Server(config)


def serve(app: ASGIApp, *, host: str, port: int, log_level: str = "info") -> None:
    """Serve `app` on `host:port`; returns after SIGTERM or SIGINT, when open requests are answered."""
    # uvicorn answers what is open and then raises the signal again for whoever had it before: nobody
    signal.signal(signal.SIGTERM, lambda _signal, _frame: None)
    server(app, host=host, port=port, log_level=log_level).run()

"""A ledger, tokens, and the public application on a loopback port."""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from campaigns.content.tokens import Claim, Tokens
from campaigns.ledger import Ledger, permission_events, tokens
from campaigns.settings.loading import load
from campaigns.web import serving
from campaigns.web.public.app import Parts, create_app

ROOT = Path(__file__).parents[3]
HOST = "viesti.lahtienergia.example"
NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: str


class Site:
    """The running application, its ledger, and a way to ask it."""

    def __init__(self, folder: Path) -> None:
        self.ledger = Ledger.open(folder / "ledger.sqlite", busy_seconds=1.0)
        self.tokens = Tokens([b"k" * 32])
        settings = load(ROOT / "campaigns.yml")
        parts = Parts(settings=settings, ledger=self.ledger, tokens=self.tokens, now=lambda: NOW)
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        app = create_app(parts, other_hosts=["127.0.0.1"])
        self.server = serving.server(app, host="127.0.0.1", port=self.port, log_level="error")
        self.thread = threading.Thread(target=self.server.run, kwargs={"sockets": [self.socket]})
        self.thread.start()
        while not self.server.started:
            threading.Event().wait(0.01)

    def close(self) -> None:
        self.server.should_exit = True
        self.thread.join()
        self.socket.close()
        self.ledger.dispose()

    def token(self, person_id: int = 7, *, of: str = "unsubscribe", controller: str = "lahti_energia") -> str:
        with self.ledger.write() as connection:
            key = tokens.token_keys(connection, controller, [person_id])[person_id]
        return self.tokens.make(
            Claim(
                purpose_of_token=of,  # type: ignore[arg-type]
                controller=controller,
                token_key=key,
                list="newsletter",
                channel="email",
                purpose="newsletter",
            )
        )

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, path, body, {"Host": HOST, **(headers or {})})
            response = connection.getresponse()
            found = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, found, response.read().decode())
        finally:
            connection.close()

    def events(self) -> list[dict[str, object]]:
        with self.ledger.read() as connection:
            return permission_events.frame(connection).to_dicts()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    running = Site(tmp_path)
    yield running
    running.close()

"""A SendGrid on this machine: checks every body against the published description, answers by script."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

DESCRIPTION = Path(__file__).parents[3] / "shared" / "sendgrid" / "tsg_mail_v3.json"


@dataclass
class Request:
    """What came: path, headers, body."""

    path: str
    headers: Mapping[str, str]
    body: dict[str, Any]

    @property
    def people(self) -> list[str]:
        return [each["to"][0]["email"] for each in self.body["personalizations"]]


@dataclass
class Reply:
    """What is answered. `drop` closes without a word after the request was read."""

    status: int = 202
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    drop: bool = False
    cut: bool = False  # promise more of a body than comes
    wait: float = 0.0


@dataclass
class Server:
    """What it saw, and what is wrong with it."""

    port: int = 0
    requests: list[Request] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


@contextlib.contextmanager
def running(answer: Callable[[Request, int], Reply]) -> Iterator[Server]:
    """The server; `answer` gets each request and how many came before it."""
    seen = Server()
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.faults.append(f"GET {self.path}")
            self.send_error(405)

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"]))
            request = Request(self.path, dict(self.headers), json.loads(raw))
            with lock:
                seen.requests.append(request)
                seen.faults += faults(request.body)
                number = len(seen.requests) - 1
            reply = answer(request, number)
            threading.Event().wait(reply.wait)
            if reply.drop:
                self.close_connection = True
                return
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body) + (100 if reply.cut else 0)))
            self.end_headers()
            self.wfile.write(reply.body)
            self.close_connection = self.close_connection or reply.cut

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = False
    seen.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield seen
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()


def faults(body: Any) -> list[str]:
    """What the description of POST /v3/mail/send does not allow, misspelt keys included."""
    return [f"{error.json_path}: {error.message[:200]}" for error in _validator().iter_errors(body)]


@cache
def _validator() -> Draft202012Validator:
    description = json.loads(DESCRIPTION.read_text(encoding="utf-8"))
    components = description["components"]
    (name,) = [
        key
        for key in components["requestBodies"]
        if key == description["paths"]["/v3/mail/send"]["post"]["requestBody"]["$ref"].rpartition("/")[2]
    ]
    schema = components["requestBodies"][name]["content"]["application/json"]["schema"]
    return Draft202012Validator(_closed({**schema, "components": {"schemas": components["schemas"]}}))


def _closed(schema: Any) -> Any:
    """The same, where an object knows no other keys than those that are described."""
    if isinstance(schema, list):
        return [_closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {key: _closed(value) for key, value in schema.items()}
    if isinstance(schema.get("properties"), dict) and schema.get("type") == "object":
        inner.setdefault("additionalProperties", False)
    return inner

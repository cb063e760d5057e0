"""A mail server of a few lines that keeps what it received, and takes its time when told to."""

from __future__ import annotations

import socketserver
import threading
import time
from types import TracebackType


class _Handler(socketserver.StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        self._say("220 slow.example ESMTP")
        recipient = ""
        while line := self.rfile.readline():
            word = line[:4].upper()
            if word == b"RCPT":
                recipient = line.decode().partition("<")[2].partition(">")[0]
            if word in (b"EHLO", b"HELO"):
                self._say("250-slow.example\r\n250-PIPELINING\r\n250 8BITMIME")
            elif word == b"DATA":
                self._say("354 go on")
                self._take(recipient)
            elif word == b"QUIT":
                self._say("221 bye")
                return
            else:
                self._say("250 ok")

    def _take(self, recipient: str) -> None:
        while (line := self.rfile.readline()) != b".\r\n":
            if not line:
                return  # the sender is gone: nothing was received
        time.sleep(self.server.owner.pause)
        self.server.owner.keep(recipient)
        self._say("250 2.0.0 taken")

    def _say(self, text: str) -> None:
        try:
            self.wfile.write(f"{text}\r\n".encode())
        except OSError:
            return


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    owner: SlowServer


class SlowServer:
    """Runs in threads of the test. A message counts as received once its last dot was read."""

    def __init__(self) -> None:
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.owner = self
        self._received: list[str] = []
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self.port: int = self._server.server_address[1]
        self.pause = 0.0

    def keep(self, recipient: str) -> None:
        """One more was received."""
        with self._changed:
            self._received.append(recipient)
            self._changed.notify_all()

    def recipients(self) -> list[str]:
        """Who got one, in order, repeats included."""
        with self._changed:
            return list(self._received)

    def wait_for(self, number: int, *, seconds: float = 60) -> None:
        """Until so many were received."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self._received) >= number, seconds)

    def __enter__(self) -> SlowServer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

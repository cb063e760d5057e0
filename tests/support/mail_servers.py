"""Mail servers to send to: one that follows a script, and may drop, stall or lie."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import threading
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field

Answer = bytes | Callable[["Visit"], Awaitable[None]]

GREETING = b"220 mail.test ESMTP\r\n"
EHLO = b"250-mail.test\r\n250-PIPELINING\r\n250-SIZE 10000000\r\n250 8BITMIME\r\n"
EHLO_PLAIN = b"250 mail.test\r\n"
OK = b"250 2.0.0 ok\r\n"
GO = b"354 go ahead\r\n"
QUEUED = b"250 2.0.0 ok queued as A1B2C3\r\n"


@dataclass
class Visit:
    """One connection to the server."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    messages: int = 0

    async def say(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()


@dataclass
class Script:
    """What the server answers, by word. A list is used up, its last answer stays."""

    greeting: Answer | Sequence[Answer] = GREETING
    ehlo: Answer | Sequence[Answer] = EHLO
    mail: Answer | Sequence[Answer] = OK
    rcpt: Answer | Sequence[Answer] = OK
    data: Answer | Sequence[Answer] = GO
    body: Answer | Sequence[Answer] = QUEUED  # after the final dot
    starttls: Answer | Sequence[Answer] = b"502 5.5.1 no\r\n"
    auth: Answer | Sequence[Answer] = b"235 2.7.0 ok\r\n"
    drop_in_body: int = 0  # octets of a body after which the connection is reset
    one_command_a_read: bool = False  # "PIPELINING" is a lie: what came with a command is thrown away
    tls: ssl.SSLContext | None = None


@dataclass
class Server:
    """What a server saw."""

    script: Script
    port: int = 0
    connections: int = 0
    commands: list[str] = field(default_factory=list)
    messages: list[bytes] = field(default_factory=list)  # as they came, dots still doubled
    envelopes: list[tuple[str, list[str]]] = field(default_factory=list)
    _used: dict[str, int] = field(default_factory=dict)

    def answer(self, word: str) -> Answer:
        given = getattr(self.script, word)
        if isinstance(given, bytes) or callable(given):
            return given
        at = self._used.get(word, 0)
        self._used[word] = at + 1
        return given[min(at, len(given) - 1)]

    async def reply(self, visit: Visit, word: str) -> None:
        answer = self.answer(word)
        if callable(answer):
            await answer(visit)
        else:
            await visit.say(answer)


async def drop(visit: Visit) -> None:
    """Close without a word."""
    visit.writer.transport.abort()
    raise ConnectionResetError


async def stall(visit: Visit) -> None:
    """Say nothing for longer than anybody waits."""
    await asyncio.sleep(30)


def trickle(data: bytes, pause: float = 0.05) -> Callable[[Visit], Awaitable[None]]:
    """One octet at a time."""

    async def answer(visit: Visit) -> None:
        for octet in data:
            await visit.say(bytes([octet]))
            await asyncio.sleep(pause)

    return answer


def say_and_drop(data: bytes) -> Callable[[Visit], Awaitable[None]]:
    """Answer, then close at once."""

    async def answer(visit: Visit) -> None:
        await visit.say(data)
        visit.writer.close()
        raise ConnectionResetError

    return answer


FAREWELL = 0.3  # seconds


@contextlib.contextmanager
def running(script: Script) -> Iterator[Server]:
    """The server on a port of its own, in a thread of its own."""
    server = Server(script)
    started, loop = threading.Event(), asyncio.new_event_loop()
    visits: set[asyncio.Task[None]] = set()

    async def visited(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        visits.add(task)
        server.connections += 1
        with contextlib.suppress(
            ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError, ssl.SSLError
        ):
            await _serve(server, Visit(reader, writer))
        writer.close()
        visits.discard(task)

    async def main() -> None:
        listening = await asyncio.start_server(visited, "127.0.0.1", 0, limit=2**24)
        server.port = listening.sockets[0].getsockname()[1]
        started.set()
        async with listening:
            await stopping.wait()
        if visits:  # a client that has just said its last word is heard; one that stalls is cut off
            await asyncio.wait(visits, timeout=FAREWELL)
        for task in list(visits):
            task.cancel()
        await asyncio.gather(*visits, return_exceptions=True)

    stopping = asyncio.Event()
    thread = threading.Thread(target=lambda: loop.run_until_complete(main()))
    thread.start()
    started.wait(10)
    try:
        yield server
    finally:
        loop.call_soon_threadsafe(stopping.set)
        thread.join(10)
        loop.close()


async def _serve(server: Server, visit: Visit) -> None:
    talk = Talk(server, visit)
    await server.reply(visit, "greeting")
    while not talk.over and (line := await visit.reader.readline()):
        if server.script.one_command_a_read:
            visit.reader._buffer.clear()  # type: ignore[attr-defined]  # that is the lie
        text = line.decode("ascii").strip()
        server.commands.append(text)
        await getattr(talk, text.split()[0].lower(), talk.unknown)(text)


class Talk:
    """What the server does for each command."""

    def __init__(self, server: Server, visit: Visit) -> None:
        self.server, self.visit = server, visit
        self.sender, self.recipients = "", list[str]()
        self.over = False

    async def unknown(self, text: str) -> None:
        await self.visit.say(b"500 5.5.1 what?\r\n")

    async def quit(self, text: str) -> None:
        self.over = True
        await self.visit.say(b"221 bye\r\n")

    async def rset(self, text: str) -> None:
        self.sender, self.recipients = "", []
        await self.visit.say(OK)

    async def ehlo(self, text: str) -> None:
        await self.server.reply(self.visit, "ehlo")

    async def auth(self, text: str) -> None:
        await self.server.reply(self.visit, "auth")

    async def mail(self, text: str) -> None:
        self.sender, self.recipients = _path(text), []
        await self.server.reply(self.visit, "mail")

    async def rcpt(self, text: str) -> None:
        self.recipients.append(_path(text))
        await self.server.reply(self.visit, "rcpt")

    async def data(self, text: str) -> None:
        answer = self.server.answer("data")
        if callable(answer):
            await answer(self.visit)
        else:
            await self.visit.say(answer)
        if callable(answer) or answer.startswith(b"354"):
            await self._body()

    async def _body(self) -> None:
        server, visit = self.server, self.visit
        if server.script.drop_in_body:
            await visit.reader.readexactly(server.script.drop_in_body)
            await drop(visit)
        body = await visit.reader.readuntil(b"\r\n.\r\n")
        server.messages.append(body[:-3])
        server.envelopes.append((self.sender, self.recipients))
        visit.messages += 1
        await server.reply(visit, "body")

    async def starttls(self, text: str) -> None:
        await self.server.reply(self.visit, "starttls")
        if self.server.script.tls:
            await self.visit.writer.start_tls(self.server.script.tls)


def _path(text: str) -> str:
    return text.partition("<")[2].partition(">")[0]

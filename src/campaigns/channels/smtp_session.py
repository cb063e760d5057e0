"""One connection to a mail server, up to the reply to each message.

smtplib waits for each answer and counts its time-out anew for each read; here commands go out together when
the server allows it (RFC 2920), and one deadline holds for a whole message, however slowly bytes trickle.
"""

from __future__ import annotations

import base64
import contextlib
import ipaddress
import select
import socket
import ssl
import time
from collections.abc import Callable
from typing import NoReturn

from campaigns.channels.smtp_replies import MAX_REPLY, Reply, parse
from campaigns.errors import ChannelStopped, OutcomeUnknown, TransientFailure
from campaigns.settings.model import Smtp
from campaigns.settings.secrets import Secret

IMPLICIT_TLS_PORT = 465
_MORE = getattr(socket, "MSG_MORE", 0)  # more follows at once: one packet instead of two


class Lost(Exception):
    """The connection is gone, or what came is no SMTP."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class Session:
    """An open connection, ready for messages. Made by `open_session`."""

    def __init__(self, sock: socket.socket, clock: Callable[[], float]) -> None:
        self._socket = sock
        self._clock = clock
        self._buffer = b""
        self._lines: list[str] = []  # of the last reply, without codes
        self._features: dict[str, str] = {}
        self.sent = 0  # messages that got any reply on this connection

    @property
    def size_limit(self) -> int:
        """The largest message that the server takes; 0 when it does not say."""
        words = self._features.get("SIZE", "").split()
        return int(words[0]) if words and words[0].isdigit() else 0

    def quiet(self) -> bool:
        """Whether it is open and nothing came unasked: a farewell, or the end of the connection."""
        if self._buffer or self._socket.fileno() < 0:
            return False
        if isinstance(self._socket, ssl.SSLSocket):
            return self._socket.pending() == 0  # below it, the protocol's own records may wait
        watch = select.poll()
        watch.register(self._socket, select.POLLIN)
        return not watch.poll(0)

    def send(self, sender: str, recipient: str, payload: bytes, deadline: float) -> Reply:
        """One transaction with one recipient: the reply that ended it, good or bad.

        Raises `TransientFailure` when the connection was lost and the message certainly not accepted,
        `OutcomeUnknown` when the final dot may have left. The session cannot be used after either.
        """
        body = _stuffed(payload)
        try:
            if refusal := self._envelope(sender, recipient, len(body), deadline):
                return refusal
            self._write(body, deadline, _MORE)
            self._expect_silence()
        except Lost as lost:
            raise TransientFailure("connection", lost.reason) from None
        try:
            self._write(b".\r\n", deadline)
            reply = self._reply(deadline)
        except Lost as lost:
            raise OutcomeUnknown("no answer", lost.reason) from None
        self.sent += 1
        return reply

    def close(self) -> None:
        """Say goodbye if that is quick, and go."""
        with contextlib.suppress(OSError, ValueError):
            self._socket.settimeout(0.5)
            self._socket.sendall(b"QUIT\r\n")
        self.drop()

    def drop(self) -> None:
        """Go without a word."""
        with contextlib.suppress(OSError):
            self._socket.close()

    # -- opening -----------------------------------------------------------------------------------------

    def greet(self, deadline: float) -> None:
        """Read the greeting. Raises `Lost` or `Unwelcome`."""
        self._expect(self._reply(deadline))

    def hello(self, deadline: float) -> None:
        """Say who we are, learn what the server can do."""
        reply = self._command(f"EHLO {_own_name(self._socket)}", deadline)
        self._expect(reply)
        words = [line.partition(" ") for line in self._lines[1:]]
        self._features = {name.upper(): rest for name, _, rest in words}

    def offers(self, feature: str) -> bool:
        """Whether the server said so in its answer to EHLO."""
        return feature in self._features

    def start_tls(self, context: ssl.SSLContext, host: str, deadline: float) -> None:
        """Encrypt; what came in clear after the server's go-ahead is an attack (CVE-2021-38371 and kin)."""
        self._expect(self._command("STARTTLS", deadline))
        if self._buffer:
            raise Lost("bytes after STARTTLS")
        self.encrypt(context, host, deadline)
        self.hello(deadline)

    def encrypt(self, context: ssl.SSLContext, host: str, deadline: float) -> None:
        """TLS from here on, with a certificate that names the host."""
        try:
            self._socket.settimeout(self._left(deadline))
            self._socket = context.wrap_socket(self._socket, server_hostname=host)
        except ssl.SSLCertVerificationError as error:
            raise TransientFailure("tls", f"the certificate is not good: {error.verify_message}") from None
        except (OSError, ValueError):
            raise TransientFailure("tls", "no encrypted connection could be made") from None

    def log_in(self, user: str, password: Secret, deadline: float) -> None:
        """Authenticate. Raises `ChannelStopped` when we are refused: another try could lock the account."""
        methods = self._features.get("AUTH", "").upper().split()
        if "PLAIN" in methods or not methods:
            secret = base64.b64encode(f"\0{user}\0{password.reveal()}".encode()).decode("ascii")
            reply = self._command(f"AUTH PLAIN {secret}", deadline)
        elif "LOGIN" in methods:
            reply = self._command("AUTH LOGIN", deadline)
            for word in (user, password.reveal()):
                if reply.code == 334:
                    reply = self._command(base64.b64encode(word.encode()).decode("ascii"), deadline)
        else:
            raise ChannelStopped("auth", "the mail server offers no way to log in that we know")
        if reply.code // 100 == 5:
            raise ChannelStopped(reply.status, "the mail server refuses the user name or the password")
        self._expect(reply)

    # -- words and bytes ---------------------------------------------------------------------------------

    def _envelope(self, sender: str, recipient: str, size: int, deadline: float) -> Reply | None:
        """MAIL, RCPT and DATA; the refusal, if there is one."""
        declared = f" SIZE={size}" if self.offers("SIZE") else ""
        commands = (f"MAIL FROM:<{sender}>{declared}", f"RCPT TO:<{recipient}>", "DATA")
        if self.offers("PIPELINING"):
            self._write("".join(f"{command}\r\n" for command in commands).encode("ascii"), deadline)
            replies = self._replies(len(commands), deadline)
        else:
            replies = []
            for command in commands:
                replies.append(self._command(command, deadline))
                if not replies[-1].positive:
                    break
        refusal = next((reply for reply in replies if not reply.positive), None)
        if refusal is None:
            if replies[-1].code != 354:
                raise Lost("DATA was not answered with 354")
            return None
        self.sent += 1
        if len(replies) == len(commands) and replies[-1].positive:
            self.drop()  # it waits for a message that it has refused; nothing may be said that ends one
        elif not refusal.closing:
            self._reset(deadline)
        return refusal

    def _replies(self, count: int, deadline: float) -> list[Reply]:
        """The replies to commands that went out together, up to one that closes the connection."""
        replies: list[Reply] = []
        while len(replies) < count and not (replies and replies[-1].closing):
            replies.append(self._reply(deadline))
        return replies

    def _reset(self, deadline: float) -> None:
        """Ready for the next message; a session that cannot be reset is dropped."""
        try:
            self._expect(self._command("RSET", deadline))
        except (Lost, Unwelcome):
            self.drop()

    def _expect_silence(self) -> None:
        if not self.quiet():
            raise Lost("an answer before the message ended")

    def _command(self, text: str, deadline: float) -> Reply:
        self._write(f"{text}\r\n".encode("ascii"), deadline)
        return self._reply(deadline)

    def _expect(self, reply: Reply) -> None:
        if not reply.positive:
            raise Unwelcome(reply)

    def _write(self, data: bytes, deadline: float, flags: int = 0) -> None:
        try:
            self._socket.settimeout(self._left(deadline))
            # A socket under TLS knows no flags, and needs none: a record is a packet anyway.
            self._socket.sendall(data, 0 if isinstance(self._socket, ssl.SSLSocket) else flags)
        except (OSError, ValueError):
            raise Lost("the connection broke while writing") from None

    def _reply(self, deadline: float) -> Reply:
        """The next reply, all its lines."""
        lines: list[bytes] = []
        size = 0
        while not lines or lines[-1][3:4] == b"-":
            lines.append(self._line(deadline))
            size += len(lines[-1])
            if size > MAX_REPLY:
                raise Lost("an endless reply")
        try:
            reply = parse(lines)
        except ValueError:
            raise Lost("an answer that is not SMTP") from None
        self._lines = [line[4:].decode("ascii", "replace").strip() for line in lines]
        return reply

    def _line(self, deadline: float) -> bytes:
        while b"\n" not in self._buffer:
            if len(self._buffer) > MAX_REPLY:
                raise Lost("an endless line")
            try:
                self._socket.settimeout(self._left(deadline))
                received = self._socket.recv(16 * 1024)
            except TimeoutError:
                raise Lost("no answer in time") from None
            except (OSError, ValueError):
                raise Lost("the connection broke while reading") from None
            if not received:
                raise Lost("the server closed the connection")
            self._buffer += received
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line + b"\n"

    def _left(self, deadline: float) -> float:
        left = deadline - self._clock()
        if left <= 0:
            raise Lost("no answer in time")
        return left


class Unwelcome(Exception):
    """The server said no while the connection was opened."""

    def __init__(self, reply: Reply) -> None:
        self.reply = reply
        super().__init__(reply.status)


def open_session(
    settings: Smtp,
    password: Secret | None,
    context: ssl.SSLContext,
    deadline: float,
    clock: Callable[[], float] = time.monotonic,
) -> Session:
    """Connect, encrypt as the settings say, log in.

    Raises `TransientFailure` when that does not work now, `ChannelStopped` when the server will not have us.
    """
    session = Session(_connect(settings.host, settings.port, deadline, clock), clock)
    try:
        _prepare(session, settings, password, context, deadline)
    except Lost as lost:
        session.drop()
        raise TransientFailure("connection", lost.reason) from None
    except Unwelcome as no:
        session.drop()
        _refused(no.reply)
    except BaseException:
        session.drop()
        raise
    return session


def _prepare(
    session: Session, settings: Smtp, password: Secret | None, context: ssl.SSLContext, deadline: float
) -> None:
    implicit = settings.tls == "required" and settings.port == IMPLICIT_TLS_PORT
    if implicit:
        session.encrypt(context, settings.host, deadline)
    session.greet(deadline)
    session.hello(deadline)
    encrypted = implicit
    if settings.tls != "none" and not implicit:
        if session.offers("STARTTLS"):
            session.start_tls(context, settings.host, deadline)
            encrypted = True
        elif settings.tls == "required":
            raise TransientFailure("tls", "the mail server offers no encryption, and it is required")
    if settings.user and password:
        if not encrypted and settings.tls != "none":
            raise TransientFailure(
                "tls", "the mail server offers no encryption, and a password would be seen"
            )
        session.log_in(settings.user, password, deadline)


def _refused(reply: Reply) -> NoReturn:
    if reply.code < 500:
        raise TransientFailure(reply.status, reply.detail)
    raise ChannelStopped(reply.status, reply.detail)


def _connect(host: str, port: int, deadline: float, clock: Callable[[], float]) -> socket.socket:
    """A connection to one of the host's addresses; one that does not answer leaves time for the next."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
        raise TransientFailure("dns", "the mail server's name is not known now") from None
    for number, (family, kind, protocol, _, address) in enumerate(found):
        share = (deadline - clock()) / (len(found) - number)
        if share <= 0:
            break
        sock = socket.socket(family, kind, protocol)
        try:
            sock.settimeout(share)
            sock.connect(address)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError:
            sock.close()
            continue
        return sock
    raise TransientFailure("connection", "the mail server cannot be reached")


def _own_name(sock: socket.socket) -> str:
    """Our address in brackets, which needs no name server (RFC 5321, 4.1.3)."""
    address = ipaddress.ip_address(str(sock.getsockname()[0]).partition("%")[0])
    return f"[IPv6:{address}]" if address.version == 6 else f"[{address}]"


def _stuffed(payload: bytes) -> bytes:
    """The message as DATA carries it: dots at the start of lines doubled, a line end at the end."""
    whole = payload if payload.endswith(b"\r\n") else payload + b"\r\n"
    stuffed = whole.replace(b"\r\n.", b"\r\n..")
    return b"." + stuffed if stuffed.startswith(b".") else stuffed

"""Messages a second of one newsletter: into a Maildir, and to Postfix's smtp-sink."""

from __future__ import annotations

import getpass
import json
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from email.parser import BytesHeaderParser
from pathlib import Path

from benchmarks.figures import Figure, Ran, median_seconds, run_watched
from benchmarks.worlds import large_town

PERSONS, METERING_POINTS = 50_000, 1_000
MAILING = "december_newsletter"
CONNECTIONS = 2
BARE = 5_000  # messages of a baseline
POSTFIX = Path("/usr/sbin")


@dataclass(frozen=True, kw_only=True, slots=True)
class Sent:
    """The newsletter planned, approved and sent, each in a process of its own."""

    messages: int
    planning: Ran
    sending: Ran

    @property
    def rate(self) -> float:
        """Messages a second of the whole `campaigns send`."""
        return self.messages / self.sending.seconds


def run() -> Iterator[Figure]:
    """Send to everybody who ordered it, first into files and then over SMTP."""
    with large_town(PERSONS, METERING_POINTS) as (workspace, _):
        sent = _send(workspace.root)
        files = sorted((workspace.root / "data" / "outbox" / "maildir" / "new").iterdir())
        _only_once("the maildir", [_recipient(file) for file in files], sent.messages)
        sizes = [file.stat().st_size for file in files]
        size = round(statistics.mean(map(_size_in_smtp, files[:BARE])))
        bare = _bare_files(workspace.root / "bare", sizes[:BARE])
        yield from _planned(sent)
        yield _sent(
            "maildir", sent, bare, f"a loop that writes, fsyncs and renames files of that size: {bare:,.0f}/s"
        )
        yield Figure(name="a message on the wire", value=size / 1000, unit="kB")
        yield _memory("send to a maildir", sent.sending)
    with large_town(PERSONS, METERING_POINTS) as (workspace, _):
        dump = workspace.root / "sink"
        with _sink(dump) as port:
            _choose_smtp(workspace.root / "campaigns.yml", port)
            sent = _send(workspace.root)
        _only_once("smtp-sink", _dumped(dump), sent.messages)
        with _sink(workspace.root / "bare") as port:
            rates = {option: _bare_smtp(port, size, *option) for option in ((), ("-d",))}
        for option, rate in rates.items():
            baseline = " ".join(["smtp-source", *option])
            yield _sent(
                "smtp-sink", sent, rate, f"{baseline}, {CONNECTIONS} sessions, same size: {rate:,.0f}/s"
            )
        yield _memory("send over SMTP", sent.sending)


def _send(root: Path) -> Sent:
    planning = _campaigns(root, "plan", MAILING, "--json")
    plan = json.loads(planning.output)
    _campaigns(root, "approve", str(plan["plan"]), "--yes")
    sending = _campaigns(root, "send", str(plan["plan"]), "--json")
    result = json.loads(sending.output)
    if result["sent"] != plan["messages"]:
        raise AssertionError(f"{plan['messages']} messages were planned: {result}")
    return Sent(messages=result["sent"], planning=planning, sending=sending)


def _campaigns(root: Path, *words: str) -> Ran:
    command = [str(Path(sys.executable).with_name("campaigns")), "-C", str(root), *words]
    return run_watched(command, {**os.environ, "CAMPAIGNS_ACTOR": "bench"})


def _only_once(place: str, recipients: Sequence[str], sent: int) -> None:
    """The ledger, the place and the people agree: as many as were sent, and nobody twice."""
    different = len(set(recipients))
    if not sent == len(recipients) == different:
        raise AssertionError(f"{sent} sent, {len(recipients)} in {place}, to {different} people")


# -- files -------------------------------------------------------------------------------------------------


def _recipient(file: Path) -> str:
    with file.open("rb") as opened:
        return str(BytesHeaderParser().parse(opened)["To"])


def _size_in_smtp(file: Path) -> int:
    """A line ends with two octets there."""
    content = file.read_bytes()
    return len(content) + content.count(b"\n")


def _bare_files(folder: Path, sizes: Sequence[int]) -> float:
    """Files a second, each forced to the disk before it gets its name."""
    folder.mkdir()
    content = os.urandom(max(sizes))

    def work() -> None:
        inside = Path(tempfile.mkdtemp(dir=folder))
        for number, size in enumerate(sizes):
            part = inside / f"{number}.part"
            with part.open("wb") as file:
                file.write(content[:size])
                file.flush()
                os.fsync(file.fileno())
            part.rename(inside / str(number))

    return len(sizes) / median_seconds(work, times=3)


# -- SMTP --------------------------------------------------------------------------------------------------


@contextmanager
def _sink(dump: Path) -> Iterator[int]:
    """smtp-sink on a free port of this machine; it appends every message to `dump`."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    command = [str(POSTFIX / "smtp-sink"), "-4", "-u", getpass.getuser(), "-D", str(dump)]
    sink = subprocess.Popen([*command, f"127.0.0.1:{port}", "100"])
    try:
        _wait_for(port)
        yield port
    finally:
        sink.terminate()
        sink.wait()


def _wait_for(port: int) -> None:
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("smtp-sink did not come up")


def _choose_smtp(settings: Path, port: int) -> None:
    smtp = f"{{host: 127.0.0.1, port: {port}, tls: none, connections: {CONNECTIONS}}}"
    text, changed = re.subn(
        r"^    provider: maildir.*$",
        f"    provider: smtp\n    smtp: {smtp}",
        settings.read_text(encoding="utf-8"),
        flags=re.MULTILINE,
    )
    if changed != 1:
        raise AssertionError("campaigns.yml does not send e-mail into a maildir")
    settings.write_text(text, encoding="utf-8")


def _dumped(dump: Path) -> list[str]:
    """Who the envelopes were for."""
    with dump.open("rb") as lines:
        return [line.decode() for line in lines if line.startswith(b"X-Rcpt-Args:")]


def _bare_smtp(port: int, size: int, *options: str) -> float:
    """Messages a second of Postfix's own generator; with -d it keeps its connections."""
    command = [
        str(POSTFIX / "smtp-source"),
        "-s",
        str(CONNECTIONS),
        "-m",
        str(BARE),
        "-l",
        str(size),
        *options,
    ]
    command += ["-f", "from@lahtienergia.example", "-t", "to@lahtienergia.example", f"127.0.0.1:{port}"]
    return BARE / median_seconds(lambda: subprocess.run(command, check=True), times=3)


# -- figures -----------------------------------------------------------------------------------------------


def _planned(sent: Sent) -> Iterator[Figure]:
    yield Figure(
        name=f"plan of {sent.messages:,} messages, whole process",
        value=sent.messages / sent.planning.seconds,
        unit="messages/s",
    )
    yield _memory("plan", sent.planning)


def _sent(place: str, sent: Sent, bare: float, baseline: str) -> Figure:
    return Figure(
        name=f"send of {sent.messages:,} messages to {place}, whole process",
        value=sent.rate,
        unit="messages/s",
        ratio=sent.rate / bare,
        baseline=baseline,
    )


def _memory(name: str, ran: Ran) -> Figure:
    return Figure(name=f"{name}, peak memory of all its processes", value=ran.peak_megabytes, unit="MB")

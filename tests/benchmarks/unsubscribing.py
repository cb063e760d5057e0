"""Unsubscribe POSTs a second against the served pages, beside one durable commit a request."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.figures import Figure, seconds
from benchmarks.importing import ROOT
from campaigns.content.tokens import Claim
from campaigns.ledger import tokens
from campaigns.permissions import recording
from campaigns.workspace.project import Workspace

PEOPLE, CLIENTS, ALONE = 20_000, 64, 500
HOST = "viesti.lahtienergia.example"


def run() -> Iterator[Figure]:
    """Everybody presses once; the generator takes part of the same two cores."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        (root / "campaigns.yml").write_bytes((ROOT / "campaigns.yml").read_bytes())
        workspace = Workspace.open(root)
        paths = _paths(workspace, range(1, PEOPLE + 1))
        alone = _one_by_one(workspace)
        server, port = _serve(root)
        try:
            taken, times = seconds(lambda: asyncio.run(_press(port, paths)))
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait()
        with workspace.ledger.read() as connection:
            recorded = connection.exec_driver_sql(
                "SELECT count(DISTINCT person_id) FROM permission_events WHERE kind = 'ban_channel'"
            ).scalar_one()
        if recorded != PEOPLE + ALONE:
            raise AssertionError(f"{PEOPLE + ALONE} people pressed, {recorded} are recorded")
        yield Figure(
            name=f"unsubscribe POSTs, {CLIENTS} clients",
            value=PEOPLE / taken,
            unit="/s",
            ratio=(PEOPLE / taken) / alone,
            baseline=f"one durable commit a request, without HTTP: {alone:,.0f}/s",
        )
        times.sort()
        yield Figure(name="their p99", value=times[int(len(times) * 0.99)] * 1000, unit="ms")


def _paths(workspace: Workspace, people: Sequence[int]) -> list[str]:
    with workspace.ledger.write() as connection:
        keys = tokens.token_keys(connection, "lahti_energia", people)
    return [
        "/u/"
        + workspace.tokens.make(
            Claim(
                purpose_of_token="unsubscribe",
                controller="lahti_energia",
                token_key=keys[person],
                list="newsletter",
                channel="email",
                purpose="newsletter",
            )
        )
        for person in people
    ]


def _one_by_one(workspace: Workspace) -> float:
    """The naive way, for comparison: a transaction a request."""

    def work() -> None:
        for person in range(PEOPLE + 1, PEOPLE + ALONE + 1):
            with workspace.ledger.write() as connection:
                recording.unsubscribe(
                    workspace.ledger,
                    connection,
                    controller="lahti_energia",
                    person_id=person,
                    channel="email",
                    purpose="newsletter",
                    now=workspace.now(),
                    source="web",
                )

    return ALONE / seconds(work)[0]


def _serve(root: Path) -> tuple[subprocess.Popen[str], int]:
    command = [str(Path(sys.executable).with_name("campaigns")), "-C", str(root), "serve", "--quiet"]
    environment = {**os.environ, "CAMPAIGNS_ACTOR": "bench"}
    server = subprocess.Popen(
        [*command, "--port", "18089"], stderr=subprocess.PIPE, text=True, env=environment
    )
    line = server.stderr.readline() if server.stderr else ""
    port = int(re.findall(r":(\d+)", line)[-1])
    for _ in range(200):
        try:
            asyncio.run(_press(port, ["/healthz"], method="GET"))
        except OSError:
            time.sleep(0.05)
        else:
            return server, port
    raise AssertionError("the pages did not come up")


async def _press(port: int, paths: Sequence[str], *, method: str = "POST") -> list[float]:
    """Closed loop: each client sends its next request when the last is answered."""
    waiting = iter(paths)
    times: list[float] = []
    body = b"List-Unsubscribe=One-Click" if method == "POST" else b""

    async def client() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for path in waiting:
            started = time.perf_counter()
            head = (
                f"{method} {path} HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: {len(body)}\r\n"
                "Content-Type: application/x-www-form-urlencoded\r\n\r\n"
            )
            writer.write(head.encode() + body)
            answer = await reader.readuntil(b"\r\n\r\n")
            if not answer.startswith(b"HTTP/1.1 200"):
                raise AssertionError(answer[:80])
            found = re.search(rb"content-length: (\d+)", answer)
            await reader.readexactly(int(found[1]) if found else 0)
            times.append(time.perf_counter() - started)
        writer.close()
        await writer.wait_closed()

    await asyncio.gather(*(client() for _ in range(min(CLIENTS, len(paths)))))
    return times

"""Several sending processes: shares of one plan, signals, a parent that dies (faults 15, 16, 19)."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from campaigns.mailings import deciding
from campaigns.mailings.parts import Parts
from campaigns.mailings.planning import plan
from campaigns.mailings.sending.crew import send
from campaigns.mailings.sending.processes import COMMAND
from support import mailing_world as world
from support.sending import states
from support.slow_server import SlowServer

PEOPLE = 60


@pytest.fixture
def server() -> Iterator[SlowServer]:
    with SlowServer() as running:
        yield running


@pytest.fixture
def parts(tmp_path: Path, server: SlowServer) -> Iterator[Parts]:
    """A workspace whose mail goes to the server, by two connections."""
    smtp = f"provider: smtp\n    smtp: {{host: 127.0.0.1, port: {server.port}, tls: none, connections: 2}}"
    made = world.workspace(
        tmp_path / "workspace",
        people=PEOPLE,
        settings={"provider: maildir                # maildir | smtp | sendgrid": smtp},
    )
    yield made
    made.ledger.dispose()


def approved(parts: Parts) -> int:
    plan_id = plan(parts, "renewal", actor="maker").plan_id
    deciding.approve(parts, plan_id, actor="boss", now=world.NOW)
    return plan_id


def everybody() -> list[str]:
    return sorted(f"person{number}@example.fi" for number in range(1, PEOPLE + 1))


def test_two_processes_share_a_plan(parts: Parts, server: SlowServer) -> None:
    plan_id = approved(parts)
    seen: list[int] = []
    result = send(parts, plan_id, actor="s", processes=2, tick=lambda done, _total: seen.append(done))
    assert (result.counts.sent, result.waiting, result.trouble) == (PEOPLE, 0, "")
    assert sorted(server.recipients()) == everybody()
    assert seen
    assert seen == sorted(seen)


def test_a_signal_finishes_the_message_in_hand(parts: Parts, server: SlowServer) -> None:
    plan_id = approved(parts)
    server.pause = 0.02
    stop = threading.Event()
    threading.Thread(target=lambda: (server.wait_for(3), stop.set())).start()
    result = send(parts, plan_id, actor="s", processes=2, stop=stop)
    assert result.counts.unknown == 0
    assert result.counts.sent == len(server.recipients()) < PEOPLE
    assert result.waiting == PEOPLE - result.counts.sent
    server.pause = 0
    assert send(parts, plan_id, actor="s", processes=1).waiting == 0
    assert sorted(server.recipients()) == everybody()


def one_sender(parts: Parts, plan_id: int) -> subprocess.Popen[bytes]:
    """A sending process, as `crew` starts it."""
    child = subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert child.stdin is not None
    order = {"root": str(parts.root), "plan": plan_id, "connections": 1, "start": 0}
    child.stdin.write(json.dumps(order).encode() + b"\n")
    child.stdin.flush()
    return child


def test_a_killed_process_leaves_at_most_one_unknown_a_connection(parts: Parts, server: SlowServer) -> None:
    plan_id = approved(parts)
    server.pause = 0.02
    with one_sender(parts, plan_id) as child:
        server.wait_for(3)
        child.kill()
    server.pause = 0
    result = send(parts, plan_id, actor="s", processes=2)
    assert result.counts.unknown <= 1
    found = Counter(states(parts.ledger, plan_id).values())
    assert found["sent"] + found["unknown"] == PEOPLE
    assert max(Counter(server.recipients()).values()) == 1
    assert len(server.recipients()) >= PEOPLE - result.counts.unknown


def test_a_process_stops_when_whoever_started_it_is_gone(parts: Parts, server: SlowServer) -> None:
    plan_id = approved(parts)
    server.pause = 0.05
    with one_sender(parts, plan_id) as child:
        server.wait_for(2)
        assert child.stdin is not None
        child.stdin.close()
        assert child.wait(10) == 0
    assert len(server.recipients()) < PEOPLE
    assert Counter(states(parts.ledger, plan_id).values())["handing_over"] == 0


def test_a_process_that_dies_in_native_code_is_reported_and_settled(
    parts: Parts, server: SlowServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan_id = approved(parts)
    server.pause = 0.02

    def crash_one() -> None:
        server.wait_for(3)
        mine = [int(path.parent.name) for path in Path("/proc").glob("[0-9]*/cmdline") if is_mine(path)]
        os.kill(mine[0], signal.SIGSEGV)

    threading.Thread(target=crash_one).start()
    result = send(parts, plan_id, actor="s", processes=2)
    assert "MAI029" in result.trouble
    assert result.counts.unknown <= 1
    assert Counter(states(parts.ledger, plan_id).values())["handing_over"] == 0
    assert max(Counter(server.recipients()).values()) == 1


def is_mine(path: Path) -> bool:
    """A sending process that this test process started."""
    try:
        stat = (path.parent / "stat").read_text().rpartition(")")[2].split()
        return b"campaigns.mailings.sending.process" in path.read_bytes() and int(stat[1]) == os.getpid()
    except OSError:
        return False


def test_recovery_begins_at_once(parts: Parts, server: SlowServer) -> None:
    """The list of unknown messages is there before anything else is sent."""
    plan_id = approved(parts)
    server.pause = 0.05
    with one_sender(parts, plan_id) as child:
        server.wait_for(2)
        child.kill()
    stop = threading.Event()
    stop.set()
    result = send(parts, plan_id, actor="s", stop=stop)
    assert result.counts.sent == 0
    assert Counter(states(parts.ledger, plan_id).values())["handing_over"] == 0

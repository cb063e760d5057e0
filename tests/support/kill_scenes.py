"""Scenes for the kill loops: a sender, and what must be true however often it was killed."""

from __future__ import annotations

import functools
import shutil
import tempfile
from collections import Counter
from collections.abc import Sequence
from enum import Enum
from pathlib import Path

import sqlalchemy as sa

import campaigns
from campaigns.ledger import claims
from campaigns.ledger.database import Ledger
from campaigns.ledger.tables import attempts
from campaigns.mailings.sending.recovery import recover
from support import sending as world
from support.killing import NEVER, files_of, run_and_kill

PEOPLE = 7
DENIED, SHARED, FAILED, DEFERRED = 2, 4, 5, 6
ROOT = Path(campaigns.__path__[0])
WATCHED = files_of(
    ROOT / "mailings" / "sending",
    ROOT / "ledger" / "claims.py",
    ROOT / "ledger" / "messages.py",
    ROOT / "ledger" / "lanes.py",
    ROOT / "ledger" / "database.py",
    Path(world.__file__),
)


class Scene(Enum):
    """How the channel takes messages."""

    ONE_BY_ONE = 1
    REQUEST_OF_THREE = 3


def send(folder: Path, scene: Scene) -> None:
    """What a sender does: settle what a lost one left, then send all that waits. Deferred ones come again."""
    ledger = Ledger.open(folder / "ledger.sqlite")
    plan_id = 1
    recover(ledger, plan_id, now=world.NOW)
    with ledger.write() as connection:
        claims.requeue_due(connection, plan_id, now=world.NOW)
    window = world.PeopleWindow(
        deny=lambda person: "BANNED_ALL" if person == DENIED else None,
        addresses={SHARED: "person1@example.fi"},
    )
    channel = world.ScriptedChannel(folder / "received", _answer, request=scene.value)
    world.work(world.job(ledger, plan_id), window, channel)
    ledger.dispose()


def _answer(sent: world.Sent) -> world.Answer:
    person = sent.to.removeprefix("person").removesuffix("@example.fi")
    if person == str(FAILED):
        return world.Answer(state="failed", code="550")
    if person == str(DEFERRED):
        return world.Answer(state="deferred", code="451")
    return world.Answer()


def lines_of(scene: Scene, folder: Path) -> int:
    """How many lines the sender executes when nobody kills it."""
    _prepare(folder)
    total = run_and_kill(lambda: send(folder, scene), at=NEVER, modules=WATCHED)
    assert total is not None
    _check(folder, scene, kills=0)
    return total


def play(scene: Scene, folder: Path, *, kills: Sequence[int]) -> None:
    """Kill the sender at each of `kills` in turn, run it to its end, and count."""
    _prepare(folder)
    for at in kills:
        run_and_kill(lambda: send(folder, scene), at=at, modules=WATCHED)
    run_and_kill(lambda: send(folder, scene), at=NEVER, modules=WATCHED)
    _check(folder, scene, kills=len(kills))
    shutil.rmtree(folder)


def _prepare(folder: Path) -> None:
    shutil.copytree(_ready_ledger(), folder)


@functools.cache
def _ready_ledger() -> Path:
    """A ledger with one approved plan, made once."""
    folder = Path(tempfile.mkdtemp(prefix="kill-"))
    ledger = Ledger.open(folder / "ledger.sqlite")
    assert world.make_plan(ledger, PEOPLE) == 1
    ledger.dispose()
    return folder


def _check(folder: Path, scene: Scene, *, kills: int) -> None:
    ledger = Ledger.open(folder / "ledger.sqlite")
    with ledger.read() as connection:
        assert connection.scalar(sa.text("PRAGMA integrity_check")) == "ok"
        answers = Counter(
            map(tuple, connection.execute(sa.select(attempts.c.message_id, attempts.c.outcome)))
        )
    states = world.states(ledger, 1)
    people = world.by_person(ledger, 1)
    ledger.dispose()
    arrived = Counter(world.received(folder / "received"))
    assert max(arrived.values()) == 1, "somebody got it twice"
    assert len(states) == PEOPLE
    for key, state in states.items():
        assert state in {"sent", "failed", "deferred", "withheld", "unknown"}, "somebody was forgotten"
        if state != "unknown":
            assert arrived[key] == (state == "sent")
        if state not in {"withheld", "deferred"}:
            assert answers[key, state] == 1
    unknown = sum(state == "unknown" for state in states.values())
    assert unknown <= kills * scene.value
    assert people[DENIED] == ("withheld", "BANNED_ALL")
    if not kills:
        assert Counter(states.values()) == Counter(sent=3, withheld=2, failed=1, deferred=1)

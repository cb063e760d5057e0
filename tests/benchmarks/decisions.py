"""How long decisions take for everybody, and for those of a sender's window."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import polars as pl

from benchmarks.figures import Figure, median_seconds, seconds
from benchmarks.worlds import large_town
from campaigns.engine import Engine
from campaigns.mailings.sending.sources import MEMORY, WINDOW
from campaigns.mailings.sending.words import company_words, words_about
from campaigns.permissions import state
from campaigns.permissions.deciding import Decider, decide
from campaigns.permissions.requests import Request
from campaigns.permissions.state import Words
from campaigns.workspace.project import Workspace

PERSONS = 1_000_000
CHANNELS = ("email", "sms", "letter")
CONTROLLER = "lahti_energia"
AGAIN = 500
BARE = """
SELECT count(*) FROM persons
JOIN (SELECT unnest(['email', 'sms', 'letter']) AS channel) AS channels ON true
LEFT JOIN contact_points USING (controller, person_id, channel)
LEFT JOIN (SELECT person_id, channel, arg_max(kind, occurred_at) AS kind FROM words GROUP BY ALL) AS said
    USING (person_id, channel)
WHERE persons.controller = 'lahti_energia'
"""


def run() -> Iterator[Figure]:
    """Decide on everybody in a town of a million, in three channels, and on parts of it as senders do."""
    with large_town(PERSONS, 1_000) as (workspace, _):
        taken, words = seconds(lambda: state.words(workspace.ledger))
        yield Figure(
            name=f"reading {len(words.frame):,} permission events out of the ledger, once",
            value=taken,
            unit="s",
        )
        taken, words = seconds(lambda: state.words(workspace.ledger))
        yield Figure(name="reading them again, out of their short form", value=taken, unit="s")
        yield from _everybody(workspace, words)
        yield from _at_hand_over(workspace)


def _everybody(workspace: Workspace, words: Words) -> Iterator[Figure]:
    """From the words in memory and the lake's files to all answers."""
    request = _request(workspace, CHANNELS)
    with workspace.engine(frames={"words": words.frame}) as db:
        everybody = db.query(f"SELECT person_id FROM persons WHERE controller = '{CONTROLLER}'")
        known = {"settings": workspace.settings, "ledger": workspace.ledger, "words": words}
        taken = median_seconds(lambda: decide(db, request, everybody, **known), times=3)
        bare = median_seconds(lambda: db.query(BARE), times=3)
        number = len(everybody) * len(CHANNELS)
        yield Figure(
            name=f"decisions ({len(everybody):,} persons x {len(CHANNELS)} channels)", value=taken, unit="s"
        )
        yield Figure(
            name="decisions in that time",
            value=number / taken,
            unit="decisions/s",
            ratio=bare / taken,
            baseline=f"a bare join of the same tables: {bare:.2f} s",
        )


def _at_hand_over(workspace: Workspace) -> Iterator[Figure]:
    """As a sender decides: one thread, its memory limit, the words of just these people out of the ledger."""
    with workspace.lake.snapshot() as snapshot:
        db = Engine(snapshot, memory_limit=MEMORY, threads=1)
        people = db.query(
            f"SELECT person_id FROM persons WHERE controller = '{CONTROLLER}' ORDER BY person_id"
        )["person_id"].to_list()
        windows = [people[start : start + WINDOW] for start in range(0, 5 * WINDOW, WINDOW)]
        rounds = iter(windows)
        taken = median_seconds(lambda: _decided(workspace, db, next(rounds)), times=5)
        yield Figure(
            name=f"at hand-over, a window of {WINDOW:,} persons",
            value=taken * 1000 / WINDOW,
            unit="ms/person",
        )
        decider = _decided(workspace, db, windows[0])
        batches = iter([windows[0][start : start + AGAIN] for start in range(0, 5 * AGAIN, AGAIN)])
        taken = median_seconds(lambda: _again(workspace, decider, next(batches)), times=5)
        yield Figure(
            name=f"{AGAIN} of them again, after they said something",
            value=taken * 1000 / AGAIN,
            unit="ms/person",
        )
        batches = iter([windows[1][start : start + AGAIN] for start in range(0, 5 * AGAIN, AGAIN)])
        taken = median_seconds(lambda: _decided(workspace, db, next(batches)), times=5)
        yield Figure(
            name=f"{AGAIN} persons of whom nothing was looked up yet",
            value=taken * 1000 / AGAIN,
            unit="ms/person",
        )
        db.close()


def _decided(workspace: Workspace, db: Engine, people: Sequence[int]) -> Decider:
    decider = Decider(
        db,
        _request(workspace, ("email",)),
        settings=workspace.settings,
        ledger=workspace.ledger,
        words=_words(workspace, people),
    )
    decider.look_up(pl.DataFrame({"person_id": people}))
    assert len(decider.decide(people)) == len(people)
    return decider


def _again(workspace: Workspace, decider: Decider, people: Sequence[int]) -> None:
    decider.hear(_words(workspace, people), at=workspace.now())
    assert len(decider.decide(people)) == len(people)


def _words(workspace: Workspace, people: Sequence[int]) -> Words:
    companies = company_words(workspace.ledger, CONTROLLER)
    return words_about(workspace.ledger, CONTROLLER, people, [], companies=companies)


def _request(workspace: Workspace, channels: tuple[str, ...]) -> Request:
    return Request(
        controller=CONTROLLER,
        purpose="direct_marketing",
        message_kind="marketing",
        channels=channels,
        profiled=True,
        at=workspace.now(),
    )

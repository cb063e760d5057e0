"""Whatever a file says, it loses no row; what forbids takes nobody in, and what is old brings nobody back."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from itertools import count
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns import permissions
from campaigns.engine import Engine
from campaigns.lake.schemas import TABLES
from campaigns.ledger import Ledger
from campaigns.permissions import state
from campaigns.permissions.vector_settings import settings as vector_settings
from campaigns.register import files
from campaigns.register.deliveries import Delivery, Imported
from campaigns.settings.model import SourceFile
from support.effort import examples
from support.permission_words import NARROWING
from support.permission_worlds import NOW, A, codes, people, request, world
from support.readings import MemoryLake

HEADER = "source_id;person;kind;channel;purpose;occurred_at;valid_until;evidence;about;flaw"
ALLOWED = {"CONSENT", "SOFT_OPT_IN"}
REFUSALS = tuple(kind for kind in NARROWING if kind != "erased")
CONSENTS = ("granted", "confirmed", "guardian_granted")
OTHERS = ("requested", "restriction_lifted", "robinson_removed", "topic_subscribed", "wish")
ASKED = [
    request(channels=("email", "sms"), purpose=purpose, message_kind=kind)
    for purpose, kind in (("direct_marketing", "marketing"), ("newsletter", "newsletter"))
]
SETTINGS = vector_settings(soft_opt_in="off", agreement="yes", region="eea", transfer="none").model_copy(
    update={
        "sources": {
            "words": SourceFile(kind="permissions", controller=A, match="words_*", key_space="crm"),
            "tool": SourceFile(
                kind="subscribers", controller=A, match="tool_*", defaults={"purpose": "newsletter"}
            ),
        }
    }
)

days = st.integers(-2, 6)  # before now; some are still to come
numbers = st.integers(1, 9)  # few, so that rows meet


@st.composite
def row(draw: st.DrawFn, kinds: Sequence[str], *, earliest: int = -2, numbers: st.SearchStrategy[int]) -> str:
    kind = draw(st.sampled_from(kinds))
    at = NOW - timedelta(days=draw(st.integers(earliest, 6)), hours=draw(st.integers(0, 1)))
    channel = draw(st.sampled_from(["email", "email", "sms", "", "pigeon"]))
    purpose = draw(st.sampled_from(["direct_marketing", "newsletter", "newsletter", "", "anything"]))
    if kind in CONSENTS:
        channel, purpose = channel or "email", purpose or "newsletter"
    until = draw(st.sampled_from(["", "", "2026-11-01", "2030-01-01"]))
    proof = draw(st.sampled_from(["scan", "scan", ""]))
    flaw = draw(st.sampled_from(["", "", "", "preticked"]))
    person = draw(st.sampled_from(["C1", "C2", "C3", "C9"]))
    about = "sauna" if kind.startswith("topic") else ""
    cells = (draw(numbers), person, kind, channel, purpose, at.isoformat(), until, proof, about, flaw)
    return ";".join(map(str, cells))


def rows(
    kinds: Sequence[str], *, most: int = 12, earliest: int = -2, first: int = 1
) -> st.SearchStrategy[list[str]]:
    return st.lists(
        row(kinds, earliest=earliest, numbers=st.integers(first, first + 8)), min_size=1, max_size=most
    )


anything = rows(CONSENTS * 4 + REFUSALS + OTHERS)
states = st.sampled_from(["unsubscribed", "blocked", "bounced", "complained"])
addresses = st.sampled_from(["p1@example.com", "P2@example.com", "p3@example.com", "new@example.com", "none"])
members = st.lists(
    st.tuples(addresses, states, st.sampled_from(["", "2026-11-20", "2030-01-01"])), min_size=1
)


class Desk:
    """A register of three people in which nothing has been said yet."""

    def __init__(self, folder: Path, db: Engine) -> None:
        self.folder, self.db, self.names = folder, db, count(1)
        self.lake = MemoryLake()
        self.ledger = Ledger.open(folder / "data" / "ledger" / "ledger.sqlite")
        keys = [
            {"controller": A, "key_space": "crm", "source_id": f"C{n}", "person_id": n} for n in (1, 2, 3)
        ]
        self.lake.append("person_keys", pl.DataFrame(keys, schema=dict(TABLES["person_keys"].schema)))
        self.lake.append("contact_points", people(3)["contact_points"])

    def words(self, lines: Sequence[str]) -> Imported:
        return self._load("words", HEADER, lines)

    def members(self, rows: Sequence[tuple[str, ...]]) -> Imported:
        return self._load("tool", "email;state;ended_at", [";".join(each) for each in rows])

    def _load(self, source: str, header: str, lines: Sequence[str]) -> Imported:
        path = self.folder / f"{source}_{next(self.names)}.csv"
        path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
        sent = Delivery(
            path=path,
            name=path.name,
            sha256=files.digest(path),
            received=NOW,
            source_name=source,
            source=SETTINGS.sources[source],
        )
        kind = next(kind for kind in permissions.KINDS if kind.name == sent.source.kind)
        done = kind.load(sent, settings=SETTINGS, lake=self.lake, ledger=self.ledger, now=NOW)  # type: ignore[arg-type]
        assert done.rows == done.accepted + done.quarantined == len(lines)
        return done

    def permitted(self) -> set[tuple[int, str, str]]:
        """Who may be contacted, on which channel and for which purpose."""
        known = state.words(self.ledger)
        return {
            (person, channel, asked.purpose)
            for asked in ASKED
            for (person, channel), code in codes(
                self.db, asked, known, settings=SETTINGS, ledger=self.ledger
            ).items()
            if code in ALLOWED
        }


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with world(tmp_path_factory.mktemp("world"), people(3)) as opened:
        yield opened


@contextmanager
def desk(db: Engine) -> Iterator[Desk]:
    with tempfile.TemporaryDirectory() as folder:
        made = Desk(Path(folder), db)
        yield made
        made.ledger.dispose()


@examples(5)
@given(before=anything, refusals=rows(REFUSALS))
def test_a_file_of_refusals_never_enlarges(db: Engine, before: list[str], refusals: list[str]) -> None:
    """Invariant 2: also when it takes up numbers of earlier rows, times to come and people nobody knows."""
    with desk(db) as here:
        here.words(before)
        allowed = here.permitted()
        here.words(refusals)
        assert here.permitted() <= allowed


@examples(5)
@given(before=anything, left=members)
def test_an_export_of_who_left_never_enlarges(
    db: Engine, before: list[str], left: list[tuple[str, ...]]
) -> None:
    with desk(db) as here:
        here.words(before)
        allowed = here.permitted()
        here.members(left)
        after = here.permitted()
        assert after <= allowed
        gone = {int(address[1]) for address, word, _ in left if address[1].isdigit() and word == "blocked"}
        later = {line.split(";")[1] for line in before}  # only a consent after the ban outweighs it
        assert not {person for person, _, _ in after} & {n for n in gone if f"C{n}" not in later}


@examples(5)
@given(consents=rows(CONSENTS, earliest=1), more=rows(CONSENTS, earliest=1, first=30))
def test_consents_from_before_a_ban_revive_nothing(db: Engine, consents: list[str], more: list[str]) -> None:
    """Threat 57: the same again, the same under other numbers, or others from before the ban."""
    bans = [f"{20 + n};C{n};ban_all;;;{NOW - timedelta(hours=20):%Y-%m-%dT%H:%M:%SZ};;;;" for n in (1, 2, 3)]
    with desk(db) as here:
        here.words(consents)
        here.words(bans)
        assert here.permitted() == set()
        here.words([*consents, "x;;;;;;;;;"])
        here.words([f"9{line}" for line in consents])
        here.words(more)
        assert here.permitted() == set()


@examples(5)
@given(
    before=rows(CONSENTS * 2 + REFUSALS, first=1),
    doubtful=rows(CONSENTS, first=30),
    doubt=st.sampled_from(["no proof", "future", "unknown person", "flawed"]),
)
def test_a_doubtful_consent_is_no_permission(
    db: Engine, before: list[str], doubtful: list[str], doubt: str
) -> None:
    changes = {
        "no proof": {7: ""},
        "future": {5: (NOW + timedelta(days=1)).isoformat()},
        "unknown person": {1: "C9"},
        "flawed": {9: "conditional"},
    }
    lines = []
    for line in doubtful:
        cells = line.split(";")
        for at, value in changes[doubt].items():
            cells[at] = value
        lines.append(";".join(cells))
    with desk(db) as here:
        here.words(before)
        allowed = here.permitted()
        here.words(lines)
        assert here.permitted() <= allowed


@examples(5)
@given(lots=st.lists(rows(CONSENTS * 3 + REFUSALS, most=6), min_size=2, max_size=3), order=st.randoms())
def test_files_of_different_rows_mean_the_same_in_any_order(
    db: Engine, lots: list[list[str]], order: st.DataObject
) -> None:
    """Numbers of their own: what counts is when things were said, not when we were told."""
    own = [[f"{at}{line}" for line in lines] for at, lines in enumerate(lots, start=1)]
    shuffled = own.copy()
    order.shuffle(shuffled)  # type: ignore[attr-defined]
    results = []
    for lot in (own, shuffled):
        with desk(db) as here:
            for lines in lot:
                here.words(lines)
            results.append(here.permitted())
    assert results[0] == results[1]

"""Invariants 2, 3 and 9 over drawn registers: people of every kind, every channel, purpose and message kind.

EXAMPLES worlds a test in an ordinary run; each is asked every request of `drawn_worlds.ASKED` that the test
draws, about every person on every channel.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import Phase, given
from hypothesis import strategies as st

from campaigns.engine import Engine
from campaigns.ledger import Ledger, permission_events, suppressions
from campaigns.ledger.permission_events import PermissionEvent
from campaigns.permissions import state
from campaigns.permissions.events import KINDS
from campaigns.permissions.rules import ALLOWING
from campaigns.permissions.state import Words
from campaigns.permissions.vector_settings import settings as vector_settings
from campaigns.settings.model import Settings
from support.drawn_worlds import ASKED, registers
from support.effort import examples
from support.permission_words import NARROWING, anything, said_by_somebody
from support.permission_worlds import NOW, A, B, codes, request, words, world

EXAMPLES = 4  # worlds a test, three requests each; 20 times as many under `make torture`
Answers = dict[tuple[int, str], str]
QUICK = examples(EXAMPLES, phases=(Phase.explicit, Phase.reuse, Phase.generate))
POLICIES: dict[str, Settings] = {
    switch: vector_settings(soft_opt_in=switch, agreement="yes", region="eea", transfer="none")
    for switch in ("on", "off")
}
asked = st.lists(
    st.builds(
        lambda fields, switch: {**fields, "soft_opt_in": switch},
        st.sampled_from(ASKED),
        st.sampled_from(("on", "off")),
    ),
    min_size=3,
    max_size=3,
    unique_by=str,
)
# Every word of the ledger that can only forbid.
FORBIDDING = tuple(kind for kind, word in KINDS.items() if not word.widens and kind != "requested")


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with world(tmp_path_factory.mktemp("engine"), {}) as engine:
        yield engine


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    opened = Ledger.open(tmp_path_factory.mktemp("ledger") / "ledger.sqlite")
    yield opened
    opened.dispose()


class Office:
    """Decides over one drawn register."""

    def __init__(self, db: Engine, ledger: Ledger) -> None:
        self.db, self.ledger = db, ledger

    def show(self, tables: dict[str, pl.DataFrame]) -> None:
        for name, frame in tables.items():
            self.db.register(name, frame)

    def ask(self, said: Sequence[PermissionEvent] | Words, fields: dict[str, Any], **more: Any) -> Answers:
        told = {**fields, **more}
        policy = POLICIES[told.pop("soft_opt_in")]
        asked_for = request(duties=("energy",), **told)
        return codes(self.db, asked_for, said, settings=policy, ledger=self.ledger)


@pytest.fixture(scope="module")
def office(db: Engine, ledger: Ledger) -> Office:
    return Office(db, ledger)


def allowed(answers: Answers) -> set[tuple[int, str]]:
    return {key for key, code in answers.items() if code in ALLOWING}


def test_every_forbidding_word_is_tried() -> None:
    assert set(FORBIDDING) == set(NARROWING)


@QUICK
@given(
    tables=registers(), said=anything, fields=asked, more=st.lists(said_by_somebody(NARROWING), min_size=1)
)
def test_a_word_that_forbids_enlarges_no_set(
    office: Office,
    tables: dict[str, pl.DataFrame],
    said: list[PermissionEvent],
    fields: list[dict[str, Any]],
    more: list[PermissionEvent],
) -> None:
    """Invariant 2."""
    office.show(tables)
    for each in fields:
        for controller in (A, B):
            before = office.ask(said, each, controller=controller)
            after = office.ask([*said, *more], each, controller=controller)
            assert allowed(after) <= allowed(before), each


@QUICK
@given(
    tables=registers(),
    said=anything,
    fields=asked,
    reason=st.sampled_from(("hard_bounce", "complaint", "erased")),
    which=st.integers(0, 10_000),
)
def test_a_suppressed_address_enlarges_no_set(
    office: Office,
    tables: dict[str, pl.DataFrame],
    said: list[PermissionEvent],
    fields: list[dict[str, Any]],
    reason: str,
    which: int,
) -> None:
    office.show(tables)
    points = tables["contact_points"].filter(controller=A)
    if points.is_empty():
        return
    point = points.row(which % len(points), named=True)
    digest = office.ledger.address_digest(A, point["channel"], point["value"])
    schema = words([]).suppressions.schema
    row = {
        "position": 10**6, "controller": A, "channel": point["channel"], "address_digest": digest,
        "reason": reason, "recorded_at": NOW, "message_id": None,
    }  # fmt: skip
    suppressed = pl.DataFrame([{name: row.get(name) for name in schema}], schema=schema)
    for each in fields:
        before, after = office.ask(said, each), office.ask(words(said, suppressed=suppressed), each)
        assert allowed(after) <= allowed(before), each
        if point["channel"] in each["channels"] and reason == "erased":
            assert (point["person_id"], point["channel"]) not in allowed(after)


@QUICK
@given(tables=registers(), said=anything, fields=asked)
def test_the_other_company_changes_nothing(
    office: Office, tables: dict[str, pl.DataFrame], said: list[PermissionEvent], fields: list[dict[str, Any]]
) -> None:
    """Invariant 3: decisions of A with and without all that B has and was told."""
    office.show(tables)
    with_both = [office.ask(said, each) for each in fields]
    office.show({name: frame.filter(controller=A) for name, frame in tables.items()})
    mine = [each for each in said if each.controller == A]
    assert [office.ask(mine, each) for each in fields] == with_both


@QUICK
@given(tables=registers(), said=anything, fields=asked, back=st.floats(0.5, 6), later=anything)
def test_the_past_stands(
    office: Office,
    tables: dict[str, pl.DataFrame],
    said: list[PermissionEvent],
    fields: list[dict[str, Any]],
    back: float,
    later: list[PermissionEvent],
) -> None:
    """Invariant 9: what is recorded after a moment, in any place, changes nothing about that moment."""
    office.show(tables)
    moment = NOW - timedelta(days=back)
    after = [each for each in later if each.recorded_at > moment]
    mixed = [*said, *after]
    random.Random(len(mixed)).shuffle(mixed)
    for each in fields:
        asked_then = {"as_of": moment, "at": moment}
        assert office.ask(said, each, **asked_then) == office.ask(mixed, each, **asked_then)


@QUICK
@given(tables=registers(), said=anything, fields=asked, dice=st.randoms(use_true_random=False))
def test_words_of_one_instant_say_the_same_in_any_order(
    office: Office,
    tables: dict[str, pl.DataFrame],
    said: list[PermissionEvent],
    fields: list[dict[str, Any]],
    dice: random.Random,
) -> None:
    """Invariant 9: all of them at the very same time."""
    office.show(tables)
    then = NOW - timedelta(days=2)
    together = [replace(each, occurred_at=then, recorded_at=then) for each in said]
    other = list(together)
    dice.shuffle(other)
    for each in fields:
        assert office.ask(together, each) == office.ask(other, each)


@examples(max(2, EXAMPLES // 2), phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(
    tables=registers(), said=anything, fields=asked, cut=st.integers(0, 50),
    dice=st.randoms(use_true_random=False),
)  # fmt: skip
def test_a_ledger_replayed_says_the_same(
    office: Office,
    tmp_path_factory: pytest.TempPathFactory,
    tables: dict[str, pl.DataFrame],
    said: list[PermissionEvent],
    fields: list[dict[str, Any]],
    cut: int,
    dice: random.Random,
) -> None:
    """Invariant 9 through two real ledgers: in pieces with a cache between them, twice, in another order."""
    office.show(tables)
    folder = tmp_path_factory.mktemp("replay")
    other = [*said, *said[:cut]]
    dice.shuffle(other)
    first = _told(folder / "first", [said[:cut], said[cut:], said[:cut]])
    second = _told(folder / "second", [other])
    for each in fields:
        assert office.ask(first, each) == office.ask(second, each) == office.ask(said, each)


def _told(folder: Path, portions: Sequence[Sequence[PermissionEvent]]) -> Words:
    ledger = Ledger.open(folder / "ledger" / "ledger.sqlite")
    cache = folder / "cache"
    for portion in portions:
        with ledger.write() as connection:
            permission_events.append(connection, portion)
        found = state.words(ledger, cache)
    ledger.dispose()
    return found


def test_suppressions_are_what_a_ledger_gives(ledger: Ledger) -> None:
    """The frame that these tests make by hand has the columns of the real one."""
    with ledger.read() as connection:
        real = suppressions.frame(connection)
    assert set(words([]).suppressions.columns) == set(real.columns)

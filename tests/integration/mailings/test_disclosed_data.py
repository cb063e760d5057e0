"""Data that came from the other register under a disclosure serves the purposes of that disclosure only."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from campaigns.mailings import deciding
from campaigns.mailings.parts import Parts
from campaigns.mailings.planning import plan
from campaigns.mailings.sending.crew import send
from campaigns.register.disclosing import hidden
from campaigns.settings.loading import FILE
from support import mailing_world as world
from support.sending import ScriptedChannel

DISCLOSURE = """
disclosures:
  lent:
    from_controller: sahkoverkko
    to: lahti_energia
    purposes: [newsletter]
    categories: [identity, contact, relationship]
    legal_basis: consent
    valid_until: 2026-12-31
    decided_by: privacy officer
    date: 2026-01-15
    reason: people asked for it
web:
"""
SOURCE = """
  lent_people:
    kind: persons
    controller: lahti_energia
    match: "lent_*.csv"
    key_space: network
    columns: {nro: source_id, nimi: first_name}
    disclosure: lent
  spot:
"""


@pytest.fixture
def parts(tmp_path: Path) -> Iterator[Parts]:
    """Six people, of whom the first came from the network company, as did the address of the second."""
    made = world.workspace(tmp_path / "workspace", settings={"\nweb:\n": DISCLOSURE, "\n  spot:\n": SOURCE})
    world.upsert(made, "persons", [world.person(1, source="lent_people")])
    world.upsert(made, "contact_points", [world.mailbox(2) | {"source": "lent_people"}])
    yield made
    made.ledger.dispose()


def test_it_is_seen_for_its_purposes_until_its_last_day(parts: Parts) -> None:
    settings = parts.settings
    lent = {"lahti_energia": ["lent_people"]}
    assert hidden(settings, "newsletter", day=date(2026, 12, 31)) == {}
    assert hidden(settings, "newsletter", day=date(2027, 1, 1)) == lent
    assert hidden(settings, "energy_offers", day=date(2026, 12, 31)) == lent


def test_other_purposes_do_not_have_it(parts: Parts) -> None:
    assert plan(parts, "news", actor="maker").as_json()["messages"] == 6
    offers = plan(parts, "renewal", actor="maker").as_json()
    assert (offers["members"], offers["messages"]) == (5, 4)
    assert offers["withheld"] == {"NO_ADDRESS": 1}


def test_a_disclosure_that_ended_after_the_approval_holds_at_hand_over(parts: Parts, tmp_path: Path) -> None:
    plan_id = plan(parts, "news", actor="maker").plan_id
    deciding.approve(parts, plan_id, actor="boss", now=world.NOW)
    file = parts.root / FILE
    text = file.read_text(encoding="utf-8")
    file.write_text(
        text.replace("valid_until: 2026-12-31\n    decided", "valid_until: 2026-11-23\n    decided")
    )
    ended = world.parts_of(parts.root, parts.clock)
    found = send(ended, plan_id, actor="sender", channel=ScriptedChannel(tmp_path / "received"))
    assert found.counts.sent == 4
    assert found.counts.withheld == {"WRONG_REGISTER": 1, "NO_ADDRESS": 1}
    ended.ledger.dispose()

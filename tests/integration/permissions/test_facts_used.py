"""What a decision is stored with: the facts that its rule names, with the values that they had."""

from __future__ import annotations

import json
from collections.abc import Iterator

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.engine import Engine
from campaigns.ledger import Ledger
from campaigns.ledger.permission_events import PermissionEvent
from campaigns.permissions import naming
from campaigns.permissions.deciding import decide, facts
from campaigns.permissions.facts import FACTS, in_words
from campaigns.permissions.rules import RULES
from campaigns.settings.model import Settings
from support.effort import examples
from support.permission_words import anything
from support.permission_worlds import A, B, event, people, request, table, words, world

EVERY = ("email", "sms", "phone", "robocall", "letter", "ad_audience", "web_ad", "portal", "segment")
KINDS = st.sampled_from(["marketing", "newsletter", "survey", "service", "contractual", "statutory", "reply"])
PURPOSES = st.sampled_from(["direct_marketing", "newsletter", "market_research", "profiling", "quote"])


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """Customers, prospects and business contacts of A; some young, one dead."""
    tables = people(6)
    kinds = ["consumer", "minor", "business_contact", "company_role_address", "consumer", "estate"]
    tables["persons"] = tables["persons"].with_columns(kind=pl.Series(kinds))
    relations = ["customer", "customer", "partner", "prospect", "prospect", "former_customer"]
    tables["relationships"] = tables["relationships"].with_columns(kind=pl.Series(relations))
    tables["roles"] = table("roles", [{"person_id": 3, "company_id": 9, "role": "x", "duties": "energy"}])
    tables["contact_points"] = tables["contact_points"].filter(
        ~((pl.col("person_id") == 5) & (pl.col("channel") == "sms"))
    )
    with world(tmp_path_factory.mktemp("town"), tables) as db:
        yield db


@given(said=anything, kind=KINDS, purpose=PURPOSES, profiled=st.booleans())
@examples(12)
def test_the_facts_of_a_decision_are_those_that_were_true(
    town: Engine,
    ledger: Ledger,
    settings: Settings,
    said: list[PermissionEvent],
    kind: str,
    purpose: str,
    profiled: bool,
) -> None:
    asked = request(
        channels=EVERY, message_kind=kind, purpose=purpose, profiled=profiled, attribute="hourly_load_pattern"
    )
    known = {"settings": settings, "ledger": ledger, "words": words(said)}
    decided = decide(town, asked, **known)
    whole = facts(town, asked, **known)
    for row, truth in zip(decided.iter_rows(named=True), whole.iter_rows(named=True), strict=True):
        stored = json.loads(row["facts"])
        assert stored == {name: truth[name] for name in stored}
        assert set(stored) in [set(naming.named(rule)) for rule in RULES if rule.code == row["code"]]
        assert in_words(stored)


def test_a_decision_says_what_it_rested_on(town: Engine, ledger: Ledger, settings: Settings) -> None:
    said = [event("b", "ban_channel", channel="email"), event("o", "ban_all", controller=B)]
    decided = decide(town, request(), settings=settings, ledger=ledger, words=words(said))
    first = decided.row(0, named=True)
    assert (first["code"], json.loads(first["facts"])) == ("BANNED_CHANNEL", {"banned_channel": True})
    assert in_words({"customer": False, "consent": "none"}) == (
        "is a customer on that day: no; the consent: none"
    )
    assert A != B


def test_every_rule_rests_on_something() -> None:
    names = {fact.name for fact in FACTS}
    for rule in RULES:
        assert set(naming.named(rule)) <= names
        assert naming.named(rule), rule.code

"""Reading the ledger's events: the cache beside it, and the view for analysis."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given

from campaigns.engine import Engine
from campaigns.ledger import Ledger, erasure, permission_events
from campaigns.ledger.permission_events import PermissionEvent
from campaigns.permissions import state
from campaigns.permissions.deciding import facts
from campaigns.permissions.view import STATE, permission_state
from campaigns.settings.model import Settings
from support.effort import examples
from support.permission_words import CHANNELS, PURPOSES, anything
from support.permission_worlds import NOW, A, event, granted, people, request, words, world


def _append(ledger: Ledger, *events: PermissionEvent) -> None:
    with ledger.write() as connection:
        permission_events.append(connection, events)


def _cached(ledger: Ledger) -> list[Path]:
    return sorted((ledger.folder.parent / "cache").glob("*"))


@pytest.fixture
def cached(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> Ledger:
    """A ledger of three events, read once, with a cache that is written at every third event."""
    monkeypatch.setattr(state, "REWRITE", 3)
    _append(ledger, granted("a"), granted("b", person_id=2), event("c", "ban_all", about="x"))
    state.words(ledger)
    return ledger


def test_words_are_short_and_typed(ledger: Ledger) -> None:
    _append(
        ledger, granted("a", method="web_form"), event("t", "topic_subscribed", about="sauna", evidence=None)
    )
    first, second = state.words(ledger).frame.to_dicts()
    assert (first["family"], first["widens"], first["by_form"], first["has_evidence"]) == (
        "consent",
        True,
        True,
        True,
    )
    assert (second["about"], second["has_evidence"], second["flawed"]) == ("sauna", False, False)
    assert state.words(ledger).frame.schema == state.WORDS


def test_the_cache_is_for_its_owner_and_named_by_ledger_and_position(cached: Ledger) -> None:
    (path,) = _cached(cached)
    assert path.name == f"permission_words_{state.FORM}_{cached.identity}_3.parquet"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_newer_events_are_added_and_the_cache_is_replaced_when_they_are_many(cached: Ledger) -> None:
    _append(cached, granted("d", person_id=3))
    assert state.words(cached).frame["position"].to_list() == [1, 2, 3, 4]
    assert [path.stem[-1] for path in _cached(cached)] == ["3"]
    _append(cached, granted("e", person_id=4), granted("f", person_id=5))
    assert len(state.words(cached).frame) == 6
    assert [path.stem[-1] for path in _cached(cached)] == ["6"]


@pytest.mark.parametrize("damage", [b"", b"PAR1 nothing of the kind", None])
def test_a_damaged_or_lost_cache_is_made_again(cached: Ledger, damage: bytes | None) -> None:
    (path,) = _cached(cached)
    path.unlink() if damage is None else path.write_bytes(damage)
    assert len(state.words(cached).frame) == 3


def test_a_cache_of_an_earlier_form_does_not_stay(cached: Ledger) -> None:
    (path,) = _cached(cached)
    path.rename(path.with_name(path.name.replace(f"_{state.FORM}_", "_0_")))
    assert len(state.words(cached).frame) == 3
    assert _cached(cached) == [path]


def test_a_cache_that_is_ahead_of_a_restored_ledger_is_not_used(cached: Ledger, tmp_path: Path) -> None:
    (path,) = _cached(cached)
    ahead = path.with_name(path.name.replace("_3.", "_9."))
    path.rename(ahead)
    assert len(state.words(cached).frame) == 3


def test_after_an_erasure_the_cache_is_made_again(cached: Ledger) -> None:
    with cached.write() as connection:
        erasure.erase(connection, A, [1], [], now=NOW)
    frame = state.words(cached).frame
    assert frame["kind"].to_list() == ["granted", "granted", "ban_all", "erased"]
    assert frame["about"].to_list() == [None] * 4
    assert [path.stem[-1] for path in _cached(cached)] == [str(cached.position())]


def test_the_view() -> None:
    said = [
        granted("a", days=20),
        event("w", "withdrawn", days=5, channel="email"),
        granted("s", channel="sms", evidence=None),
        granted("p", channel="email", purpose="profiling"),
        granted("v", channel="letter", valid_until=NOW),
        event("n", "requested", days=3, channel="email", purpose="newsletter"),
        event("r", "restricted_all", days=9),
        event("l", "restriction_lifted", days=8),
        event("b", "ban_channel", channel="phone"),
        event("f", "granted", days=-1, channel="phone", purpose="newsletter"),
    ]
    found = permission_state(words(said), at=NOW)
    assert found.schema == STATE
    assert found.select("channel", "purpose", "state").rows() == [
        ("phone", None, "ban_channel"),
        ("email", "direct_marketing", "withdrawn"),
        ("letter", "direct_marketing", "expired"),
        ("sms", "direct_marketing", "unproven"),
        ("email", "newsletter", "pending"),
        (None, "profiling", "granted"),
    ]
    attested = permission_state(words(said), at=NOW, attested=pl.col("source") == "crm")
    assert attested.filter(pl.col("channel") == "sms")["state"].to_list() == ["granted"]


def test_the_view_of_nothing() -> None:
    assert permission_state(words([]), at=NOW).schema == STATE


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with world(tmp_path_factory.mktemp("town"), people(12)) as db:
        yield db


@examples(5)
@given(said=anything)
def test_the_view_and_the_facts_agree(
    town: Engine, ledger: Ledger, settings: Settings, said: list[PermissionEvent]
) -> None:
    """Two ways to fold consents, one answer."""
    known = words(said)
    view = permission_state(known, at=NOW).filter(pl.col("controller") == A)
    for purpose in PURPOSES:
        asked = request(purpose=purpose, channels=CHANNELS)
        found = facts(town, asked, settings=settings, ledger=ledger, words=known)
        mine = view.filter((pl.col("purpose") == purpose) & pl.col("state").is_in(_CONSENTS))
        for row in mine.iter_rows(named=True):
            channel = row["channel"] or "email"
            (consent,) = found.filter(
                (pl.col("person_id") == row["person_id"]) & (pl.col("channel") == channel)
            )["consent"]
            assert consent == row["state"]


_CONSENTS = ("granted", "withdrawn", "expired", "invalid", "unproven", "pending")

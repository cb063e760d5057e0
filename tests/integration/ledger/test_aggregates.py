"""Tokens, suppressions, responses, audit, erasure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from campaigns.errors import Busy
from campaigns.ledger import Ledger, audit, erasure, permission_events, responses, suppressions, tokens
from campaigns.ledger.permission_events import PermissionEvent
from campaigns.ledger.responses import Response
from campaigns.ledger.tables import messages

A, B = "lahti_energia", "sahkoverkko"


def test_a_person_keeps_one_token_key(ledger: Ledger) -> None:
    with ledger.write() as connection:
        first = tokens.token_keys(connection, A, [1, 2, 2])
        again = tokens.token_keys(connection, A, [2, 3])
        other = tokens.token_keys(connection, B, [2])
        assert tokens.person_of(connection, first[2]) == (A, 2)
        assert tokens.person_of(connection, b"\x00" * 16) is None
    assert again[2] == first[2] != other[2]
    assert {len(key) for key in (*first.values(), *again.values())} == {16}


def test_many_token_keys_at_once(ledger: Ledger) -> None:
    with ledger.write() as connection:
        keys = tokens.token_keys(connection, A, range(50_000))
        assert tokens.token_keys(connection, A, range(50_000)) == keys
    assert len(set(keys.values())) == 50_000


def test_an_address_is_suppressed_once_for_a_reason(ledger: Ledger, now: datetime) -> None:
    words = {"controller": A, "channel": "email", "address": "a@x.fi", "now": now}
    with ledger.write() as connection:
        assert suppressions.add(connection, reason="hard_bounce", **words)
        assert not suppressions.add(connection, reason="hard_bounce", **words)
        assert suppressions.add(connection, reason="erased", **words)
        frame = suppressions.frame(connection)
        assert suppressions.since(connection, 1).height == 1
    assert frame["position"].to_list() == [1, 2]
    assert frame["address_digest"].unique().to_list() == [ledger.address_digest(A, "email", "a@x.fi")]


def test_digests_of_addresses_tell_registers_and_media_apart(ledger: Ledger) -> None:
    made = [
        ledger.address_digest(*parts)
        for parts in ((A, "email", "x"), (B, "email", "x"), (A, "letter", "x"), (A, "sms", "x"))
    ]
    assert len(set(made)) == 4
    assert ledger.address_digest(A, "phone", "x") == made[3]


def test_a_response_told_often_is_one(ledger: Ledger, now: datetime) -> None:
    response = Response(natural_key="e1", controller=A, kind="delivered", occurred_at=now, mailing="m")
    with ledger.write_outcomes() as connection:
        assert responses.add(connection, [response] * 46) == 1
        assert responses.add(connection, [response]) == 0
        assert responses.frame(connection, "m").height == responses.frame(connection).height == 1
        assert responses.frame(connection, "other").is_empty()


def test_audit_keeps_who_and_what(ledger: Ledger, now: datetime) -> None:
    with ledger.write() as connection:
        audit.record(connection, at=now, actor="maija", action="unmask", controller=A, person_id=1)
        (row,) = audit.frame(connection).to_dicts()
    assert (row["actor"], row["action"], row["at"]) == ("maija", "unmask", now)


def test_after_erasure_nothing_raw_is_left(
    ledger: Ledger, event: Callable[..., PermissionEvent], now: datetime
) -> None:
    canary = "kanarialintu"
    with ledger.write() as connection:
        fields = {"evidence": canary, "method": canary, "details": {"note": canary}}
        permission_events.append(connection, [event(str(n), **fields) for n in range(50)])
        response = Response(
            natural_key="r",
            controller=A,
            person_id=1,
            kind="bounced",
            occurred_at=now,
            details={"text": canary},
        )
        responses.add(connection, [response])
        (key,) = tokens.token_keys(connection, A, [1]).values()
        connection.execute(sa.insert(messages), [_message(n, state) for n, state in enumerate(STATES)])
    with ledger.write() as connection:
        address = erasure.Address(channel="email", value=f"{canary}@x.fi")
        done = erasure.erase(connection, A, [1], [address], now=now)
    assert (done.events, done.tokens, done.messages_withheld, done.addresses) == (51, 1, 3, 1)
    with ledger.read() as connection:
        states = connection.execute(sa.select(messages.c.state, messages.c.reason)).all()
    assert [tuple(row) for row in states] == [
        ("withheld", "ERASED"),
        ("withheld", "ERASED"),
        ("withheld", "ERASED"),
        ("sent", None),
        ("unknown", None),
    ]
    ledger.scrub()
    assert _bytes_with(ledger.folder, canary.encode()) == []
    assert _bytes_with(ledger.folder, key) == []


def test_a_long_reader_keeps_old_pages(ledger: Ledger, now: datetime) -> None:
    with ledger.read() as reader:
        ledger.position(reader)
        with ledger.write() as connection:
            erasure.erase(connection, A, [1], [], now=now)
        with pytest.raises(Busy, match="LED010"):
            ledger.scrub()
    ledger.scrub()
    assert (ledger.folder / "ledger.sqlite-wal").stat().st_size == 0


STATES = ("planned", "queued", "deferred", "sent", "unknown")


def _message(number: int, state: str) -> dict[str, object]:
    return {
        "plan_id": 1,
        "controller": A,
        "mailing": f"m{number}",
        "occurrence": "once",
        "person_id": 1,
        "subject": "",
        "channel": "email",
        "state": state,
    }


def _bytes_with(folder: Path, needle: bytes) -> list[str]:
    return [path.name for path in folder.rglob("*") if path.is_file() and needle in path.read_bytes()]

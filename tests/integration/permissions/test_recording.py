"""Recording: one press or a thousand is one ban; what is incomplete or cannot be is refused."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from campaigns.errors import UserError
from campaigns.ledger import Ledger, integrity, permission_events
from campaigns.permissions import recording
from campaigns.permissions.recording import Unsubscribe
from support.permission_worlds import NOW, A, B, granted

Row = tuple[Any, ...]


def _press(ledger: Ledger, **fields: Any) -> bool:
    usual = {
        "controller": A,
        "person_id": 1,
        "channel": "email",
        "purpose": "newsletter",
        "now": NOW,
        "source": "web",
    }
    with ledger.write() as connection:
        return recording.unsubscribe(ledger, connection, **{**usual, **fields})


def _told(ledger: Ledger, person_id: int = 1) -> list[Row]:
    with ledger.read() as connection:
        frame = permission_events.of_person(connection, A, person_id)
    return frame.select("kind", "channel", "purpose").rows()


def test_a_press_withdraws_and_bans_once(ledger: Ledger) -> None:
    assert _press(ledger, list_name="news", message_id=7)
    assert not _press(ledger, now=NOW + timedelta(days=1), message_id=8)
    assert _told(ledger) == [("withdrawn", "email", "newsletter"), ("ban_channel", "email", "newsletter")]
    with ledger.read() as connection:
        row = permission_events.of_person(connection, A, 1).row(0, named=True)
    assert (row["source"], row["method"], row["details"]) == (
        "web",
        "one_click",
        '{"list": "news", "message_id": "7"}',
    )


def test_everything_is_one_ban_besides(ledger: Ledger) -> None:
    assert _press(ledger)
    assert _press(ledger, everything=True)
    assert not _press(ledger, everything=True)
    assert _told(ledger)[2:] == [("ban_all", None, None)]


def test_after_a_new_consent_a_press_counts_again(ledger: Ledger) -> None:
    _press(ledger)
    with ledger.write() as connection:
        again = granted("new", purpose="newsletter", days=-1, recorded_days=-1)
        other = granted("other", channel="sms", purpose="newsletter", days=-1, recorded_days=-1)
        permission_events.append(connection, [again, other])
    assert _press(ledger, now=NOW + timedelta(days=2))
    assert not _press(ledger, now=NOW + timedelta(days=3))
    assert len(_told(ledger)) == 6


def test_a_press_is_the_latest_word_even_when_another_clock_ran_ahead(ledger: Ledger) -> None:
    with ledger.write() as connection:
        permission_events.append(connection, [granted("g", purpose="newsletter", days=-1, recorded_days=-1)])
    _press(ledger, now=NOW)
    with ledger.read() as connection:
        at = permission_events.of_person(connection, A, 1)["occurred_at"].to_list()
    assert at[1] == at[2] == NOW + timedelta(days=1, microseconds=1)


def test_people_and_registers_are_apart(ledger: Ledger) -> None:
    assert all(
        _press(ledger, **fields) for fields in ({}, {"person_id": 2}, {"controller": B}, {"channel": "sms"})
    )
    assert not any(_press(ledger, **fields) for fields in ({}, {"person_id": 2}, {"controller": B}))


def test_many_presses_in_one_transaction(ledger: Ledger) -> None:
    presses = [
        Unsubscribe(controller=A, person_id=n % 40, channel="email", purpose="newsletter", now=NOW)
        for n in range(200)
    ]
    with ledger.write() as connection:
        assert recording.unsubscribe_all(ledger, connection, presses) == 40
        assert recording.unsubscribe_all(ledger, connection, presses) == 0
        assert integrity.verify(connection).events == 80


def test_a_thousand_equal_presses_at_once(ledger: Ledger) -> None:
    """Threat 69."""
    with ThreadPoolExecutor(8) as threads:
        new = sum(threads.map(lambda _: _press(ledger), range(100)))
    assert new == 1
    assert len(_told(ledger)) == 2


def _record(ledger: Ledger, **fields: Any) -> list[int]:
    usual = {"people": [(A, 1)], "at": NOW, "now": NOW, "source": "cli", "evidence": "call 1"}
    with ledger.write() as connection:
        return recording.record(connection, **{**usual, **fields})


def test_the_same_word_recorded_twice_is_one_event(ledger: Ledger) -> None:
    words = {"kind": "ban", "channel": "email"}
    assert _record(ledger, **words) == _record(ledger, **words) == [1]
    assert _told(ledger) == [("ban_channel", "email", None)]


def test_a_ban_that_names_no_company_holds_in_each(ledger: Ledger) -> None:
    assert _record(ledger, kind="ban_all", people=[(A, 1), (B, 5)]) == [1, 2]
    with ledger.read() as connection:
        frame = permission_events.frame(connection)
    assert frame.select("controller", "person_id", "scope").rows() == [(A, 1, "unscoped"), (B, 5, "unscoped")]


def test_a_consent_to_profiling_needs_no_channel(ledger: Ledger) -> None:
    assert _record(ledger, kind="consent", purpose="profiling") == [1]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"kind": "wish"}, "PRM001"),
        ({"kind": "consent", "channel": "email"}, "PRM002"),
        ({"kind": "topic_subscribed"}, "PRM002"),
        ({"kind": "ban_all", "channel": "email"}, "PRM003"),
        ({"kind": "consent", "channel": "email", "purpose": "newsletter", "evidence": None}, "PRM004"),
        ({"kind": "ban_all", "at": NOW + timedelta(seconds=1)}, "PRM005"),
    ],
)
def test_what_cannot_be_is_refused(ledger: Ledger, fields: dict[str, Any], code: str) -> None:
    with pytest.raises(UserError, match=code):
        _record(ledger, **fields)
    assert _told(ledger) == []


@pytest.mark.parametrize(
    ("field", "word", "meant"), [("channel", "emial", "email"), ("purpose", "newsleter", "newsletter")]
)
def test_a_misspelt_word_is_refused_not_recorded(field: str, word: str, meant: str) -> None:
    given = {"channel": "email", "purpose": "newsletter", field: word}
    with pytest.raises(UserError, match="PRM006") as caught:
        recording.check("ban", **given)
    assert f"did you mean `{meant}`?" in caught.value.mistake.hint

"""Looking at a message before anybody gets it; test messages (marked, allow-listed, inert, not counted)."""

from __future__ import annotations

import email
import email.policy
import mailbox
from pathlib import Path

import pytest
import sqlalchemy as sa

from campaigns.errors import NotFound, Refused
from campaigns.ledger.tables import audit, messages, person_tokens, plans
from campaigns.mailings.looking import look, send_test
from campaigns.mailings.parts import Parts

ALLOWED = "test@lahtienergia.example"


def test_a_look_is_the_persons_message_with_links_that_do_nothing(parts: Parts) -> None:
    found = look(parts, "renewal", 1, actor="marketer")
    assert found.subject == "Sähkösopimuksesi päättyy 10.1.2027 – tässä tarjouksemme"
    assert "Maija1" in found.html
    assert "Kauppakatu 1" in found.text
    mail = email.message_from_bytes(found.payload, policy=email.policy.SMTP)
    assert mail["To"] == "person1@example.fi"
    assert "/test-message?link=unsubscribe" in mail["List-Unsubscribe"]
    assert "/u/" not in found.html + found.text + mail["List-Unsubscribe"]


def test_the_language_is_the_persons(parts: Parts) -> None:
    assert look(parts, "renewal", 2, actor="m").language == "fi"  # Swedish falls back to Finnish
    assert look(parts, "renewal", 3, actor="m").subject.startswith("Your electricity contract ends")


def test_somebody_who_is_in_no_register_cannot_be_looked_at(parts: Parts) -> None:
    with pytest.raises(NotFound, match="MAI027"):
        look(parts, "renewal", 99, actor="m")


def test_looking_is_recorded_and_changes_nothing_else(parts: Parts) -> None:
    look(parts, "news", 2, actor="marketer")
    with parts.ledger.read() as connection:
        (entry,) = connection.execute(sa.select(audit)).all()
        assert not connection.scalar(sa.select(sa.func.count()).select_from(person_tokens))
    assert (entry.actor, entry.action, entry.person_id) == ("marketer", "message_rendered", 2)
    assert entry.details == {"mailing": "news", "origin": "python"}


def test_a_test_message_is_marked_inert_and_not_counted(parts: Parts) -> None:
    sent = send_test(parts, "renewal", to=ALLOWED, actor="marketer")
    assert sent.outcome.state == "sent"
    (mail,) = mailbox.Maildir(parts.data / "outbox" / "maildir")
    parsed = email.message_from_bytes(mail.as_bytes(), policy=email.policy.default)
    assert parsed["Subject"].startswith("[TEST] Sähkösopimuksesi")
    assert parsed["To"] == ALLOWED
    assert "/test-message?link=unsubscribe" in parsed["List-Unsubscribe"]
    with parts.ledger.read() as connection:
        for table in (messages, plans):
            assert not connection.scalar(sa.select(sa.func.count()).select_from(table))


def test_a_test_message_shows_the_person_that_is_named(parts: Parts) -> None:
    assert send_test(parts, "renewal", to=ALLOWED, actor="m", person_id=3).subject.startswith("[TEST] Your")


@pytest.mark.parametrize("to", ["person1@example.fi", "test@lahtienergia.example.evil.fi", ""])
def test_other_addresses_are_refused(parts: Parts, to: str) -> None:
    with pytest.raises(Refused, match="MAI026"):
        send_test(parts, "renewal", to=to, actor="m")
    assert not Path(parts.data / "outbox").exists()

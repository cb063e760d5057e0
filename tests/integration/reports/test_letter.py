"""Why did I get this? One page in the person's language, from the same evidence as `evidence`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from campaigns.errors import NotFound, Refused
from campaigns.ledger import audit
from campaigns.mailings import deciding
from campaigns.mailings.parts import Parts
from campaigns.mailings.planning import plan
from campaigns.mailings.sending.crew import send
from campaigns.permissions.rules import CODES
from campaigns.reports.letter import Letter, letter
from campaigns.workspace import privacy
from campaigns.workspace.project import Workspace
from support import mailing_world as world
from support.browser import chromium
from support.sending import Answer, ScriptedChannel, Sent, states

LATER = world.NOW + timedelta(days=2)


@pytest.fixture
def parts(tmp_path: Path) -> Iterator[Parts]:
    """Person 4's message is unknown, 5 banned before the plan, everybody else got the newsletter."""
    made = world.workspace(tmp_path / "workspace")
    world.upsert(made, "persons", [world.person(1, first_name="<script>alert(1)</script>")])
    world.say(made, world.banned(5))
    plan_id = plan(made, "news", actor="maker").plan_id
    deciding.approve(made, plan_id, actor="boss", now=world.NOW)

    def answer(sent: Sent) -> Answer:
        return Answer("unknown", "timeout") if sent.to.startswith("person4") else Answer()

    send(made, plan_id, actor="sender", channel=ScriptedChannel(tmp_path / "received", answer))
    yield made
    made.ledger.dispose()


def message_of(parts: Parts, person_id: int) -> int:
    with parts.ledger.read() as connection:
        rows = connection.exec_driver_sql("SELECT message_id, person_id FROM messages").all()
    return next(int(row[0]) for row in rows if row[1] == person_id)


def written(parts: Parts, person_id: int) -> Letter:
    return letter(parts, message_of(parts, person_id), now=LATER)


def page(parts: Parts, person_id: int) -> str:
    return written(parts, person_id).html().decode()


@pytest.mark.parametrize(
    ("person_id", "language", "told"),
    [
        (
            1,
            "fi",
            (
                "Miksi sait tämän viestin?",
                "Olet antanut siihen suostumuksesi",
                "Annoit 24. marraskuuta 2025 suostumuksen: uutiskirje, sähköposti.",
                "Tapa: lomake.",
                "Todiste on tallessa tunnuksella ”form 17”.",
                "asiakasjärjestelmämme (crm_customers)",
                "tietosuojavaltuutetulle",
            ),
        ),
        (
            2,
            "sv",
            (
                "Varför fick du det här meddelandet?",
                "Du har gett ditt samtycke",
                "Du gav 24 november 2025 ditt samtycke: nyhetsbrev, e-post.",
                "dataombudsmannen",
            ),
        ),
        (
            3,
            "en",
            (
                "Why did you get this message?",
                "You have consented to it",
                "On 24 November 2025 you gave your consent: newsletter, e-mail.",
                "You were shown the text “2025-01” (in Finnish).",
                "p…@example.fi",
                "It has been in our register since 1 January 2020.",
                "Data Protection Ombudsman",
            ),
        ),
    ],
)
def test_in_the_person_s_language(parts: Parts, person_id: int, language: str, told: tuple[str, ...]) -> None:
    found = written(parts, person_id)
    text = found.html().decode()
    assert found.language == language
    assert f'<html lang="{language}">' in text
    for words in told:
        assert words in text


def test_no_code_stands_alone_and_nobody_else_is_in_it(parts: Parts) -> None:
    for person_id in (1, 2, 3, 6):
        text = page(parts, person_id)
        assert not [code for code in CODES if re.search(rf"\b{code}\b", text)]
        for other in range(1, 7):
            if other != person_id:
                assert f"Maija{other}" not in text
                assert f"person{other}" not in text
        assert f"person{person_id}@" not in text  # its owner knows a masked address


def test_a_name_is_no_markup_and_the_page_loads_nothing(parts: Parts) -> None:
    text = page(parts, 1)
    assert "<script" not in text
    assert "&lt;script&gt;" in text
    assert "default-src &#39;none&#39;" in text or "default-src 'none'" in text


def test_an_uncertain_message_says_so(parts: Parts) -> None:
    assert "emme tiedä varmasti" in page(parts, 4)


def test_a_message_that_never_left_has_no_letter(parts: Parts) -> None:
    with pytest.raises(Refused, match="LET001"):
        written(parts, 5)
    with pytest.raises(NotFound, match="LED021"):
        letter(parts, 987_654, now=LATER)


def test_what_the_person_said_since_is_told(parts: Parts) -> None:
    assert "Since then" not in page(parts, 3)
    world.say(parts, world.banned(3, at=world.NOW + timedelta(days=1)))
    assert "On 25 November 2026 you refused marketing or withdrew your consent." in page(parts, 3)
    assert "You have consented to it" in page(parts, 3)  # it was right when it was sent


def test_another_address_is_not_taken_for_the_one_that_was_used(parts: Parts) -> None:
    with parts.ledger.read() as connection:
        kept = connection.exec_driver_sql("SELECT count(address_digest) FROM messages").scalar_one()
    assert kept
    world.upsert(parts, "contact_points", [world.mailbox(3, "new@example.org")])
    assert "p…@example.fi" in page(parts, 3)
    assert "example.org" not in page(parts, 3)


def test_a_mailing_that_is_gone_is_still_explained(parts: Parts) -> None:
    (parts.root / "mailings" / "news.yml").unlink()
    assert "It was about: news." in page(parts, 3)


def test_every_language_fits_one_printed_page(parts: Parts, tmp_path: Path) -> None:
    with chromium() as browser:
        for person_id in (1, 2, 3):
            file = tmp_path / f"{person_id}.html"
            file.write_bytes(written(parts, person_id).html())
            sheet = browser.new_page()
            sheet.goto(file.as_uri())
            pdf = sheet.pdf(prefer_css_page_size=True)
            assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 1
            sheet.set_viewport_size({"width": 360, "height": 800})
            assert sheet.evaluate("document.documentElement.scrollWidth") <= 360


def test_writing_it_is_an_entry_of_the_audit(parts: Parts) -> None:
    workspace = Workspace.open(parts.root, clock=lambda: LATER)
    message_id = message_of(parts, 3)
    file = privacy.letter(workspace, message_id)
    assert file == parts.root / "data" / "exports" / "letters" / f"message_{message_id}.html"
    assert file.stat().st_mode & 0o777 == 0o600
    with parts.ledger.read() as connection:
        entries = [row for row in audit.frame(connection).to_dicts() if row["action"] == "letter_written"]
    assert [(row["controller"], row["person_id"]) for row in entries] == [(world.OURS, 3)]
    assert json.loads(entries[0]["details"])["message"] == message_id
    with pytest.raises(Refused, match="RGT001"):
        privacy.letter(workspace, message_id, to="../../elsewhere/letter.html")
    workspace.ledger.dispose()


def test_states_are_those_that_the_letter_knows(parts: Parts) -> None:
    assert set(states(parts.ledger, 1).values()) == {"sent", "unknown", "withheld"}

"""The record of processing says what settings, data and ledger say, and nothing about any one person."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from campaigns.engine import connect
from campaigns.errors import Refused
from campaigns.ledger import disclosures, rights_requests
from campaigns.ledger.disclosures import Disclosure
from campaigns.mailings import deciding
from campaigns.mailings.parts import Parts
from campaigns.mailings.planning import plan
from campaigns.mailings.sending.crew import send
from campaigns.reports.privacy import Record, gather
from campaigns.reports.privacy_notices import remember, standings
from campaigns.reports.privacy_page import render
from campaigns.segments import resolve
from campaigns.settings.loading import FILE
from support import mailing_world as world
from support.sending import ScriptedChannel

NOTICE = {
    "teller": """
        title: People to tell
        purpose: privacy_notice
        audience: everyone
        channels: [email]
        who:
          - {field: knows_newest_notice, is: no}
    """
}
TELLING = {
    "telling": """
        title: Change of the notice
        segments: [teller]
        template: privacy_notice
    """
}
OUTAGES = """
disclosures:
  outages:
    from_controller: lahti_energia
    to: sahkoverkko
    purposes: [outage_notice]
    categories: [contact]
    legal_basis: Electricity Market Act 588/2013
    valid_until: 2036-12-31
    decided_by: privacy officer
    date: 2026-01-15
    reason: <script>alert(1)</script>
web:
"""


@pytest.fixture
def parts(tmp_path: Path) -> Iterator[Parts]:
    root = tmp_path / "workspace"
    shutil.copytree(world.REPOSITORY / "docs" / "notices", root / "docs" / "notices")
    made = world.workspace(root, segments=NOTICE, mailings=TELLING, settings={"\nweb:\n": OUTAGES})
    yield made
    made.ledger.dispose()


def record(parts: Parts) -> Record:
    return gather(parts, actor="officer", now=world.NOW)


def test_counts_come_from_the_data_and_small_ones_are_hidden(parts: Parts) -> None:
    world.upsert(parts, "persons", [world.person(7, kind="estate")])
    world.upsert(parts, "persons", [world.person(8, ended_on=world.NOW.date() - timedelta(days=1))])
    found = record(parts)
    ours, theirs = found.registers
    assert (ours.controller, ours.people, theirs.people) == (world.OURS, 7, 0)
    printed = found.as_json()["registers"][0]
    assert printed["kinds"] == [
        {"word": "consumer", "title": "consumers", "people": "6"},
        {"word": "estate", "title": "estates", "people": "<5"},
    ]
    page = render(found, zone=parts.settings.zone).decode()
    assert "&lt;5" in page


def test_the_settings_stand_in_it_with_who_decided(parts: Parts) -> None:
    found = record(parts)
    page = render(found, zone=parts.settings.zone).decode()
    for name in type(parts.settings.retention).model_fields:
        assert getattr(parts.settings.retention, name).reason in page
    for name in type(parts.settings.policy).model_fields:
        assert name in page
    for controller in parts.settings.controllers.values():
        assert controller.privacy_officer in page
    own, sendgrid = found.processors
    assert (own["agreement"], own["regions"], own["channels"][0]["refused"]) == (True, ["Finland"], None)
    assert sendgrid["transfer"] == "standard contractual clauses, Art. 46(2)(c)"
    assert found.rule_version in page


def test_segments_and_mailings_stand_at_their_purpose(parts: Parts) -> None:
    purposes = {row["purpose"]: row for row in record(parts).registers[0].purposes}
    assert purposes["newsletter"]["segments"] == ["readers"]
    assert purposes["newsletter"]["mailings"] == ["news"]
    assert purposes["survey"]["segments"] == []


def test_every_category_is_listed_with_its_columns_and_sources(parts: Parts) -> None:
    rows = {row["category"]: row for row in record(parts).registers[0].categories}
    assert set(rows) == set(parts.settings.categories)
    assert "birth_year" in rows["identity"]["columns"]["persons"]
    assert rows["identity"]["sources"] == ["crm_customers"]
    assert rows["personal_code"]["columns"] == {}
    assert (rows["credit"]["segments"], rows["credit"]["templates"]) == (False, False)


def test_disclosures_and_requests_are_counted(parts: Parts) -> None:
    given = Disclosure(
        name="outages",
        controller=world.OURS,
        recipient="sahkoverkko",
        purpose="outage_notice",
        categories=("contact",),
        what="file 1",
    )
    day = world.NOW.date()
    with parts.ledger.write() as connection:
        disclosures.record(connection, given, people=range(1, 7), at=world.NOW, actor="importer")
        for kind, due in (("access", day - timedelta(days=1)), ("erase", day)):
            rights_requests.add(
                connection,
                controller=world.OURS,
                person_id=1,
                kind=kind,
                received_at=world.NOW - timedelta(days=31),
                received_by="email",
                due_on=due,
                handled_by="desk",
            )
    ours = record(parts).registers[0]
    assert (ours.disclosures[0]["made"], ours.disclosures[0]["persons"]) == (1, "6")
    assert (ours.requests["open"], ours.requests["overdue"]) == (2, 1)


def test_nothing_of_a_person_and_nothing_unescaped_stands_in_it(parts: Parts) -> None:
    found = record(parts)
    page = render(found, zone=parts.settings.zone).decode()
    everything = page + json.dumps(found.as_json(), default=str)
    for number in range(1, 7):
        for value in (f"Maija{number}", f"person{number}@example.fi", f"Kauppakatu {number}"):
            assert not re.search(rf"{re.escape(value)}\b", everything)
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert 'http-equiv="Content-Security-Policy" content="default-src \'none\'' in page
    assert page.count("https://") == page.count(
        "https://www."
    )  # addresses of the notices, nothing that loads


def test_who_is_told_of_a_new_notice_has_seen_it(parts: Parts, tmp_path: Path) -> None:
    day = world.NOW.date()
    before = standings(parts, day=day, controller=world.OURS)[0]
    assert [one.last_seen for one in before.versions] == [6, 0]
    assert (before.to_tell, before.never_told) == (6, 0)
    plan_id = plan(parts, "telling", actor="maker").plan_id
    deciding.approve(parts, plan_id, actor="boss", now=world.NOW)
    assert send(parts, plan_id, actor="sender", channel=ScriptedChannel(tmp_path / "got")).counts.sent == 6
    after = standings(parts, day=day, controller=world.OURS)[0]
    assert [one.last_seen for one in after.versions] == [0, 6]
    assert after.to_tell == 0
    with parts.lake.snapshot() as snapshot, connect(snapshot) as db:
        left = resolve(
            parts.mailings.segments.load("teller"),
            db=db,
            ledger=parts.ledger,
            settings=parts.settings,
            as_of=day,
            at=world.NOW,
        )
    assert left.members == 0


def test_a_new_version_makes_a_plan_that_tells_of_an_old_one_stale(parts: Parts) -> None:
    plan_id = plan(parts, "telling", actor="maker").plan_id
    file = parts.root / FILE
    text = file.read_text(encoding="utf-8")
    newer = text.replace('      "2026-02-01":\n', '      "2026-01-31":\n', 1)
    file.write_text(newer, encoding="utf-8")
    changed = world.parts_of(parts.root)
    with pytest.raises(Refused, match="the privacy notice changed"):
        deciding.approve(changed, plan_id, actor="boss", now=world.NOW)
    changed.ledger.dispose()


def test_a_consent_shows_which_version_was_seen(parts: Parts) -> None:
    seen = replace(world.granted(2, "survey"), event_id="seen", notice_version="2026-02-01")
    odd = replace(world.granted(3, "survey"), event_id="odd", notice_version="1999")
    world.say(parts, seen, odd)
    world.upsert(parts, "persons", [world.person(4, informed_by=None)])
    found = standings(parts, day=world.NOW.date(), controller=world.OURS)[0]
    assert [one.last_seen for one in found.versions] == [4, 1]  # an unknown version is older than all
    assert (found.never_told, found.unknown_version, found.to_tell) == (1, 0, 5)


def test_a_text_that_was_edited_under_its_version_is_found(parts: Parts) -> None:
    remember(parts)
    text = parts.root / "docs" / "notices" / "lahti_energia_2023-06-26.en.md"
    text.write_text(text.read_text(encoding="utf-8") + "\nAnd one thing more.\n", encoding="utf-8")
    ours, theirs = standings(parts, day=world.NOW.date())
    assert [(version, one.language) for version, one in ours.edited] == [("2023-06-26", "en")]
    assert theirs.edited == ()

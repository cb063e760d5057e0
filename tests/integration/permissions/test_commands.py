"""`campaigns permission record | show | decide | rules`, as people type them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from campaigns.cli import context
from campaigns.cli.commands import app
from campaigns.errors import UserError
from campaigns.permissions.rules import RULES
from support.bureaus import ALONE, OURS, SON, SPOUSE, STRANGER, THEIRS, ZORRO, Bureau, settled

CONSENT = "consent --channel email --purpose direct_marketing"


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("ws")
    bureau = settled(root)
    bureau.load()
    bureau.workspace.ledger.dispose()
    return root


@pytest.fixture
def bureau(filled: Path, tmp_path: Path) -> Bureau:
    """A copy of its own for each test, so that what one records is not there for the next."""
    import shutil

    shutil.copytree(filled, tmp_path / "ws", dirs_exist_ok=True)
    return Bureau(tmp_path / "ws")


class Shell:
    """Types commands into a workspace."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def __call__(self, line: str) -> str:
        done = CliRunner().invoke(app, ["-C", str(self.root), "permission", *line.split()])
        context.choose_folder(None)
        if done.exception and not isinstance(done.exception, SystemExit):
            raise done.exception
        assert done.exit_code == 0, done.output
        return done.output

    def answer(self, person: object, more: str = "") -> dict[str, object]:
        text = self(f"decide {person} --purpose direct_marketing --kind marketing --json {more}")
        return dict(json.loads(text))

    def code(self, person: object, more: str = "") -> object:
        return self.answer(person, more)["code"]


@pytest.fixture
def type_(bureau: Bureau) -> Shell:
    return Shell(bureau.root)


def test_a_consent_with_all_its_proof(bureau: Bureau, type_: Shell) -> None:
    person = bureau.number("100004")
    assert type_.code(person) == "NO_CONSENT"
    type_(
        f"record {person} {CONSENT} --evidence call-5512 --method phone --text 2026-02 --language fi "
        "--notice 2023-06-26 --at 2026-02-01T12:00 --valid-until 2036-02-01T12:00"
    )
    found = type_.answer(person)
    assert (found["allowed"], found["code"], found["remedy"]) == (True, "CONSENT", "")
    assert found["facts"] == {"consent": "granted", "channel": "email", "cookie_marketing": False}
    word = found["evidence"]
    assert isinstance(word, dict)
    assert word.items() >= {
        "kind": "granted", "method": "phone", "text": "2026-02", "language": "fi", "notice": "2023-06-26",
        "evidence": "call-5512", "said": "2026-02-01T12:00+02:00", "until": "2036-02-01T12:00+02:00",
    }.items()  # fmt: skip
    assert type_.code(person, "--as-of 2026-01-01") == "NO_CONSENT"


def test_what_stood_at_a_time(bureau: Bureau, type_: Shell) -> None:
    person = bureau.number("100005")
    type_(f"record {person} ban_all --evidence letter")
    now = json.loads(type_(f"show {person} --json"))
    assert [row["state"] for row in now["state"]] == ["ban_all", "granted"]
    assert [event["kind"] for event in now["events"]] == ["granted", "ban_all"]
    before = json.loads(type_(f"show {person} --json --as-of 2026-11-22"))
    assert [row["state"] for row in before["state"]] == ["granted"]
    assert "@" not in json.dumps(before["state"])


def test_a_ban_for_an_address_that_nobody_has_waits_for_its_person(bureau: Bureau, type_: Shell) -> None:
    type_("record Someone@New.example.fi ban --channel email")
    known = bureau.number("100004")
    assert type_.code(known) == "NO_CONSENT"
    new_one = {**ALONE, "asiakasnro": "100009", "etunimi": "Uusi", "sähköposti": "someone@new.example.fi"}
    bureau.people("asiakkaat_20261121.csv", ZORRO, SPOUSE, SON, STRANGER, ALONE, new_one)
    bureau.load(bureau.inbox / "asiakkaat_20261121.csv")
    new = bureau.number("100009")
    assert type_.code(new) == "BANNED_CHANNEL"
    assert type_.code(new, "--channel letter") == "OPT_OUT_CHANNEL"
    events = json.loads(type_(f"show {new} --json"))["events"]
    assert [(event["kind"], event["about_address"]) for event in events] == [("ban_channel", True)]
    for line in (f"{CONSENT} --evidence call", "restriction_lifted --evidence call"):
        with pytest.raises(UserError, match="PRM010"):
            type_(f"record another@new.example.fi {line}")


def test_a_word_that_names_no_company_holds_in_both_registers(bureau: Bureau, type_: Shell) -> None:
    ours, theirs = bureau.number("100001"), bureau.number("700001", THEIRS)
    assert "position" in type_("record zacke.arjanen@posti.example ban_all --everywhere")
    for controller, person in ((OURS, ours), (THEIRS, theirs)):
        assert type_.code(person, f"--channel letter --controller {controller}") == "BANNED_ALL"


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (CONSENT, "PRM004"),
        (f"{CONSENT} --evidence call --at 2199-01-01", "PRM005"),
        (f"{CONSENT} --evidence call --at 2026-01-01 --valid-until 2025-01-01", "PRM007"),
        ("ban --channel email --valid-until 2199-01-01", "PRM007"),
        ("consent --channel emial --purpose direct_marketing --evidence call", "PRM006"),
        ("consent --channel email --purpose marketting --evidence call", "PRM006"),
        ("guardian_granted --channel email --purpose newsletter --evidence call", "PRM008"),
        (f"{CONSENT} --evidence 131052-308T", "PRM009"),
        (f"{CONSENT} --evidence call --language xx", "PRM011"),
        (f"{CONSENT} --evidence call --notice 1999-01-01", "PRM011"),
        (f"{CONSENT} --evidence call --source nowhere", "PRM011"),
        ("ban_all --controller nobody", "USE013"),
        ("cookie_consent --about all --evidence banner", "PRM006"),
        ("consent --channel ad_audience --purpose online_advertising --about x --evidence f", "PRM006"),
        ("erased", "PRM001"),
        ("wish", "PRM001"),
    ],
)
def test_what_cannot_be_recorded_permits_nothing(bureau: Bureau, type_: Shell, line: str, code: str) -> None:
    person = bureau.number("100004")
    before = type_.code(person)
    with pytest.raises(UserError) as caught:
        type_(f"record {person} {line}")
    assert caught.value.mistake.code == code
    assert caught.value.mistake.hint
    assert "131052" not in str(caught.value)
    assert type_.code(person) == before
    assert json.loads(type_(f"show {person} --json"))["events"] == []


def test_nobody_by_that_id(type_: Shell) -> None:
    with pytest.raises(UserError, match="USE006"):
        type_(f"record 999999 {CONSENT} --evidence call")


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("decide 1 --purpose direct_marketting --kind marketing", "PRM006"),
        ("decide 1 --purpose direct_marketing --channel emial --kind marketing", "PRM006"),
        ("decide 1 --purpose direct_marketing --kind marketting", "PRM012"),
        ("decide 1", "USE012"),
    ],
)
def test_a_question_that_cannot_be_answered(type_: Shell, line: str, code: str) -> None:
    with pytest.raises(UserError, match=code):
        type_(line)


def test_a_denial_says_what_would_change_it(bureau: Bureau, type_: Shell) -> None:
    shown = type_(f"decide {bureau.number('100004')} --purpose energy_offers")
    assert shown.startswith("deny NO_CONSENT: This person has neither consented to this nor asked for it.")
    assert "it rests on: the channel: email; the consent: none" in shown
    assert "Ask for consent, for example when the person is in touch." in shown


def test_the_rules_can_be_read(type_: Shell) -> None:
    rows = json.loads(type_("rules --json"))
    assert [(row["step"], row["code"]) for row in rows] == [(rule.step, rule.code) for rule in RULES]
    finnish = type_("rules --language fi")
    assert all(rule.fi.split(".")[0][:40] in finnish for rule in RULES)
    assert "policy.soft_opt_in" in finnish

"""`campaigns permission import`: what came in, what is aside, and what the new consents come to."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from campaigns.cli.commands import app

ROOT = Path(__file__).parents[3]
PEOPLE = "asiakasnro;laji;sähköposti;asiakkaana_alkaen\n" + "".join(
    f"C{n};kuluttaja;p{n}@example.com;2024-01-01\n" for n in range(1, 5)
)
HISTORY = (
    "tapahtumanro;asiakasnro;laji;kanava;tarkoitus;aika;todiste\n"
    "1;C1;granted;email;direct_marketing;2026-01-01;scan-1\n"
    "2;C2;granted;email;direct_marketing;2026-01-01;\n"
    "3;C3;granted;email;direct_marketing;2026-01-01;scan-3\n"
    "4;C3;ban_all;;;2026-02-01;\n"
    "5;C9;granted;email;direct_marketing;2026-01-01;scan-5\n"
    "6;C9;ban_all;;;2026-02-01;\n"
    "7;C4;granted;email;direct_marketing;2099-01-01;scan-7\n"
)
EXPORT = (
    "Email Address,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,CONFIRM_IP,LEID,EUID\n"
    "p4@example.com,2024-03-14 09:12:31,192.0.2.1,2024-03-14 09:14:00,192.0.2.1,1,a\n"
)
SOURCE = """
  old_letter:
    kind: subscribers
    controller: lahti_energia
    match: "subscribed_*.csv"
    defaults: {purpose: newsletter}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("CAMPAIGNS_WORKSPACE", raising=False)
    settings = (ROOT / "campaigns.yml").read_text(encoding="utf-8")
    (tmp_path / "campaigns.yml").write_text(settings.replace("\nsources:\n", f"\nsources:{SOURCE}"), "utf-8")
    for name in ("segments", "templates", "mailings"):
        shutil.copytree(ROOT / name, tmp_path / name)
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (inbox / "asiakkaat_1.csv").write_text(PEOPLE, encoding="utf-8")
    (inbox / "luvat_1.csv").write_text(HISTORY, encoding="utf-8")
    (inbox / "subscribed_1.csv").write_text(EXPORT, encoding="utf-8")
    return tmp_path


def run(folder: Path, *words: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["-C", str(folder), *words])
    return done.exit_code, done.output


def test_what_new_consents_come_to(folder: Path) -> None:
    assert run(folder, "import", str(folder / "inbox" / "asiakkaat_1.csv"))[0] == 0
    files = [str(folder / "inbox" / name) for name in ("luvat_1.csv", "subscribed_1.csv")]
    code, text = run(folder, "permission", "import", *files, "--json")
    assert code == 0
    told = json.loads(text)
    assert [(file["rows"], file["accepted"], file["quarantined"]) for file in told["files"]] == [
        (7, 5, 2),
        (1, 1, 0),
    ]
    assert {(row["reason"], row["rows"]) for row in told["quarantine"]} == {("REG140", 1), ("PRM005", 1)}
    assert told["refusals"] == 2
    effects = {effect["purpose"]: effect for effect in told["effects"]}
    assert effects["direct_marketing"]["codes"] == {"CONSENT": 1, "CONSENT_UNPROVEN": 1, "BANNED_ALL": 1}
    assert effects["direct_marketing"]["permitted"] == 1
    assert effects["newsletter"]["codes"] == {"CONSENT": 1}


def test_the_words_say_what_is_missing(folder: Path) -> None:
    assert run(folder, "import", str(folder / "inbox" / "asiakkaat_1.csv"))[0] == 0
    code, text = run(folder, "permission", "import", str(folder / "inbox" / "luvat_1.csv"))
    assert code == 0
    assert "3 people with a new consent, 1 may be contacted" in text
    assert "1 CONSENT_UNPROVEN" in text
    assert "attest" in text
    assert "1 REG140" in text
    assert "2 new refusals, in force now" in text


def test_other_files_are_left_alone(folder: Path) -> None:
    code, text = run(folder, "permission", "import", str(folder / "inbox" / "asiakkaat_1.csv"))
    assert code == 2
    assert "REG004" in text


def test_an_attestation_is_shown_where_a_consent_rests_on_it(folder: Path) -> None:
    evidence = (
        "    evidence: {attested_by: A. Officer, date: 2026-03-01, form: paper form 7, "
        "period: {from: 2025-01-01, to: 2026-02-28}}\n"
    )
    path = folder / "campaigns.yml"
    place = "  crm_permissions:\n"
    path.write_text(path.read_text("utf-8").replace(place, place + evidence, 1), "utf-8")
    assert run(folder, "import", str(folder / "inbox" / "asiakkaat_1.csv"))[0] == 0
    code, text = run(folder, "permission", "import", str(folder / "inbox" / "luvat_1.csv"), "--json")
    assert code == 0
    (effect,) = json.loads(text)["effects"]
    assert effect["codes"] == {"CONSENT": 2, "BANNED_ALL": 1}
    code, text = run(folder, "permission", "show", "C2", "--json")
    assert code == 0
    assert [row["evidence"] for row in json.loads(text)["events"]] == [
        "attested by A. Officer on 2026-03-01: paper form 7"
    ]
    code, text = run(folder, "permission", "show", "C1", "--json")
    assert [row["evidence"] for row in json.loads(text)["events"]] == ["scan-1"]

"""`campaigns check` says what is wrong with processors, disclosures and notices, at its place."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from campaigns.workspace.checking import check

ROOT = Path(__file__).parents[3]
DISCLOSURES = """
disclosures:
  outages:
    from_controller: lahti_energia
    to: sahkoverkko
    purposes: [outage_notice]
    categories: [identity, contact, relationship]
    legal_basis: Electricity Market Act 588/2013
    valid_until: 2036-12-31
    decided_by: privacy officer
    date: 2026-01-15
    reason: who must be told of an interruption
web:
"""
BORROWED = """
  borrowed:
    kind: persons
    controller: sahkoverkko
    match: "lainatut_*.csv"
    key_space: crm
    columns: {nro: source_id, nimi: first_name, sähköposti: email}
    disclosure: outages
  spot:
"""


def found(folder: Path, *edits: tuple[str, str]) -> list[tuple[str, str]]:
    """The mistakes of the repository's own workspace with its settings edited."""
    text = (ROOT / "campaigns.yml").read_text(encoding="utf-8")
    for old, new in edits:
        assert old in text
        text = text.replace(old, new, 1)
    (folder / "campaigns.yml").write_text(text, encoding="utf-8")
    shutil.copytree(ROOT / "docs" / "notices", folder / "docs" / "notices")
    mistakes = check(folder, [folder / "campaigns.yml"])
    return [(mistake.code, mistake.source[mistake.column - 1 :].split(" ")[0]) for mistake in mistakes]


def test_the_repository_has_none(tmp_path: Path) -> None:
    assert found(tmp_path) == []


def test_a_disclosure_that_covers_its_source(tmp_path: Path) -> None:
    assert found(tmp_path, ("\nweb:\n", DISCLOSURES), ("\n  spot:\n", BORROWED)) == []


@pytest.mark.parametrize(
    ("edit", "code", "blamed"),
    [
        (("fields: [to, content]", "fields: [to]"), "PRV001", "own_systems"),
        (("    transfer_details:", "    # transfer_details:"), "PRV002", "scc"),
        (("    key_space: network", "    key_space: crm"), "PRV003", "crm"),
        (("fi: docs/notices/lahti_energia_2023", "fi: docs/notices/lahti_2023"), "PRV004", "docs/notices/"),
        (("fi: docs/notices/lahti_energia_2023-06-26.fi.md", "fi: ../../../etc/passwd"), "PRV004", "../"),
        (("        date: 2026-02-01", "        date: 2022-02-01"), "PRV005", "2022-02-01"),
    ],
)
def test_each_mistake_has_its_place(tmp_path: Path, edit: tuple[str, str], code: str, blamed: str) -> None:
    (mistake,) = found(tmp_path, edit)
    assert mistake[0] == code
    assert mistake[1].startswith(blamed)


@pytest.mark.parametrize(
    ("edit", "code", "blamed"),
    [
        (("    disclosure: outages\n", ""), "PRV003", "crm"),
        (("valid_until: 2036-12-31", "valid_until: 2026-01-16"), "PRV003", "outages"),
        (
            ("categories: [identity, contact, relationship]\n    legal", "categories: [identity]\n    legal"),
            "PRV003",
            "outages",
        ),
        (("relationship]\n    legal", "relationship, consumption]\n    legal"), "PRV006", "[identity"),
        (("    to: sahkoverkko", "    to: lahti_energia"), "PRV003", "outages"),
    ],
)
def test_each_mistake_of_a_disclosure(tmp_path: Path, edit: tuple[str, str], code: str, blamed: str) -> None:
    mistakes = found(tmp_path, ("\nweb:\n", DISCLOSURES), ("\n  spot:\n", BORROWED), edit)
    assert code in {one for one, _ in mistakes}
    assert any(one == code and words.startswith(blamed.split(" ")[0]) for one, words in mistakes)

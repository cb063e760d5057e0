"""The vectors that decisions are measured by, and ones of our own from the words of their documentation."""

from __future__ import annotations

from pathlib import Path

import pytest

from campaigns.errors import UserError
from campaigns.permissions import vectors

DATA = Path(__file__).parents[2] / "data"
HEADER = ",".join(vectors.COLUMNS)


@pytest.mark.parametrize("name", ["permissions.csv", "permissions_more.csv"])
def test_every_vector_passes(name: str) -> None:
    result = vectors.run(DATA / name)
    assert [row for row in result.rows if row["expected"] != row["got"]] == []
    assert result.failed == 0
    assert result.passed == len(result.rows) >= 100


def test_a_wrong_expectation_and_an_unknown_word_fail(tmp_path: Path) -> None:
    path = tmp_path / "some.csv"
    path.write_text(
        f"{HEADER}\n"
        "A,consumer,email,direct_marketing,marketing,granted,none,customer,,deny,NO_CONSENT\n"
        "B,consumer,email,direct_marketing,marketing,granted,none,customer,moon=full,allow,CONSENT\n"
        "C,consumer,email,direct_marketing,marketing,granted,none,customer,,allow,CONSENT\n"
    )
    assert vectors.run(path).as_json() == {
        "passed": 1,
        "failed": 2,
        "rows": [
            {"id": "A", "expected": "deny NO_CONSENT", "got": "allow CONSENT"},
            {"id": "B", "expected": "allow CONSENT", "got": "unknown word `moon`"},
            {"id": "C", "expected": "allow CONSENT", "got": "allow CONSENT"},
        ],
    }


def test_a_file_without_a_column(tmp_path: Path) -> None:
    path = tmp_path / "some.csv"
    path.write_text("id,channel\n1,email\n")
    with pytest.raises(UserError, match="PRM021"):
        vectors.run(path)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="PRM020"):
        vectors.run(tmp_path / "none.csv")

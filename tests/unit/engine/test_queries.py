"""Named queries in `.sql` files."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from campaigns.engine import queries


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = tmp_path / "sql_for_a_test"
    folder.mkdir()
    (folder / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    queries.load.cache_clear()
    yield folder
    queries.load.cache_clear()
    sys.modules.pop("sql_for_a_test", None)


GOOD = """
-- name: first
-- One row.
SELECT 1;

-- name: second
-- With a comment inside.
SELECT a -- the first
FROM t
WHERE b = ';'
"""


def test_queries_come_by_name_without_their_headers(package: Path) -> None:
    (package / "queries.sql").write_text(GOOD)
    assert dict(queries.load("sql_for_a_test")) == {
        "first": "SELECT 1",
        "second": "SELECT a -- the first\nFROM t\nWHERE b = ';'",
    }


def test_another_file_by_name(package: Path) -> None:
    (package / "more.sql").write_text("-- name: x\n-- X.\nSELECT 'ä'\n")
    assert queries.load("sql_for_a_test", "more.sql")["x"] == "SELECT 'ä'"


def test_the_mapping_cannot_be_changed(package: Path) -> None:
    (package / "queries.sql").write_text(GOOD)
    with pytest.raises(TypeError):
        queries.load("sql_for_a_test")["first"] = "DROP TABLE x"  # type: ignore[index]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("-- name: x\nSELECT 1\n", "x has no description line"),
        ("-- name: x\n", "x has no description line"),
        ("-- name: x\n-- Nothing.\n", "x has no text"),
        ("-- name: x\n-- A.\nSELECT 1\n-- name: x\n-- B.\nSELECT 2\n", "x is there twice"),
    ],
)
def test_bad_files_are_faults(package: Path, text: str, complaint: str) -> None:
    (package / "queries.sql").write_text(text)
    with pytest.raises(ValueError, match=complaint):
        queries.load("sql_for_a_test")

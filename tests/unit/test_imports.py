"""What may not be loaded where: a quick start, and public pages that know neither lake nor models."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = (
    "polars",
    "duckdb",
    "sqlalchemy",
    "alembic",
    "sqlglot",
    "altair",
    "sklearn",
    "deltalake",
    "numpy",
    "pydantic",
)


def loaded_after(statement: str) -> set[str]:
    program = f"import sys\n{statement}\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize("statement", ["import campaigns", "import campaigns.cli.commands"])
def test_the_start_loads_nothing_heavy(statement: str) -> None:
    assert loaded_after(statement) & set(HEAVY) == set()


def test_the_public_pages_know_neither_lake_nor_engine_nor_models() -> None:
    modules = loaded_after("import campaigns.web.public.app")
    rooms = {
        "lake",
        "engine",
        "register",
        "consumption",
        "catalogue",
        "segments",
        "mailings",
        "demo",
        "workspace",
    }
    assert modules & {f"campaigns.{room}" for room in rooms} == set()
    assert modules & {"polars", "duckdb", "deltalake", "mrml", "css_inline", "sklearn"} == set()

"""Rules that no linter knows, each a walk over the syntax trees of the package (threat list, section 5)."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "src" / "campaigns"
TREES = {
    path.relative_to(PACKAGE).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
    for path in sorted(PACKAGE.rglob("*.py"))
}


def called(node: ast.Call) -> str:
    return ast.unparse(node.func)


def calls() -> Iterator[tuple[str, ast.Call]]:
    for name, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                yield name, node


def test_duckdb_is_opened_in_one_module_that_locks_it() -> None:
    places = {name for name, call in calls() if called(call) == "duckdb.connect"}
    assert len(places) <= 1
    assert all(place.startswith("engine/") for place in places)


def test_css_is_never_fetched() -> None:
    for name, call in calls():
        if called(call).endswith("CSSInliner"):
            given = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}
            assert given.get("load_remote_stylesheets") == "False", f"{name}:{call.lineno}"


@pytest.mark.parametrize(
    "forbidden",
    [
        r"pickle\.\w+",
        r"joblib\.load",
        r"yaml\.(load|full_load|unsafe_load|safe_load)",
        r"(eval|exec)",
        r"os\.(system|popen)",
        r"datetime\.utcnow",
        r"(urllib\.request\.)?urlopen",
        r"random\.(random|choice|randint|sample|shuffle)",
    ],
)
def test_calls_that_have_no_place_here(forbidden: str) -> None:
    found = [f"{name}:{call.lineno}" for name, call in calls() if re.fullmatch(forbidden, called(call))]
    assert not found


def test_now_is_always_with_a_zone() -> None:
    found = [
        f"{name}:{call.lineno}"
        for name, call in calls()
        if called(call) in {"datetime.now", "datetime.fromtimestamp"} and not (call.args or call.keywords)
    ]
    assert not found


def test_secrets_are_compared_in_constant_time() -> None:
    secret_word = re.compile(r"(^|_)(token|mac|signature|secret|digest_given)(_|$)")
    found = []
    for name, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Compare) and any(isinstance(op, ast.Eq | ast.NotEq) for op in node.ops):
                if ".c." in ast.unparse(node):
                    continue  # a column: an index finds it, nothing is compared here
                names = [part.id for part in ast.walk(node) if isinstance(part, ast.Name)]
                names += [part.attr for part in ast.walk(node) if isinstance(part, ast.Attribute)]
                if any(secret_word.search(word) for word in names):
                    found.append(f"{name}:{node.lineno}")
    assert not found


def test_nobody_fetches_with_a_client_that_follows_redirects() -> None:
    found = []
    for name, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Import) and {alias.name for alias in node.names} & {"requests", "httpx"}:
                found.append(f"{name}:{node.lineno}")
            if isinstance(node, ast.ImportFrom) and node.module in {"requests", "httpx"}:
                found.append(f"{name}:{node.lineno}")
    assert not found


def test_nobody_prints_but_the_command_line() -> None:
    found = [
        f"{name}:{call.lineno}"
        for name, call in calls()
        if called(call) == "print" and not name.startswith("cli/")
    ]
    assert not found


def test_modules_stay_small() -> None:
    lengths = {
        path.relative_to(PACKAGE).as_posix(): len(path.read_text(encoding="utf-8").splitlines())
        for path in PACKAGE.rglob("*.py")
    }
    # Two tables that a lawyer reads from top to bottom may be longer.
    tables = {"permissions/rules_of_marketing.py": 500, "permissions/rules_at_large.py": 500}
    assert {name: length for name, length in lengths.items() if length > tables.get(name, 400)} == {}

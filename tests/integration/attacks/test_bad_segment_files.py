"""Bad segment files, as people and attackers write them: a clear mistake or a right answer, and nothing else.

The attacks 32 to 48 of the threat list that are of files; 44 and 45 are tests of the engine's lock, 46 and 48
of invariants. All files of the table are checked in one run of the command, by a process of its own.
"""

# ruff: noqa: E501 - a table reads better in long lines
from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlglot
from hypothesis import given
from hypothesis import strategies as st

from campaigns.engine import Engine
from campaigns.errors import Mistakes
from campaigns.segments.compiling import compile_segment
from campaigns.segments.library import Library
from support.effort import examples
from support.segment_oracle import ZONE
from support.segments import TODAY, library, opened, segment_text, show

ROOT = Path(__file__).parents[3]
CAMPAIGNS = Path(sys.executable).with_name("campaigns")
HEAD = "title: x\npurpose: energy_offers\naudience: customers\nchannels: [email]\n"


def bomb(width: int = 9, depth: int = 9) -> str:
    """An alias bomb: 9 to the power of 9 values when it is walked."""
    lines = [f"a0: &a0 [{', '.join(['x'] * width)}]"]
    for level in range(1, depth + 1):
        lines.append(f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * width)}]")
    return "\n".join(lines)


def many(count: int) -> str:
    return HEAD + "who:\n" + "  - {field: language, is: fi}\n" * count


def nested(levels: int) -> str:
    return HEAD + "who: [" + "{none: [" * levels + "{field: language, is: fi}" + "]}" * levels + "]\n"


def one(condition: str) -> str:
    return f"{HEAD}who:\n  - {condition}\n"


# Name of the file, its bytes, and the code that it must get; the number is of the threat list.
FILES: dict[str, tuple[str | bytes, str]] = {
    "indentation_too_deep": (HEAD + "who:\n  - field: language\n      is: fi\n", "YML005"),
    "indentation_too_flat": (HEAD + "who:\n  - has: site\n   where:\n    - {field: heating, is: oil}\n", "YML005"),
    "indentation_of_a_list": (HEAD + "who:\n- field: language\nis: fi\n", "SEG001"),
    "tabs": (HEAD + "who:\n\t- {field: language, is: fi}\n", "YML004"),
    "key_twice": (one("{field: language, is: fi, is: sv}"), "SEG003"),  # 35
    "key_twice_at_the_top": (HEAD + "title: y\n", "SEG003"),
    "anchor": (HEAD + "who: &w\n  - {field: language, is: fi}\nexcept: *w\n", "YML007"),
    "alias_bomb": (bomb(), "YML007"),  # 32
    "brackets": ("[" * 3000, "YML008"),  # 33
    "five_megabytes": ("# " + "x" * 5_000_000, "YML009"),
    "tags": ("title: !!python/object/apply:os.system ['touch /tmp/pwned']\n", "YML011"),  # 34
    "include": ("title: !include /etc/passwd\n", "YML011"),
    "merge": ("<<: {title: x}\n", "YML007"),  # 36
    "two_documents": (HEAD + "---\n" + HEAD, "YML006"),
    "utf_16": (HEAD.encode("utf-16"), "YML002"),
    "utf_16_without_mark": (HEAD.encode("utf-16-le"), "YML003"),
    "utf_32": (HEAD.encode("utf-32"), "YML002"),
    "latin_1": ("title: Lämpö\n".encode("latin-1"), "YML002"),
    "with_mark": (HEAD.encode("utf-8-sig"), "YML002"),
    "ebcdic": (HEAD.encode("cp500"), "YML002"),
    "zip": (b"PK\x03\x04\x14\x00\x00\x00\x08\x00\xff\xfe", "YML002"),
    "new_line_of_ibm": (HEAD.replace("\n", "\x85", 1), "YML003"),
    "control_character": (HEAD.replace("x", "\x1b[2J", 1), "YML003"),
    "control_character_escaped": (HEAD.replace("x", '"\\e[2J"', 1), "YML003"),
    "nul_escaped": (one('{field: postal_code, is: "\\0"}'), "YML003"),
    "names_itself": (one("{in_segment: names_itself}"), "SEG026"),
    "through_others_a": (one("{in_segment: through_others_b}"), ""),  # 42: told once, where it closes
    "through_others_b": (one("{any: [{not_in_segment: through_others_c}]}"), ""),
    "through_others_c": (one("{in_segment: through_others_d}"), ""),
    "through_others_d": (one("{in_segment: through_others_a}"), "SEG026"),
    "ten_thousand": (many(10_000), "SEG051"),
    "levels_of_none": (nested(20), "SEG052"),
    "levels_without_end": (nested(200), "YML008"),
    "long_list": (one(f"{{field: postal_code, one_of: [{', '.join(['15100'] * 100_000)}]}}"), "SEG053"),
    "sql_as_field": (one("{field: \"x'); DROP TABLE persons; --\", is: fi}"), "SEG021"),  # 38
    "sql_as_metric": (one("{metric: \"(SELECT 1)\", over: last winter, at_least: 1}"), "SEG022"),
    "sql_as_event": (one("{did: \"page_visited' OR '1'='1\"}"), "SEG023"),
    "sql_as_property": (one("{did: page_visited, where: {\"page') = '' OR 1=1 --\": x}}"), "SEG023"),
    "sql_as_relation": (one("{has: \"persons; --\"}"), "SEG024"),
    "sql_as_segment": (one("{in_segment: \"../../etc/passwd\"}"), "SEG025"),
    "sql_as_mailing": (one("{received: \"x' OR 1=1 --\"}"), "SEG061"),
    "sql_as_list": (one("{in_list: \"x' OR 1=1 --\"}"), "SEG062"),
    "sql_as_place": (one("{near: \"15110' OR 1=1 --\", within: 5 km}"), "SEG067"),
    "a_file_as_field": (one("{field: \"read_csv('/etc/passwd')\", is: x}"), "SEG021"),  # 43
    "jinja_as_field": (one("{field: \"{{ config }}\", is: x}"), "SEG021"),
    "expression": (one("{field: postal_code, matches: \"(a+)+$\"}"), "SEG013"),  # 40: there is none
    "number_too_large": (one("{field: birth_year, is: 1e999}"), "SEG035"),  # 41
    "number_of_forty_digits": (one(f"{{field: birth_year, is: {'9' * 40}}}"), "SEG035"),
    "no_number": (one("{field: birth_year, is: NaN}"), "SEG035"),
    "day_beyond": (one("{field: customer_since, after: 9999-99-99}"), "SEG036"),
    "day_of_year_nought": (one("{field: customer_since, after: 0000-01-01}"), "SEG036"),
    "time_without_end": (one("{field: customer_since, within_last: P999999Y}"), "SEG034"),
    "distance_without_end": (one("{near: \"15110\", within: 9999999 km}"), "SEG035"),
    "answer_beyond": (one("{answered: {survey: autumn, at_most: 1e999}}"), "SEG035"),
}  # fmt: skip


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, Any]]]:
    """What `campaigns check` says of each file."""
    root = tmp_path_factory.mktemp("bad")
    for name in ("campaigns.yml", "places.csv"):
        shutil.copy(ROOT / name, root)
    shutil.copytree(ROOT / "docs" / "notices", root / "docs" / "notices")
    (root / "segments").mkdir()
    for name, (text, _) in FILES.items():
        raw = text if isinstance(text, bytes) else text.encode()
        (root / "segments" / f"{name}.yml").write_bytes(raw)
    command = [CAMPAIGNS, "-C", root, "check", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    found: dict[str, list[dict[str, Any]]] = {}
    for mistake in json.loads(done.stdout):
        found.setdefault(mistake["file"], []).append(mistake)
    return found


@pytest.mark.parametrize("name", FILES)
def test_a_clear_mistake(told: dict[str, list[dict[str, Any]]], name: str) -> None:
    found = told.get(f"segments/{name}.yml", [])
    code = FILES[name][1]
    if code:
        assert code in {mistake["code"] for mistake in found}
    for mistake in found:
        assert mistake["line"] is not None or mistake["code"] in ("YML009", "YML002")
        text = mistake["message"] + mistake["hint"]
        assert len(text) < 600
        assert text.replace("\n", "").isprintable()
    if name.startswith(("ten_thousand", "levels", "long", "sql", "names", "key")):
        assert len(found) == 1  # one cause, one message


def test_a_circle_is_told_once_with_its_path(told: dict[str, list[dict[str, Any]]]) -> None:
    circles = [one for found in told.values() for one in found if "through_others" in one["message"]]
    assert len(circles) == 1
    assert circles[0]["message"].count("→") == 4


HOSTILE = (
    "x'); DROP TABLE persons; --", "*/ DROP TABLE persons; /*", "{{ 7 * 7 }}", "{% for x in y %}", "$1", "?", ":name",
    "' OR '1'='1", "\\'; SELECT 1; --", "%", "_", "[a-z]", "\"", "`id`", "$(id)", "\u202egnp.exe", "😀", "Å̈", "\\0",
    "a\nb", "NULL", "true", "~", "15100::INT", "x" * 2000,
)  # fmt: skip
# Where a free text may stand in a condition; `{}` is a quoted YAML text.
PLACES = (
    "{{field: postal_code, is: {}}}", "{{field: postal_code, is_not: {}}}", "{{field: postal_code, one_of: [{}, x]}}",
    "{{field: postal_code, starts_with: {}}}", "{{did: page_visited, where: {{page: {}}}}}", "{{sample: 50%, name: {}}}",
    "{{answered: {}}}", "{{answered: {{survey: autumn, question: {0}, is: {0}}}}}",
)  # fmt: skip


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with opened(tmp_path_factory.mktemp("engine")) as engine:
        yield engine


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Library:
    return library(tmp_path_factory.mktemp("hostile"))


def members(db: Engine, shelf: Library, value: str, place: str) -> list[int] | None:
    """Who is in a segment with that value, asked as the query is printed; None when it is refused."""
    text = segment_text(place.format(json.dumps(value, ensure_ascii=False)), audience="everyone")
    (shelf.folder / "drawn.yml").write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        segment = shelf.load("drawn")
    except Mistakes:
        return None
    compiled = compile_segment(segment, TODAY, ZONE)
    (tree,) = sqlglot.parse(compiled.sql, dialect="duckdb")
    assert isinstance(tree, sqlglot.exp.Select)
    assert not list(tree.find_all(sqlglot.exp.Drop, sqlglot.exp.Command))
    printed = db.query(compiled.sql)["person_id"].to_list()
    assert printed == db.query(compiled.members.sql(dialect="duckdb"))["person_id"].to_list()
    assert db.query("SELECT count(*) AS n FROM persons")["n"].item() == 2
    return printed


@pytest.mark.parametrize("place", PLACES)
def test_a_hostile_value_changes_no_query(db: Engine, shelf: Library, place: str) -> None:  # 37, 39
    for value in HOSTILE:
        said = {"page": value, "survey": value, "question": value, "answer": value}
        autumn = {**said, "survey": "autumn"}
        world = {
            "persons": [{"person_id": 1, "postal_code": value}, {"person_id": 2, "postal_code": "other"}],
            "browsing_consents": [{"person_id": 1}, {"person_id": 2}],
            "events": [
                {
                    "event_id": number,
                    "person_id": 1,
                    "name": name,
                    "occurred_at": _noon(),
                    "properties": json.dumps(of),
                }
                for number, (name, of) in enumerate(
                    (("page_visited", said), ("survey_answered", said), ("survey_answered", autumn))
                )
            ],
        }
        show(db, world)
        found = members(db, shelf, value, place)
        if place.startswith("{{sample"):
            assert found is not None
        else:
            assert found == ([2] if "is_not" in place else [1]), value


def _noon() -> datetime:
    return datetime(2026, 11, 20, 12, tzinfo=UTC)


@examples(60)
@given(value=st.text(max_size=12), place=st.sampled_from(PLACES))
def test_any_text_is_refused_or_means_itself(db: Engine, shelf: Library, value: str, place: str) -> None:
    show(db, {"persons": [{"person_id": 1, "postal_code": value}, {"person_id": 2, "postal_code": "other"}]})
    found = members(db, shelf, value, place)
    if found is not None and place == PLACES[0]:
        assert found == [number for number, text in ((1, value), (2, "other")) if text == value]

"""Every code that `check` may tell is explained; every example of docs/errors.md triggers just its code."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

import campaigns
from campaigns.errors import Mistake, Mistakes
from campaigns.segments import example_runs
from campaigns.segments.code_examples import OF_EXAMPLES, OF_SEGMENTS, Example
from campaigns.segments.examples import read_examples
from campaigns.segments.library import Library
from campaigns.workspace import codes
from support.segments import library, segment_text

PACKAGE = Path(campaigns.__file__).parent
USUAL = {
    "title": "an example",
    "purpose": "energy_offers",
    "audience": "customers",
    "channels": "[email]",
}
BESIDE = {
    "renewal": segment_text("{field: language, is: fi}"),
    "theirs": segment_text("{field: language, is: fi}", more="controller: sahkoverkko"),
}
EXPLAINED = {code: meaning for family in codes.families() for code, meaning in family.codes.items()}
SHOWN = [pytest.param(code, one, id=code) for code, one in OF_SEGMENTS.items() if one.wrong]
SHOWN_PEOPLE = [pytest.param(code, one, id=code) for code, one in OF_EXAMPLES.items() if one.wrong]


def file_of(snippet: str) -> str:
    """The snippet in a file that is otherwise as usual."""
    if snippet.startswith("- "):
        snippet = "who:\n" + "\n".join(f"  {line}" for line in snippet.splitlines())
    if snippet.startswith("title:"):
        return snippet + "\n"
    said = set(re.findall(r"^([a-z_]+):", snippet, re.MULTILINE))
    head = [f"{key}: {value}" for key, value in USUAL.items() if key not in said]
    return "\n".join([*head, snippet]) + "\n"


def people_file_of(snippet: str) -> str:
    people = snippet if snippet.startswith("- ") else "- {name: a member, expect: in}"
    own = "" if snippet.startswith("- ") else snippet
    head = {"segment": "segment: example", "as_of": "as_of: 2026-11-24"}
    lines = [line for key, line in head.items() if not own.startswith(key)]
    return "\n".join([*lines, own, "people:", *(f"  {line}" for line in people.splitlines())]) + "\n"


@pytest.mark.parametrize(("code", "example"), SHOWN)
def test_an_example_triggers_just_its_code(tmp_path: Path, code: str, example: Example) -> None:
    wrong = library(tmp_path, {**BESIDE, "example": file_of(example.wrong)}).check()
    assert [one.code for one in wrong] == [code], [str(one) for one in wrong]
    right = library(tmp_path, {**BESIDE, "example": file_of(example.right)}).check()
    assert [str(one) for one in right] == []


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Library:
    text = segment_text("{field: language, is: fi}").replace("channels: [email]", "channels: [email]")
    return library(tmp_path_factory.mktemp("examples"), {"example": text})


@pytest.mark.parametrize(("code", "example"), SHOWN_PEOPLE)
def test_an_example_of_persons_triggers_just_its_code(
    tmp_path: Path, shelf: Library, code: str, example: Example
) -> None:
    assert [one.code for one in told(tmp_path, shelf, example.wrong)] == [code]
    assert [str(one) for one in told(tmp_path, shelf, example.right)] == []


def told(folder: Path, shelf: Library, snippet: str) -> list[Mistake]:
    path = folder / "example.yml"
    path.write_text(people_file_of(snippet), encoding="utf-8")
    segment = replace(shelf.load("example"))
    try:
        examples = read_examples(path, "example.yml", ["example"])
        outcomes = example_runs.run(examples, segment, settings=shelf.settings, catalogue=shelf.catalogue)
    except Mistakes as found:
        return found.mistakes
    return [outcome.mistake() for outcome in outcomes if not outcome.is_as_expected]


def test_every_code_of_segments_and_example_persons_has_an_example() -> None:
    of = {family.title: family for family in codes.families()}
    for title in ("Segments", "Example persons"):
        assert set(of[title].codes) == set(of[title].examples)
        assert all(one.about or (one.wrong and one.right) for one in of[title].examples.values())


@pytest.mark.parametrize("family", ["SEG", "EXA", "YML", "CFG", "CAT", "TPL", "MAI", "PRV", "SCH"])
def test_every_code_that_is_told_is_explained(family: str) -> None:
    tables = {"codes.py", "example_codes.py", "code_examples.py"}
    used = {
        code
        for path in PACKAGE.rglob("*.py")
        if path.name not in tables
        for code in re.findall(rf'"({family}\d{{3}})"', path.read_text(encoding="utf-8"))
    }
    made_of_prefixes = {f"{family}00{number}" for number in (1, 2, 3)} if family in BOUND else set()
    assert {code for code in EXPLAINED if code.startswith(family)} == used | made_of_prefixes


BOUND = ("CFG", "CAT", "TPL", "MAI")  # their records are bound by `settings.binding.bind`


def test_a_code_is_explained_once_in_a_sentence() -> None:
    listed = [code for family in codes.families() for code in family.codes]
    assert len(listed) == len(set(listed))
    assert all(meaning.endswith(".") for meaning in EXPLAINED.values())

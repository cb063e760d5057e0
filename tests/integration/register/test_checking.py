"""`campaigns check` on `sources:`: mistakes are told where they stand, before any file comes."""

from __future__ import annotations

from pathlib import Path

import pytest

from campaigns.errors import Mistake
from campaigns.workspace.checking import check
from support.offices import ROOT

HEAD = (ROOT / "campaigns.yml").read_text(encoding="utf-8").partition("\nsources:\n")[0] + "\nsources:\n"
TOP = HEAD.count("\n")
CRM = """\
  crm:
    kind: persons
    controller: lahti_energia
    match: "people_*.csv"
    informed_by: "2023-06-26"
    columns: {nro: source_id, nimi: first_name}
"""


def found(folder: Path, sources: str) -> list[Mistake]:
    (folder / "campaigns.yml").write_text(HEAD + sources, encoding="utf-8")
    return [mistake for mistake in check(folder, []) if mistake.code.startswith("REG")]


def test_good_sources_have_no_mistake(tmp_path: Path) -> None:
    assert found(tmp_path, CRM) == []


def test_the_repositorys_own_sources_are_right(tmp_path: Path) -> None:
    (tmp_path / "campaigns.yml").write_bytes((ROOT / "campaigns.yml").read_bytes())
    assert [mistake for mistake in check(tmp_path, []) if mistake.code.startswith("REG")] == []


@pytest.mark.parametrize(
    ("line", "instead", "code", "place", "words"),
    [
        ("kind: persons", "kind: person", "REG020", (2, 11), "did you mean `persons`?"),
        ("nimi: first_name", "nimi: firstname", "REG021", (6, 37), "did you mean `first_name`?"),
        ("nimi: first_name", "nimi: source_id", "REG021", (6, 37), "`nimi` and `nro` are both `source_id`"),
        ("nimi: first_name", "nimi: salary", "REG021", (6, 37), "persons have no column `salary`"),
        ('by: "2023-06-26"', 'by: "2023-06-27"', "REG024", (5, 18), "did you mean `2023-06-26`?"),
    ],
)
def test_each_mistake_has_its_place_and_what_would_be_right(
    tmp_path: Path, line: str, instead: str, code: str, place: tuple[int, int], words: str
) -> None:
    assert CRM.count(line) == 1
    (mistake,) = found(tmp_path, CRM.replace(line, instead))
    assert (mistake.code, mistake.file) == (code, "campaigns.yml")
    assert (mistake.line - TOP, mistake.column) == place
    assert words in f"{mistake.message}\n{mistake.hint}"


@pytest.mark.parametrize(
    ("more", "code", "words"),
    [
        ("values: {kind: {kuluttaja: consumer, yritys: compny}}", "REG022", "`kind` cannot be `compny`"),
        ("values: {kid: {kuluttaja: consumer}}", "REG021", "did you mean `kind`?"),
        ("defaults: {language: fin}", "REG022", "choose from: en, fi, sv"),
        ("defaults: {langage: fi}", "REG021", "did you mean `language`?"),
        ("defaults: {deceased: maybe}", "REG022", "`deceased` cannot be `maybe`"),
        ("encoding: utf8x", "REG025", "`utf8x` is no encoding"),
        ("encoding: ascii", "REG025", "no encoding of Finnish text"),
        ("encoding: base64", "REG025", "no encoding of Finnish text"),
    ],
)
def test_words_and_columns_of_values_and_defaults(tmp_path: Path, more: str, code: str, words: str) -> None:
    (mistake,) = found(tmp_path, f"{CRM}    {more}\n")
    assert (mistake.code, mistake.line - TOP) == (code, 7)
    assert words in f"{mistake.message}\n{mistake.hint}"


def test_good_words_are_let_through(tmp_path: Path) -> None:
    values = "    values: {kind: {kuluttaja: Consumer}, first_name: {x: Matti}}\n"
    defaults = "    defaults: {deceased: ei, city: LAHTI}\n"
    assert found(tmp_path, f"{CRM}{values}{defaults}    encoding: ISO-8859-15\n") == []


def test_two_sources_that_one_name_fits(tmp_path: Path) -> None:
    other = "  web:\n    like: crm\n    match: People_2026*\n"
    (mistake,) = found(tmp_path, CRM + other)
    assert (mistake.code, mistake.line - TOP, mistake.column) == ("REG023", 9, 12)
    assert "`people_2026.csv` would fit both `crm` and `web`" in mistake.message
    (inherited,) = found(tmp_path, f"{CRM}  web:\n    like: crm\n")
    assert (inherited.code, inherited.line - TOP, inherited.column) == ("REG023", 7, 3)


def test_a_source_that_is_like_another_is_checked_for_what_it_says(tmp_path: Path) -> None:
    other = "  web:\n    like: crm\n    match: w_*\n    columns: {x: frst_name}\n"
    (mistake,) = found(tmp_path, CRM + other)
    assert (mistake.code, mistake.line - TOP) == ("REG021", 10)
    both = found(tmp_path, CRM.replace("kind: persons", "kind: person") + other)
    assert [mistake.code for mistake in both] == ["REG020"]


def test_the_notice_is_that_of_the_sources_own_controller(tmp_path: Path) -> None:
    text = HEAD.replace('"2023-06-26":', '"2024-01-01":', 1)  # the retail company's
    assert text != HEAD
    network = "  net:\n    like: crm\n    match: net_*\n    controller: sahkoverkko\n"
    network += '    informed_by: "2024-01-01"\n'
    crm = CRM.replace("2023-06-26", "2024-01-01")
    (tmp_path / "campaigns.yml").write_text(text + crm + network, encoding="utf-8")
    mistakes = [mistake for mistake in check(tmp_path, []) if mistake.code.startswith("REG")]
    assert [(mistake.code, mistake.line - TOP) for mistake in mistakes] == [("REG024", 11)]
    assert "`sahkoverkko` has no version `2024-01-01`" in mistakes[0].message


def test_events_may_name_properties_but_not_nearly_a_column(tmp_path: Path) -> None:
    events = "  web:\n    kind: events\n    controller: lahti_energia\n    columns: {a: page, b: %s}\n"
    assert found(tmp_path, events % "occurred_at") == []
    (mistake,) = found(tmp_path, events % "occured_at")
    assert (mistake.code, mistake.hint.splitlines()[0]) == ("REG021", "did you mean `occurred_at`?")


def test_every_kind_is_checked(tmp_path: Path) -> None:
    from campaigns.workspace.kinds import all_kinds

    for kind in all_kinds():
        source = f"  x:\n    kind: {kind.name}\n    controller: lahti_energia\n    columns: {{a: '§'}}\n"
        assert [mistake.code for mistake in found(tmp_path, source)] == ["REG021"], kind.name
        good = source.replace("'§'", kind.columns.required[0])
        assert found(tmp_path, good) == [], kind.name

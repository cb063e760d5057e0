"""A workspace extends the catalogue; what it gets wrong is said with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from campaigns import catalogue
from campaigns.catalogue.model import Catalogue
from campaigns.errors import Mistakes
from support.segments import settings

LABELS = """
    label: {fi: x, en: x}
    description: {fi: x, en: x}
"""


def load(folder: Path, **files: str) -> Catalogue:
    for name, text in files.items():
        (folder / f"{name}.yml").write_text(text, encoding="utf-8")
    return catalogue.load(settings(), folder)


def mistakes(folder: Path, **files: str) -> list[str]:
    with pytest.raises(Mistakes) as caught:
        load(folder, **files)
    return [f"{found.file}:{found.line} {found.code}" for found in caught.value.mistakes]


def event(name: str, more: str = "") -> str:
    return f"events:\n  {name}:{LABELS}    category: relationship\n{more}"


def field(relation: str, name: str, rest: str) -> str:
    texts = LABELS.replace("\n    ", "\n      ")
    return f"fields:\n  {relation}:\n    {name}:{texts}{rest}"


def test_adds_words(tmp_path: Path) -> None:
    found = load(tmp_path, own=event("charger_rented"))
    assert found.events["charger_rented"].name == "charger_rented"
    assert "quote_requested" in found.events


def score(name: str, category: str = "behaviour") -> str:
    return f"scores:\n  {name}:{LABELS}    category: {category}\n"


def test_adds_scores_of_a_category_that_is_open(tmp_path: Path) -> None:
    found = load(tmp_path, own=score("solar_propensity"))
    assert found.scores["solar_propensity"].name == "solar_propensity"
    assert [entry.name for entry in found.search("solar_prop")] == ["solar_propensity"]
    wrong = mistakes(tmp_path, own=score("solar_propensity", "credit"), more=score("solar_propensity"))
    assert wrong == [f"{tmp_path.name}/own.yml:2 CAT004", f"{tmp_path.name}/own.yml:2 CAT005"]


def test_takes_the_place_of_a_packaged_word(tmp_path: Path) -> None:
    own = field(
        "company",
        "role",
        "      type: choice\n      values: [boss]\n      category: company\n      source: roles.role\n",
    )
    assert load(tmp_path, own=own).fields["company"]["role"].values == ("boss",)


def test_no_folder_is_no_extension(tmp_path: Path) -> None:
    assert catalogue.load(settings(), tmp_path / "none").events


def test_twice_in_the_workspace(tmp_path: Path) -> None:
    found = mistakes(tmp_path, a=event("charger_rented"), b=event("charger_rented"))
    assert found == [f"{tmp_path.name}/b.yml:2 CAT004"]


@pytest.mark.parametrize("source", [
    "persons.first_name", "persons.last_name", "persons.deceased", "contact_points.value", "sites.address",
    "companies.name", "quarantine.text", "events.properties", "person_keys.source_id", "nothing.at_all",
    "persons.kind; DROP TABLE persons", "read_csv('x').a",
])  # fmt: skip
def test_columns_that_no_field_may_have(tmp_path: Path, source: str) -> None:  # attacks 43, 48
    own = field("person", "mine", f'      type: text\n      category: identity\n      source: "{source}"\n')
    assert mistakes(tmp_path, own=own) == [f"{tmp_path.name}/own.yml:4 CAT003"]


def test_tables_of_another_relation(tmp_path: Path) -> None:
    own = field("site", "mine", "      type: text\n      category: site\n      source: roles.role\n")
    assert mistakes(tmp_path, own=own) == [f"{tmp_path.name}/own.yml:3 CAT007"]


def test_categories(tmp_path: Path) -> None:
    closed = field("person", "mine", "      type: text\n      category: credit\n      source: persons.kind\n")
    unknown = closed.replace("credit", "creditt").replace("mine", "other")
    found = mistakes(tmp_path, a=closed, b=unknown)
    assert found == [f"{tmp_path.name}/a.yml:3 CAT005", f"{tmp_path.name}/b.yml:3 CAT005"]


def test_all_mistakes_of_all_files(tmp_path: Path) -> None:
    found = mistakes(
        tmp_path,
        a=event("charger_rented", "    categry: site\n"),
        b="metrics:\n  mine:"
        + LABELS
        + "    category: consumption\n    level: totals\n    roll_up: sum\n    column: secret\n",
        c="events: {x: {}}\n",
    )
    assert [one.split(" ")[1] for one in found][:2] == ["CAT001", "CAT003"]
    assert {one.split(":")[0] for one in found} == {f"{tmp_path.name}/{name}.yml" for name in "abc"}


def test_a_file_that_is_no_yaml(tmp_path: Path) -> None:
    assert mistakes(tmp_path, a="events: [\n")[0].endswith("YML005")


def test_data_keeps_its_category_whatever_an_entry_calls_it(tmp_path: Path) -> None:
    own = field(
        "person", "mine", "      type: number\n      category: contact\n      source: persons.birth_year\n"
    )
    age = field("person", "old", "      type: number\n      category: contact\n      source: computed.age\n")
    metric = (
        f"metrics:\n  mine:{LABELS}    category: identity\n    level: hourly\n    roll_up: sum\n"
        "    column: night_share\n"
    )
    found = mistakes(tmp_path, a=own, b=metric, c=age)
    assert found == [
        f"{tmp_path.name}/a.yml:3 CAT008",
        f"{tmp_path.name}/b.yml:2 CAT008",
        f"{tmp_path.name}/c.yml:3 CAT008",
    ]

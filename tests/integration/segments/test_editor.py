"""What an editor offers and marks while a segment is written: the real server, the committed schema."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from campaigns.workspace import schemas
from campaigns.workspace.project import Workspace
from support.language_server import Editor, editor

ROOT = Path(__file__).parents[3]
HEAD = """\
# yaml-language-server: $schema=../.schema/segment.json
title: Oil-heated houses
purpose: energy_advice
audience: customers
channels: [email]
"""
SITE = f"{HEAD}who:\n  - has: site\n    where:\n"
OWN_WORD = """\
fields:
  site:
    roof_area:
      label: {fi: kattoala, en: roof area}
      description: {fi: Katon ala., en: Area of the roof.}
      type: number
      unit: m2
      category: site
      source: sites.area_m2
"""


@pytest.fixture(scope="module")
def at_work() -> Iterator[Editor]:
    with editor(ROOT) as found:
        yield found


def test_every_committed_file_is_clean(at_work: Editor) -> None:
    paths = [
        ROOT / "campaigns.yml",
        *sorted((ROOT / "segments").glob("*.yml")),
        *sorted((ROOT / "segments" / "catalogue").glob("*.yml")),
        *sorted((ROOT / "mailings").glob("*.yml")),
        *sorted((ROOT / "tests" / "segments").glob("*.yml")),
    ]
    marked = {}
    for path in paths:
        text = path.read_text(encoding="utf-8")
        assert text.startswith("# yaml-language-server: $schema="), path.name
        schema = path.parent / text.splitlines()[0].split("=", 1)[1]
        assert schema.resolve().parent == ROOT / ".schema", path.name
        if found := at_work.open(str(path.relative_to(ROOT)), text):
            marked[path.name] = [one["message"] for one in found]
    assert marked == {}


def test_keys_of_a_segment_are_offered(at_work: Editor) -> None:
    offered = at_work.complete("segments/keys.yml", HEAD + "|\n")
    assert {"who", "except", "limit", "control_group", "expect"} <= set(offered)
    assert "title" not in offered  # it is there
    assert offered["who"] == "Conditions that must all hold."


def test_kinds_of_conditions_are_offered(at_work: Editor) -> None:
    offered = at_work.complete("segments/kinds.yml", f"{HEAD}who:\n  - |\n")
    assert {"field", "metric", "did", "has", "any", "sample"} <= set(offered)
    below = at_work.complete("segments/kinds_below.yml", f"{SITE}      - |\n")
    assert {"field", "metric", "has"} <= set(below)
    assert not {"did", "sample", "in_segment"} & set(below)  # these speak of the person


def test_fields_are_those_of_the_place(at_work: Editor) -> None:
    of_sites = at_work.complete("segments/fields.yml", f"{SITE}      - field: |\n")
    assert {"heating", "building_type"} <= set(of_sites)
    assert "language" not in of_sites
    assert "lämmitystapa" in of_sites["heating"]
    of_people = at_work.complete("segments/own_fields.yml", f"{HEAD}who:\n  - {{field: |}}\n")
    assert "language" in of_people
    assert "heating" not in of_people


def test_tests_and_values_are_those_of_the_field(at_work: Editor) -> None:
    tests = at_work.complete("segments/tests.yml", f"{SITE}      - field: heating\n        |\n")
    assert {"is", "one_of", "unknown"} <= set(tests)
    assert not {"at_least", "within_last"} & set(tests)
    values = at_work.complete("segments/values.yml", f"{SITE}      - field: heating\n        is: |\n")
    assert list(values) == [
        "district_heat", "direct_electric", "storage_electric", "heat_pump_air", "heat_pump_ground", "oil",
        "wood", "other",
    ]  # fmt: skip


def test_periods_are_those_of_the_metric(at_work: Editor) -> None:
    offered = at_work.complete(
        "segments/periods.yml", f"{SITE}      - metric: winter_summer\n        over: |\n"
    )
    assert list(offered) == ["last full year", "last 12 months"]
    assert "viime vuosi" in offered["last full year"]


def test_hovering_tells_what_a_word_means(at_work: Editor) -> None:
    told = at_work.hover("segments/hover.yml", f"{SITE}      - field: heating|\n        is: oil\n")
    assert "The main kind of heating." in told
    assert "Päälämmitystapa." in told
    metric = at_work.hover(
        "segments/hover_metric.yml",
        f"{SITE}      - metric: kwh_year|\n        over: last full year\n        at_least: 9 MWh\n",
    )
    assert "vuosikulutus" in metric
    assert "kWh or MWh" in metric
    assert "Why we write to them" in at_work.hover(
        "segments/hover_key.yml", HEAD.replace("purpose", "purpose|")
    )


@pytest.mark.parametrize(
    ("name", "text", "line", "message"),
    [
        ("key", "pupose: energy_advice\n", 6, "Property pupose is not allowed."),
        ("kind", "who:\n  - feild: language\n    is: fi\n", 7, "A condition starts with its kind: field"),
        ("field", "who:\n  - field: heating\n    is: oil\n", 7, "Value is not accepted."),
        ("value", "who:\n  - field: language\n    is: finnish\n", 8, "Value is not accepted."),
        ("test", "who:\n  - field: language\n    at_least: 3\n", 8, "Property at_least is not allowed."),
        ("unit", "who:\n  - metric: kwh_year\n    over: last full year\n    at_least: 9\n", 9, "9000 kWh"),
    ],
)
def test_slips_are_marked_at_once(at_work: Editor, name: str, text: str, line: int, message: str) -> None:
    found = at_work.open(f"segments/slip_{name}.yml", HEAD + text)
    assert [one["range"]["start"]["line"] + 1 for one in found] == [line]
    assert message in found[0]["message"]


def test_a_workspace_has_its_own_words(tmp_path: Path) -> None:
    shutil.copy(ROOT / "campaigns.yml", tmp_path / "campaigns.yml")
    own = tmp_path / "segments" / "catalogue" / "roofs.yml"
    own.parent.mkdir(parents=True)
    own.write_text(OWN_WORD, encoding="utf-8")
    schemas.write(Workspace.open(tmp_path))
    with editor(tmp_path) as at_home:
        offered = at_home.complete("segments/roofs.yml", f"{SITE}      - field: |\n")
    assert offered["roof_area"].startswith("roof area: Area of the roof.")

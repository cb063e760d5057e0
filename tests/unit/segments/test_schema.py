"""The JSON Schema of segments says what the reader says, as far as a schema can."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import jsonschema
import pytest
from hypothesis import given

from campaigns import catalogue
from campaigns.catalogue.model import Deprecated
from campaigns.segments import schema_conditions
from campaigns.segments.kinds import KINDS
from campaigns.segments.library import Library
from campaigns.segments.schema import segment_schema
from campaigns.segments.schema_examples import examples_schema
from campaigns.settings.binding import plain
from campaigns.settings.documents import parse, read
from campaigns.settings.loading import load as load_settings
from support import segment_worlds as drawn
from support.effort import examples
from support.segments import library, segment_text
from unit.segments.test_messages import ONE_MISTAKE, TOP_LEVEL

ROOT = Path(__file__).parents[3]
# What no schema can know: other files, purposes, what conditions mean together, how much there is.
OF_CHECK = {
    "SEG006", "SEG025", "SEG026", "SEG027", "SEG028", "SEG029", "SEG041", "SEG042", "SEG043", "SEG046",
    "SEG061", "SEG062", "SEG063", "SEG067",
}  # fmt: skip


@cache
def made() -> jsonschema.Draft7Validator:
    """One for all; hypothesis would print it as an argument."""
    with TemporaryDirectory() as folder:
        known = library(Path(folder))
    found = segment_schema(known.catalogue, known.settings)
    jsonschema.Draft7Validator.check_schema(found)
    return jsonschema.Draft7Validator(found)


@pytest.fixture
def schema() -> jsonschema.Draft7Validator:
    return made()


def wrong(schema: jsonschema.Draft7Validator, document: Any) -> list[str]:
    return [f"{list(error.path)}: {error.message}" for error in schema.iter_errors(document)]


def test_every_kind_of_the_reader_has_a_shape_and_a_meaning() -> None:
    assert set(schema_conditions.SHAPES) == set(KINDS)
    assert set(schema_conditions.MEANINGS) == set(KINDS)


def test_every_definition_is_used_and_there(schema: jsonschema.Draft7Validator) -> None:
    text = json.dumps(schema.schema)
    for name in schema.schema["definitions"]:
        assert f'"#/definitions/{name}"' in text, name
    named = {part.split('"')[0] for part in text.split("#/definitions/")[1:]}
    assert named <= set(schema.schema["definitions"])


@pytest.fixture(scope="module")
def of_here() -> dict[str, jsonschema.Draft7Validator]:
    """By folder: what files of this repository are held to."""
    known = load_settings(ROOT / "campaigns.yml")
    own_words = catalogue.load(known, ROOT / "segments" / "catalogue")
    schemas = {"segments": segment_schema(own_words, known), "tests/segments": examples_schema(own_words)}
    for one in schemas.values():
        jsonschema.Draft7Validator.check_schema(one)
    return {folder: jsonschema.Draft7Validator(one) for folder, one in schemas.items()}


@pytest.mark.parametrize("folder", ["segments", "tests/segments"])
def test_the_files_of_this_repository(of_here: dict[str, jsonschema.Draft7Validator], folder: str) -> None:
    paths = sorted((ROOT / folder).glob("*.yml"))
    assert len(paths) > 10
    assert {path.name: found for path in paths if (found := wrong(of_here[folder], plain(read(path))))} == {}


@examples(60)
@given(segment=drawn.segments(drawn.conditions))
def test_whatever_may_be_drawn_is_valid(segment: dict[str, Any]) -> None:
    """As an editor reads it, and as we do: every scalar a text."""
    assert wrong(made(), segment) == []
    assert wrong(made(), plain(parse(drawn.text(segment)))) == []


@pytest.mark.parametrize("slip", ONE_MISTAKE, ids=lambda slip: slip[0])
def test_slips_in_conditions(schema: jsonschema.Draft7Validator, slip: tuple[str, str, str, str]) -> None:
    condition, code, *_ = slip
    document = plain(parse(segment_text(condition)))
    assert (
        bool(wrong(schema, document)) or code in OF_CHECK or condition.startswith("{is:")
    )  # an order of keys


@pytest.mark.parametrize("slip", TOP_LEVEL, ids=lambda slip: slip[1])
def test_slips_in_keys(schema: jsonschema.Draft7Validator, slip: tuple[str, str, str, str, str]) -> None:
    instead_of, line, code, *_ = slip
    text = segment_text("{field: language, is: fi}").replace(instead_of, line)
    assert bool(wrong(schema, plain(parse(text)))) or code in OF_CHECK


@pytest.mark.parametrize(
    "condition",
    [
        "{field: heating, is: oil}",  # of sites
        "{has: site, where: [{has: site}]}",
        "{has: site, where: [{did: moved_out}]}",
        "{has: contract, where: [{metric: kwh_year, over: last full year, at_least: 1 kWh}]}",
        "{field: language, is: fi, has: site}",
        "{metric: kwh_year, over: last full year, at_least: 9}",
        "{metric: kwh_year, over: last full year, at_least: 9 kW}",
        "{metric: winter_summer, over: last winter, at_least: 3}",
        "{metric: vacancy_days, over: last winter, at_least: 3}",
        "{}",
    ],
)
def test_what_may_not_stand_there(schema: jsonschema.Draft7Validator, condition: str) -> None:
    assert wrong(schema, plain(parse(segment_text(condition))))


def test_hover_texts_are_of_both_languages(schema: jsonschema.Draft7Validator) -> None:
    told = schema.schema["definitions"]["field_heating_of_site"]["properties"]["field"]["description"]
    assert told.splitlines() == [
        "heating: The main kind of heating.",
        "",
        "lämmitystapa: Päälämmitystapa.",
    ]
    metric = schema.schema["definitions"]["metric_kwh_year"]["properties"]["metric"]["description"]
    assert metric.endswith(
        "A number in kWh or MWh or GWh or Wh; totals data; of several metering points the sum."
    )


def test_a_replaced_word_says_so(tmp_path: Path) -> None:
    known: Library = library(tmp_path)
    field = known.catalogue.fields["person"]["language"]
    replaced = Deprecated.model_validate({"use": "speaks", "until": "2027-01-01"})
    known.catalogue.fields["person"]["language"] = field.model_copy(update={"deprecated": replaced})  # type: ignore[index]
    found = segment_schema(known.catalogue, known.settings)
    word = found["definitions"]["field_language_of_person"]["properties"]["field"]
    assert word["deprecationMessage"] == "replaced until 2027-01-01: use speaks"

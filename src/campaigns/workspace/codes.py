"""Every code that `campaigns check` may tell, by where the mistake stands. docs/errors.md prints them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from campaigns.catalogue import codes as of_catalogue
from campaigns.content import codes as of_templates
from campaigns.mailings import codes as of_mailings
from campaigns.register import codes as of_sources
from campaigns.segments import code_examples, example_codes
from campaigns.segments import codes as of_segments
from campaigns.segments.code_examples import Example
from campaigns.settings import codes as of_settings
from campaigns.workspace import privacy_checking

SCHEMA_CODES: Mapping[str, str] = {
    "SCH001": "A schema in .schema/ says something else than the catalogue and the settings.",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Family:
    """The codes of one kind of file, with examples where there are some."""

    title: str
    codes: Mapping[str, str]
    examples: Mapping[str, Example]


def families() -> Iterator[Family]:
    """All of them, those that marketers meet most often first."""
    yield Family(title="Segments", codes=of_segments.CODES, examples=code_examples.OF_SEGMENTS)
    yield Family(title="Example persons", codes=example_codes.CODES, examples=code_examples.OF_EXAMPLES)
    rest = {
        "Mailings and plans": of_mailings.CODES,
        "Templates": of_templates.CODES,
        "The catalogue": of_catalogue.CODES,
        "YAML in every file": of_settings.YAML_CODES,
        "campaigns.yml": of_settings.SETTINGS_CODES,
        "Sources in campaigns.yml": of_sources.SOURCE_CODES,
        "Privacy in campaigns.yml": privacy_checking.CODES,
        "Schemas for editors": SCHEMA_CODES,
    }
    for title, codes in rest.items():
        yield Family(title=title, codes=codes, examples={})

"""The records of the catalogue, as the YAML files write them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from campaigns.catalogue import sources
from campaigns.catalogue.units import UNITS
from campaigns.settings.binding import Definition
from campaigns.settings.model import DataLevel, Texts
from campaigns.settings.words import Name, Switch

FieldType = Literal["choice", "text", "number", "date", "yes_no"]
Relation = Literal["person", "site", "contract", "company"]
Pick = Literal["only", "earliest", "latest", "highest", "any"]
RollUp = Literal["sum", "highest", "lowest", "mean"]
AUDIENCES = ("customers", "former_customers", "prospects", "subscribers", "business_contacts", "everyone")


def _unit(value: str) -> str:
    if value not in UNITS:
        raise ValueError(f"is no unit; choose from: {', '.join(UNITS)}")
    return value


def _both(texts: Texts) -> Texts:
    if not {"fi", "en"} <= set(texts):
        raise ValueError("needs a text in Finnish (fi) and English (en)")
    return texts


Unit = Annotated[str, AfterValidator(_unit)]
Labels = Annotated[Texts, AfterValidator(_both)]


class Deprecated(Definition):
    """What to use instead, and until when the old word works."""

    use: Name
    until: date


class Entry(Definition):
    """What every word of the catalogue says of itself."""

    name: str = ""
    label: Labels
    description: Labels
    category: Name
    deprecated: Deprecated | None = None


class FieldEntry(Entry):
    """An attribute of a person, site, contract or company.

    `source` is `table.column`, or `computed.NAME` for a name of `sources.COMPUTED`. From a table with several
    rows a person, `where` and `running` say which rows count and `pick` which value; `any` keeps them all.
    """

    relation: Relation = "person"
    type: FieldType
    unit: Unit | Literal[""] = ""
    values: tuple[str, ...] = ()
    source: str
    where: dict[str, str] = {}
    running: Switch = False
    pick: Pick = "only"

    @model_validator(mode="after")
    def _fits(self) -> FieldEntry:
        if self.type == "choice" and not self.values:
            raise ValueError("a choice needs its values")
        if self.unit and self.type != "number":
            raise ValueError("only a number has a unit")
        sources.check(self.source, self.where)
        return self

    @property
    def table(self) -> str:
        """The lake table that it comes from, or `computed`."""
        return self.source.split(".")[0]

    @property
    def column(self) -> str:
        """The column of that table, or the name of the computed value."""
        return self.source.split(".")[1]


class MetricEntry(Entry):
    """A number about a metering point over a period; `roll_up` makes one number of several metering points.

    `sum` is unknown as soon as one of them is unknown; the others take those that are known. No `periods`
    means all of them. `compares_with`: metrics for tests such as `110% of market_average`.
    """

    unit: Unit | Literal[""] = ""
    level: DataLevel
    roll_up: RollUp
    column: str = ""
    periods: tuple[str, ...] = ()
    compares_with: tuple[Name, ...] = ()

    @model_validator(mode="after")
    def _column_exists(self) -> MetricEntry:
        if self.level != "presence" and self.column not in sources.METRIC_COLUMNS:
            raise ValueError(f"`{self.column}` is no metric of the lake")
        if self.level == "presence" and self.column:
            raise ValueError("a presence metric has no column: no segment may use it")
        return self


class Property(Definition):
    """Something that an event says besides its name and time."""

    label: Labels
    values: tuple[str, ...] = ()


class EventEntry(Entry):
    """Something that a person did or that happened to them.

    `behaviour` makes a segment profiled. `needs_cookies`: unknown of people who did not accept such cookies.
    `exclude_only`: may leave people out, never bring them in (an open complaint).
    """

    properties: dict[Name, Property] = {}
    behaviour: Switch = False
    needs_cookies: Switch = False
    exclude_only: Switch = False


class ScoreEntry(Entry):
    """What a model says of a person, as a number; published by analysts, see the lake's `scores`.

    `level` is the most detailed meter data that the model is made from, empty when it uses none: what the
    policy `meter_data` closes stays closed when a model has read it.
    """

    unit: Unit | Literal[""] = ""
    level: DataLevel | Literal[""] = ""


class PeriodEntry(Definition):
    """A named period that metrics are computed over."""

    name: str = ""
    label: Labels
    description: Labels


class RelationEntry(Definition):
    """What `has:` may look at, and from where. `plural` is how messages speak of them."""

    name: str = ""
    category: Name
    plural: str
    label: Labels
    description: Labels
    within: tuple[Relation, ...]


class AudienceEntry(Definition):
    """Whom a segment starts from. `without` are the relations that its people cannot have."""

    name: str = ""
    plural: str
    label: Labels
    description: Labels
    without: tuple[Relation, ...] = ()


class File(Definition):
    """One file of the catalogue."""

    fields: dict[Relation, dict[Name, FieldEntry]] = {}
    metrics: dict[Name, MetricEntry] = {}
    events: dict[Name, EventEntry] = {}
    scores: dict[Name, ScoreEntry] = {}
    periods: dict[str, PeriodEntry] = {}
    relations: dict[Relation, RelationEntry] = {}
    audiences: dict[Name, AudienceEntry] = Field(default={})


@dataclass(frozen=True, kw_only=True, slots=True)
class Catalogue:
    """Everything that a segment may name."""

    fields: Mapping[str, Mapping[str, FieldEntry]] = field(repr=False)
    metrics: Mapping[str, MetricEntry] = field(repr=False)
    events: Mapping[str, EventEntry] = field(repr=False)
    scores: Mapping[str, ScoreEntry] = field(repr=False)
    periods: Mapping[str, PeriodEntry] = field(repr=False)
    relations: Mapping[str, RelationEntry] = field(repr=False)
    audiences: Mapping[str, AudienceEntry] = field(repr=False)

    def __repr__(self) -> str:
        fields = sum(len(of) for of in self.fields.values())
        return f"<catalogue: {fields} fields, {len(self.metrics)} metrics, {len(self.events)} events>"

    def search(self, word: str = "") -> Iterator[Entry | RelationEntry | PeriodEntry]:
        """Everything but audiences whose name, label or description holds that word."""
        fields = [entry for of in self.fields.values() for entry in of.values()]
        words = (self.metrics, self.events, self.scores, self.relations, self.periods)
        for entry in (*fields, *(entry for named in words for entry in named.values())):
            texts = (entry.name, *entry.label.values(), *entry.description.values())
            if any(word.lower() in text.lower() for text in texts):
                yield entry

    def relations_with(self, name: str) -> list[str]:
        """The relations that have a field of that name."""
        return [relation for relation, fields in self.fields.items() if name in fields]

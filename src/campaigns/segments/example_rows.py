"""What the file says of an example person, as rows of the lake and words about permission."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from typing import Any

from campaigns.catalogue.model import Catalogue, FieldEntry, MetricEntry
from campaigns.errors import Mistake
from campaigns.ledger.permission_events import PermissionEvent
from campaigns.permissions import notices
from campaigns.segments import example_contacts, example_scores, values
from campaigns.segments.example_contacts import Contact
from campaigns.segments.example_reading import Reading
from campaigns.segments.model import Segment
from campaigns.settings.documents import Entry, Mark, Scalar, Source
from campaigns.settings.documents import Mapping as Map
from campaigns.settings.model import Settings

LONG_AGO, OF_OLD = date(2015, 1, 1), datetime(2016, 1, 1, 9, tzinfo=UTC)
ANSWERS = ("granted", "none", "withdrawn", "banned", "no_address")
# What people permit besides channels, by the word of the file: `permission: {profiling: none}`.
BESIDES = ("profiling", "cookies")
_NOWHERE = Mark(source=Source(name="", lines=()), line=1, column=1)


@dataclass(slots=True)
class World:
    """The rows of all persons of a file: tables of the lake, events, and the numbers that they get."""

    tables: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    events: list[PermissionEvent] = field(default_factory=list)
    contacts: list[Contact] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=lambda: count(1_000))

    def add(self, table: str, **row: Any) -> None:
        """A row of the lake."""
        self.tables.setdefault(table, []).append(row)


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What all persons of a file share."""

    segment: Segment
    catalogue: Catalogue = field(repr=False)
    settings: Settings = field(repr=False)
    as_of: date


def put(world: World, person_id: int, said: Map, setting: Setting) -> list[Mistake]:
    """Add one person to the world; what cannot be read is told."""
    writer = _Person(world, person_id, setting)
    writer.write(said)
    return writer.found


def _as_json(properties: Mapping[str, str | None]) -> str:
    return json.dumps({name: value for name, value in properties.items() if value is not None})


class _Person:
    """Writes the rows of one person."""

    def __init__(self, world: World, person_id: int, setting: Setting) -> None:
        self._read = Reading(setting.catalogue, setting.as_of)
        self._world = world
        self._id = person_id
        self._of = setting
        self._keys = {"controller": setting.segment.controller, "person_id": person_id}
        self._columns: dict[str, Any] = {}
        self._relations: dict[str, dict[str, Any]] = {}

    @property
    def found(self) -> list[Mistake]:
        """The mistakes so far."""
        return self._read.found

    def write(self, said: Map) -> None:
        """Everything; the row of `persons` last, when all is known that belongs into it."""
        own = self._read.map(said, "person")
        self._person_fields(own)
        sites = self._read.several(said, "site", "sites")
        contracts = self._read.several(said, "contract", "contracts")
        companies = self._read.several(said, "company", "companies")
        for site in sites:
            self._site(site)
        for contract in contracts:
            self._contract(contract, None)
        for company in companies:
            self._company(company)
        for relationship in self._read.words(said, "relationship"):
            self._relationship(relationship)
        for name in self._read.words(said, "in_list"):
            self._world.add(
                "list_members",
                **self._keys,
                list_name=name,
                source="examples",
                added_on=LONG_AGO,
                delete_on=self._of.as_of + timedelta(days=365),
            )
        self._happened(said)
        self._world.contacts += example_contacts.read(said, self._id, self._read, self._of)
        example_scores.put(self._world, self._keys, self._read.map(said, "scores"), self._read, self._of)
        if self._read.text(said, "audience") != "no":
            self._as_usual(has_contract=bool(sites or contracts), has_company=bool(companies))
        self._permission(self._read.map(said, "permission"))
        self._row_of_person()

    # What the person is.

    def _row_of_person(self) -> None:
        usual = {
            "kind": "consumer",
            "language": "fi",
            "birth_year": self._of.as_of.year - 40,
            "deceased": False,
            "protected_address": False,
            "source": "examples",
            "informed_by": self._newest_notice(),
            "registered_on": LONG_AGO,
        }
        self._world.add("persons", **self._keys, **usual | self._columns)
        for kind, row in self._relations.items():
            self._world.add("relationships", **self._keys, kind=kind, **{"start_date": LONG_AGO} | row)

    def _person_fields(self, node: Map | None) -> None:
        for entry, known, value in self._read.fields(node, "person"):
            match known.table, known.column:
                case "persons", column:
                    self._columns[column] = value
                case "computed", "age":
                    self._columns["birth_year"] = None if value is None else self._of.as_of.year - int(value)
                case "notices_seen", "newest":
                    self._columns["informed_by"] = self._newest_notice() if value else ""
                case "notices_seen", "version":
                    self._columns["informed_by"] = value or ""
                case "relationships", "kind":
                    self._relationship(str(value))
                case "relationships", column:
                    kind = known.where.get("kind", "customer")
                    self._relations.setdefault(kind, {})[column] = value
                case "roles", "role":
                    self._employed(role=value)
                case _:
                    self._refuse(entry, known)

    def _refuse(self, entry: Entry, known: FieldEntry) -> None:
        self._read.say(entry.key, "EXA009", f"`{known.name}` cannot be given to an example person.")

    def _newest_notice(self) -> str:
        return notices.newest(self._of.settings, self._of.segment.controller)

    def _relationship(self, kind: str) -> None:
        self._relations.setdefault(kind, {})

    # Where the person lives and works.

    def _site(self, node: Map) -> None:
        site_id, point = next(self._world.numbers), next(self._world.numbers)
        row: dict[str, Any] = {}
        metering: dict[str, Any] = {"energy": "electricity"}
        rest = [entry for entry in node if entry.key.text not in ("contract", "contracts")]
        fields = [entry for entry in rest if entry.key.text not in self._of.catalogue.metrics]
        for entry, known, value in self._read.fields(Map(entries=tuple(fields), mark=node.mark), "site"):
            place = metering if known.table == "metering_points" else row
            if known.table not in ("sites", "metering_points"):
                self._refuse(entry, known)
                continue
            place[known.column] = value
        self._world.add("sites", controller=self._keys["controller"], site_id=site_id, **row)
        self._world.add(
            "metering_points",
            controller=self._keys["controller"],
            metering_point_id=point,
            site_id=site_id,
            **metering,
        )
        self._metrics([entry for entry in rest if entry.key.text in self._of.catalogue.metrics], point)
        for contract in self._read.several(node, "contract", "contracts") or [
            Map(entries=(), mark=node.mark)
        ]:
            self._contract(contract, point)

    def _metrics(self, entries: list[Entry], point: int) -> None:
        rows: dict[str, dict[str, Any]] = {}
        for entry in entries:
            metric = self._of.catalogue.metrics[entry.key.text]
            if metric.level == "presence":
                message = f"`{metric.name}` tells when people are at home: no segment may use it."
                self._read.say(entry.key, "EXA009", message)
            elif not isinstance(entry.value, Map):
                message = f"say over which period: `{metric.name}: {{last winter: …}}`."
                self._read.say(entry.value, "EXA010", message)
            else:
                for pair in entry.value:
                    self._metric(metric, pair, rows)
        for period, row in rows.items():
            self._world.add(
                "metrics",
                controller=self._keys["controller"],
                metering_point_id=point,
                period=period,
                as_of=self._of.as_of,
                **row,
            )

    def _metric(self, metric: MetricEntry, pair: Entry, rows: dict[str, dict[str, Any]]) -> None:
        """One period of a metric."""
        periods = metric.periods or tuple(self._of.catalogue.periods)
        if pair.key.text not in periods:
            hint = values.did_you_mean(pair.key.text, periods, list_all=True)
            self._read.say(pair.key, "EXA010", f"`{metric.name}` is not measured over that period.", hint)
            return

        def number(text: str) -> float:
            return float(values.number(text, name=metric.name, unit=metric.unit))

        rows.setdefault(pair.key.text, {})[metric.column] = self._read.value(pair.value, number)

    def _contract(self, node: Map, point: int | None) -> None:
        row: dict[str, Any] = {"contract_type": "open_ended", "start_date": LONG_AGO, "end_date": None}
        for entry, known, value in self._read.fields(node, "contract"):
            if known.source == "computed.running":
                row["end_date"] = row["end_date"] if value else self._of.as_of - timedelta(days=1)
            elif known.table == "contracts":
                row[known.column] = value
            else:
                self._refuse(entry, known)
        self._world.add(
            "contracts", **self._keys, contract_id=next(self._world.numbers), metering_point_id=point, **row
        )

    def _company(self, node: Map) -> None:
        row: dict[str, Any] = {}
        role: dict[str, Any] = {}
        for entry, known, value in self._read.fields(node, "company"):
            if known.table not in ("companies", "roles"):
                self._refuse(entry, known)
                continue
            (role if known.table == "roles" else row)[known.column] = value
        self._employed(**role, company=row)

    def _employed(self, *, company: Mapping[str, Any] | None = None, **role: Any) -> None:
        company_id = next(self._world.numbers)
        self._world.add(
            "companies", controller=self._keys["controller"], company_id=company_id, **dict(company or {})
        )
        duties = self._of.settings.purposes[self._of.segment.purpose].duties
        usual = {"role": "contact", "start_date": LONG_AGO, "duties": duties[0] if duties else None}
        self._world.add("roles", **self._keys, company_id=company_id, **usual | role)
        self._columns.setdefault("kind", "business_contact")

    def _as_usual(self, *, has_contract: bool, has_company: bool) -> None:
        """What makes the person one of the segment's audience, when the file says nothing of it."""
        match self._of.segment.audience:
            case "customers":
                self._relationship("customer")
                if not has_contract:
                    self._site(Map(entries=(), mark=_NOWHERE))
            case "former_customers":
                ended = self._of.as_of - timedelta(days=90)
                self._relations.setdefault("customer", {}).setdefault("end_date", ended)
            case "prospects":
                self._relationship("prospect")
            case "subscribers":
                self._relationship("subscriber")
            case "business_contacts":
                roles = self._world.tables.get("roles", ())
                if not has_company and all(role["person_id"] != self._id for role in roles):
                    self._employed()
            case _:
                if not self._relations:
                    self._relationship("customer")

    # What the person did and said.

    def _happened(self, said: Map) -> None:
        for node in self._read.maps(said, "did"):
            first, *more = node.entries
            event = self._of.catalogue.events.get(first.key.text)
            if event is None:
                hint = values.did_you_mean(first.key.text, self._of.catalogue.events)
                message = f"there is no event called `{values.short(first.key.text)}`."
                self._read.say(first.key, "EXA011", message, hint)
                continue
            when = self._read.value(first.value, self._read.day)
            properties = {entry.key.text: self._read.value(entry.value, str) for entry in more}
            unknown = [name for name in properties if name not in event.properties]
            if when is None or unknown:
                for entry in more:
                    if entry.key.text in unknown:
                        hint = values.did_you_mean(entry.key.text, event.properties)
                        self._read.say(entry.key, "EXA011", f"`{event.name}` has no such property.", hint)
                continue
            moment = datetime.combine(when, time(12), self._of.settings.zone).astimezone(UTC)
            self._world.add(
                "events",
                **self._keys,
                event_id=next(self._world.numbers),
                name=event.name,
                occurred_at=moment,
                recorded_at=moment,
                properties=_as_json(properties),
            )

    def _permission(self, node: Map | None) -> None:
        answers = dict.fromkeys((*self._of.segment.channels, *BESIDES), "granted")
        for entry in node or ():
            word = entry.value.text if isinstance(entry.value, Scalar) else ""
            if entry.key.text not in answers:
                hint = values.did_you_mean(entry.key.text, answers)
                message = "that is neither a channel of the segment nor something else that is permitted."
                self._read.say(entry.key, "EXA012", message, hint)
            elif word not in ANSWERS:
                hint = f"choose from: {', '.join(ANSWERS)}"
                self._read.say(
                    entry.value, "EXA012", f"`{values.short(word)}` is no answer about permission.", hint
                )
            else:
                answers[entry.key.text] = word
        purpose = self._of.settings.purposes[self._of.segment.purpose]
        for channel in self._of.segment.channels:
            if answers[channel] != "no_address":
                self._reachable(channel)
            self._answered(answers[channel], channel, purpose.permission_purpose)
        if purpose.topic:
            self._event("topic_subscribed", details={"about": purpose.topic})
        self._answered(answers["profiling"], "segment", "profiling")
        if answers["cookies"] == "granted":
            self._event("cookie_consent", details={"about": "marketing"})

    def _answered(self, answer: str, channel: str, purpose: str) -> None:
        if answer in ("granted", "withdrawn"):
            self._event("granted", channel=channel, purpose=purpose)
        if answer == "withdrawn":
            self._event("withdrawn", channel=channel, purpose=purpose, days=1)
        if answer == "banned":
            self._event("ban_channel", channel=channel, days=1)

    def _reachable(self, channel: str) -> None:
        address = {
            "email": f"person{self._id}@example.fi",
            "letter": f"Esimerkki {self._id}\nKauppakatu {self._id}\n15140 Lahti",
        }.get(channel, f"+35840{self._id:07}")
        self._world.add(
            "contact_points",
            **self._keys,
            channel="phone" if channel == "robocall" else channel,
            value=address,
            source="examples",
            valid_from=LONG_AGO,
            deliverable=True,
        )

    def _event(self, kind: str, *, days: int = 0, **more: Any) -> None:
        at = OF_OLD + timedelta(days=days)
        self._world.events.append(
            PermissionEvent(
                event_id=f"example-{self._id}-{kind}-{len(self._world.events)}",
                controller=self._of.segment.controller,
                person_id=self._id,
                kind=kind,
                occurred_at=at,
                recorded_at=at,
                source="examples",
                method="form",
                text_version="1",
                text_language="fi",
                evidence="example",
                **more,
            )
        )

"""The record of processing (GDPR Art. 30): what the settings, the data and the ledger say by themselves.

Nothing in it is written by hand for this report: change `campaigns.yml` or the data, and it changes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from campaigns.engine import connect, queries
from campaigns.permissions.rules import rule_version
from campaigns.reports import privacy_counts, privacy_notices, privacy_settings

if TYPE_CHECKING:
    from campaigns.mailings.parts import Parts

Row = dict[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Register:
    """One controller's part. Each list holds rows ready to be shown; counts of people are whole numbers."""

    controller: str
    identity: Mapping[str, str]
    people: int
    kinds: Sequence[Row]
    relationships: Sequence[Row]
    purposes: Sequence[Row]
    categories: Sequence[Row]
    sources: Sequence[Row]
    attested: Sequence[Row]
    disclosures: Sequence[Row]
    notice: privacy_notices.Standing
    requests: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """The whole record of one workspace on one day."""

    made_at: datetime
    made_by: str
    day: date
    rule_version: str
    lake_snapshot: int
    ledger_position: int
    registers: tuple[Register, ...]
    processors: Sequence[Row] = field(repr=False)
    retention: Sequence[Row] = field(repr=False)
    policy: Sequence[Row] = field(repr=False)

    def as_json(self) -> Row:
        """What `privacy report --json` prints; counts below five are `<5` there too."""
        names = ("made_at", "made_by", "day", "rule_version", "lake_snapshot", "ledger_position")
        return {
            **{name: getattr(self, name) for name in names},
            "registers": [_register(one) for one in self.registers],
            "processors": list(self.processors),
            "retention": list(self.retention),
            "policy": list(self.policy),
        }


def gather(parts: Parts, *, actor: str, now: datetime) -> Record:
    """Read settings, segments, lake and ledger. Raises `Mistakes` of segments and mailings, and PRV004."""
    settings, day = parts.settings, now.astimezone(parts.settings.zone).date()
    standings = {one.controller: one for one in privacy_notices.standings(parts, day=day)}
    sql = queries.load("campaigns.reports", "privacy.sql")
    with parts.lake.snapshot() as snapshot, connect(snapshot) as db:
        counts = {name: db.query(sql[name], {"day": day}) for name in ("kinds", "relationships")}
        delivered = db.query(sql["sources"])
        number = snapshot.number
    serving = privacy_settings.serving(parts)
    registers = []
    for controller in settings.controllers:
        kinds = privacy_counts.of_words(counts["kinds"], controller)
        registers.append(
            Register(
                controller=controller,
                identity=privacy_settings.identity(settings, controller),
                people=sum(row["people"] for row in kinds),
                kinds=kinds,
                relationships=privacy_counts.of_words(counts["relationships"], controller),
                purposes=privacy_settings.purposes(settings, serving.get(controller, {})),
                categories=privacy_settings.categories(settings, controller),
                sources=privacy_settings.sources(settings, controller, delivered),
                attested=privacy_settings.attested(settings, controller),
                disclosures=privacy_counts.disclosures_of(parts, controller, day),
                notice=standings[controller],
                requests=privacy_counts.requests(parts.ledger, controller, day),
            )
        )
    return Record(
        made_at=now,
        made_by=actor,
        day=day,
        rule_version=rule_version(settings),
        lake_snapshot=number,
        ledger_position=parts.ledger.position(),
        registers=tuple(registers),
        processors=privacy_settings.processors(settings, day, privacy_counts.sent(parts.ledger)),
        retention=privacy_settings.retention(settings),
        policy=privacy_settings.policy(settings),
    )


def _register(one: Register) -> Row:
    lists = ("purposes", "categories", "sources", "attested", "disclosures")
    return {
        "controller": one.controller,
        **one.identity,
        "people": one.people,
        "kinds": [privacy_counts.hidden(row) for row in one.kinds],
        "relationships": [privacy_counts.hidden(row) for row in one.relationships],
        **{name: list(getattr(one, name)) for name in lists},
        "notice": one.notice.as_json(),
        "requests": dict(one.requests),
    }

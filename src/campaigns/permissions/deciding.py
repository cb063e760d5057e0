"""Deciding: facts and rules put together for many persons, or for one."""

from __future__ import annotations

import re
from collections.abc import Mapping

import polars as pl

from campaigns.engine import Engine, queries
from campaigns.ledger import Ledger
from campaigns.ledger.keys import medium
from campaigns.permissions import calendar, rendering, state
from campaigns.permissions.requests import MARKETING, Request
from campaigns.permissions.state import Words
from campaigns.settings.model import Settings

__all__ = ["CIRCUMSTANCES", "Decider", "Request", "decide", "facts"]

CALLBACK_DAYS = 30  # a request to be called is answered within a month, or it is over
FORMER_MONTHS = 24  # proposed retention: contract end + 24 months, prospect without contact 12 months
PROSPECT_MONTHS = 12
PRIVATE_DOMAINS = (
    "gmail.com",
    "googlemail.com",
    "hotmail.com",
    "hotmail.fi",
    "icloud.com",
    "kolumbus.fi",
    "live.com",
    "live.fi",
    "luukku.com",
    "me.com",
    "msn.com",
    "outlook.com",
    "outlook.fi",
    "saunalahti.fi",
    "suomi24.fi",
    "yahoo.com",
    "yahoo.fi",
)
ROLE_MAILBOXES = (
    "asiakaspalvelu",
    "contact",
    "hallinto",
    "info",
    "kirjaamo",
    "laskutus",
    "myynti",
    "office",
    "posti",
    "sales",
    "toimisto",
)
_PARAMETER = re.compile(r"\$([a-z_]+)")
# What an attribute of the vectors' words is in terms of the `meter_data` policy.
LEVELS: Mapping[str, str] = {"annual_consumption": "totals", "hourly_load_pattern": "hourly"}

# What callers may know of each person besides, as columns of `persons`; missing ones are taken so.
CIRCUMSTANCES: Mapping[str, tuple[pl.DataType, object]] = {
    "affected": (pl.Boolean(), True),  # the outage or change concerns this person's address
    "contract_active": (pl.Boolean(), None),  # at the site that the message is about; None: any contract
    "request_open": (pl.Boolean(), None),  # the person's request is open; None: see the relationships
    "confirmations_sent": (pl.Int64(), 0),
    "estate_contact": (pl.Boolean(), False),  # the message goes to the contact of the estate
    "logged_in": (pl.Boolean(), True),  # for channel portal
    "already_sent": (pl.Boolean(), False),  # this campaign, any channel
    "cap_reached": (pl.Boolean(), False),
}


def decide(
    db: Engine,
    request: Request,
    persons: pl.DataFrame | None = None,
    *,
    settings: Settings,
    ledger: Ledger,
    words: Words | None = None,
) -> pl.DataFrame:
    """Allow or deny, with code and evidence, for each person on each channel.

    `persons` has `person_id` and, where the caller knows them, `CIRCUMSTANCES`; without it everybody in the
    controller's register is asked about. `words` saves reading the ledger again.

    Gives person_id, channel, allowed, code, evidence (position of the deciding event, or NULL), ordered by
    person and then as `request.channels`; one row a person and channel, whatever the data.
    """
    decider = Decider(db, request, settings=settings, ledger=ledger, words=words or state.words(ledger))
    decider.look_up(persons)
    return decider.decide()


def facts(
    db: Engine,
    request: Request,
    persons: pl.DataFrame | None = None,
    *,
    settings: Settings,
    ledger: Ledger,
    words: Words | None = None,
) -> pl.DataFrame:
    """All facts that a decision about these persons rests on (`facts.FACTS` explains them)."""
    decider = Decider(db, request, settings=settings, ledger=ledger, words=words or state.words(ledger))
    decider.look_up(persons)
    return decider.facts()


class Decider:
    """Decides about one request over one lake snapshot, any number of times as the ledger grows.

    `look_up` reads what the lake says about the persons, once; `decide` folds what they have said since.
    """

    def __init__(
        self, db: Engine, request: Request, *, settings: Settings, ledger: Ledger, words: Words
    ) -> None:
        self._db = db
        self._request = request
        self._ledger = ledger
        self._parameters = parameters(request, settings)
        self.hear(words)

    def hear(self, words: Words) -> None:
        """Take all that was said from `words`."""
        self._words = words
        self._table("permission_words", words.frame)
        self._table("suppressed_addresses", words.suppressions)

    def look_up(self, persons: pl.DataFrame | None = None) -> None:
        """Read what the lake says about these persons, or about everybody in the register."""
        if persons is None:
            everybody = "SELECT DISTINCT person_id FROM persons WHERE controller = $controller"
            persons = self._db.query(everybody, {"controller": self._request.controller})
        self._table("asked_persons", _with_circumstances(persons))
        steps = queries.load("campaigns.permissions", "lake_facts.sql")
        for step in steps.values():
            self._db.execute(step, _used(step, {**self._parameters, **self._digests()}))

    def decide(self) -> pl.DataFrame:
        """The answers about everybody who was looked up, as `decide` gives them."""
        return self._ask(rendering.statement())

    def facts(self) -> pl.DataFrame:
        """The facts behind them."""
        return self._ask(rendering.facts_statement())

    def _ask(self, sql: str) -> pl.DataFrame:
        return self._db.query(sql, _used(sql, self._parameters))

    def _table(self, name: str, frame: pl.DataFrame) -> None:
        """A table of the engine's own: scanned several times, which a frame is not made for."""
        self._db.register(f"{name}_frame", frame)
        self._db.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT * FROM {name}_frame")

    def _digests(self) -> dict[str, object]:
        """Keys for digests of addresses, and the channels in which any could match."""
        controller, words = self._request.controller, self._words
        suppressed = words.suppressions.filter(controller=controller)["channel"].unique()
        media = {medium(channel) for channel in suppressed}
        loose = pl.col("person_id").is_null() & (pl.col("controller") == controller)
        if not words.frame.filter(loose).is_empty():
            media = {"email", "phone", "letter"}
        digested = [channel for channel in ("email", "sms", "phone", "letter") if medium(channel) in media]
        keys = {
            f"{name}_key": self._ledger.address_key(controller, name) for name in ("email", "phone", "letter")
        }
        return {"digested_channels": digested, **keys}


def _with_circumstances(persons: pl.DataFrame) -> pl.DataFrame:
    given = persons.unique("person_id", keep="first", maintain_order=True)
    columns = [
        pl.col(name).cast(kind) if name in given.columns else pl.lit(usual, kind).alias(name)
        for name, (kind, usual) in CIRCUMSTANCES.items()
    ]
    return given.select(pl.col("person_id").cast(pl.Int64), *columns)


def _used(sql: str, given: Mapping[str, object]) -> dict[str, object]:
    """The parameters that a statement names; DuckDB refuses others."""
    return {name: given[name] for name in set(_PARAMETER.findall(sql))}


def parameters(request: Request, settings: Settings) -> dict[str, object]:
    """The parameters of all statements, but for the keys of digests."""
    local = request.at.astimezone(settings.zone)
    return {
        **_message(request),
        **_settings(request, settings),
        "controller": request.controller,
        "channels": list(request.channels),
        "purpose": request.purpose,
        "message_kind": request.message_kind,
        "is_marketing_kind": request.message_kind in MARKETING,
        "topic": request.topic,
        "profiled": request.profiled,
        "duties": list(request.duties),
        "at": request.at,
        "as_of": request.as_of,
        "day": local.date(),
        "year": local.year,
        "outside_calling_hours": calendar.outside_calling_hours(local),
        "quiet_hours": calendar.quiet_hours(local),
        "callback_days": CALLBACK_DAYS,
        "former_months": FORMER_MONTHS,
        "prospect_months": PROSPECT_MONTHS,
        "private_domains": list(PRIVATE_DOMAINS),
        "role_mailboxes": list(ROLE_MAILBOXES),
    }


def _message(request: Request) -> dict[str, object]:
    names = (
        "contains_offer",
        "opt_out_means",
        "sender_identified",
        "recognisable",
        "source_stated",
        "third_party",
        "similar_product",
        "urgent",
        "platform",
        "ad_action",
        "attribute",
        "from_datahub",
        "after_contract_end",
        "authorised",
        "group_size",
    )
    return {name: getattr(request, name) for name in names}


def _settings(request: Request, settings: Settings) -> dict[str, object]:
    level = request.data_level or LEVELS.get(request.attribute, "")
    processors = {channel: settings.processors[used.processor] for channel, used in settings.channels.items()}
    return {
        "level_rule": getattr(settings.policy.meter_data.value, level) if level else "",
        "policy_soft_opt_in": settings.policy.soft_opt_in.value and request.purpose == "direct_marketing",
        "unagreed_channels": [name for name, processor in processors.items() if not processor.agreement],
        "uncovered_channels": [
            name
            for name, processor in processors.items()
            if processor.region not in ("fi", "eea") and processor.transfer not in ("adequacy", "scc")
        ],
        "attested_sources": [
            name for name, source in settings.sources.items() if source.evidence is not None
        ],
    }

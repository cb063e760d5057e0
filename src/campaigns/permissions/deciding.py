"""Deciding: facts and rules put together for many persons, or for one."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime

import polars as pl

from campaigns.engine import Engine, queries
from campaigns.ledger import Ledger
from campaigns.ledger.keys import medium
from campaigns.permissions import attesting, hearing, rendering, state
from campaigns.permissions.parameters import parameters
from campaigns.permissions.requests import Request
from campaigns.permissions.state import Words
from campaigns.register.erased import KEY_CHANNEL
from campaigns.settings.model import Settings

__all__ = ["CIRCUMSTANCES", "Decider", "Request", "decide", "facts"]

MANY = 0.25  # of all persons
LOOKING_UP = ("points", "addresses", "neighbours", "work", "people", "digests", "names")  # in this order
_PARAMETER = re.compile(r"\$([a-z_]+)")
_WORD, _MADE = re.compile(r"\w+"), re.compile(r"(?:TABLE|VIEW) (\w+) AS")
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

    Gives person_id, channel, allowed, code, evidence (position of the deciding event, or NULL) and facts
    (JSON of those that the deciding rule names), ordered by person and then as `request.channels`; one row a
    person and channel, whatever the data.
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
        self._settings = settings
        self._ledger = ledger
        self._looked_up: dict[str, dict[str, object]] = {}  # step: what it was run with
        self.hear(words)

    def hear(self, words: Words, *, at: datetime | None = None) -> None:
        """Take all that was said from `words`, and ask about `at` from now on.

        `look_up` is needed once more when that is another local day.
        """
        if at is not None:
            self._request = replace(self._request, at=at)
        self._words = words
        self._parameters = parameters(self._request, self._settings)
        self._heard = hearing.relevant(attesting.proven(words.frame, self._settings), self._request)
        self._suppressed = words.suppressions
        self._db.register("permission_words_frame", self._heard)
        self._db.register("suppressed_addresses_frame", self._suppressed)
        self._run("words.sql", "words", "suppressions")

    def look_up(self, persons: pl.DataFrame | None = None) -> None:
        """Read what the lake says about these persons, or about everybody in the register."""
        if persons is None:
            everybody = "SELECT DISTINCT person_id FROM persons WHERE controller = $controller"
            persons = self._db.query(everybody, {"controller": self._request.controller})
        self._db.register("asked_persons_frame", _with_circumstances(persons))
        self._many = self._most(len(persons))
        self._looked_up = {}
        self._look_up()

    def ask(self, request: Request) -> None:
        """Ask something else about the same people; of the lake only what that changes is read again."""
        if request != self._request:
            other_use = {"attribute": request.attribute, "data_level": request.data_level}
            same_words = replace(self._request, **other_use) == request  # type: ignore[arg-type]  # two fields
            self._request = request
            if same_words:
                self._parameters = parameters(request, self._settings)
            else:
                self.hear(self._words)
            self._look_up()

    def _look_up(self) -> None:
        """Run the steps whose parameters are new, and those that read what these make."""
        steps = queries.load("campaigns.permissions", "lake_facts.sql")
        given = {**self._parameters, **self._digests()}
        made_anew: set[str] = set()
        for name in ("channels", "persons", "many" if self._many else "few", *LOOKING_UP):
            step, used = steps[name], _used(steps[name], given)
            if self._looked_up.get(name) != used or not made_anew.isdisjoint(_WORD.findall(step)):
                self._db.execute(step, used)
                self._looked_up[name] = used
                made_anew.update(_MADE.findall(step))

    def decide(self, person_ids: Collection[int] | pl.Series | None = None) -> pl.DataFrame:
        """The answers, as `decide` gives them, about everybody who was looked up or about some of them."""
        if person_ids is not None:
            some = pl.Series("person_id", person_ids, dtype=pl.Int64).to_frame()
            self._db.register("asked_again_frame", some)
        self._about("all_of_them" if person_ids is None else "some_of_them")
        request = self._request
        statement = rendering.statement(rendering.scopes(request.channels, request.message_kind))
        self._db.execute(statement, _used(statement, self._parameters))
        found = self._db.query("SELECT * FROM permission_answers")
        return rendering.answers(found, request.channels, self._parameters)

    def facts(self) -> pl.DataFrame:
        """The facts behind them."""
        self._about("all_of_them")
        return self._ask(rendering.facts_statement())

    def _ask(self, sql: str) -> pl.DataFrame:
        return self._db.query(sql, _used(sql, self._parameters))

    def _about(self, whom: str) -> None:
        """Whom the next question is about, and whose words it needs."""
        many = self._many and whom == "all_of_them"
        self._run("words.sql", whom, "told_by_many" if many else "told_by_few")

    def _most(self, asked: int) -> bool:
        """Whether so many are a good part of all registers: then choosing rows takes longer than it saves."""
        everybody = self._db.query("SELECT count(*) AS people FROM persons")["people"][0]
        return bool(asked > everybody * MANY)

    def _run(self, file: str, *names: str) -> None:
        """Statements that make tables of the engine's own: frames are not made for several scans."""
        steps = queries.load("campaigns.permissions", file)
        for name in names:
            self._db.execute(steps[name], _used(steps[name], self._parameters))

    def _digests(self) -> dict[str, object]:
        """Keys for digests of addresses and customer numbers, and where any could match."""
        controller = self._request.controller
        suppressed = self._suppressed.filter(controller=controller)["channel"].unique()
        media = {medium(channel) for channel in suppressed}
        digested = [channel for channel in ("email", "sms", "phone", "letter") if medium(channel) in media]
        keys = {
            f"{name}_key": self._ledger.address_key(controller, name)
            for name in ("email", "phone", "letter", KEY_CHANNEL)
        }
        wanted = not self._many or self._heard["person_id"].has_nulls()
        return {"digested_channels": digested, "names_wanted": wanted, **keys}


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

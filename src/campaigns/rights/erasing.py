"""Erasing people of one register from every place: the list kept apart, the ledger, files, the lake.

In this order, so that an erasure that was killed can be run again: the list first, since nobody may come
back with a backup; then the ledger, from when on nobody writes to them; then the files below `data/`, which
are searched for what the lake knows of the people; and the lake last.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import sqlalchemy as sa

from campaigns.errors import Busy
from campaigns.ledger import audit, erasure
from campaigns.ledger.lists import among
from campaigns.ledger.tables import messages, rights_requests
from campaigns.register import erased
from campaigns.register.deliveries import Kind
from campaigns.rights import copies, erased_list
from campaigns.rights.copies import Copies, Touched
from campaigns.rights.traces import Traces
from campaigns.settings.model import Settings

if TYPE_CHECKING:
    from campaigns.content.tokens import Tokens
    from campaigns.lake import Lake
    from campaigns.ledger import Ledger


@dataclass(frozen=True, kw_only=True)
class Places:
    """Where people's data lies in a workspace, and what is needed to find it."""

    root: Path
    settings: Settings = field(repr=False)
    lake: Lake
    ledger: Ledger
    tokens: Tokens = field(repr=False)
    kinds: Sequence[Kind] = field(repr=False)

    @property
    def list_folder(self) -> Path:
        """Where the list of erased people is kept, apart from the backups."""
        return self.root / self.settings.backup.erased_list


@dataclass(frozen=True, kw_only=True, slots=True)
class Erasure:
    """What an erasure removed, in counts; files are named by their place below `data/`.

    `pending` says what keeps it from being complete: run it again when that is over.
    """

    rows: dict[str, int]
    messages_withheld: int
    files: tuple[Touched, ...]
    pending: tuple[str, ...]


def erase(
    places: Places, controller: str, person_ids: Sequence[int], *, now: datetime, actor: str
) -> Erasure:
    """Erase people of one register everywhere below `data/`. Safe to repeat, also after a kill anywhere.

    Raises `Busy` when somebody else writes to the lake or the ledger; run it again.
    """
    with places.lake.snapshot() as snapshot:
        traces = Traces.of(snapshot, controller, person_ids)
        marks = erased.of_people(snapshot, controller, person_ids)
    digests = erasure.digests(places.ledger, controller, marks)
    if digests:
        entry = erased_list.Entry(controller=controller, at=now, digests=tuple(digests))
        erased_list.append(places.list_folder, places.ledger, entry)
    with places.ledger.write() as connection:
        done = erasure.erase(connection, controller, person_ids, marks, now=now)
        audit.record(
            connection,
            at=now,
            actor=actor,
            action="persons_erased",
            controller=controller,
            details={"persons": list(person_ids)},
        )
    touched = copies.remove(_copies(places, controller, person_ids, traces, now))
    gone = places.lake.erase(controller, person_ids, quoting=_quoting(places, controller, traces))
    pending = _pending(places, done, gone.pending, touched)
    return Erasure(
        rows=gone.rows,
        messages_withheld=done.messages_withheld,
        files=tuple(touched),
        pending=tuple(pending),
    )


def _copies(
    places: Places, controller: str, person_ids: Sequence[int], traces: Traces, now: datetime
) -> Copies:
    with places.ledger.read() as connection:

        def mine(table: sa.Table) -> sa.ColumnElement[bool]:
            people = among(connection, table.c.person_id, person_ids)
            return (table.c.controller == controller) & people

        numbers = connection.scalars(sa.select(messages.c.message_id).where(mine(messages))).all()
        columns = (rights_requests.c.request_id, rights_requests.c.answer_digest)
        requests = connection.execute(sa.select(*columns).where(mine(rights_requests))).all()
    return Copies(
        data=places.root / "data",
        controller=controller,
        settings=places.settings,
        kinds=places.kinds,
        lake=places.lake,
        traces=traces,
        references=frozenset(f"<{places.tokens.reference(number)}@".encode() for number in numbers),
        requests=frozenset(row.request_id for row in requests),
        answers=frozenset(row.answer_digest for row in requests if row.answer_digest),
        now=now,
    )


def _quoting(places: Places, controller: str, traces: Traces) -> Callable[[pl.DataFrame], pl.Series]:
    """Which rows of the quarantine name them: by a customer number of the file's source, or in words."""
    with places.lake.snapshot() as snapshot:
        deliveries = snapshot.frame("deliveries", ["controller", "file_hash", "source"])
    sources = dict(deliveries.filter(controller=controller).select("file_hash", "source").rows())

    def quotes(entries: pl.DataFrame) -> pl.Series:
        found = []
        for file_hash, text, person_id in entries.select("file_hash", "text", "person_id").rows():
            space = copies.key_space(places.settings, sources.get(file_hash, ""))
            by_number = text and person_id is None and traces.with_number(text, space)
            found.append(bool(text) and (bool(by_number) or traces.in_text(text)))
        return pl.Series(found, dtype=pl.Boolean)

    return quotes


def _pending(places: Places, done: erasure.Erased, readers: bool, touched: Sequence[Touched]) -> list[str]:
    found = []
    if done.leaving:
        found.append("a message to them is being handed over")
    if readers:
        found.append("a program still reads an older state of the lake")
    found += [f"{file.name} holds them, and could not be changed" for file in touched if file.how == "left"]
    try:
        places.ledger.scrub()
    except Busy:
        found.append("a program still reads an older state of the ledger")
    return found

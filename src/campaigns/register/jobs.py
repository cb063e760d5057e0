"""What every kind of this room does around its own work: duplicates, transactions, quarantine, result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

import polars as pl

from campaigns.lake.schemas import TABLES
from campaigns.ledger import audit
from campaigns.register.deliveries import Delivery, Imported
from campaigns.register.erased import Erased
from campaigns.register.extracts import Extract
from campaigns.register.parsing import mapped
from campaigns.register.quarantine import Rejects
from campaigns.register.reading import Columns, Rows, read
from campaigns.settings.model import Settings

if TYPE_CHECKING:
    from campaigns.lake import Writer
    from campaigns.ledger import Ledger


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """The import of one delivery, while it lasts."""

    delivery: Delivery
    settings: Settings
    lake: Writer
    ledger: Ledger
    now: datetime
    extract: Extract
    rejects: Rejects
    erased: Erased
    notes: list[str] = field(default_factory=list)

    @classmethod
    def start(
        cls, delivery: Delivery, *, settings: Settings, lake: Writer, ledger: Ledger, now: datetime
    ) -> Job:
        """Raises `Refused` when the delivery is older than what is known."""
        erased = Erased(ledger, delivery.source.controller)
        rejects = Rejects(delivery, delivery.source.kind)
        if erased:
            rejects.hide_where(lambda text: erased.named_in(text, delivery.key_space))
        return cls(
            delivery=delivery,
            settings=settings,
            lake=lake,
            ledger=ledger,
            now=now,
            extract=Extract.of(delivery, lake, settings.zone),
            rejects=rejects,
            erased=erased,
        )

    @property
    def controller(self) -> str:
        """Whose register the rows go into."""
        return self.delivery.source.controller

    def read(self, columns: Columns, *, key: Sequence[str], of_erased: bool = False) -> Rows:
        """The rows of the file, one a key: the last of those that came several times.

        `of_erased` says that rows about people who were erased are wanted too.
        """
        rows = read(self.delivery, columns, self.rejects)
        self.notes.extend(rows.notes)
        frame = rows.frame if of_erased or not columns.person else self._living(rows.frame, columns.person)
        return Rows(
            frame=self._last_of_each(frame, key),
            total=rows.total,
            present=rows.present,
            others=rows.others,
            keys=rows.keys,
            numbers=rows.numbers,
        )

    def known(self, table: str, columns: Sequence[str] | None = None) -> pl.DataFrame:
        """What the lake has of this controller, without the column that says so."""
        wanted = columns or [name for name in TABLES[table].schema if name != "controller"]
        return self.lake.frame(table, wanted, where=pl.col("controller") == self.controller)

    def person_ids(self, numbers: pl.Series) -> pl.Series:
        """The `person_id` of each customer number of the source's key space, NULL when nobody has it."""
        keys = self.known("person_keys").filter(pl.col("key_space") == self.delivery.key_space)
        return mapped(numbers, keys.select(pl.col("source_id").alias(numbers.name), "person_id"))

    def newest(self, rows: pl.DataFrame, known: pl.DataFrame, key: str) -> pl.DataFrame:
        """The rows that no later delivery has told otherwise, with `source` and `received_at`."""
        newest = self.extract.newest(rows, known.select(key, "received_at"), key)
        self.note(
            len(rows) - len(newest),
            "1 row is older than what is known",
            "{:,} rows are older than what is known",
        )
        return newest.with_columns(
            source=pl.lit(self.delivery.source_name),
            received_at=pl.lit(self.delivery.received).dt.cast_time_unit("us"),
        )

    def absent(self, known: pl.Series, present: pl.Series) -> pl.Series:
        """Which of the known ids a full extract no longer has; that somebody vouched for so many is recorded.

        Raises `Refused` REG013 when they are too many and nobody did.
        """
        gone = self.extract.absent(known, present)
        if self.extract.shrinks(gone, known):
            with self.ledger.write() as connection:
                audit.record(
                    connection,
                    at=self.now,
                    actor=self.delivery.shrink_accepted_by,
                    action="shrink_accepted",
                    controller=self.controller,
                    details={
                        "source": self.delivery.source_name,
                        "file_hash": self.delivery.sha256,
                        "kind": self.delivery.source.kind,
                        "absent": len(gone),
                        "of": len(known),
                    },
                )
        return gone

    def lasting(
        self,
        rows: pl.DataFrame,
        known: pl.DataFrame,
        key: str,
        *,
        columns: Sequence[str],
        present: frozenset[str],
    ) -> pl.DataFrame:
        """The rows, with what is known in those `columns` that the file does not have."""
        kept = [name for name in columns if name not in present]
        before = known.select(key, *(pl.col(name).alias(f"{name}_known") for name in kept))
        joined = rows.join(before, on=key, how="left", maintain_order="left")
        filled = joined.with_columns(pl.coalesce(f"{name}_known", name).alias(name) for name in kept)
        return filled.select(rows.columns)

    def write(self, table: str, *parts: pl.DataFrame, without: pl.DataFrame | None = None) -> None:
        """Upsert rows, with the controller in front, under the delivery's transaction; no rows, no commit.

        The rows `without` are taken away in the same commit; rarely, since the whole table is written for it.
        """
        rows = pl.concat(self._shaped(part, table) for part in parts)
        if without is not None and not without.is_empty():
            keys = list(TABLES[table].keys)
            gone = pl.concat([self._shaped(without, table), rows])
            kept = self.lake.frame(table).join(gone, on=keys, how="anti", nulls_equal=True)
            self.lake.replace(table, pl.concat([kept, rows]), transaction=self.delivery.transaction)
        elif not rows.is_empty():
            self.lake.upsert(table, rows, transaction=self.delivery.transaction)

    def note(self, count: int, one: str, many: str) -> None:
        """Tell of something that was neither refused nor silent; nothing when it did not happen."""
        if count:
            self.notes.append(one if count == 1 else many.format(count))

    def finish(self, rows: Rows, *, accepted: int, people: pl.DataFrame | None = None) -> Imported:
        """Write the quarantine and say what became of the file.

        `people` (`line`, `person_id`) are the owners of rows that were told by more than a customer number.
        """
        numbers = rows.numbers.filter(pl.col("line").is_in(self.rejects.lines.implode()))
        numbered = numbers.with_columns(person_id=self.person_ids(numbers["number"]))
        owners = numbered.select("line", "person_id")
        self.rejects.belong_to(owners if people is None else pl.concat([owners, people]))
        quarantined = self.rejects.write(self.lake, now=self.now)
        left_out = self.rejects.left_out
        self.note(left_out, "1 value left out or masked", "{:,} values left out or masked")
        return Imported(
            file=self.delivery.name,
            kind=self.delivery.source.kind,
            rows=rows.total,
            accepted=accepted,
            quarantined=quarantined,
            notes=tuple(self.notes),
        )

    def _shaped(self, part: pl.DataFrame, table: str) -> pl.DataFrame:
        """The columns of the table that the part has, in the table's types; the others NULL."""
        owned = part.with_columns(controller=pl.lit(self.controller))
        return owned.select(
            (pl.col(name) if name in owned.columns else pl.lit(None)).cast(kind).alias(name)
            for name, kind in TABLES[table].schema.items()
        )

    def _living(self, frame: pl.DataFrame, person: str) -> pl.DataFrame:
        """Without the rows about people who were erased, as far as their number tells."""
        if not self.erased:
            return frame
        gone = self.erased.numbers(self.delivery.key_space, frame[person])
        self.note(
            int(gone.sum()),
            "1 row is about an erased person; it was not taken in",
            "{:,} rows are about erased persons; they were not taken in",
        )
        return frame.filter(~gone)

    def _last_of_each(self, frame: pl.DataFrame, key: Sequence[str]) -> pl.DataFrame:
        keyed = frame.filter(pl.all_horizontal(pl.col(name).is_not_null() for name in key))
        again = keyed.filter(keyed.select(key).is_duplicated()).sort("_line")
        if again.is_empty():
            return frame
        distinct = again.drop("_line").unique()
        last = again.unique(key, keep="last")
        self.note(len(again) - len(distinct), "1 row came twice", "{:,} rows came more than once")
        self.note(
            len(distinct) - len(last),
            "1 row came again with other contents; the last one counts",
            "{:,} rows came again with other contents; the last of each counts",
        )
        dropped = again.join(last, on="_line", how="anti")["_line"]
        return frame.filter(~pl.col("_line").is_in(dropped.implode()))

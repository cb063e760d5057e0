"""Rows and values that were not let in: where they stood, why, and the raw line without identity codes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TYPE_CHECKING

import polars as pl

from campaigns.identifiers import personal_codes
from campaigns.lake.schemas import TABLES
from campaigns.register.deliveries import Delivery
from campaigns.register.raw_lines import raw_lines

if TYPE_CHECKING:
    from campaigns.lake import Writer

MAX_TEXT = 2_000
_UNSHOWN = r"[\p{Cc}\x{FFFD}&&[^\n\t]]"

_ENTRY: dict[str, pl.DataType] = {
    "line": pl.Int64(),
    "reason": pl.String(),
    "message": pl.String(),
    "column": pl.String(),
    "text": pl.String(),
    "person_id": pl.Int64(),
}


class Rejects:
    """Collects what one delivery's rows are refused for.

    An entry either refuses its row (the default) or only leaves a value out and lets the row in. Messages
    name the column and what would be right, never the value.
    """

    def __init__(self, delivery: Delivery, kind: str) -> None:
        self.delivery = delivery
        self.kind = kind
        self._frames: list[pl.DataFrame] = []
        self._refused: list[pl.Series] = []
        self._hidden: set[int] = set()
        self._holds: Callable[[str], bool] | None = None
        self._people = pl.DataFrame(schema={"line": pl.Int64, "person_id": pl.Int64})
        self._theirs = {ours: theirs for theirs, ours in delivery.source.columns.items()}

    def add(
        self,
        line: int,
        code: str,
        message: str,
        column: str = "",
        text: str = "",
        *,
        refuses_row: bool = True,
    ) -> None:
        """One entry; without `text` the raw line is read from the file when the quarantine is written."""
        entry = {"line": [line], "reason": [code], "message": [message], "column": [column]}
        self.add_frame(pl.DataFrame({**entry, "text": [text or None]}), refuses_row=refuses_row)

    def add_frame(self, frame: pl.DataFrame, *, refuses_row: bool = True) -> None:
        """Entries with `line`, `reason`, `message` and, where known, `column`, `text` and `person_id`."""
        if frame.is_empty():
            return
        missing = [
            pl.lit(None, kind).alias(name) for name, kind in _ENTRY.items() if name not in frame.columns
        ]
        entries = frame.with_columns(missing).select(pl.col(name).cast(kind) for name, kind in _ENTRY.items())
        self._frames.append(entries)
        if refuses_row:
            self._refused.append(entries["line"])

    def add_lines(
        self, lines: pl.Series, code: str, message: str, column: str = "", *, refuses_row: bool = True
    ) -> None:
        """The same entry for many lines."""
        frame = pl.DataFrame({"line": lines}).with_columns(
            reason=pl.lit(code), message=pl.lit(message), column=pl.lit(column)
        )
        self.add_frame(frame, refuses_row=refuses_row)

    def hide(self, lines: Iterable[int]) -> None:
        """Keep no raw text of these lines: they hold something that must not come back."""
        self._hidden.update(lines)

    def hide_where(self, holds: Callable[[str], bool]) -> None:
        """Keep no raw text of the lines of which `holds` is true."""
        self._holds = holds

    def belong_to(self, people: pl.DataFrame) -> None:
        """Say whose rows these are (`line`, `person_id`); a line that names several people is nobody's."""
        named = people.drop_nulls().unique()
        self._people = named.filter(named["line"].is_unique())

    @property
    def lines(self) -> pl.Series:
        """The lines that have an entry."""
        return pl.concat([pl.Series("line", [], dtype=pl.Int64), *(frame["line"] for frame in self._frames)])

    @property
    def refused_lines(self) -> pl.Series:
        """The lines whose rows do not go in, each once, ascending."""
        return pl.concat([pl.Series("line", [], dtype=pl.Int64), *self._refused]).unique().sort()

    @property
    def refused(self) -> int:
        """How many rows do not go in."""
        return len(self.refused_lines)

    @property
    def left_out(self) -> int:
        """How many entries only left a value out or masked it."""
        return sum(map(len, self._frames)) - sum(map(len, self._refused))

    def accepted(self, frame: pl.DataFrame, line: str = "_line") -> pl.DataFrame:
        """The rows of the frame that nothing refuses."""
        refused = self.refused_lines
        return frame if refused.is_empty() else frame.filter(~pl.col(line).is_in(refused.implode()))

    def frame(self, now: datetime) -> pl.DataFrame:
        """All entries as rows of the lake table; several columns wrong for one reason on a line make one."""
        if not self._frames:
            return pl.DataFrame(schema=dict(TABLES["quarantine"].schema))
        entries = (
            self._in_their_words(pl.concat(self._frames))
            .join(self._people, on="line", how="left", maintain_order="left", suffix="_named")
            .with_columns(person_id=pl.coalesce("person_id", "person_id_named"))
            .group_by("line", "reason", maintain_order=True)
            .agg(
                pl.col("message").unique(maintain_order=True).str.join(" "),
                pl.col("column").drop_nulls().unique(maintain_order=True).str.join(", "),
                pl.col("text").drop_nulls().first(),
                pl.col("person_id").drop_nulls().first(),
            )
        )
        return (
            entries.with_columns(text=self._texts(entries))
            .with_columns(
                *(pl.lit(value).alias(name) for name, value in self._whole_file().items()),
                file=pl.lit(self.delivery.name),
                received_at=pl.lit(now).dt.cast_time_unit("us"),
            )
            .select(pl.col(name).cast(kind) for name, kind in TABLES["quarantine"].schema.items())
        )

    def write(self, lake: Writer, *, now: datetime) -> int:
        """Put the entries in place of an earlier import's; returns how many rows of the file were refused."""
        frame = self.frame(now)
        mine = [pl.col(name).eq_missing(pl.lit(value)) for name, value in self._whole_file().items()]
        if not lake.frame("quarantine", where=pl.all_horizontal(mine)).is_empty():
            others = lake.frame("quarantine").filter(~pl.all_horizontal(mine))
            lake.replace("quarantine", pl.concat([others, frame]), transaction=self.delivery.transaction)
        elif not frame.is_empty():
            lake.append("quarantine", frame, transaction=self.delivery.transaction)
        return self.refused

    def _whole_file(self) -> dict[str, str]:
        return {
            "controller": self.delivery.source.controller,
            "file_hash": self.delivery.sha256,
            "kind": self.kind,
        }

    def _in_their_words(self, entries: pl.DataFrame) -> pl.DataFrame:
        """The column by the name that it has in the file, so that the sender finds it."""
        told = entries.select("column", "message").unique().filter(pl.col("column").is_in(list(self._theirs)))
        named = told.with_columns(
            theirs=pl.col("column").replace(self._theirs),
            said=pl.Series(
                [
                    message.replace(f"`{column}`", f"`{self._theirs[column]}`")
                    for column, message in told.rows()
                ],
                dtype=pl.String,
            ),
        )
        return (
            entries.join(named, on=["column", "message"], how="left", maintain_order="left")
            .with_columns(column=pl.coalesce("theirs", "column"), message=pl.coalesce("said", "message"))
            .drop("theirs", "said")
        )

    def _texts(self, entries: pl.DataFrame) -> pl.Series:
        """The raw line of each entry, masked first and cut after: a cut could split a code and hide it."""
        wanted = set(entries.filter(pl.col("text").is_null())["line"]) - self._hidden
        found = raw_lines(self.delivery, wanted)
        own = entries["text"].to_list()
        texts = [
            None if line in self._hidden else given or found.get(line)
            for line, given in zip(entries["line"], own, strict=True)
        ]
        if self._holds is not None:
            texts = [None if text and self._holds(text) else text for text in texts]
        found_texts = pl.Series("text", texts, dtype=pl.String)
        bare = found_texts.str.replace_all(_UNSHOWN, "")
        # Signs that are not shown could stand between any two of a code's.
        has_code = personal_codes.flag_series(bare).is_not_null()
        shown = pl.select(pl.when(has_code).then(bare).otherwise(found_texts).alias("text")).to_series()
        return personal_codes.mask_series(shown).str.slice(0, MAX_TEXT).str.replace_all(_UNSHOWN, "\ufffd")


def retain(lake: Writer, *, before: datetime) -> int:
    """Forget the entries received before a time (`retention.quarantine`); returns how many went."""
    return lake.remove("quarantine", outdated(before))


def outdated(before: datetime) -> pl.Expr:
    """Entries whose time is over."""
    return pl.col("received_at") <= before

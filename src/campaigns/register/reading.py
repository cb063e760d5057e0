"""Source files as text columns under our names: `read` is what kinds call.

Everything that comes out is clean text: NFC, single spaces, no control or invisible characters, empty cells
NULL, no personal identity code. Everything that could not be read is in the rejects, with its line.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from campaigns.identifiers import personal_codes
from campaigns.register import csv_exact, csv_fast, csv_header, parquet_files, xlsx_files, xlsx_guard
from campaigns.register.csv_exact import RawTable
from campaigns.register.deliveries import Delivery
from campaigns.register.files import shown
from campaigns.register.headers import Columns, Matching, folded, match
from campaigns.register.limits import MAX_CELL
from campaigns.register.quarantine import Rejects
from campaigns.register.raw_lines import is_parquet, raw_lines

__all__ = ["Columns", "Rows", "header_of", "read", "refuse_faults", "typed_table"]

_UNTIDY = r"[\p{Cc}\p{Cf}]|^\s|\s\s|[^\S ]|\s$"
_NUMBERS: dict[str, pl.DataType] = {"line": pl.Int64(), "number": pl.String()}
_LETTERS_AND_MARKS = r"[^\x00-\x{2FF}]"


@dataclass(frozen=True, kw_only=True, slots=True)
class Rows:
    """What `read` found.

    `frame` has `_line` (Int64: line of the file, for Parquet its row) and text columns under our names: every
    required and optional one (NULL when the file has no such column), then the further ones that the kind
    keeps. Only rows that nothing refused are in it. `present` are the columns that the file really has or the
    source fills. `total` counts all data rows, refused ones too. `keys` are the identities of all
    rows, refused ones included, since a row with a mistake is still in the extract; `numbers` (`line`,
    `number`) are the customer numbers, to tell whose a refused row is. Words of an unreadable line are both.
    """

    frame: pl.DataFrame
    total: int
    present: frozenset[str]
    others: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    keys: pl.Series
    numbers: pl.DataFrame


def header_of(delivery: Delivery) -> list[str]:
    """The column names of the file as they stand. Raises `UserError` REG009 to REG011, REG015 to REG017."""
    if is_parquet(delivery):
        return parquet_files.header(delivery)
    if xlsx_guard.is_workbook(delivery.path):
        return xlsx_files.header(delivery)
    return csv_header.read(delivery)[0]


def typed_table(delivery: Delivery) -> tuple[list[str], RawTable] | None:
    """Header and cells, made text, of Parquet and Excel files; None for a file that is text itself."""
    if is_parquet(delivery):
        return parquet_files.read(delivery)
    return xlsx_files.read(delivery) if xlsx_guard.is_workbook(delivery.path) else None


def read(delivery: Delivery, columns: Columns, rejects: Rejects) -> Rows:
    """Read one file. Raises `UserError` when nothing of it can be used."""
    table = typed_table(delivery)
    if table is not None:
        header, raw = table
    else:
        header, dialect = csv_header.read(delivery)
        reader = csv_fast if csv_fast.reads(dialect) else csv_exact
        raw = reader.read(delivery.path, dialect)
    matching = match(header, delivery, columns)
    frame = _without_empty_rows(raw.frame)
    total = len(frame) + len(raw.faults)
    refuse_faults(raw, rejects)
    frame = _without_second_headers(_chosen(frame, matching, columns), header, matching, rejects)
    _refuse_large(frame, rejects)
    frame = _tidy(frame)
    frame = _without_codes(frame, columns, rejects)
    frame = _mapped(frame, delivery, columns)
    words = _words(delivery, raw)
    identities = [frame[name].alias("key") for name in columns.identity if name in frame.columns]
    return Rows(
        frame=rejects.accepted(frame),
        total=total,
        present=frozenset(matching.positions) | frozenset(delivery.source.defaults),
        others=tuple(matching.others),
        notes=_notes(matching),
        keys=pl.concat([*identities, words["number"].alias("key")]).drop_nulls().unique().sort(),
        numbers=pl.concat(
            [words, frame.select(line="_line", number=columns.person)] if columns.person else [words]
        ),
    )


def _without_empty_rows(frame: pl.DataFrame) -> pl.DataFrame:
    """Rows of nothing but delimiters are what spreadsheets leave behind."""
    first, *others = (~pl.col(name).str.contains(r"\S") for name in _texts(frame))
    # Most rows have a first cell, which saves looking at all the others.
    empty = frame.filter(first).filter(pl.all_horizontal(pl.lit(value=True), *others))["_line"]
    return frame if empty.is_empty() else frame.filter(~pl.col("_line").is_in(empty.implode()))


def _chosen(frame: pl.DataFrame, matching: Matching, columns: Columns) -> pl.DataFrame:
    found = {**matching.positions, **matching.others}
    absent = [name for name in columns.names if name not in found]
    return frame.select(
        "_line",
        *(pl.col(f"c{found[name]}").alias(name) for name in columns.names if name in found),
        *(pl.lit(None, pl.String).alias(name) for name in absent),
        *(pl.col(f"c{at}").alias(name) for name, at in matching.others.items()),
    )


def refuse_faults(raw: RawTable, rejects: Rejects) -> None:
    """Refuse the lines that are no rows."""
    if raw.faults:
        rejects.add_frame(
            pl.DataFrame(
                {
                    "line": [fault.line for fault in raw.faults],
                    "reason": [fault.code for fault in raw.faults],
                    "message": [fault.message for fault in raw.faults],
                }
            )
        )


def _words(delivery: Delivery, raw: RawTable) -> pl.DataFrame:
    """The words of unreadable lines: one of them may be the key of a row that must not count as absent."""
    texts = raw_lines(delivery, {fault.line for fault in raw.faults})
    frame = pl.DataFrame({"line": list(texts), "number": list(texts.values())}, schema=_NUMBERS)
    words = pl.col("number").str.extract_all(r"[^;,\t|\"\x00-\x1f]+")
    return frame.with_columns(words).explode("number").with_columns(pl.col("number").str.strip_chars())


def _without_second_headers(
    frame: pl.DataFrame, header: Sequence[str], matching: Matching, rejects: Rejects
) -> pl.DataFrame:
    """Files glued together bring their header along: a line of column names is no row."""
    first, *others = (
        pl.col(name).str.strip_chars().str.to_lowercase() == folded(header[at]).lower()
        for name, at in matching.positions.items()
    )
    again = frame.filter(first).filter(pl.all_horizontal(pl.lit(value=True), *others))["_line"]
    rejects.add_lines(again, "REG105", "the header stands here again; the line is no row.")
    return frame if again.is_empty() else frame.filter(~pl.col("_line").is_in(again.implode()))


def _refuse_large(frame: pl.DataFrame, rejects: Rejects) -> None:
    for name in _texts(frame):
        suspects = frame.filter(pl.col(name).str.len_bytes() > MAX_CELL)
        lines = suspects.filter(pl.col(name).str.len_chars() > MAX_CELL)["_line"]
        rejects.add_lines(lines, "REG100", f"`{name}` is longer than {MAX_CELL:,} characters.", name)


def _tidy(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(tidy_series(frame[name]) for name in _texts(frame))


def tidy_series(texts: pl.Series) -> pl.Series:
    """NFC, single spaces, nothing invisible, empty is NULL."""
    if texts.str.contains(_LETTERS_AND_MARKS).any():
        texts = texts.str.normalize("NFC")
    if texts.str.contains(_UNTIDY).any():
        spaced = texts.str.replace_all(r"\s+", " ")
        texts = spaced.str.replace_all(r"[\p{Cc}\p{Cf}]", "").str.strip_chars()
    return pl.select(pl.when(texts != "").then(texts).alias(texts.name)).to_series()


def _without_codes(frame: pl.DataFrame, columns: Columns, rejects: Rejects) -> pl.DataFrame:
    """Refuse rows with a personal identity code; mask what only looks like one."""
    masked = []
    for name in _texts(frame):
        flags = personal_codes.flag_series(frame[name])
        if flags.null_count() == len(flags):
            continue
        certain, suspect = (
            frame.filter(flags == "certain")["_line"],
            frame.filter(flags == "suspect")["_line"],
        )
        rejects.add_lines(
            certain, "REG110", f"`{name}` holds a personal identity code; such a row is not taken in.", name
        )
        in_key = name in columns.keys
        rejects.add_lines(
            suspect,
            "REG111",
            f"`{name}` holds what looks like a personal identity code; it was masked.",
            name,
            refuses_row=in_key,
        )
        masked.append(personal_codes.mask_series(frame[name]))
    return frame.with_columns(masked)


def _mapped(frame: pl.DataFrame, delivery: Delivery, columns: Columns) -> pl.DataFrame:
    """Their words to ours by `values:`, then `defaults:` where there is nothing."""
    source = delivery.source
    changes = {}
    for name, words in source.values.items():
        if name in columns.names and words:
            ours = {
                unicodedata.normalize("NFC", theirs).strip().lower(): word for theirs, word in words.items()
            }
            folded_cells = pl.col(name).str.to_lowercase()
            changes[name] = folded_cells.replace_strict(ours, default=pl.col(name), return_dtype=pl.String)
    frame = frame.with_columns(**changes)
    filled = {
        name: pl.col(name).fill_null(pl.lit(word))
        for name, word in source.defaults.items()
        if name in columns.names
    }
    return frame.with_columns(**filled)


def _texts(frame: pl.DataFrame) -> list[str]:
    return [name for name in frame.columns if name != "_line"]


def _notes(matching: Matching) -> tuple[str, ...]:
    """The header was recognised, so these are names of columns and nobody's data."""
    found = (("columns that are not there", matching.absent), ("columns not used", matching.ignored))
    return tuple(f"{words}: {_listed(names)}" for words, names in found if names)


def _listed(names: Sequence[str]) -> str:
    listed = ", ".join(f"`{shown(name, longest=40)}`" for name in names[:8])
    return f"{listed}{', …' if len(names) > 8 else ''}"

"""Frames at the border of the lake: into the form of a table, and out of its Parquet files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from campaigns.lake.schemas import Table, empty

Lost = Callable[[str, str], Exception]  # makes the error from a table's name and what happened to it


class WrongFrame(TypeError):
    """A room handed over a frame that does not fit its table: a fault of the program, not of the data."""


def order_of(table: Table) -> tuple[str, ...]:
    """The columns by which rows lie in the files and come out of them: partitions first, then keys."""
    return (*table.partition_by, *(key for key in table.keys if key not in table.partition_by))


def conform(frame: pl.DataFrame, table: Table) -> pl.DataFrame:
    """The frame with the table's columns and types, sorted; columns that are missing become NULL.

    Raises:
        WrongFrame: a column is unknown, a value does not fit its type, or two rows have the same keys.
    """
    unknown = [column for column in frame.columns if column not in table.schema]
    if unknown:
        raise WrongFrame(f"{table.name} has no column {', '.join(unknown)}")
    try:
        shaped = frame.select(
            (pl.col(name) if name in frame.columns else pl.lit(None)).cast(kind).alias(name)
            for name, kind in table.schema.items()
        )
    except pl.exceptions.PolarsError as error:
        # the text of a cast error quotes values
        raise WrongFrame(f"a value does not fit {table.name}: {type(error).__name__}") from None
    shaped = shaped.sort(order_of(table), maintain_order=True)
    if has_twins(shaped, table):
        raise WrongFrame(f"two rows for {table.name} have the same {', '.join(table.keys)}")
    return shaped


def has_twins(ordered: pl.DataFrame, table: Table) -> bool:
    """Whether two neighbours of a sorted frame have the same keys."""
    same = pl.all_horizontal(pl.col(key).eq_missing(pl.col(key).shift(1)) for key in table.keys)
    return bool(ordered.select(same.slice(1).any()).item()) if len(ordered) > 1 else False


def parts(frame: pl.DataFrame, table: Table) -> list[pl.DataFrame]:
    """The frame in pieces, one a partition; nothing when it is empty."""
    if frame.is_empty():
        return []
    if not table.partition_by or _has_one_value(frame.select(table.partition_by)):
        return [frame]  # dividing it would copy it row by row
    return frame.partition_by(table.partition_by, maintain_order=True)


def _has_one_value(frame: pl.DataFrame) -> bool:
    return all(frame.select((pl.all() == pl.all().first()).all()).row(0))


def within(paths: Sequence[Path], table: Table, frame: pl.DataFrame) -> list[Path]:
    """Those of the table's files that lie in a partition of the frame's rows."""
    return inside(paths, {name: frame[name].unique().to_list() for name in table.partition_by})


def inside(paths: Sequence[Path], partitions: Mapping[str, Sequence[str]]) -> list[Path]:
    """Those files that lie in these partitions."""
    wanted = [{f"{name}={value}" for value in values} for name, values in partitions.items()]
    return [path for path in paths if all(not names.isdisjoint(path.parts) for names in wanted)]


def partition_of(path: Path, name: str) -> str:
    """The value of a table's one partition column that a file lies in."""
    return path.parent.name.removeprefix(f"{name}=")


def by_partition(paths: Iterable[Path], name: str) -> dict[str, list[Path]]:
    """Files by the value of that column, ascending."""
    found: dict[str, list[Path]] = {}
    for path in paths:
        found.setdefault(partition_of(path, name), []).append(path)
    return dict(sorted(found.items()))


def read(
    paths: Sequence[Path],
    table: Table,
    *,
    columns: Sequence[str] | None = None,
    where: pl.Expr | None = None,
    lost: Lost,
) -> pl.DataFrame:
    """The files as one frame, rows in the order of partitions and keys; `lost` makes the error."""
    wanted = list(table.schema) if columns is None else list(columns)
    if not paths:
        return empty(table.name).select(wanted)
    lazy = _scan(paths, table)
    if where is not None:
        lazy = lazy.filter(where)
    order = order_of(table)
    ordered = len({path.parent for path in paths}) == len(paths)  # one sorted file a partition
    needed = wanted if ordered else list(dict.fromkeys([*wanted, *order]))
    frame = _collect(lazy.select(needed), table, lost)
    return (frame if ordered else frame.sort(order)).select(wanted)


def greatest(paths: Sequence[Path], table: Table, column: str, *, lost: Lost) -> Any:
    """The greatest value of a column; None without rows."""
    if not paths:
        return None
    return _collect(_scan(paths, table).select(pl.col(column).max()), table, lost).item()


def _collect(lazy: pl.LazyFrame, table: Table, lost: Lost) -> pl.DataFrame:
    try:
        return lazy.collect()
    except (pl.exceptions.PolarsError, OSError):
        raise lost(table.name, "a file cannot be read") from None


def _scan(paths: Sequence[Path], table: Table) -> pl.LazyFrame:
    partitions = {name: table.schema[name] for name in table.partition_by}
    return pl.scan_parquet(
        list(paths),
        glob=False,
        schema={name: kind for name, kind in table.schema.items() if name not in partitions},
        missing_columns="insert",
        extra_columns="ignore",
        hive_partitioning=bool(partitions),
        hive_schema=partitions or None,
    )

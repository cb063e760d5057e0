"""What a table of the lake is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

Schema = Mapping[str, pl.DataType]

TEXT, DAY, WHEN = pl.String(), pl.Date(), pl.Datetime("us", "UTC")
ID, INT, SMALL, TINY, YES = pl.Int64(), pl.Int32(), pl.Int16(), pl.Int8(), pl.Boolean()
NUMBER = pl.Float64()


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """One Delta table. `keys` are unique together; `statistics` are the only columns with file statistics."""

    name: str
    schema: Schema = field(repr=False)
    keys: tuple[str, ...]
    statistics: tuple[str, ...] = ("controller",)
    partition_by: tuple[str, ...] = ()
    personal: bool = False  # has a person_id, so erasure deletes from it


def table(name: str, keys: tuple[str, ...], schema: dict[str, pl.DataType], **more: object) -> Table:
    """A table of these columns after `controller`, which starts its keys too."""
    columns: Schema = {"controller": TEXT, **schema}
    return Table(name=name, keys=("controller", *keys), schema=columns, **more)  # type: ignore[arg-type]  # forwarded

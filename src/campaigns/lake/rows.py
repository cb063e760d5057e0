"""What can be read of the lake whether it is being changed or not: by a snapshot, or by the writer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import polars as pl


class Rows(Protocol):
    """The tables of the lake to read: a snapshot, or the writer that changes them."""

    def files(self, table: str) -> tuple[Path, ...]:
        """The Parquet files of a table."""

    def frame(self, table: str, columns: Sequence[str] | None = None) -> pl.DataFrame:
        """A table."""

    def rows_in(
        self,
        table: str,
        paths: Sequence[Path],
        columns: Sequence[str] | None = None,
        *,
        where: pl.Expr | None = None,
    ) -> pl.DataFrame:
        """The rows of some of its files; `where` keeps some of them."""

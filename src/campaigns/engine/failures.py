"""DuckDB's errors in our words: its texts quote data, ours never do."""

from __future__ import annotations

import re

import duckdb

from campaigns import errors

# These speak of the query, not of rows. The rest (conversion, out of range, invalid input) quote values.
_ABOUT_THE_QUERY = (duckdb.BinderException, duckdb.CatalogException, duckdb.ParserException)
_QUOTED = re.compile(r"'[^']*'")


def translate(error: duckdb.Error) -> errors.UserError:
    """The error to raise in its place, without a cause."""
    if isinstance(error, duckdb.InterruptException):
        return errors.UserError("ENG003", "The query took too long and was stopped.", hint="Ask for less.")
    if isinstance(error, duckdb.OutOfMemoryException):
        return errors.UserError(
            "ENG004",
            "The query needs more memory than it may have.",
            hint="Ask for fewer rows or columns, or aggregate first.",
        )
    if isinstance(error, duckdb.PermissionException):
        return errors.Refused("ENG005", "The query reaches outside the lake, which is not allowed.")
    if isinstance(error, _ABOUT_THE_QUERY):
        return errors.UserError("ENG002", f"The query cannot be run: {_first_line(error)}")
    return errors.UserError("ENG006", "A value in the data does not fit what the query does with it.")


def _first_line(error: duckdb.Error) -> str:
    return _QUOTED.sub("'…'", str(error).partition("\n")[0])

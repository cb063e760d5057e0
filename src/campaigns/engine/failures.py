"""DuckDB's errors in our words: its texts quote data, ours never do."""

from __future__ import annotations

import re

from campaigns import errors

# These speak of the query, not of rows.
_ABOUT_THE_QUERY = frozenset({"Parser Error", "Binder Error", "Catalog Error"})
# These come from values, with the files as they were written; any other may come from a broken file.
_ABOUT_VALUES = frozenset({"Conversion Error", "Out of Range Error"})
_ABOUT_LIMITS = frozenset({"INTERRUPT Error", "Out of Memory Error"})
_LITERAL = re.compile(r"'[^']*'")
_PARAMETERS = (
    "Invalid Input Error: Parameter argument/count mismatch",
    "Invalid Input Error: Values were not provided for",
)


def kind_of(error: Exception) -> str:
    """DuckDB's own word for the kind, such as `Conversion Error`, also when polars was reading the rows."""
    return _text(error).partition(":")[0]


def may_be_a_file(error: Exception) -> bool:
    """Whether the error could come from a file that is missing or broken.

    A missing file is no longer one of the allowed paths, so that DuckDB speaks of permission.
    """
    kind = kind_of(error)
    known = _ABOUT_THE_QUERY | _ABOUT_VALUES | _ABOUT_LIMITS
    return kind not in known and not _text(error).startswith(_PARAMETERS)


def translate(error: Exception) -> errors.UserError:
    """The error to raise in its place, without a cause."""
    kind = kind_of(error)
    if kind == "INTERRUPT Error":
        return errors.UserError("ENG003", "The query took too long and was stopped.", hint="Ask for less.")
    if kind == "Out of Memory Error":
        return errors.UserError(
            "ENG004",
            "The query needs more memory than it may have.",
            hint="Ask for fewer rows or columns, or aggregate first.",
        )
    if kind == "Permission Error":
        return errors.Refused("ENG005", "The query reaches outside the lake, which is not allowed.")
    if kind in _ABOUT_THE_QUERY or _text(error).startswith(_PARAMETERS):
        return errors.UserError("ENG002", f"The query cannot be run: {harmless(_text(error))}")
    return errors.UserError("ENG006", "A value in the data does not fit what the query does with it.")


def _text(error: Exception) -> str:
    return str(error).removeprefix("got external error: ")


def harmless(text: str) -> str:
    """The first line of an error about a query, without literals and identity codes."""
    from campaigns.identifiers.personal_codes import mask  # only when something failed

    return mask(_LITERAL.sub("'…'", text.partition("\n")[0]))

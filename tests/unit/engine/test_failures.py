"""No text of DuckDB that holds data reaches anybody: threats.md section 0, item 5."""

import duckdb
import polars as pl
import pytest

from campaigns import errors
from campaigns.engine.failures import may_be_a_file, translate

CODE = "010190-123A"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (
            duckdb.ConversionException(f"Conversion Error: Could not convert string '{CODE}' to INT32"),
            "ENG006",
        ),
        (duckdb.InvalidInputException(f"Invalid Input Error: bad value {CODE}"), "ENG006"),
        (duckdb.BinderException(f"Binder Error: No function matches '{CODE}'\n\nLINE 1: '{CODE}'"), "ENG002"),
        (duckdb.ParserException(f'Parser Error: syntax error at or near "{CODE}"'), "ENG002"),
        (duckdb.CatalogException("Catalog Error: Table with name x does not exist!"), "ENG002"),
        (duckdb.InterruptException("INTERRUPT Error: Interrupted!"), "ENG003"),
        (pl.exceptions.ComputeError("got external error: INTERRUPT Error: Interrupted!"), "ENG003"),
        (duckdb.OutOfMemoryException("Out of Memory Error: could not allocate"), "ENG004"),
        (duckdb.PermissionException("Permission Error: Cannot access file"), "ENG005"),
        (pl.exceptions.ComputeError(f"got external error: Conversion Error: '{CODE}'"), "ENG006"),
    ],
)
def test_codes_and_no_data(error: Exception, code: str) -> None:
    found = translate(error)
    assert found.mistake.code == code
    assert CODE not in str(found)


def test_what_is_left_of_a_text_about_the_query_helps() -> None:
    error = duckdb.BinderException(
        'Binder Error: Referenced column "nmae" not found in FROM clause!\nLINE 1: x'
    )
    assert '"nmae" not found' in str(translate(error))


def test_reaching_outside_is_refused() -> None:
    assert isinstance(translate(duckdb.PermissionException("Permission Error: x")), errors.Refused)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("IO Error: Cannot open file", True),
        ("Invalid Input Error: No magic bytes found at end of file", True),
        ("Invalid Input Error: Parameter argument/count mismatch", False),
        ("Permission Error: Cannot access file", True),
        ("Conversion Error: x", False),
        ("INTERRUPT Error: x", False),
    ],
)
def test_which_errors_make_us_look_at_the_files(text: str, expected: bool) -> None:
    assert may_be_a_file(duckdb.Error(text)) is expected

"""The first line of a CSV file: its column names, and how the file is written."""

from __future__ import annotations

from campaigns.errors import UserError
from campaigns.register import xlsx_guard
from campaigns.register.csv_exact import Dialect, split
from campaigns.register.deliveries import Delivery
from campaigns.register.limits import MAX_COLUMNS, MAX_LINE
from campaigns.register.raw_lines import is_parquet, physical_lines

DELIMITERS = ";,\t|"


def read(delivery: Delivery) -> tuple[list[str], Dialect]:
    """The column names, and how the file is written. Raises `UserError` REG006, REG009, REG010."""
    line, number = _first_line(delivery)
    if line.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in line:
        raise UserError(
            "REG009",
            f"{delivery.name} is not UTF-8 text (it looks like UTF-16 or a binary file).",
            hint="save it as CSV UTF-8",
        )
    if len(line) > MAX_LINE:
        raise UserError("REG010", f"the first line of {delivery.name} is longer than {MAX_LINE:,} bytes.")
    encoding = delivery.source.encoding
    try:
        text = line.removeprefix(b"\xef\xbb\xbf").decode(encoding).rstrip("\r\n")
    except (UnicodeDecodeError, LookupError):
        raise UserError(
            "REG009",
            f"the header of {delivery.name} is not {encoding} text.",
            hint="save the file as CSV UTF-8, or give the source its `encoding:`",
        ) from None
    delimiter = _delimiter(delivery, text)
    header = split(text, delimiter)
    if header is None:
        raise UserError("REG010", f"the header of {delivery.name} has a quote that is not closed.")
    if len(header) > MAX_COLUMNS:
        raise UserError("REG010", f"{delivery.name} has more than {MAX_COLUMNS} columns.")
    return header, Dialect(delimiter=delimiter, encoding=encoding, width=len(header), header_line=number)


def delimiter_of(delivery: Delivery) -> str:
    """What divides the cells of a line; `;` for a file that is no text."""
    if is_parquet(delivery) or xlsx_guard.is_workbook(delivery.path):
        return ";"
    return read(delivery)[1].delimiter


def _first_line(delivery: Delivery) -> tuple[bytes, int]:
    with delivery.path.open("rb") as stream:
        for number, line in enumerate(physical_lines(stream), start=1):
            if line.removeprefix(b"\xef\xbb\xbf").strip():
                return line, number
    raise UserError("REG010", f"{delivery.name} is empty.", hint="a source file starts with a header line")


def _delimiter(delivery: Delivery, header: str) -> str:
    """The source's own, else the one that the header line has most of."""
    given = {"tab": "\t", "\\t": "\t"}.get(delivery.source.delimiter, delivery.source.delimiter)
    if given:
        if len(given) != 1 or not given.isascii() or given in '"\r\n':
            raise UserError(
                "REG006", f"the `delimiter:` of source `{delivery.source_name}` must be one character."
            )
        return given
    return max(DELIMITERS, key=header.count)

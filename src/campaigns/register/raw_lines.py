"""The text of single lines of a delivery, for the quarantine."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import BinaryIO

from campaigns.register import xlsx_cells, xlsx_guard
from campaigns.register.deliveries import Delivery
from campaigns.register.limits import MAX_LINE

_SHOWN = 4_000  # characters that masking looks at; the quarantine keeps fewer


def raw_lines(delivery: Delivery, wanted: Collection[int]) -> dict[int, str]:
    """The wanted lines (numbered from 1) as text; nothing for Parquet, which has no lines."""
    if not wanted or is_parquet(delivery):
        return {}
    if xlsx_guard.is_workbook(delivery.path):
        rows = xlsx_cells.rows(delivery.path, delivery.source.sheet, name=delivery.name)
        return {row.line: ";".join(row.cells)[:_SHOWN] for row in rows if row.line in wanted}
    found, last = {}, max(wanted)
    with delivery.path.open("rb") as stream:
        for number, line in enumerate(physical_lines(stream), start=1):
            if number in wanted:
                found[number] = (
                    line[:_SHOWN].decode(delivery.source.encoding, errors="replace").rstrip("\r\n")
                )
            if number >= last:
                break
    return found


def is_parquet(delivery: Delivery) -> bool:
    """Whether the file says that it is Parquet."""
    with delivery.path.open("rb") as stream:
        return stream.read(4) == b"PAR1"


def physical_lines(stream: BinaryIO) -> Iterator[bytes]:
    """Lines with their line feed; of one that is too long only the first `MAX_LINE + 1` bytes."""
    while line := stream.readline(MAX_LINE + 1):
        yield line
        rest = line
        while len(rest) > MAX_LINE and not rest.endswith(b"\n"):
            rest = stream.readline(MAX_LINE + 1)

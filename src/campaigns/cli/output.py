"""What commands print: data on stdout, talk on stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any, Protocol

Tick = Callable[[int, int | None], None]


def say(text: str = "") -> None:
    """A line of data on stdout."""
    sys.stdout.write(f"{without_codes(text)}\n")


def talk(text: str) -> None:
    """A line for the person at the terminal, on stderr."""
    sys.stderr.write(f"{without_codes(text)}\n")


def without_codes(text: str) -> str:
    """The text as it may be shown: a personal identity code, wherever somebody typed it, is masked."""
    from campaigns.identifiers import personal_codes

    return personal_codes.mask(text) if personal_codes.contains_certain(text) else text


def as_json(document: Any) -> None:
    """One JSON document on stdout."""
    say(json.dumps(document, ensure_ascii=False, indent=2, default=_plain))


class Shown(Protocol):
    """What a command found: it prints as text, and has stable keys for JSON."""

    def as_json(self) -> Any:
        """The keys that `--json` promises."""


def tell(found: Shown, *, json: bool) -> None:
    """On stdout, as one JSON document or as text."""
    if json:
        as_json(found.as_json())
    else:
        say(str(found))


def _plain(value: object) -> object:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value)


def table(rows: Iterable[Sequence[object]], *, head: Sequence[str] = ()) -> str:
    """Rows as aligned columns; numbers to the right."""
    cells = [[_cell(value) for value in row] for row in rows]
    numeric = [
        all(_is_number(row[place]) for row in cells if place < len(row) and row[place])
        for place in range(max((len(row) for row in cells), default=0))
    ]
    lines = [list(head), *cells] if head else cells
    widths = [max(len(row[place]) for row in lines if place < len(row)) for place in range(len(numeric))]
    return "\n".join(
        "  ".join(
            text.rjust(widths[place]) if numeric[place] else text.ljust(widths[place])
            for place, text in enumerate(row)
        ).rstrip()
        for row in lines
    )


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}".replace(",", " ")
    return str(value)


def _is_number(text: str) -> bool:
    return text.replace(" ", "").replace("<", "").lstrip("-").isdigit()


@contextmanager
def progress(label: str) -> Iterator[Tick]:
    """A progress line on a terminal; nothing in a pipe. Call it with (done, total)."""
    if not sys.stderr.isatty():
        yield _silent
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(label, total=None)

        def tick(done: int, total: int | None) -> None:
            bar.update(task, completed=done, total=total)

        yield tick


def _silent(_done: int, _total: int | None) -> None:
    """In a pipe there is nobody to tell."""

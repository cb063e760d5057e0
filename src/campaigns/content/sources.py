"""The files of a template: which names they may have, how they are read, and where a mistake in them stands.

Nothing is read but plain files inside the templates folder whose names fit a pattern: no `..`, no symbolic
links, no names with anything but lower-case letters, digits and `_`.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from campaigns.errors import Mistake, Mistakes
from campaigns.settings.documents import Mark, Scalar

MAX_CHARACTERS = 100_000  # of one file: a mail client cuts messages off at 102 kB
LAYOUT = "layout"

NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
_FILE = re.compile(r"[a-z][a-z0-9_]{0,62}(\.[a-z]{2})?\.(html|txt|yml)")
# Controls but tab and line feed, line separators, and the private characters that stand for constructs.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ue000-\uf8ff\ufeff]")


@dataclass(frozen=True, kw_only=True, slots=True)
class Piece:
    """Template text and the place it comes from: a file, or one value of `message.yml`."""

    file: str
    text: str
    first_line: int = 1
    first_column: int = 1  # of the first line; later lines start at 1

    def mistake(
        self, code: str, message: str, hint: str = "", *, line: int = 1, column: int = 1, length: int = 1
    ) -> Mistake:
        """A mistake at a line and column of this text."""
        lines = self.text.split("\n")
        shift = self.first_column - 1 if line == 1 else 0
        shown = lines[line - 1] if line <= len(lines) else ""
        return Mistake(
            code=code,
            message=message,
            file=self.file,
            line=self.first_line + line - 1,
            column=column + shift,
            length=length,
            hint=hint,
            source=" " * shift + shown,
        )

    def find(self, line: int, word: str) -> tuple[int, int]:
        """(column, length) of a word on a line; the start of the line when it is not there."""
        lines = self.text.split("\n")
        shown = lines[line - 1] if line <= len(lines) else ""
        found = re.search(rf"(?<![\w.]){re.escape(word)}(?!\w)", shown) if word else None
        return (found.start() + 1, len(word)) if found else (1, max(1, len(shown)))


def of_value(scalar: Scalar) -> Piece:
    """A text of `message.yml` as template text."""
    mark: Mark = scalar.mark
    one_line = "\n" not in scalar.text and mark.source.line(mark.line).find(scalar.text) >= 0
    column = mark.source.line(mark.line).find(scalar.text, mark.column - 1) + 1 if one_line else mark.column
    return Piece(
        file=mark.source.name,
        text=scalar.text,
        first_line=mark.line,
        first_column=max(1, column),
    )


class Folder:
    """The templates folder. `shown` is how messages name it."""

    def __init__(self, path: Path, shown: str = "templates") -> None:
        self.path = path
        self.shown = shown

    def names(self) -> list[str]:
        """The templates, by name."""
        folders = [entry.name for entry in self._entries(self.path) if entry.is_dir()]
        return [name for name in folders if NAME.fullmatch(name) and name != LAYOUT]

    def has(self, name: str) -> bool:
        """Whether that file is there."""
        return (self.path / name).is_file()

    def read(self, name: str) -> Piece:
        """One file such as `newsletter/fi.html`. Raises `Mistakes` (TPL004, TPL005)."""
        shown = f"{self.shown}/{printable(name)}"
        template, _, file = name.partition("/")
        if not NAME.fullmatch(template) or not _FILE.fullmatch(file):
            raise Mistakes([Mistake(code="TPL004", file=shown, message="no template file is called so.")])
        try:
            raw = self._bytes(template, file)
            text = raw.decode("utf-8").replace("\r\n", "\n")
        except FileNotFoundError:
            raise Mistakes([Mistake(code="TPL005", file=shown, message="there is no such file.")]) from None
        except (OSError, UnicodeDecodeError):
            raise Mistakes(
                [
                    Mistake(
                        code="TPL005",
                        file=shown,
                        message="cannot be read: templates are plain files of UTF-8 text, and no links.",
                    )
                ]
            ) from None
        piece = Piece(file=shown, text=text)
        if mistakes := list(_unreadable(piece)):
            raise Mistakes(mistakes)
        return piece

    def strangers(self) -> Iterator[Mistake]:
        """Folders and files that no template can have."""
        for entry in self._entries(self.path):
            where = f"{self.shown}/{printable(entry.name)}"
            if entry.is_symlink() or not entry.is_dir() or not NAME.fullmatch(entry.name):
                yield _stranger(where, "a template is a folder named with lower-case letters, digits and _")
                continue
            for file in self._entries(entry):
                if file.is_symlink() or not file.is_file() or not _FILE.fullmatch(file.name):
                    yield _stranger(
                        f"{where}/{printable(file.name)}",
                        "its files are named like message.yml, fi.html, fi.txt",
                    )

    def _bytes(self, template: str, file: str) -> bytes:
        """Read through descriptors, so that no link on the way is followed."""
        folder = os.open(self.path / template, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
        finally:
            os.close(folder)
        with os.fdopen(descriptor, "rb") as opened:
            if not stat.S_ISREG(os.fstat(opened.fileno()).st_mode):
                raise OSError("not a file")
            return opened.read(4 * MAX_CHARACTERS + 1)

    @staticmethod
    def _entries(folder: Path) -> list[Path]:
        if not folder.is_dir():
            return []
        return sorted(entry for entry in folder.iterdir() if not entry.name.startswith("."))


def printable(name: str) -> str:
    """A name of a file as one line that a terminal shows and does not obey."""
    return name if name.isprintable() else ascii(name)[1:-1]


def _stranger(where: str, hint: str) -> Mistake:
    return Mistake(code="TPL004", file=where, message="this cannot be part of a template.", hint=hint)


def _unreadable(piece: Piece) -> Iterator[Mistake]:
    if len(piece.text) > MAX_CHARACTERS:
        yield Mistake(
            code="TPL005", file=piece.file, message=f"the file has more than {MAX_CHARACTERS:,} characters."
        )
        return
    for number, line in enumerate(piece.text.split("\n"), start=1):
        if found := _CONTROL.search(line):
            yield piece.mistake(
                "TPL005",
                f"the character U+{ord(found.group()):04X} is not allowed.",
                "delete it",
                line=number,
                column=found.start() + 1,
            )

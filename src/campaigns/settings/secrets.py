"""Secrets come from the environment or a file named there, never from `campaigns.yml` or the command line."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path

from campaigns.errors import UserError


@dataclass(frozen=True, slots=True)
class Secret:
    """A value that prints as stars, wherever it is printed."""

    _value: str = field(repr=False)

    def reveal(self) -> str:
        """The value itself, for the one call that needs it."""
        return self._value

    def __repr__(self) -> str:
        return "Secret('***')"

    def __str__(self) -> str:
        return "***"


def secret(name: str) -> Secret | None:
    """The secret `CAMPAIGNS_<NAME>`, or the content of the file that `CAMPAIGNS_<NAME>_FILE` names.

    Raises `UserError` when the file cannot be read or others may read it.
    """
    variable = f"CAMPAIGNS_{name.upper()}"
    if value := os.environ.get(variable):
        return Secret(value)
    if file := os.environ.get(f"{variable}_FILE"):
        return Secret(_content(Path(file), variable))
    return None


def _content(file: Path, variable: str) -> str:
    try:
        if stat.S_IMODE(file.stat().st_mode) & 0o077:
            raise UserError(
                "CFG012",
                f"the file that {variable}_FILE names can be read by others.",
                hint=f"chmod 600 {file}",
            )
        return file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise UserError("CFG012", f"the file that {variable}_FILE names cannot be read.") from None

"""Every error that campaigns raises on purpose.

CampaignsError                exit 2
├── UserError                 one mistake, at a place                exit 2
├── Mistakes                  several of them, found in one run      exit 2 (`check`: 1)
├── NotFound                  a name that does not exist             exit 2
├── Refused                   a rule forbids it (approval, register, stale plan)  exit 2
├── Busy                      somebody else holds the lock           exit 75
├── DataDamaged               a lake or ledger file is missing or broken          exit 2
└── DeliveryError             a channel could not do its work
    ├── TerminalFailure       this message will never be accepted
    ├── TransientFailure      try this message again later
    ├── OutcomeUnknown        it may or may not have been accepted: never retried
    └── ChannelStopped        the whole channel must stop (authentication, policy)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True, slots=True)
class Mistake:
    """One thing that is wrong in something a person wrote, and what would be right.

    `line` and `column` count from 1; `length` is how many characters the caret line marks. A warning is told
    like the others, and stops nothing.
    """

    code: str
    message: str
    file: str = ""
    line: int | None = None
    column: int | None = None
    length: int = 1
    hint: str = ""
    source: str = ""
    is_warning: bool = False

    @property
    def place(self) -> str:
        """`file:line:column`, as far as it is known."""
        return ":".join(str(part) for part in (self.file, self.line, self.column) if part not in ("", None))

    def __str__(self) -> str:
        head = f"{self.place}: {self.code} {self.message}" if self.place else f"{self.code} {self.message}"
        lines = [head]
        if self.source and self.line is not None and self.column is not None:
            lines.append(f"{self.line:>5} | {self.source}")
            lines.append(f"{'':>5} | {' ' * (self.column - 1)}{'^' * max(1, self.length)}")
        lines.extend(f"      {hint}" for hint in self.hint.splitlines())
        return "\n".join(lines)

    def as_json(self) -> dict[str, str | int | None]:
        """The keys that `check --json` promises; `level` is `mistake` or `warning`."""
        return {
            "file": self.file,
            "line": self.line,
            "column": self.column,
            "code": self.code,
            "message": self.message,
            "hint": self.hint,
            "level": "warning" if self.is_warning else "mistake",
        }


class CampaignsError(Exception):
    """The base of every error that campaigns raises on purpose."""

    exit_code = 2


class UserError(CampaignsError):
    """One mistake in what a person wrote or asked for."""

    def __init__(
        self,
        code: str,
        message: str,
        *,
        file: str | Path = "",
        line: int | None = None,
        column: int | None = None,
        hint: str = "",
    ) -> None:
        self.mistake = Mistake(
            code=code, message=message, file=str(file), line=line, column=column, hint=hint
        )
        super().__init__(str(self.mistake))


class Mistakes(CampaignsError):
    """All mistakes that one run found, sorted by place."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        self.mistakes = sorted(mistakes, key=lambda m: (m.file, m.line or 0, m.column or 0, m.code))
        super().__init__("\n\n".join(str(mistake) for mistake in self.mistakes))


class NotFound(UserError):
    """A segment, mailing, plan, person or message of that name does not exist."""


class Refused(UserError):
    """A rule of the engine forbids this, and the message says which."""


class Busy(UserError):
    """Somebody else holds the lock; try again when they are done."""

    exit_code = 75


class DataDamaged(UserError):
    """A file of the lake or the ledger is missing or broken; nothing was computed from the rest."""


class DeliveryError(CampaignsError):
    """A channel could not hand over. `code` is the provider's own (such as `550 5.1.1`)."""

    def __init__(self, code: str, detail: str = "") -> None:
        self.code = code
        self.detail = detail
        super().__init__(f"{code} {detail}".strip())


class TerminalFailure(DeliveryError):
    """This message will never be accepted; the address may have to be suppressed."""


class TransientFailure(DeliveryError):
    """Not now; the message was certainly not accepted and may be tried again later."""


class OutcomeUnknown(DeliveryError):
    """The last byte may have left and no answer came: it is listed and never sent again on its own."""


class ChannelStopped(DeliveryError):
    """The channel itself is refused (authentication, policy): nobody else is tried."""

"""The reference pages, made from the program: `make docs` writes them, a test says when they are stale."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from typer.main import get_command
from typer.testing import CliRunner

from campaigns.cli.commands import app
from campaigns.permissions import listing
from campaigns.settings.model import Settings
from support import errors_page

DOCS = Path(__file__).parents[2] / "docs"


def command_paths() -> Iterator[tuple[str, ...]]:
    """Every command, groups included, as its words."""
    yield from _paths(get_command(app), ())


def _paths(command: Any, words: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for name, inner in getattr(command, "commands", {}).items():
        yield (*words, name)
        yield from _paths(inner, (*words, name))


def commands_page() -> str:
    """What each command says of itself."""
    lines = [
        "# Commands",
        "",
        "Read commands take `--json`. Exit codes: 0 it did its work, 1 the answer is no, 2 wrong usage or",
        "input, 75 somebody else holds the lock. Data goes to standard output, talk to standard error.",
    ]
    for words in command_paths():
        shown = CliRunner().invoke(app, [*words, "--help"], prog_name="campaigns", env={"COLUMNS": "100"})
        text = "\n".join(line.rstrip() for line in shown.output.strip().splitlines())
        lines += ["", f"## campaigns {' '.join(words)}", "", "```text", text, "```"]
    return "\n".join(lines) + "\n"


ENVIRONMENT = {
    "CAMPAIGNS_WORKSPACE": "the folder of `campaigns.yml`, when `-C` does not say",
    "CAMPAIGNS_ACTOR": "who is acting, for the audit (default: the login name)",
    "CAMPAIGNS_LEDGER_URL": "`postgresql://…`: keep the ledger there instead of SQLite (or `…_FILE`)",
    "CAMPAIGNS_TOKEN_KEY": "what signs links: hexadecimal, newest first, comma-separated (or `…_FILE`)",
    "CAMPAIGNS_SMTP_PASSWORD": "the password of `smtp.user` (or `…_FILE`)",
    "CAMPAIGNS_SENDGRID_API_KEY": "SendGrid's key (or `…_FILE`)",
    "CAMPAIGNS_DEBUG": "`1` shows tracebacks of mistakes inside the program",
}


def settings_page() -> str:
    """Every key of `campaigns.yml`, and the environment."""
    lines = [
        "# Settings",
        "",
        "`campaigns.yml` at the root of the workspace. Secrets never stand there: they come from the",
        "environment, or from a file for its owner only, named by a variable that ends in `_FILE`.",
    ]
    for title, model in _models("", Settings, set()):
        doc = " ".join((model.__doc__ or "").split())
        lines += [
            "",
            f"## {title or 'campaigns.yml'}",
            "",
            doc,
            "",
            "| key | value | default |",
            "|---|---|---|",
        ]
        for name, field in model.model_fields.items():
            default = f"`{found}`" if (found := _default(field)) else ""
            lines.append(f"| `{field.alias or name}` | {_type(field.annotation)} | {default} |")
    lines += ["", "## Environment", "", "| variable | meaning |", "|---|---|"]
    lines += [f"| `{name}` | {meaning} |" for name, meaning in ENVIRONMENT.items()]
    return "\n".join(lines) + "\n"


def _models(title: str, model: type[BaseModel], seen: set[type]) -> Iterator[tuple[str, type[BaseModel]]]:
    if model in seen:
        return
    seen.add(model)
    yield title, model
    for name, field in model.model_fields.items():
        for inner, many in _inner(field.annotation):
            place = ".".join(part for part in (title, name, "NAME" if many else "") if part)
            yield from _models(place, inner, seen)


def _inner(annotation: Any, *, many: bool = False) -> Iterator[tuple[type[BaseModel], bool]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation, many
        return
    many = many or getattr(annotation, "__origin__", None) is dict
    for part in getattr(annotation, "__args__", ()):
        yield from _inner(part, many=many)


def _type(annotation: Any) -> str:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "see below"
    origin, parts = getattr(annotation, "__origin__", None), getattr(annotation, "__args__", ())
    if str(origin) == "typing.Literal":
        return ", ".join(f"`{part}`" for part in parts)
    if origin is tuple:
        return f"list of {_type(parts[0])}"
    if origin is dict:
        return f"names with {_type(parts[1])}"
    if parts:
        return " or ".join(_type(part) for part in parts if part is not type(None))
    words = {"str": "text", "bool": "on or off", "int": "whole number", "float": "number", "date": "date"}
    return words.get(getattr(annotation, "__name__", ""), "text")


def _default(field: Any) -> str:
    if field.is_required():
        return ""
    value = field.get_default(call_default_factory=True)
    if isinstance(value, BaseModel):
        return ""
    if isinstance(value, bool):
        return "on" if value else "off"
    return "" if value in ("", (), {}, None) else str(value)


PAGES = {
    "commands.md": commands_page,
    "settings.md": settings_page,
    "rules.md": listing.page,
    "errors.md": errors_page.page,
}


if __name__ == "__main__":
    for name, page in PAGES.items():
        (DOCS / name).write_text(page(), encoding="utf-8")

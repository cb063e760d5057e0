"""JSON Schemas in `.schema/`, by which an editor completes and checks files as they are written."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from campaigns.errors import Mistake
from campaigns.workspace.project import Workspace

FOLDER = ".schema"


def documents(workspace: Workspace) -> dict[str, str]:
    """The text of each schema by its file's name, with the words of this workspace's own catalogue."""
    from campaigns.catalogue.model import File
    from campaigns.mailings.definition import MailingFile
    from campaigns.segments.schema import segment_schema
    from campaigns.segments.schema_examples import examples_schema
    from campaigns.settings.model import Settings
    from campaigns.settings.schemas import of_record

    return {
        "campaigns.json": _text(of_record(Settings, title="The workspace")),
        "catalogue.json": _text(of_record(File, title="Words that segments may use")),
        "examples.json": _text(examples_schema(workspace.catalogue)),
        "mailing.json": _text(of_record(MailingFile, title="A mailing")),
        "segment.json": _text(segment_schema(workspace.catalogue, workspace.settings)),
    }


def write(workspace: Workspace) -> list[Path]:
    """Write all of them; the files that changed, relative to the workspace."""
    folder = workspace.root / FOLDER
    folder.mkdir(exist_ok=True)
    changed = []
    for name, text in documents(workspace).items():
        path = folder / name
        if _state(path, text) != "fresh":
            path.write_text(text, encoding="utf-8")
            changed.append(path.relative_to(workspace.root))
    return changed


def states(workspace: Workspace) -> dict[str, str]:
    """Of each file, relative to the workspace: `fresh`, `old` or `missing`."""
    return {
        f"{FOLDER}/{name}": _state(workspace.root / FOLDER / name, text)
        for name, text in documents(workspace).items()
    }


def _state(path: Path, text: str) -> str:
    if not path.exists():
        return "missing"
    return "fresh" if path.read_text(encoding="utf-8") == text else "old"


def check(workspace: Workspace) -> Iterator[Mistake]:
    """Schemas that say something else than the catalogue and the program; a workspace may do without."""
    for file, state in states(workspace).items():
        if state == "old":
            message = "editors are told something else than the catalogue and the settings say."
            yield Mistake(code="SCH001", file=file, message=message, hint="campaigns schema --write")


def _text(schema: dict[str, Any]) -> str:
    """JSON with one definition a line: what changed is seen in a diff."""
    parts = {name: part for name, part in schema.items() if name not in ("properties", "definitions")}
    for name in ("properties", "definitions"):
        lines = [f"    {_line(key)}: {_line(part)}" for key, part in schema.get(name, {}).items()]
        parts[name] = "{\n" + ",\n".join(lines) + "\n  }"
    lines = [
        f"  {_line(name)}: {part if name in ('properties', 'definitions') else _line(part)}"
        for name, part in parts.items()
    ]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _line(part: Any) -> str:
    return json.dumps(part, ensure_ascii=False)

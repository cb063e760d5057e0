"""What `campaigns import` did, in words and as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from campaigns.errors import Mistake, UserError

if TYPE_CHECKING:
    from campaigns.register.deliveries import Imported
    from campaigns.workspace.project import Workspace


def run(
    workspace: Workspace,
    paths: Iterable[Path],
    *,
    as_kind: str | None = None,
    source: str | None = None,
    received: datetime | None = None,
    accept_shrink: bool = False,
) -> ImportResult:
    """Import files and folders of files. Raises `UserError`; refused files are in the result."""
    from campaigns.register.importing import import_files
    from campaigns.reports.privacy_notices import remember
    from campaigns.workspace import auditing
    from campaigns.workspace.kinds import all_kinds

    done = import_files(
        expand(paths),
        kinds=all_kinds(workspace.catalogue),
        settings=workspace.settings,
        lake=workspace.lake,
        ledger=workspace.ledger,
        now=workspace.now(),
        as_kind=as_kind,
        source=source,
        received=received,
        shrink_accepted_by=workspace.actor if accept_shrink else "",
        actor=workspace.actor,
    )
    result = ImportResult(files=done)
    if changed := result.audited():
        auditing.note(workspace, "files_imported", details={"files": changed})
        remember(workspace.parts)  # from now on people have been told of these notices
    return result


def expand(paths: Iterable[Path]) -> list[Path]:
    """Folders become the files in them; hidden and unfinished ones (`.part`, `.tmp`) are left alone.

    Raises `UserError` USE005 for a path that does not exist, before anything is imported.
    """
    from campaigns.register.files import is_unfinished, shown_name

    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = (inner for inner in path.iterdir() if not inner.name.startswith("."))
            found += sorted(inner for inner in inside if not is_unfinished(inner))
        elif not path.exists() and not path.is_symlink():
            raise UserError("USE005", f"there is no file {shown_name(path)}.")
        else:
            found.append(path)
    return found


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportResult:
    """All files of one call."""

    files: Sequence[Imported]

    @property
    def refused(self) -> list[Mistake]:
        """Why whole files were refused."""
        return [found.refused for found in self.files if found.refused is not None]

    def audited(self) -> list[dict[str, object]]:
        """What the audit keeps of files that changed something; their names may name people."""
        names = ("kind", "rows", "accepted", "quarantined")
        new = (found for found in self.files if not found.unchanged and found.refused is None)
        return [{name: getattr(found, name) for name in names} for found in new]

    def as_json(self) -> list[dict[str, Any]]:
        """The keys that `import --json` prints."""
        return [
            {
                "file": found.file,
                "kind": found.kind,
                "rows": found.rows,
                "accepted": found.accepted,
                "quarantined": found.quarantined,
                "unchanged": found.unchanged,
                "notes": list(found.notes),
                "refused": found.refused.as_json() if found.refused else None,
            }
            for found in self.files
        ]

    def __str__(self) -> str:
        lines = [_line(found) for found in self.files]
        new = [found for found in self.files if not found.unchanged and found.refused is None]
        lines.append(
            f"{len(new)} files in, {sum(found.accepted for found in new):,} rows accepted, "
            f"{sum(found.quarantined for found in new):,} in quarantine"
        )
        return "\n".join(lines)


def _line(found: Imported) -> str:
    if found.refused is not None:
        return f"{found.file}: refused ({found.refused.code})"
    if found.unchanged:
        return f"{found.file}: {found.kind}, imported before, nothing changed"
    text = f"{found.file}: {found.kind}, {found.accepted:,} of {found.rows:,} rows"
    if found.quarantined:
        text += f", {found.quarantined:,} in quarantine"
    return "\n".join([text, *(f"  {note}" for note in found.notes)])

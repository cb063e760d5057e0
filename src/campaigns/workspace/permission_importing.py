"""What `campaigns permission import` did: rows in and aside, and who may be contacted by what came in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from campaigns.workspace.importing import ImportResult, expand

if TYPE_CHECKING:
    import polars as pl

    from campaigns.settings.model import Settings
    from campaigns.workspace.project import Workspace

_KINDS = {"newsletter": "newsletter", "satisfaction_survey": "survey", "market_research": "survey"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Effect:
    """What new consents for one channel and purpose come to: `codes` counts people by the answer now."""

    controller: str
    channel: str
    purpose: str
    codes: Mapping[str, int]

    @property
    def counting(self) -> int:
        """How many of the people may be contacted; that it is late in the day does not matter."""
        from campaigns.permissions.rules import ALLOWING, NOT_NOW

        return sum(count for code, count in self.codes.items() if code in ALLOWING | NOT_NOW)

    def as_json(self) -> dict[str, Any]:
        """The keys of `effects` of `permission import --json`."""
        names = ("controller", "channel", "purpose")
        return {
            **{name: getattr(self, name) for name in names},
            "people": sum(self.codes.values()),
            "permitted": self.counting,
            "codes": dict(self.codes),
        }

    def __str__(self) -> str:
        from campaigns.permissions.rules import ALLOWING, NOT_NOW, remedy, sentence

        people = sum(self.codes.values())
        lines = [
            f"{self.purpose} by {self.channel} ({self.controller}): {people:,} people with a new consent, "
            f"{self.counting:,} may be contacted"
        ]
        for code, count in sorted(self.codes.items(), key=lambda each: -each[1]):
            if code not in ALLOWING | NOT_NOW:
                lines.append(f"  {count:,} {code}: {' '.join(filter(None, (sentence(code), remedy(code))))}")
        return "\n".join(lines)


@dataclass(frozen=True, kw_only=True, slots=True)
class PermissionImport:
    """The files, why rows were set aside (code, message, rows), new refusals, what new consents come to."""

    files: ImportResult
    reasons: Sequence[tuple[str, str, int]]
    refusals: int
    effects: Sequence[Effect]

    def as_json(self) -> dict[str, Any]:
        """The keys that `permission import --json` prints."""
        reasons = [{"reason": code, "message": text, "rows": rows} for code, text, rows in self.reasons]
        return {
            "files": self.files.as_json(),
            "quarantine": reasons,
            "refusals": self.refusals,
            "effects": [effect.as_json() for effect in self.effects],
        }

    def __str__(self) -> str:
        lines = [str(self.files)]
        lines += [f"  {rows:,} {code}: {text}" for code, text, rows in self.reasons]
        lines.append(f"{self.refusals:,} new refusals, in force now")
        lines += [str(effect) for effect in self.effects]
        return "\n".join(lines)


def run(
    workspace: Workspace, paths: Iterable[Path], *, source: str | None, received: datetime | None
) -> PermissionImport:
    """Import permission histories and subscriber exports, and nothing else that lies beside them.

    Raises `UserError`; what is wrong with a single file is in the result.
    """
    from campaigns.ledger import permission_events
    from campaigns.permissions import KINDS
    from campaigns.register.importing import import_files
    from campaigns.workspace import auditing

    names = {kind.name for kind in KINDS}
    sources = {name: one for name, one in workspace.settings.sources.items() if one.kind in names}
    with workspace.ledger.read() as connection:
        before = workspace.ledger.position(connection)
    done = import_files(
        expand(paths),
        kinds=KINDS,
        settings=workspace.settings.model_copy(update={"sources": sources}),
        lake=workspace.lake,
        ledger=workspace.ledger,
        now=workspace.now(),
        source=source,
        received=received,
        actor=workspace.actor,
    )
    files = ImportResult(files=done)
    if changed := files.audited():
        auditing.note(workspace, "permissions_imported", details={"files": changed})
    with workspace.ledger.read() as connection:
        events = permission_events.since(connection, before)
    widening, refusing = _families()
    return PermissionImport(
        files=files,
        reasons=_reasons(workspace, {found.file for found in done}, names),
        refusals=int(events["kind"].is_in(refusing).sum()),
        effects=_effects(workspace, events.filter(events["kind"].is_in(widening))),
    )


def _families() -> tuple[list[str], list[str]]:
    """The words that ask to be permission, and those that forbid."""
    from campaigns.permissions.events import KINDS

    asking = [word.kind for word in KINDS.values() if word.family == "consent" and word.widens]
    refusing = [word.kind for word in KINDS.values() if not word.widens and word.kind != "requested"]
    return [*asking, "requested"], refusing


def _reasons(workspace: Workspace, files: set[str], kinds: set[str]) -> list[tuple[str, str, int]]:
    with workspace.lake.snapshot() as snapshot:
        rows = snapshot.frame("quarantine", ["file", "kind", "reason", "message"])
    mine = rows.filter(rows["file"].is_in(list(files)) & rows["kind"].is_in(list(kinds)))
    counted = mine.group_by("reason", "message").len("rows").sort("rows", "reason", descending=[True, False])
    return list(counted.rows())


def _effects(workspace: Workspace, consents: pl.DataFrame) -> list[Effect]:
    from campaigns.permissions import Request, decide, state

    named = consents.drop_nulls(["person_id", "channel", "purpose"])
    if named.is_empty():
        return []
    words = state.words(workspace.ledger)
    found = []
    with workspace.engine() as db:
        for (controller, channel, purpose), mine in named.group_by(
            "controller", "channel", "purpose", maintain_order=True
        ):
            asked = Request(
                controller=str(controller),
                purpose=str(purpose),
                message_kind=_message_kind(str(purpose), workspace.settings),
                channels=(str(channel),),
                profiled=False,
                at=workspace.now(),
            )
            people = mine.select("person_id").unique()
            answers = decide(
                db, asked, people, settings=workspace.settings, ledger=workspace.ledger, words=words
            )
            found.append(
                Effect(
                    controller=asked.controller,
                    channel=asked.channels[0],
                    purpose=asked.purpose,
                    codes=Counter(answers["code"].to_list()),
                )
            )
    return found


def _message_kind(purpose: str, settings: Settings) -> str:
    """The kind of message that marketers send for this purpose."""
    ours = (each.kinds[0] for each in settings.purposes.values() if each.permission_purpose == purpose)
    return next(ours, _KINDS.get(purpose, "marketing"))

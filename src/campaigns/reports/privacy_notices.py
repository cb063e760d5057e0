"""The versions of the privacy notices: their texts, who last saw which, and how many are to be told."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from campaigns.engine import Engine, connect, queries
from campaigns.errors import UserError
from campaigns.ledger import notices as ledger_notices
from campaigns.permissions.notices import make_seen
from campaigns.reports.counting import shown

if TYPE_CHECKING:
    from campaigns.mailings.parts import Parts


@dataclass(frozen=True, kw_only=True, slots=True)
class Text:
    """One text of a version. `edited`: it is not what it was when it was first used."""

    language: str
    file: str
    digest: str
    edited: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Version:
    """One version of a controller's notice. `last_seen`: people whose newest version this is."""

    controller: str
    version: str
    date: date
    newest: bool
    texts: tuple[Text, ...]
    last_seen: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """All versions of one notice, the oldest first. `to_tell` people do not know the newest."""

    controller: str
    versions: tuple[Version, ...]
    unknown_version: int  # people who saw a version that the settings do not have
    never_told: int
    to_tell: int

    @property
    def edited(self) -> tuple[tuple[str, Text], ...]:
        """Version and text of each text that was changed after it had been used."""
        return tuple((one.version, text) for one in self.versions for text in one.texts if text.edited)

    def __str__(self) -> str:
        lines = [f"{self.controller}"]
        lines += [
            f"  {shown(one.last_seen):>10}  {one.version}{', the newest' if one.newest else ''}: "
            + ", ".join(f"{text.language}{' (EDITED)' if text.edited else ''}" for text in one.texts)
            for one in self.versions
        ]
        if self.unknown_version:
            lines.append(f"  {shown(self.unknown_version):>10}  a version that campaigns.yml does not have")
        lines.append(f"  {shown(self.never_told):>10}  told of no version")
        lines.append(f"  {shown(self.to_tell):>10}  people to tell of the newest")
        return "\n".join(lines)

    def as_json(self) -> dict[str, Any]:
        """An entry of `privacy notice --json`."""
        return {
            "controller": self.controller,
            "versions": [
                {
                    "version": one.version,
                    "date": one.date.isoformat(),
                    "newest": one.newest,
                    "last_seen": one.last_seen,
                    "texts": [
                        {
                            "language": text.language,
                            "file": text.file,
                            "sha256": text.digest,
                            "edited": text.edited,
                        }
                        for text in one.texts
                    ],
                }
                for one in self.versions
            ],
            "unknown_version": self.unknown_version,
            "never_told": self.never_told,
            "to_tell": self.to_tell,
        }


def standings(parts: Parts, *, day: date, controller: str = "") -> list[Standing]:
    """Each controller's notice, or one. Raises `UserError` PRV004 when a text is not there."""
    chosen = [controller] if controller else list(parts.settings.controllers)
    with parts.lake.snapshot() as snapshot, connect(snapshot) as db:
        return [_standing(parts, db, name, day) for name in chosen]


def remember(parts: Parts) -> None:
    """Keep the digest of every text that is used from now on, so that a later edit is found.

    A text that is not there yet is remembered when it is; `campaigns check` tells of it.
    """
    for controller in parts.settings.controllers:
        _first(parts, {name: digest for name, *_, digest in _files(parts, controller) if digest})


def _standing(parts: Parts, db: Engine, controller: str, day: date) -> Standing:
    make_seen(db, controller, settings=parts.settings, ledger=parts.ledger)
    counts = db.query(queries.load("campaigns.reports", "privacy.sql")["notices"], {"day": day})
    last_seen = {row["version"]: row["people"] for row in counts.to_dicts()}
    texts = _texts(parts, controller)
    known = parts.settings.controllers[controller].notices
    return Standing(
        controller=controller,
        versions=tuple(
            Version(
                controller=controller,
                version=version,
                date=notice.date,
                newest=version == next(reversed(known)),
                texts=texts[version],
                last_seen=last_seen.get(version, 0),
            )
            for version, notice in known.items()
        ),
        unknown_version=sum(
            people for version, people in last_seen.items() if version is not None and version not in known
        ),
        never_told=last_seen.get(None, 0),
        to_tell=sum(row["people"] for row in counts.to_dicts() if not row["newest"]) if known else 0,
    )


def _texts(parts: Parts, controller: str) -> dict[str, tuple[Text, ...]]:
    """The texts of each version; what is seen for the first time is remembered as it is now."""
    files = list(_files(parts, controller))
    for _, _, _, file, digest in files:
        if not digest:
            raise UserError(
                "PRV004", f"there is no file {file} in the workspace.", hint="see `notices:` in campaigns.yml"
            )
    first = _first(parts, {name: digest for name, *_, digest in files})
    found: dict[str, tuple[Text, ...]] = dict.fromkeys(parts.settings.controllers[controller].notices, ())
    for name, version, language, file, digest in files:
        text = Text(language=language, file=file, digest=digest, edited=first[name] != digest)
        found[version] = (*found[version], text)
    return found


def _files(parts: Parts, controller: str) -> Iterator[tuple[str, str, str, str, str]]:
    """Of each text its own name, version, language, file and digest; the digest of no file is empty."""
    for version, notice in parts.settings.controllers[controller].notices.items():
        for language, file in notice.text.items():
            path = (parts.root / file).resolve()
            there = path.is_relative_to(parts.root.resolve()) and path.is_file()
            digest = hashlib.sha256(path.read_bytes()).hexdigest() if there else ""
            yield f"{controller} {version} {language}", version, language, file, digest


def _first(parts: Parts, texts: Mapping[str, str]) -> dict[str, str]:
    """The digest that each of these texts had when it was first used, which may be now."""
    with parts.ledger.read() as connection:
        first = ledger_notices.texts(connection, texts)
    if set(texts) <= set(first):
        return first
    with parts.ledger.write() as connection:
        first = ledger_notices.texts(connection, texts)
        for name in texts:
            if name not in first:
                ledger_notices.keep_text(connection, name, texts[name])
    return {**texts, **first}

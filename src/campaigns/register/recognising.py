"""Which source sent a file: by the name pattern of `sources:`, else by its columns, else as told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from fnmatch import fnmatchcase

from campaigns.errors import NotFound, UserError
from campaigns.register import files
from campaigns.register.deliveries import Delivery, Kind
from campaigns.register.headers import folded
from campaigns.register.reading import header_of
from campaigns.settings.binding import suggestion
from campaigns.settings.model import Settings, SourceFile

LOOSE_FILES = "files"  # the key space of files that no source describes


def kind_named(name: str, kinds: Sequence[Kind]) -> Kind:
    """Raises `NotFound` REG006."""
    for kind in kinds:
        if kind.name == name:
            return kind
    raise NotFound(
        "REG006",
        f"`{name}` is nothing that can be imported.",
        hint=suggestion(name, [kind.name for kind in kinds]),
    )


def check_words(kinds: Sequence[Kind], settings: Settings, as_kind: str | None, source: str | None) -> None:
    """Raises `UserError` REG006 when `--as` or `--source` names nothing, or they contradict."""
    if as_kind is not None:
        kind_named(as_kind, kinds)
    if source is None:
        return
    if source not in settings.sources:
        hint = suggestion(source, settings.sources)
        raise NotFound("REG006", f"`sources:` of campaigns.yml has no `{source}`.", hint=hint)
    sent = settings.sources[source].kind
    if as_kind not in (None, sent):
        raise UserError("REG006", f"source `{source}` sends {sent}, not {as_kind}.")


def recognise(
    given: files.Given,
    *,
    kinds: Sequence[Kind],
    settings: Settings,
    now: datetime,
    as_kind: str | None = None,
    source: str | None = None,
    received: datetime | None = None,
    seen: Mapping[str, str] | None = None,
) -> tuple[Kind, Delivery]:
    """The kind of a file, and the file as a delivery of its source.

    `seen` has the source of each file (SHA-256) that was imported before: a renamed file is known by it.
    Raises `UserError` REG001 to REG006, and those of a header that cannot be read.
    """
    unknown = Delivery(
        path=given.path,
        name=given.name,
        sha256=files.digest(given.path),
        received=received or files.modified(given.path, latest=now),
        source_name="",
        source=_loose(as_kind or "unknown", settings),
        received_is_told=received is not None,
    )
    sources = _possible(given, settings, as_kind, source)
    before = (seen or {}).get(unknown.sha256, "")
    if len(sources) != 1 and before in sources:
        sources = {before: sources[before]}
    name, found = (
        sources.popitem() if len(sources) == 1 else _by_columns(unknown, sources, kinds, settings, as_kind)
    )
    return kind_named(found.kind, kinds), replace(unknown, source_name=name, source=found)


def _possible(
    given: files.Given, settings: Settings, as_kind: str | None, source: str | None
) -> dict[str, SourceFile]:
    """The source that was named, else those whose pattern fits the file name, else all of the kind."""
    if source is not None:
        return {source: settings.sources[source]}
    of_kind = {name: one for name, one in settings.sources.items() if as_kind in (None, one.kind)}
    for name in given.names:
        if fitting := {key: one for key, one in by_name(name, settings).items() if key in of_kind}:
            return fitting
    return of_kind


def by_name(file: str, settings: Settings) -> dict[str, SourceFile]:
    """The sources whose pattern fits a file's name."""
    return {name: one for name, one in settings.sources.items() if _matches(file, one)}


def _matches(name: str, source: SourceFile) -> bool:
    return bool(source.match) and fnmatchcase(folded(name), folded(source.match))


def _by_columns(
    delivery: Delivery,
    possible: dict[str, SourceFile],
    kinds: Sequence[Kind],
    settings: Settings,
    as_kind: str | None,
) -> tuple[str, SourceFile]:
    fitting = {name: one for name, one in possible.items() if _fits(delivery, one, kinds)}
    if len(fitting) == 1:
        return fitting.popitem()
    if fitting:
        names = ", ".join(sorted(fitting))
        raise UserError(
            "REG005",
            f"{delivery.name} could come from several sources: {names}.",
            hint="say which: --source NAME",
        )
    if as_kind is not None:
        return as_kind, _loose(as_kind, settings)
    header = header_of(delivery)
    known = [kind.name for kind in kinds if kind.recognises(header)]
    if len(known) != 1:
        raise UserError(
            "REG004",
            f"{delivery.name} has neither the name nor the columns of any source.",
            hint="say what it is: --source NAME of campaigns.yml, or --as KIND for our own column names",
        )
    return known[0], _loose(known[0], settings)


def _fits(delivery: Delivery, source: SourceFile, kinds: Sequence[Kind]) -> bool:
    """Whether the source's kind knows the header: what the source maps, or all of it if it maps nothing."""
    header = [folded(name) for name in header_of(replace(delivery, source=source))]
    mapping = {folded(theirs): ours for theirs, ours in source.columns.items()}
    ours = [mapping[name] for name in header if name in mapping] if mapping else header
    return any(kind.name == source.kind and kind.recognises(ours) for kind in kinds)


def _loose(kind: str, settings: Settings) -> SourceFile:
    return SourceFile(kind=kind, controller=settings.default_controller, key_space=LOOSE_FILES)

"""Find and read `campaigns.yml`."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator
from collections.abc import Mapping as Words
from datetime import UTC, datetime, timedelta
from pathlib import Path

from campaigns.errors import Mistake, Mistakes, UserError
from campaigns.settings.binding import bind, suggestion
from campaigns.settings.documents import Entry, Mapping, Node, Scalar, Sequence, read
from campaigns.settings.model import CLOSED_CATEGORIES, Settings, SourceFile

FILE = "campaigns.yml"
_SECRET_WORD = re.compile(r"(password|passwd|secret|api_?key|token_?key|private_key)", re.IGNORECASE)


def find_workspace(start: Path | None = None) -> Path:
    """The nearest folder, upwards from `start`, that holds `campaigns.yml`.

    `CAMPAIGNS_WORKSPACE` wins over the current folder. Raises `UserError` when there is none.
    """
    named = start or (
        Path(os.environ["CAMPAIGNS_WORKSPACE"]) if os.environ.get("CAMPAIGNS_WORKSPACE") else None
    )
    here = (named or Path.cwd()).resolve()
    for folder in (here, *here.parents) if named is None else (here,):
        if (folder / FILE).is_file():
            return folder
    raise UserError(
        "CFG010",
        f"there is no {FILE} in {'this folder or above it' if named is None else here}.",
        hint="go to the project's folder, or name it: campaigns -C FOLDER ...",
    )


def load(path: Path) -> Settings:
    """Read `campaigns.yml`. Raises `Mistakes` with every mistake in it, `UserError` CFG013 when others may
    change it.
    """
    _refuse_others(path)
    node = read(path, name=path.name)
    found = [
        *_secrets(node),
        *_unknown_names(node),
        *_unfinished_sources(node),
        *_opened(node),
        *_early(node),
    ]
    places = {(mistake.line, mistake.column) for mistake in found}
    try:
        settings = bind(node, Settings, prefix="CFG")
    except Mistakes as wrong:
        others = [mistake for mistake in wrong.mistakes if (mistake.line, mistake.column) not in places]
        raise Mistakes([*found, *others]) from None
    if found:
        raise Mistakes(found)
    return settings.model_copy(update={"sources": _filled(settings.sources)})


def _filled(sources: Words[str, SourceFile]) -> dict[str, SourceFile]:
    """Every source with what its `like` lends it: all but the word of somebody who looked at one source."""
    return {
        name: source
        if not source.like
        else sources[source.like].model_copy(
            update={field: getattr(source, field) for field in {*source.model_fields_set, "evidence"}}
        )
        for name, source in sources.items()
    }


def _unfinished_sources(node: Node) -> Iterator[Mistake]:
    """A source says its kind and controller itself, or is `like` one that does."""
    sources = {entry.key.text: entry for entry in _entries(node, "sources")}
    complete = [name for name, entry in sources.items() if not _has(entry.value, "like")]
    for name, entry in sources.items():
        if name in complete:
            for word in ("kind", "controller"):
                if not _has(entry.value, word):
                    yield entry.key.mark.mistake(
                        "CFG002", f"`{word}` is missing.", f"add `{word}:` to `{name}`"
                    )
    yield from _check(node, ("sources", "*", "like"), complete, "complete source")


def _early(node: Node) -> Iterator[Mistake]:
    """Attestations that nobody can have given yet."""
    today = datetime.now(UTC).date() + timedelta(days=1)  # somewhere it is tomorrow already
    for scalar in _reach(node, ("sources", "*", "evidence", "date")):
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", scalar.text) and scalar.text > today.isoformat():
            yield scalar.mark.mistake(
                "CFG018",
                f"`date` `{scalar.text}` is in the future: nobody has attested this source yet.",
                "give the day on which the privacy officer looked at the form",
            )


def _refuse_others(path: Path) -> None:
    """Everybody may read this file, as it holds no secret; who may change it decides who gets a message."""
    if path.is_file() and path.stat().st_mode & 0o022:
        raise UserError("CFG013", f"others may change {path.name}.", file=path, hint=f"chmod go-w {path}")


def _secrets(node: Node) -> Iterator[Mistake]:
    """A secret in a file that is committed is a mistake, whatever key it stands under."""
    if isinstance(node, Mapping):
        for entry in node:
            if _SECRET_WORD.search(entry.key.text) and isinstance(entry.value, Scalar):
                yield entry.key.mark.mistake(
                    "CFG011",
                    f"`{entry.key.text}` looks like a secret, and this file is committed.",
                    "set it in the environment: CAMPAIGNS_" + entry.key.text.upper(),
                )
            else:
                yield from _secrets(entry.value)
    elif isinstance(node, Sequence):
        for item in node:
            yield from _secrets(item)


def _unknown_names(node: Node) -> Iterator[Mistake]:
    """Names that point to another part of the file and find nothing there."""
    controllers, processors, categories = (
        [entry.key.text for entry in _entries(node, part)]
        for part in ("controllers", "processors", "categories")
    )
    yield from _check(node, ("default_controller",), controllers, "controller")
    yield from _check(node, ("sources", "*", "controller"), controllers, "controller")
    yield from _check(node, ("channels", "*", "processor"), processors, "processor")
    yield from _check(node, ("purposes", "*", "categories", "*"), categories, "category")
    yield from _check(node, ("disclosures", "*", "from_controller"), controllers, "controller")
    yield from _check(node, ("disclosures", "*", "categories", "*"), categories, "category")
    purposes, disclosures = (
        [entry.key.text for entry in _entries(node, part)] for part in ("purposes", "disclosures")
    )
    yield from _check(node, ("disclosures", "*", "purposes", "*"), purposes, "purpose")
    yield from _check(node, ("sources", "*", "disclosure"), disclosures, "disclosure")


def _opened(node: Node) -> Iterator[Mistake]:
    """What may never be shown stays closed, and a purpose uses nothing that is closed to segments."""
    closed = set(CLOSED_CATEGORIES)
    for entry in _entries(node, "categories"):
        for place in ("segments", "templates"):
            value = entry.value.get(place) if isinstance(entry.value, Mapping) else None
            no = isinstance(value, Scalar) and value.text.lower() in ("no", "off", "false")
            if isinstance(value, Scalar) and entry.key.text in CLOSED_CATEGORIES and not no:
                yield value.mark.mistake(
                    "CFG013", f"`{entry.key.text}` is never opened to {place}.", "write `no`"
                )
            if no and place == "segments":
                closed.add(entry.key.text)
    for scalar in _reach(node, ("purposes", "*", "categories", "*")):
        if scalar.text in closed:
            yield scalar.mark.mistake("CFG014", f"no purpose may use the category `{scalar.text}`.")


def _check(node: Node, path: tuple[str, ...], names: Collection[str], what: str) -> Iterator[Mistake]:
    for scalar in _reach(node, path):
        if scalar.text not in names:
            yield scalar.mark.mistake(
                "CFG004", f"there is no {what} called `{scalar.text}`.", suggestion(scalar.text, names)
            )


def _entries(node: Node, part: str) -> tuple[Entry, ...]:
    found = node.get(part) if isinstance(node, Mapping) else None
    return found.entries if isinstance(found, Mapping) else ()


def _has(node: Node, key: str) -> bool:
    return isinstance(node, Mapping) and node.get(key) is not None


def _reach(node: Node | None, path: tuple[str, ...]) -> Iterator[Scalar]:
    if not path:
        if isinstance(node, Scalar):
            yield node
        return
    step, *rest = path
    if isinstance(node, Mapping):
        found = [entry.value for entry in node] if step == "*" else [node.get(step)]
    elif isinstance(node, Sequence) and step == "*":
        found = list(node.items)
    else:
        found = []
    for value in found:
        yield from _reach(value, tuple(rest))

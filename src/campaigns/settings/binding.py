"""Join a YAML node to a pydantic model: all mistakes at once, each at its line and column."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from campaigns.errors import Mistake, Mistakes
from campaigns.settings.documents import Mapping, Mark, Node, Scalar, Sequence

Record = TypeVar("Record", bound=BaseModel)


class Definition(BaseModel):
    """The base of every record that is read from YAML: frozen, and no key it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


def bind(node: Node, model: type[Record], *, prefix: str) -> Record:
    """Make a `model` from a node.

    `prefix` starts the codes (`CFG`, `MAI`, `TPL`): 001 unknown key, 002 missing, 003 wrong value.
    Raises `Mistakes` with every mistake of the node.
    """
    try:
        return model.model_validate(plain(node))
    except ValidationError as error:
        details = error.errors(include_url=False, include_context=True)
        unknown = [detail for detail in details if detail["type"] == "extra_forbidden"]
        mistakes = [_mistake(node, model, detail, prefix) for detail in details if not _echo(detail, unknown)]
        raise Mistakes(mistakes) from None


def plain(node: Node) -> Any:
    """The node as dicts, lists and text; an empty value is None."""
    if isinstance(node, Mapping):
        return {entry.key.text: plain(entry.value) for entry in node}
    if isinstance(node, Sequence):
        return [plain(item) for item in node]
    return None if node.is_empty else node.text


def near(word: str, choices: Iterable[str]) -> str | None:
    """The choice that was probably meant."""
    found = difflib.get_close_matches(word, list(choices), n=1, cutoff=0.6)
    return found[0] if found else None


def suggestion(word: str, choices: Iterable[str], *, most: int = 12) -> str:
    """The two hint lines of a wrong word: the near miss, and what there is to choose from."""
    names = sorted(choices)
    meant = near(word, names)
    lines = [f"did you mean `{meant}`?"] if meant else []
    if names and (not meant or len(names) <= most):
        shown = ", ".join(names[:most])
        lines.append(f"choose from: {shown}{', …' if len(names) > most else ''}")
    return "\n".join(lines)


def _echo(detail: ErrorDetails, unknown: list[ErrorDetails]) -> bool:
    """A key that is missing only because it was misspelt beside is one mistake, not two."""
    if detail["type"] != "missing":
        return False
    *parent, name = detail["loc"]
    return any(
        other["loc"][:-1] == tuple(parent) and near(str(other["loc"][-1]), [str(name)]) for other in unknown
    )


def _mistake(node: Node, model: type[BaseModel], detail: ErrorDetails, prefix: str) -> Mistake:
    loc, kind = detail["loc"], detail["type"]
    if kind == "extra_forbidden":
        word = str(loc[-1])
        mark = _key_mark(node, loc)
        return mark.mistake(
            f"{prefix}001", f"`{word}` is not a key here.", suggestion(word, _keys(model, loc[:-1]))
        )
    if kind == "missing":
        mark = _value_mark(node, loc[:-1])
        return mark.mistake(f"{prefix}002", f"`{loc[-1]}` is missing.", f"add `{loc[-1]}:` here")
    message = str(detail["msg"]).removeprefix("Value error, ").removeprefix("Assertion failed, ")
    name = next((str(part) for part in reversed(loc) if isinstance(part, str) and part.isidentifier()), "")
    value = _value(node, loc)
    shown = f"`{value.text}`: " if isinstance(value, Scalar) and value.text and len(value.text) < 60 else ""
    lead = f"`{name}` " if name else ""
    hint = ""
    if kind == "literal_error":
        choices = _quoted(str(detail.get("ctx", {}).get("expected", "")))
        message = "is not one of the words for it"
        hint = suggestion(value.text if isinstance(value, Scalar) else "", choices)
    return value.mark.mistake(f"{prefix}003", f"{lead}{shown}{_sentence(message)}", hint)


def _quoted(text: str) -> list[str]:
    """The words that pydantic lists as `'a', 'b' or 'c'`."""
    return re.findall(r"'([^']*)'", text)


def _sentence(text: str) -> str:
    text = text[:1].lower() + text[1:]
    return text if text.endswith((".", "?", "!")) else text + "."


def _step(node: Node, part: object) -> Node | None:
    if isinstance(node, Mapping):
        return node.get(str(part))
    if isinstance(node, Sequence) and isinstance(part, int) and part < len(node.items):
        return node.items[part]
    return None


def _value(node: Node, loc: Iterable[object]) -> Node:
    """The deepest node that the path reaches; names of union branches in it are stepped over."""
    here = node
    for part in loc:
        here = _step(here, part) or here
    return here


def _value_mark(node: Node, loc: Iterable[object]) -> Mark:
    return _value(node, loc).mark


def _key_mark(node: Node, loc: tuple[int | str, ...]) -> Mark:
    parent = _value(node, loc[:-1])
    key = parent.key(str(loc[-1])) if isinstance(parent, Mapping) else None
    return key.mark if key else parent.mark


def _keys(model: type[BaseModel], loc: Iterable[object]) -> list[str]:
    """The keys that are valid at the place `loc` of the model."""
    here: list[type[BaseModel]] = [model]
    for part in loc:
        fields = [kind.model_fields[str(part)].annotation for kind in here if str(part) in kind.model_fields]
        here = [found for annotation in fields for found in _models(annotation)] or here
    return sorted({field.alias or name for kind in here for name, field in kind.model_fields.items()})


def _models(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [found for part in getattr(annotation, "__args__", ()) for found in _models(part)]

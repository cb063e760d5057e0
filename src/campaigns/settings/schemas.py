"""JSON Schema (draft 7, which editors read) of the records that YAML files are bound to.

Every scalar of a file is text to us, while an editor sees numbers and true or false: both are right.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

Schema = dict[str, Any]

DRAFT = "http://json-schema.org/draft-07/schema#"
_NUMBER = r"^-?\d+(\.\d+)?$"
_WORDS: dict[str, Schema] = {
    "boolean": {"enum": ["on", "off", "yes", "no", True, False]},
    "integer": {"type": ["integer", "string"], "pattern": r"^-?\d+$"},
    "number": {"type": ["number", "string"], "pattern": _NUMBER},
}


def of_record(model: type[BaseModel], *, title: str) -> Schema:
    """The schema of one kind of file."""
    made = model.model_json_schema(mode="validation", ref_template="#/definitions/{model}")
    definitions = {name: _plain(schema) for name, schema in sorted(made.pop("$defs", {}).items())}
    return {"$schema": DRAFT, **_plain(made), "title": title, "definitions": definitions}


def _plain(schema: Any) -> Any:
    """As draft 7 says it, with scalars as people write them; defaults and Python's titles are left out."""
    if isinstance(schema, list):
        return [_plain(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    found = {
        name: {key: _plain(part) for key, part in inner.items()} if name == "properties" else _plain(inner)
        for name, inner in schema.items()
        if name not in ("title", "default", "format")
    }
    if isinstance(kind := found.get("type"), str) and kind in _WORDS:
        bounds = {name: found[name] for name in ("minimum", "maximum", "description") if name in found}
        return {**_WORDS[kind], **bounds}
    if found.get("type") == "string":
        return _text(found)
    if "anyOf" in found:
        found["anyOf"] = [part for part in found["anyOf"] if part != {"type": "null"}]
        if len(found["anyOf"]) == 1:
            found |= found.pop("anyOf")[0]
    if "prefixItems" in found:
        found["items"] = found.pop("prefixItems")
    if "$ref" in found and "description" in found:
        found["allOf"] = [{"$ref": found.pop("$ref")}]
    if isinstance(text := found.get("description"), str):
        found["description"] = " ".join(text.split())
    return _spelt_out(found)


def _text(found: Schema) -> Schema:
    """A text: a number or `yes` that is written there is one too, unless only some words are right."""
    if "enum" in found or "const" in found or "pattern" in found:
        return found
    return {**found, "type": ["string", "number", "boolean"]}


def _spelt_out(found: Schema) -> Schema:
    """A mapping whose keys are some words: each with its value, so that an editor offers them."""
    names = found.get("propertyNames", {}).get("enum")
    if names is None or not isinstance(found.get("additionalProperties"), dict):
        found.pop("propertyNames", None)
        return found
    del found["propertyNames"]
    inner = found["additionalProperties"]
    return {**found, "properties": dict.fromkeys(names, inner), "additionalProperties": False}

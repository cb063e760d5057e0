"""SQL kept as SQL: `.sql` files in which every query has a name and a sentence.

-- name: allowed_channels
-- One row a person and channel that may be used.
SELECT ...
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType

_NAME = re.compile(r"^-- name: *(\w+) *$", re.MULTILINE)


@cache
def load(package: str, name: str = "queries.sql") -> Mapping[str, str]:
    """The queries of a file in a package, by name, without name lines and trailing semicolons.

    Raises:
        ValueError: a query has no description line, no text, or the name of another one.
    """
    text = resources.files(package).joinpath(name).read_text(encoding="utf-8")
    _, *rest = _NAME.split(text)
    found: dict[str, str] = {}
    for title, body in zip(rest[::2], rest[1::2], strict=True):
        lines = body.strip().splitlines()
        if not lines or not lines[0].startswith("-- "):
            raise ValueError(f"{package}/{name}: {title} has no description line")
        query = "\n".join(lines[1:]).strip().removesuffix(";")
        if not query:
            raise ValueError(f"{package}/{name}: {title} has no text")
        if title in found:
            raise ValueError(f"{package}/{name}: {title} is there twice")
        found[title] = query
    return MappingProxyType(found)

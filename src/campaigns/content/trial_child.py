"""The process in which `check` renders templates: little memory, no data of anybody. See `trial`."""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from campaigns.content.compiling import Sources, compiled
from campaigns.content.rendering import render
from campaigns.content.trial import Result
from campaigns.content.values import Wanted
from campaigns.content.variables import SAMPLES
from campaigns.errors import UserError

MEMORY = 200 * 2**20  # octets beyond what the process has at its start
_LINKS = {
    name: f"https://example.invalid/{name}/AAAAAAAAAAAAAAAAAAAA"
    for name in ("unsubscribe", "preferences", "privacy")
}
_ODD_TEXT = "<script>alert(1)</script> \"'>{{ 7 * 7 }}{% raw %} & ä😀 " * 30


def main() -> None:
    """Answer each line of JSON with one; ends with its input."""
    _limit_memory()
    _say("ready")
    for line in sys.stdin:
        request = json.loads(line)
        _say(json.dumps(asdict(_result(request))))


def _result(request: dict[str, Any]) -> Result:
    wanted = [Wanted(**want) for want in request["wanted"]]
    size = 0
    try:
        parts = compiled(request["language"], Sources(**request["sources"]))
        for values in people(wanted):
            rendered = render(parts, wanted, values, can_be_refused=request["can_be_refused"])
            size = max(size, len(rendered.html.encode("utf-8")))
    except UserError as error:
        return Result(problem=error.mistake.message, size=size)
    except (SyntaxError, RecursionError):
        return Result(problem="is nested too deeply.", size=size)
    return Result(size=size)


def people(wanted: Sequence[Wanted]) -> Iterator[dict[str, dict[str, Any]]]:
    """Values of made-up people: a usual one, one who lacks all that may be lacking, one with odd names."""
    for optional, text in ((True, None), (False, None), (True, _ODD_TEXT)):
        values: dict[str, dict[str, Any]] = {}
        for want in wanted:
            value = SAMPLES[want.type]
            if want.optional and not optional:
                value = None
            elif want.type == "text" and text is not None:
                value = text
            values.setdefault(want.group, {})[want.field] = value
        yield values | {"links": _LINKS}


def _limit_memory() -> None:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    most = pages * resource.getpagesize() + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()

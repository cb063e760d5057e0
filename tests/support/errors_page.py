"""docs/errors.md: every code that `campaigns check` may tell, with an example and what to write instead."""

from __future__ import annotations

from collections.abc import Iterator

from campaigns.segments.code_examples import Example
from campaigns.workspace import codes


def page() -> str:
    """The text of the page. Its anchors are the codes in lower case: errors.md#seg021."""
    lines = [
        "# Mistakes",
        "",
        "`campaigns check` tells all mistakes of all files in one run, each at file, line and column, with",
        "what was probably meant. A code never changes its meaning; its place here is `errors.md#seg021`.",
    ]
    for family in codes.families():
        lines += ["", f"## {family.title}"]
        for code, meaning in sorted(family.codes.items()):
            lines += ["", f"### {code}", "", meaning]
            if code in family.examples:
                lines += _shown(family.examples[code])
    return "\n".join(lines) + "\n"


def _shown(example: Example) -> Iterator[str]:
    if example.about:
        yield from ("", example.about)
    for lead, snippet in (("Wrong:", example.wrong), ("Write:", example.right)):
        if snippet:
            yield from ("", lead, "", "```yaml", snippet, "```")

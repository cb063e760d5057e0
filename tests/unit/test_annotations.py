"""Mistakes as workflow commands: nothing that a file says can end a value or start another command."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from campaigns.cli.annotations import annotation
from campaigns.errors import Mistake


def test_the_form() -> None:
    mistake = Mistake(
        code="SEG021",
        message="100% of `a:b`, `c` are wrong.",
        file="segments/a,b.yml",
        line=9,
        column=16,
        length=8,
        source="      - field: heatting",
        hint="did you mean `heating`?\nchoose from: heating",
    )
    assert annotation(mistake) == (
        "::error file=segments/a%2Cb.yml,line=9,col=16,endColumn=24,title=SEG021"
        "::100%25 of `a:b`, `c` are wrong.%0Adid you mean `heating`?%0Achoose from: heating"
    )


def test_without_a_place() -> None:
    warning = Mistake(code="SEG006", message="no name.", file="segments/X.yml", is_warning=True)
    assert annotation(warning) == "::warning file=segments/X.yml,title=SEG006::no name."


@given(st.text(), st.text(), st.text(min_size=1))
def test_whatever_is_written_stays_one_command(message: str, hint: str, file: str) -> None:
    written = annotation(Mistake(code="SEG001", message=message, hint=hint, file=file, line=1, column=1))
    assert "\n" not in written and "\r" not in written
    properties, text = re.fullmatch(r"::error (.*?)::(.*)", written, re.DOTALL).groups()  # type: ignore[union-attr]
    pairs = dict(part.split("=", 1) for part in properties.split(","))
    assert list(pairs) == ["file", "line", "col", "title"]
    assert unescaped(pairs["file"]) == file
    assert unescaped(text).startswith(message)


def unescaped(text: str) -> str:
    for code, letter in (("%2C", ","), ("%3A", ":"), ("%0A", "\n"), ("%0D", "\r"), ("%25", "%")):
        text = text.replace(code, letter)
    return text

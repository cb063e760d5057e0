"""Nothing is kept for ever, and the message says what to write instead."""

from __future__ import annotations

from pathlib import Path

import pytest

from campaigns.errors import Mistakes
from campaigns.settings.loading import load

REPOSITORY = Path(__file__).parents[3]


@pytest.mark.parametrize("word", ["forever", "always", "unlimited", "none"])
def test_forever_is_refused_where_it_stands(tmp_path: Path, word: str) -> None:
    text = (REPOSITORY / "campaigns.yml").read_text(encoding="utf-8")
    old = "audit: {keep: 72 months"
    assert old in text
    path = tmp_path / "campaigns.yml"
    path.write_text(text.replace(old, f"audit: {{keep: {word}"), encoding="utf-8")
    with pytest.raises(Mistakes) as found:
        load(path)
    (mistake,) = found.value.mistakes
    assert "nothing is kept for ever: say how long, such as 24 months" in mistake.message
    assert mistake.line == 1 + text[: text.index(old)].count("\n")

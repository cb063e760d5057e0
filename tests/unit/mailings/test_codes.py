"""Every code that people are shown has its sentence."""

from __future__ import annotations

import re
from pathlib import Path

import campaigns.mailings
from campaigns.mailings.codes import CODES, REASONS, sentence
from campaigns.permissions.rules import CODES as RULES

SOURCES = [path.read_text() for path in Path(campaigns.mailings.__path__[0]).rglob("*.py")]


def test_every_mistake_that_is_raised_is_in_the_table_and_the_other_way_round() -> None:
    raised = {code for text in SOURCES for code in re.findall(r'"(MAI\d{3})', text)} | {
        "MAI001",
        "MAI002",
        "MAI003",
    }
    assert raised == set(CODES)


def test_no_reason_means_two_things() -> None:
    assert not set(REASONS) & set(RULES)


def test_a_code_never_stands_without_a_sentence() -> None:
    for code in (*REASONS, *RULES, "550 5.1.1"):
        assert re.fullmatch(r"[A-Z].*\.", sentence(code))

"""The SQL rules against a second reading of permissions.md in plain Python, over drawn rows of its words.

Each row goes through the whole machine as a vector does: a person in a lake, events in a ledger, a request,
settings. An ordinary run tries EXAMPLES x ROWS of them.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from campaigns.permissions import vectors
from campaigns.permissions.rules import ALLOWING as ALLOWED_BY_RULES
from support.effort import examples
from support.permission_oracle import ALLOWING, Row, answer
from support.permission_rows import rows

EXAMPLES, ROWS = 5, 40  # 200 rows; 4,000 under `make torture`
DATA = Path(__file__).parents[2] / "data"
HAND_WRITTEN = ("permissions.csv", "permissions_more.csv")


def columns(row: Row) -> list[str]:
    facts = ";".join(f"{key}={value}" for key, value in row.facts.items())
    return [row.person_kind, row.channel, row.purpose, row.message_kind, row.consent_state, row.ban_state,
            row.relationship, facts, *answer(row).split()]  # fmt: skip


def differences(drawn: Sequence[Row], folder: Path) -> list[str]:
    path = folder / "drawn.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(vectors.COLUMNS)
        writer.writerows([number, *columns(row)] for number, row in enumerate(drawn))
    answers = vectors.run(path).rows
    return [
        f"{','.join(columns(row))} got {one['got']}"
        for row, one in zip(drawn, answers, strict=True)
        if one["expected"] != one["got"]
    ]


@examples(EXAMPLES, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(drawn=st.lists(rows, min_size=ROWS, max_size=ROWS))
def test_the_rules_answer_as_the_text_does(
    tmp_path_factory: pytest.TempPathFactory, drawn: list[Row]
) -> None:
    assert differences(drawn, tmp_path_factory.mktemp("rows")) == []


@pytest.mark.parametrize("name", HAND_WRITTEN)
def test_the_second_reading_agrees_with_every_vector(name: str) -> None:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        for given_row in csv.DictReader(file):
            facts = dict(part.split("=") for part in given_row["other_facts"].split(";") if part)
            row = Row(*(given_row[name] for name in vectors.COLUMNS[1:8]), facts)
            assert answer(row) == f"{given_row['expected']} {given_row['reason']}", given_row["id"]


def test_the_codes_that_allow_are_those_of_the_text() -> None:
    assert ALLOWED_BY_RULES == ALLOWING


def test_drawn_rows_reach_every_code() -> None:
    """The comparison is worth as much as what it reaches: every code of the vectors."""
    seen: Counter[str] = Counter()

    @settings(max_examples=4000, deadline=None, database=None, derandomize=True, phases=(Phase.generate,))
    @given(row=rows)
    def count(row: Row) -> None:
        seen[answer(row).split()[1]] += 1

    count()
    with (DATA / "permissions.csv").open(encoding="utf-8", newline="") as file:
        codes = {row["reason"] for row in csv.DictReader(file)}
    assert codes - set(seen) == set()

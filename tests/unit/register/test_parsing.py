"""Text to dates, numbers and words: right values, and one clear reason for each wrong one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.register.deliveries import Delivery
from campaigns.register.parsing import Typed, mapped, mapped_words
from campaigns.register.quarantine import Rejects

Make = Callable[..., tuple[Typed, Rejects]]
HELSINKI = ZoneInfo("Europe/Helsinki")


@pytest.fixture
def typed(deliver: Callable[..., Delivery]) -> Make:
    """A column `x` of these cells, and its rejects."""

    def make(*cells: str | None) -> tuple[Typed, Rejects]:
        frame = pl.DataFrame({"_line": range(2, len(cells) + 2), "x": pl.Series(cells, dtype=pl.String)})
        rejects = Rejects(deliver(b"x\n"), "persons")
        return Typed(frame, rejects), rejects

    return make


def reasons(rejects: Rejects) -> list[tuple[object, ...]]:
    return rejects.frame(datetime(2026, 1, 1, tzinfo=UTC)).select("line", "reason").rows()


def test_days(typed: Make) -> None:
    column, rejects = typed("2026-11-24", "24.11.2026", "1.2.2026", "2026-11-24 00:00:00", None)
    assert column.day("x").to_list() == [date(2026, 11, 24)] * 2 + [
        date(2026, 2, 1),
        date(2026, 11, 24),
        None,
    ]
    assert rejects.refused == 0


@pytest.mark.parametrize(
    "text",
    ["31.2.2026", "2026-13-01", "24.11.26", "9999-99-99", "0000-00-00", "1.1.1850", "1.1.2101", "x", "46350"],
)
def test_what_is_no_day(typed: Make, text: str) -> None:
    column, rejects = typed(text)
    assert column.day("x").to_list() == [None]
    assert reasons(rejects) == [(2, "REG121")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-24T12:30:00Z", datetime(2026, 11, 24, 12, 30, tzinfo=UTC)),
        ("2026-11-24T12:30:00+02:00", datetime(2026, 11, 24, 10, 30, tzinfo=UTC)),
        ("2026-11-24 12:30:00.123456-0330", datetime(2026, 11, 24, 16, 0, 0, 123456, tzinfo=UTC)),
        ("2026-11-24 12:30", datetime(2026, 11, 24, 10, 30, tzinfo=UTC)),
        ("24.11.2026 12.30", datetime(2026, 11, 24, 10, 30, tzinfo=UTC)),
        ("1.7.2026 7:05", datetime(2026, 7, 1, 4, 5, tzinfo=UTC)),
        ("2026-11-24", datetime(2026, 11, 23, 22, tzinfo=UTC)),
        ("2026-10-25 03:30", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),  # twice that night: the first
    ],
)
def test_moments(typed: Make, text: str, expected: datetime) -> None:
    column, rejects = typed(text)
    assert column.moment("x", HELSINKI).to_list() == [expected]
    assert rejects.refused == 0


@pytest.mark.parametrize("text", ["2026-03-29 03:30", "2026-11-24T25:00", "2026-02-30 10:00", "12:30", "x"])
def test_what_is_no_moment(typed: Make, text: str) -> None:
    column, rejects = typed(text)
    assert column.moment("x", HELSINKI).to_list() == [None]
    assert reasons(rejects) == [(2, "REG126")]


@given(st.datetimes(min_value=datetime(1900, 1, 2), max_value=datetime(2100, 12, 30)))  # noqa: DTZ001  # UTC is put on below
def test_any_moment_comes_back(moment: datetime) -> None:
    frame = pl.DataFrame({"_line": [2], "x": [moment.isoformat() + "Z"]})
    column = Typed(frame, None)  # type: ignore[arg-type]  # nothing is refused
    column._refuse = lambda *_: None  # type: ignore[method-assign]
    assert column.moment("x", HELSINKI).to_list() == [moment.replace(tzinfo=UTC)]


def test_whole_numbers(typed: Make) -> None:
    column, rejects = typed("12", "12 000", "1990.0", "-1", "1e3", "12,5", None, "9" * 40, "")
    assert column.whole("x", 0, 100_000).to_list() == [12, 12_000, 1990, None, None, None, None, None, None]
    assert [line for line, _ in reasons(rejects)] == [5, 6, 7, 9, 10]


def test_yes_and_no(typed: Make) -> None:
    column, rejects = typed("yes", "NO", "Kyllä", "ei", "1", "0", "maybe", None)
    assert column.yes_no("x").to_list() == [True, False, True, False, True, False, None, None]
    assert reasons(rejects) == [(8, "REG124")]


def test_words_in_any_case_and_their_message_names_the_choices(typed: Make) -> None:
    column, rejects = typed("Oil", "WOOD", "coal")
    assert column.word("x", ("oil", "wood")).to_list() == ["oil", "wood", None]
    message = rejects.frame(datetime(2026, 1, 1, tzinfo=UTC))["message"][0]
    assert "oil, wood" in message
    assert "coal" not in message


def test_postal_codes_are_left_out_when_wrong(typed: Make) -> None:
    column, rejects = typed("00100", "FI-15140", "1514", "00000", None)
    assert column.postal_code("x").to_list() == ["00100", "15140", None, None, None]
    assert (rejects.refused, rejects.left_out) == (0, 2)


def test_addresses_are_left_out_when_wrong_and_never_repeated(typed: Make) -> None:
    column, rejects = typed("A@x.fi", "secret@@x.fi", None)
    assert column.email("x").to_list() == ["a@x.fi", None, None]
    assert reasons(rejects) == [(3, "REG130")]
    assert rejects.refused == 0
    column, rejects = typed("040 1234567", "029 000 8000", "secret")
    assert column.phone("x")["value"].to_list() == ["+358401234567", "+358290008000", None]
    assert sorted(reasons(rejects)) == [(3, "REG134"), (4, "REG131")]
    assert "secret" not in repr(rejects.frame(datetime(2026, 1, 1, tzinfo=UTC))["message"].to_list())


def test_required_and_long_text(typed: Make) -> None:
    column, rejects = typed("x" * 201, None, "y")
    column.required("x")
    column.text("x")
    assert sorted(reasons(rejects)) == [(2, "REG127"), (3, "REG120")]


def test_mapping_names_to_ids_and_words() -> None:
    pairs = pl.DataFrame({"name": ["a", "b"], "id": [1, 2]})
    assert mapped(pl.Series("name", ["b", None, "c", "a"]), pairs).to_list() == [2, None, None, 1]
    assert mapped_words(pl.Series("x", ["b", None]), {}).to_list() == [None, None]

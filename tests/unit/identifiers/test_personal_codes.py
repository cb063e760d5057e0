"""Personal identity codes: every spelling that people use is found, and nothing else that is a number."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from campaigns.identifiers import personal_codes

# The test persons that the Digital and Population Data Services Agency published for the signs of 2023.
TEST_PERSONS = (
    *(
        "010594Y9032",
        "010594Y9021",
        "020594X903P",
        "020594X902N",
        "030594W903B",
        "040594V9030",
        "050594U903M",
    ),
    *(
        "010516B903X",
        "020516C903K",
        "030516D9037",
        "010501E9032",
        "020502E902X",
        "020503F9037",
        "020504A902E",
    ),
)
SPELLINGS = (
    "{day}{sign}{tail}",
    "{day} {sign} {tail}",
    "{day} {sign}{tail}",
    "{day}\u00a0{sign}\u2009{tail}",
    "({day}{sign}{tail})",
    "id={day}{sign}{tail}&x=1",
    "_{day}{sign}{tail}_",
    "hetu: {day}{sign}{tail}.",
    "{day}\u200b{sign}{tail}",
)
NUMBERS = (
    "643007500000000014",  # GSRN
    "FI2112345600000785",
    "FI21 1234 5600 0007 85",
    "0401234567",
    "+358401234567",
    "040 123 4567",
    "040-1234567",
    "029 000 8000",
    "0290008000",
    "2026-010203-4567",  # an order number
    "tilaus 010203 kpl 4567",
    "990190-1234",  # no such day
    "011390-1234",  # no such month
    "01.01.2026-31.12.2026",
    "12.3.2026 14:30",
    "15140 Lahti",
    "2075131-1",
    "",
)


def spelt(code: str, spelling: str) -> str:
    return spelling.format(day=code[:6], sign=code[6], tail=code[7:])


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("code", TEST_PERSONS)
def test_every_sign_and_spelling_is_certain(code: str, spelling: str) -> None:
    for text in (spelt(code, spelling), spelt(code.lower(), spelling)):
        assert personal_codes.find(text) == "certain"
        masked = personal_codes.mask(text)
        assert "******-****" in masked
        assert code[-4:].lower() not in masked.lower()


@pytest.mark.parametrize("dash", [*"-\u00ad\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe63\uff0d"])
def test_every_dash_is_a_sign(dash: str) -> None:
    assert personal_codes.find(f"Tunnus 131052{dash}308T, kiitos") == "certain"


def test_plus_is_the_sign_of_the_nineteenth_century() -> None:
    assert personal_codes.find("131052+308T") == "certain"


@pytest.mark.parametrize(
    "text", ["01.05.94-9032", "01 05 94 - 9032", "010594-903 2", "０１０５９４-９０３２"]
)
def test_other_ways_of_writing_the_digits(text: str) -> None:
    assert personal_codes.mask(f"on {text} eikä") == "on ******-**** eikä"


@pytest.mark.parametrize(
    "text",
    [
        "010594Y9033",  # wrong check
        "310294-9032",  # no such day, but of the form
        "010594 9032",  # no sign
        "0105949032",
        "010594903X".replace("903X", "9032"),
        "hetu010594Y9032",  # glued to letters
        "010594Y9032kiitos",
    ],
)
def test_what_only_looks_like_a_code_is_suspect_and_masked(text: str) -> None:
    assert personal_codes.find(text) == "suspect"
    assert "9032" not in personal_codes.mask(text)
    assert not personal_codes.contains_certain(text)


@pytest.mark.parametrize("text", NUMBERS)
def test_other_numbers_do_not_hit(text: str) -> None:
    assert personal_codes.find(text) is None
    assert personal_codes.mask(text) == text


def test_several_codes_are_all_masked() -> None:
    text = "a 010594Y9032, b 020594-903P ja 131052-308T"
    assert personal_codes.mask(text) == "a ******-****, b ******-**** ja ******-****"


texts = st.lists(
    st.one_of(
        st.sampled_from(TEST_PERSONS),
        st.sampled_from(NUMBERS),
        st.sampled_from([" ", "-", ";", "hetu", "ä", "1", "A", "+", "\u2013"]),
        st.text(max_size=4),
    ),
    max_size=6,
).map("".join)


@given(texts)
@example("010594Y9032010594Y9032")
def test_what_is_masked_holds_no_code(text: str) -> None:
    assert personal_codes.find(personal_codes.mask(text)) is None


@given(st.lists(st.one_of(st.none(), texts), max_size=8))
def test_whole_columns_give_the_same_as_single_texts(column: list[str | None]) -> None:
    series = pl.Series("note", column, dtype=pl.String)
    expected = [None if text is None else personal_codes.find(text) for text in column]
    assert personal_codes.flag_series(series).to_list() == expected
    masked = [None if text is None else personal_codes.mask(text) for text in column]
    assert personal_codes.mask_series(series).to_list() == masked

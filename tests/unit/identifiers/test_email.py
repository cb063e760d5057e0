"""E-mail: one plain address in, one plain address out."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.identifiers import BadIdentifier, email

# Attacks 25 and 26.
HOSTILE = (
    "a@x.fi, victim@y.fi",
    "a@x.fi;b@y.fi",
    '"a,b"@x.fi',
    "a@x.fi\nRCPT TO:<v@y.fi>",
    "a@x.fi\r\nBcc: v@y.fi",
    "<a@x.fi>",
    "Matti <a@x.fi>",
    "a@[127.0.0.1]",
    "a@127.0.0.1",
    "-oQ@x.fi",
    "a\x00@x.fi",
    "a@x.fi\x00",
    "a" * 310 + "@example.com",
    "a" * 65 + "@example.com",
    "a@l\u0430htienergia.fi",  # Cyrillic a
    "a@xn--lhtienergia-yij.fi",  # the same, already in Punycode
    "a@laht\u0131energia.fi",  # dotless i
    "a\u202e@x.fi",
    "\u200ba@x.fi",
    "ä@x.fi",
    "=?utf-8?q?a@x.fi",
    "a@localhost",
    "a@x.test",
    "a@x",
    "a.@x.fi",
    ".a@x.fi",
    "a..b@x.fi",
    "a b@x.fi",
    "a@x..fi",
    "a@-x.fi",
    "a@x_y.fi",
    "maija@@x.fi",
    "",
    "@",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_and_broken_addresses_are_refused_without_being_repeated(text: str) -> None:
    with pytest.raises(BadIdentifier) as caught:
        email.normalise(text)
    assert caught.value.code.startswith("EMAIL_")
    assert len(text) < 2 or text not in caught.value.message
    assert email.normalise_series(pl.Series([text]))["value"].to_list() == [None]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a@x.fi", "a@x.fi"),
        ("  Matti.Meikäläinen@Example.COM ".replace("ä", "a"), "matti.meikalainen@example.com"),
        ("a+b_c-d@x-y.co.uk", "a+b_c-d@x-y.co.uk"),
        ("a@sähkö.fi", "a@xn--shk-qla6g.fi"),
        ("o'brien@example.com", "o'brien@example.com"),
    ],
)
def test_plain_addresses_are_normalised(text: str, expected: str) -> None:
    assert email.normalise(text) == expected


def test_the_same_address_twice_is_one() -> None:
    assert email.normalise("A@X.FI") == email.normalise(email.normalise("a@x.fi"))


words = st.text(alphabet="abzAÄ019-_.+' \u0430\u00ad", max_size=12)
domains = st.one_of(
    words, st.sampled_from(["x.fi", "EXAMPLE.com", "a-b.fi", "a--b.fi", "ab--c.fi", "x.onion", "x.f"])
)
addresses = st.one_of(
    st.builds("{}@{}".format, words, domains),
    st.builds("{}@{}.fi".format, words, words),
    st.builds("{}@{}".format, st.integers(60, 70).map(lambda n: "a" * n), st.just("x.fi")),
    st.builds("a@{}.fi".format, st.integers(58, 66).map(lambda n: "b" * n)),
    st.sampled_from(HOSTILE),
)


@given(st.lists(st.one_of(st.none(), addresses), max_size=6))
def test_whole_columns_give_the_same_as_single_texts(column: list[str | None]) -> None:
    found = email.normalise_series(pl.Series("email", column, dtype=pl.String))
    for text, value, code in zip(column, found["value"], found["code"], strict=True):
        if text is None:
            assert (value, code) == (None, None)
            continue
        try:
            assert email.normalise(text) == value
        except BadIdentifier as bad:
            assert (value, code) == (None, bad.code)

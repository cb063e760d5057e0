"""Jinja is kept out of the way and put back, whatever stands round it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.content.protection import constructs, cover, protect, restore
from campaigns.content.sources import Piece
from campaigns.errors import Mistakes

PARTS = st.sampled_from(
    [
        "<p>", "</p>", "text ", "\n", "  ", '<a href="', '">', "<!-- ", " -->", "ä€😀", "<title>", "</title>",
        "<br>",
        "{{ a.b }}", "{{- a|upper -}}", "{{ '}}' }}", '{{ "%}" ~ a }}', "{% if a < 5 %}", "{%- endif -%}",
        "{# note }} #}",
        "{% if a > b\n and c %}",
    ]
)  # fmt: skip


@given(st.lists(PARTS, max_size=30).map("".join))
def test_protecting_and_restoring_gives_the_text_without_its_notes(text: str) -> None:
    piece = Piece(file="x.html", text=text)
    found = constructs(piece)
    protected = protect(text, found)
    assert "{{" not in protected
    assert "{%" not in protected
    restored = restore(protected, found)
    assert [part.text for part in constructs(Piece(file="x.html", text=restored))] == [
        part.text for part in found if part.kind != "comment"
    ]


@given(st.lists(PARTS, max_size=30).map("".join))
def test_covering_keeps_every_position(text: str) -> None:
    piece = Piece(file="x.html", text=text)
    covered = cover(piece, constructs(piece))
    assert len(covered) == len(text)
    assert [at for at, sign in enumerate(covered) if sign == "\n"] == [
        at for at, sign in enumerate(text) if sign == "\n"
    ]


def test_a_block_between_table_rows_becomes_a_comment() -> None:
    text = "<table>{% if a %}<tr><td>{{ b }}</td></tr>{% endif %}</table>"
    found = constructs(Piece(file="x.html", text=text))
    assert protect(text, found) == (
        "<table><!--JINJA0000X--><tr><td>JINJA0001X</td></tr><!--JINJA0002X--></table>"
    )


def test_a_block_inside_a_tag_or_a_title_stays_a_word() -> None:
    text = '<title>{% if a %}x{% endif %}</title><p title="{% if a %}x{% endif %}">y</p>'
    assert "<!--" not in protect(text, constructs(Piece(file="x.html", text=text)))


def test_what_was_lost_is_told() -> None:
    found = constructs(Piece(file="x.html", text="{{ a }}{{ b }}"))
    with pytest.raises(LookupError, match=r"\{\{ b \}\}"):
        restore("JINJA0000X", found)
    assert restore("JINJA0000X", found, lossless=False) == "{{ a }}"


@pytest.mark.parametrize(
    "text", ["{{ a", "{% if a", "{# a", "{% raw %}{{ a }}{% endraw %}", "JINJA0000X", "{{ a ` }}"]
)
def test_what_jinja_cannot_read_is_a_mistake(text: str) -> None:
    with pytest.raises(Mistakes, match="TPL009"):
        constructs(Piece(file="x.html", text=text))


def test_white_space_that_jinja_takes_away_is_none_of_the_construct() -> None:
    found = constructs(Piece(file="x.html", text="{% if a -%}{# note #}\n<p>{% endif -%}  \n"))
    assert [part.text for part in found] == ["{% if a -%}", "{# note #}", "{% endif -%}"]

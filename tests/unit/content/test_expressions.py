"""What a template's Jinja may say, read without running it: attacks 1-6, 9, 10 and 12 of the threat list."""

from __future__ import annotations

import pytest

from campaigns.content.expressions import Scope, examine
from campaigns.content.sources import Piece
from support.messages import VARIABLES

SCOPE = Scope(
    declared={
        "person.first_name": "text",
        "contract.product": "text",
        "contract.end_date": "date",
        "contract.months": "integer",
        "metric.kwh_year": "kwh",
        "metric.load_factor": "number",
    },
    optional={"person.first_name", "metric.kwh_year", "contract.months"},
    known={name: variable.type for name, variable in VARIABLES.items()},
    slots={"body"},
)


def found(text: str, *, scope: Scope = SCOPE) -> list[str]:
    _, mistakes = examine(Piece(file="x.html", text=text), scope)
    return [mistake.code for mistake in mistakes]


@pytest.mark.parametrize(
    "text",
    [
        "{{ contract.product }}",
        "{% if person.first_name %}{{ person.first_name }}{% endif %}",
        "{% if not person.first_name %}x{% else %}{{ person.first_name }}{% endif %}",
        "{% if person.first_name is none %}x{% else %}{{ person.first_name }}{% endif %}",
        "{% if person.first_name == 'Maija' %}{{ person.first_name }}{% endif %}",
        "{{ person.first_name|default('you') }}",
        "{{ person.first_name or 'you' }}",
        "{{ person.first_name if person.first_name else 'you' }}",
        "{{ contract.end_date|date('long') }}",
        "{{ metric.load_factor|number(2) }}",
        "{% if metric.kwh_year and metric.kwh_year > 1000 %}{{ (metric.kwh_year * 0.2)|kwh }}{% endif %}",
        "{% if contract.months %}{{ contract.months + 1 }}{% endif %}",
        "{% for word in ['a', 'b'] %}{{ loop.index }}{{ word }}{% endfor %}",
        "{% set word = 'a' ~ contract.product %}{{ word }}",
        "{{ sender.name }} {{ links.privacy }} {{ mailing.date|date }}",
        "{% include body %}",
        "{# a note #}",
        "{{- contract.product -}}",
    ],
)
def test_what_a_message_needs_is_allowed(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        # attack 1: the way from a value to Python's insides
        ("{{ ''.__class__.__mro__ }}", "TPL010"),
        ("{{ ''|attr('__class__') }}", "TPL013"),
        ("{{ ('{0.__class__}'|attr('format'))('') }}", "TPL010"),
        ("{{ contract.__class__ }}", "TPL011"),
        ("{{ contract['product'] }}", "TPL010"),
        ("{{ contract.product[0] }}", "TPL010"),
        ("{{ contract.product.upper }}", "TPL011"),
        # attack 2
        ("{{ '{0.__class__.__init__.__globals__}'.format(person) }}", "TPL010"),
        ("{{ '{0}'.format_map(person) }}", "TPL010"),
        # attack 3
        ("{{ cycler.__init__.__globals__ }}", "TPL011"),
        ("{{ lipsum() }}", "TPL010"),
        ("{{ joiner }}", "TPL011"),
        ("{{ namespace }}", "TPL011"),
        ("{{ self }}", "TPL011"),
        ("{{ range(9) }}", "TPL010"),
        # attack 4
        ("{{ env('SENDGRID_API_KEY') }}", "TPL010"),
        ("{{ config }}", "TPL011"),
        ("{{ settings }}", "TPL011"),
        ("{{ request }}", "TPL011"),
        # attack 5
        ("{{ person.delete() }}", "TPL010"),
        ("{{ contract.product.upper() }}", "TPL010"),
        # attack 6
        ("{{ person._secret }}", "TPL011"),
        ("{{ person.identity_code }}", "TPL011"),
        ("{{ person }}", "TPL011"),
        ("{{ contract.fee|money }}", "TPL012"),
        # attack 9
        ("{{ '%1000000000s'|format('x') }}", "TPL013"),
        ("{{ 'x'|center(10**9) }}", "TPL013"),
        ("{{ 'a'*10**9 }}", "TPL010"),
        ("{{ 10**10**8 }}", "TPL010"),
        ("{{ '%s' % contract.product }}", "TPL010"),
        ("{{ 'a' + contract.product }}", "TPL010"),
        ("{{ 'x'|indent(9) }}", "TPL013"),
        ("{{ metric.load_factor|number(99) }}", "TPL013"),
        ("{{ metric.load_factor|number(true) }}", "TPL013"),
        ("{{ metric.load_factor|number(decimals=2) }}", "TPL013"),
        ("{{ contract.end_date|date('%s') }}", "TPL013"),
        ("{{ contract.product|default }}", "TPL013"),
        ("{{ contract.product|upper(contract.product) }}", "TPL013"),
        # attack 10
        ("{% for a in range(9) %}{% endfor %}", "TPL010"),
        ("{% for a in contract.product %}{% endfor %}", "TPL010"),
        ("{% for a in [1] recursive %}{{ loop([1]) }}{% endfor %}", "TPL010"),
        ("{% macro m() %}{{ m() }}{% endmacro %}", "TPL010"),
        (
            "{% for a in [" + "1," * 60 + "] %}{% for b in [" + "1," * 60 + "] %}{% endfor %}{% endfor %}",
            "TPL010",
        ),
        # attack 12
        ("{{ contract.product|safe }}", "TPL013"),
        ("{% autoescape false %}{{ contract.product }}{% endautoescape %}", "TPL010"),
        ("{% filter upper %}x{% endfilter %}", "TPL010"),
        ("{% set x %}<b>{% endset %}", "TPL010"),
        # other statements that Jinja knows
        ("{% extends 'x' %}", "TPL010"),
        ("{% block x %}{% endblock %}", "TPL010"),
        ("{% import 'x' as y %}", "TPL010"),
        ("{% from 'x' import y %}", "TPL010"),
        ("{% with a = 1 %}{% endwith %}", "TPL010"),
        ("{% call m() %}{% endcall %}", "TPL010"),
        ("{% do 1 %}", "TPL009"),
        ("{% include person.first_name %}", "TPL006"),
        ("{% include ['a', 'b'] %}", "TPL006"),
        ("{% if contract.product %}{% include body %}{% endif %}", "TPL006"),
        ("{% include 'x.html' ignore missing %}", "TPL006"),
        # values that a person may lack, values without their form
        ("{{ person.first_name }}", "TPL015"),
        ("{{ contract.product ~ person.first_name }}", "TPL015"),
        ("{% if metric.kwh_year > 5 %}x{% endif %}", "TPL015"),
        ("{% if contract.months + 1 == 5 %}x{% endif %}", "TPL015"),
        ("{% if person.first_name %}x{% else %}{{ person.first_name }}{% endif %}", "TPL015"),
        ("{% if person.first_name or contract.product %}{{ person.first_name }}{% endif %}", "TPL015"),
        ("{{ contract.end_date }}", "TPL018"),
        ("{{ metric.load_factor }}", "TPL018"),
        ("{{ contract.product ~ contract.end_date }}", "TPL018"),
        ("{{ mailing.date }}", "TPL018"),
        # what Jinja cannot read
        ("{{ contract.product", "TPL009"),
        ("{% if %}", "TPL009"),
        ("{% if contract.product %}", "TPL009"),
        ("{{ contract.product|missing_filter( }}", "TPL009"),
        ("{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}", "TPL009"),
        ("{{ " + "1 + " * 300 + "1 }}", "TPL010"),
        ("{% if contract.product %}" * 12 + "{% endif %}" * 12, "TPL010"),
        ("{% set a = 'x' %}" * 9, "TPL010"),
        ("{{ contract.product is callable }}", "TPL013"),
        ("{{ contract.product is defined }}", ""),
    ],
)
def test_everything_else_is_a_mistake(text: str, code: str) -> None:
    codes = found(text)
    assert (code in codes) if code else codes == []


def test_a_typo_is_shown_where_it_stands_and_what_was_meant() -> None:
    text = "<p>Hei</p>\n<p>Tuote {{ contract.prodct }}</p>\n"
    _, (mistake,) = examine(Piece(file="templates/news/fi.html", text=text), SCOPE)
    assert str(mistake) == (
        "templates/news/fi.html:2:13: TPL011 there is no variable `contract.prodct`.\n"
        "    2 | <p>Tuote {{ contract.prodct }}</p>\n"
        "      |             ^^^^^^^^^^^^^^^\n"
        "      did you mean `contract.product`?"
    )


def test_a_filter_is_shown_where_it_stands() -> None:
    _, (mistake,) = examine(Piece(file="x.html", text="a\n{{ contract.product|safe }}"), SCOPE)
    assert (mistake.line, mistake.column, mistake.length) == (2, 21, 4)


def test_a_message_never_shows_a_value_that_it_refuses() -> None:  # attack 6
    _, (mistake,) = examine(Piece(file="x.html", text="{{ person.identity_code }}"), SCOPE)
    assert "person.identity_code" in mistake.message


def test_what_is_printed_whatever_the_conditions_say_is_known() -> None:
    text = "{{ sender.name }}{% if contract.product %}{{ links.unsubscribe }}{% endif %}"
    uses, mistakes = examine(Piece(file="x.html", text=text), SCOPE)
    assert mistakes == []
    assert uses.names == {"sender.name", "contract.product", "links.unsubscribe"}
    assert uses.always == {"sender.name"}


def test_a_subject_includes_nothing() -> None:
    scope = Scope(declared={}, optional=(), known={}, includes=False)
    assert found("{% include 'layout/x.html' %}", scope=scope) == ["TPL006"]

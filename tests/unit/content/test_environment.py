"""The second wall: what gets past the check is refused when it runs (attacks 1-5, 9, 12-14)."""

from __future__ import annotations

from decimal import Decimal

import pytest
from jinja2.exceptions import SecurityError, TemplateError, UndefinedError

from campaigns.content.environment import FILTER_NAMES, TEST_NAMES, Environment, frozen

VALUES = {
    "person": frozen({"first_name": "<b>\"Ä&'</b>", "items": "own word"}),
    "contract": frozen({"fee": Decimal("3.90"), "months": 24}),
}


def rendered(text: str, *, markup: bool = True) -> str:
    return Environment("fi", markup=markup).from_string(text).render(VALUES)


@pytest.mark.parametrize(
    "text",
    [
        "{{ person.first_name.__class__ }}",
        "{{ person.__class__ }}",
        "{{ person.keys() }}",
        "{{ person.first_name.upper() }}",
        "{{ person['first_name'] }}",
        "{{ person.first_name[0] }}",
        "{{ ''.__class__.__mro__ }}",
        "{{ '%1000000000s' % 'x' }}",
        "{{ 'a' * 10 }}",
        "{{ 'a' + 'b' }}",
        "{{ 10 ** 10 }}",
        "{{ 10 * 1000000000000000 }}",
        "{{ contract.months * true }}",
        "{{ cycler() }}",
        "{{ range(3) }}",
        "{{ dict() }}",
        "{% macro m() %}x{% endmacro %}{{ m() }}",
        "{% for x in [1] %}{{ loop.changed(1) }}{% endfor %}",
        "{% include 'x.html' %}",
        "{% import 'x.html' as x %}",
        "{{ lipsum }}",
        "{{ person.last_name }}",
        "{{ self.x }}",
    ],
)
def test_it_is_refused_when_it_runs(text: str) -> None:
    with pytest.raises((SecurityError, UndefinedError, TemplateError, TypeError)):
        rendered(text)


@pytest.mark.parametrize(
    "name", ["format", "center", "attr", "xmlattr", "urlize", "safe", "pprint", "map", "indent"]
)
def test_filters_that_hold_a_trap_do_not_exist(name: str) -> None:
    with pytest.raises(TemplateError):
        rendered("{{ person.first_name|" + name + " }}")


def test_there_is_nothing_but_what_is_listed() -> None:
    environment = Environment("fi", markup=True)
    assert environment.globals == {}
    assert set(environment.filters) == FILTER_NAMES
    assert set(environment.tests) == TEST_NAMES


def test_values_are_escaped_in_html_and_as_they_are_in_text() -> None:  # attack 13
    text = '<p title="{{ person.first_name }}">{{ person.first_name }}</p>'
    assert rendered(text) == (
        '<p title="&lt;b&gt;&#34;Ä&amp;&#39;&lt;/b&gt;">&lt;b&gt;&#34;Ä&amp;&#39;&lt;/b&gt;</p>'
    )
    assert rendered("{{ person.first_name }}", markup=False) == "<b>\"Ä&'</b>"


@pytest.mark.parametrize(
    "name", ["{{ 7 * 7 }}", "{% raw %}", "${7*7}", "-name-", "%recipient%", "{{ person }}"]
)
@pytest.mark.parametrize("markup", [True, False])
def test_nothing_is_evaluated_twice(name: str, markup: bool) -> None:  # attack 14
    template = Environment("fi", markup=markup).from_string("a {{ person.first_name }} b")
    assert template.render(person=frozen({"first_name": name})) == f"a {name} b"


def test_a_value_called_like_a_method_is_a_value() -> None:
    assert rendered("{{ person.items }}") == "own word"


def test_frozen_values_cannot_be_changed() -> None:
    values = frozen({"a": 1})
    with pytest.raises(TypeError):
        values["a"] = 2  # type: ignore[index]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ contract.months + 1 }}", "25"),
        ("{{ (contract.fee * 12)|money }}", "46,80\xa0€"),
        ("{{ (contract.fee * 1.1)|money }}", "4,29\xa0€"),
        ("{{ (7 // 2) - 1 }}", "2"),
        ("{{ -contract.months }}", "-24"),
    ],
)
def test_numbers_can_be_computed_with(text: str, expected: str) -> None:
    assert rendered(text) == expected


def test_nothing_is_computed_while_compiling() -> None:  # attack 9
    Environment("fi", markup=True).from_string("{% if person.no %}{{ 10 ** 10 ** 10 }}{% endif %}")

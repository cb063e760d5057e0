"""Templates are tried in a process that may be stopped: attacks 9, 10 and 18 of the threat list."""

from __future__ import annotations

import pytest

from campaigns.content import trial
from campaigns.content.compiling import Sources
from campaigns.content.trial import Trial, try_out
from campaigns.content.values import Wanted

WANTED = (Wanted(group="person", field="first_name", type="text", optional=True),)
LOOP = "{% for a in [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] %}"


def of(html: str, *, text: str = "x", head: str = "s\np") -> Trial:
    """A trial of a text that no check has seen."""
    return Trial(
        name="news",
        language="fi",
        sources=Sources(head=head, html=html, text=text),
        wanted=WANTED,
        can_be_refused=False,
    )


GOOD = of("<p>{{ person.first_name }}</p>")
ENDLESS = of(LOOP * 12 + "x" + "{% endfor %}" * 12)
GREEDY = of("{% set a = 'aaaaaaaaaa' %}" + "{% set a = a ~ a %}" * 40 + "{{ a }}")


def test_results_come_in_order_and_one_bad_template_costs_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "SECONDS", 1.0)
    results = try_out([GOOD, ENDLESS, GOOD, GREEDY, GOOD])
    assert [bool(result.problem) for result in results] == [False, True, False, True, False]
    assert results[0].size > 1_000  # of the person with the odd name


@pytest.mark.parametrize(
    "html",
    [
        "{{ 10 ** 10 ** 8 }}",
        "{{ 'a' * 10 ** 9 }}",
        "{{ '%1000000000s' % 'x' }}",
        "{{ person.first_name.__class__ }}",
        "{{ person.first_name + 1 }}",
        "{{ nothing }}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "{% if person.first_name %}" * 30
        + "{% endif %}" * 30
        + "{{ "
        + "(" * 60
        + "nothing"
        + ")" * 60
        + " }}",
    ],
)
def test_what_cannot_be_computed_is_a_problem_and_no_crash(html: str) -> None:  # attack 9
    (result,) = try_out([of(html)])
    assert result.problem
    assert "Traceback" not in result.problem


def test_nothing_to_try_starts_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "_Child", None)
    assert try_out([]) == []


def test_a_process_that_does_not_start_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial.sys, "executable", "/bin/false")
    monkeypatch.setattr(trial, "START_SECONDS", 5.0)
    assert [result.problem for result in try_out([GOOD, GOOD])] == [
        "cannot be tried: the process for it does not start."
    ] * 2

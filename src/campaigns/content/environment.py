"""The Jinja environment of messages: a small language over plain values, and nothing to hold on to.

Jinja's own sandbox hides dangerous attributes. Here values have no attributes at all: `person.first_name`
is a look-up in a frozen mapping, calls and subscripts do not exist, and arithmetic is for numbers.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from jinja2 import StrictUndefined, Undefined
from jinja2.exceptions import SecurityError
from jinja2.filters import FILTERS
from jinja2.runtime import Context, LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.tests import TESTS

from campaigns.content import formats

PLAIN_FILTERS = ("upper", "lower", "capitalize", "trim", "round")
FILTER_NAMES = frozenset(
    {*PLAIN_FILTERS, "default", "urlencode", "number", "money", "kwh", "percent", "date"}
)
TEST_NAMES = frozenset({"defined", "none"})
LOOP_ATTRIBUTES = frozenset({"index", "first", "last", "length"})
LARGEST_NUMBER = 10**15

_OPERATORS = {
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "/": lambda left, right: left / right,
    "//": lambda left, right: left // right,
}


class Environment(ImmutableSandboxedEnvironment):
    """Templates of one language; `markup` escapes values for HTML, otherwise they stay as they are."""

    # `%` formats text and `**` grows without end, so neither exists; the rest is for numbers only.
    intercepted_binops = frozenset({*_OPERATORS, "%", "**"})

    def __init__(self, language: str, *, markup: bool) -> None:
        super().__init__(
            autoescape=markup,
            undefined=StrictUndefined,
            optimized=False,  # nothing of a template is computed while it is compiled
            keep_trailing_newline=True,
        )
        self.globals.clear()
        self.filters = {name: FILTERS[name] for name in PLAIN_FILTERS} | {
            "default": _default,
            "urlencode": formats.url_part,
            **formats.for_language(language),
        }
        self.tests = {name: TESTS[name] for name in TEST_NAMES}

    def getattr(self, obj: Any, attribute: str) -> Any:
        """A value by its name; no object of Python is ever opened."""
        if type(obj) is types.MappingProxyType:
            return obj[attribute] if attribute in obj else self.undefined(obj=obj, name=attribute)
        if type(obj) is LoopContext and attribute in LOOP_ATTRIBUTES:
            return getattr(obj, attribute)
        if isinstance(obj, Undefined):
            return self.undefined(name=attribute)
        raise SecurityError("values have no attributes")

    def getitem(self, obj: Any, argument: Any) -> Any:  # noqa: ARG002 - signature of Jinja
        """Refused: names are written with a dot."""
        raise SecurityError("values have no items")

    def call(__self, __context: Context, __obj: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N805, ARG002
        """Refused: nothing can be called."""
        raise SecurityError("nothing can be called in a message")

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:  # noqa: ARG002
        """Arithmetic of numbers within reason; text is joined with `~`."""
        compute = _OPERATORS.get(operator)
        if compute is None or not (_is_number(left) and _is_number(right)):
            raise SecurityError(f"`{operator}` is for numbers only")
        if isinstance(left, Decimal) or isinstance(right, Decimal):
            left, right = _decimal(left), _decimal(right)
        result = compute(left, right)
        if abs(result) > LARGEST_NUMBER:
            raise SecurityError("the number is too large")
        return result


def frozen(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """A mapping that a template can read and nobody can change."""
    return types.MappingProxyType(dict(values))


def _default(value: object, instead: object) -> object:
    """The word for a value that a person lacks."""
    return instead if value is None or value == "" else value


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _decimal(value: float | Decimal) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(repr(value))

"""The dotted names in an expression of Jinja, and where a value that may be missing is known to be there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from jinja2 import nodes

_KEEPS_FORM = frozenset({"default", "trim", "upper", "lower", "capitalize"})  # filters that do not format


@dataclass(frozen=True, slots=True)
class Path:
    """A dotted name such as `person.first_name`, and the node that spells it."""

    name: str
    node: nodes.Node


def paths(node: nodes.Node) -> Iterator[Path]:
    """Every dotted name in an expression, whole."""
    if path := _path(node):
        yield path
    else:
        for child in node.iter_child_nodes():
            yield from paths(child)


def when_true(test: nodes.Node) -> frozenset[str]:
    """The variables that surely have a value where the test holds."""
    if path := _path(test):
        return frozenset({path.name})
    if isinstance(test, nodes.And):
        return when_true(test.left) | when_true(test.right)
    if isinstance(test, nodes.Not):
        return when_false(test.node)
    if isinstance(test, nodes.Compare) and all(operand.op in ("eq", "gt", "gteq") for operand in test.ops):
        return when_true(test.expr) if _path(test.expr) else frozenset()
    return frozenset()


def when_false(test: nodes.Node) -> frozenset[str]:
    """The variables that surely have a value where the test does not hold."""
    if isinstance(test, nodes.Not):
        return when_true(test.node)
    if isinstance(test, nodes.Or):
        return when_false(test.left) | when_false(test.right)
    if isinstance(test, nodes.Test) and test.name == "none":
        return when_true(test.node)
    return frozenset()


def unguarded(node: nodes.Node, sure: frozenset[str]) -> Iterator[Path]:
    """The names that an expression prints or computes with although they are not surely there."""
    path = _path(node)
    if path:
        if path.name not in sure:
            yield path
    elif isinstance(node, nodes.CondExpr):
        yield from unguarded_in_test(node.test, sure)
        yield from unguarded(node.expr1, sure | when_true(node.test))
        if node.expr2:
            yield from unguarded(node.expr2, sure | when_false(node.test))
    elif isinstance(node, nodes.Or):  # `name or "word"` prints the word
        yield from unguarded(node.right, sure)
    elif not (isinstance(node, nodes.Filter) and node.name == "default"):
        for child in node.iter_child_nodes():
            yield from unguarded(child, sure)


def unguarded_in_test(node: nodes.Node, sure: frozenset[str]) -> Iterator[Path]:
    """The names that a test orders or computes with; asking whether they are there is always allowed."""
    if isinstance(node, nodes.And):
        yield from unguarded_in_test(node.left, sure)
        yield from unguarded_in_test(node.right, sure | when_true(node.left))
    elif isinstance(node, nodes.Or):
        yield from unguarded_in_test(node.left, sure)
        yield from unguarded_in_test(node.right, sure | when_false(node.left))
    elif isinstance(node, nodes.Not | nodes.Test):
        yield from unguarded_in_test(node.node, sure)
    elif isinstance(node, nodes.Compare) and all(operand.op in ("eq", "ne") for operand in node.ops):
        for side in (node.expr, *(operand.expr for operand in node.ops)):
            yield from unguarded_in_test(side, sure)
    elif not _path(node):
        yield from unguarded(node, sure)


def unformatted(node: nodes.Node) -> Iterator[Path]:
    """The names that an expression prints as they are."""
    if path := _path(node):
        yield path
    elif isinstance(node, nodes.Filter):
        if node.node is not None and node.name in _KEEPS_FORM:
            yield from unformatted(node.node)
    elif isinstance(node, nodes.CondExpr):
        yield from unformatted(node.expr1)
        if node.expr2:
            yield from unformatted(node.expr2)
    elif not isinstance(node, nodes.Compare | nodes.Test | nodes.Not):
        for child in node.iter_child_nodes():
            yield from unformatted(child)


def _path(node: nodes.Node) -> Path | None:
    parts: list[str] = []
    here = node
    while isinstance(here, nodes.Getattr):
        parts.append(here.attr)
        here = here.node
    if not isinstance(here, nodes.Name):
        return None
    return Path(".".join([here.name, *reversed(parts)]), node)

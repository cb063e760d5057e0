"""Read the Jinja of a text without running it: only what a message needs, only values that it may name.

A mistake is at a line and column. What passes here cannot name anything undefined, print a value that a
person may lack, call anything, or loop without end; the environment refuses the same things a second time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from jinja2 import nodes
from jinja2.exceptions import TemplateSyntaxError

from campaigns.content.environment import FILTER_NAMES, LOOP_ATTRIBUTES, TEST_NAMES, Environment
from campaigns.content.formats import DATE_STYLES, MAX_DECIMALS
from campaigns.content.names import (
    Path,
    paths,
    unformatted,
    unguarded,
    unguarded_in_test,
    when_false,
    when_true,
)
from campaigns.content.protection import syntax_mistake
from campaigns.content.sources import Piece
from campaigns.content.variables import CONSTANTS, TYPES
from campaigns.errors import Mistake
from campaigns.settings.binding import suggestion

MAX_DEPTH = 8  # of conditions and loops
MAX_SETS = 8  # each can double a text
MAX_TURNS = 1_000  # of a loop, those inside it multiplied
MAX_EXPRESSION = 100  # parts of one expression

_STATEMENTS = (nodes.Output, nodes.If, nodes.For, nodes.Assign, nodes.Include)
_EXPRESSIONS = (
    nodes.Const, nodes.Name, nodes.Getattr, nodes.Filter, nodes.Test, nodes.Compare, nodes.Operand, nodes.And,
    nodes.Or, nodes.Not, nodes.Add, nodes.Sub, nodes.Mul, nodes.Div, nodes.FloorDiv, nodes.Neg, nodes.Concat,
    nodes.CondExpr, nodes.List, nodes.Tuple, nodes.TemplateData, nodes.Keyword,
)  # fmt: skip
_HINTS: Mapping[type[nodes.Node], str] = {
    nodes.Call: "nothing can be called in a message",
    nodes.Getitem: "write names with a dot: person.first_name",
    nodes.ScopedEvalContextModifier: "values are always escaped",
    nodes.Macro: 'put the part in a file of layout/ and use {% include "layout/part.html" %}',
    nodes.Extends: "the layout is put round each message by itself",
    nodes.Block: "the layout is put round each message by itself",
    nodes.Pow: "there are +, -, *, / and // for numbers",
    nodes.Mod: "there are +, -, *, / and // for numbers; join text with ~",
}
_NAMES: Mapping[type[nodes.Node], str] = {
    nodes.ScopedEvalContextModifier: "{% autoescape %}",
    nodes.Call: "a call",
    nodes.Getattr: "a part of a value",
    nodes.Getitem: "[ ]",
    nodes.Pow: "**",
    nodes.Mod: "%",
    nodes.AssignBlock: "{% set %} with a body",
    nodes.FromImport: "{% from … import %}",
    nodes.CallBlock: "{% call %}",
    nodes.FilterBlock: "{% filter %}",
}

# What a filter takes in brackets, if anything.
_ROUNDED = ("number", "money", "percent", "round")
_PLACES = tuple(range(MAX_DECIMALS + 1))
_ARGUMENTS: Mapping[str, tuple[object, ...]] = {
    **dict.fromkeys(_ROUNDED, _PLACES),
    "date": DATE_STYLES,
}
_USAGE: Mapping[str, str] = {
    **{
        name: f"write {name}, or {name}(2) for two decimals"
        for name in ("number", "money", "percent", "round")
    },
    **{name: f"{name} takes nothing in brackets" for name in ("upper", "lower", "capitalize", "trim", "kwh")},
    "urlencode": "urlencode takes nothing in brackets",
    "date": "write date, " + " or ".join(f'date("{style}")' for style in DATE_STYLES),
    "default": 'write default("the word for those who have none")',
}


@dataclass(kw_only=True, slots=True)
class Uses:
    """What a text names: all variables, and those that are printed whatever the conditions say."""

    names: set[str] = field(default_factory=set)
    always: set[str] = field(default_factory=set)


@dataclass(frozen=True, kw_only=True, slots=True)
class Scope:
    """What a text may name: variables with their types, and which of them a person may lack."""

    declared: Mapping[str, str]  # name -> type
    optional: Collection[str]
    known: Mapping[str, str]  # everything that could be declared
    slots: Collection[str] = ()  # names that `include` may take
    includes: bool = True


def examine(piece: Piece, scope: Scope, *, language: str = "en") -> tuple[Uses, list[Mistake]]:
    """Read one text: what it uses, and every mistake in it."""
    try:
        tree = Environment(language, markup=True).parse(piece.text)
    except TemplateSyntaxError as error:
        return Uses(), [syntax_mistake(piece, error)]
    except RecursionError:
        return Uses(), [piece.mistake("TPL009", "this is nested too deeply.")]
    reader = _Reader(piece, scope)
    try:
        reader.body(tree.body, frozenset(), depth=0)
    except RecursionError:
        reader.found.append(piece.mistake("TPL009", "this is nested too deeply."))
    return reader.uses, list(dict.fromkeys(reader.found))


class _Reader:
    """Walks the syntax tree of one text."""

    def __init__(self, piece: Piece, scope: Scope) -> None:
        self.piece, self.scope = piece, scope
        self.uses, self.found = Uses(), list[Mistake]()
        self._local: set[str] = set()
        self._loops = 0
        self._turns = 1
        self._sets = 0

    def body(self, statements: list[nodes.Node], sure: frozenset[str], *, depth: int) -> None:
        """Statements in a place where the optional variables `sure` have a value."""
        if depth > MAX_DEPTH:
            self._mistake(statements[0], "TPL010", f"conditions and loops are more than {MAX_DEPTH} deep.")
            return
        for node in statements:
            if not isinstance(node, _STATEMENTS):
                self._refuse(node)
            elif isinstance(node, nodes.Output):
                self._output(node, sure, always=depth == 0)
            elif isinstance(node, nodes.If):
                self._condition(node, sure, depth)
            elif isinstance(node, nodes.For):
                self._loop(node, sure, depth)
            elif isinstance(node, nodes.Assign):
                self._assign(node, sure)
            elif isinstance(node, nodes.Include):
                self._include(node, depth)

    def _output(self, node: nodes.Output, sure: frozenset[str], *, always: bool) -> None:
        for child in node.nodes:
            if isinstance(child, nodes.TemplateData):
                continue
            names = self._expression(child, sure, printed=True)
            if always:
                self.uses.always |= names

    def _condition(self, node: nodes.If, sure: frozenset[str], depth: int) -> None:
        self._expression(node.test, sure)
        self.body(node.body, sure | when_true(node.test), depth=depth + 1)
        below = sure | when_false(node.test)
        for branch in node.elif_:
            self._condition(branch, below, depth)
            below |= when_false(branch.test)
        if node.else_:
            self.body(node.else_, below, depth=depth + 1)

    def _loop(self, node: nodes.For, sure: frozenset[str], depth: int) -> None:
        if not isinstance(node.iter, nodes.List | nodes.Tuple) or not isinstance(node.target, nodes.Name):
            self._mistake(node, "TPL010", "a loop runs over a list written in the template.", word="for")
            return
        if node.recursive or node.test:
            self._mistake(node, "TPL010", "a loop has neither `recursive` nor `if`.", word="for")
        self._expression(node.iter, sure)
        self._local.add(node.target.name)
        outside = self._turns
        self._turns *= max(1, len(node.iter.items))
        if self._turns > MAX_TURNS:
            self._mistake(node, "TPL010", f"loops in loops make more than {MAX_TURNS:,} turns.", word="for")
        self._loops += 1
        self.body(node.body, sure, depth=depth + 1)
        self._loops -= 1
        self._turns = outside
        if node.else_:
            self.body(node.else_, sure, depth=depth + 1)

    def _assign(self, node: nodes.Assign, sure: frozenset[str]) -> None:
        self._sets += 1
        if not isinstance(node.target, nodes.Name) or self._sets > MAX_SETS:
            self._mistake(
                node, "TPL010", f"`set` gives one name a value, at most {MAX_SETS} times.", word="set"
            )
            return
        self._expression(node.node, sure, printed=True)
        self._local.add(node.target.name)

    def _include(self, node: nodes.Include, depth: int) -> None:
        template = node.template
        named = isinstance(template, nodes.Const) and isinstance(template.value, str)
        slot = isinstance(template, nodes.Name) and template.name in self.scope.slots and depth == 0
        if not self.scope.includes or not (named or slot) or node.ignore_missing or not node.with_context:
            self._mistake(
                node,
                "TPL006",
                "an include names one file.",
                'write {% include "layout/part.html" %}',
                word="include",
            )

    def _expression(self, node: nodes.Node, sure: frozenset[str], *, printed: bool = False) -> set[str]:
        """Check one expression; gives the variables in it."""
        parts = [node, *node.find_all(nodes.Node)]
        if len(parts) > MAX_EXPRESSION:
            self._mistake(node, "TPL010", f"an expression has more than {MAX_EXPRESSION} parts.")
            return set()
        named = list(paths(node))
        spelt = {id(part) for path in named for part in (path.node, *path.node.find_all(nodes.Node))}
        for part in parts:
            if id(part) not in spelt:
                self._part(part)
        names = {path.name for path in named if self._may_name(path)}
        self.uses.names |= names
        if printed:
            self._lacking(unguarded(node, sure))
            self._shaped(node)
        else:
            self._lacking(unguarded_in_test(node, sure))
        return names

    def _part(self, node: nodes.Node) -> None:
        if isinstance(node, nodes.Getattr) or not isinstance(node, _EXPRESSIONS):
            self._refuse(node)
        elif isinstance(node, nodes.Filter):
            self._filter(node)
        elif isinstance(node, nodes.Test) and node.name not in TEST_NAMES:
            self._mistake(
                node,
                "TPL013",
                f"there is no test `{node.name}`.",
                suggestion(node.name, TEST_NAMES),
                node.name,
            )
        elif isinstance(node, nodes.Add | nodes.Mul | nodes.Sub | nodes.Div | nodes.FloorDiv) and any(
            isinstance(side, nodes.Const) and isinstance(side.value, str) for side in (node.left, node.right)
        ):
            self._mistake(node, "TPL010", "arithmetic is for numbers.", "join text with ~")

    def _filter(self, node: nodes.Filter) -> None:
        if node.name not in FILTER_NAMES:
            hint = "values are always escaped" if node.name == "safe" else suggestion(node.name, FILTER_NAMES)
            self._mistake(node, "TPL013", f"there is no filter `{node.name}` here.", hint, node.name)
            return
        given = [part.value if isinstance(part, nodes.Const) else None for part in node.args]
        allowed = _ARGUMENTS.get(node.name, ())
        fits = len(given) <= 1 and all((type(one), one) in {(type(a), a) for a in allowed} for one in given)
        if node.name == "default":
            fits = len(given) == 1 and isinstance(given[0], str | int)
        if not fits or node.kwargs or node.dyn_args or node.dyn_kwargs:
            self._mistake(node, "TPL013", f"`{node.name}` is not used so.", _USAGE[node.name], node.name)

    def _may_name(self, path: Path) -> bool:
        """Whether the name is one that this text may use; says what is wrong otherwise."""
        root, _, rest = path.name.partition(".")
        if root in self._local:
            if rest:
                self._mistake(path.node, "TPL011", f"`{root}` is one value and has no parts.", word=path.name)
            return False
        if root == "loop" and self._loops and rest in LOOP_ATTRIBUTES:
            return False
        if path.name in self.scope.declared or path.name in CONSTANTS:
            return True
        if path.name in self.scope.known:
            self._mistake(
                path.node,
                "TPL012",
                f"`{path.name}` is not declared.",
                f"add `{path.name}: {self.scope.known[path.name]}` under variables: of message.yml",
                path.name,
            )
        else:
            choices = {*self.scope.declared, *CONSTANTS, *self.scope.known}
            self._mistake(
                path.node,
                "TPL011",
                f"there is no variable `{path.name}`.",
                suggestion(path.name, choices),
                path.name,
            )
        return False

    def _lacking(self, unsure: Iterable[Path]) -> None:
        """A value that a person may lack is used only where it is known to be there."""
        for path in unsure:
            if path.name in self.scope.optional:
                self._mistake(
                    path.node,
                    "TPL015",
                    f"`{path.name}` may be missing for a person.",
                    f'ask first: {{% if {path.name} %}}, or give a word: {path.name}|default("…")',
                    path.name,
                )

    def _shaped(self, node: nodes.Node) -> None:
        """Dates, money and amounts are printed as the language writes them."""
        for path in unformatted(node):
            type_ = self.scope.declared.get(path.name) or CONSTANTS.get(path.name, "")
            if filters := TYPES.get(type_, frozenset()):
                shown = " or ".join(f"{path.name}|{name}" for name in sorted(filters)[:2])
                self._mistake(
                    path.node, "TPL018", f"`{path.name}` is printed unformatted.", f"write {shown}", path.name
                )

    def _refuse(self, node: nodes.Node) -> None:
        name = _NAMES.get(type(node)) or f"{{% {type(node).__name__.lower()} %}}"
        self._mistake(node, "TPL010", f"{name} is not allowed in a message.", _HINTS.get(type(node), ""))

    def _mistake(self, node: nodes.Node, code: str, message: str, hint: str = "", word: str = "") -> None:
        line = next((part.lineno for part in (node, *node.find_all(nodes.Node)) if part.lineno), 1)
        column, length = self.piece.find(line, word)
        self.found.append(self.piece.mistake(code, message, hint, line=line, column=column, length=length))

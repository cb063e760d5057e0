"""A query as a chain of named steps: each adds one column to the rows of the step before."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlglot import exp

from campaigns.segments import sql


@dataclass(slots=True)
class Steps:
    """The named steps of a query (its CTEs), in order."""

    queries: dict[str, exp.Select] = field(default_factory=dict)

    def add(self, name: str, query: exp.Select, comment: str = "") -> str:
        """Append a step; its name is free, see `free`."""
        if comment:
            query.add_comments([f" {comment} "])
        self.queries[name] = query
        return name

    def free(self, name: str) -> str:
        """The name, or the name with a number when it is taken."""
        taken, number = name, 2
        while taken in self.queries:
            taken, number = f"{name}_{number}", number + 1
        return taken

    def then(self, query: exp.Select) -> exp.Select:
        """The query with all steps before it."""
        steps = [
            exp.CTE(this=step, alias=exp.TableAlias(this=exp.to_identifier(name)))
            for name, step in self.queries.items()
        ]
        query.set("with_", exp.With(expressions=steps))
        return query


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """A verdict, and what has to be joined for it: `found`, on the columns `using`.

    `value` is what was compared, for explanations; `more` are further columns that later steps need.
    """

    verdict: exp.Expr
    found: exp.Query | None = None
    using: tuple[str, ...] = ()
    value: exp.Expr | None = None
    more: tuple[exp.Expr, ...] = ()


@dataclass(slots=True)
class Chain:
    """Rows that conditions add their verdicts to; `path` is the relations around them.

    `rows` is how the SQL calls them: people, sites, contracts, companies.
    """

    steps: Steps
    last: str
    rows: str
    path: tuple[str, ...]
    values: bool = False  # keep the value beside each verdict

    def add(self, name: str, step: Step, comment: str = "") -> None:
        """One step: the verdict as a column called `name`."""
        columns = [sql.every_column(self.rows), sql.named(step.verdict, name), *step.more]
        if self.values and step.value is not None:
            columns.append(sql.named(step.value.copy(), f"{name}_value"))
        query = sql.select(*columns).from_(sql.table(self.last, self.rows), copy=False)
        if step.found is not None:
            found = step.found.subquery("found")
            query = query.join(found, using=list(step.using), join_type="left", copy=False)
        self.last = self.steps.add(name, query, comment)

    def column(self, name: str) -> exp.Column:
        """A column of the chain's rows."""
        return sql.column(name, self.rows)

"""Where `top` and `bottom` were cut off: the last value that was in, of how many and among how many."""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

from campaigns.engine import Engine
from campaigns.segments import sql
from campaigns.segments.compiling import Compiled
from campaigns.segments.model import MetricCondition
from campaigns.segments.ranking import Ranking
from campaigns.segments.sentences import few, figure


@dataclass(frozen=True, kw_only=True, slots=True)
class CutOff:
    """One ranking of a segment on a day. `value` is None when nobody was ranked, else in `unit`."""

    line: int
    word: str  # the metric or score
    value: float | None
    unit: str
    taken: int
    among: int
    rows: str  # people or sites

    def as_json(self) -> dict[str, object]:
        """The keys of `cut_offs` in previews and snapshots."""
        return {
            "line": self.line,
            "word": self.word,
            "value": self.value,
            "unit": self.unit,
            "taken": self.taken,
            "among": self.among,
            "rows": self.rows,
        }

    def __str__(self) -> str:
        if self.value is None:
            return f"nobody's {self.word} is known, so nobody is ranked"
        taken = f"{few(self.taken)} of {few(self.among)} {self.rows}"
        return f"the cut-off was {figure(self.value, self.unit)}: {taken}"


def read(db: Engine, compiled: Compiled, table: str) -> tuple[CutOff, ...]:
    """Those of a compiled segment, from the frame or table with the rows of `Compiled.everybody`."""
    if not compiled.rankings:
        return ()
    names = [f"{one.name}_{kind}" for one in compiled.rankings for kind in ("cut_off", "taken", "among")]
    found = db.query(f"SELECT {', '.join(names)} FROM {table} LIMIT 1")
    row = found.row(0) if len(found) else (None, 0, 0) * len(compiled.rankings)
    return tuple(
        _cut_off(one, *row[3 * number : 3 * number + 3]) for number, one in enumerate(compiled.rankings)
    )


def by_name(db: Engine, compiled: Compiled) -> dict[str, CutOff]:
    """The same for a segment that was not resolved, by the name of the condition's column."""
    if not compiled.rankings:
        return {}
    columns = [column for one in compiled.rankings for column in one.columns()]
    query = compiled.steps.then(exp.select(*columns)).sql(dialect=sql.DIALECT)
    found = read(db, compiled, f"({query})")
    return {one.name: cut_off for one, cut_off in zip(compiled.rankings, found, strict=True)}


def _cut_off(ranking: Ranking, value: float | None, taken: int, among: int) -> CutOff:
    condition = ranking.condition
    word = condition.metric.name if isinstance(condition, MetricCondition) else condition.score.name
    return CutOff(
        line=condition.place.line,
        word=word,
        value=value * 100 if value is not None and condition.unit == "%" else value,
        unit=condition.unit,
        taken=taken,
        among=among,
        rows=ranking.rows,
    )

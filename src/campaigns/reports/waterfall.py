"""The picture of a preview: from the audience to those who get the message, every loss a bar."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from campaigns.reports import charts
from campaigns.segments.previewing import LEFT_OUT
from campaigns.segments.sentences import FEW, few

if TYPE_CHECKING:
    from altair import LayerChart

    from campaigns.segments.previewing import Preview

_WIDE, _BAR = 560, 30  # points
_LABEL = 46  # letters a line
_LINES, _LINE = 3, 14  # at most; points a line


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """A bar: how many were there before and after. A total stands by itself."""

    text: str
    before: int
    after: int
    kind: str  # conditions, exceptions, permission, …: what the colour says

    @property
    def is_total(self) -> bool:
        """Nothing was lost here: it says how many there are."""
        return self.kind == TOTAL

    @property
    def lost(self) -> int:
        """How many this step left out."""
        return self.before - self.after

    @property
    def shown(self) -> str:
        """The number beside the bar; small losses could tell who it is."""
        return f"{self.after:,}" if self.is_total else f"−{few(self.lost)}" if self.lost else "0"


TOTAL = "people"
_COLOURS = {
    TOTAL: charts.BLUE,
    "conditions": charts.GREEN,
    "exceptions": charts.ORANGE,
    "who may be contacted": charts.RED,
    "control group": charts.VIOLET,
}


def steps(preview: Preview) -> list[Step]:
    """Every bar in the order of the segment's steps."""
    return list(_steps(preview))


def _steps(preview: Preview) -> Iterator[Step]:
    found = preview.resolution
    yield Step(text=preview.audience, before=found.audience, after=found.audience, kind=TOTAL)
    left = found.audience
    for condition in found.steps:
        kind = "exceptions" if condition.exception else "conditions"
        text = f"except: {condition.text}" if condition.exception else condition.text
        yield Step(text=text, before=left, after=condition.remaining, kind=kind)
        left = condition.remaining
    yield Step(text="the conditions hold", before=left, after=left, kind=TOTAL)
    for name, people in found.left_out.items():
        if people:
            yield Step(text=LEFT_OUT[name], before=left, after=left - people, kind="who may be contacted")
            left -= people
    if drawn := len(found.control_group):
        text = "control group: get nothing, to compare with"
        yield Step(text=text, before=left, after=left - drawn, kind="control group")
        left -= drawn
    yield Step(text="get the message", before=left, after=left, kind=TOTAL)


def waterfall(preview: Preview) -> LayerChart:
    """Bars from top to bottom on one scale of people. Raises `UserError` PLT001 without `charts`."""
    alt = charts.altair()
    rows = [_row(number, step) for number, step in enumerate(steps(preview))]
    base = alt.Chart(alt.Data(values=rows)).encode(
        y=alt.Y("place:O").title(None).axis(None).sort("ascending"),
    )
    order = list(_COLOURS)
    used = [kind for kind in order if kind in {row["kind"] for row in rows}]
    colour = (
        alt.Color("kind:N")
        .title(None)
        .scale(domain=used, range=[_COLOURS[kind] for kind in used])
        .legend(orient="bottom", labelLimit=240)
    )
    most = max(preview.resolution.audience, 1)
    across = (
        alt.X("low:Q")
        .title("people")
        .scale(domain=[0, most * 1.12], nice=False)
        .axis(tickCount=6, format=",d")
    )
    bars = base.mark_bar(height=_BAR * 0.62).encode(x=across, x2="high:Q", color=colour)
    numbers = base.mark_text(align="left", dx=5, fontSize=12, font=charts.FONT, color=charts.INK).encode(
        x=alt.X("high:Q"), text="shown:N"
    )
    labels = [_labels(base, lines) for lines in sorted({row["lines"] for row in rows})]
    segment = preview.resolution.segment
    chart = alt.layer(bars, numbers, *labels)
    drawn: LayerChart = charts.dressed(
        chart,
        f"{segment.name}: {segment.title}",
        f"{preview.company}, {preview.resolution.as_of.isoformat()}; losses below {FEW} people are not told",
        width=_WIDE,
        height=alt.Step(max(_BAR, _LINE * max(row["lines"] for row in rows))),
    )
    return drawn


def _labels(base: Any, lines: int) -> Any:
    """The texts of so many lines, in the middle beside their bars."""
    alt = charts.altair()
    return (
        base.transform_filter(f"datum.lines == {lines}")
        .mark_text(
            align="right",
            baseline="middle",
            dx=-10,
            dy=-(lines - 1) * _LINE / 2,
            fontSize=12,
            font=charts.FONT,
            color=charts.INK,
            lineBreak="\n",
            lineHeight=_LINE,
        )
        .encode(x=alt.value(0), text="text:N")
    )


def _row(number: int, step: Step) -> dict[str, Any]:
    """A bar; what is too small to be told is drawn as nothing."""
    lines = textwrap.wrap(step.text, _LABEL, max_lines=_LINES, placeholder=" …") or [""]
    hidden = 0 < step.lost < FEW
    return {
        "place": number,
        "text": "\n".join(lines),
        "lines": len(lines),
        "low": 0 if step.is_total else step.before if hidden else step.after,
        "high": step.before,
        "kind": step.kind,
        "shown": step.shown,
    }

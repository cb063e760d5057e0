"""What all pictures share: the library, one hand for text and colours, and saving.

Colours are those of Okabe and Ito, which colour-blind people tell apart. Text is in Liberation Sans, which
vl-convert brings along with the Nordic letters, or in what looks like it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from campaigns.errors import UserError

if TYPE_CHECKING:
    from altair import TopLevelMixin

FONT = "Liberation Sans, Arial, Helvetica, sans-serif"
INK, FAINT, PAPER, ABSENT = "#1f2933", "#52606d", "#ffffff", "#e4e7eb"
BLUE, GREEN, ORANGE, RED, VIOLET = "#0072B2", "#009E73", "#E69F00", "#D55E00", "#CC79A7"
_SCALE = 2  # pixels a point


def altair() -> Any:
    """The library. Raises `UserError` PLT001 when the extra `charts` is not installed."""
    try:
        import altair
        import vl_convert  # noqa: F401  # what draws without a browser
    except ImportError:
        raise UserError(
            "PLT001", "charts need altair and vl-convert.", hint="pip install 'campaigns[charts]'"
        ) from None
    return altair


def dressed(chart: Any, title: str, subtitle: str | list[str], *, fill: str = PAPER, **size: Any) -> Any:
    """With a title that says what it shows, and one hand for all text."""
    told = altair().Title(
        title, subtitle=subtitle, anchor="start", fontSize=16, subtitleFontSize=12, offset=12
    )
    return (
        chart.properties(title=told, **size)
        .configure(font=FONT, background=PAPER, padding=16)
        .configure_title(color=INK, subtitleColor=FAINT, font=FONT, subtitleFont=FONT)
        .configure_axis(
            labelColor=INK, titleColor=INK, titleFontWeight="normal", titleFontSize=13, labelFontSize=12,
            gridColor=ABSENT, domainColor=FAINT, tickColor=FAINT,
        )
        .configure_legend(
            labelColor=INK, titleColor=INK, labelFontSize=12, titleFontWeight="normal", labelLimit=240
        )
        .configure_view(stroke=None, fill=fill)
    )  # fmt: skip


def save(chart: TopLevelMixin, path: Path) -> Path:
    """PNG or SVG, for its owner only.

    Raises `UserError` PLT001 without the extra `charts`, PLT002 for another ending, PLT003 for a place that
    cannot be written to.
    """
    altair()
    if path.suffix not in (".png", ".svg"):
        raise UserError("PLT002", "a chart is saved as .png or .svg.", hint="name the file waterfall.png")
    try:
        path.touch(mode=0o600)
        path.chmod(0o600)
        chart.save(path, scale_factor=_SCALE if path.suffix == ".png" else 1)
    except OSError as error:
        raise UserError(
            "PLT003",
            f"the chart cannot be written: {error.strerror}.",
            file=path,
            hint="name a file in a folder that you may write to",
        ) from None
    return path

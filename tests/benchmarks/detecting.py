"""What the signs find in a town of 2,000 customers: precision and recall against its truth."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.figures import Figure, seconds
from campaigns.settings.loading import load
from support.detecting import DAYS, measured, signs

ROOT = Path(__file__).parents[2]


def run() -> Iterator[Figure]:
    """Each sign with its vetoes, beside the same rule without them."""
    with tempfile.TemporaryDirectory() as folder:
        taken, homes = seconds(lambda: measured(Path(folder) / "lake", load(ROOT / "campaigns.yml")))
    yield Figure(name=f"{len(homes):,} homes x {DAYS} days made, read and measured", value=taken, unit="s")
    pairs = zip(signs(homes, vetoes=True), signs(homes, vetoes=False), strict=True)
    for with_them, without in pairs:
        for measure in ("precision", "recall"):
            value, base = getattr(with_them, measure), getattr(without, measure)
            yield Figure(
                name=f"{with_them.sign}, {measure} ({with_them.true} are so, {with_them.signed} have it)",
                value=value,
                unit="",
                ratio=value / base,
                baseline=f"without vetoes {base:.3f}",
            )

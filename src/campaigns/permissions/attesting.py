"""Old consents that the privacy officer vouches for: `evidence:` of a source.

An attestation stands in for the proof that rows of its source lack, for consents given in its period and for
no others. It makes nothing of a row that is flawed, withdrawn or banned.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta

import polars as pl

from campaigns.settings.model import Attestation, Settings


def attested(settings: Settings) -> pl.Expr:
    """Whether a word (`source`, `occurred_at`) rests on the attestation of its source."""
    spans = [
        (pl.col("source") == name) & (pl.col("occurred_at") >= since) & (pl.col("occurred_at") < until)
        for name, _, since, until in _attestations(settings)
    ]
    return pl.any_horizontal(pl.lit(value=False), *spans)


def proven(words: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Words (`state.WORDS`) with the attested ones among those that have evidence."""
    if not any(source.evidence for source in settings.sources.values()):
        return words
    return words.with_columns(has_evidence=pl.col("has_evidence") | attested(settings))


def attestation_of(source: str, occurred_at: datetime, settings: Settings) -> Attestation | None:
    """What a word of that source and time rests on, when it brings no proof itself."""
    for name, found, since, until in _attestations(settings):
        if name == source and since <= occurred_at < until:
            return found
    return None


def _attestations(settings: Settings) -> Iterator[tuple[str, Attestation, datetime, datetime]]:
    for name, source in settings.sources.items():
        if source.evidence is not None:
            period = source.evidence.period
            since, until = (
                datetime.combine(day, time(), settings.zone).astimezone(UTC)
                for day in (period.first, period.last + timedelta(days=1))
            )
            yield name, source.evidence, since, until

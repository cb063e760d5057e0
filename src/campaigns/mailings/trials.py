"""Trying out many people's messages, chunk by chunk, and marking those that cannot be written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import polars as pl

from campaigns.mailings.audience import MESSAGE, WITHHELD
from campaigns.mailings.plan import Sample
from campaigns.mailings.trial import Trial, Unwritable
from campaigns.mailings.writing import Writer

if TYPE_CHECKING:
    from campaigns.mailings.library import Mailing
    from campaigns.mailings.parts import Parts


class Trials:
    """Tries out chunks of people."""

    def __init__(self, parts: Parts, mailing: Mailing, *, now: datetime) -> None:
        self._template = mailing.template
        self._trial = Trial(Writer(parts, mailing, form="bytes"), now=now)
        self.samples: tuple[Sample, ...] = ()
        self.tried_people = 0
        self.failed_people = 0
        self.variables: set[str] = set()

    def tried(self, chunks: Iterator[pl.DataFrame]) -> Iterator[pl.DataFrame]:
        """The same chunks in order, with `wanted_language`; who cannot be written to is withheld."""
        for chunk in chunks:
            marked = self._with_language(chunk)
            asked = marked.filter(pl.col("outcome") == MESSAGE)
            if not self.samples and not asked.is_empty():
                self.samples = tuple(self._trial.sample(asked))
            yield self._judged(marked, asked, self._trial.run(asked))

    def _with_language(self, chunk: pl.DataFrame) -> pl.DataFrame:
        goes = chunk["outcome"] == MESSAGE
        languages = [
            self._template.language_for(spoken) if going else None
            for spoken, going in zip(chunk["language"], goes, strict=True)
        ]
        return chunk.with_columns(wanted_language=pl.Series(languages, dtype=pl.String))

    def _judged(
        self, chunk: pl.DataFrame, asked: pl.DataFrame, unwritable: Sequence[Unwritable]
    ) -> pl.DataFrame:
        self.tried_people += len(asked)
        self.failed_people += len(unwritable)
        if not unwritable:
            return chunk
        self.variables.update(found.variable for found in unwritable if found.variable)
        people = asked["person_id"]
        barred = pl.DataFrame(
            {
                "person_id": [people[found.place] for found in unwritable],
                "barred": [found.code for found in unwritable],
            },
            schema={"person_id": pl.Int64, "barred": pl.String},
        )
        left_out = pl.col("barred").is_not_null()
        return (
            chunk.join(barred, on="person_id", how="left", maintain_order="left")
            .with_columns(
                outcome=pl.when(left_out).then(pl.lit(WITHHELD)).otherwise(pl.col("outcome")),
                code=pl.when(left_out).then(pl.col("barred")).otherwise(pl.col("code")),
            )
            .drop("barred")
        )

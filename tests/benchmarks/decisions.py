"""Decisions a second for everybody, and for a batch at hand-over."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.figures import Figure, median_seconds
from benchmarks.worlds import large_town
from campaigns.permissions import state
from campaigns.permissions.deciding import decide
from campaigns.permissions.requests import Request

CHANNELS = ("email", "sms", "letter")
BARE = """
SELECT count(*) FROM persons
JOIN (SELECT unnest(['email', 'sms', 'letter']) AS channel) AS channels ON true
LEFT JOIN contact_points USING (controller, person_id, channel)
LEFT JOIN (SELECT person_id, channel, arg_max(kind, occurred_at) AS kind FROM words GROUP BY ALL) AS said
    USING (person_id, channel)
WHERE persons.controller = 'lahti_energia'
"""


def run() -> Iterator[Figure]:
    """Decide on everybody in a town of 100,000 persons, in three channels."""
    with large_town(100_000, 1_000) as (workspace, _):
        words = state.words(workspace.ledger)
        request = Request(
            controller="lahti_energia",
            purpose="direct_marketing",
            message_kind="marketing",
            channels=CHANNELS,
            profiled=True,
            at=workspace.now(),
        )
        with workspace.engine(frames={"words": words.frame}) as db:
            everybody = db.query("SELECT person_id FROM persons WHERE controller = 'lahti_energia'")
            known = {"settings": workspace.settings, "ledger": workspace.ledger, "words": words}
            taken = median_seconds(lambda: decide(db, request, everybody, **known), times=3)
            bare = median_seconds(lambda: db.query(BARE), times=3)
            number = len(everybody) * len(CHANNELS)
            yield Figure(
                name=f"decisions ({len(everybody):,} persons x {len(CHANNELS)} channels)",
                value=number / taken,
                unit="decisions/s",
                ratio=bare / taken,
                baseline=f"a bare join of the same tables: {bare:.2f} s; ours {taken:.2f} s",
            )
            batch = everybody.head(500)
            one = median_seconds(lambda: decide(db, request, batch, **known), times=5)
            yield Figure(name="a batch of 500 persons", value=one * 1000 / 500, unit="ms/person")

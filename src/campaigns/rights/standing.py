"""What a person's permissions amount to now: which words stand, and what we may send, in sentences."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import polars as pl

from campaigns.permissions import rules, view
from campaigns.permissions.attesting import attested
from campaigns.permissions.deciding import decide
from campaigns.permissions.requests import Request

if TYPE_CHECKING:
    from campaigns.engine import Engine
    from campaigns.ledger import Ledger
    from campaigns.permissions.state import Words
    from campaigns.settings.model import Settings

CHANNELS = ("email", "sms", "phone", "letter")


def words_that_stand(
    words: Words, controller: str, person_id: int, *, at: datetime, settings: Settings
) -> list[dict[str, Any]]:
    """One row a consent or refusal that stands, in the columns of `permission_state`."""
    mine = (pl.col("controller") == controller) & (pl.col("person_id") == person_id)
    own = replace(words, frame=words.frame.filter(mine))
    found = view.permission_state(own, at=at, attested=attested(settings))
    return found.drop("controller", "person_id").to_dicts()


def contact(
    db: Engine,
    controller: str,
    person_id: int,
    *,
    settings: Settings,
    ledger: Ledger,
    words: Words,
    at: datetime,
    language: str,
) -> Iterator[dict[str, Any]]:
    """For each purpose and channel whether we may write or call, and the sentence that says why."""
    persons = pl.DataFrame({"person_id": [person_id]}, schema={"person_id": pl.Int64})
    for name, purpose in settings.purposes.items():
        asked = Request(
            controller=controller,
            purpose=purpose.permission_purpose,
            topic=purpose.topic,
            duties=purpose.duties,
            message_kind=purpose.kinds[0],
            channels=CHANNELS,
            profiled=False,
            at=at,
        )
        answers = decide(db, asked, persons, settings=settings, ledger=ledger, words=words)
        for answer in answers.iter_rows(named=True):
            yield {
                "purpose": name,
                "channel": answer["channel"],
                # night is no refusal: a sender waits for the morning
                "allowed": answer["allowed"] or answer["code"] in rules.NOT_NOW,
                "code": answer["code"],
                "sentence": rules.sentence(answer["code"], language),
                "evidence": answer["evidence"],
            }

"""What is kept apart from the ledger: every word that forbids, and none that only permits."""

from __future__ import annotations

from campaigns.ledger.journal import GRANTING
from campaigns.permissions.events import KINDS


def test_every_refusal_is_kept_apart() -> None:
    assert {word.kind for word in KINDS.values() if word.widens} | {"requested"} == GRANTING

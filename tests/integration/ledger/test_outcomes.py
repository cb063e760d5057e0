"""Who received what and clicked where, out of SQLite; test_postgresql asks the same of PostgreSQL."""

from __future__ import annotations

from campaigns.ledger import Ledger
from support import outcome_story


def test_what_became_of_messages(ledger: Ledger) -> None:
    outcome_story.tell(ledger)
    outcome_story.ask(ledger)

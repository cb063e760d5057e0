"""What became of a few messages, told to a ledger and asked back: the same in SQLite and in PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from campaigns.ledger import Ledger, outcomes, plans, responses
from campaigns.ledger.responses import Response
from campaigns.ledger.tables import messages
from support.sending import new_plan

OURS, THEIRS = "lahti_energia", "sahkoverkko"
NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
SENT = NOW + timedelta(minutes=5, microseconds=123_456)


def tell(ledger: Ledger) -> None:
    """Offer: 1 sent, 2 unknown, 3 leaving, 4 failed, 5 withheld, 6 waits, 7 came back. News: 1. Theirs: 9."""
    states = ("sent", "unknown", "handing_over", "failed", "withheld", "planned", "sent")
    with ledger.write() as connection:
        offer = _plan(connection, "offer", "marketing")
        for person, state in enumerate(states, start=1):
            _message(connection, offer, "offer", person, state)
        news = _plan(connection, "news", "newsletter")
        _message(connection, news, "news", 1, "sent")
        foreign = _plan(connection, "offer", "marketing", controller=THEIRS)
        _message(connection, foreign, "offer", 9, "sent", controller=THEIRS)
        back = sa.select(messages.c.message_id).where(messages.c.plan_id == offer, messages.c.person_id == 7)
        told = {"controller": OURS, "occurred_at": NOW, "mailing": "offer"}
        bounce = Response(
            natural_key="b", kind="bounced", person_id=7, message_id=connection.scalar(back), **told
        )
        click = Response(natural_key="c", kind="clicked", person_id=1, **told)
        opened = Response(natural_key="d", kind="delivered", person_id=2, **told)
        responses.add(connection, [bounce, click, opened])


def ask(ledger: Ledger) -> None:
    """Asks all of it back."""
    with ledger.read() as connection:
        assert {"news", "offer"} <= set(outcomes.mailings(connection))
        offer = outcomes.plans_of(connection, OURS, {"offer"})
        rows = outcomes.received(connection, offer).sort("person_id")
        whole = SENT.replace(microsecond=0)
        assert rows.rows() == [
            (OURS, "offer", "marketing", 1, whole),
            (OURS, "offer", "marketing", 2, whole),
            (OURS, "offer", "marketing", 3, NOW),
        ]
        assert outcomes.clicked(connection, offer).rows() == [(OURS, "offer", "marketing", 1, NOW)]
        news = outcomes.plans_of(connection, OURS, set(), {"newsletter"})
        assert outcomes.received(connection, news).rows() == [(OURS, "news", "newsletter", 1, whole)]
        nothing = outcomes.plans_of(connection, OURS, {"nobody_knows_it"})
        assert outcomes.received(connection, nothing).schema == rows.schema
        assert outcomes.clicked(connection, nothing).is_empty()
        before = outcomes.position(connection, offer)
    with ledger.write() as connection:
        connection.execute(sa.update(messages).where(messages.c.state == "handing_over").values(state="sent"))
    with ledger.read() as connection:
        assert outcomes.position(connection, offer) != before


def _plan(connection: sa.Connection, mailing: str, kind: str, controller: str = OURS) -> int:
    plan = new_plan(mailing, controller=controller, parts={outcomes.KIND: kind})
    return plans.create(connection, plan)


def _message(
    connection: sa.Connection, plan: int, mailing: str, person: int, state: str, controller: str = OURS
) -> None:
    row: dict[str, Any] = {
        "plan_id": plan,
        "controller": controller,
        "mailing": mailing,
        "occurrence": "once",
        "person_id": person,
        "subject": "",
        "channel": "email",
        "variant": "",
        "state": state,
        "handed_over_at": SENT if state in ("sent", "failed") else None,
        "finished_at": SENT if state in ("sent", "failed", "unknown", "withheld") else None,
    }
    connection.execute(sa.insert(messages).values(row))

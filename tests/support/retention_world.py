"""A register with something too old for every rule of retention, and beside each its younger twin."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import sqlalchemy as sa

from campaigns.lake import Lake
from campaigns.lake.schemas import TABLES
from campaigns.ledger import Ledger, audit, messages, permission_events, plans, responses, tokens
from campaigns.ledger.permission_events import PermissionEvent
from campaigns.ledger.plans import NewPlan
from campaigns.ledger.responses import Response
from campaigns.ledger.tables import attempts, rights_requests
from campaigns.rights import retention
from campaigns.settings.loading import FILE, load

REPOSITORY = Path(__file__).parents[2]
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
TODAY = date(2026, 11, 24)
A, B = "lahti_energia", "sahkoverkko"
LONG_AGO = datetime(2018, 5, 1, 9, 0, tzinfo=UTC)
# People of A by what becomes of them.
GONE_CUSTOMER, GONE_PROSPECT, GONE_GUEST = 1, 2, 3
CUSTOMER, CONSENTING, RESTRICTED, ASKING, WORKING, GUARDIAN, RECENT, PROSPECT = 11, 12, 13, 14, 15, 16, 17, 18
LEAVING = (GONE_CUSTOMER, GONE_PROSPECT, GONE_GUEST)
STAYING = (CUSTOMER, CONSENTING, RESTRICTED, ASKING, WORKING, GUARDIAN, RECENT, PROSPECT)
EXPORTS = ("exports/access_1/old.json", "render/message.html", "outbox/maildir/new/old")


def work(root: Path, *, dry: bool, now: datetime = NOW) -> retention.Work:
    """What retention works with, over the world below `root`."""
    return retention.Work(
        settings=load(REPOSITORY / FILE),
        lake=Lake(root / "data" / "lake"),
        ledger=Ledger.open(root / "data" / "ledger" / "ledger.sqlite"),
        data=root / "data",
        now=now,
        actor="officer",
        dry=dry,
    )


def build(root: Path) -> None:
    """Lake, ledger and files."""
    _lake(Lake(root / "data" / "lake"))
    ledger = Ledger.open(root / "data" / "ledger" / "ledger.sqlite")
    _words(ledger)
    _log(ledger)
    ledger.dispose()
    for name in EXPORTS:
        for path, days in ((root / "data" / name, 800), (root / "data" / f"{name}.new", 1)):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("something about somebody")
            written = (NOW - timedelta(days=days)).timestamp()
            os.utime(path, (written, written))


def rows(table: str, given: Iterable[dict[str, Any]], controller: str = A) -> pl.DataFrame:
    """Rows of a table from what matters of each."""
    schema = TABLES[table].schema
    return pl.DataFrame([{"controller": controller, **row} for row in given], schema=dict(schema))


def _lake(lake: Lake) -> None:
    old, new = date(2020, 1, 1), date(2026, 6, 1)
    people = [{"person_id": n, "registered_on": old, "kind": "consumer"} for n in (*LEAVING, *STAYING)]
    people.append({"person_id": 20, "registered_on": new, "kind": "minor", "guardian_id": GUARDIAN})
    ended = [GONE_CUSTOMER, CONSENTING, RESTRICTED, ASKING, GUARDIAN]
    with lake.writer(purpose="test") as writer:
        writer.append("persons", rows("persons", people))
        writer.append("persons", rows("persons", [{"person_id": 1, "registered_on": old}], B))
        writer.append(
            "contact_points",
            rows("contact_points", [address(n, channel) for n in LEAVING for channel in ("email", "letter")]),
        )
        writer.append(
            "contracts",
            rows(
                "contracts",
                [
                    *(contract(n, date(2023, 1, 1)) for n in ended),
                    contract(CUSTOMER, None),
                    contract(RECENT, date(2025, 6, 1)),
                ],
            ),
        )
        writer.append("contracts", rows("contracts", [contract(1, None)], B))
        writer.append(
            "relationships",
            rows(
                "relationships",
                [
                    {"person_id": GONE_PROSPECT, "kind": "quote_requester", "start_date": date(2025, 1, 1)},
                    {"person_id": PROSPECT, "kind": "quote_requester", "start_date": date(2026, 3, 1)},
                    {"person_id": GONE_GUEST, "kind": "raffle_participant", "start_date": date(2026, 3, 1)},
                ],
            ),
        )
        works = [{"person_id": WORKING, "company_id": 5, "role": "buyer", "start_date": old}]
        writer.append("roles", rows("roles", works))
        writer.append("events", rows("events", _events()))
        writer.append(
            "interactions",
            rows("interactions", [_call(1, date(2024, 1, 1)), _call(2, date(2026, 1, 1))]),
        )
        listed = [
            {"list_name": "fair", "person_id": CUSTOMER, "delete_on": TODAY},
            {"list_name": "fair", "person_id": RECENT, "delete_on": TODAY + timedelta(days=1)},
        ]
        writer.append("list_members", rows("list_members", listed))
        bad = [
            {"file_hash": str(days), "line": 1, "reason": "REG012", "received_at": NOW - timedelta(days=days)}
            for days in (40, 10)
        ]
        writer.append("quarantine", rows("quarantine", bad))
        days = [
            *readings(7, date(2024, 8, 1), 61, wh=1000),
            *readings(7, date(2024, 10, 1), 31, wh=3),
            *readings(8, date(2024, 9, 15), 5, wh=2_000_000_000),
        ]
        writer.append("consumption_days", rows("consumption_days", days))
        sums = [
            {"metering_point_id": 7, "direction": "import", "month": month}
            for month in ("2019-01", "2023-01")
        ]
        writer.append("consumption_months", rows("consumption_months", sums))


def address(number: int, channel: str) -> dict[str, Any]:
    """A contact point."""
    value = f"henkilo{number}@esimerkki.fi" if channel == "email" else f"Kuja {number}\n15110 LAHTI"
    return {"person_id": number, "channel": channel, "value": value, "valid_from": date(2020, 1, 1)}


def contract(number: int, end: date | None) -> dict[str, Any]:
    """A contract."""
    return {"contract_id": number, "person_id": number, "start_date": date(2020, 1, 1), "end_date": end}


def readings(point: int, first: date, count: int, *, wh: int, present: int = 24) -> list[dict[str, Any]]:
    """Days of one metering point."""
    days = [first + timedelta(days=n) for n in range(count)]
    return [
        {
            "metering_point_id": point,
            "gsrn": 643007572110000000 + point,
            "direction": "import",
            "month": f"{day:%Y-%m}",
            "local_date": day,
            "wh_sum": wh + at,
            "intervals_expected": 24,
            "intervals_present": present,
        }
        for at, day in enumerate(days)
    ]


def _events() -> list[dict[str, Any]]:
    told = [
        ("raffle_entered", CUSTOMER, 200),
        ("raffle_entered", CUSTOMER, 100),
        ("complaint_opened", CUSTOMER, 800),
        ("complaint_opened", CUSTOMER, 200),
        ("contract_signed", CUSTOMER, 2000),  # belongs to the customer
    ]
    return [
        {"event_id": at, "name": name, "person_id": who, "occurred_at": NOW - timedelta(days=days)}
        for at, (name, who, days) in enumerate(told)
    ]


def _call(number: int, day: date) -> dict[str, Any]:
    started = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    return {"interaction_id": number, "person_id": CUSTOMER, "channel": "phone", "started_at": started}


def word(number: int, kind: str, years: float, **more: Any) -> PermissionEvent:
    """Something a person said so many years ago, with proof."""
    said = NOW - timedelta(days=365 * years)
    usual = {"controller": A, "person_id": number, "occurred_at": said, "recorded_at": said, "source": "crm"}
    proof = {
        "event_id": f"{number} {kind} {years} {more}",
        "evidence": f"call of {number}",
        "method": "phone",
    }
    return PermissionEvent(kind=kind, **{**usual, **proof, **more})


def _words(ledger: Ledger) -> None:
    email = {"channel": "email", "purpose": "direct_marketing"}
    with ledger.write() as connection:
        permission_events.append(
            connection,
            [
                word(GONE_CUSTOMER, "ban_all", 5),
                word(GONE_CUSTOMER, "granted", 7, **email),
                word(GONE_CUSTOMER, "withdrawn", 6, **email),
                word(GONE_PROSPECT, "ban_channel", 3, channel="letter"),
                word(CONSENTING, "granted", 4, **email),
                word(RESTRICTED, "restricted_all", 1),
                word(CUSTOMER, "granted", 8, **email),
                word(CUSTOMER, "withdrawn", 1, **email),
            ],
        )
        tokens.token_keys(connection, A, [GONE_CUSTOMER, CUSTOMER])


def _log(ledger: Ledger) -> None:
    with ledger.write() as connection:
        for at, days in ((100, 900), (200, 100)):
            _sent(connection, at, NOW - timedelta(days=days))
        for days in (3000, 10):
            at_that_time = NOW - timedelta(days=days)
            audit.record(connection, at=at_that_time, actor="maija", action="person_found", controller=A)
            closed = {"state": "done", "closed_at": at_that_time, "received_at": at_that_time}
            request = {"controller": A, "person_id": CUSTOMER, "kind": "access", "received_by": "email"}
            due = {"due_on": at_that_time.date()}
            connection.execute(sa.insert(rights_requests).values({**closed, **request, **due}))
        open_one = {"state": "open", "received_at": LONG_AGO, "due_on": LONG_AGO.date(), "person_id": ASKING}
        connection.execute(
            sa.insert(rights_requests).values({**request, **open_one, "kind": "erase", "closed_at": None})
        )


def _sent(connection: sa.Connection, first: int, at: datetime) -> None:
    """A plan of two messages, sent at that time, one of which was answered."""
    plan = NewPlan(
        controller=A,
        mailing="news",
        occurrence=at.date().isoformat(),
        fingerprint="abc",
        parts={},
        lake_snapshot=1,
        ledger_position=1,
        rule_version="1",
        decided_on=at.date().isoformat(),
        due_at=None,
        latest_at=None,
        created_at=at,
        created_by="maija",
    )
    plan_id = plans.create(connection, plan)
    approval = {"approved_at": at, "approved_by": "maija", "counts": {"messages": 2}}
    plans.move(connection, plan_id, to="done", only_from=("building",), **approval)
    details = {"plan": plan_id, "fingerprint": "abc", "messages": 2}
    audit.record(connection, at=at, actor="maija", action="plan_approved", controller=A, details=details)
    people = pl.DataFrame({"message_id": [first, first + 1], "person_id": [CUSTOMER, RECENT]})
    shared = {"plan_id": plan_id, "controller": A, "mailing": "news", "occurrence": plan.occurrence}
    sent = {"channel": "email", "state": "sent", "handed_over_at": at}
    messages.add(connection, {**shared, **sent}, people.with_columns(subject=pl.lit("")))
    decided = {"stage": "hand_over", "rule_version": "1", "ledger_position": 1, "lake_snapshot": 1}
    verdicts = people.with_columns(allowed=pl.lit(value=True), code=pl.lit("CONSENT"), evidence=pl.lit(7))
    messages.decide(connection, {**decided, "decided_at": at}, verdicts)
    for number in (first, first + 1):
        connection.execute(
            sa.insert(attempts).values(message_id=number, epoch=1, outcome="sent", finished_at=at)
        )
    answer = Response(
        natural_key=f"r{first}",
        controller=A,
        kind="clicked",
        occurred_at=at,
        message_id=first,
        mailing="news",
    )
    responses.add(connection, [answer])


def people_of(root: Path, controller: str = A) -> Sequence[int]:
    """Who is in the register."""
    with Lake(root / "data" / "lake").snapshot() as snapshot:
        return snapshot.frame("persons").filter(controller=controller)["person_id"].to_list()

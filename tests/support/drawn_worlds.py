"""Drawn registers: a dozen people of every kind in two companies, who share addresses and companies.

As rows of the lake for the engine, with the words of `permission_words` said by some of them.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import polars as pl
from hypothesis import strategies as st

from support.permission_worlds import NOW, A, B, table

PEOPLE = 12  # numbers that both registers use
TODAY = NOW.date()
KINDS = ("consumer",) * 4 + ("minor", "sole_trader", "business_contact", "company_role_address", "estate")
RELATIONS = (
    "customer",
    "customer",
    "customer",
    "former_customer",
    "prospect",
    "subscriber",
    "quote_requester",
    "callback_requester",
    "event_participant",
    "raffle_participant",
    "website_visitor",
    "portal_user",
    "partner",
)
MAILBOXES = ("own@a.fi", "own@a.fi", "own@a.fi", "family@example.fi", "info@works.example", "own@gmail.com")
NUMBERS = ("own", "own", "+358401111111")
CHANNELS = ("email", "sms", "phone", "robocall", "letter", "ad_audience", "web_ad", "portal")
ASKED: tuple[dict[str, Any], ...] = tuple(
    {"purpose": purpose, "message_kind": kind, "profiled": profiled, "channels": CHANNELS}
    for purpose, kind in (
        ("direct_marketing", "marketing"),
        ("newsletter", "newsletter"),
        ("satisfaction_survey", "survey"),
        ("market_research", "survey"),
        ("online_advertising", "marketing"),
        ("service_notice", "service"),
        ("billing", "contractual"),
        ("contract_notice", "statutory"),
        ("quote", "reply"),
        ("newsletter", "confirmation_request"),
    )
    for profiled in (False, True)
) + tuple(
    {
        "purpose": purpose,
        "message_kind": "none",
        "profiled": True,
        "channels": ("segment",),
        "attribute": name,
    }
    for purpose in ("profiling", "statistics")
    for name in ("annual_consumption", "hourly_load_pattern", "browsing")
)

days_ago = st.sampled_from((3, 20, 100, 500, 1200)).map(lambda days: TODAY - timedelta(days=days))


@st.composite
def registers(draw: st.DrawFn) -> dict[str, pl.DataFrame]:
    """The tables that decisions read, of both companies."""
    rows: dict[str, list[dict[str, Any]]] = {
        name: [] for name in ("persons", "contact_points", "relationships", "roles")
    }
    for controller in (A, B):
        for number in range(1, PEOPLE + 1):
            for name, more in _person(draw, number).items():
                rows[name] += [{"controller": controller, **row} for row in more]
    return {name: table(name, listed) for name, listed in rows.items()}


def _person(draw: st.DrawFn, number: int) -> dict[str, list[dict[str, Any]]]:
    kind = draw(st.sampled_from(KINDS))
    born = (2009, 2011, 2013) if kind == "minor" else (1950, 1990, None)
    person = {
        "person_id": number,
        "kind": kind,
        "birth_year": draw(st.sampled_from(born)),
        "deceased": draw(st.integers(0, 15)) == 0,
        "protected_address": draw(st.integers(0, 7)) == 0,
        "informed_by": draw(st.sampled_from(("2023-06-26", "2023-06-26", ""))),
        "registered_on": draw(days_ago),
    }
    return {
        "persons": [person],
        "contact_points": _points(draw, number),
        "relationships": _relationships(draw, number),
        "roles": _roles(draw, number) if kind in ("business_contact", "company_role_address") else [],
    }


def _points(draw: st.DrawFn, number: int) -> list[dict[str, Any]]:
    phone = draw(st.sampled_from(NUMBERS)).replace("own", f"+35840{number:07d}")
    values = {
        "email": draw(st.sampled_from(MAILBOXES)).replace("own@", f"p{number}@"),
        "sms": phone,
        "phone": phone,
        "letter": f"Katu {draw(st.integers(1, 6))}\n15140 LAHTI",
    }
    return [
        {
            "person_id": number,
            "channel": channel,
            "value": value,
            "source": draw(st.sampled_from(("crm", "crm", "vtj", ""))),
            "deliverable": draw(st.integers(0, 9)) > 0,
            "from_sale": draw(st.booleans()),
            "opt_out_offered": draw(st.booleans()),
        }
        for channel, value in values.items()
        if draw(st.integers(0, 5)) > 0
    ]


def _relationships(draw: st.DrawFn, number: int) -> list[dict[str, Any]]:
    found = []
    for kind in draw(st.lists(st.sampled_from(RELATIONS), min_size=1, max_size=2, unique=True)):
        end = draw(st.sampled_from((None, None, None, TODAY - timedelta(days=2))))
        found.append({"person_id": number, "kind": kind, "start_date": draw(days_ago), "end_date": end})
    return found


def _roles(draw: st.DrawFn, number: int) -> list[dict[str, Any]]:
    return [
        {
            "person_id": number,
            "company_id": draw(st.sampled_from((8, 9))),
            "role": "contact",
            "duties": draw(st.sampled_from(("energy", "catering", None))),
            "start_date": date(2020, 1, 1),
            "end_date": draw(st.sampled_from((None, None, TODAY - timedelta(days=2)))),
        }
    ]

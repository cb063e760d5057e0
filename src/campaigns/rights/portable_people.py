"""A person as one row of a customer file: how to reach them, relationship and role as they stand now."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_LETTER = re.compile(r"(?P<address>.*)\n(?P<postal_code>\d{5}) (?P<city>.+)", re.DOTALL)
_OWN = (
    *("kind", "language", "birth_year", "first_name", "last_name", "deceased", "protected_address"),
    "business_id",
)

Row = Mapping[str, Any]


def person_row(given: Mapping[str, list[Row]], number: str) -> dict[str, Any]:
    """The row in the columns of kind `persons`; older addresses and further relationships are in the JSON."""
    person = given["persons"][0]
    points = {row["channel"]: row for row in _newest_last(given["contact_points"], "valid_from", "valid_to")}
    phone = points.get("sms") or points.get("phone")
    letter = _LETTER.fullmatch(points["letter"]["value"]) if "letter" in points else None
    home = (
        letter.groupdict()
        if letter
        else {"address": None, "postal_code": person["postal_code"], "city": None}
    )
    return {
        "source_id": number,
        **{name: person[name] for name in _OWN},
        "email": points["email"]["value"] if "email" in points else None,
        "phone": phone["value"] if phone else None,
        **home,
        **_relationship(given["relationships"]),
        "contact_from_sale": any(row["from_sale"] for row in points.values()),
        "opt_out_offered": any(row["opt_out_offered"] for row in points.values()),
        **_role(given["roles"]),
    }


def _newest_last(rows: list[Row], since: str, until: str) -> list[Row]:
    """Those that are not over, the newest last."""
    running = [row for row in rows if row[until] is None]
    return sorted(running, key=lambda row: (row[since] is not None, row[since]))


def _relationship(rows: list[Row]) -> dict[str, Any]:
    """A running one, a customer's first; else that of a former customer with the time as a customer."""
    running = _newest_last(rows, "start_date", "end_date")
    running.sort(key=lambda row: row["kind"] == "customer")
    found = running[-1] if running else None
    if found is None:
        return {"relationship": None, "customer_since": None, "customer_until": None}
    before = [row for row in rows if row["kind"] == "customer" and row["end_date"] is not None]
    if found["kind"] == "former_customer" and before:
        last = max(before, key=lambda row: row["end_date"])
        since, until = last["start_date"], last["end_date"]
    else:
        since, until = found["start_date"], found["end_date"]
    return {"relationship": found["kind"], "customer_since": since, "customer_until": until}


def _role(rows: list[Row]) -> dict[str, Any]:
    running = _newest_last(rows, "start_date", "end_date")
    if not running:
        return {"company_id": None, "role": None, "duties": None, "role_start": None}
    last = running[-1]
    told = {name: last[name] for name in ("company_id", "role", "duties")}
    return {**told, "role_start": last["start_date"]}

"""An address service tells the same address again, or an old one: no ban and no bounce goes away by that."""

from __future__ import annotations

import tempfile
from datetime import date, timedelta
from pathlib import Path

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from campaigns.ledger import Ledger, erasure, suppressions
from campaigns.register import erased
from support.effort import examples
from support.offices import NOON, Office, house_settings

SETTINGS = house_settings()
ADDRESSES = ("a@x.fi", "b@x.fi")
COME = {"source_id": "C1", "first_name": "A", "customer_since": "1.1.2020"}
CONSENT = {"channel": "email", "purpose": "direct_marketing"}
refreshes = st.lists(
    st.fixed_dictionaries(
        {
            "email": st.sampled_from([*ADDRESSES, ""]),
            "source": st.sampled_from(["crm", "crm_full"]),
            "hours": st.sampled_from([0, 1, -200]),  # an old file may come late
        }
    ),
    min_size=1,
    max_size=4,
)


@given(refreshes, st.sampled_from(["ban_all", "ban_channel", "withdrawn", "bounce", "undeliverable"]))
@examples(5)
def test_a_refresh_revives_nothing(files: list[dict[str, object]], what: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        ledger = Ledger.open(Path(folder) / "ledger" / "ledger.sqlite")
        office = Office(Path(folder), SETTINGS, ledger)
        office.load(office.people("asiakkaat_0.csv", [COME | {"email": "a@x.fi"}]))
        office.says(1, "granted", **CONSENT)
        assert office.decisions(1, "email") == {"email": "CONSENT"}
        office.now += timedelta(hours=1)
        refused = stop(office, what)
        assert office.decisions(1, "email")["email"] in refused
        for at, refresh in enumerate(files, start=1):
            office.now += timedelta(hours=2)
            path = office.people(
                f"asiakkaat_{at}.csv",
                [COME | {"email": str(refresh["email"]), "note": str(at)}],
                hours=int(str(refresh["hours"])),
            )
            office.load(path, source=refresh["source"])
            code = office.decisions(1, "email")["email"]
            points = office.frame("contact_points").filter(channel="email")
            open_ones = points.filter(pl.col("valid_to").is_null())["value"].to_list()
            # another address than the one that bounced may be written to; the person's own word always holds
            if what in ("bounce", "undeliverable") and "b@x.fi" in open_ones:
                assert code in refused | {"CONSENT"}
            else:
                assert code in refused | ({"NO_ADDRESS"} if not open_ones else set())
            if what == "undeliverable":
                assert points.filter(value="a@x.fi")["deliverable"].to_list() == [False]
        ledger.dispose()


def stop(office: Office, what: str) -> set[str]:
    """What makes the address or the person not to be written to, and the codes that say so."""
    if what == "bounce":
        with office.ledger.write() as connection:
            suppressions.add(
                connection,
                controller="lahti_energia",
                channel="email",
                address="a@x.fi",
                reason="hard_bounce",
                now=office.now,
            )
        return {"ADDRESS_UNDELIVERABLE"}
    if what == "undeliverable":
        with office.lake.writer(purpose="test") as writer:
            points = writer.frame("contact_points").with_columns(deliverable=pl.lit(value=False))
            writer.upsert("contact_points", points)
        return {"ADDRESS_UNDELIVERABLE"}
    office.says(1, what, **({} if what == "ban_all" else CONSENT))
    return {
        {"ban_all": "BANNED_ALL", "ban_channel": "BANNED_CHANNEL", "withdrawn": "CONSENT_WITHDRAWN"}[what]
    }


@given(refreshes)
@examples(3)
def test_a_refresh_brings_nobody_back_who_was_erased(files: list[dict[str, object]]) -> None:
    """Not their addresses, and nothing that other files say of their number."""
    with tempfile.TemporaryDirectory() as folder:
        ledger = Ledger.open(Path(folder) / "ledger" / "ledger.sqlite")
        office = Office(Path(folder), SETTINGS, ledger)
        named = COME | {"last_name": "B"}
        office.load(office.people("asiakkaat_0.csv", [named | {"email": address} for address in ADDRESSES]))
        office.load(office.people("asiakkaat_00.csv", [named | {"email": ADDRESSES[0]}]))
        with office.lake.snapshot() as snapshot:
            marks = erased.of_people(snapshot, "lahti_energia", [1])
        with office.ledger.write() as connection:
            erasure.erase(connection, "lahti_energia", [1], marks, now=office.now)
        office.lake.erase("lahti_energia", [1])
        for at, refresh in enumerate(files, start=1):
            office.now += timedelta(hours=2)
            row = named | {"email": str(refresh["email"]), "note": str(at)}
            number = int(str(refresh["hours"]))
            office.load(office.people(f"asiakkaat_{at}.csv", [row], hours=number), source=refresh["source"])
            office.load(
                office.write(
                    f"web_{at}.csv",
                    f"source_id,person,name,occurred_at\nE{at},C1,newsletter_subscribed,2026-01-01\n",
                )
            )
            for table in ("contact_points", "events", "roles"):
                assert office.frame(table).is_empty(), table
            # the register may say that its number is a customer; what they did is not known again
            assert set(office.frame("relationships")["source"]) <= {"crm", "crm_full"}
            for person_id in office.frame("persons")["person_id"]:
                assert office.decisions(person_id, "email", "letter") == {
                    "email": "ERASED",
                    "letter": "ERASED",
                }
        ledger.dispose()


def test_every_address_has_its_source_and_its_days(office: Office) -> None:
    office.load(office.people("asiakkaat_1.csv", [COME | {"email": "a@x.fi", "phone": "0401234567"}]))
    office.now = NOON + timedelta(days=1)
    office.load(office.people("asiakkaat_2.csv", [COME | {"email": "b@x.fi", "phone": "0401234567"}]))
    office.now = NOON + timedelta(days=2)
    office.load(office.people("kaikki_1.csv", [COME | {"email": "a@x.fi", "phone": "0401234567"}]))
    points = office.frame("contact_points").sort("channel", "value")
    first, second, third = (date(2026, 11, day) for day in (24, 25, 26))
    assert points.select("channel", "value", "source", "valid_from", "valid_to").rows() == [
        ("email", "a@x.fi", "crm_full", third, None),
        ("email", "b@x.fi", "crm", second, None),
        ("phone", "+358401234567", "crm", first, None),
        ("sms", "+358401234567", "crm", first, None),
    ]

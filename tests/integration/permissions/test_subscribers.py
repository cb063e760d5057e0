"""Exports of the tools that people leave: who consented, who left, whom nothing reaches, who says nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from campaigns import permissions
from campaigns.lake import Lake
from campaigns.ledger import Ledger, permission_events, suppressions
from campaigns.permissions import layouts, state
from campaigns.register.deliveries import Imported
from campaigns.register.importing import import_files
from campaigns.settings.model import Settings, SourceFile
from support.permission_worlds import NOW, A, codes, people, request, table, world
from support.workbooks import workbook

MAILCHIMP = (
    '"Email Address","First Name",MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,CONFIRM_IP,LATITUDE,'
    "LAST_CHANGED{more},LEID,EUID,NOTES,TAGS"
)
SUBSCRIBED = MAILCHIMP.format(more="")
UNSUBSCRIBED = MAILCHIMP.format(more=",UNSUB_TIME,UNSUB_CAMPAIGN_TITLE,UNSUB_CAMPAIGN_ID,UNSUB_REASON")
CLEANED = MAILCHIMP.format(more=",CLEAN_TIME,CLEAN_CAMPAIGN_TITLE,CLEAN_CAMPAIGN_ID")
LISTMONK = "uuid,email,name,attributes,status,created_at,updated_at"
EXTRACT = "ClientID,SubscriberKey,EmailAddress,SubscriberID,Status,DateHeld,DateCreated,DateUnsubscribed"
PROOFS = "2024-03-14 09:12:31,192.0.2.1,2024-03-14 09:14:00,192.0.2.1"
NEWSLETTER = request(purpose="newsletter", message_kind="newsletter")


class Exports:
    """Imports exports of one tool into a register of three people with p1@, p2@, p3@example.com."""

    def __init__(self, folder: Path, ledger: Ledger, settings: Settings) -> None:
        self.folder, self.ledger, self.settings = folder, ledger, settings
        self.lake = Lake(folder / "data" / "lake")
        self.tables = people(3)
        for name in self.tables:
            self.add(name, self.tables[name])

    def add(self, name: str, rows: pl.DataFrame) -> None:
        with self.lake.writer(purpose="test") as writer:
            if not rows.is_empty():
                writer.append(name, rows)

    def __call__(
        self, header: str, *lines: str, name: str = "export.csv", received: datetime = NOW, **source: object
    ) -> Imported:
        words = {"kind": "subscribers", "controller": A, "defaults": {"purpose": "newsletter"}, **source}
        path = self.folder / name
        path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
        return self.load(path, SourceFile.model_validate(words), received)

    def load(self, path: Path, source: SourceFile, received: datetime = NOW) -> Imported:
        settings = self.settings.model_copy(update={"sources": {"old_tool": source}})
        (done,) = import_files(
            [path],
            kinds=permissions.KINDS,
            settings=settings,
            lake=self.lake,
            ledger=self.ledger,
            now=NOW,
            received=received,
            settle=0,
            source="old_tool",
        )
        return done

    def events(self) -> list[tuple[object, ...]]:
        with self.ledger.read() as connection:
            events = permission_events.frame(connection)
        return events.select("person_id", "kind", "channel", "purpose", "occurred_at").rows()

    def proofs(self) -> list[str | None]:
        with self.ledger.read() as connection:
            return permission_events.frame(connection)["evidence"].to_list()

    def suppressed(self) -> list[str]:
        with self.ledger.read() as connection:
            return suppressions.frame(connection)["address_digest"].to_list()

    def quarantine(self) -> list[tuple[int, str]]:
        with self.lake.snapshot() as snapshot:
            return snapshot.frame("quarantine").sort("line").select("line", "reason").rows()

    def code(self, person_id: int = 1, tables: dict[str, pl.DataFrame] | None = None) -> str:
        """May this person get the newsletter by e-mail?"""
        with world(self.folder / "other", tables or self.tables) as db:
            words = state.words(self.ledger)
            answers = codes(db, NEWSLETTER, words, settings=self.settings, ledger=self.ledger)
        return answers[person_id, "email"]


@pytest.fixture
def exports(tmp_path: Path, ledger: Ledger, settings: Settings) -> Exports:
    return Exports(tmp_path, ledger, settings)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def mailchimp(address: str, proofs: str = PROOFS, more: str = "") -> str:
    return f"{address},Maija,2,{proofs},60.98,2024-03-14 09:14:00{more},44877845,c2cb0681af,,"


def test_a_confirmation_with_times_and_addresses_is_a_proven_consent(exports: Exports) -> None:
    done = exports(SUBSCRIBED, mailchimp("P1@Example.com"))
    assert (done.kind, done.rows, done.accepted, done.quarantined) == ("subscribers", 1, 1, 0)
    assert exports.events() == [
        (1, "requested", "email", "newsletter", at("2024-03-14T09:12:31Z")),
        (1, "confirmed", "email", "newsletter", at("2024-03-14T09:14:00Z")),
    ]
    asked, confirmed = exports.proofs()
    assert asked is None
    assert confirmed is not None
    assert confirmed.startswith("double opt-in, export ")
    assert confirmed.endswith("line 2")
    assert exports.code() == "CONSENT"


@pytest.mark.parametrize(
    "proofs",
    [
        ",,2024-03-14 09:14:00,192.0.2.1",  # uploaded by somebody: the tool confirms what it is told
        "2024-03-14 09:12:31,192.0.2.1,2024-03-14 09:14:00,",
        "2024-03-14 09:14:00,192.0.2.1,2024-03-14 09:14:00,192.0.2.1",  # one step only
        "2024-03-14 09:12:31,192.0.2.1,,",
    ],
)
def test_being_on_a_list_is_not_yet_a_proof(exports: Exports, proofs: str) -> None:
    exports(SUBSCRIBED, mailchimp("p1@example.com", proofs))
    assert [event[1] for event in exports.events()] == ["granted"]
    assert exports.proofs() == [None]
    assert exports.code() == "CONSENT_UNPROVEN"


def test_a_consent_is_for_its_purpose_only(exports: Exports) -> None:
    exports(SUBSCRIBED, mailchimp("p1@example.com"), defaults={"purpose": "event_info"})
    assert exports.code() == "NO_CONSENT"


def test_who_left_is_banned_whatever_other_files_say(exports: Exports) -> None:
    left = ",2025-01-02 10:00:00,Uutiset,abc,NORMAL"
    exports(UNSUBSCRIBED, mailchimp("p1@example.com", more=left), name="unsubscribed.csv")
    exports(SUBSCRIBED, mailchimp("p1@example.com"), name="subscribed.csv")
    kinds = [event[1] for event in exports.events()]
    assert kinds == ["withdrawn", "ban_channel", "requested", "confirmed"]
    assert exports.code() == "BANNED_CHANNEL"


def test_the_spam_button_is_a_complaint(exports: Exports) -> None:
    left = ",2025-01-02 10:00:00,,,ABUSE (spam complaint)"
    exports(UNSUBSCRIBED, mailchimp("p1@example.com", more=left))
    assert [event[1] for event in exports.events()] == ["withdrawn", "ban_channel", "complaint"]


def test_what_bounced_is_suppressed_and_no_consent(exports: Exports) -> None:
    done = exports(CLEANED, mailchimp("p1@example.com", more=",2025-01-02 10:00:00,,"))
    assert done.accepted == 1
    assert exports.events() == []
    assert exports.suppressed() == [exports.ledger.address_digest(A, "email", "p1@example.com")]
    exports(SUBSCRIBED, mailchimp("p1@example.com"), name="subscribed.csv")
    assert exports.code() == "ADDRESS_UNDELIVERABLE"


@pytest.mark.parametrize("name", ["nonsubscribed_members_export_1.csv", "NONSUBSCRIBED_email_audience.csv"])
def test_people_who_never_subscribed_have_not_consented(exports: Exports, name: str) -> None:
    done = exports(SUBSCRIBED, mailchimp("p1@example.com"), name=name)
    assert (done.accepted, exports.quarantine()) == (0, [(2, "PRM032")])
    assert exports.events() == []


def test_listmonk_says_who_is_enabled_and_not_who_is_on_the_list(exports: Exports) -> None:
    rows = [
        f'{n},p{n}@example.com,N,"{{""a"": 1}}",{status},2024-05-01 10:11:12.5 +0300 EEST,'
        "2025-05-01 10:11:12.123456789 +0000 UTC"
        for n, status in enumerate(["enabled", "disabled", "blocklisted"], start=1)
    ]
    done = exports(LISTMONK, *rows)
    assert (done.accepted, exports.quarantine()) == (2, [(2, "PRM032")])
    assert exports.events() == [
        (2, "withdrawn", "email", "newsletter", at("2025-05-01T10:11:12.123456Z")),
        (2, "ban_channel", "email", "newsletter", at("2025-05-01T10:11:12.123456Z")),
        (3, "ban_all", None, None, at("2025-05-01T10:11:12.123456Z")),
    ]
    defaults = {"purpose": "newsletter", "subscription": "confirmed"}
    exports(LISTMONK, *rows, "4,p9@example.com,,,,,", name="confirmed.csv", defaults=defaults)
    assert exports.events()[3:] == [
        (1, "granted", "email", "newsletter", at("2024-05-01T07:11:12.5Z")),
    ]
    assert exports.code() == "CONSENT_UNPROVEN"


def test_listmonk_waits_for_a_confirmation(exports: Exports) -> None:
    row = "1,p1@example.com,N,{},enabled,2024-05-01 10:11:12 +0000 UTC,2024-05-01 10:11:12 +0000 UTC"
    exports(LISTMONK, row, defaults={"purpose": "newsletter", "subscription": "unconfirmed"})
    assert exports.code() == "CONSENT_UNCONFIRMED"


def test_marketing_cloud_writes_american_days_in_central_standard_time(exports: Exports) -> None:
    exports(
        EXTRACT,
        "7,K1,p1@example.com,1,Active,,10/11/2018 9:55:14 PM,",
        "7,K2,p2@example.com,2,Unsubscribed,,10/11/2018 9:55:14 AM,7/1/2024 12:00:00 AM",
        "7,K3,p3@example.com,3,Held,7/1/2024,10/11/2018,",
        "7,K4,p1@example.com,4,Mislaid,,10/11/2018,",
    )
    assert exports.events() == [
        (1, "granted", "email", "newsletter", at("2018-10-12T03:55:14Z")),
        (2, "withdrawn", "email", "newsletter", at("2024-07-01T06:00:00Z")),
        (2, "ban_channel", "email", "newsletter", at("2024-07-01T06:00:00Z")),
    ]
    assert len(exports.suppressed()) == 1
    assert exports.quarantine() == [(5, "REG125")]


def test_all_subscribers_of_marketing_cloud(exports: Exports) -> None:
    header = "Subscriber Key,Email Address,Status,Date Joined,Date Unsubscribed"
    exports(header, "K1,p1@example.com,Active,6/1/2020 8:00 AM,", "K2,p2@example.com,Bounced,,")
    assert exports.events() == [(1, "granted", "email", "newsletter", at("2020-06-01T14:00:00Z"))]
    assert len(exports.suppressed()) == 1


def test_mautic_says_why_not_to_contact(exports: Exports) -> None:
    header = '"Contact ID",Email,"DNC Reason","DNC Date Added","DNC Channel"'
    done = exports(
        header,
        "1,p1@example.com,Unsubscribed,2024-05-01 10:00:00,email",
        "2,p2@example.com,3,2024-05-01 10:00:00,email",
        "3,p3@example.com,Bounced,2024-05-01 10:00:00,email",
        "4,p3@example.com,Contactable,,email",
        "5,p3@example.com,1,2024-05-01 10:00:00,sms",
        "6,p3@example.com,2,2024-05-01 10:00:00,sms",
    )
    assert (done.rows, done.accepted) == (6, 4)
    assert [event[:3] for event in exports.events()] == [
        (1, "withdrawn", "email"),
        (1, "ban_channel", "email"),
        (2, "ban_all", None),
        (3, "withdrawn", "sms"),
        (3, "ban_channel", "sms"),
    ]
    assert exports.quarantine() == [(5, "PRM032"), (7, "PRM035")]


def test_contacts_of_mautic_are_no_consents(exports: Exports) -> None:
    done = exports('"Contact ID",Email,"Date identified"', "1,p1@example.com,2024-05-01")
    assert (done.accepted, exports.quarantine()) == (0, [(2, "REG120")])
    assert exports.events() == []


def test_apsis_columns_are_what_the_source_says(exports: Exports) -> None:
    exports(
        "Profile key,Sähköposti,Suostumus,Pvm",
        "a,p1@example.com,Confirmed opt-in,1.5.2024",
        "b,p2@example.com,Section opt-out,",
        columns={"Sähköposti": "email", "Suostumus": "state", "Pvm": "asked_at"},
        values={"state": {"Confirmed opt-in": "subscribed", "Section opt-out": "blocked"}},
    )
    assert [event[:2] for event in exports.events()] == [(1, "granted"), (2, "ban_all")]
    exports("Email,Opt-out date", "p3@example.com,2024-05-01", name="pro.csv")
    assert exports.events()[-1][:2] == (3, "ban_all")


def test_apsis_words(exports: Exports) -> None:
    header = "Profile key,Email,Consent,Consent date,Opt-out date"
    exports(header, "a,p1@example.com,Opt-in,2024-05-01,", "b,p2@example.com,Topic opt-out,,2024-05-01")
    assert [event[:2] for event in exports.events()] == [(1, "granted"), (2, "withdrawn"), (2, "ban_channel")]


def test_a_refusal_by_somebody_unknown_holds_when_the_person_appears(exports: Exports) -> None:
    left = ",2025-01-02 10:00:00,,,"
    done = exports(UNSUBSCRIBED, mailchimp("new@example.com", more=left))
    assert (done.accepted, done.quarantined) == (1, 0)
    assert any("nobody has" in note for note in done.notes)
    tables = people(4)
    points = tables["contact_points"].with_columns(
        value=pl.col("value").str.replace("p4@", "new@", literal=True)
    )
    assert exports.code(4, {**tables, "contact_points": points}) == "BANNED_CHANNEL"
    with exports.ledger.read() as connection:
        kept = permission_events.frame(connection)
    assert kept["person_id"].null_count() == len(kept) == 2
    assert "new@example.com" not in str(kept.rows())


def test_a_consent_of_somebody_unknown_waits_until_the_person_appears(exports: Exports) -> None:
    path = exports.folder / "export.csv"
    done = exports(SUBSCRIBED, mailchimp("new@example.com"), mailchimp("p1@example.com"))
    assert (done.accepted, exports.quarantine()) == (1, [(2, "REG143")])
    source = SourceFile(kind="subscribers", controller=A, defaults={"purpose": "newsletter"})
    assert exports.load(path, source).unchanged
    point = {"person_id": 2, "channel": "email", "value": "new@example.com", "source": "crm"}
    exports.add("contact_points", table("contact_points", [point]))
    again = exports.load(path, source)
    assert (again.unchanged, again.accepted) == (False, 2)
    assert [event[0] for event in exports.events()] == [1, 1, 2, 2]
    assert exports.quarantine() == []


def test_one_address_of_two_people_is_nobodys_consent_and_everybodys_refusal(exports: Exports) -> None:
    point = {"person_id": 2, "channel": "email", "value": "p1@example.com", "source": "crm"}
    exports.add("contact_points", table("contact_points", [point]))
    exports(SUBSCRIBED, mailchimp("p1@example.com"))
    assert (exports.events(), exports.quarantine()) == ([], [(2, "PRM034")])
    left = mailchimp("p1@example.com", more=",2025-01-02 10:00:00,,,")
    exports(UNSUBSCRIBED, left, name="unsubscribed.csv")
    assert {event[0] for event in exports.events()} == {1, 2}


def test_an_address_that_is_no_longer_the_persons_still_refuses(exports: Exports) -> None:
    yesterday = (NOW - timedelta(days=1)).date()
    point = {"person_id": 2, "channel": "email", "value": "old@example.com", "valid_to": yesterday}
    exports.add("contact_points", table("contact_points", [point]))
    exports(SUBSCRIBED, mailchimp("old@example.com"))
    assert exports.quarantine() == [(2, "REG143")]
    left = mailchimp("old@example.com", more=",2025-01-02 10:00:00,,,")
    exports(UNSUBSCRIBED, left, name="unsubscribed.csv")
    assert [event[:2] for event in exports.events()] == [(2, "withdrawn"), (2, "ban_channel")]


def test_rows_that_cannot_be_used(exports: Exports) -> None:
    done = exports(
        SUBSCRIBED,
        mailchimp("p1@example.com", "2027-01-01 10:00:00,192.0.2.1,2027-01-01 10:00:01,192.0.2.1"),
        mailchimp("no address"),
        mailchimp(""),
        mailchimp("p1@example.com", ",,,"),
        mailchimp("p1@example.com", "soon,,,"),
    )
    assert done.accepted == 0
    assert exports.quarantine() == [
        (2, "PRM005"), (3, "PRM031"), (3, "REG130"), (4, "REG120"), (5, "PRM033"), (6, "REG126"),
    ]  # fmt: skip
    assert exports.events() == []


def test_a_refusal_without_a_time_or_from_the_future_holds_at_once(exports: Exports) -> None:
    exports(SUBSCRIBED, mailchimp("p1@example.com"), mailchimp("p2@example.com"), name="subscribed.csv")
    exports(
        UNSUBSCRIBED,
        mailchimp("p1@example.com", more=",,,,"),
        mailchimp("p2@example.com", more=",2031-01-02 10:00:00,,,"),
    )
    assert (exports.code(1), exports.code(2)) == ("BANNED_CHANNEL", "BANNED_CHANNEL")
    before = exports.events()
    later = [mailchimp("p1@example.com", more=",,,,"), mailchimp("p3@example.com", more=",,,,")]
    exports(UNSUBSCRIBED, *later, name="later.csv")
    assert [event[0] for event in exports.events()[len(before) :]] == [3, 3]  # the first says nothing new


def test_the_same_export_again_adds_nothing(exports: Exports) -> None:
    exports(SUBSCRIBED, mailchimp("p1@example.com"))
    more = exports(SUBSCRIBED, mailchimp("p1@example.com"), mailchimp("p2@example.com"), name="more.csv")
    assert more.accepted == 2
    assert [event[0] for event in exports.events()] == [1, 1, 2, 2]


def test_the_purpose_must_be_said(exports: Exports) -> None:
    done = exports(SUBSCRIBED, mailchimp("p1@example.com"), defaults={})
    assert done.refused is not None
    assert done.refused.code == "PRM030"


def test_an_export_as_a_workbook(exports: Exports) -> None:
    path = exports.folder / "export.xlsx"
    times = [datetime(2024, 3, 14, 9, 12, 31), datetime(2024, 3, 14, 9, 14)]  # noqa: DTZ001
    rows: Sequence[Sequence[object]] = [
        ["Email Address", "OPTIN_TIME", "OPTIN_IP", "CONFIRM_TIME", "CONFIRM_IP", "LEID", "EUID"],
        ["p1@example.com", times[0], "192.0.2.1", times[1], "192.0.2.1", 1, "a"],
    ]
    path.write_bytes(workbook(rows))
    source = SourceFile(kind="subscribers", controller=A, defaults={"purpose": "newsletter"})
    assert exports.load(path, source).accepted == 1
    assert [event[1] for event in exports.events()] == ["requested", "confirmed"]


def test_registers_never_mix(exports: Exports) -> None:
    exports(SUBSCRIBED, mailchimp("p1@example.com"), controller="sahkoverkko")
    assert exports.quarantine() == [(2, "REG143")]
    left = mailchimp("p1@example.com", more=",2025-01-02 10:00:00,,,")
    exports(UNSUBSCRIBED, left, name="left.csv", controller="sahkoverkko")
    assert exports.code() == "NO_CONSENT"


@pytest.mark.parametrize("layout", layouts.LAYOUTS)
def test_each_layout_is_told_from_the_others(layout: layouts.Layout) -> None:
    assert layouts.layout_of(layout.marks) == layout
    assert set(layout.columns.values()) <= set(layouts.COLUMNS.names)
    assert set(layout.states.values()) | {layout.state or "nothing"} <= set(layouts.STATES)
    assert layout.document


def test_other_kinds_do_not_take_an_export_for_theirs() -> None:
    from campaigns.workspace.kinds import all_kinds

    for header in (SUBSCRIBED, UNSUBSCRIBED, CLEANED, LISTMONK, EXTRACT):
        names = header.replace('"', "").split(",")
        assert [kind.name for kind in all_kinds() if kind.recognises(names)] == ["subscribers"]

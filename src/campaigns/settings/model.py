"""What `campaigns.yml` may say."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, HttpUrl, ValidationError, model_validator

from campaigns.settings.binding import Definition
from campaigns.settings.policy import Policy
from campaigns.settings.retention import Retention
from campaigns.settings.words import Decided, Keep, Name, Said, Span, Switch

Language = Literal["fi", "sv", "en"]
Channel = Literal["email", "sms", "phone", "robocall", "letter", "ad_audience", "web_ad", "portal"]
MessageKind = Literal[
    "marketing",
    "newsletter",
    "survey",
    "service",
    "contractual",
    "statutory",
    "reply",
    "confirmation_request",
]
PermissionPurpose = Literal[
    "direct_marketing",
    "newsletter",
    "online_advertising",
    "profiling",
    "statistics",
    "market_research",
    "satisfaction_survey",
    "service_notice",
    "contract_notice",
    "billing",
    "collection",
    "quote",
    "event_info",
    "raffle_admin",
    "rights_request",
    "unsubscribe_confirmation",
]
NoticePurpose = Literal[
    "relationship",
    "service_notice",
    "satisfaction_survey",
    "direct_marketing",
    "billing",
    "collection",
    "online_advertising",
    "market_research",
    "raffle_admin",
    "statistics",
    "access",
    "security",
    "profiling",
]
DataLevel = Literal["totals", "daily", "hourly", "presence"]
# What no segment and no message may ever show: the notice's section 4 names them, and their data is not ours
# to use.
CLOSED_CATEGORIES = frozenset({"personal_code", "credit", "credentials", "recordings"})
# Where a provider keeps personal data whatever its host is called: SendGrid stages the events of messages in
# the United States, with its European host too.
PROVIDER_REGIONS: Mapping[str, str] = {"sendgrid": "us"}
EEA = frozenset({"fi", "eea"})
MARKETING_KINDS: frozenset[str] = frozenset({"marketing", "newsletter", "survey"})


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        raise ValueError("is no time zone; write it like Europe/Helsinki") from None
    return value


def _https(value: str) -> str:
    try:
        HttpUrl(value)
    except ValidationError:
        raise ValueError("is no web address") from None
    local = re.match(r"http://(127\.0\.0\.1|localhost)(:\d+)?(/|$)", value)
    if not value.startswith("https://") and not local:
        raise ValueError("must start with https://")
    return value.rstrip("/")


Url = Annotated[str, AfterValidator(_https)]
Texts = dict[Language, str]


class Notice(Definition):
    """One version of a controller's privacy notice. `changes` is told to those who saw an older one."""

    date: date
    text: dict[Language, str] = Field(min_length=1)  # files of the workspace
    changes: Texts = {}


class Controller(Definition):
    """A company that keeps its own register: who speaks in every message."""

    name: str
    business_id: str
    address: str
    phone: str
    email: str
    privacy_officer: str
    privacy_url: Url
    sender_email: str
    sender_name: str
    notices: dict[str, Notice] = {}  # by version, such as 2023-06-26


class Purpose(Definition):
    """A marketer's word, mapped to the notice and to the purpose that decisions use."""

    title: Texts
    notice_purpose: NoticePurpose
    permission_purpose: PermissionPurpose
    kinds: tuple[MessageKind, ...] = Field(min_length=1)
    categories: tuple[str, ...]
    topic: str = ""
    duties: tuple[str, ...] = ()  # in companies: whose work it concerns, see the rule B2B_DUTIES


class Category(Definition):
    """A data category of the notice's section 4, and where it may appear."""

    title: Texts
    segments: Switch
    templates: Switch


class Period(Definition):
    """Days from one to another, both included."""

    first: date = Field(alias="from")
    last: date = Field(alias="to")

    @model_validator(mode="after")
    def _runs_forward(self) -> Period:
        if self.first > self.last:
            raise ValueError("`from` is later than `to`")
        return self


class Attestation(Definition):
    """The privacy officer's word on a source of old consents: which form people filled in, and when.

    It proves consents given in the period and no others; `loading` refuses one that is dated in the future.
    """

    attested_by: Said
    date: date
    form: Said  # the text that people saw, or where it is kept
    period: Period
    scan: str = ""  # where a picture of the form is

    @model_validator(mode="after")
    def _looks_back(self) -> Attestation:
        if self.period.last > self.date:
            raise ValueError("the period ends after the day of the attestation: nobody can know yet")
        return self

    def __str__(self) -> str:
        shown = f", {self.scan}" if self.scan else ""
        return f"attested by {self.attested_by} on {self.date}: {self.form}{shown}"


class SourceFile(Definition):
    """A kind of file that a source system sends us: how to know it and how to read it.

    `like` names a source whose settings hold where this one says nothing; `loading` fills them in.
    """

    like: str = ""
    kind: str = ""
    controller: str = ""
    match: str = ""
    extract: Literal["full", "changes"] = "changes"
    key_space: str = ""
    disclosure: str = ""  # of `disclosures`, when the numbers are the other company's
    sheet: str = ""  # of a workbook with several
    informed_by: str = ""
    evidence: Attestation | None = None
    columns: dict[str, str] = {}
    values: dict[str, dict[str, str]] = {}
    defaults: dict[str, str] = {}
    delimiter: str = ""
    encoding: str = "utf-8"


class Disclosure(Decided):
    """Data of one register that the other company, or a recipient outside, may be given.

    A source that brings one company's customer numbers into the other's register names it, and so does an
    export. Without one the data stays where it is: WRONG_REGISTER.
    """

    from_controller: Name
    to: str  # a controller of this file, or who else receives it
    purposes: tuple[Name, ...] = Field(min_length=1)
    categories: tuple[Name, ...] = Field(min_length=1)
    legal_basis: str
    valid_until: date


class Processor(Definition):
    """Whoever handles personal data for us, under which agreement and where.

    A transfer outside the EEA needs an adequacy decision or standard clauses, named in `transfer_details`.
    """

    service: str
    agreement: Switch
    agreement_date: date | None = None
    agreement_until: date | None = None  # the last day on which it holds
    sub_processors: tuple[str, ...] = ()
    region: Literal["fi", "eea", "us", "other"]
    transfer: Literal["none_needed", "adequacy", "scc", "none"] = "none_needed"
    transfer_details: str = ""  # which decision or clauses, of when, for which data
    transfer_until: date | None = None  # the last day on which they hold
    fields: tuple[str, ...] = ()

    def agreed_on(self, day: date) -> bool:
        """Whether an agreement holds on that day."""
        begun = self.agreement_date is None or self.agreement_date <= day
        return self.agreement and begun and (self.agreement_until is None or day <= self.agreement_until)

    def may_send_outside(self, day: date) -> bool:
        """Whether something covers a transfer outside the EEA on that day."""
        holds = self.transfer_until is None or day <= self.transfer_until
        return self.transfer in ("adequacy", "scc") and holds


class Smtp(Definition):
    """A mail server. The password comes from CAMPAIGNS_SMTP_PASSWORD."""

    host: str = "127.0.0.1"
    port: int = Field(default=25, ge=1, le=65535)
    tls: Literal["required", "starttls", "none"] = "starttls"
    user: str = ""
    connections: int = Field(default=2, ge=1, le=32)
    timeout_seconds: float = Field(default=60, gt=0, le=600)


class SendGrid(Definition):
    """SendGrid's API. The key comes from CAMPAIGNS_SENDGRID_API_KEY."""

    host: Url = "https://api.eu.sendgrid.com"
    batch: int = Field(default=1000, ge=1, le=1000)
    sandbox: Switch = False


class ChannelSettings(Definition):
    """How one channel reaches people."""

    provider: Literal["maildir", "smtp", "sendgrid"]
    processor: Name
    test_addresses: tuple[str, ...] = ()
    smtp: Smtp = Smtp()
    sendgrid: SendGrid = SendGrid()


class Web(Definition):
    """The public pages."""

    base_url: Url
    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)


class Place(Definition):
    """Where the town lies, for the length of its days."""

    latitude: float = Field(default=60.98, ge=-66, le=66)
    longitude: float = Field(default=25.66, ge=-180, le=180)


class LedgerSettings(Definition):
    """Where the ledger is: SQLite in the workspace unless CAMPAIGNS_LEDGER_URL says PostgreSQL."""

    path: str = "data/ledger/ledger.sqlite"


class BackupSettings(Definition):
    """Where backups go, and for how long; the list of erased people lies apart from them."""

    folder: str = "backups"
    erased_list: str = "erased"  # a folder on another disk, by choice
    keep: Keep = Span(days=30)


class Settings(Definition):
    """All of `campaigns.yml`."""

    time_zone: Annotated[str, AfterValidator(_zone)] = "Europe/Helsinki"
    place: Place = Place()
    default_controller: Name
    controllers: dict[Name, Controller] = Field(min_length=1)
    categories: dict[Name, Category]
    purposes: dict[Name, Purpose]
    processors: dict[Name, Processor]
    channels: dict[Channel, ChannelSettings]
    sources: dict[Name, SourceFile] = {}
    disclosures: dict[Name, Disclosure] = {}
    policy: Policy
    retention: Retention = Retention()
    web: Web
    ledger: LedgerSettings = LedgerSettings()
    backup: BackupSettings = BackupSettings()

    def region_of(self, channel: str) -> str:
        """Where the data of a channel's messages goes: where its processor is, or its provider keeps them."""
        used = self.channels[channel]  # type: ignore[index]  # a Channel
        region = self.processors[used.processor].region
        return PROVIDER_REGIONS.get(used.provider, region) if region in EEA else region

    def uncovered(self, channel: str, day: date) -> str:
        """Why nothing may be sent by a channel on a day: a code of the rules, or nothing."""
        processor = self.processors[self.channels[channel].processor]  # type: ignore[index]  # a Channel
        if not processor.agreed_on(day):
            return "NO_PROCESSOR_AGREEMENT"
        if self.region_of(channel) not in EEA and not processor.may_send_outside(day):
            return "TRANSFER_NOT_COVERED"
        return ""

    @property
    def zone(self) -> ZoneInfo:
        """The business time zone: whole days are days of this zone."""
        return ZoneInfo(self.time_zone)

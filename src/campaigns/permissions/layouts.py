"""How the tools that people leave write their subscribers down: layouts as data, recognised by their header.

What stands under `document` is where a layout is known from; `verified` says whether that was a real export
or the code that writes it, or only a description. A name that a tool lets its users choose is mapped in
`columns:` of the source, to the names that `COLUMNS` has.

What the states mean: `subscribed` is on the list, with no more proof than that (a confirmation is proven by
its times and addresses, see `subscribers`); `pending` a confirmation is awaited; `unsubscribed` left this
list; `blocked` wants nothing at all; `bounced` nothing can be delivered; `complained` pressed the spam
button; `nothing` says nothing about consent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from campaigns.register.headers import Columns, folded

STATES = ("subscribed", "pending", "unsubscribed", "blocked", "bounced", "complained", "nothing")
REFUSALS = ("unsubscribed", "blocked", "bounced", "complained")
TIMES = ("asked_at", "confirmed_at", "ended_at")
COLUMNS = Columns(
    required=("email",),
    optional=(
        "state",
        "subscription",  # to the list of this file, where the state is the subscriber's altogether
        "asked_at",
        "asked_ip",
        "confirmed_at",
        "confirmed_ip",
        "ended_at",  # when the state began that ends or refuses
        "reason",
        "channel",
        "purpose",
        "text_version",
        "notice_version",
    ),
    keys=(),
    identity=("email",),
)
WORDS = {
    **{state: state for state in STATES},
    "opt-in": "subscribed",
    "confirmed": "subscribed",
    "confirmed opt-in": "subscribed",
    "opt-out": "unsubscribed",
    "cleaned": "bounced",
    "unconfirmed": "pending",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Layout:
    """One form of export.

    `columns` are theirs and ours; `marks` are those that together tell the layout, `unless` those that tell
    another. `state` is everybody's where there is no column of states. `zone` is that of times which do not
    say one; empty: the business zone. `month_first` reads 11/24/2026 9:55:14 AM.
    """

    name: str
    document: str
    verified: bool
    columns: Mapping[str, str]
    marks: tuple[str, ...]
    unless: tuple[str, ...] = ()
    states: Mapping[str, str] = field(default_factory=dict)
    state: str = ""
    zone: str = ""
    month_first: bool = False
    not_files: tuple[str, ...] = ()

    def fits(self, header: Iterable[str]) -> bool:
        """Whether a file with this header (folded names) is of this layout."""
        names = set(header)
        return set(self.marks) <= names and not names & set(self.unless)

    def says_nothing(self, file_name: str) -> bool:
        """Whether a file of that name has people who never subscribed, under the header of those who did."""
        return any(fnmatchcase(file_name.lower(), pattern) for pattern in self.not_files)


_MAILCHIMP = {
    "email address": "email",
    "optin_time": "asked_at",
    "optin_ip": "asked_ip",
    "confirm_time": "confirmed_at",
    "confirm_ip": "confirmed_ip",
}
_MAILCHIMP_DOCUMENT = "headers and rows of audience exports in public repositories, 2013 to 2024"
_MAILCHIMP_MARKS = ("email address", "optin_time", "confirm_time", "leid", "euid")

LAYOUTS: tuple[Layout, ...] = (
    # A contact that somebody uploaded has a CONFIRM_TIME and no OPTIN_TIME: that is no confirmation.
    # The export has a file for each state; contacts who never subscribed have the header of those who did.
    Layout(
        name="mailchimp",
        document=_MAILCHIMP_DOCUMENT,
        verified=True,
        columns=_MAILCHIMP,
        marks=_MAILCHIMP_MARKS,
        unless=("unsub_time", "clean_time"),
        state="subscribed",
        zone="UTC",
        not_files=("*nonsubscribed*", "*non_subscribed*", "*non-subscribed*", "*transactional*"),
    ),
    Layout(
        name="mailchimp",
        document=_MAILCHIMP_DOCUMENT,
        verified=True,
        columns={**_MAILCHIMP, "unsub_time": "ended_at", "unsub_reason": "reason"},
        marks=("email address", "unsub_time"),
        unless=("clean_time",),
        state="unsubscribed",
        zone="UTC",
    ),
    Layout(
        name="mailchimp",
        document=_MAILCHIMP_DOCUMENT,
        verified=True,
        columns={**_MAILCHIMP, "clean_time": "ended_at"},
        marks=("email address", "clean_time"),
        unless=("unsub_time",),
        state="bounced",
        zone="UTC",
    ),
    # `enabled` is a subscriber who may be on no list any more: only the subscription says something of one.
    # The tool exports one list and one subscription status at a time and writes neither into the file.
    Layout(
        name="listmonk",
        document="the program that writes the export (cmd/subscribers.go), versions 1 to 5",
        verified=True,
        columns={
            "email": "email",
            "status": "state",
            "subscription_status": "subscription",
            "created_at": "asked_at",
            "updated_at": "ended_at",
        },
        marks=("uuid", "email", "attributes", "status", "created_at", "updated_at"),
        states={"enabled": "nothing", "disabled": "unsubscribed", "blocklisted": "blocked"},
        zone="UTC",
    ),
    # Times are Central Standard Time the whole year. `Bounced` may be three soft bounces; it is kept apart
    # from people all the same. `Active` says only that nothing has happened to make it otherwise.
    Layout(
        name="salesforce_marketing_cloud",
        document="Tracking Extract, output file Subscribers (columns and words of Status)",
        verified=True,
        columns={
            "emailaddress": "email",
            "status": "state",
            "datecreated": "asked_at",
            "dateunsubscribed": "ended_at",
        },
        marks=("subscriberkey", "emailaddress", "status"),
        states={
            "active": "subscribed",
            "bounced": "bounced",
            "held": "bounced",
            "unsubscribed": "unsubscribed",
            "deleted": "unsubscribed",
        },
        zone="Etc/GMT+6",
        month_first=True,
    ),
    Layout(
        name="salesforce_marketing_cloud",
        document="export of All Subscribers in Email Studio; names from descriptions, no file was at hand",
        verified=False,
        columns={
            "email address": "email",
            "status": "state",
            "date joined": "asked_at",
            "date unsubscribed": "ended_at",
        },
        marks=("subscriber key", "email address", "status"),
        states={
            "active": "subscribed",
            "bounced": "bounced",
            "held": "bounced",
            "held (undeliverable)": "bounced",
            "unsubscribed": "unsubscribed",
            "deleted": "unsubscribed",
        },
        zone="Etc/GMT+6",
        month_first=True,
    ),
    # The plain export of contacts has no do-not-contact columns, and being a contact is no consent. A report
    # "Do Not Contact" has them; its headings are those of the reader's language.
    Layout(
        name="mautic",
        document="the report's columns (DncReportService, ReportDNCSubscriber) and reasons 1, 2, 3; headings "
        "as in the English texts of the program, not seen in a file",
        verified=False,
        columns={
            "email": "email",
            "dnc reason": "state",
            "dnc date added": "ended_at",
            "dnc channel": "channel",
        },
        marks=("email", "dnc reason"),
        states={
            "0": "nothing",
            "contactable": "nothing",
            "1": "unsubscribed",
            "unsubscribed": "unsubscribed",
            "2": "bounced",
            "bounced": "bounced",
            "3": "blocked",
            "manual": "blocked",
            "manually unsubscribed": "blocked",
        },
        zone="UTC",
    ),
    # Whoever asks for an APSIS One export chooses its columns; a section opt-out is from all topics.
    Layout(
        name="apsis_one",
        document="APSIS One help, types and levels of consent; the columns of an export are its user's own",
        verified=False,
        columns={
            "email": "email",
            "consent": "state",
            "consent date": "asked_at",
            "opt-out date": "ended_at",
        },
        marks=("profile key", "email", "consent"),
        states={
            "opt-in": "subscribed",
            "confirmed opt-in": "subscribed",
            "opt-out": "unsubscribed",
            "topic opt-out": "unsubscribed",
            "section opt-out": "blocked",
            "no consent": "nothing",
        },
    ),
    # What one gets under "opt-out all": the file is a list of those who left everything.
    Layout(
        name="apsis_pro",
        document="APSIS Pro help, opt-out lists; no file was at hand",
        verified=False,
        columns={"email": "email", "opt-out date": "ended_at", "opt-out reason": "reason"},
        marks=("email", "opt-out date"),
        unless=("profile key", "consent"),
        state="blocked",
    ),
)
# A file in our own column names, or mapped to them by its source.
OWN = Layout(name="own", document="", verified=True, columns={}, marks=("email", "state"), states=WORDS)


def layout_of(header: Iterable[str]) -> Layout | None:
    """The layout of a file with these column names."""
    names = {folded(name) for name in header}
    return next((layout for layout in LAYOUTS if layout.fits(names)), None)

"""Kind `subscribers`: who is on a list and who left it, out of the tools that people leave (`layouts`).

People are found by their e-mail address in the register of the source's company. Somebody on the list has
consented as far as the file tells: only a confirmation with both times and both network addresses is proof
(double opt-in), everything else waits for the source's attestation. Who left is banned for that channel and
purpose, who is blocked from all marketing; what bounced is suppressed and is no consent.

A refusal by somebody whom the register does not have is kept under the keyed digest of the address and holds
when the person appears. A consent of somebody unknown, or of one of several people with one address, lies in
the quarantine; the file can be imported again when the register knows more.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, get_args
from zoneinfo import ZoneInfo

import polars as pl

from campaigns.errors import UserError
from campaigns.ledger import permission_events, suppressions
from campaigns.ledger.permission_events import PermissionEvent
from campaigns.permissions.layouts import COLUMNS, OWN, REFUSALS, STATES, TIMES, WORDS, Layout, layout_of
from campaigns.register import reading
from campaigns.register.deliveries import Delivery, Imported
from campaigns.register.headers import folded
from campaigns.register.jobs import Job
from campaigns.register.parsing import Typed
from campaigns.register.repeats import UNKNOWN_ADDRESS
from campaigns.settings.model import Channel, PermissionPurpose, Settings

if TYPE_CHECKING:
    from campaigns.lake import Writer
    from campaigns.ledger import Ledger

_CHANNEL = "email"
_ABUSE = r"(?i)abuse|spam"  # of a reason for leaving: the spam button, or the word for it
_GO_TIME = r"^(.*[+-]\d{4}) [A-Z+-]\w*$"  # 2024-05-01 10:11:12.5 +0300 EEST


class Subscribers:
    """Exports of newsletter and marketing tools."""

    name = "subscribers"
    columns = COLUMNS
    order = 61

    def recognises(self, header: Sequence[str]) -> bool:
        """By the header of a tool, or by our own column names."""
        return layout_of(header) is not None or OWN.fits(folded(name) for name in header)

    def load(
        self, delivery: Delivery, *, settings: Settings, lake: Writer, ledger: Ledger, now: datetime
    ) -> Imported:
        """Read, check and append one export; raises `UserError` PRM030 when its purpose is not said."""
        layout = layout_of(reading.header_of(delivery)) or OWN
        delivery = _as_mapped(delivery, layout)
        job = Job.start(delivery, settings=settings, lake=lake, ledger=ledger, now=now)
        rows = reading.read(delivery, COLUMNS, job.rejects)
        job.notes.append(f"read as an export of {layout.name}")
        job.notes.extend(rows.notes)
        told = _told(rows.frame, layout, job)
        people = _people(told, job)
        _refuse_unclear(job.rejects.accepted(told), people, job)
        accepted = job.rejects.accepted(told)
        owners = people.group_by("email").agg(pl.col("person_id").filter("now_theirs"), everybody="person_id")
        known = accepted.join(owners, on="email", how="left", maintain_order="left")
        with ledger.write() as connection:
            new = permission_events.append(connection, _events(known, layout, job))
            bounced = sum(
                suppressions.add(
                    connection,
                    controller=job.controller,
                    channel=_CHANNEL,
                    address=address,
                    reason="hard_bounce",
                    now=now,
                )
                for address in accepted.filter(state="bounced")["email"]
            )
        _note(accepted, known, new, bounced, job)
        return job.finish(rows, accepted=len(accepted))


def _as_mapped(delivery: Delivery, layout: Layout) -> Delivery:
    """The delivery as if its source had mapped the tool's columns itself; what it maps goes first."""
    source = delivery.source
    if "purpose" not in source.defaults and "purpose" not in source.columns.values():
        raise UserError(
            "PRM030",
            f"neither {delivery.name} nor its source says what its subscribers consented to.",
            hint="in campaigns.yml: sources: NAME: {kind: subscribers, defaults: {purpose: newsletter}}",
        )
    own = {folded(theirs): ours for theirs, ours in source.columns.items()}
    columns = {
        theirs: ours
        for theirs, ours in layout.columns.items()
        if ours not in own.values() and folded(theirs) not in own
    }
    words = {"state": {**layout.states, **source.values.get("state", {})}}
    words["subscription"] = {**WORDS, **source.values.get("subscription", {})}
    defaults = {"channel": _CHANNEL, **({"state": layout.state} if layout.state else {}), **source.defaults}
    for name in {"state", "subscription"} & set(defaults):
        defaults[name] = words[name].get(defaults[name].lower(), defaults[name])
    mapped = {"columns": {**columns, **source.columns}, "values": {**source.values, **words}}
    return replace(delivery, source=source.model_copy(update={**mapped, "defaults": defaults}))


def _told(frame: pl.DataFrame, layout: Layout, job: Job) -> pl.DataFrame:
    """The rows, typed; a state that is the subscriber's altogether gives way to that of the list."""
    zone = ZoneInfo(layout.zone) if layout.zone else job.settings.zone
    frame = frame.with_columns(_readable(frame[name], layout) for name in TIMES)
    typed = Typed(frame, job.rejects)
    typed.required("email", "state", "purpose")
    addresses = typed.email("email")
    typed.refuse("email", frame["email"].is_not_null() & addresses.is_null(), "PRM031", _NO_ADDRESS)
    told = frame.select(
        "_line",
        addresses,
        typed.word("state", STATES),
        typed.word("subscription", STATES),
        *(typed.moment(name, zone) for name in TIMES),
        "asked_ip",
        "confirmed_ip",
        is_abuse=frame["reason"].str.contains(_ABUSE).fill_null(value=False),
        channel=typed.word("channel", get_args(Channel)),
        purpose=typed.word("purpose", get_args(PermissionPurpose)),
        text_version=typed.text("text_version", longest=64),
        notice_version=typed.text("notice_version", longest=32),
    )
    given_way = pl.col("state").is_in(["nothing", "subscribed"]) & pl.col("subscription").is_not_null()
    told = told.with_columns(state=pl.when(given_way).then("subscription").otherwise("state"))
    if layout.says_nothing(job.delivery.path.name):
        told = told.with_columns(state=pl.lit("nothing"))
    return told


_NO_ADDRESS = "`email` is no address, and nobody else is named."


def _readable(cells: pl.Series, layout: Layout) -> pl.Series:
    """Times in the forms of the tools, as `Typed.moment` reads them."""
    cells = cells.str.replace(_GO_TIME, "$1")
    if not layout.month_first:
        return cells
    moments = pl.coalesce(
        cells.str.to_datetime(form, strict=False)
        for form in ("%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y %I:%M %p", "%m/%d/%Y %H:%M:%S")
    )
    days = cells.str.to_date("%m/%d/%Y", strict=False)
    texts = pl.coalesce(moments.dt.strftime("%Y-%m-%d %H:%M:%S"), days.dt.strftime("%Y-%m-%d"), cells)
    return pl.select(texts.alias(cells.name)).to_series()


def _people(told: pl.DataFrame, job: Job) -> pl.DataFrame:
    """Who has or had each address (`email`, `person_id`), and whether it is theirs now (`now_theirs`)."""
    points = job.known("contact_points", ["channel", "value", "person_id", "valid_to"])
    mine = points.filter(pl.col("channel") == _CHANNEL).join(
        told, left_on="value", right_on="email", how="semi"
    )
    theirs = pl.col("valid_to").is_null() | (pl.col("valid_to") > job.extract.day)
    return (
        mine.group_by(email="value", person_id="person_id")
        .agg(now_theirs=theirs.any())
        .sort("email", "person_id")
    )


def _refuse_unclear(told: pl.DataFrame, people: pl.DataFrame, job: Job) -> None:
    """Consents that cannot be one person's, or that nobody gave yet."""
    owners = people.filter("now_theirs").group_by("email").len("owners")
    rows = told.join(owners, on="email", how="left", maintain_order="left")
    widens = pl.col("state").is_in(["subscribed", "pending"])
    count = pl.col("owners").fill_null(0)
    given = pl.coalesce("confirmed_at", "asked_at")
    elsewhere = (pl.col("state") == "bounced") & (pl.col("channel") != _CHANNEL)
    future = pl.any_horizontal(pl.col(name) > job.now for name in ("asked_at", "confirmed_at"))
    refused: Sequence[tuple[str, pl.Expr, str, str]] = (
        ("PRM032", pl.col("state") == "nothing", "state", "the row says nothing about consent to this."),
        ("PRM033", widens & given.is_null(), "asked_at", "it is not said when the consent was given."),
        ("PRM005", widens & future.fill_null(value=False), "asked_at", "the consent is in the future."),
        ("PRM035", elsewhere, "channel", "what bounced was no e-mail; the row does not name its address."),
        (UNKNOWN_ADDRESS, widens & (count == 0), "email", "nobody in the register has this address."),
        ("PRM034", widens & (count > 1), "email", "several people have this address; who consented?"),
    )
    for code, condition, column, message in refused:
        job.rejects.add_lines(rows.filter(condition)["_line"], code, message, column)


def _events(rows: pl.DataFrame, layout: Layout, job: Job) -> Iterator[PermissionEvent]:
    for row in rows.iter_rows(named=True):
        for kind, at, evidence in _words(row, job):
            owners: list[int | None] = row["person_id"] or []
            if row["state"] in REFUSALS:
                owners = row["everybody"] or [None]
            for person_id in owners:
                yield _event(row, kind, at, evidence, person_id, layout, job)


def _words(row: dict[str, Any], job: Job) -> Iterator[tuple[str, datetime | None, str | None]]:
    """What a row says: kind, when, and the proof that it is itself."""
    proof = f"export {job.delivery.sha256[:16]}, line {row['_line']}"
    match row["state"]:
        case "subscribed":
            if _is_confirmed(row):
                yield "requested", row["asked_at"], None
                yield "confirmed", row["confirmed_at"], f"double opt-in, {proof}"
            else:
                yield "granted", row["confirmed_at"] or row["asked_at"], None
        case "pending":
            yield "requested", row["asked_at"] or row["confirmed_at"], None
        case "unsubscribed":
            yield "withdrawn", row["ended_at"], proof
            yield "ban_channel", row["ended_at"], proof
        case "blocked":
            yield "ban_all", row["ended_at"], proof
        case "complained":
            yield "complaint", row["ended_at"], proof
    if row["state"] == "unsubscribed" and row["is_abuse"]:
        yield "complaint", row["ended_at"], proof


def _is_confirmed(row: dict[str, Any]) -> bool:
    """Asked for and confirmed, one after the other, each from a network address that the tool noted."""
    times = row["asked_at"], row["confirmed_at"]
    return None not in times and times[0] < times[1] and bool(row["asked_ip"] and row["confirmed_ip"])


def _event(
    row: dict[str, Any],
    kind: str,
    at: datetime | None,
    evidence: str | None,
    person_id: int | None,
    layout: Layout,
    job: Job,
) -> PermissionEvent:
    address = row["email"]
    channel = None if kind == "ban_all" else row["channel"]
    purpose = None if kind in ("ban_all", "complaint") else row["purpose"]
    learnt = min(job.delivery.received, job.now)
    # Keyed: an address could be guessed from a plain digest. A refusal without a time is one, however often.
    natural = (job.controller, job.delivery.source_name, address, person_id, kind, channel, purpose, at)
    return PermissionEvent(
        event_id=job.ledger.digest("subscriber", *natural),
        controller=job.controller,
        person_id=person_id,
        address_digest=None
        if person_id is not None
        else job.ledger.address_digest(job.controller, _CHANNEL, address),
        kind=kind,
        channel=channel,
        purpose=purpose,
        occurred_at=at or learnt,
        recorded_at=max(learnt, at) if at is not None and at <= job.now else learnt,
        source=job.delivery.source_name,
        method=layout.name,
        text_version=row["text_version"],
        notice_version=row["notice_version"],
        evidence=evidence,
        details={} if evidence else {"export": f"{job.delivery.sha256[:16]}, line {row['_line']}"},
    )


def _note(accepted: pl.DataFrame, known: pl.DataFrame, new: int, bounced: int, job: Job) -> None:
    states = dict(accepted["state"].value_counts().sort("state").rows())
    job.notes.append(", ".join(f"{count:,} {state}" for state, count in states.items()) or "no rows")
    unknown = known.filter(pl.col("state").is_in(REFUSALS) & pl.col("everybody").is_null())
    job.note(
        len(unknown),
        "1 refusal is of an address that nobody has; it holds when somebody comes who has it",
        "{:,} refusals are of addresses that nobody has; they hold when somebody comes who has them",
    )
    job.note(bounced, "1 address suppressed", "{:,} addresses suppressed")
    job.notes.append(f"{new:,} new permission events")

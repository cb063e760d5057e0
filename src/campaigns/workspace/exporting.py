"""A segment as a list of addresses for a processor: decided for that channel, recorded as a disclosure."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from campaigns.errors import NotFound, Refused, UserError

if TYPE_CHECKING:
    import polars as pl

    from campaigns.segments.model import Segment
    from campaigns.settings.model import Settings
    from campaigns.workspace.project import Workspace

# What a list may hold, by the word in `fields:` of the processor, and the data category of each.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "to": ("address",),
    "name": ("first_name", "last_name"),
    "language": ("language",),
}
CATEGORIES: Mapping[str, str] = {"to": "contact", "name": "identity", "language": "identity"}
WITH_ADDRESSES = ("email", "sms", "phone", "letter")
_FORMULAS = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would reckon


@dataclass(frozen=True, kw_only=True, slots=True)
class Exported:
    """What was written, for whom, and until when it may be kept."""

    segment: str
    recipient: str
    channel: str
    purpose: str
    path: Path
    people: int
    members: int
    disclosure: int
    delete_by: date

    def as_json(self) -> dict[str, Any]:
        """The keys that `segment export --json` gives."""
        found = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {**found, "path": str(self.path), "delete_by": self.delete_by.isoformat()}

    def __str__(self) -> str:
        return (
            f"{self.people:,} of {self.members:,} people may be reached by {self.channel}: {self.path}\n"
            f"disclosure {self.disclosure} to {self.recipient}: to be deleted by {self.delete_by}; "
            "here `campaigns retention` does it"
        )


def export(workspace: Workspace, name: str, *, to: str, channel: str, purpose: str) -> Exported:
    """Write the people of a segment who may be reached by a channel to a list for a processor.

    Raises `NotFound` USE053 for a processor that campaigns.yml does not name, `UserError` USE054 for another
    purpose or channel than the segment's, `Refused` NO_PROCESSOR_AGREEMENT, TRANSFER_NOT_COVERED or USE055
    when the processor may not have the list, and as `segments.library` for the segment.
    """
    from campaigns.engine import connect
    from campaigns.ledger import disclosures
    from campaigns.mailings.recipients import people_of
    from campaigns.register.disclosing import hidden
    from campaigns.rights.writing import write
    from campaigns.segments.model import Duration
    from campaigns.segments.resolving import resolve

    segment = workspace.segment_files.load(name)
    now, today = workspace.now(), workspace.today()
    _of_this_segment(segment, purpose, channel)
    settings = _through(workspace.settings, channel, to, today)
    fields = [word for word in COLUMNS if word in settings.processors[to].fields]
    if "to" not in fields:
        raise Refused("USE055", f"{to} is not said to get addresses.", hint=f"see fields: of processors.{to}")
    with (
        workspace.lake.snapshot() as lake,
        connect(lake, hidden=hidden(settings, segment.purpose, day=today)) as db,
    ):
        found = resolve(
            segment,
            db=db,
            ledger=workspace.ledger,
            settings=settings,
            as_of=today,
            at=now,
            channels=(channel,),
        )
        rows = people_of(db, found.final, controller=segment.controller, channel=channel, day=today)
    rows = rows.filter(rows["address"].is_not_null())
    keep = settings.retention.exports.keep
    delete_by = Duration(days=keep.days, months=keep.months).after(today)
    disclosure = disclosures.Disclosure(
        controller=segment.controller,
        recipient=to,
        purpose=settings.purposes[segment.purpose].permission_purpose,
        categories=tuple(sorted({CATEGORIES[word] for word in fields})),
        what=f"segment {segment.name}",
        channel=channel,
        expires_on=delete_by,
    )
    with workspace.ledger.write() as connection:  # before the file: a list without an entry must not be
        number = disclosures.record(
            connection, disclosure, people=rows["person_id"], at=now, actor=workspace.actor
        )
        _note(workspace, connection, segment, to, number, len(rows), now)
    file = f"{segment.name}_{channel}_{number}.csv"
    written = write(workspace.root, "", {file: _csv(rows, fields)}, usual=f"segments/{segment.name}")
    return Exported(
        segment=segment.name,
        recipient=to,
        channel=channel,
        purpose=segment.purpose,
        path=(written.folder / file).relative_to(workspace.root),
        people=len(rows),
        members=found.members,
        disclosure=number,
        delete_by=delete_by,
    )


def _through(settings: Settings, channel: str, to: str, today: date) -> Settings:
    """Settings in which that processor serves the channel, so that the rules look at its agreement."""
    from campaigns.permissions.rules import remedy, sentence
    from campaigns.segments.values import did_you_mean
    from campaigns.settings.model import ChannelSettings

    if to not in settings.processors:
        hint = did_you_mean(to, settings.processors)
        raise NotFound("USE053", "campaigns.yml has no processor of that name.", hint=hint)
    serving = ChannelSettings(provider="maildir", processor=to)
    through = settings.model_copy(update={"channels": {**settings.channels, channel: serving}})
    if code := through.uncovered(channel, today):
        hint = remedy(code) or f"see processors.{to}"
        raise Refused(code, f"{to} may not have it. {sentence(code)}", hint=hint)
    return through


def _of_this_segment(segment: Segment, purpose: str, channel: str) -> None:
    if purpose != segment.purpose:
        raise UserError(
            "USE054",
            f"{segment.name} was checked for the purpose {segment.purpose}, and for no other.",
            hint="a list for another purpose is another segment: copy the file and change its purpose",
        )
    if channel not in segment.channels or channel not in WITH_ADDRESSES:
        listed = ", ".join(one for one in segment.channels if one in WITH_ADDRESSES)
        raise UserError(
            "USE054",
            f"{segment.name} reaches nobody at an address of that channel.",
            hint=f"choose from its channels: {listed}",
        )


def _note(
    workspace: Workspace, connection: Any, segment: Segment, to: str, number: int, people: int, now: datetime
) -> None:
    from campaigns.ledger import audit

    audit.record(
        connection,
        at=now,
        actor=workspace.actor,
        action="segment_exported",
        controller=segment.controller,
        details={"segment": segment.name, "to": to, "disclosure": number, "people": people},
    )


def _csv(rows: pl.DataFrame, fields: list[str]) -> bytes:
    columns = [column for word in fields for column in COLUMNS[word]]
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(columns)
    for row in rows.select(columns).iter_rows():
        writer.writerow([_harmless(column, value) for column, value in zip(columns, row, strict=True)])
    return text.getvalue().encode()


def _harmless(column: str, value: str | None) -> str:
    """A name that a spreadsheet would take for a formula gets an apostrophe; addresses stay as they are."""
    text = value or ""
    return f"'{text}" if column != "address" and text.startswith(_FORMULAS) else text

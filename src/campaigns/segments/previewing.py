"""Preview: the way from the audience to those who get the message, with every loss and its reason."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import polars as pl

from campaigns.engine import Engine
from campaigns.ledger import Ledger
from campaigns.permissions import assuming, rules, state
from campaigns.permissions.state import Words
from campaigns.segments import choosing, consents, scored, staleness
from campaigns.segments.assumptions import Assumption, counted
from campaigns.segments.model import Segment
from campaigns.segments.resolving import Resolution, resolve
from campaigns.segments.rows import BROWSING_CONSENTS, HOURLY_CONSENTS
from campaigns.segments.sentences import few
from campaigns.settings.model import Settings

_TEXT, _NUMBER = 62, 10
# The rule that closes each kind of data to somebody who has not agreed to its use.
_DATA = {
    "hourly meter data": next(r for r in rules.RULES if r.scope == "segment" and r.code == "NO_CONSENT"),
    "web visits": next(r for r in rules.RULES if r.scope == "segment" and r.code == "NO_COOKIE_CONSENT"),
}
LEFT_OUT = {
    "permission": "may not be contacted",
    "suppression": "have an address that takes no message",
    "caps": "have had enough messages",
    "one_per": "work in a company where somebody else is written to",
    "limit": "are beyond the limit",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Preview:
    """What would happen now. Prints for a terminal; `as_json` has the exact numbers."""

    resolution: Resolution
    company: str  # the controller's own name
    audience: str  # how the catalogue calls the people that the segment starts from
    soft_opt_in: bool
    with_purchase: Mapping[str, int] = field(default_factory=dict)  # channel: people without consent
    data: Mapping[str, int] = field(default_factory=dict)  # kind of data: people who have not agreed to it
    assumption: Assumption | None = None
    stale: tuple[str, ...] = ()  # data are older than the file allows
    scored: tuple[str, ...] = ()  # when each score was last published, in sentences
    earlier: tuple[int, ...] = ()  # members at the last snapshots, the newest first

    @property
    def permission(self) -> dict[str, dict[str, Any]]:
        """For each channel how many members are allowed, and how many denied by code."""
        return counted(self.resolution)

    def as_json(self) -> dict[str, Any]:
        """The keys that `segment preview --json` promises."""
        found = self.resolution
        assumed = {"assumed": self.assumption.as_json()} if self.assumption else {}
        return {
            "segment": found.segment.name,
            "as_of": found.as_of.isoformat(),
            "controller": found.segment.controller,
            "audience": found.audience,
            "steps": [
                {
                    "line": step.line,
                    "text": step.text,
                    "alone": step.alone,
                    "remaining": step.remaining,
                    "unknown": step.unknown,
                }
                for step in found.steps
            ],
            "cut_offs": [cut_off.as_json() for cut_off in found.cut_offs],
            "members": found.members,
            "unexpected": self.unexpected,
            "data": {kind: {"denied": {_DATA[kind].code: people}} for kind, people in self.data.items()},
            "permission": self.permission,
            "left_out": found.left_out,
            "control_group": len(found.control_group),
            "final": len(found.final),
            "final_by_channel": found.final_by_channel,
            **assumed,
        }

    def __str__(self) -> str:
        parts = [*self._head(), "", *self._conditions(), "", *self._permissions(), *self._rest()]
        if self.assumption:
            parts += ["", *self.assumption.lines(self.resolution)]
        return "\n".join(parts).rstrip()

    def __repr__(self) -> str:
        return str(self)

    def _head(self) -> Iterator[str]:
        found = self.resolution
        segment = found.segment
        yield f"{segment.name}: {segment.title}"
        yield f"{self.company}, {found.as_of.isoformat()}, {segment.purpose} by {', '.join(found.channels)}"
        for period in found.periods:
            dates = f"{period.first.isoformat()} to {period.last.isoformat()}"
            yield f"{period.name}: {dates}, computed for {period.as_of.isoformat()}"
        yield from self.scored

    def _conditions(self) -> Iterator[str]:
        found = self.resolution
        yield _row("line", "", "alone", "remaining", "unknown")
        yield _row("", self.audience, "", f"{found.audience:,}", "")
        exceptions = False
        for step in found.steps:
            if step.exception and not exceptions:
                exceptions = True
                yield _row("", "except", "", "", "")
            first, *more = textwrap.wrap(step.text, _TEXT) or [""]
            yield _row(step.line, first, few(step.alone), few(step.remaining), few(step.unknown))
            yield from (_row("", line, "", "", "") for line in more)
        yield ""
        yield from (f"line {cut_off.line}: {cut_off}" for cut_off in found.cut_offs)
        for kind, people in self.data.items():
            if people:
                rule = _DATA[kind]
                yield f"{kind}: {few(people)} of these people have not agreed to its use, so it is unknown"
                yield f"  {rule.en} ({rule.code})"
                yield from ([f"  {rule.remedy_en}"] if rule.remedy_en else [])
        yield f"the conditions hold for {_people(found.members)}"
        yield from (f"  {text}" for text in self.unexpected)

    @property
    def unexpected(self) -> list[str]:
        """What `expect:` of the file did not expect, in sentences."""
        expect, members = self.resolution.segment.expect, self.resolution.members
        found, low, high = list(self.stale), expect.smallest, expect.largest
        if low is not None and high is not None and not low <= members <= high:
            last = (
                f" The last sizes: {', '.join(f'{size:,}' for size in self.earlier)}." if self.earlier else ""
            )
            found.append(f"expected are {low:,} to {high:,}.{last}")
        if expect.change_at_most is not None and self.earlier and self.earlier[0] != members:
            before = self.earlier[0]
            change = abs(members - before) / before if before else 1.0
            if change > expect.change_at_most:
                more = "more" if members > before else "fewer"
                found.append(
                    f"{change:.0%} {more} than the {before:,} of the last snapshot; "
                    f"expected is a change of at most {expect.change_at_most:.0%}."
                )
        return found

    def _permissions(self) -> Iterator[str]:
        for channel, counts in self.permission.items():
            yield f"by {channel}: {counts['allowed']:,} may be contacted"
            denied = sorted(counts["denied"].items(), key=lambda item: (-item[1], item[0]))
            for code, people in denied:
                yield f"  {few(people):>{_NUMBER}}  {rules.sentence(code)} ({code})"
                yield from (f"  {'':>{_NUMBER}}  {line}" for line in self._help(channel, code))
            yield ""

    def _help(self, channel: str, code: str) -> Iterator[str]:
        """What could be done about a denial."""
        with_purchase = self.with_purchase.get(channel, 0) if code == "NO_CONSENT" else 0
        if with_purchase and not self.soft_opt_in:
            yield (
                f"{few(with_purchase)} of them gave the address with a purchase; policy soft_opt_in is off."
            )
        if remedy := rules.remedy(code):
            yield remedy

    def _rest(self) -> Iterator[str]:
        found = self.resolution
        yield f"{found.members:>{_NUMBER},}  people for whom the conditions hold"
        for step, people in found.left_out.items():
            if people:
                yield f"{'−' + few(people):>{_NUMBER}}  {LEFT_OUT[step]} ({step})"
            elif step == "caps":
                yield f"{'0':>{_NUMBER}}  {LEFT_OUT[step]}: nobody yet, as mailings have no limit (caps)"
        if found.segment.control_group is not None:
            drawn = f"−{len(found.control_group):,}" if len(found.control_group) else "0"
            yield f"{drawn:>{_NUMBER}}  control group: get nothing, to compare with"
        channels = ", ".join(
            f"{few(people)} by {channel}" for channel, people in found.final_by_channel.items()
        )
        yield f"{len(found.final):>{_NUMBER},}  get the message: {channels}"


def preview(
    segment: Segment,
    *,
    db: Engine,
    ledger: Ledger,
    settings: Settings,
    as_of: date,
    at: datetime,
    words: Words | None = None,
    audience: str = "",
    assume: Sequence[str] = (),
) -> Preview:
    """Resolve and count. `audience` is what to call the people that the segment starts from.

    `assume` are switches of the policy, `name=value`, with which it is counted once more. Raises `UserError`
    PRM030 to PRM032 when one of them cannot be assumed.
    """
    otherwise, switches = assuming.assume(settings, assume)
    known = words or state.words(ledger)
    shared: dict[str, Any] = {"db": db, "ledger": ledger, "as_of": as_of, "at": at, "words": known}
    then = resolve(segment, settings=otherwise, **shared) if switches else None
    found = resolve(segment, settings=settings, **shared)
    return Preview(
        resolution=found,
        company=settings.controllers[segment.controller].name,
        audience=audience or segment.audience.replace("_", " "),
        soft_opt_in=settings.policy.soft_opt_in.value,
        with_purchase=_with_purchase(db, found),
        data=_without_consent(db, segment),
        assumption=Assumption(switches=switches, then=then) if then else None,
        scored=tuple(scored.sentences(db, segment, as_of, settings.zone)),
        earlier=_earlier(db, segment),
        stale=_stale(db, segment, as_of),
    )


def _earlier(db: Engine, segment: Segment) -> tuple[int, ...]:
    """The sizes at the last three snapshots, the newest first."""
    told = {"controller": segment.controller, "segment": segment.name}
    return tuple(db.query(choosing.SQL["last_sizes"], told)["members"].to_list())


def _stale(db: Engine, segment: Segment, as_of: date) -> tuple[str, ...]:
    found = staleness.stale(db, segment, as_of=as_of)
    return () if found is None else (f"{found.sentence} No plan will be made.",)


def _without_consent(db: Engine, segment: Segment) -> dict[str, int]:
    """Of the audience, how many have not agreed to the use of the data that the conditions ask about."""
    asked = {
        "hourly meter data": (consents.needs_hourly(segment), HOURLY_CONSENTS),
        "web visits": (consents.needs_browsing(segment), BROWSING_CONSENTS),
    }
    return {
        kind: int(db.query(choosing.SQL["not_agreed"].replace("agreed_people", frame))["people"][0])
        for kind, (needed, frame) in asked.items()
        if needed
    }


def _with_purchase(db: Engine, found: Resolution) -> dict[str, int]:
    """Of the people without consent, by channel, how many gave the address with a purchase."""
    denied = found.people.filter(pl.col("code") == "NO_CONSENT").select("person_id", "channel")
    if denied.is_empty():
        return {}
    db.register("denied_people", denied)
    rows = db.query(
        choosing.SQL["given_with_purchase"],
        {"controller": found.segment.controller, "as_of": found.as_of},
    )
    return dict(rows.iter_rows())


def _row(line: object, text: str, *numbers: str) -> str:
    return f"{line!s:>5}  {text:<{_TEXT}}{''.join(f'{number:>{_NUMBER}}' for number in numbers)}".rstrip()


def _people(number: int) -> str:
    return "1 person" if number == 1 else f"{number:,} people"

"""A plan as people see it: how many get the mailing, and how many are left out and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from campaigns.ledger import plans
from campaigns.ledger.plans import PlanRow
from campaigns.mailings.codes import sentence

if TYPE_CHECKING:
    from campaigns.ledger import Ledger

COUNTS = ("members", "withheld", "control_group", "messages", "by_channel", "by_variant", "by_language")


@dataclass(frozen=True, kw_only=True, slots=True)
class Sample:
    """One message of the plan, to look at before approving."""

    language: str
    subject: str = field(repr=False)
    preheader: str = field(repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """A mailing resolved to people and decisions: members = messages + withheld + control group."""

    plan_id: int
    mailing: str
    occurrence: str
    state: str
    fingerprint: str
    counts: Mapping[str, Any]
    due_at: datetime | None = None
    samples: tuple[Sample, ...] = ()

    @property
    def messages(self) -> int:
        """How many people would get it: the number that an approval repeats."""
        return int(self.counts["messages"])

    def as_json(self) -> dict[str, Any]:
        """The keys that `plan --json` promises."""
        return {
            "plan": self.plan_id,
            "mailing": self.mailing,
            "fingerprint": self.fingerprint,
            **{name: self.counts[name] for name in COUNTS},
        }

    def __str__(self) -> str:
        counts = self.counts
        lines = [
            f"Plan {self.plan_id}: {self.mailing}, {self.state}",
            f"  {counts['members']:>10,}  people in the segment",
        ]
        for code, number in sorted(counts["withheld"].items(), key=lambda item: -item[1]):
            lines.append(f"  {-number:>10,}  left out: {sentence(code)} ({code})")
        if counts["control_group"]:
            lines.append(
                f"  {-counts['control_group']:>10,}  control group: they get nothing, to compare with"
            )
        lines.append(f"  {self.messages:>10,}  messages: {_parts(counts['by_channel'])}")
        lines.append(f"              in {_parts(counts['by_language'])}")
        if self.due_at is not None:
            lines.append(f"  due {self.occurrence}")
        lines += [f"  [{each.language}] {each.subject} | {each.preheader}" for each in self.samples]
        return "\n".join(lines)


def plan_of(ledger: Ledger, plan_id: int, *, samples: tuple[Sample, ...] = ()) -> Plan:
    """The plan of that number, as it stands. Raises `NotFound` LED020."""
    with ledger.read() as connection:
        return shown(plans.get(connection, plan_id), samples)


def shown(row: PlanRow, samples: tuple[Sample, ...] = ()) -> Plan:
    """A row of the ledger as people see it."""
    empty: dict[str, Any] = {name: {} if name in ("withheld",) or name[:3] == "by_" else 0 for name in COUNTS}
    return Plan(
        plan_id=row.plan_id,
        mailing=row.mailing,
        occurrence=row.occurrence,
        state=row.state,
        fingerprint=row.fingerprint,
        counts=empty | dict(row.counts),
        due_at=row.due_at,
        samples=samples,
    )


def _parts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {number:,}" for name, number in sorted(counts.items())) or "none"

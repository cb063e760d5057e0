"""Restriction (Art. 18), objection (Art. 21) and what was decided about one, as permission events.

A word of a person ends no other one: when a restriction is lifted, or an objection refused, whatever else
stood is said again at that instant, and at one instant the narrowing word wins.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import sqlalchemy as sa

from campaigns.errors import Refused
from campaigns.ledger.tables import permission_events as table
from campaigns.permissions import recording

Against = Literal["direct_marketing", "profiling", "research", "processing"]
_LIFTED = "restriction_lifted"
# The narrowing words about a person as a whole that a lifting ends.
RESTRICTIONS = ("restricted_all", "restricted_marketing", "objection_pending")
# Art. 21(2) and (3) leave no choice: what is direct marketing stops, with the profiling that it needs.
_MARKETING_PURPOSES = ("direct_marketing", "newsletter", "online_advertising")


@dataclass(frozen=True, kw_only=True)
class Owner:
    """Whose words are recorded, on which request, and when."""

    connection: sa.Connection
    controller: str
    person_id: int
    request_id: int
    now: datetime

    def says(self, kind: str, *, purpose: str | None = None, because: str = "") -> int:
        """Record one word; the position from which it holds."""
        return recording.record(
            self.connection,
            people=[(self.controller, self.person_id)],
            kind=kind,
            purpose=purpose,
            evidence=f"rights request {self.request_id}{because and f', {because}'}",
            method="rights",
            at=self.now,
            now=self.now,
            source="rights",
        )[-1]


def restrict(owner: Owner, *, marketing_only: bool) -> list[int]:
    """From now on the data is only stored, or at least not used for marketing."""
    return [owner.says("restricted_marketing" if marketing_only else "restricted_all")]


def lift(owner: Owner, *, told: str) -> list[int]:
    """End the restrictions of the person, who was told before (Art. 18(3)) on the day `told`.

    An objection that nobody has decided goes on. Raises `Refused` RGT050 when nothing is restricted.
    """
    before = standing(owner.connection, owner.controller, owner.person_id)
    if not set(before) - {"objection_pending"}:
        raise Refused("RGT050", "nothing of this person is restricted.")
    return _end(
        owner, keeping=[kind for kind in before if kind == "objection_pending"], because=f"told {told}"
    )


def object_to(owner: Owner, against: Against) -> list[int]:
    """An objection holds at once; one against other processing restricts until it is decided."""
    if against == "profiling":
        return [owner.says("profiling_objection")]
    if against == "research":
        return [owner.says("research_objection")]
    if against == "processing":
        return [owner.says("objection_pending")]
    bans = [owner.says("ban_channel", purpose=purpose) for purpose in _MARKETING_PURPOSES]
    return [*bans, owner.says("profiling_objection")]


def decide(owner: Owner, *, uphold: bool) -> list[int]:
    """What came of an objection under Art. 21(1): upheld, nothing of it is done any more; refused, it ends.

    Raises `Refused` RGT051 when none is being looked at.
    """
    before = standing(owner.connection, owner.controller, owner.person_id)
    if "objection_pending" not in before:
        raise Refused("RGT051", "no objection of this person is being looked at.")
    kept = [kind for kind in before if kind != "objection_pending"]
    if not uphold:
        return _end(owner, keeping=kept, because="objection refused")
    words = [owner.says(kind) for kind in ("profiling_objection", "research_objection")]
    marketing = [] if "restricted_marketing" in kept else ["restricted_marketing"]
    return [*words, *_end(owner, keeping=[*kept, *marketing], because="objection upheld")]


def standing(connection: sa.Connection, controller: str, person_id: int) -> list[str]:
    """The restrictions of a person that nothing has lifted."""
    mine = (table.c.controller == controller) & (table.c.person_id == person_id)
    kinds = table.c.kind.in_((*RESTRICTIONS, _LIFTED))
    rows = connection.execute(sa.select(table.c.kind, table.c.occurred_at).where(mine & kinds)).all()
    lifted = max((row.occurred_at for row in rows if row.kind == _LIFTED), default=None)
    said = {row.kind for row in rows if row.kind != _LIFTED and (lifted is None or row.occurred_at >= lifted)}
    return sorted(said)


def _end(owner: Owner, *, keeping: Sequence[str], because: str) -> list[int]:
    """Lift all, and say again at that instant what goes on."""
    return [owner.says(_LIFTED, because=because), *(owner.says(kind, because=because) for kind in keeping)]

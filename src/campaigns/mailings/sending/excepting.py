"""Whom an exception holds for by now: asked once a new lake snapshot, for the whole plan, in another process.

`python -m campaigns.mailings.sending.excepting` reads one line of JSON (`root`, `mailing`, `at`) and writes
the numbers of the people, eight bytes each. The memory that this takes is given back at its end.
"""

from __future__ import annotations

import array
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from campaigns.errors import CampaignsError, UserError

if TYPE_CHECKING:
    from campaigns.mailings.library import Mailing
    from campaigns.mailings.parts import Parts
    from campaigns.segments.model import Segment

COMMAND = (sys.executable, "-P", "-m", "campaigns.mailings.sending.excepting")
MEMORY = "1GB"


def caught(parts: Parts, mailing: Mailing, *, at: datetime) -> frozenset[int]:
    """Everybody for whom an exception of the segments holds at `at`, or who is in an excepted segment.

    Raises `UserError` MAI029 when the other process fails.
    """
    if not list(_asking(mailing)):
        return frozenset()
    order = json.dumps({"root": str(parts.root), "mailing": mailing.name, "at": at.isoformat()})
    done = subprocess.run(  # noqa: S603 - our own module, and the order goes by standard input
        COMMAND, input=order.encode(), capture_output=True, check=False
    )
    if done.returncode:
        raise UserError("MAI029", f"the exceptions of {mailing.name} could not be looked at again.")
    people = array.array("q")
    people.frombytes(done.stdout)
    return frozenset(people)


def people_caught(parts: Parts, mailing: Mailing, *, at: datetime) -> Iterator[int]:
    """The same, in this process."""
    from campaigns.engine import connect
    from campaigns.register.disclosing import hidden
    from campaigns.segments import resolve

    day = at.astimezone(parts.settings.zone).date()
    closed = hidden(parts.settings, mailing.purpose, day=day)
    with parts.lake.snapshot() as snapshot, connect(snapshot, hidden=closed, memory_limit=MEMORY) as db:
        for segment in _asking(mailing):
            found = resolve(segment, db=db, ledger=parts.ledger, settings=parts.settings, as_of=day, at=at)
            yield from found.people["person_id"]


def _asking(mailing: Mailing) -> Iterator[Segment]:
    """Segments of those who are excepted: what stands under `except` becomes the condition."""
    from campaigns.segments.model import GroupCondition, Place

    for segment in mailing.segments:
        if segment.exceptions:
            place = Place(segment=segment.name, line=0, column=0)  # it stands nowhere in the file
            any_of_them = GroupCondition(place=place, kind="any", conditions=segment.exceptions)
            yield replace(
                segment, who=(any_of_them,), exceptions=(), one_per=None, limit=None, control_group=None
            )
    for segment in mailing.except_segments:
        yield replace(segment, one_per=None, limit=None, control_group=None)


def main() -> int:
    """0, or 2 when it cannot be told."""
    from campaigns.mailings.parts import reopen

    order = json.loads(sys.stdin.readline())
    parts = reopen(Path(order["root"]))
    try:
        mailing = parts.mailings.as_planned().load(order["mailing"])
        people = array.array("q", people_caught(parts, mailing, at=datetime.fromisoformat(order["at"])))
    except CampaignsError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.buffer.write(people.tobytes())
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""A list that is over after a plan was made does not stop its sending; a new plan is refused."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from campaigns.errors import Mistakes
from campaigns.mailings import deciding
from campaigns.mailings.planning import plan
from campaigns.mailings.sending.crew import send
from campaigns.workspace.project import Workspace
from support import mailing_world as world
from support.sending import ScriptedChannel

HEAD = "title: x\npurpose: energy_offers\naudience: customers\nchannels: [email]\n"
SEGMENTS = {
    "at_the_fair": HEAD + "who:\n  - {has: site}\n  - {in_list: fair_2026}",
    "asked_us_not_to": HEAD + "who:\n  - {in_list: fair_staff}",
}
MAILINGS = {
    "fair": (
        "title: After the fair\nsegments: at_the_fair\nexcept_segments: [asked_us_not_to]\n"
        "template: renewal_offer\nsite: matched\n"
    )
}


def on_list(name: str, person: int, until: date) -> dict[str, object]:
    return {"list_name": name, "person_id": person, "source": "desk", "delete_on": until}


@pytest.mark.parametrize("processes", [1, 2])
def test_an_approved_plan_is_sent_though_its_lists_are_over(tmp_path: Path, processes: int) -> None:
    clock = world.Clock()
    world.workspace(tmp_path / "ws", segments=SEGMENTS, mailings=MAILINGS, clock=clock).ledger.dispose()
    workspace = Workspace.open(tmp_path / "ws", clock=clock)
    parts, tomorrow = workspace.parts, clock.now.date() + timedelta(days=1)
    listed = [on_list("fair_2026", person, tomorrow) for person in (1, 2, 3)]
    world.upsert(parts, "list_members", [*listed, on_list("fair_staff", 3, tomorrow)])
    planned = plan(parts, "fair", actor="maker")
    assert planned.as_json()["messages"] == 2
    deciding.approve(parts, planned.plan_id, actor="boss", now=clock.now)
    deciding.pause(parts, planned.plan_id, actor="boss", now=clock.now)
    clock.now += timedelta(days=1)
    deciding.resume(parts, planned.plan_id, actor="boss", now=clock.now)
    channel = ScriptedChannel(tmp_path / "received") if processes == 1 else None
    found = send(parts, planned.plan_id, actor="sender", channel=channel, processes=processes)
    assert (found.counts.sent, found.counts.withheld, found.trouble) == (2, {}, "")
    with pytest.raises(Mistakes, match="SEG063 the list `fair_2026` is over"):
        plan(parts, "fair", actor="maker")
    with parts.lake.writer(purpose="test") as lake:  # nothing is left of them
        lake.replace("list_members", lake.frame("list_members").clear())
    with pytest.raises(Mistakes, match="SEG062 there is no list called `fair_2026`"):
        plan(parts, "fair", actor="maker")
    parts.ledger.dispose()

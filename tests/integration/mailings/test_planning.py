"""Plans: people, decisions, trials of every message, and that nothing is visible before it is complete."""

from __future__ import annotations

from pathlib import Path

import pytest

from campaigns.mailings.parts import Parts
from campaigns.mailings.planning import plan
from support import mailing_world as world


@pytest.fixture
def parts(tmp_path: Path) -> Parts:
    return world.workspace(tmp_path)


def test_a_plan_counts_everybody_once(parts: Parts) -> None:
    world.say(parts, world.banned(2))
    made = plan(parts, "renewal", actor="test")
    assert made.as_json() == {
        "plan": 1,
        "mailing": "renewal",
        "fingerprint": made.fingerprint,
        "members": 6,
        "withheld": {"BANNED_ALL": 1},
        "control_group": 0,
        "messages": 5,
        "by_channel": {"email": 5},
        "by_variant": {"all": 5},
        "by_language": {"en": 2, "fi": 3},
    }

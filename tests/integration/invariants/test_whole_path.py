"""Invariants 1, 3 and 4 along the whole path: files, import, segment, preview, plan, approval, a maildir.

EXAMPLES drawn towns in an ordinary run, each with two drawn segments.
"""

from __future__ import annotations

import email
import email.policy
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import sqlalchemy as sa
from hypothesis import Phase, given, note
from hypothesis import strategies as st

from campaigns.engine import connect
from campaigns.errors import Mistakes
from campaigns.ledger.tables import decisions, messages
from campaigns.mailings import deciding
from campaigns.mailings.planning import plan
from campaigns.mailings.sending.crew import send
from campaigns.permissions.deciding import decide
from campaigns.permissions.requests import Request
from campaigns.permissions.rules import ALLOWING
from campaigns.workspace import audience
from campaigns.workspace.project import Workspace
from support import segment_worlds, towns
from support.effort import examples
from support.towns import NOW, OURS, Town

# What fails says which town by its seed; its rows would fill a screen.
pytestmark = pytest.mark.filterwarnings("ignore:Generating overly large repr")
EXAMPLES = 3  # towns a test; 20 times as many under `make torture`
DRAWN = examples(EXAMPLES, phases=(Phase.explicit, Phase.reuse, Phase.generate))
CONDITIONS = segment_worlds.grouped(
    st.one_of(
        segment_worlds.field("language", segment_worlds.choice_tests(segment_worlds.LANGUAGES)),
        segment_worlds.field("birth_year", segment_worlds.number_tests(("1950", "1990"))),
        segment_worlds.sites,
        segment_worlds.contracts,
    )
)
SEGMENTS = segment_worlds.segments(CONDITIONS).map(lambda segment: {**segment, "purpose": "newsletter"})
TWO_SEGMENTS = st.lists(SEGMENTS, min_size=2, max_size=2)
EVERYBODY = {"title": "drawn", "purpose": "newsletter", "audience": "everyone", "channels": ["email"]}
ADDED_BY_PLANS = {"DUPLICATE", "CONTENT_MISSING", "NO_ADDRESS"}


def opened(
    root: Path, town: Town, segments: list[dict[str, Any]], *companies: str
) -> tuple[Workspace, list[str]]:
    """The town's workspace, and the names of the segments that make sense."""
    files = {f"segments/s{n}.yml": segment_worlds.text(each) for n, each in enumerate(segments)}
    files |= {f"mailings/m{n}.yml": towns.mailing(f"s{n}") for n in range(len(segments))}
    workspace = towns.workspace(root, files)
    towns.bring_in(workspace, town.write(root / "inbox", *([companies] if companies else [])))
    return workspace, [f"s{n}" for n in range(len(segments)) if _loads(workspace, f"s{n}")]


def _loads(workspace: Workspace, name: str) -> bool:
    try:
        workspace.segment_files.load(name)
    except Mistakes:
        return False
    return True


def permitted(workspace: Workspace, segment: str) -> set[int]:
    """Whom the rules allow the newsletter, asked about everybody in the register and not by the segment."""
    profiled = audience.resolve(workspace, segment, as_of=workspace.today()).segment.profiled
    asked = Request(
        controller=OURS, purpose="newsletter", message_kind="newsletter", channels=("email",),
        profiled=profiled, at=NOW,
    )  # fmt: skip
    with workspace.lake.snapshot() as snapshot, connect(snapshot, threads=1) as db:
        found = decide(db, asked, settings=workspace.settings, ledger=workspace.ledger)
    return set(found.filter("allowed")["person_id"])


def test_nothing_leaves_without_a_decision_and_all_counts_agree(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """Invariants 1 and 4, for the drawn segments and for one of everybody."""
    sent: Counter[str] = Counter()

    @DRAWN
    @given(town=towns.towns(), drawn=TWO_SEGMENTS)
    def every_town(town: Town, drawn: list[dict[str, Any]]) -> None:
        note(str(drawn))
        root = tmp_path_factory.mktemp("town")
        workspace, names = opened(root, town, [EVERYBODY, *drawn])
        for name in names:
            sent[name] += _one_mailing(workspace, name)
        workspace.ledger.dispose()
        shutil.rmtree(root)

    every_town()
    assert sent["s0"] > 0, "no drawn town sent anything: nothing was tried"


def _one_mailing(workspace: Workspace, segment: str) -> int:
    """Preview, plan, approve and send one; how many arrived."""
    preview = audience.preview(workspace, segment, as_of=workspace.today()).as_json()
    resolution = audience.resolve(workspace, segment, as_of=workspace.today())
    may = permitted(workspace, segment)
    chosen = resolution.final["person_id"].to_list()
    assert len(chosen) == len(set(chosen)) == preview["final"]  # one row a person
    assert set(chosen) <= may
    people = resolution.people["person_id"].to_list()
    assert len(people) == len(set(people)) == preview["members"]
    maildir = workspace.data / "outbox" / "maildir" / "new"
    before = set(maildir.glob("*"))
    made = plan(workspace.parts, segment.replace("s", "m"), actor="maker").as_json()
    assert made["members"] == preview["members"]
    assert made["members"] == made["messages"] + sum(made["withheld"].values()) + made["control_group"]
    denied = preview["permission"]["email"]["denied"]
    more = {code: count for code, count in made["withheld"].items() if code not in denied}
    assert set(more) <= ADDED_BY_PLANS
    assert {code: made["withheld"][code] for code in denied if code not in ADDED_BY_PLANS} == {
        code: count for code, count in denied.items() if code not in ADDED_BY_PLANS
    }
    if not made["messages"]:
        return 0
    deciding.approve(workspace.parts, made["plan"], actor="boss", now=NOW)
    sent = send(workspace.parts, made["plan"], actor="sender", processes=1).as_json()
    assert (sent["sent"], sent["failed"], sent["unknown"]) == (made["messages"], 0, 0)
    assert sent["withheld"] == {}
    arrived = [email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
               for path in set(maildir.glob("*")) - before]  # fmt: skip
    assert len(arrived) == sent["sent"]
    assert max(Counter(message["To"] for message in arrived).values()) == 1
    _every_message_has_its_reason(workspace, made["plan"], may)
    return len(arrived)


def _every_message_has_its_reason(workspace: Workspace, plan_id: int, may: set[int]) -> None:
    """Invariant 1, read from the tables themselves."""
    select = (
        sa.select(messages.c.message_id, messages.c.person_id, messages.c.state, decisions)
        .join(decisions, decisions.c.message_id == messages.c.message_id)
        .where(messages.c.plan_id == plan_id)
    )
    with workspace.ledger.read() as connection:
        rows = [dict(row) for row in connection.execute(select).mappings()]
        count = sa.select(sa.func.count()).where(messages.c.plan_id == plan_id, messages.c.state == "sent")
        sent = connection.execute(count.select_from(messages)).scalar_one()
    handed = [row for row in rows if row["stage"] == "hand_over" and row["state"] == "sent"]
    assert len({row["message_id"] for row in handed}) == sent > 0
    for row in handed:
        assert row["allowed"] is True
        assert row["code"] in ALLOWING
        assert row["rule_version"]
        assert row["code"] != "CONSENT" or row["evidence"] is not None
        assert row["person_id"] in may


@DRAWN
@given(town=towns.towns(), drawn=TWO_SEGMENTS)
def test_a_company_that_was_never_imported_changes_nothing(
    tmp_path_factory: pytest.TempPathFactory, town: Town, drawn: list[dict[str, Any]]
) -> None:
    """Invariant 3: A's members, decisions and tables, with B's files and without."""
    note(str(drawn))
    root = tmp_path_factory.mktemp("two")
    both, names = opened(root / "both", town, [EVERYBODY, *drawn])
    alone, same = opened(root / "alone", town, [EVERYBODY, *drawn], OURS)
    assert names == same
    for name in names:
        asked = {"as_of": both.today()}
        one, other = audience.resolve(both, name, **asked), audience.resolve(alone, name, **asked)
        assert one.people.drop("evidence").equals(other.people.drop("evidence"))
        assert one.decisions.sort(one.decisions.columns).equals(other.decisions.sort(one.decisions.columns))
    for table in ("persons", "contact_points", "contracts", "sites", "metering_points", "relationships"):
        assert _rows(both, table).equals(_rows(alone, table)), table
    for workspace in (both, alone):
        workspace.ledger.dispose()
    shutil.rmtree(root)


def _rows(workspace: Workspace, table: str) -> pl.DataFrame:
    with workspace.lake.snapshot() as snapshot:
        frame = snapshot.frame(table).filter(controller=OURS).drop("received_at", strict=False)
    return frame.sort(frame.columns)

"""Invariant 10 over drawn towns: erase somebody who got mail, then import them again, also with a new number.

EXAMPLES towns in an ordinary run; in each, one person who got a message is erased and told again in every way
of `returns`.
"""

from __future__ import annotations

import email
import email.policy
import os
import shutil
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import Phase, given
from hypothesis import strategies as st

from campaigns.engine import connect
from campaigns.mailings import deciding
from campaigns.mailings.planning import plan
from campaigns.mailings.sending.crew import send
from campaigns.permissions.deciding import decide
from campaigns.permissions.requests import Request
from campaigns.permissions.rules import ALLOWING
from campaigns.workspace import audience, erasing, permitting, rights
from campaigns.workspace.project import Workspace
from support import towns
from support.byte_search import holding
from support.effort import examples
from support.towns import HEADERS, NOW, OURS, THEIRS, Town

# What fails says which town by its seed; its rows would fill a screen.
pytestmark = pytest.mark.filterwarnings("ignore:Generating overly large repr")
EXAMPLES = 2  # towns; 20 times as many under `make torture`
CHANNELS = ("email", "sms", "phone", "letter")
FILES = {
    "segments/all.yml": "title: x\npurpose: newsletter\naudience: everyone\nchannels: [email]\n",
    "segments/told.yml": "title: x\npurpose: outage_notice\naudience: everyone\nchannels: [email]\n",
    "mailings/first.yml": towns.mailing("all"),
    "mailings/second.yml": towns.mailing("all"),
}


def returns(person: dict[str, str]) -> list[dict[str, str]]:
    """The same person as sources may send them again; each but the first under a number of its own."""
    name = {key: person[key] for key in ("etunimi", "sukunimi", "laji", "kieli", "asiakkaana_alkaen")}
    return [
        person,
        {**person, "asiakasnro": "n-1"},
        {**name, "asiakasnro": "n-2", "sähköposti": person["sähköposti"]},
        {**name, "asiakasnro": "n-3", "puhelin": person["puhelin"]},
        {**name, "asiakasnro": "n-4", "sähköposti": person["sähköposti"].upper(), "etunimi": "Toinen"},
    ]


def again(workspace: Workspace, folder: Path, person: dict[str, str]) -> dict[str, int]:
    """Import all of `returns`; the id that each number has then, `c` for the old number."""
    header = HEADERS["asiakkaat"].split(";")
    text = (
        (workspace.root / "campaigns.yml")
        .read_text(encoding="utf-8")
        .replace("extract: full", "extract: changes")
    )
    (workspace.root / "campaigns.yml").write_text(text, encoding="utf-8")
    folder.mkdir()
    path = folder / "asiakkaat_again.csv"
    rows = returns(person)
    path.write_text(
        "\n".join([";".join(header), *(";".join(row.get(key, "") for key in header) for row in rows)]) + "\n",
        encoding="utf-8",
    )
    later = (NOW - timedelta(hours=1)).timestamp()
    os.utime(path, (later, later))
    towns.bring_in(Workspace.open(workspace.root, clock=lambda: NOW), [path])
    with workspace.lake.snapshot() as snapshot:
        keys = snapshot.frame("person_keys").filter(controller=OURS)
    numbers = dict(keys.select("source_id", "person_id").rows())
    return {"c": numbers[person["asiakasnro"]], **{f"n-{n}": numbers[f"n-{n}"] for n in range(1, 5)}}


def codes(workspace: Workspace, people: list[int], kind: str, purpose: str) -> set[tuple[str, str]]:
    asked = Request(
        controller=OURS, purpose=purpose, message_kind=kind, channels=CHANNELS, profiled=False, at=NOW
    )  # fmt: skip
    persons = pl.DataFrame({"person_id": people}, schema={"person_id": pl.Int64})
    with workspace.lake.snapshot() as snapshot, connect(snapshot, threads=1) as db:
        found = decide(db, asked, persons, settings=workspace.settings, ledger=workspace.ledger)
    return set(found.select("channel", "code").rows())


def mailed(workspace: Workspace, name: str) -> set[str]:
    """Plan, approve and send; the addresses that a message went to."""
    maildir = workspace.data / "outbox" / "maildir" / "new"
    before = set(maildir.glob("*"))
    made = plan(workspace.parts, name, actor="maker")
    if made.messages:
        deciding.approve(workspace.parts, made.plan_id, actor="boss", now=NOW)
        send(workspace.parts, made.plan_id, actor="sender", processes=1)
    arrived = [
        email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        for path in set(maildir.glob("*")) - before
    ]
    return {str(message["To"].addresses[0].addr_spec) for message in arrived}


def test_somebody_erased_is_contacted_no_more_and_found_nowhere(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    erased = 0

    @examples(EXAMPLES, phases=(Phase.explicit, Phase.reuse, Phase.generate))
    @given(town=towns.towns(shared=False), which=st.integers(0, 1000))
    def every_town(town: Town, which: int) -> None:
        nonlocal erased
        root = tmp_path_factory.mktemp("town")
        workspace = towns.workspace(root, FILES)
        # In a folder of data, as `campaigns demo` and the nightly job keep them.
        towns.bring_in(workspace, town.write(workspace.data / "inbox"))
        got = sorted(mailed(workspace, "first"))
        reachable = [
            row for row in town.files[OURS]["asiakkaat"] if row["sähköposti"] in got and row["puhelin"]
        ]
        if reachable:
            erased += 1
            _erase_and_return(workspace, reachable[which % len(reachable)], tmp_path_factory)
        workspace.ledger.dispose()
        shutil.rmtree(root)

    every_town()
    assert erased > 0, "nobody of any drawn town got a message: nothing was tried"


def _erase_and_return(
    workspace: Workspace, person: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    number = "+358" + person["puhelin"][1:]
    secrets = [person["sähköposti"], person["etunimi"], person["puhelin"], number]
    assert holding(workspace.data, secrets) != []
    theirs = _rows(workspace, THEIRS)
    request = rights.begin(workspace, "erase", person["sähköposti"], controller=OURS)
    done = erasing.erase(workspace, request)
    assert done.erasure.pending == ()
    assert holding(workspace.data, secrets) == []
    assert _rows(workspace, THEIRS) == theirs  # the other register is left alone
    people = again(workspace, tmp_path_factory.mktemp("again") / "files", person)
    for kind, purpose in (
        ("newsletter", "newsletter"), ("marketing", "direct_marketing"), ("service", "service_notice"),
        ("contractual", "billing"), ("survey", "satisfaction_survey"),
    ):  # fmt: skip
        known = [people[number] for number in ("c", "n-1", "n-2", "n-3")]
        found = codes(workspace, [request.person_id, *known], kind, purpose)
        assert found == {(channel, "ERASED") for channel in CHANNELS}, kind
        # Another name with the erased person's mailbox: somebody else, who is not written to there.
        other = codes(workspace, [people["n-4"]], kind, purpose)
        assert not {channel for channel, code in other if code in ALLOWING}, kind
    assert person["sähköposti"].lower() not in {address.lower() for address in mailed(workspace, "second")}
    resolution = audience.resolve(workspace, "told", as_of=workspace.today())
    assert not set(people.values()) & set(resolution.final["person_id"])
    assert holding(workspace.data, secrets) == []
    assert permitting.verify(workspace).whole


def _rows(workspace: Workspace, controller: str) -> dict[str, list[tuple[object, ...]]]:
    with workspace.lake.snapshot() as snapshot:
        return {
            name: snapshot.frame(name).filter(controller=controller).rows()
            for name in ("persons", "contact_points", "relationships", "person_keys")
        }

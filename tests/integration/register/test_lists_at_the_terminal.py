"""`campaigns import --accept-shrink` and `campaigns person lists`, as an operator uses them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from campaigns.errors import NotFound
from campaigns.ledger import audit
from campaigns.workspace import importing, static_lists
from campaigns.workspace.project import Workspace
from support.offices import NOON, ROOT


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    monkeypatch.setenv("CAMPAIGNS_ACTOR", "maija")
    text = (ROOT / "campaigns.yml").read_text(encoding="utf-8")
    (tmp_path / "campaigns.yml").write_text(text, encoding="utf-8")
    opened = Workspace.open(tmp_path, clock=lambda: NOON)
    yield opened
    opened.ledger.dispose()


def send(workspace: Workspace, name: str, *lines: str, accept_shrink: bool = False) -> importing.ImportResult:
    path = workspace.root / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return importing.run(workspace, [path], accept_shrink=accept_shrink)


def entries(workspace: Workspace) -> list[dict[str, object]]:
    with workspace.ledger.read() as connection:
        return audit.frame(connection).to_dicts()


PEOPLE = [f"{at};A{at};a{at}@x.fi" for at in range(20)]
HEADER = "asiakasnro;etunimi;sähköposti"


def test_a_shrink_is_accepted_in_the_name_of_who_is_at_the_keyboard(workspace: Workspace) -> None:
    send(workspace, "asiakkaat_1.csv", HEADER, *PEOPLE)
    shrunk = send(workspace, "asiakkaat_2.csv", HEADER, *PEOPLE[:5])
    assert [mistake.code for mistake in shrunk.refused] == ["REG013"]
    done = send(workspace, "asiakkaat_2.csv", HEADER, *PEOPLE[:5], accept_shrink=True)
    assert done.refused == []
    (entry,) = [row for row in entries(workspace) if row["action"] == "shrink_accepted"]
    assert entry["actor"] == "maija"
    assert json.loads(str(entry["details"]))["source"] == "crm_customers"


def test_lists_are_shown_masked_and_looking_is_recorded(workspace: Workspace) -> None:
    assert static_lists.overview(workspace) == []
    send(workspace, "asiakkaat_1.csv", HEADER, *PEOPLE)
    send(workspace, "lista_messut_1.csv", "sähköposti;poistetaan", "a3@x.fi;2027-06-30", "a5@x.fi;2027-07-31")
    (row,) = static_lists.overview(workspace)
    assert (row["list"], row["members"], row["sources"]) == ("energy_fair", 2, "fair_visitors")
    assert (str(row["deleted_from"]), str(row["deleted_by"])) == ("2027-06-30", "2027-07-31")
    before = len(entries(workspace))
    shown = static_lists.members(workspace, "energy_fair")
    assert [(row["person"], row["name"], row["email"]) for row in shown] == [
        (4, "A.", "a…@x.fi"),
        (6, "A.", "a…@x.fi"),
    ]
    (entry,) = entries(workspace)[before:]
    assert (entry["actor"], entry["action"]) == ("maija", "list_looked_at")
    with pytest.raises(NotFound, match="USE012") as caught:
        static_lists.members(workspace, "energy_fare")
    assert "did you mean `energy_fair`?" in caught.value.mistake.hint

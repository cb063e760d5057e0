"""A list of a segment for a processor: who may be reached, nobody else, on record and not for ever."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from campaigns.cli import context
from campaigns.cli.commands import app
from campaigns.errors import NotFound, Refused, UserError
from campaigns.ledger import disclosures
from campaigns.workspace import exporting
from campaigns.workspace.project import Workspace
from support import mailing_world as world

FIELDS = "fields: [to, content]\n  twilio"
HOUSE = """
  letter_house:
    service: printing
    agreement: yes
    agreement_date: 2026-01-01
    agreement_until: 2026-12-31
    region: fi
    fields: [to, name, language]
  printer_abroad:
    service: printing
    agreement: yes
    region: other
    fields: [to]
  call_centre:
    service: calls
    agreement: no
    region: fi
    fields: [to]
  analyst:
    service: reports
    agreement: yes
    region: fi
    fields: [content]
  own_systems:
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    parts = world.workspace(tmp_path / "ws", settings={"\n  own_systems:\n": HOUSE})
    world.say(parts, world.banned(2))
    world.upsert(parts, "persons", [world.person(3, first_name="=HYPERLINK(x)")])
    parts.ledger.dispose()
    found = Workspace.open(tmp_path / "ws", clock=world.Clock())
    yield found
    found.ledger.dispose()
    context.choose_folder(None)


def export(workspace: Workspace, to: str = "letter_house", **other: str) -> exporting.Exported:
    given = {"channel": "email", "purpose": "energy_offers"} | other
    return exporting.export(workspace, "houses", to=to, **given)


def rows(workspace: Workspace, done: exporting.Exported) -> list[dict[str, str]]:
    with (workspace.root / done.path).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))


def test_who_may_be_reached_is_in_the_list(workspace: Workspace) -> None:
    done = export(workspace)
    assert (done.people, done.members) == (5, 6)
    found = rows(workspace, done)
    assert [row["address"] for row in found] == [f"person{n}@example.fi" for n in (1, 3, 4, 5, 6)]
    assert list(found[0]) == ["address", "first_name", "last_name", "language"]
    assert found[1]["first_name"] == "'=HYPERLINK(x)"
    assert (workspace.root / done.path).stat().st_mode & 0o077 == 0


def test_only_what_the_agreement_names_is_in_it(workspace: Workspace) -> None:
    assert list(rows(workspace, export(workspace, to="own_systems"))[0]) == ["address"]


def test_it_is_a_disclosure_that_ends(workspace: Workspace) -> None:
    done = export(workspace)
    with workspace.ledger.read() as connection:
        (row,) = disclosures.frame(connection).to_dicts()
    assert (row["disclosure_id"], row["recipient"], row["persons"]) == (done.disclosure, "letter_house", 5)
    assert (row["purpose"], row["channel"], row["what"]) == ("direct_marketing", "email", "segment houses")
    assert json.loads(row["categories"]) == ["contact", "identity"]
    assert row["expires_on"] == done.delete_by == date(2026, 12, 24)
    again = export(workspace)
    assert again.path != done.path


def test_the_control_group_is_not_in_it(workspace: Workspace) -> None:
    path = workspace.root / "segments" / "houses.yml"
    path.write_text(f"{path.read_text()}control_group: 50%\n", encoding="utf-8")
    done = export(workspace)
    assert 0 < done.people < 5


@pytest.mark.parametrize(
    ("to", "other", "code"),
    [
        ("nobody", {}, "USE053"),
        ("call_centre", {}, "NO_PROCESSOR_AGREEMENT"),
        ("printer_abroad", {}, "TRANSFER_NOT_COVERED"),
        ("analyst", {}, "USE055"),
        ("letter_house", {"purpose": "newsletter"}, "USE054"),
        ("letter_house", {"channel": "sms"}, "USE054"),
        ("letter_house", {"channel": "pigeon"}, "USE054"),
    ],
)
def test_what_is_not_covered_is_refused(
    workspace: Workspace, to: str, other: dict[str, str], code: str
) -> None:
    with pytest.raises((UserError, NotFound, Refused), match=code):
        export(workspace, to=to, **other)
    with workspace.ledger.read() as connection:
        assert disclosures.frame(connection).is_empty()
    assert not list((workspace.root / "data").glob("exports/**/*.csv"))


def test_an_agreement_that_has_ended_covers_nothing(workspace: Workspace) -> None:
    workspace.now = lambda: world.NOW + timedelta(days=60)  # type: ignore[method-assign]
    with pytest.raises(Refused, match="NO_PROCESSOR_AGREEMENT"):
        export(workspace)


def test_the_command(workspace: Workspace) -> None:
    words = ["--to", "letter_house", "--channel", "email", "--purpose", "energy_offers"]
    done = CliRunner().invoke(app, ["-C", str(workspace.root), "segment", "export", "houses", *words])
    assert done.exit_code == 0, done.output
    assert done.output.startswith("5 of 6 people may be reached by email: data/exports/segments/houses/")
    done = CliRunner().invoke(
        app, ["-C", str(workspace.root), "segment", "export", "houses", *words, "--json"]
    )
    assert json.loads(done.output)["people"] == 5

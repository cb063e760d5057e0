"""What an edit of a segment changes, person by person, and whom segments have in common."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from campaigns.cli import context
from campaigns.cli.commands import app
from campaigns.errors import Mistakes, NotFound, UserError
from campaigns.workspace import audience
from campaigns.workspace.project import Workspace
from support import mailing_world as world

PLAIN = """
    title: Houses
    purpose: energy_offers
    audience: customers
    channels: [email]
    who:
      - has: site
        where:
          - {field: heating, is: oil}
      - {field: birth_year, at_least: 1971}
    except:
      - {field: language, is: sv}
"""


def git(root: Path, *words: str) -> None:
    who = ["-c", "user.name=x", "-c", "user.email=x@x.example"]
    subprocess.run(["git", "-C", str(root), *who, *words], check=True, capture_output=True)


def write(workspace: Workspace, text: str, name: str = "drawn") -> None:
    (workspace.root / "segments" / f"{name}.yml").write_text(world.text(text), encoding="utf-8")


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """Nine customers: 1 to 6 heat with oil; 3, 6, 9 speak English; 2, 5, 8 Swedish; born in 1970 + n."""
    root = tmp_path_factory.mktemp("compared") / "ws"
    parts = world.workspace(root, people=9)
    numbers = range(1, 10)
    world.upsert(parts, "sites", [world.site(n, heating="oil" if n <= 6 else "wood") for n in numbers])
    world.upsert(parts, "persons", [world.person(n, birth_year=1970 + n) for n in numbers])
    parts.ledger.dispose()
    found = Workspace.open(root, clock=world.Clock())
    write(found, PLAIN)
    git(root, "init", "-q", "-b", "main")
    git(root, "add", "segments")
    git(root, "commit", "-q", "-m", "segments")
    yield found
    found.ledger.dispose()


@pytest.fixture
def workspace(shared: Workspace) -> Iterator[Workspace]:
    write(shared, PLAIN)
    yield shared
    context.choose_folder(None)


def differ(workspace: Workspace, against: str = "HEAD") -> audience.Difference:
    return audience.difference(workspace, "drawn", against=against, as_of=workspace.today())


def test_nothing_changed(workspace: Workspace) -> None:
    found = differ(workspace)
    assert (found.enter, found.leave, found.stay) == ([], [], [1, 3, 4, 6])
    write(workspace, PLAIN.replace("title: Houses", "title: Houses with oil # a comment"))
    assert differ(workspace).as_json() == found.as_json()


def test_who_enters_and_leaves_and_by_which_condition(workspace: Workspace) -> None:
    edited = PLAIN.replace("is: oil", "is: wood").replace("1971", "1978").replace("is: sv", "is: fi")
    write(workspace, edited)
    found = differ(workspace)
    assert (found.enter, found.leave, found.stay) == ([8, 9], [1, 3, 4, 6], [])
    assert [(cause.line, cause.people) for cause in found.entering] == [(6, 2)]  # the site, before
    assert [(cause.line, cause.people) for cause in found.leaving] == [(6, 4)]
    write(workspace, PLAIN.replace("1971", "1974").replace("is: sv", "one_of: [sv, en]"))
    found = differ(workspace)
    assert (found.enter, found.leave, found.stay) == ([], [1, 3, 6], [4])
    assert [(cause.line, cause.people) for cause in found.leaving] == [(9, 2), (11, 1)]
    assert found.leaving[1].text.startswith("except: ")
    assert found.may_get_it == (4, 1)
    text = str(found)
    assert "<5 are kept out by line 9: year of birth at least 1974" in text
    assert "4  before" in text


def test_another_audience_keeps_people_out(workspace: Workspace) -> None:
    head, _, rest = PLAIN.partition("      - has: site")
    conditions = rest.split("is: oil}\n")[1]
    write(workspace, head.replace("customers", "subscribers") + conditions)
    found = differ(workspace)
    assert [(cause.line, cause.text, cause.people) for cause in found.leaving] == [
        (0, "the audience: not among subscribers", 4)
    ]


def test_a_new_segment_lets_everybody_enter(workspace: Workspace) -> None:
    write(workspace, PLAIN, "newcomer")
    found = audience.difference(workspace, "newcomer", against="HEAD", as_of=workspace.today())
    assert (found.enter, found.leave, found.entering) == ([1, 3, 4, 6], [], ())
    (workspace.root / "segments" / "newcomer.yml").unlink()


def test_a_segment_that_it_refers_to_is_as_it_was(workspace: Workspace) -> None:
    head = PLAIN.partition("      - has: site")[0]
    write(workspace, f"{head}      - {{in_segment: drawn}}", "outer")
    git(workspace.root, "add", "segments")
    git(workspace.root, "commit", "-q", "-m", "outer")
    write(workspace, PLAIN.replace("1971", "1974"))
    found = audience.difference(workspace, "outer", against="HEAD", as_of=workspace.today())
    assert (found.enter, found.leave) == ([], [1, 3])
    first = audience.difference(workspace, "outer", against="HEAD~1", as_of=workspace.today())
    assert first.enter == [4, 6]


@pytest.mark.parametrize("reference", ["nowhere", "--output=x", "", "HEAD:segments", "'; ls"])
def test_a_reference_that_git_does_not_know(workspace: Workspace, reference: str) -> None:
    with pytest.raises(NotFound, match="USE051"):
        differ(workspace, reference)
    assert not (workspace.root / "x").exists()


def test_mistakes_of_either_version_are_told(workspace: Workspace) -> None:
    write(workspace, PLAIN.replace("heating", "heatting"))
    with pytest.raises(Mistakes, match="SEG021"):
        differ(workspace)


def test_no_version_control(tmp_path: Path) -> None:
    world.workspace(tmp_path / "ws").ledger.dispose()
    with pytest.raises(UserError, match="USE050"):
        audience.difference(Workspace.open(tmp_path / "ws"), "houses", against="HEAD", as_of=world.NOW.date())


def test_overlap(workspace: Workspace) -> None:
    write(workspace, PLAIN.replace("1971", "1974").replace("is: sv", "is: fi"), "other")
    found = audience.overlap(workspace, ["drawn", "other", "readers"], as_of=workspace.today())
    assert found.as_json() == {
        "segments": ["drawn", "other", "readers"],
        "as_of": "2026-11-24",
        "members": {"drawn": 4, "other": 2, "readers": 9},
        "pairs": [
            {"segments": ["drawn", "other"], "both": 1},
            {"segments": ["drawn", "readers"], "both": 4},
            {"segments": ["other", "readers"], "both": 2},
        ],
        "in_all": 1,
        "get_several": 5,
    }
    assert "<5 of them in drawn and other" in str(found)
    for wrong in (["drawn"], ["drawn", "drawn"]):
        with pytest.raises(UserError, match="USE052"):
            audience.overlap(workspace, wrong, as_of=workspace.today())
    (workspace.root / "segments" / "other.yml").unlink()


def test_the_commands(workspace: Workspace) -> None:
    def run(*words: str) -> str:
        done = CliRunner().invoke(app, ["-C", str(workspace.root), "segment", *words])
        assert done.exit_code == 0, done.output
        return done.output

    write(workspace, PLAIN.replace("1971", "1974"))
    told = json.loads(run("diff", "drawn", "--json"))
    assert (told["before"], told["after"], told["enter"], told["leave"]) == (4, 2, 0, 2)
    assert run("diff", "drawn", "--against", "main").startswith("drawn against main, both on ")
    assert json.loads(run("overlap", "drawn", "readers", "--json"))["in_all"] == 2
    assert "drawn" in run("overlap", "drawn", "readers")

"""A new segment from a few answers is right as it stands, whatever it asks about."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from campaigns import catalogue
from campaigns.cli import context
from campaigns.cli.commands import app
from campaigns.errors import Refused, UserError
from campaigns.segments.starting import Answers, text_of
from campaigns.workspace import starting
from campaigns.workspace.project import Workspace
from support import mailing_world as world
from support.effort import examples
from support.segments import library, settings

WORDS = catalogue.load(settings())
OPEN = [
    *(name for of in WORDS.fields.values() for name in of),
    *(name for name, metric in WORDS.metrics.items() if metric.level != "presence"),
    *WORDS.events,
]


def answers(about: str = "", title: str = "Cold houses", audience: str = "customers") -> Answers:
    return Answers(title=title, purpose="energy_offers", audience=audience, channels=["email"], about=about)


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    world.workspace(tmp_path / "ws").ledger.dispose()
    yield Workspace.open(tmp_path / "ws", clock=world.Clock())
    context.choose_folder(None)


def test_every_word_of_the_catalogue_gives_a_segment_without_mistakes(tmp_path: Path) -> None:
    texts = {f"about_{name}": text_of(answers(name), WORDS) for name in OPEN}
    shelf = library(tmp_path, texts)
    wrong = {(found.file, found.code) for found in shelf.check()}
    closed = {"SEG029"}  # a complaint may only leave people out
    assert {code for _, code in wrong} <= closed
    assert len(texts) > 100


@examples(60)
@given(title=st.text(min_size=1, max_size=60).filter(str.strip))
def test_a_title_is_read_back_as_it_was_typed(title: str) -> None:
    from campaigns.errors import Mistakes
    from campaigns.settings.documents import Mapping, Scalar, parse

    try:
        node = parse(text_of(answers(title=title), WORDS))
    except Mistakes as found:  # control characters are in no file
        assert {mistake.code for mistake in found.mistakes} <= {"YML003", "YML005", "YML008"}
        return
    assert isinstance(node, Mapping)
    value = node.get("title")
    assert isinstance(value, Scalar)
    assert value.text.split() == title.split()


def test_the_file_is_written_once(workspace: Workspace) -> None:
    path, mistakes = starting.segment(workspace, "cold_houses", answers("heating"))
    assert (str(path), mistakes) == ("segments/cold_houses.yml", [])
    assert (workspace.root / path).read_text(encoding="utf-8") == (
        "# yaml-language-server: $schema=../.schema/segment.json\n"
        "title: Cold houses\n"
        "purpose: energy_offers\n"
        "audience: customers\n"
        "channels: [email]\n"
        "who:\n"
        "  - has: site\n"
        "    where:\n"
        "      - {field: heating, is: district_heat}    # or direct_electric, storage_electric, "
        "heat_pump_air, heat_pump_ground, oil, wood, other\n"
    )
    with pytest.raises(Refused, match="USE056"):
        starting.segment(workspace, "cold_houses", answers())
    for name in ("../outside", "Cold", "", "a" * 80):
        with pytest.raises(UserError, match="SEG006"):
            starting.segment(workspace, name, answers())
    with pytest.raises(UserError, match=r"SEG021 .*\n.*did you mean `heating`"):
        starting.segment(workspace, "other", answers("heatting"))


def test_the_command_asks_what_no_option_says(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    run = ["-C", str(workspace.root), "new", "segment"]
    options = ["--title", "x", "--purpose", "newsletter", "--audience", "everyone", "--about", ""]
    done = CliRunner().invoke(app, [*run, "scripted", *options])
    assert done.output == "segments/scripted.yml is written. Next: campaigns segment preview scripted\n"
    with pytest.raises(UserError, match="USE003"):
        CliRunner().invoke(app, [*run, "silent"], catch_exceptions=False)
    monkeypatch.setattr("campaigns.cli.starting.sys", type("sys", (), {"stdin": _Terminal()}))
    typed = "asked\nPeople who ask\nnewsletter\neveryone\nquote_requested\n"
    done = CliRunner().invoke(app, run, input=typed)
    assert "segments/asked.yml is written" in done.output
    assert "did: quote_requested" in (workspace.root / "segments" / "asked.yml").read_text()
    with pytest.raises(UserError, match="USE058"):
        CliRunner().invoke(app, run, input="other\nx\nnewsleter\n", catch_exceptions=False)


class _Terminal:
    def isatty(self) -> bool:
        return True

    def __getattr__(self, name: str) -> object:
        return getattr(sys.stdin, name)

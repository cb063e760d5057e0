"""`campaigns rights` rectify, restrict, object and decide, as they are typed."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from campaigns.cli import context
from campaigns.cli.commands import app
from campaigns.errors import CampaignsError
from support.bureaus import SECRETS, Bureau


class Desk:
    def __init__(self, bureau: Bureau) -> None:
        self.bureau = bureau

    def types(self, *words: str) -> str:
        result = CliRunner().invoke(app, ["rights", *words])
        if isinstance(result.exception, CampaignsError):
            return str(result.exception)
        assert result.exit_code == 0, result.output
        assert not any(secret in result.output for secret in SECRETS)
        return result.output


@pytest.fixture
def desk(bureau: Bureau, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setattr(context, "workspace", lambda: bureau.workspace)
    return Desk(bureau)


def test_a_correction(desk: Desk) -> None:
    assert "RGT040" in desk.types("rectify", "100005", "--set", "emial=x")
    assert "no request waits" in desk.types("list"), "nothing is opened before the words are read"
    said = desk.types("rectify", "100005", "--set", "email=uusi@posti.example", "--set", "city=Lahti")
    assert "corrected: email\nrequest 1: rectify, person 5, done\n" in said
    assert "nothing changed" in desk.types("rectify", "100005", "--set", "email=uusi@posti.example")
    assert "USE006" in desk.types("rectify", "nobody@posti.example", "--set", "city=Lahti")


def test_a_restriction_and_its_end(desk: Desk) -> None:
    assert "request 1: restrict, person 5, done" in desk.types("restrict", "100005")
    for wrong in (
        ["--lift"],
        ["--told", "2026-11-24"],
        ["--lift", "--told", "2026-11-24", "--marketing-only"],
    ):
        assert "USE030" in desk.types("restrict", "100005", *wrong)
    assert "USE001" in desk.types("restrict", "100005", "--lift", "--told", "yesterday")
    desk.bureau.now = desk.bureau.now.replace(hour=11)
    assert "lifted" in desk.types("restrict", "100005", "--lift", "--told", "2026-11-24")


def test_an_objection_and_what_is_decided(desk: Desk) -> None:
    assert "USE033" in desk.types("object", "100005", "--to", "profilling")
    assert "object, person 5, done" in desk.types("object", "100005", "--to", "profiling")
    assert "object, person 5, due on" in desk.types("object", "100005", "--to", "processing")
    assert "open" in desk.types("list")
    assert "USE034" in desk.types("decide", "2", "--reason", "it was weighed")
    assert "USE026" in desk.types("decide", "2", "--refuse", "--reason", "Örjan has a contract")
    assert "object, person 5, refused" in desk.types("decide", "2", "--refuse", "--reason", "it was weighed")
    assert "USE023" in desk.types("decide", "2", "--uphold", "--reason", "again")


def test_another_persons_request_is_not_worked_on(desk: Desk) -> None:
    desk.types("receive", "restrict", "100005")
    assert "USE024" in desk.types("restrict", "100004", "--request", "1")
    assert "USE024" in desk.types("erase", "100005", "--request", "1", "--yes")

"""Answers as files: readable, self-contained, for their owner only, in no other place than data/exports."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from campaigns.errors import Refused, UserError
from campaigns.ledger import rights_requests
from campaigns.rights import writing
from campaigns.rights.access import LANGUAGES
from campaigns.workspace import rights
from campaigns.workspace.project import Workspace
from support.browser import chromium
from support.rights_world import A, World, open_workspace

FILES = {"access.json": b"{}\n", "access.html": b"<p>"}
LONG = "Pitkäsukunimi" * 6


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    opened = open_workspace(tmp_path / "workspace", segments=True)
    yield opened
    opened.ledger.dispose()


def fill(workspace: Workspace, language: str = "fi") -> None:
    world = World()
    world.person(A, 1, "MARK")
    world.lake["persons"].clear()
    world.plant(
        "persons", A, 1, "MARK", language=language, first_name="<script>alert(1)</script>", last_name=LONG
    )
    world.plant("metering_points", A, 0, "POINT", metering_point_id=643007500000000014, site_id=78,
                gsrn=643007500000000014)  # fmt: skip
    world.plant("sites", A, 0, "SITE", site_id=78)
    world.plant("contracts", A, 1, "MARK", metering_point_id=643007500000000014)
    for day in range(1, 29):
        world.plant(
            "consumption_days", A, 0, "M", metering_point_id=643007500000000014, direction="import",
            local_date=workspace.today().replace(day=day, month=10), month="2026-10", wh=[1000], quality=[1],
            resolution_min=60, gsrn=643007500000000014, wh_sum=1000 * day,
        )  # fmt: skip
    world.write(workspace)


def test_the_files_are_written_for_their_owner_and_the_ticket_is_closed(workspace: Workspace) -> None:
    fill(workspace)
    request = rights.receive(workspace, "access", "1")
    written = rights.access(workspace, request)
    assert written.folder == workspace.root / "data" / "exports" / "rights" / f"access_{request.request_id}"
    assert written.folder.stat().st_mode & 0o777 == 0o700
    contents = {name: (written.folder / name).read_bytes() for name in written.files}
    assert all((written.folder / name).stat().st_mode & 0o777 == 0o600 for name in written.files)
    with workspace.ledger.read() as connection:
        closed = rights_requests.get(connection, request.request_id)
    assert (closed.state, closed.answer_digest) == ("done", writing.digest_of(contents))
    assert closed.details["rows"]["persons"] == 1
    assert LONG not in json.dumps(dict(closed.details))
    assert json.loads(contents["access.json"])["person_id"] == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_is_whole_in_each_language(workspace: Workspace, language: str) -> None:
    fill(workspace, language)
    written = rights.access(workspace, rights.receive(workspace, "access", "1"))
    page = (written.folder / "access.html").read_text(encoding="utf-8")
    assert f'<html lang="{language}">' in page
    assert "<script" not in page.lower().replace("&lt;script", "")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    links = re.findall(r"""(?:src|href|url|action)\s*[=(]\s*["']?([^"')\s>]+)""", page)
    privacy = workspace.settings.controllers[A].privacy_url
    assert {link for link in links if not link.startswith("#")} == {privacy}
    sections = re.findall(r'<section id="(\w+)">', page)
    assert [f"#{name}" for name in sections] == re.findall(r'<li><a href="(#\w+)">', page)
    assert "tietosuoja.fi" in page
    assert LONG in page


def test_the_page_fits_a_telephone_and_asks_for_nothing(workspace: Workspace) -> None:
    fill(workspace)
    written = rights.access(workspace, rights.receive(workspace, "access", "1"))
    asked: list[str] = []
    with chromium() as browser:
        for width in (375, 1200):
            page = browser.new_context(viewport={"width": width, "height": 800}).new_page()
            page.on("request", lambda request: asked.append(request.url))
            page.goto(f"file://{written.folder / 'access.html'}")
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert page.locator("h1").inner_text() == "Tiedot sinusta"
            assert page.locator("section").count() == page.locator("nav li").count()
    assert all(url.startswith("file://") for url in asked)
    assert len(asked) == 2


@pytest.mark.parametrize(
    "folder",
    [
        "../x",
        "../../etc",
        "data/exports/../lake/persons",
        "data/exports",
        ".",
        "/srv/elsewhere",
        "data/lake/../../..",
    ],
)
def test_no_place_but_data_exports(tmp_path: Path, folder: str) -> None:
    """Attack 60: a path that leads out of the folder of exports."""
    with pytest.raises(Refused, match="RGT001"):
        writing.write(tmp_path, folder, FILES, usual="rights/x", force=True)
    assert list(tmp_path.iterdir()) == []


def test_a_name_is_a_folder_of_data_exports(tmp_path: Path) -> None:
    for typed in ("desk7", "data/exports/desk8", str(tmp_path / "data" / "exports" / "desk9")):
        found = writing.write(tmp_path, typed, FILES, usual="rights/x")
        assert found.folder == tmp_path / "data" / "exports" / Path(typed).name
        assert {path.name: path.read_bytes() for path in found.folder.iterdir()} == FILES


def test_what_is_there_stays_unless_forced(tmp_path: Path) -> None:
    writing.write(tmp_path, "desk", {"access.json": b"old"}, usual="")
    folder = tmp_path / "data" / "exports" / "desk"
    with pytest.raises(Refused, match="RGT002"):
        writing.write(tmp_path, "desk", FILES, usual="")
    assert [path.name for path in folder.iterdir()] == ["access.json"]
    writing.write(tmp_path, "desk", FILES, usual="", force=True)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == FILES


def test_a_link_is_never_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "victim").write_bytes(b"keep me")
    root = tmp_path / "workspace"
    exports = root / "data" / "exports"
    (exports / "desk").mkdir(parents=True)
    (exports / "linked").symlink_to(outside)
    (exports / "desk" / "access.json").symlink_to(outside / "victim")
    for force in (False, True):
        with pytest.raises(Refused, match="RGT003"):
            writing.write(root, "linked", FILES, usual="", force=force)
    with pytest.raises(Refused, match="RGT002"):
        writing.write(root, "desk", FILES, usual="")
    writing.write(root, "desk", FILES, usual="", force=True)
    assert (outside / "victim").read_bytes() == b"keep me"
    assert sorted(path.name for path in outside.iterdir()) == ["victim"]
    assert not (exports / "desk" / "access.json").is_symlink()


def test_a_device_or_a_file_on_the_way_is_no_folder(tmp_path: Path) -> None:
    exports = tmp_path / "data" / "exports"
    exports.mkdir(parents=True)
    (exports / "file").write_text("x")
    os.mkfifo(exports / "pipe")
    for name in ("file", "pipe"):
        with pytest.raises(Refused, match="RGT003"):
            writing.write(tmp_path, name, FILES, usual="")


def test_a_ticket_stays_open_when_the_answer_cannot_be_written(workspace: Workspace) -> None:
    fill(workspace)
    request = rights.receive(workspace, "access", "1")
    with pytest.raises(UserError):
        rights.access(workspace, request, to="../elsewhere")
    (row,) = (row for row in rights.listed(workspace) if row["request"] == request.request_id)
    assert row["state"] == "open"

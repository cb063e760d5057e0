"""Erasing a person of a workspace: nothing is left, nobody else is touched, and they do not come back."""

from __future__ import annotations

import gzip
import hashlib

import polars as pl
import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from campaigns.cli import context
from campaigns.cli.commands import app
from campaigns.ledger import rights_requests
from campaigns.ledger.tables import metadata, permission_events
from campaigns.workspace import erasing, permitting, rights
from support.bureaus import ALONE, OURS, SECRETS, SON, SPOUSE, STRANGER, THEIRS, ZORRO, Bureau
from support.byte_search import holding

NAME = "Örjan Zetterlöf-Quist"


def erase(bureau: Bureau, customer: str, controller: str = OURS) -> erasing.Done:
    person = str(bureau.number(customer, controller))
    request = rights.begin(bureau.workspace, "erase", person, controller=controller)
    return erasing.erase(bureau.workspace, request)


def scattered(bureau: Bureau) -> None:
    """Files of every kind below data/ that hold customer 100005."""
    data = bureau.root / "data"
    for folder in ("exports", "logs", "cache", "render"):
        (data / folder).mkdir(exist_ok=True, mode=0o700)
    lines = f"name;phone\nAino Mattila;1\n{NAME};+358 45 111 2233\nSomebody Else;2\n"
    (data / "exports" / "calls.csv").write_text(lines, encoding="utf-8")
    (data / "exports" / "old.csv").write_bytes(lines.encode("latin-1"))
    (data / "exports" / "letters.csv.gz").write_bytes(gzip.compress(lines.encode()))
    (data / "exports" / "answer.json").write_text(f'{{"email": "{ALONE["sähköposti"]}"}}', encoding="utf-8")
    (data / "exports" / "wide.txt").write_text(NAME, encoding="utf-16")
    (data / "exports" / "rest.html").write_text("<p>Zetterl&ouml;f-Quist, &Ouml;rjan</p>", encoding="utf-8")
    (data / "logs" / "mail.log").write_text("to orjan.zq@posti.example\nto other@posti.example\n")
    (data / "cache" / "people.bin").write_bytes(b"\0orjan.zq@posti.example")
    (data / "render" / "mail.html").write_text("Hei Örjan Zetterlöf-Quist!", encoding="utf-8")
    names = pl.DataFrame({"name": [NAME, "Aino Mattila"], "n": [1, 2]})
    names.write_parquet(data / "exports" / "people.parquet")


def test_no_byte_is_left_below_data(bureau: Bureau) -> None:
    scattered(bureau)
    data = bureau.root / "data"
    assert len(holding(data, SECRETS)) > 15
    done = erase(bureau, "100005")
    assert done.erasure.pending == ()
    assert done.request.state == "done"
    assert holding(data, SECRETS) == []
    assert permitting.verify(bureau.workspace).whole
    left = (data / "exports" / "calls.csv").read_text(encoding="utf-8")
    assert left == "name;phone\nAino Mattila;1\n\nSomebody Else;2\n"
    assert pl.read_parquet(data / "exports" / "people.parquet")["name"].to_list() == ["Aino Mattila"]
    assert (data / "logs" / "mail.log").read_text() == "\nto other@posti.example\n"


def test_rows_of_others_stay_in_the_deliveries(bureau: Bureau) -> None:
    erase(bureau, "100005")
    lines = (bureau.inbox / "web_events_20261120.csv").read_text(encoding="utf-8").split("\n")
    assert [line[:2] for line in lines] == ["ev", "", "w2", "", "", "", "", "w7", "w8", ""]
    assert lines[8] == "w8,100002,page_visited,not a time,for  please"
    people = (bureau.inbox / "asiakkaat_20261120.csv").read_text(encoding="utf-8")
    assert [line[:6] for line in people.splitlines()[1:5]] == ["100001", "100002", "100003", "100004"]
    assert set(bureau.frame("quarantine")["text"].str.slice(0, 2)) == {"w7"}


def test_the_import_knows_the_rewritten_files(bureau: Bureau) -> None:
    before = bureau.frame("persons").filter(controller=OURS).height
    erase(bureau, "100005")
    result = bureau.load()
    assert all(file.unchanged for file in result.files)
    assert bureau.frame("persons").filter(controller=OURS).height == before - 1


def test_the_other_register_stays_as_it_was_byte_for_byte(bureau: Bureau) -> None:
    def theirs() -> tuple[object, ...]:
        ledger = [
            [tuple(row) for row in connection.execute(sa.select(table).where(table.c.controller == THEIRS))]
            for table in metadata.sorted_tables
            if "controller" in table.c
        ]
        file = bureau.inbox / "sv_asiakkaat_20261120.csv"
        return bureau.register(THEIRS), ledger, hashlib.sha256(file.read_bytes()).hexdigest()

    with bureau.workspace.ledger.read() as connection:
        before = theirs()
    done = erase(bureau, "100001")
    assert "other" in {file.how for file in done.erasure.files}
    with bureau.workspace.ledger.read() as connection:
        assert theirs() == before


def test_a_namesake_in_the_same_house_keeps_everything(bureau: Bureau) -> None:
    son, spouse = bureau.number("100003"), bureau.number("100002")
    others = pl.col("person_id").is_in([son, spouse])
    tables = ("persons", "contact_points", "relationships", "events", "person_keys")
    before = {name: bureau.frame(name).filter(others).rows() for name in tables}
    erase(bureau, "100001")
    assert {name: bureau.frame(name).filter(others).rows() for name in tables} == before
    lines = (bureau.inbox / "asiakkaat_20261120.csv").read_text(encoding="utf-8").splitlines()
    assert [line[:6] for line in lines[1:]] == ["", "100002", "100003", "100004", "100005"]
    texts = bureau.frame("quarantine")["text"].to_list()
    assert any("Zäcke Ärjänen" in text for text in texts), "either of the two may have called"


def test_somebody_erased_does_not_come_back(bureau: Bureau) -> None:
    erase(bureau, "100005")
    bureau.people("asiakkaat_20261124.csv", ZORRO, SPOUSE, SON, STRANGER, ALONE)
    bureau.write(
        "web_events_20261124.csv",
        "event_id,customer,event,time,page\nw11,100005,page_visited,2026-11-20T10:00:00Z,offers\n",
    )
    result = bureau.load()
    notes = [note for file in result.files for note in file.notes]
    assert "1 row names an erased person; nothing about them was taken in" in notes
    assert "1 row is about an erased person; it was not taken in" in notes
    assert bureau.row("100005")["last_name"] is None
    found = holding(bureau.root / "data", SECRETS)
    assert [place for place in found if not place.startswith("inbox/")] == []


def test_the_ledger_keeps_nothing_but_that_it_happened(bureau: Bureau) -> None:
    person = bureau.number("100005")
    erase(bureau, "100005")
    mine = permission_events.c.person_id == person
    with bureau.workspace.ledger.read() as connection:
        rows = connection.execute(sa.select(permission_events).where(mine)).all()
        (request,) = rights_requests.listed(connection, closed=True)
    assert [row.kind for row in rows] == ["granted", "erased"]
    assert {(row.method, row.evidence, row.address_digest) for row in rows} == {(None, None, None)}
    assert request.details.keys() == {"rows", "messages_withheld", "files"}


def test_a_reader_makes_it_wait_and_finishing_completes_it(bureau: Bureau) -> None:
    person = str(bureau.number("100005"))
    with bureau.workspace.lake.snapshot():
        done = erase(bureau, "100005")
        assert done.request.state == "open"
        assert done.erasure.pending == ("a program still reads an older state of the lake",)
    (row,) = rights.listed(bureau.workspace)
    assert (row["state"], row["waits_for"]) == ("open", "a program still reads an older state of the lake")
    begun = erasing.begun(bureau.workspace, person, "")
    assert begun is not None
    assert begun.request_id == done.request.request_id
    (again,) = erasing.finish(bureau.workspace)
    assert again.request.state == "done"
    assert holding(bureau.root / "data", SECRETS) == []
    assert erasing.finish(bureau.workspace) == []


def test_a_workbook_that_was_not_imported_keeps_the_request_open(bureau: Bureau) -> None:
    import zipfile

    path = bureau.inbox / "asiakkaat_20261125.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("xl/sharedStrings.xml", f"<si><t>{ALONE['sähköposti']}</t></si>")
    done = erase(bureau, "100005")
    assert done.request.state == "open"
    assert [(file.name, file.how) for file in done.erasure.files if "xlsx" in file.name] == [
        ("inbox/asiakkaat_20261125.xlsx", "left")
    ]
    path.unlink()
    (again,) = erasing.finish(bureau.workspace)
    assert again.request.state == "done"


def test_links_are_not_followed(bureau: Bureau, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("outside")
    (outside / "mine.csv").write_text(f"a;b\n{NAME};x\n", encoding="utf-8")
    (bureau.root / "data" / "exports").symlink_to(outside)
    (bureau.inbox / "link.csv").symlink_to(outside / "mine.csv")
    erase(bureau, "100005")
    assert NAME in (outside / "mine.csv").read_text(encoding="utf-8")


def command(bureau: Bureau, *words: str, monkeypatch: pytest.MonkeyPatch) -> tuple[int, str]:
    monkeypatch.setattr(context, "workspace", lambda: bureau.workspace)
    result = CliRunner().invoke(app, list(words))
    return result.exit_code, result.output + (str(result.exception) if result.exception else "")


def test_the_command_asks_and_shows_only_what_is_masked(
    bureau: Bureau, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, said = command(bureau, "rights", "erase", "100005", monkeypatch=monkeypatch)
    assert code != 0
    assert "USE003" in said
    assert "Ö. Z., o…@posti.example, +358…33" in said
    assert not any(secret in said for secret in SECRETS)
    assert bureau.frame("persons").filter(last_name="Zetterlöf-Quist").height == 1
    code, said = command(bureau, "rights", "erase", "100005", "--yes", monkeypatch=monkeypatch)
    assert code == 0, said
    assert "data/inbox/asiakkaat_20261120.csv: lines removed (6)" in said
    assert not any(secret in said for secret in SECRETS)
    code, said = command(bureau, "rights", "erase", "100005", "--yes", monkeypatch=monkeypatch)
    assert "USE006" in said


@pytest.mark.parametrize("imported", [True, False])
def test_packed_deliveries_go_when_all_in_them_was_imported(bureau: Bureau, *, imported: bool) -> None:
    delivered = bureau.inbox / "asiakkaat_20261120.csv"
    content = delivered.read_bytes() + (b"" if imported else b"\n")
    (bureau.inbox / "kaikki.csv.gz").write_bytes(gzip.compress(content))
    done = erase(bureau, "100005")
    packed = [(file.name, file.how) for file in done.erasure.files if file.name.endswith(".gz")]
    assert packed == [("inbox/kaikki.csv.gz", "removed" if imported else "left")]
    assert done.request.state == ("done" if imported else "open")


def test_what_a_killed_import_had_unpacked_goes_with_an_erasure(bureau: Bureau) -> None:
    left = bureau.root / "data" / "staging" / "killed" / "0"
    left.mkdir(parents=True)
    (left / "0").write_text(NAME, encoding="utf-8")
    assert erase(bureau, "100005").request.state == "done"
    assert not (bureau.root / "data" / "staging").exists()


def test_a_damaged_archive_is_left_to_a_person(bureau: Bureau) -> None:
    (bureau.inbox / "half.csv.gz").write_bytes(gzip.compress(NAME.encode() * 1000)[:-12])
    done = erase(bureau, "100005")
    assert ("inbox/half.csv.gz", "left") in [(file.name, file.how) for file in done.erasure.files]
    assert done.request.state == "open"

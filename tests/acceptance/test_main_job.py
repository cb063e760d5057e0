"""The main job as its users do it, by the command line, on the example town."""

from __future__ import annotations

import email
import email.policy
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from campaigns.workspace.project import Workspace
from support.browser import chromium

CAMPAIGNS = str(Path(sys.executable).with_name("campaigns"))
HOST = "viesti.lahtienergia.example"


class Desk:
    """Somebody at a terminal in a workspace of their own."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def run(self, *words: str, code: int = 0) -> str:
        done = self.start(*words)
        out, err = done.communicate(timeout=120)
        assert done.returncode == code, f"{words}: {done.returncode}\n{out}\n{err}"
        assert "Traceback" not in out + err
        self.err = err
        return out

    def start(self, *words: str) -> subprocess.Popen[str]:
        command = [CAMPAIGNS, "-C", str(self.root), *words]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def json(self, *words: str) -> Any:
        return json.loads(self.run(*words, "--json"))

    def mailing(self, name: str, **replaced: str) -> None:
        """Another mailing, as the newsletter of December."""
        text = (self.root / "mailings" / "december_newsletter.yml").read_text(encoding="utf-8")
        for old, new in replaced.items():
            text = text.replace(old, new)
        (self.root / "mailings" / f"{name}.yml").write_text(text, encoding="utf-8")

    def delivered(self) -> list[EmailMessage]:
        folder = self.root / "data" / "outbox" / "maildir" / "new"
        parsed = [
            email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
            for file in sorted(folder.glob("*"))
        ]
        return [message for message in parsed if isinstance(message, EmailMessage)]


@pytest.fixture
def desk(town: Path, tmp_path: Path) -> Desk:
    """A copy of the town without its source files and without what the demo has sent."""
    root = tmp_path / "workspace"
    shutil.copytree(town, root, ignore=shutil.ignore_patterns("inbox", "outbox", "*.shm"))
    return Desk(root)


def test_the_totals_agree_from_preview_to_report(desk: Desk) -> None:
    desk.mailing("january")
    preview = desk.json("segment", "preview", "energy_newsletter_readers")
    plan = desk.json("plan", "january")
    denied = preview["permission"]["email"]["denied"]
    assert preview["members"] == plan["members"] == preview["final"] + sum(denied.values())
    other = {code: number for code, number in plan["withheld"].items() if code not in denied}
    assert set(other) <= {"DUPLICATE", "CONTENT_MISSING"}
    assert plan["messages"] == preview["final"] - sum(other.values())
    assert plan["members"] == plan["messages"] + sum(plan["withheld"].values()) + plan["control_group"]
    assert f"{plan['messages']:,} messages" in desk.run("approve", str(plan["plan"]), "--yes")
    sent = desk.json("send", str(plan["plan"]))
    assert (sent["sent"], sent["failed"], sent["unknown"]) == (plan["messages"], 0, 0)
    report = desk.json("report", "january")
    assert (report["sent"], report["withheld"]) == (sent["sent"], plan["withheld"])
    got = Counter(message["To"] for message in desk.delivered())
    assert len(got) == sent["sent"]
    assert set(got.values()) == {1}
    assert desk.json("send", "--due") == []


def test_why_agrees_with_the_plan(desk: Desk) -> None:
    desk.mailing("january")
    desk.run("plan", "january")
    workspace = Workspace.open(desk.root)
    with workspace.ledger.read() as connection:
        rows = connection.exec_driver_sql(
            "SELECT person_id, state, reason, message_id FROM messages WHERE mailing = 'january' "
            "AND (state <> 'withheld' OR reason <> 'DUPLICATE') GROUP BY coalesce(reason, state)"
        ).all()
    workspace.ledger.dispose()
    assert len(rows) > 5
    for person, state, reason, message in rows[:5]:
        found = desk.json("segment", "why", "energy_newsletter_readers", str(person))
        answer = found["permission"]["email"]
        assert found["member"] is True
        assert answer["allowed"] is (state != "withheld")
        if state == "withheld":
            assert answer["code"] == reason
        shown = desk.json("evidence", str(message))
        assert json.dumps(shown)


def test_a_post_to_the_link_of_a_message_removes_the_person_from_the_next_plan(desk: Desk) -> None:
    desk.mailing("january")
    first = desk.json("plan", "january")
    desk.run("approve", str(first["plan"]), "--yes")
    desk.run("send", str(first["plan"]))
    message = desk.delivered()[0]
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = re.findall(r"<(https://[^>]+)>", re.sub(r"\s", "", message["List-Unsubscribe"]))[0]
    with served(desk) as port:
        request = urllib.request.Request(  # noqa: S310  # our own page, on loopback
            link.replace(f"https://{HOST}", f"http://127.0.0.1:{port}"),
            data=b"List-Unsubscribe=One-Click",
            headers={"Host": HOST},
        )
        with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310  # as above
            assert answer.status == 200
    desk.mailing("february")
    second = desk.json("plan", "february")
    before, after = first["withheld"], second["withheld"]
    assert after["BANNED_CHANNEL"] == before.get("BANNED_CHANNEL", 0) + 1
    assert second["messages"] == first["messages"] - 1
    person = message["To"].addresses[0].addr_spec
    why = desk.json("segment", "why", "energy_newsletter_readers", person)
    assert why["permission"]["email"]["code"] == "BANNED_CHANNEL"
    assert desk.json("report", "january")["responses"] == {"unsubscribed": 1}


class served:  # noqa: N801  # reads as a word: with served(desk) as port
    """The public pages in a process of their own."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    def __enter__(self) -> int:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = int(free.getsockname()[1])
        self.process = self.desk.start("serve", "--port", str(port), "--quiet")
        for _ in range(400):
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
            except OSError:
                time.sleep(0.05)
            else:
                return port
        raise AssertionError("the pages did not come up")

    def __exit__(self, *_: object) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=20)
        assert self.process.returncode == 0


READER = """
import sys, time
import campaigns
ws = campaigns.open(sys.argv[1], purpose="statistics")
with ws.workspace.engine() as db:
    first = db.query("SELECT count(*) AS n FROM persons").item()
    print("reading", flush=True)
    while not sys.stdin.closed and sys.stdin.readline():
        assert db.query("SELECT count(*) AS n FROM persons").item() == first
        print(ws.sql("SELECT count(*) AS n FROM events").item(), flush=True)
"""


def test_a_reader_in_another_process_disturbs_nobody(desk: Desk) -> None:
    reader = subprocess.Popen(
        [sys.executable, "-c", READER, str(desk.root)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONWARNINGS": "error"},
    )
    assert reader.stdin
    assert reader.stdout
    assert reader.stdout.readline() == "reading\n"

    def events() -> int:
        reader.stdin.write("\n")  # type: ignore[union-attr]  # it has a pipe
        reader.stdin.flush()  # type: ignore[union-attr]
        return int(reader.stdout.readline())  # type: ignore[union-attr]

    before = events()
    new = desk.root / "web_events_20991231.csv"
    new.write_text(
        "event_id,customer,event,time\nx-1,10001,page_visited,2026-11-20T10:00:00Z\n", encoding="utf-8"
    )
    number = Workspace.open(desk.root)
    with number.lake.snapshot() as snapshot:
        customer = snapshot.frame("person_keys").filter(controller="lahti_energia")["source_id"][0]
    new.write_text(new.read_text(encoding="utf-8").replace("10001", customer), encoding="utf-8")
    assert "1 rows accepted" in desk.run("import", str(new))
    desk.mailing("january")
    plan = desk.json("plan", "january")
    desk.run("approve", str(plan["plan"]), "--yes")
    assert desk.json("send", str(plan["plan"]))["sent"] == plan["messages"]
    with served(desk) as port, socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(f"GET /healthz HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode())
        assert b"200" in connection.recv(100)
    assert events() == before + 1
    reader.stdin.close()
    assert reader.wait(timeout=20) == 0
    reader.stdout.close()


def everything(root: Path) -> Iterator[tuple[Path, bytes]]:
    for path in sorted((root / "data").rglob("*")):
        if path.is_file():
            yield path, path.read_bytes()


def test_an_erased_person_is_found_nowhere(desk: Desk) -> None:
    desk.mailing("january")
    plan = desk.json("plan", "january")
    desk.run("approve", str(plan["plan"]), "--yes")
    desk.run("send", str(plan["plan"]))
    workspace = Workspace.open(desk.root)
    with workspace.lake.snapshot() as snapshot:
        points = snapshot.frame("contact_points").filter(controller="lahti_energia")
        both = snapshot.frame("contact_points").filter(controller="sahkoverkko")["value"].implode()
        mine = points.filter(points["value"].is_in(both).not_() & points["value"].is_not_null())
        mails = mine.filter(channel="email").sort("person_id")
        own = {str(message["To"].addresses[0].addr_spec) for message in desk.delivered()}
        chosen = next(row for row in mails.to_dicts() if row["value"] in own)
        needles = {
            str(value).encode()
            for value in points.filter(person_id=chosen["person_id"], channel="email")["value"]
        }
    assert any(needle in content for needle in needles for _, content in everything(desk.root))
    workspace.ledger.dispose()
    (done,) = desk.json("rights", "erase", str(chosen["person_id"]), "--yes")
    assert done["state"] == "done"
    assert [file["how"] for file in done["files"] if "maildir" in file["name"]] == ["removed"]
    left = [path.name for path, content in everything(desk.root) if any(n in content for n in needles)]
    assert left == []
    assert "0 broken" in desk.run("permission", "verify")


@pytest.mark.parametrize(
    ("file", "old", "new", "place", "words"),
    [
        (
            "segments/heat_pump_prospects.yml",
            "field: heating",
            "field: heatting",
            r"segments/heat_pump_prospects.yml:\d+:\d+: SEG021",
            "did you mean `heating`?",
        ),
        (
            "templates/newsletter/fi.html",
            "<p>Vuoden",
            "<p>{{ person.firstname }} Vuoden",
            r"templates/newsletter/fi.html:\d+:\d+: TPL\d+",
            "did you mean `person.first_name`?",
        ),
        (
            "mailings/december_newsletter.yml",
            "template: newsletter",
            "template: newsleter",
            r"mailings/december_newsletter.yml:\d+:\d+: MAI011",
            "did you mean `newsletter`?",
        ),
        (
            "campaigns.yml",
            "provider: maildir",
            "provider: maildr",
            r"campaigns.yml:\d+:\d+: CFG003",
            "did you mean `maildir`?",
        ),
    ],
)
def test_a_slip_is_one_clear_line(  # a table
    desk: Desk, file: str, old: str, new: str, place: str, words: str
) -> None:
    path = desk.root / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    assert desk.run("check", code=1) == "1 mistake\n"
    assert re.search(f"^{place} ", desk.err, re.MULTILINE)
    assert words in desk.err


def test_a_broken_row_stays_out_and_the_rest_goes_in(desk: Desk) -> None:
    header = "asiakasnro;laji;kieli;etunimi;sukunimi;sähköposti;syntymävuosi\n"
    rows = (
        "n-1;kuluttaja;fi;Aino;Uusi;aino.uusi@posti.example;1980\nn-2;kuluttaja;fi;x;y;z@posti.example;19x0\n"
    )
    file = desk.root / "asiakkaat_uudet.csv"
    file.write_text(header + rows, encoding="utf-8")
    text = (desk.root / "campaigns.yml").read_text(encoding="utf-8")
    assert "extract: full" in text
    (desk.root / "campaigns.yml").write_text(
        text.replace("extract: full", "extract: changes"), encoding="utf-8"
    )
    done = desk.json("import", str(file))
    assert [(one["rows"], one["accepted"], one["quarantined"]) for one in done] == [(2, 1, 1)]
    found = [row for row in desk.json("status")["quarantine"] if row["file"] == "asiakkaat_uudet.csv"]
    assert [row["line"] for row in found] == [3]
    assert "19x0" not in json.dumps(found)
    assert desk.json("import", str(file))[0]["unchanged"] is True


def test_a_message_looks_right_at_phone_width(town: Path) -> None:
    message = Desk(town).delivered()[0]
    page_part = message.get_body(("html",))
    assert page_part is not None
    with chromium() as browser:
        context = browser.new_context(viewport={"width": 390, "height": 800}, offline=True)
        page = context.new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.set_content(page_part.get_content())
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        assert page.get_by_role("link", name=re.compile("perua|avsluta|unsubscribe")).count() >= 1
        assert page.locator("text=080487–1").count() >= 1
        assert asked == []


def test_the_whole_thing_again_is_refused(desk: Desk) -> None:
    desk.run("demo", code=2)
    assert "USE010" in desk.err

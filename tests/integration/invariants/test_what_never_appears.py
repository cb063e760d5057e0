"""Invariant 5, attacks 6, 48 and 54: identity codes, passwords, recordings, credit and collection data.

Planted in every text cell of every source file, in columns that nobody asked for, in settings, segments,
templates and mailings; then every command is run, and every byte that it printed or left is searched.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

import campaigns
from campaigns.lake.schemas import TABLES
from campaigns.workspace.project import Workspace
from support import towns
from support.byte_search import holding
from support.terminal import Terminal
from support.towns import HEADERS, NOW, OURS

CODE = "010594Y9032"  # the agency's test person
SPELT = (CODE, "010594-9032", "020594X903P", "010594y9032")
CANARIES = {
    "salasana": "Salas4na-kanaria",
    "luottotieto": "luottohairio-kanaria",
    "perintätila": "perinta-kanaria",
    "maksuhäiriö": "maksu-kanaria",
    "puhelutallenne": "kuulin-kanarian.wav",
    "chat": "chat-kanaria",
    "henkilötunnus": CODE,
}
SECRETS = (*SPELT, *CANARIES.values(), "9032", "903P")
PEOPLE = 8
FILES = {
    "segments/all.yml": "title: x\npurpose: newsletter\naudience: everyone\nchannels: [email]\n",
    "mailings/first.yml": towns.mailing("all"),
}
SENSITIVE = (
    "personal_identity_code",
    "identity_code",
    "henkilötunnus",
    "password",
    "password_hash",
    "salasana",
    "collection_status",
    "credit_standing",
    "credit_rating",
    "open_debt",
    "call_recording",
    "chat_transcript",
    "note",
    "lisätiedot",
    "deposit",
    "first_name",
    "last_name",
    "email",
    "phone",
)


def person(number: int, **cells: str) -> dict[str, str]:
    return {
        "asiakasnro": f"c-{number}",
        "laji": "kuluttaja",
        "kieli": "fi",
        "etunimi": f"Etu{number:03d}",
        "sukunimi": f"Suku{number:03d}",
        "sähköposti": f"p{number:03d}@talo.example",
        "katuosoite": "Katu 1",
        "postinumero": "15140",
        "postitoimipaikka": "LAHTI",
        "asiakkaana_alkaen": "2022-05-01",
        "kuollut": "ei",
        **cells,
    }


def granted(number: int, **cells: str) -> dict[str, str]:
    return {
        "tapahtumanro": f"e-{number}",
        "asiakasnro": f"c-{number}",
        "laji": "granted",
        "kanava": "email",
        "tarkoitus": "newsletter",
        "aika": "2025-11-01 12:00",
        "kirjattu": "2025-11-01 12:00",
        "tapa": "paper",
        "teksti": "2025-01",
        "kieli": "fi",
        "todiste": f"scan {number}",
        **cells,
    }


def planted() -> dict[str, list[dict[str, str]]]:
    """Eight clean people, and one row more for each text cell of each kind of file, with a code in it."""
    site = {
        "käyttöpaikkanro": "s-1",
        "gsrn": towns.POINTS[1],
        "energialaji": "sähkö",
        "katuosoite": "Katu 1",
        "postinumero": "15140",
        "lämmitys": "öljy",
    }
    contract = {
        "sopimusnro": "k-1",
        "asiakasnro": "c-1",
        "gsrn": towns.POINTS[1],
        "tuote": "Kiinteä",
        "sopimustyyppi": "pörssi",
        "alkupvm": "2025-01-01",
    }
    usual = {
        "asiakkaat": [person(number) for number in range(1, PEOPLE + 1)],
        "luvat": [granted(number) for number in range(1, PEOPLE + 1)],
        "kayttopaikat": [site],
        "sopimukset": [contract],
    }
    for name, rows in usual.items():
        template = rows[0]
        for at, cell in enumerate(HEADERS[name].split(";")):
            spelt = SPELT[at % len(SPELT)]
            wrapped = (spelt, f"soita {spelt} heti", f" {spelt}")[at % 3]
            rows.append({**template, HEADERS[name].split(";")[0]: f"x-{at}", cell: wrapped})
    return usual


@pytest.fixture(scope="module")
def terminal(tmp_path_factory: pytest.TempPathFactory) -> Terminal:
    """A workspace into which all that was imported, and every command of the main job was run."""
    root = tmp_path_factory.mktemp("town")
    towns.workspace(root, FILES).ledger.dispose()
    desk = Terminal(root)
    folder = tmp_path_factory.mktemp("inbox")
    town = towns.Town({OURS: planted()})
    written = town.write(folder, [OURS])
    desk.run("import", *map(str, written))
    closed = folder / "asiakkaat_suljetut.csv"
    header = [*HEADERS["asiakkaat"].split(";"), *CANARIES]
    row = {**person(99), **CANARIES}
    closed.write_text(
        ";".join(header) + "\n" + ";".join(row.get(cell, "") for cell in header) + "\n", encoding="utf-8"
    )
    desk.run("import", str(closed), "--source", "crm_customers", "--json")
    return desk


COMMANDS = (
    "status",
    "status --json",
    "catalogue",
    "catalogue tunnus",
    "check",
    "check --json",
    "segment list",
    "segment preview all",
    "segment preview all --json",
    "segment why all c-1",
    "segment sql all",
    "person find c-1",
    "person find Suku001",
    "permission show c-1",
    "permission verify",
    "render first --person c-1",
    "plan first",
    "plan first --json",
    "approve 1 --yes",
    "approve 2 --yes",
    "send 2 --now",
    "send 1 --now",
    "report first",
    "report first --json",
    "evidence --mailing first --person c-1",
    "rights access c-1",
    "rights portability c-1",
    "audit list",
    "audit verify",
    "privacy report",
    "metrics",
    "site show 1",
    "rights list",
    "backup",
)


def test_planted_secrets_reach_nothing(terminal: Terminal) -> None:
    for command in COMMANDS:
        terminal.run(*command.split())
    assert "c-1" in terminal.said or "8" in terminal.said  # they did say something
    mails = list((terminal.root / "data" / "outbox" / "maildir" / "new").glob("*"))
    assert len(mails) >= PEOPLE - 1, "the clean people got their mail, so payloads were searched"
    assert [secret for secret in SECRETS if secret in terminal.said] == []
    assert holding(terminal.root / "data", SPELT + tuple(CANARIES.values())) == []


def test_no_frame_of_a_notebook_has_them(terminal: Terminal) -> None:
    notebook = campaigns.open(terminal.root, purpose="test")
    for name in TABLES:
        frame = notebook.sql(f"SELECT * FROM {name}", unmasked=True)
        text = repr(frame.rows()) + repr(frame.columns)
        assert [secret for secret in SPELT if secret in text] == [], name
        assert [canary for canary in CANARIES.values() if canary in text] == [], name
    notebook.workspace.ledger.dispose()


PRINTABLE = ("first_name", "last_name")  # in letters to the person
# Every place of a segment where a name may stand; attack 48: no path to a forbidden attribute.
PLACES = {
    "a condition": "who:\n  - {{field: {name}, is_known: yes}}",
    "an exception": "except:\n  - {{field: {name}, is_known: no}}",
    "a site": "who:\n  - has: site\n    where:\n      - {{field: {name}, is: x}}",
    "a contract": "who:\n  - has: contract\n    where:\n      - {{field: {name}, is: x}}",
    "a metric": "who:\n  - {{metric: {name}, over: last full year, at_least: 1}}",
    "a score": "who:\n  - {{score: {name}, at_least: 1}}",
    "an event": "who:\n  - {{did: {name}, within_last: 60 days}}",
    "an event's word": "who:\n  - {{did: page_visited, where: {{{name}: x}}}}",
    "the order of the top": "top: 10\nby: {name}",
    "one of each": "one_per: {name}",
    "another segment": "who:\n  - {{in_segment: {name}}}",
}


def test_no_segment_can_name_them(terminal: Terminal) -> None:
    """Every name at every place is a mistake that says where, and tells nobody's value."""
    head = "title: x\npurpose: energy_offers\naudience: customers\nchannels: [email]\n"
    written = [
        _put(terminal, f"reach_{at}_{number}", head + text.format(name=name) + "\n")
        for at, text in enumerate(PLACES.values())
        for number, name in enumerate(SENSITIVE)
    ]
    try:
        code, said = terminal.run("check", *map(str, written), "--json")
    finally:
        for path in written:
            path.unlink()
    assert code == 1
    blamed = {Path(mistake["file"]).name for mistake in json.loads(said)}
    assert {path.name for path in written} - blamed == set()
    assert not any(secret in said for secret in (*SPELT, *CANARIES.values(), "Suku001", "p001@talo"))


def _put(terminal: Terminal, name: str, text: str) -> Path:
    path = terminal.root / "segments" / f"{name}.yml"
    path.write_text(text, encoding="utf-8")
    return path


def test_no_template_can_print_them(terminal: Terminal) -> None:
    """Attack 6: the mistake names the variable, and no value of it."""
    wanted = [name for name in SENSITIVE if name not in PRINTABLE and name.isascii()]
    path = terminal.root / "templates" / "newsletter" / "fi.html"
    before = path.read_text(encoding="utf-8")
    lines = "".join(f"<p>{{{{ person.{name} }}}}</p>\n" for name in wanted)
    path.write_text(before.replace("<p", f"{lines}<p", 1), encoding="utf-8")
    try:
        code, said = terminal.run("check", "--json")
    finally:
        path.write_text(before, encoding="utf-8")
    assert code == 1, said
    found = [mistake for mistake in json.loads(said) if mistake["file"].endswith("newsletter/fi.html")]
    for name in wanted:
        assert any(f"`person.{name}`" in mistake["message"] and mistake["line"] for mistake in found), name
    assert not any(secret in said for secret in (*SPELT, *CANARIES.values(), "Suku001"))


def _typed() -> Iterator[tuple[str, str, str]]:
    segment = "title: {0}\npurpose: newsletter\naudience: everyone\nchannels: [email]\n"
    yield "segments/coded.yml", segment, "a segment's title"
    yield (
        "segments/coded.yml",
        segment.replace("{0}", "x") + "who:\n  - {{field: language, is: '{0}'}}\n",
        "a value",
    )
    yield (
        "segments/coded.yml",
        segment.replace("{0}", "x") + "who:\n  - {{field: postal_code, starts_with: '{0}'}}\n",
        "a text",
    )
    yield "mailings/coded.yml", "title: {0}\nsegments: [all]\ntemplate: newsletter\n", "a mailing's title"
    yield "mailings/coded.yml", "title: x\nsegments: ['{0}']\ntemplate: newsletter\n", "a name"


@pytest.mark.parametrize(("file", "text", "what"), [*_typed()], ids=[what for *_, what in _typed()])
def test_a_code_typed_into_a_definition_is_not_repeated(
    terminal: Terminal, file: str, text: str, what: str
) -> None:
    path = terminal.root / file
    path.write_text(text.format(CODE), encoding="utf-8")
    name = path.stem
    try:
        for command in (
            ("check", str(path)),
            ("segment", "list"),
            ("segment", "preview", name),
            ("plan", name),
        ):
            _, said = terminal.run(*command)
            assert CODE not in said, (command, said)
    finally:
        path.unlink()


def test_a_code_in_settings_or_on_the_command_line_is_not_repeated(terminal: Terminal) -> None:
    settings = terminal.root / "campaigns.yml"
    before = settings.read_text(encoding="utf-8")
    settings.write_text(before.replace("region: fi", f"region: {CODE}", 1), encoding="utf-8")
    code, said = terminal.run("check")
    settings.write_text(before, encoding="utf-8")
    assert (code, CODE in said) == (1, False), said
    for words in (
        ("person", "find", CODE),
        ("segment", "why", "all", CODE),
        ("permission", "show", CODE),
        ("rights", "access", CODE),
        ("evidence", "--mailing", "first", "--person", CODE),
        ("segment", "preview", CODE),
        ("render", CODE, "--person", "1"),
    ):
        _, said = terminal.run(*words)
        assert CODE not in said, words
    assert holding(terminal.root / "data", [CODE]) == []


def test_what_was_clean_is_there(terminal: Terminal) -> None:
    """The rows beside the planted ones went in: nothing above passed because nothing was imported."""
    workspace = Workspace.open(terminal.root, clock=lambda: NOW)
    with workspace.lake.snapshot() as snapshot:
        names = set(snapshot.frame("persons")["last_name"].drop_nulls())
        assert {f"Suku{number:03d}" for number in range(1, PEOPLE + 1)} <= names
        assert len(snapshot.frame("quarantine")) >= len(HEADERS["asiakkaat"].split(";")) - 4
    assert Path(workspace.data).exists()

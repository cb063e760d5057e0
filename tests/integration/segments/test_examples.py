"""Example persons: rows in, verdict out, by the same compiler and rules; slips told at their place."""

from __future__ import annotations

import shutil
import textwrap
from pathlib import Path

import pytest
from typer.testing import CliRunner

from campaigns.cli import context
from campaigns.cli.commands import app
from campaigns.errors import Mistakes
from campaigns.segments.example_runs import Outcome, run
from campaigns.segments.examples import read_examples
from campaigns.workspace import examples as of_workspace
from campaigns.workspace.project import Workspace
from support import mailing_world as world
from support.segments import library, segment_text

REPOSITORY = Path(__file__).parents[3]
FILES = sorted((REPOSITORY / "tests" / "segments").glob("*.yml"))


def tried(tmp_path: Path, segment: str, people: str) -> list[Outcome]:
    shelf = library(tmp_path, {"drawn": segment})
    path = tmp_path / "examples.yml"
    head = "segment: drawn\nas_of: 2026-11-24\npeople:\n"
    path.write_text(head + textwrap.indent(textwrap.dedent(people).strip(), "  "), encoding="utf-8")
    examples = read_examples(path, "examples.yml", ["drawn"])
    return run(examples, shelf.load("drawn"), settings=shelf.settings, catalogue=shelf.catalogue)


def verdicts(tmp_path: Path, segment: str, people: str) -> dict[str, tuple[str, str]]:
    return {one.example.name: (one.got, one.decided_by) for one in tried(tmp_path, segment, people)}


def wrong(tmp_path: Path, people: str, segment: str = "") -> list[tuple[int | None, str]]:
    with pytest.raises(Mistakes) as caught:
        tried(tmp_path, segment or segment_text("{field: language, is: fi}"), people)
    return [(mistake.line, mistake.code) for mistake in caught.value.mistakes]


@pytest.fixture(scope="module")
def ours() -> Workspace:
    return Workspace.open(REPOSITORY)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_examples_of_the_repository(ours: Workspace, path: Path) -> None:
    found = of_workspace.run(ours, [path])
    assert found.mistakes == ()
    got = {outcome.got for outcome in found.outcomes}
    assert {"in", "out"} <= got, "somebody who is in, and somebody who is not"


def test_every_segment_of_the_repository_has_examples(ours: Workspace) -> None:
    assert {path.stem for path in FILES} >= set(ours.segment_files.names())


def test_changes_and_sequences(tmp_path: Path) -> None:
    segment = segment_text(
        """
        has: site
        where: [{metric: kwh_year, over: last 12 months, change_from: last full year, at_least: 20%}]
        """,
        "{did: quote_requested, then_did_not: contract_signed, within: 30 days}",
    )
    people = """
        - name: a fifth more, and no contract
          site: {kwh_year: {last full year: 10 MWh, last 12 months: 12000 kWh}}
          did: {quote_requested: 31 days ago}
          expect: in
        - name: a contract on the last day
          copy: a fifth more, and no contract
          did: [{quote_requested: 40 days ago}, {contract_signed: 10 days ago}]
          expect: out
        - name: there is still time
          copy: a fifth more, and no contract
          did: {quote_requested: 30 days ago}
          expect: out
        - name: a bit less than a fifth
          copy: a fifth more, and no contract
          site: {kwh_year: {last 12 months: 11999 kWh}}
          expect: out
        - name: last year is not known
          copy: a fifth more, and no contract
          site: {kwh_year: {last full year: unknown}}
          expect: out
    """
    assert [outcome.got for outcome in tried(tmp_path, segment, people)] == ["in", "out", "out", "out", "out"]


def test_sites_contracts_and_metrics(tmp_path: Path) -> None:
    segment = segment_text(
        """
        has: site
        where:
          - {field: heating, is: oil}
          - {field: main_fuse, at_least: 35 A}
          - {metric: electricity_use, over: last winter, at_least: 3 MWh}
          - {has: contract, where: [{field: contract_type, is: spot}, {field: running, is: yes}]}
        """
    )
    people = """
        - name: all at one
          site:
            heating: oil
            main_fuse: 35 A
            electricity_use: {last winter: 3 MWh}
            contract: {contract_type: spot}
          expect: in
        - name: on two
          sites:
            - {heating: oil, main_fuse: 35 A, electricity_use: {last winter: 3 MWh}}
            - {heating: oil, main_fuse: 35 A, contract: {contract_type: spot}}
          expect: out
        - {name: little, copy: all at one, site: {electricity_use: {last winter: 2999 kWh}}, expect: out}
        - {name: not measured, copy: all at one, site: {electricity_use: {last winter: unknown}}, expect: out}
        - {name: over, copy: all at one, site: {contract: {running: no}}, expect: out}
        - {name: small fuse, copy: all at one, site: {main_fuse: 25 A}, expect: out}
    """
    found = verdicts(tmp_path, segment, people)
    assert [got for got, _ in found.values()] == ["in", "out", "out", "out", "out", "out"]


def test_events_persons_and_relationships(tmp_path: Path) -> None:
    segment = segment_text(
        "{field: age, at_least: 30 years}",
        "{field: customer_since, older_than: 12 months}",
        "{did: quote_requested, where: {product: heat_pump}, within_last: 30 days}",
    )
    people = """
        - name: asked
          person: {age: 30 years, customer_since: 2 years ago}
          did: [{quote_requested: 30 days ago, product: heat_pump}]
          expect: in
        - {name: long ago, copy: asked, did: {quote_requested: 31 days ago, product: heat_pump}, expect: out}
        - {name: something else, copy: asked, did: {quote_requested: today, product: solar}, expect: out}
        - {name: young, copy: asked, person: {age: 29 years}, expect: out}
        - {name: new here, copy: asked, person: {customer_since: 2026-01-01}, expect: out}
        - {name: of nobody knows which age, copy: asked, person: {age: unknown}, expect: out}
        - {name: not a customer, copy: asked, audience: no, expect: out}
    """
    found = verdicts(tmp_path, segment, people)
    assert [got for got, _ in found.values()] == ["in", *["out"] * 6]


@pytest.mark.parametrize(
    ("audience", "conditions"),
    [
        ("customers", ()),
        ("former_customers", ("{field: customer_until, within_last: 6 months}",)),
        ("prospects", ("{field: relationship, is: prospect}",)),
        ("subscribers", ("{field: subscribed_on, older_than: 1 year}",)),
        ("everyone", ()),
    ],
)
def test_who_says_nothing_is_of_the_audience(
    tmp_path: Path, audience: str, conditions: tuple[str, ...]
) -> None:
    segment = segment_text("{field: language, is: fi}", *conditions, audience=audience)
    people = """
        - {name: usual, expect: in}
        - {name: of another language, person: {language: sv}, expect: out}
    """
    assert [got for got, _ in verdicts(tmp_path, segment, people).values()] == ["in", "out"]


def test_permission(tmp_path: Path) -> None:
    segment = segment_text("{metric: evening_share, over: last 3 months, at_least: 20%}")
    people = """
        - {name: usual, site: {evening_share: {last 3 months: 30%}}, expect: in}
        - {name: none, copy: usual, permission: {email: none}, expect: left out, code: NO_CONSENT}
        - {name: took it back, copy: usual, permission: {email: withdrawn}, expect: left out}
        - {name: banned it, copy: usual, permission: {email: banned}, expect: left out}
        - {name: no address, copy: usual, permission: {email: no_address}, expect: left out}
        - {name: no profiling, copy: usual, permission: {profiling: none}, expect: out}
    """
    assert verdicts(tmp_path, segment, people) == {
        "usual": ("in", ""),
        "none": ("left out", "NO_CONSENT"),
        "took it back": ("left out", "CONSENT_WITHDRAWN"),
        "banned it": ("left out", "BANNED_CHANNEL"),
        "no address": ("left out", "NO_CONSENT"),  # a consent is for an address
        "no profiling": ("out", ""),
    }


def test_samples_draw_whom_the_file_wants(tmp_path: Path) -> None:
    segment = segment_text("{sample: 5%}", "{sample: 5%, name: another}")
    people = """
        - {name: drawn, expect: in}
        - {name: not drawn, drawn: no, expect: out}
        - {name: drawn too, expect: in}
    """
    assert [got for got, _ in verdicts(tmp_path, segment, people).values()] == ["in", "out", "in"]
    nobody = segment_text("{sample: 0.0001%}", "{sample: 0.0001%, name: another}")
    assert wrong(tmp_path, "- {name: drawn, expect: in}", nobody) == [(4, "EXA014")]


def test_everybody_is_of_the_audience_unless_the_file_says_no(tmp_path: Path) -> None:
    """Whatever the people above are."""
    segment = segment_text("{field: language, is: fi}", audience="business_contacts")
    people = """
        - {name: manager, company: {size: 10 people}, expect: in}
        - {name: somebody, expect: in}
        - {name: nobody of theirs, audience: no, expect: out}
    """
    assert [got for got, _ in verdicts(tmp_path, segment, people).values()] == ["in", "in", "out"]


def test_what_earlier_mailings_did(tmp_path: Path) -> None:
    segment = segment_text(
        "{clicked: any_newsletter, within_last: 30 days, at_least: 2 times}",
        more="except:\n  - {received: any_newsletter, within_last: 2 days}",
    )
    people = """
        - name: reads what we write
          received: [{any_newsletter: 3 days ago}, {any_newsletter: 10 days ago}]
          clicked: [{any_newsletter: 3 days ago}, {any_newsletter: 30 days ago}]
          expect: in
        - {name: got one today, copy: reads what we write, received: {any_newsletter: today}, expect: out}
        - {name: clicked once, clicked: {any_newsletter: 3 days ago}, expect: out}
        - {name: never, expect: out}
    """
    assert [got for got, _ in verdicts(tmp_path, segment, people).values()] == ["in", "out", "out", "out"]
    never = segment_text("{not_clicked: any_newsletter}")
    assert [got for got, _ in verdicts(tmp_path, never, "- {name: never, expect: in}").values()] == ["in"]
    assert wrong(tmp_path, "- {name: x, received: {welcome: today}, expect: in}", never) == [(4, "EXA016")]


def test_limit_chooses_among_the_people_of_the_file(tmp_path: Path) -> None:
    limit = "limit: {at_most: 1, highest: {metric: electricity_use, over: last winter}}"
    segment = segment_text("{field: language, is: fi}", more=limit)
    people = """
        - {name: much, site: {electricity_use: {last winter: 9 MWh}}, expect: in}
        - {name: little, site: {electricity_use: {last winter: 8 MWh}}, expect: left out, code: limit}
    """
    assert verdicts(tmp_path, segment, people) == {"much": ("in", ""), "little": ("left out", "limit")}


def test_what_differs_is_told_at_the_expectation(tmp_path: Path) -> None:
    segment = segment_text("{field: language, is: fi}")
    people = """
        - {name: swede, person: {language: sv}, expect: in, because: everybody reads Finnish}
        - {name: finn, expect: left out, code: NO_CONSENT}
    """
    first, second = (one.mistake() for one in tried(tmp_path, segment, people) if not one.is_as_expected)
    assert (first.file, first.line, first.code) == ("examples.yml", 4, "EXA020")
    assert first.message == "`swede` is out (drawn.yml:6), not in."
    assert first.hint == "expected because everybody reads Finnish"
    assert second.message == "`finn` is in, not left out (NO_CONSENT)."


def test_slips_are_told_at_their_place(tmp_path: Path) -> None:
    people = """
        - {name: a, sight: {heating: oil}, expect: in}
        - {name: a, expect: in}
        - {name: b, copy: nobody, expect: in}
        - {name: c, expect: maybe}
        - {expect: in}
        - {name: d}
        - just words
    """
    assert wrong(tmp_path, people) == [
        (4, "EXA008"), (5, "EXA005"), (6, "EXA006"), (7, "EXA007"), (8, "EXA002"), (9, "EXA007"),
        (10, "EXA001"),
    ]  # fmt: skip
    people = """
        - {name: a, site: {heatting: oil, building_year: old}, expect: in}
        - {name: b, site: {electricity_use: 9 MWh}, expect: in}
        - {name: c, site: {electricity_use: {last wintr: 9 MWh}}, expect: in}
        - {name: d, site: {electricity_use: {last winter: 9}}, expect: in}
        - {name: e, did: {quote_asked: today}, expect: in}
        - {name: f, did: {quote_requested: today, produkt: x}, expect: in}
        - {name: g, permission: {fax: none, email: perhaps}, expect: in}
        - {name: h, site: {heating: oil}, sites: [{heating: oil}], expect: in}
        - {name: i, did: {quote_requested: yesterday}, person: {language: fr}, expect: in}
        - {name: j, site: {vacancy_days: {last winter: 9 days}}, expect: in}
    """
    assert wrong(tmp_path, people) == [
        (4, "EXA009"), (4, "SEG035"), (5, "EXA010"), (6, "EXA010"), (7, "SEG031"), (8, "EXA011"),
        (9, "EXA011"), (10, "EXA012"), (10, "EXA012"), (11, "EXA013"), (12, "SEG036"), (12, "SEG033"),
        (13, "EXA009"),
    ]  # fmt: skip


def test_scores_and_ranks_of_the_people_of_a_file(tmp_path: Path) -> None:
    segment = segment_text("{score: churn, top: 50%, not_older_than: 14 days}")
    people = """
        - {name: a, scores: {churn: 0.9}, expect: in}
        - {name: b, scores: {churn: 0.7}, expect: in}
        - {name: c, scores: {churn: 0.2}, expect: out}
        - {name: old, scores: {churn: {value: 0.99, said: 20 days ago}}, expect: out}
        - {name: fresh, scores: {churn: {value: 0.1, said: 14 days ago}}, expect: out}
        - {name: nothing, scores: {churn: unknown}, expect: out}
        - {name: refuses, scores: {churn: 0.99}, person: {birth_year: 2012}, expect: out}
    """
    assert [one.example.name for one in tried(tmp_path, segment, people) if one.got == "in"] == ["a", "b"]
    slips = """
        - {name: a, scores: {chrun: 0.9}, expect: in}
        - {name: b, scores: {churn: {value: 0.9, sad: today}}, expect: in}
        - {name: c, scores: {churn: high}, expect: in}
    """
    assert wrong(tmp_path, slips, segment) == [(4, "EXA015"), (5, "EXA015"), (6, "SEG035")]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("- x", "EXA001"),
        ("segment: drawn\nas_of: 2026-11-24", "EXA002"),
        ("segment: drawn\npeople: [{name: a, expect: in}]", "EXA002"),
        ("segment: dawn\nas_of: 2026-11-24\npeople: [{name: a, expect: in}]", "EXA003"),
        ("segment: drawn\nas_of: today\npeople: [{name: a, expect: in}]", "EXA004"),
        ("segment: drawn\nas_of: 2026-13-24\npeople: [{name: a, expect: in}]", "SEG036"),
        ("segment: drawn\nday: x\nas_of: 2026-11-24\npeople: [{name: a, expect: in}]", "EXA008"),
        ("segment: [", "YML"),
    ],
)
def test_the_frame_of_a_file(tmp_path: Path, text: str, code: str) -> None:
    path = tmp_path / "examples.yml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(Mistakes, match=code):
        read_examples(path, "examples.yml", ["drawn"])


def test_check_tells_slips_always_and_tries_people_when_asked(tmp_path: Path) -> None:
    world.workspace(tmp_path / "ws").ledger.dispose()
    shutil.copytree(REPOSITORY / "docs" / "notices", tmp_path / "ws" / "docs" / "notices")
    folder = tmp_path / "ws" / "tests" / "segments"
    folder.mkdir(parents=True)
    head = "segment: houses\nas_of: 2026-11-24\npeople:\n"
    (folder / "houses.yml").write_text(
        f"{head}  - {{name: a, site: {{building_type: detached_house}}, expect: in}}\n", encoding="utf-8"
    )

    def check(*words: str) -> tuple[int, str]:
        done = CliRunner().invoke(app, ["-C", str(tmp_path / "ws"), "check", *words])
        lines = [
            line for line in done.output.splitlines(keepends=True) if "segments/" in line or "well" in line
        ]
        return done.exit_code, "".join(lines)

    assert check("--tests") == (0, "all well, and 1 example person in 1 file is what it should be\n")
    (folder / "houses.yml").write_text(f"{head}  - {{name: a, expect: in}}\n", encoding="utf-8")
    assert check() == (0, "all well\n")
    code, told = check("--tests")
    assert code == 1
    assert "tests/segments/houses.yml:4:23: EXA020 `a` is out (houses.yml:8), not in." in told
    (folder / "houses.yml").write_text(f"{head}  - {{name: a, expect: inn}}\n", encoding="utf-8")
    assert check()[0] == 1
    context.choose_folder(None)

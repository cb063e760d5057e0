"""Templates as files: loading, checking, rendering (attacks 4, 6-8, 10-15, 19 and 22 of the threat list)."""

from __future__ import annotations

import http.server
import os
import threading
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from campaigns.content.sources import Folder
from campaigns.content.templates import Library
from campaigns.errors import Mistakes, NotFound, UserError
from support.messages import (
    BODY,
    IMPRINT,
    LAYOUT,
    LINKS,
    MESSAGE,
    REFUSAL,
    VARIABLES,
    library,
    person,
    settings,
    write,
)

CANARY = "canary-of-another-file"


def codes(folder: Path, files: dict[str, str]) -> list[str]:
    with pytest.raises(Mistakes) as caught:
        library(folder, files).load("news")
    assert CANARY not in str(caught.value)
    return [mistake.code for mistake in caught.value.mistakes]


# -- what works ------------------------------------------------------------------------------------------


def test_a_template_is_loaded_checked_and_rendered(tmp_path: Path) -> None:
    templates = library(tmp_path)
    assert templates.names() == ["news"]
    assert templates.check() == []
    template = templates.load("news")
    assert (template.kind, template.can_be_refused, template.languages) == ("newsletter", True, ("fi",))
    assert template.uses >= {"person.first_name", "contract.end_date", "links.unsubscribe", "sender.name"}
    assert template.needs("fi") == {"contract.end_date"}
    rendered = template.render("fi", person())
    assert (rendered.subject, rendered.preheader) == ("Uutiset", "Lyhyesti")
    assert '<p style="color: #111111;">Hei Maija, 31.1.2027</p>' in rendered.html
    assert "<title>Uutiset</title>" in rendered.html
    assert f'href="{LINKS["unsubscribe"]}"' in rendered.html
    assert rendered.text.startswith("Hei Maija, 31.1.2027\n")
    assert f"stop <{LINKS['unsubscribe']}>" in rendered.text
    assert "Lyhyesti" not in rendered.text


def test_each_language_has_its_texts_and_the_rest_falls_back(tmp_path: Path) -> None:
    message = (
        MESSAGE.replace("languages: [fi]", "languages: [fi, en]")
        .replace("fallback: {sv: fi, en: fi}", "fallback: {sv: en}")
        .replace('subject: {fi: "Uutiset"}', "subject: {fi: Uutiset, en: News}")
        .replace('preheader: {fi: "Lyhyesti"}', "preheader: {fi: Lyhyesti, en: In short}")
    )
    body = "<p>{{ contract.end_date|date('long') }}, {{ (contract.fee * 12)|money }}</p>"
    message = message.replace("contract.end_date: date", "contract.end_date: date\n  contract.fee: money")
    template = library(
        tmp_path, {"news/message.yml": message, "news/fi.html": body, "news/en.html": body}
    ).load("news")
    assert [template.language_for(each) for each in ("fi", "sv", "en", None, "xx")] == [
        "fi",
        "en",
        "en",
        "fi",
        "fi",
    ]
    assert "31. tammikuuta 2027, 46,80\xa0€" in template.render("fi", person()).html
    assert "31 January 2027, €46.80" in template.render("en", person()).html
    assert template.render("en", person()).subject == "News"


def test_text_written_by_hand_takes_the_place_of_the_body_and_keeps_the_legal_part(tmp_path: Path) -> None:
    text = "Hei!\n\n{% if person.first_name %}\nSinä, {{ person.first_name }}\n\n{% endif %}\nLoppu\n"
    template = library(tmp_path, {"news/fi.txt": text}).load("news")
    assert template.render("fi", person()).text.startswith("Hei!\n\nSinä, Maija\n\nLoppu\n\nEnergia Oy")
    nameless = person(person={"first_name": None})
    assert template.render("fi", nameless).text.startswith("Hei!\n\nLoppu\n\nEnergia Oy")
    assert LINKS["unsubscribe"] in template.render("fi", nameless).text


def test_a_subject_may_hold_values_and_is_escaped_where_it_is_html(tmp_path: Path) -> None:
    message = MESSAGE.replace('"Uutiset"', '"A & B, {{ contract.end_date|date }}"')
    rendered = library(tmp_path, {"news/message.yml": message}).load("news").render("fi", person())
    assert rendered.subject == "A & B, 31.1.2027"
    assert "<title>A &amp; B, 31.1.2027</title>" in rendered.html


def test_conditions_may_stand_between_table_rows_and_round_list_items(tmp_path: Path) -> None:
    body = (
        "<table><tr><td>A</td><td>1</td></tr>{% if person.first_name %}<tr><td>B</td>"
        "<td>{{ person.first_name }}</td></tr>{% endif %}<tr><td>C</td><td>{{ contract.end_date|date }}</td>"
        "</tr></table>"
        "<ul><li>x</li>{% if person.first_name %}<li>y</li>{% endif %}</ul><p>end</p>"
    )
    template = library(tmp_path, {"news/fi.html": body}).load("news")
    full, bare = template.render("fi", person()), template.render("fi", person(person={"first_name": None}))
    assert full.text.startswith("A: 1\nB: Maija\nC: 31.1.2027\n\n* x\n* y\n\nend\n")
    assert bare.text.startswith("A: 1\nC: 31.1.2027\n\n* x\n\nend\n")
    assert (full.html.count("<tr"), bare.html.count("<tr")) == (4, 3)
    assert (full.html.count("<li"), bare.html.count("<li")) == (2, 1)


def test_parts_of_the_layout_can_be_shared(tmp_path: Path) -> None:
    files = {
        "layout/button.html": '<p><a href="https://www.energia.fi/">{{ contract.end_date|date }}</a></p>',
        "news/fi.html": BODY + '{% include "layout/button.html" %}',
    }
    templates = library(tmp_path, files)
    assert templates.check() == []
    assert ">31.1.2027</a>" in templates.load("news").render("fi", person()).html


def test_the_hash_covers_all_that_shapes_the_bytes(tmp_path: Path) -> None:  # faults 69, 70
    changes = [
        {},
        {"news/fi.html": BODY + "<p>x</p>"},
        {"layout/message.html": LAYOUT.replace("#111111", "#222222")},
        {"layout/newsletter.fi.html": IMPRINT + REFUSAL + "<p>x</p>"},
        {"news/message.yml": MESSAGE.replace("Uutiset", "Uutisia")},
        {"news/message.yml": MESSAGE + "reply_to: asiakaspalvelu@energia.fi\n"},
        {"news/fi.txt": "Hei"},
    ]
    hashes = [library(tmp_path / str(n), files).load("news").hash for n, files in enumerate(changes)]
    assert len(set(hashes)) == len(changes)
    assert library(tmp_path / "again").load("news").hash == hashes[0]


# -- mistakes in message.yml -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("kind: newsletter", "kind: newsleter", "TPL003"),
        ("title: News", "titel: News", "TPL001"),
        ("fallback: {sv: fi, en: fi}", "fallback: {sv: fi}", "TPL003"),
        ('subject: {fi: "Uutiset"}', 'subject: {en: "News"}', "TPL002"),
        ('subject: {fi: "Uutiset"}', 'subject: {fi: ""}', "TPL002"),
        ('"Uutiset"', '"{{ contract.prodct }}"', "TPL011"),
        ('"Uutiset"', "\"{% include 'layout/x.html' %}\"", "TPL006"),
        ("person.first_name: text?", "person.complaint: text?", "TPL016"),  # attack 6
        ("person.first_name: text?", "person.identity_code: text?", "TPL011"),  # attack 6
        ("person.first_name: text?", "person.first_name: date?", "TPL014"),
        ("person.first_name: text?", "sender.name: text", "TPL014"),
        ("title: News", "title: News\ncontroller: enrgy", "TPL008"),
        ("title: News", "title: News\nfrom: {name: tuki@energia.fi}", "TPL003"),  # attack 31
        ("title: News", "title: News\nfrom: {email: a@xn--energa-7ya.fi}", "TPL008"),  # attack 31
        ("title: News", "title: News\nreply_to: a@evil.fi", "TPL008"),
        ("title: News", 'title: News\nreply_to: "a@energia.fi, b@energia.fi"', "TPL003"),
        ("title: News", "title: News\nlayout: ../../x", "TPL003"),
        ("title: News", "title: News\nlayout: missing", "TPL005"),
    ],
)
def test_a_mistake_in_the_definition_is_told(tmp_path: Path, old: str, new: str, code: str) -> None:
    assert old in MESSAGE
    assert code in codes(tmp_path, {"news/message.yml": MESSAGE.replace(old, new)})


def test_a_typo_in_a_subject_is_shown_where_it_stands(tmp_path: Path) -> None:
    message = MESSAGE.replace('"Uutiset"', '"{{ contract.prodct }}"')
    with pytest.raises(Mistakes) as caught:
        library(tmp_path, {"news/message.yml": message}).load("news")
    (mistake,) = caught.value.mistakes
    assert (mistake.file, mistake.line, mistake.column) == ("templates/news/message.yml", 5, 19)
    assert message.split("\n")[4][18:].startswith("contract.prodct")


def test_all_mistakes_of_all_templates_come_at_once(tmp_path: Path) -> None:
    files = {
        "news/fi.html": '<p onclick="x">{{ contract.prodct }}</p><form></form>',
        "other/message.yml": MESSAGE.replace("kind: newsletter", "kind: nothing"),
        "other/fi.html": BODY,
    }
    found = library(tmp_path, files).check()
    assert {(mistake.file, mistake.code) for mistake in found} == {
        ("templates/news/fi.html", "TPL011"),
        ("templates/news/fi.html", "TPL020"),
        ("templates/news/fi.html", "TPL021"),
        ("templates/other/message.yml", "TPL003"),
    }


def test_a_template_that_does_not_exist_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="did you mean `news`"):
        library(tmp_path).load("newz")
    with pytest.raises(NotFound):
        library(tmp_path).load("layout")
    with pytest.raises(NotFound):
        library(tmp_path).load("../templates/news")


# -- legal parts -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("legal", "code"),
    [
        (IMPRINT, "TPL030"),  # attack 22: marketing without a way to refuse
        (IMPRINT + "{% if mailing.title %}" + REFUSAL + "{% endif %}", "TPL030"),
        (REFUSAL, "TPL030"),
        (REFUSAL + IMPRINT.replace("{{ sender.address }}", ""), "TPL030"),
    ],
)
def test_a_message_without_its_legal_part_is_refused(tmp_path: Path, legal: str, code: str) -> None:
    assert code in codes(tmp_path, {"layout/newsletter.fi.html": legal})


def test_a_layout_without_a_place_for_it_is_refused(tmp_path: Path) -> None:
    assert "TPL030" in codes(tmp_path, {"layout/message.html": LAYOUT.replace("{% include legal %}", "")})


def test_a_service_message_has_no_way_to_refuse(tmp_path: Path) -> None:
    service = MESSAGE.replace("kind: newsletter", "kind: service")
    assert library(tmp_path / "good", {"news/message.yml": service}).check() == []
    files = {"news/message.yml": service, "layout/service.fi.html": IMPRINT + REFUSAL}
    assert codes(tmp_path / "bad", files) == ["TPL031"]


def test_a_link_that_a_person_would_not_see_stops_their_message(tmp_path: Path) -> None:  # attack 22
    template = library(tmp_path).load("news")
    with pytest.raises(UserError, match="CON111"):
        template.render("fi", person(links={**LINKS, "unsubscribe": ""}))


# -- values ----------------------------------------------------------------------------------------------


def test_a_missing_value_is_named_before_anything_is_rendered(tmp_path: Path) -> None:
    template = library(tmp_path).load("news")
    lacking = person(contract={}, person={})
    assert template.missing("fi", lacking) == ["contract.end_date"]
    with pytest.raises(UserError, match=r"CON101 `contract\.end_date` is missing"):
        template.render("fi", lacking)
    assert template.missing("fi", person()) == []


@pytest.mark.parametrize(
    "name",
    [
        "<script>alert(1)</script>",
        '"><img src=x onerror=1>',
        "</p></td><mj-raw><script>",
        "' onmouseover='x",
        "&lt;b&gt;",
        "<!-- -->",
    ],
)
def test_a_hostile_name_is_escaped_in_html_and_literal_in_text(
    tmp_path: Path, name: str
) -> None:  # attack 13
    body = '<p title="{{ person.first_name|default("x") }}">{{ person.first_name|default("x") }}</p>'
    template = library(tmp_path, {"news/fi.html": BODY + body}).load("news")
    rendered = template.render("fi", person(person={"first_name": name}))
    harmless = template.render("fi", person(person={"first_name": "Maija"}))
    assert tags(rendered.html) == tags(harmless.html)
    assert f"\n{name}\n" in rendered.text


@pytest.mark.parametrize(
    "name", ["{{7*7}}", "{% raw %}", "${7*7}", "-name-", "%recipient%", "JINJA0001X", "#{x}"]
)
def test_nothing_in_a_name_is_evaluated(tmp_path: Path, name: str) -> None:  # attack 14
    rendered = library(tmp_path).load("news").render("fi", person(person={"first_name": name}))
    assert f"Hei {name}," in rendered.text
    assert f"Hei {name}," in rendered.html


@pytest.mark.parametrize(
    "product", ["javascript:alert(1)", "//evil.fi", 'a b&c=d"ä\n', "https://own.fi@evil.fi"]
)
def test_a_value_in_a_link_is_one_encoded_part(tmp_path: Path, product: str) -> None:  # attacks 15, 16
    message = MESSAGE.replace("contract.end_date: date", "contract.end_date: date\n  contract.product: text")
    body = BODY + '<a href="https://www.energia.fi/x?p={{ contract.product|urlencode }}">x</a>'
    template = library(tmp_path, {"news/message.yml": message, "news/fi.html": body}).load("news")
    values = person()
    rendered = template.render("fi", {**values, "contract": {**values["contract"], "product": product}})
    (link,) = [href for href in hrefs(rendered.html) if href.startswith("https://www.energia.fi/x")]
    assert set(link.partition("?p=")[2]) <= set(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~%"
    )


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, tuple[str, ...]]] = []
        self.hrefs: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(name for name, _ in attrs)))
        self.hrefs += [value or "" for name, value in attrs if name == "href"]


def _read(html: str) -> _Tags:
    parser = _Tags()
    parser.feed(html)
    return parser


def tags(html: str) -> list[tuple[str, tuple[str, ...]]]:
    return _read(html).tags


def hrefs(html: str) -> list[str]:
    return _read(html).hrefs


# -- files that are not ours -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "../../secret.html",
        "layout/../../secret.html",
        "/etc/passwd",
        "{OUT}",
        "..%2fsecret.html",
        "layout\\\\secret.html",
        "layout/secret\\0.html",
        "layout/link.html",
        "linked/secret.html",
        "layout/missing.html",
        "layout/fifo.html",
        "layout",
        "",
    ],
)
def test_includes_read_nothing_outside(tmp_path: Path, name: str) -> None:  # attack 7
    (tmp_path / "secret.html").write_text(f"<p>{CANARY}</p>", encoding="utf-8")
    folder = write(tmp_path, {})
    (folder / "layout" / "link.html").symlink_to(tmp_path / "secret.html")
    (folder / "linked").symlink_to(tmp_path, target_is_directory=True)
    os.mkfifo(folder / "layout" / "fifo.html")
    name = name.replace("{OUT}", str(tmp_path / "secret.html"))
    body = BODY + '{% include "' + name + '" %}'
    assert {"TPL006"} <= set(codes(tmp_path, {"news/fi.html": body}))


def test_a_file_that_includes_itself_is_told(tmp_path: Path) -> None:  # attack 10
    files = {
        "layout/a.html": '{% include "layout/b.html" %}',
        "layout/b.html": '{% include "layout/a.html" %}',
        "news/fi.html": BODY + '{% include "layout/a.html" %}',
    }
    with pytest.raises(Mistakes, match="includes itself"):
        library(tmp_path, files).load("news")


@pytest.mark.parametrize(
    "name",
    [
        "{__import__('os')}.html",
        "a\nb.html",
        "a\x1b[2J.html",
        "Fi.html",
        "fi.html.bak",
        "fi.js",
        "å.html",
        "-rf.html",
    ],
)
def test_a_file_name_that_no_template_has_is_refused(tmp_path: Path, name: str) -> None:  # attack 8
    folder = write(tmp_path, {})
    (folder / "news" / name).write_text("x", encoding="utf-8")
    (mistake,) = Folder(folder).strangers()
    assert mistake.code == "TPL004"
    assert str(mistake).isprintable() or "\n      " in str(mistake)
    assert "\x1b" not in str(mistake)


def test_a_folder_that_is_a_link_is_refused(tmp_path: Path) -> None:  # attack 7
    folder = write(tmp_path, {})
    (folder / "other").symlink_to(folder / "news")
    assert [mistake.code for mistake in Folder(folder).strangers()] == ["TPL004"]
    with pytest.raises(Mistakes, match="TPL005"):
        Library(folder, settings(), VARIABLES).load("other")


@pytest.mark.parametrize(
    "raw", [b"<p>\xff</p>", b"\xef\xbb\xbf<p>x</p>", b"<p>\x00</p>", b"<p>\xee\x80\x80</p>"]
)
def test_a_file_that_is_not_plain_text_is_refused(tmp_path: Path, raw: bytes) -> None:
    folder = write(tmp_path, {})
    (folder / "news" / "fi.html").write_bytes(raw)
    with pytest.raises(Mistakes, match="TPL005"):
        Library(folder, settings(), VARIABLES).load("news")


def test_a_huge_file_is_refused(tmp_path: Path) -> None:  # attack 18
    assert codes(tmp_path, {"news/fi.html": "<p>" + "x" * 10_000_000}) == ["TPL005"]


def test_nested_tags_end_in_a_mistake(tmp_path: Path) -> None:  # attack 18
    nested = "<div>" * 5_000 + BODY + "</div>" * 5_000
    assert "TPL026" in codes(tmp_path, {"news/fi.html": nested})


# -- the network, the environment ------------------------------------------------------------------------


@pytest.fixture
def loopback() -> Iterator[tuple[int, list[str]]]:
    """A server that counts who comes."""
    hits: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            hits.append(self.path)
            self.send_error(404)

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server.server_address[1], hits
    server.shutdown()
    thread.join()
    server.server_close()


def test_nothing_is_fetched_and_no_file_is_read(
    tmp_path: Path, loopback: tuple[int, list[str]]
) -> None:  # attack 19
    """Also past the check: the inliner itself loads nothing."""
    from campaigns.content.compiling import _inliner

    port, hits = loopback
    secret = tmp_path / "secret.css"
    secret.write_text(f"p {{ color: red; content: '{CANARY}' }}", encoding="utf-8")
    sources = [f"http://127.0.0.1:{port}/x.css", f"file://{secret}", str(secret)]
    links = "".join(f'<link rel="stylesheet" href="{source}">' for source in sources)
    imports = "".join(f"@import url('{source}');" for source in sources)
    page = f"<html><head>{links}<style>{imports} p {{ margin: 0 }}</style></head><body><p>x</p></body></html>"
    inlined = _inliner().inline(page)
    assert CANARY not in inlined
    assert hits == []
    assert {"TPL020", "TPL025"} <= set(
        codes(tmp_path, {"news/fi.html": BODY + links + f"<style>{imports}</style>"})
    )
    assert hits == []


def test_a_template_cannot_reach_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # attack 4
    monkeypatch.setenv("SENDGRID_API_KEY", CANARY)
    found = codes(
        tmp_path, {"news/fi.html": BODY + "{{ env('SENDGRID_API_KEY') }}{{ settings }}{{ config }}"}
    )
    assert set(found) == {"TPL010", "TPL011"}


# -- size and time ---------------------------------------------------------------------------------------


def test_a_message_that_gmail_clips_is_a_warning(tmp_path: Path) -> None:  # attack 11
    examined = library(
        tmp_path, {"news/fi.html": BODY + f"<p>{'sana ' * 19_000}</p>" + long_part()}
    ).examine()
    assert examined.mistakes == []
    assert [warning.code for warning in examined.warnings] == ["TPL043"]


def long_part() -> str:
    return "{% for a in [1, 2] %}<p>" + "x" * 4_000 + "</p>{% endfor %}"


def test_a_message_over_one_megabyte_is_a_mistake(tmp_path: Path) -> None:  # attack 11
    loop = "{% for a in [" + ", ".join("1" * 40) + "] %}"
    body = BODY + loop + "<p>" + "x" * 30_000 + "</p>{% endfor %}"
    found = library(tmp_path, {"news/fi.html": body}).check()
    assert [mistake.code for mistake in found] == ["TPL041"]
    assert "1,000,000 characters" in found[0].message


def test_a_message_that_grew_too_large_for_one_person_is_not_sent(tmp_path: Path) -> None:
    loop = "{% for a in [" + ", ".join("1" * 90) + "] %}{% for b in [1, 2, 3, 4, 5, 6, 7, 8] %}"
    body = BODY + loop + '{{ person.first_name|default("x") }}{% endfor %}{% endfor %}'
    template = library(tmp_path, {"news/fi.html": body}).load("news")
    template.render("fi", person())
    with pytest.raises(UserError, match="CON112"):
        template.render("fi", person(person={"first_name": "x" * 1_900}))


def test_variables_of_a_forbidden_category_are_off_for_all(tmp_path: Path) -> None:
    off = settings().categories["identity"].model_copy(update={"templates": False})
    changed = settings().model_copy(update={"categories": {**settings().categories, "identity": off}})
    with pytest.raises(Mistakes, match="TPL016"):
        Library(write(tmp_path, {}), changed, VARIABLES).load("news")
    unknown = {**VARIABLES, "person.first_name": replace(VARIABLES["person.first_name"], category="nowhere")}
    with pytest.raises(Mistakes, match="TPL016"):
        Library(write(tmp_path, {}), settings(), unknown).load("news")

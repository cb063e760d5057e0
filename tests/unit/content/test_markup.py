"""What a template's HTML may hold: attacks 12, 15, 16, 19 and 20 of the threat list."""

from __future__ import annotations

import pytest

from campaigns.content.markup import MAX_NESTING, examine
from campaigns.content.protection import constructs
from campaigns.content.sources import Piece

OWN = ("energia.fi", "viesti.energia.fi")


def found(text: str) -> list[str]:
    piece = Piece(file="x.html", text=text)
    return [mistake.code for mistake in examine(piece, constructs(piece), own_hosts=OWN)]


@pytest.mark.parametrize(
    "text",
    [
        "<p>Hei {{ person.first_name }}!<br>Näin &amp; noin</p>",
        '<a href="https://www.energia.fi/x?a=1&amp;b=2#c">x</a>',
        '<a href="https://www.energia.fi/x?a={{ contract.product|urlencode }}">x</a>',
        '<a href="https://www.energia.fi/{{ contract.product|lower|urlencode }}/">x</a>',
        '<a href="{{ links.unsubscribe }}">x</a>',
        '<a href="mailto:{{ sender.email }}">x</a>',
        '<a href="mailto:asiakaspalvelu@energia.fi?subject=Hei%20vaan">x</a>',
        '<a href="tel:+358290008000">x</a>',
        '<img src="https://www.energia.fi/kuva.png" alt="{{ contract.product }}" width="100">',
        '<table role="presentation"><tr>{% if contract.product %}<td>x</td>{% endif %}</tr></table>',
        "{% if contract.product %}<p>a</p>{% else %}<p>b</p>{% endif %}",
        "<!-- plain words -->",
        '<style data-css-inline="keep">@media (max-width: 600px) { p { color: red } }</style>',
        '<div aria-hidden="true">x</div>',
    ],
)
def test_what_a_message_needs_is_allowed(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        # attack 20, and elements that run, load or collect
        ("<form></form>", "TPL020"),
        ("<script>alert(1)</script>", "TPL020"),
        ("<ScRiPt>alert(1)</sCrIpT>", "TPL020"),
        ("<iframe></iframe>", "TPL020"),
        ("<object></object>", "TPL020"),
        ("<svg></svg>", "TPL020"),
        ("<input>", "TPL020"),
        ('<mj-include path="/etc/passwd" type="css">', "TPL020"),  # attack 17
        ('<meta http-equiv="refresh" content="0;url=https://evil.fi">', "TPL021"),
        ('<meta name="referrer" content="unsafe-url">', "TPL021"),
        ('<base href="https://evil.fi/">', "TPL020"),
        ('<p onclick="x()">x</p>', "TPL021"),
        ('<p ONCLICK="x()">x</p>', "TPL021"),
        ('<img src="https://www.energia.fi/x.png" alt="" onerror="x()">', "TPL021"),
        ('<img src="https://www.energia.fi/x.png" srcset="https://evil.fi/x.png 2x" alt="">', "TPL021"),
        ('<td background="https://evil.fi/x.png">x</td>', "TPL021"),
        # attack 19: styles and images that would be fetched
        ('<link rel="stylesheet" href="http://127.0.0.1:9/x.css">', "TPL020"),
        ('<link rel="stylesheet" href="file:///etc/passwd">', "TPL020"),
        ("<style>@import url(https://evil.fi/x.css);</style>", "TPL025"),
        ("<style>p { background: url( 'https://evil.fi/x.png') }</style>", "TPL025"),
        ("<style>p { background: u\\72l(https://evil.fi/x.png) }</style>", "TPL025"),
        ('<p style="background: URL(https://evil.fi)">x</p>', "TPL025"),
        ('<p style="width: expression(alert(1))">x</p>', "TPL025"),
        ('<img src="file:///etc/passwd" alt="">', "TPL023"),
        ('<img src="/etc/passwd" alt="">', "TPL023"),
        ('<img src="http://169.254.169.254/" alt="">', "TPL023"),
        ('<img src="https://tracker.example/x.gif" alt="">', "TPL023"),
        ('<img src="https://energia.fi.evil.fi/x.gif" alt="">', "TPL023"),
        ('<img src="https://energia.fi@evil.fi/x.gif" alt="">', "TPL023"),
        ('<img src="data:image/png;base64,AAAA" alt="">', "TPL023"),
        ('<img src="{{ links.privacy }}" alt="">', "TPL027"),
        ('<?xml version="1.0"?><p>x</p>', "TPL020"),
        ("<![CDATA[x]]>", "TPL020"),
        ('<!ENTITY x SYSTEM "file:///etc/passwd">', "TPL020"),
        # attack 15: where a link may point
        ('<a href="javascript:alert(1)">x</a>', "TPL022"),
        ('<a href=" JaVaScRiPt:alert(1)">x</a>', "TPL022"),
        ('<a href="java&#115;cript:alert(1)">x</a>', "TPL022"),
        ('<a href="data:text/html,x">x</a>', "TPL022"),
        ('<a href="http://www.energia.fi/">x</a>', "TPL022"),
        ('<a href="//evil.fi">x</a>', "TPL022"),
        ('<a href="/path">x</a>', "TPL022"),
        ('<a href="https:evil.fi">x</a>', "TPL022"),
        ('<a href="https://own.fi@evil.fi">x</a>', "TPL022"),
        ('<a href="https://own.fi%2eevil.fi">x</a>', "TPL022"),
        ('<a href="https://own.fi\\@evil.fi">x</a>', "TPL022"),
        ('<a href="https://ówn.fi/">x</a>', "TPL022"),
        ('<a href="{{ contract.product }}">x</a>', "TPL022"),
        ('<a href="{{ links.unsubscribe }}{{ contract.product }}">x</a>', "TPL022"),
        ('<a href="{{ links.unsubscribe|upper }}">x</a>', "TPL022"),
        ('<a href="https://{{ contract.product|urlencode }}/">x</a>', "TPL022"),
        ('<a href="https://own.fi{{ contract.product|urlencode }}">x</a>', "TPL022"),
        ('<a href="https://own.fi:{{ contract.months }}/">x</a>', "TPL022"),
        ('<a href="mailto:{{ contract.product }}">x</a>', "TPL022"),
        ('<a href="mailto:a@b.fi,c@d.fi">x</a>', "TPL022"),
        ('<a href="mailto:a@b.fi?bcc=c@d.fi">x</a>', "TPL022"),
        ('<p href="https://own.fi/">x</p>', "TPL022"),
        # attack 16: a value in a query is one encoded parameter
        ('<a href="https://own.fi/?q={{ contract.product }}">x</a>', "TPL022"),
        ('<a href="https://own.fi/?q={{ contract.product|urlencode|lower }}">x</a>', "TPL022"),
        ('<a href="https://own.fi/?q={% if contract.product %}a{% endif %}">x</a>', "TPL022"),
        ('<a href="https://own.fi/?q=a b">x</a>', "TPL022"),
        # attack 12: where a value would not be safe although it is escaped
        ("<a href={{ links.unsubscribe }}>x</a>", "TPL027"),
        ("<p class={{ contract.product }}>x</p>", "TPL027"),
        ('<p class="{{ contract.product }}">x</p>', "TPL027"),
        ('<p style="color: {{ contract.product }}">x</p>', "TPL027"),
        ("<p {% if contract.product %}class='x'{% endif %}>x</p>", "TPL027"),
        ("<style>p { color: {{ contract.product }} }</style>", "TPL027"),
        ("<!-- {{ contract.product }} -->", "TPL027"),
        ("<!--[if mso]><script></script><![endif]-->", "TPL020"),
        ("<!-- <b>x</b> -->", "TPL020"),
        # text for those who do not see images, and balance
        ('<img src="https://www.energia.fi/x.png">', "TPL024"),
        ("<p>x", "TPL026"),
        ("<p>x</div></p>", "TPL026"),
        ("<div><p>x</div>", "TPL026"),
        ("<div/>", "TPL026"),
        ('<p class="a" class="b">x</p>', "TPL021"),
        ("a < b", "TPL020"),
        ("<!-- x", "TPL020"),
        ("<div>" * (MAX_NESTING + 1) + "</div>" * (MAX_NESTING + 1), "TPL026"),
    ],
)
def test_everything_else_is_a_mistake(text: str, code: str) -> None:
    assert code in found(text)


def test_a_mistake_is_shown_where_it_stands() -> None:
    text = '<p>{{ person.first_name }}</p>\n<p>{{ a }} <a href="javascript:x">x</a></p>'
    piece = Piece(file="x.html", text=text)
    (mistake,) = examine(piece, constructs(piece), own_hosts=OWN)
    assert (mistake.line, mistake.column) == (2, 12)


def test_lines_inside_a_construct_are_counted() -> None:
    piece = Piece(file="x.html", text="<p>{{ a\n|upper\n}}</p>\n<form></form>")
    assert examine(piece, constructs(piece), own_hosts=OWN)[0].line == 4


def test_a_foreign_image_host_is_named() -> None:
    piece = Piece(file="x.html", text='<img src="https://tracker.example/x.gif" alt="">')
    (mistake,) = examine(piece, constructs(piece), own_hosts=OWN)
    assert "`tracker.example`" in mistake.message


@pytest.mark.parametrize(
    "unit", ["<!--", "<a ", "<![", "<!", "<?", "<style>", "</", '<a href="', "&#", "<p a=' "]
)
def test_hostile_repetition_ends_soon(unit: str) -> None:
    """At the size limit of a file a parser that backtracks would take minutes."""
    assert found(unit * (100_000 // len(unit))) or unit == "&#"

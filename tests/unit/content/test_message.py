"""The bytes of a message, against what the standard library builds and reads."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from campaigns.content.definitions import Message
from campaigns.content.headers import MAX_LINE
from campaigns.content.links import unsubscribe_mailto
from campaigns.content.message import ONE_CLICK, MessageFactory
from campaigns.content.rendering import Rendered
from campaigns.errors import UserError
from support.messages import LINKS, settings

few = effort(max_examples=60)
NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
REFERENCE = "0123456789abcdef0123456789abcdef"
TEXTS = Rendered(subject="Uutiset", preheader="", html="<p>Hei ä</p>\n", text="Hei ä\n")


def message(kind: str = "newsletter", **more: Any) -> Message:
    return Message.model_validate(
        {
            "title": "x",
            "kind": kind,
            "languages": ["fi"],
            "fallback": {"sv": "fi", "en": "fi"},
            "subject": {"fi": "x"},
            "preheader": {"fi": "x"},
            **more,
        }
    )


def factory(kind: str = "newsletter", controller: str = "energy", **more: Any) -> MessageFactory:
    return MessageFactory(message(kind, **more), settings=settings(), controller=controller, mailing="news")


def build(
    texts: Rendered = TEXTS, *, to: str = "maija@example.fi", made: MessageFactory | None = None
) -> bytes:
    return (made or factory()).build(
        texts, to=to, message_ref=REFERENCE, date=NOW, unsubscribe_url=LINKS["unsubscribe"]
    )


def slow(texts: Rendered, to: str) -> EmailMessage:
    """The same message, all of it by the standard library: the oracle."""
    found = EmailMessage(policy=SMTP)
    found["From"] = Address("Energia", addr_spec="uutiset@viesti.energia.fi")
    found["To"] = to
    found["Subject"] = texts.subject
    found["Date"] = format_datetime(NOW)
    found["Message-ID"] = f"<{REFERENCE}@viesti.energia.fi>"
    mailto = unsubscribe_mailto(settings().controllers["energy"], LINKS["unsubscribe"])
    found["List-Unsubscribe"] = f"<{LINKS['unsubscribe']}>, <{mailto}>"
    found["List-Unsubscribe-Post"] = ONE_CLICK
    found["List-Id"] = "<newsletter.viesti.energia.fi>"
    found["Feedback-ID"] = "news:newsletter:newsletter:energy"
    found.set_content(texts.text)
    found.add_alternative(texts.html, subtype="html")
    return found


def read(payload: bytes) -> Any:
    return message_from_bytes(payload, policy=SMTP)


def bodies(found: Any) -> list[str]:
    return [part.get_content().replace("\r\n", "\n").rstrip("\n") for part in found.iter_parts()]


BODIES = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\r"), max_size=400)
LINES = st.lists(
    st.sampled_from(
        ["", ".", "..", "From x", " trailing ", "\t", "ä" * 90, "x" * 1_200, "=3D", "--=_", "MAIL FROM:<x>"]
    )
).map("\n".join)
SUBJECTS = st.text(
    st.characters(codec="utf-8", categories=("L", "N", "P", "Zs", "So")), min_size=1, max_size=200
).filter(lambda text: "=?" not in text and text.strip() == text)


@few
@given(subject=SUBJECTS, html=BODIES | LINES, text=BODIES | LINES)
def test_it_reads_as_the_slow_way_does(subject: str, html: str, text: str) -> None:
    texts = Rendered(subject=subject, preheader="", html=html, text=text)
    quick, oracle = read(build(texts)), slow(texts, "maija@example.fi")
    assert quick.keys()[:9] == oracle.keys()[:9]
    for name in oracle.keys()[:9]:
        if name != "Subject":
            assert "".join(str(quick[name]).split()) == "".join(str(oracle[name]).split()), name
    assert " ".join(str(quick["Subject"]).split()) == " ".join(subject.split())
    assert bodies(quick) == [text.rstrip("\n"), html.rstrip("\n")]
    assert [part.get_content_type() for part in quick.iter_parts()] == ["text/plain", "text/html"]
    assert quick.defects == []


@few
@given(html=BODIES | LINES, text=BODIES | LINES)
def test_the_bytes_are_fit_for_smtp(html: str, text: str) -> None:  # attacks 27, 28
    payload = build(replace(TEXTS, html=html, text=text))
    assert payload.isascii()
    assert payload.count(b"\r") == payload.count(b"\n") == payload.count(b"\r\n")
    assert max(map(len, payload.split(b"\r\n"))) <= MAX_LINE
    assert b"\r\n.\r\n" not in payload


def test_a_word_of_a_hundred_thousand_signs_fits() -> None:  # attack 28
    payload = build(replace(TEXTS, html="ä" * 100_000))
    assert max(map(len, payload.partition(b"\r\n\r\n")[2].split(b"\r\n"))) <= 76


def test_the_headers_of_a_newsletter() -> None:
    found = read(build())
    assert found.keys() == [
        "From",
        "To",
        "Subject",
        "Date",
        "Message-ID",
        "List-Unsubscribe",
        "List-Unsubscribe-Post",
        "List-Id",
        "Feedback-ID",
        "MIME-Version",
        "Content-Type",
    ]
    assert found["From"] == "Energia <uutiset@viesti.energia.fi>"
    assert found["To"] == "maija@example.fi"
    assert found["Message-ID"] == f"<{REFERENCE}@viesti.energia.fi>"
    assert found["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    web, mail = str(found["List-Unsubscribe"]).split(", ")
    assert web == f"<{LINKS['unsubscribe']}>"
    assert mail.startswith("<mailto:asiakaspalvelu@energia.fi?subject=unsubscribe%20")
    assert found["List-Id"] == "<newsletter.viesti.energia.fi>"
    assert found["Reply-To"] is None
    assert found["Auto-Submitted"] is None


def test_a_service_message_has_no_list_headers() -> None:
    made = factory("service", reply_to="asiakaspalvelu@energia.fi")
    payload = made.build(TEXTS, to="a@x.fi", message_ref=REFERENCE, date=NOW)
    found = read(payload)
    assert not [name for name in found if name.startswith("List-")]
    assert found["Reply-To"] == "asiakaspalvelu@energia.fi"
    with pytest.raises(UserError, match="CON205"):
        made.build(TEXTS, to="a@x.fi", message_ref=REFERENCE, date=NOW, unsubscribe_url=LINKS["unsubscribe"])


def test_an_answer_says_that_it_is_automatic() -> None:
    payload = factory("reply").build(TEXTS, to="a@x.fi", message_ref=REFERENCE, date=NOW)
    assert read(payload)["Auto-Submitted"] == "auto-generated"


@pytest.mark.parametrize("kind", ["newsletter", "marketing", "survey"])
def test_marketing_without_an_unsubscribe_link_is_not_built(kind: str) -> None:  # attack 22
    with pytest.raises(UserError, match="CON205"):
        factory(kind).build(TEXTS, to="a@x.fi", message_ref=REFERENCE, date=NOW)
    with pytest.raises(UserError, match="CON205"):
        factory(kind).parts(TEXTS, message_ref=REFERENCE)


@pytest.mark.parametrize(
    "subject",
    ["Hei\r\nBcc: e@x.fi", "Hei\x85x", "Hei\u2028x", "=?utf-8?q?a=0ABcc:_e@x.fi?=", "=?utf-8?b?Cg==?="],
)
def test_a_hostile_subject_concerns_one_person(subject: str) -> None:  # attacks 23, 24
    made = factory()
    with pytest.raises(UserError, match="CON201"):
        build(replace(TEXTS, subject=subject), made=made)
    with pytest.raises(UserError, match="CON201"):
        made.parts(
            replace(TEXTS, subject=subject), message_ref=REFERENCE, unsubscribe_url=LINKS["unsubscribe"]
        )
    assert read(build(made=made))["Subject"] == "Uutiset"


@pytest.mark.parametrize(
    "to", ["a@x.fi, v@y.fi", "a@x.fi\r\nBcc: v@y.fi", "<a@x.fi>", "a@x.fi=?", "-oQ@x.fi"]
)
def test_a_hostile_address_concerns_one_person(to: str) -> None:  # attacks 25, 26
    with pytest.raises(UserError, match="CON202"):
        build(to=to)


@pytest.mark.parametrize(
    "url",
    ["https://x.fi/u/A\r\nBcc: e@x.fi", "https://x.fi/u/=?utf-8?q?a=0ABcc:_e@x.fi?=", "https://x.fi/\u2028"],
)
def test_a_hostile_link_is_refused(url: str) -> None:  # attacks 23, 24
    with pytest.raises(UserError, match="CON201"):
        factory().build(TEXTS, to="a@x.fi", message_ref=REFERENCE, date=NOW, unsubscribe_url=url)


@pytest.mark.parametrize("reference", ["", "person 5", "a@b.fi", "ABCDEFGH", "abcdefgh\r\n", "x" * 65])
def test_the_message_id_is_an_opaque_word(reference: str) -> None:  # attack 30
    with pytest.raises(UserError, match="CON201"):
        factory().build(
            TEXTS, to="a@x.fi", message_ref=reference, date=NOW, unsubscribe_url=LINKS["unsubscribe"]
        )


def test_senders_come_from_the_settings() -> None:  # attack 31
    own = {"from": {"name": "Energian uutiset", "email": "kirje@viesti.energia.fi"}}
    assert read(build(made=factory(**own)))["From"] == "Energian uutiset <kirje@viesti.energia.fi>"
    assert "=?utf-8?q?S" in build(made=factory(controller="network")).decode()
    for email in ("kirje@xn--energa-7ya.fi", "kirje@verkko.fi", "kirje@evil.viesti.energia.fi"):
        with pytest.raises(UserError, match="CON204"):
            factory(**{"from": {"email": email}})


def test_the_parts_for_an_api_hold_what_the_bytes_hold() -> None:
    parts = factory(reply_to="asiakaspalvelu@energia.fi").parts(
        TEXTS, message_ref=REFERENCE, unsubscribe_url=LINKS["unsubscribe"]
    )
    assert (parts.sender_email, parts.sender_name) == ("uutiset@viesti.energia.fi", "Energia")
    assert parts.reply_to == "asiakaspalvelu@energia.fi"
    assert set(parts.headers) == {"List-Unsubscribe-Post", "List-Id", "Feedback-ID"}
    assert set(parts.personal_headers) == {"List-Unsubscribe"}
    assert "maija" not in repr(parts)


def test_equal_input_gives_equal_bytes() -> None:
    assert build() == build(made=factory())

"""Every adapter hands over what `FIELDS` says of it and nothing else, read from what really leaves.

Each person of the register has a last name, a birth year, a customer number, a metering point, a telephone
and a letter address, none of which the templates of these mailings print.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from campaigns.channels.covering import FIELDS, MEANING
from campaigns.channels.maildir import Maildir
from campaigns.channels.protocol import Channel
from campaigns.channels.sendgrid import SendGrid
from campaigns.channels.smtp import Smtp
from campaigns.mailings import deciding
from campaigns.mailings.parts import Parts
from campaigns.mailings.planning import plan
from campaigns.mailings.sending.crew import send
from campaigns.settings.model import PROVIDER_REGIONS, ChannelSettings
from campaigns.settings.model import SendGrid as SendGridSettings
from campaigns.settings.model import Smtp as SmtpSettings
from campaigns.settings.secrets import Secret
from campaigns.workspace.exporting import COLUMNS
from support import mail_servers, sendgrid_server
from support import mailing_world as world

PEOPLE = 3
CANARIES = (
    "1907",  # birth year
    "K-7788991",  # customer number
    "643007500000000014",  # metering point
    "99871",  # postal code of the home
    "+358401234567",
    "Salakatu",  # street of the letter address
    "Virtanen-Kanarialintu",  # a last name
)
# Headers of a message; what is the person's own in them stands under the field that it belongs to.
HEADERS = {
    "From": "ours",
    "To": "to",
    "Subject": "subject",
    "Date": "ours",
    "Message-ID": "message_reference",
    "List-Unsubscribe": "unsubscribe_link",
    "List-Unsubscribe-Post": "ours",
    "List-Id": "ours",
    "Feedback-ID": "ours",
    "Reply-To": "ours",
    "MIME-Version": "ours",
    "Content-Type": "ours",
    "Content-Transfer-Encoding": "ours",
}
# Every path of a SendGrid request body, and the field that its value is.
PATHS = {
    "personalizations.to.email": "to",
    "personalizations.subject": "subject",
    "personalizations.custom_args.message": "message_reference",
    "personalizations.headers.List-Unsubscribe": "unsubscribe_link",
    "content.value": "content",
    "content.type": "ours",
    "from.email": "ours",
    "from.name": "ours",
    "reply_to.email": "ours",
    "headers.List-Unsubscribe-Post": "ours",
    "headers.List-Id": "ours",
    "headers.Feedback-ID": "ours",
    **{
        f"tracking_settings.{name}.{key}": "ours"
        for name in ("click_tracking", "open_tracking", "subscription_tracking", "ganalytics")
        for key in ("enable", "enable_text")
    },
}


@pytest.fixture
def parts(tmp_path: Path) -> Iterator[Parts]:
    made = world.workspace(tmp_path / "workspace", people=PEOPLE)
    numbers = range(1, PEOPLE + 1)
    world.upsert(
        made,
        "persons",
        [
            world.person(n, birth_year=1907, postal_code="99871", last_name="Virtanen-Kanarialintu")
            for n in numbers
        ],
    )
    world.upsert(
        made,
        "person_keys",
        [{"key_space": "crm", "source_id": f"K-778899{n}", "person_id": n} for n in numbers],
    )
    world.upsert(
        made,
        "metering_points",
        [world.metering_point(n) | {"gsrn": 643007500000000014} for n in numbers],
    )
    world.upsert(made, "sites", [world.site(n, postal_code="99871") for n in numbers])
    other = {"source": "crm_customers", "deliverable": True}
    world.upsert(
        made,
        "contact_points",
        [
            row | other | {"person_id": n}
            for n in numbers
            for row in (
                {"channel": "sms", "value": "+358401234567"},
                {"channel": "letter", "value": "Salakatu 1\n99871 Lahti"},
            )
        ],
    )
    yield made
    made.ledger.dispose()


def sent_by(parts: Parts, channel: Channel) -> None:
    for name in ("news", "renewal"):
        made = plan(parts, name, actor="maker")
        assert made.messages == PEOPLE
        deciding.approve(parts, made.plan_id, actor="boss", now=world.NOW)
        assert send(parts, made.plan_id, actor="sender", channel=channel).counts.sent == PEOPLE


def decoded(message: EmailMessage) -> str:
    """Headers and bodies as people and programs of the processor can read them."""
    headers = "\n".join(f"{name}: {value}" for name, value in message.items())
    bodies = "\n".join(part.get_content() for part in message.walk() if not part.is_multipart())
    return f"{headers}\n{bodies}"


def hold(seen: set[str], texts: list[str], provider: str) -> None:
    """Only fields of the provider were seen, and nothing of anybody's data besides."""
    assert seen - {"ours"} <= set(FIELDS[provider])
    for text in texts:
        for canary in CANARIES:
            # as a word: an opaque reference may hold any four digits
            assert not re.search(rf"(?<![\w-]){re.escape(canary)}(?![\w-])", text)


def fields_of(raw: bytes) -> set[str]:
    """The fields of a message that the processor gets as one whole: its `content`."""
    message = message_from_bytes(raw, policy=policy.SMTP)
    assert set(message.keys()) <= set(HEADERS)
    (to,) = message["To"].addresses
    assert re.fullmatch(r"person\d@example\.fi", to.addr_spec)
    assert to.display_name == ""
    return {"to", "content"}


def test_maildir(parts: Parts, tmp_path: Path) -> None:
    channel = Maildir(path=tmp_path / "outbox")
    sent_by(parts, channel)
    files = [path.read_bytes() for path in (tmp_path / "outbox" / "new").iterdir()]
    assert len(files) == 2 * PEOPLE
    assert {path.name for path in (tmp_path / "outbox").iterdir()} == {"tmp", "new", "cur"}
    names = [path.name for path in (tmp_path / "outbox" / "new").iterdir()]
    texts = [decoded(message_from_bytes(raw, policy=policy.SMTP)) for raw in files]  # type: ignore[arg-type]
    hold(set().union(*map(fields_of, files)), [*texts, *names], "maildir")
    assert any("Maija1" in text for text in texts)


def test_smtp(parts: Parts) -> None:
    with mail_servers.running(mail_servers.Script()) as server:
        settings = SmtpSettings(host="127.0.0.1", port=server.port, tls="none", connections=1)
        sent_by(parts, Smtp(settings=settings))
    assert len(server.messages) == 2 * PEOPLE
    words = [command.split()[0].upper() for command in server.commands]
    assert set(words) <= {"EHLO", "MAIL", "RCPT", "DATA", "RSET", "QUIT", "NOOP"}
    for command in server.commands:
        if command.upper().startswith("MAIL"):
            assert not re.search(r"person\d", command)
        if command.upper().startswith("RCPT"):
            assert re.fullmatch(r"RCPT TO:<person\d@example\.fi>", command)
    texts = [decoded(message_from_bytes(raw, policy=policy.SMTP)) for raw in server.messages]  # type: ignore[arg-type]
    hold(set().union(*map(fields_of, server.messages)), [*texts, *server.commands], "smtp")


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every value of a body, with the path of its keys; places in lists do not matter."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, f"{path}.{key}".lstrip("."))
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner, path)
    else:
        yield path, value


@pytest.mark.skipif(not sendgrid_server.DESCRIPTION.exists(), reason="../shared/sendgrid is not here")
def test_sendgrid(parts: Parts) -> None:
    with sendgrid_server.running(lambda *_: sendgrid_server.Reply()) as server:
        settings = SendGridSettings(host=f"http://127.0.0.1:{server.port}")
        sent_by(parts, SendGrid(settings=settings, api_key=Secret("SG.x"), connections=1))
    assert not server.faults
    found = [leaf for request in server.requests for leaf in leaves(request.body)]
    assert {path for path, _ in found} <= set(PATHS)
    hold({PATHS[path] for path, _ in found}, [str(value) for _, value in found], "sendgrid")
    assert {PATHS[path] for path, _ in found} - {"ours"} == set(FIELDS["sendgrid"])
    for path, value in found:
        if PATHS[path] == "message_reference":
            assert re.fullmatch(r"[a-z0-9]{8,64}", value)
        if PATHS[path] != "to":
            assert not re.search(r"person\d@", str(value))


def test_every_provider_is_held_to_its_list() -> None:
    providers = set(ChannelSettings.model_fields["provider"].annotation.__args__)  # type: ignore[union-attr]
    assert providers == set(FIELDS)
    assert {field for fields in FIELDS.values() for field in fields} | set(COLUMNS) == set(MEANING)
    assert set(PROVIDER_REGIONS) <= providers

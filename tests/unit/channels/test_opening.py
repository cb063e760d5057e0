"""Which channel campaigns.yml means, and what it needs first."""

from __future__ import annotations

from pathlib import Path

import pytest

from campaigns.channels.maildir import Maildir
from campaigns.channels.opening import open_channel
from campaigns.channels.sendgrid import SendGrid
from campaigns.channels.smtp import Smtp
from campaigns.errors import UserError
from support.messages import SETTINGS_TEXT, settings

FIELDS = "own: {service: own, agreement: on, region: fi}"


def changed(provider: str, fields: str = "to, content", more: str = "") -> str:
    return SETTINGS_TEXT.replace("provider: maildir,", f"provider: {provider}, {more}").replace(
        FIELDS, FIELDS.replace("region: fi", f"region: fi, fields: [{fields}]")
    )


def test_the_maildir_is_below_the_data_folder(tmp_path: Path) -> None:
    channel = open_channel(settings(changed("maildir")), "email", tmp_path)
    assert channel == Maildir(path=tmp_path / "outbox" / "maildir")
    assert not any(tmp_path.iterdir())


def test_smtp_without_a_user_needs_no_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CAMPAIGNS_SMTP_PASSWORD", raising=False)
    channel = open_channel(settings(changed("smtp")), "email", tmp_path)
    assert isinstance(channel, Smtp)
    assert channel.connections == 2
    with pytest.raises(UserError, match="CHA002"):
        open_channel(settings(changed("smtp", more="smtp: {user: me},")), "email", tmp_path)


def test_sendgrid_needs_its_key_and_every_field_that_it_sees(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CAMPAIGNS_SENDGRID_API_KEY", raising=False)
    every = "to, subject, content, unsubscribe_link, message_reference"
    with pytest.raises(UserError, match="CHA002"):
        open_channel(settings(changed("sendgrid", every)), "email", tmp_path)
    monkeypatch.setenv("CAMPAIGNS_SENDGRID_API_KEY", "canary")
    channel = open_channel(settings(changed("sendgrid", every)), "email", tmp_path)
    assert isinstance(channel, SendGrid)
    assert "canary" not in repr(channel)
    with pytest.raises(UserError, match="CHA003") as caught:
        open_channel(settings(changed("sendgrid", "to, content")), "email", tmp_path)
    assert "subject, unsubscribe_link, message_reference" in str(caught.value)


def test_a_channel_that_is_not_set_up_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="CHA001"):
        open_channel(settings(), "sms", tmp_path)

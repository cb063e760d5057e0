"""Open the channel that campaigns.yml names."""

from __future__ import annotations

from pathlib import Path

from campaigns.channels.covering import missing_fields
from campaigns.channels.protocol import Channel
from campaigns.errors import UserError
from campaigns.settings.model import ChannelSettings, Settings
from campaigns.settings.secrets import Secret, secret


def open_channel(settings: Settings, channel: str, data_dir: Path) -> Channel:
    """The channel `channel` (email, …) with its provider; nothing is connected yet.

    Raises `UserError`: CHA001 when it is not set up, CHA002 when its secret is missing, CHA003 when the
    processor's entry does not name everything that it gets to see.
    """
    chosen = {str(name): each for name, each in settings.channels.items()}.get(channel)
    if chosen is None:
        raise UserError(
            "CHA001", f"the channel {channel} is not set up.", hint="add it under channels: of campaigns.yml"
        )
    if missing := missing_fields(settings, channel):
        raise UserError(
            "CHA003",
            f"the processor {chosen.processor} is not said to get: {', '.join(missing)}.",
            hint=f"its agreement must cover them; then add them to fields: of processors.{chosen.processor}",
        )
    return _provider(chosen, channel, data_dir)


def _provider(chosen: ChannelSettings, channel: str, data_dir: Path) -> Channel:
    if chosen.provider == "maildir":
        from campaigns.channels.maildir import Maildir

        return Maildir(path=data_dir / "outbox" / "maildir")
    if chosen.provider == "smtp":
        from campaigns.channels.smtp import Smtp

        password = _needed("smtp_password", channel) if chosen.smtp.user else None
        return Smtp(settings=chosen.smtp, password=password)
    from campaigns.channels.sendgrid import SendGrid

    return SendGrid(settings=chosen.sendgrid, api_key=_needed("sendgrid_api_key", channel))


def _needed(name: str, channel: str) -> Secret:
    found = secret(name)
    if found is None:
        variable = f"CAMPAIGNS_{name.upper()}"
        raise UserError(
            "CHA002",
            f"the channel {channel} needs {variable}, which is not set.",
            hint=f"set {variable}, or {variable}_FILE to a file that only you can read",
        )
    return found

"""What each provider gets to see, and whether an agreement and a transfer basis cover it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from campaigns.errors import Refused
from campaigns.settings.model import Settings

# What the words mean, for the record of processing.
MEANING: Mapping[str, str] = {
    "to": "the person's address on this channel",
    "subject": "the subject of the message",
    "content": "the finished message",
    "unsubscribe_link": "the person's own link for refusing, which names nobody",
    "message_reference": "an opaque word for the message",
    "name": "the person's name, in a list of a segment",
    "language": "the person's language, in a list of a segment",
}
# Every adapter is held to its line by tests that read what it really hands over.
FIELDS: Mapping[str, tuple[str, ...]] = {
    "maildir": ("to", "content"),
    "smtp": ("to", "content"),
    "sendgrid": ("to", "subject", "content", "unsubscribe_link", "message_reference"),
}


def missing_fields(settings: Settings, channel: str) -> list[str]:
    """What the provider of a channel gets to see and its processor's `fields` do not name."""
    used = settings.channels[channel]  # type: ignore[index]  # a Channel
    named = settings.processors[used.processor].fields
    return [field for field in FIELDS[used.provider] if field not in named]


def refuse_uncovered(settings: Settings, channel: str, day: date) -> None:
    """Raise `Refused` NO_PROCESSOR_AGREEMENT or TRANSFER_NOT_COVERED when nothing may go that way."""
    from campaigns.permissions.rules import remedy, sentence

    if code := settings.uncovered(channel, day):
        processor = settings.channels[channel].processor  # type: ignore[index]  # a Channel
        raise Refused(
            code,
            f"{channel} goes through {processor}: {_inner(sentence(code))}",
            hint=remedy(code) or f"see processors.{processor} in campaigns.yml",
        )


def _inner(text: str) -> str:
    return text[:1].lower() + text[1:]

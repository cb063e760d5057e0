"""Which column names are let in nowhere."""

from __future__ import annotations

import pytest

from campaigns.register.closed_columns import is_closed, is_content
from campaigns.register.interactions import COLUMNS

CONTENT = (
    "message", "Viesti", "viestin sisältö", "callRecording_URL", "TRANSCRIPT", "chat-log", "Free text",
    "tallenne_url", "Litterointi", "e-mail body", "notes", "lisätiedot", "innehåll", "Inspelning",
    "sammanfattning", "freeText", "sisa\u0308lto\u0308",
)  # fmt: skip
CREDENTIALS = (
    "password",
    "salasana",
    "Lösenord",
    "user_id",
    "IP",
    "ip-address",
    "sessionID",
    "api key",
    "userAgent",
)
OPEN = (
    "source_id", "person", "channel", "started_at", "aihe", "topic", "tulos", "context", "textile",
    "tapahtuma", "asiakasnro", "recorded_at", "pinta_ala", "shipping", "kesto", "tiimi", "page", "product",
    "occasion", "draw",
)  # fmt: skip


@pytest.mark.parametrize("name", CONTENT)
def test_content_is_known_by_any_spelling(name: str) -> None:
    assert is_content(name)
    assert is_closed(name)


@pytest.mark.parametrize("name", CREDENTIALS)
def test_credentials_and_traces_are_closed(name: str) -> None:
    assert is_closed(name)
    assert not is_content(name)


@pytest.mark.parametrize("name", [*OPEN, *COLUMNS.names])
def test_other_columns_are_open(name: str) -> None:
    assert not is_closed(name)

"""Digests: keyed, unambiguous, and the same as the engine makes of addresses."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.errors import DataDamaged
from campaigns.ledger import keys

KEY = b"k" * keys.SIZE
parts = st.lists(st.one_of(st.none(), st.text(max_size=5), st.integers()), max_size=4)


@given(parts, parts)
def test_different_parts_have_different_digests(one: list[object], other: list[object]) -> None:
    texts = [[None if part is None else str(part) for part in listed] for listed in (one, other)]
    same = keys.digest(KEY, "kind", *one) == keys.digest(KEY, "kind", *other)
    assert same == (texts[0] == texts[1])


def test_kinds_and_keys_are_apart() -> None:
    made = {keys.digest(KEY, "a", "x"), keys.digest(KEY, "b", "x"), keys.digest(b"j" * keys.SIZE, "a", "x")}
    assert len(made) == 3


def test_an_address_digest_is_one_block_of_key_and_the_address() -> None:
    key = keys.address_key(KEY, "lahti_energia", "email")
    assert len(key) == 64
    assert keys.address_digest(key, "ä@x.fi") == hashlib.sha256(key + "ä@x.fi".encode()).hexdigest()


def test_one_telephone_has_one_digest_on_every_channel() -> None:
    assert len({keys.address_key(KEY, "a", channel) for channel in ("sms", "phone", "robocall")}) == 1
    assert len({keys.address_key(KEY, "a", channel) for channel in ("sms", "email", "letter", "key")}) == 4


def test_a_key_is_made_once(tmp_path: Path) -> None:
    made = keys.create(tmp_path)
    assert keys.create(tmp_path) == keys.read(tmp_path) == made
    assert (tmp_path / keys.NAME).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("text", ["", "00", "not hexadecimal", "00" * 33])
def test_a_damaged_key_is_told(tmp_path: Path, text: str) -> None:
    (tmp_path / keys.NAME).write_text(text)
    with pytest.raises(DataDamaged, match="LED005"):
        keys.read(tmp_path)


def test_a_key_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / keys.NAME).symlink_to(tmp_path / "elsewhere" / "key")
    with pytest.raises(DataDamaged, match="LED005"):
        keys.create(tmp_path)
    assert list((tmp_path / "elsewhere").iterdir()) == []

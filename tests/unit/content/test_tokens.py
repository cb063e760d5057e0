"""Tokens of links: attacks 62-66 of the threat list (65 and 66 at the page itself are the web room's)."""

from __future__ import annotations

import base64
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.content import tokens as module
from campaigns.content.links import PATHS, Links, unsubscribe_mailto
from campaigns.content.tokens import Claim, TokenPurpose, Tokens, token_keys
from campaigns.errors import UserError
from campaigns.settings.model import Controller

KEY, OLD_KEY = bytes(range(32)), bytes(range(1, 33))
CLAIM = Claim(
    purpose_of_token="unsubscribe",
    controller="lahti_energia",
    token_key=bytes(range(100, 116)),
    list="newsletter",
    channel="email",
    purpose="newsletter",
)
WORDS = st.from_regex(r"[a-z][a-z0-9_]{0,20}", fullmatch=True)
CLAIMS = st.builds(
    Claim,
    purpose_of_token=st.sampled_from(get_args(TokenPurpose)),
    controller=WORDS,
    token_key=st.binary(min_size=16, max_size=16),
    list=WORDS,
    channel=WORDS,
    purpose=WORDS,
)


@given(CLAIMS)
def test_what_was_made_is_read_and_is_url_safe_and_short(claim: Claim) -> None:
    text = Tokens([KEY]).make(claim)
    assert Tokens([KEY]).read(text, claim.purpose_of_token) == claim
    assert text.replace("-", "").replace("_", "").isalnum()
    assert len(text) <= module.MAX_LENGTH


def test_a_token_is_the_same_each_time_and_holds_a_mac_of_128_bits() -> None:
    text = Tokens([KEY]).make(CLAIM)
    assert text == Tokens([KEY]).make(CLAIM)
    raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    assert len(raw) == 2 + 16 + len("lahti_energia.newsletter.email.newsletter") + module.MAC_BYTES
    assert module.MAC_BYTES * 8 >= 96


def test_every_flipped_bit_is_refused() -> None:  # attack 62
    tokens = Tokens([KEY])
    text = tokens.make(CLAIM)
    raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    for bit in range(len(raw) * 8):
        forged = bytearray(raw)
        forged[bit // 8] ^= 1 << bit % 8
        spelt = base64.urlsafe_b64encode(bytes(forged)).rstrip(b"=").decode()
        assert tokens.read(spelt, "unsubscribe") is None


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text[:-1],
        lambda text: text[: len(text) // 2],
        lambda text: text + text,
        lambda text: text + "=",
        lambda text: text + "==",
        lambda text: text.swapcase(),
        lambda text: text.lower(),
        lambda text: text.replace("-", "+").replace("_", "/") + "A",
        lambda text: "%" + text,
        lambda text: text + "\n",
        lambda text: " " + text,
        lambda text: text + "A" * 10_000,
        lambda text: "ä" + text[1:],
        lambda text: "",
        lambda text: "A",
    ],
)
def test_other_spellings_are_refused(spoil) -> None:  # attack 62
    tokens = Tokens([KEY])
    assert tokens.read(spoil(tokens.make(CLAIM)), "unsubscribe") is None


@given(st.text(max_size=400))
def test_any_text_is_read_without_an_error(text: str) -> None:
    assert Tokens([KEY]).read(text, "unsubscribe") is None


@pytest.mark.parametrize("purpose", get_args(TokenPurpose))
def test_a_token_serves_only_what_it_was_made_for(purpose: TokenPurpose) -> None:  # attack 63
    tokens = Tokens([KEY])
    text = tokens.make(replace(CLAIM, purpose_of_token=purpose))
    assert {of for of in get_args(TokenPurpose) if tokens.read(text, of)} == {purpose}


@pytest.mark.parametrize("part", ["purpose_of_token", "controller"])
def test_purpose_and_controller_are_inside_the_mac(part: str) -> None:  # attack 63
    """The same body closed with the key of another purpose or controller opens nothing."""
    tokens = Tokens([KEY])
    body = module._pack(CLAIM)
    other = {"purpose_of_token": "unsubscribe", "controller": "lahti_energia"}
    other[part] = {"purpose_of_token": "preferences", "controller": "sahkoverkko"}[part]
    forged = body + module._mac(KEY, other["purpose_of_token"], other["controller"], body)  # type: ignore[arg-type]
    assert tokens.read(module._encode(forged), "unsubscribe") is None
    whole = body + module._mac(KEY, "unsubscribe", "lahti_energia", body)
    assert tokens.read(module._encode(whole), "unsubscribe") == CLAIM


def test_unsubscribing_never_expires_but_new_tokens_use_the_new_key() -> None:  # attack 64
    old = Tokens([OLD_KEY])
    rotated = Tokens([KEY, OLD_KEY])
    for purpose in ("unsubscribe", "preferences"):
        claim = replace(CLAIM, purpose_of_token=purpose)
        assert rotated.read(old.make(claim), purpose) == claim
    view = replace(CLAIM, purpose_of_token="view")
    assert rotated.read(old.make(view), "view") is None
    assert old.read(rotated.make(CLAIM), "unsubscribe") is None
    assert Tokens([KEY]).read(old.make(CLAIM), "unsubscribe") is None


def test_all_macs_are_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:  # attack 108
    compared: list[bool] = []
    real = module.hmac.compare_digest
    monkeypatch.setattr(module.hmac, "compare_digest", lambda a, b: compared.append(True) or real(a, b))
    tokens = Tokens([KEY, OLD_KEY, bytes(32)])
    assert tokens.read(tokens.make(CLAIM), "unsubscribe") == CLAIM
    assert len(compared) == 3


def test_a_claim_with_anything_but_plain_words_is_not_made() -> None:
    for part in ("controller", "list", "channel", "purpose"):
        with pytest.raises(ValueError, match="plain words"):
            Tokens([KEY]).make(replace(CLAIM, **{part: "a.b"}))
    with pytest.raises(ValueError, match="16 bytes"):
        Tokens([KEY]).make(replace(CLAIM, token_key=b"short"))


def test_keys_must_be_long_and_are_never_printed() -> None:
    for keys in ([], [b"short"]):
        with pytest.raises(ValueError, match="at least one key"):
            Tokens(keys)
    assert KEY.hex() not in repr(Tokens([KEY]))
    assert repr(KEY) not in repr(Tokens([KEY]))


@given(st.integers(min_value=0, max_value=2**63 - 1))
def test_a_reference_is_opaque_and_finds_its_message(message_id: int) -> None:  # attack 30
    reference = Tokens([KEY]).reference(message_id)
    assert len(reference) == 32
    assert f"{message_id:016x}" not in reference
    assert Tokens([KEY]).message_of(reference) == message_id
    assert Tokens([OLD_KEY, KEY]).message_of(reference) == message_id
    assert Tokens([OLD_KEY]).message_of(reference) is None


def test_a_forged_reference_finds_nothing() -> None:
    tokens = Tokens([KEY])
    reference = tokens.reference(7)
    assert tokens.message_of("0" * 32) is None
    assert tokens.message_of(reference[:-1] + ("0" if reference[-1] != "0" else "1")) is None
    assert tokens.message_of(reference.upper()) is None
    assert tokens.message_of("") is None


def test_the_key_file_is_made_once_and_is_private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CAMPAIGNS_TOKEN_KEY", raising=False)
    monkeypatch.delenv("CAMPAIGNS_TOKEN_KEY_FILE", raising=False)
    folder = tmp_path / "keys"
    first = token_keys(folder)
    assert token_keys(folder) == first
    assert (folder / "token.key").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in folder.iterdir()] == ["token.key"]
    (folder / "token.key").chmod(0o644)
    with pytest.raises(UserError, match="CON002"):
        token_keys(folder)


def test_keys_from_the_environment_come_newest_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CAMPAIGNS_TOKEN_KEY", f"{KEY.hex()},{OLD_KEY.hex()}")
    assert token_keys(tmp_path) == (KEY, OLD_KEY)
    monkeypatch.setenv("CAMPAIGNS_TOKEN_KEY", "canary-secret")
    with pytest.raises(UserError, match="CON001") as caught:
        token_keys(tmp_path)
    assert "canary" not in str(caught.value)
    assert not any(tmp_path.iterdir())


def test_links_stand_under_the_base_url_and_name_nobody() -> None:
    tokens = Tokens([KEY])
    links = Links("https://viesti.example/", tokens).for_person(
        controller="lahti_energia",
        token_key=CLAIM.token_key,
        list_name="newsletter",
        channel="email",
        purpose="newsletter",
        privacy_url="https://www.example/tietosuoja",
    )
    for purpose in ("unsubscribe", "preferences"):
        head = "https://viesti.example" + PATHS[purpose]
        assert links[purpose].startswith(head)
        claim = tokens.read(links[purpose].removeprefix(head), purpose)
        assert claim == replace(CLAIM, purpose_of_token=purpose)
    assert links["privacy"] == "https://www.example/tietosuoja"


def test_links_of_a_test_message_open_nothing() -> None:
    links = Links("https://viesti.example", Tokens([KEY])).inert(privacy_url="https://www.example/p")
    assert links["unsubscribe"] == "https://viesti.example/test-message?link=unsubscribe"
    assert not any(path in links["unsubscribe"] for path in PATHS.values())


def test_the_mailto_form_carries_the_token_in_one_parameter() -> None:
    controller = Controller(
        name="A",
        business_id="1",
        address="b",
        phone="1",
        email="asiakaspalvelu@example.fi",
        privacy_officer="p@example.fi",
        privacy_url="https://www.example.fi/t",
        sender_email="u@example.fi",
        sender_name="A",
    )
    assert unsubscribe_mailto(controller, "https://v.example/u/AbC-_9") == (
        "mailto:asiakaspalvelu@example.fi?subject=unsubscribe%20AbC-_9"
    )

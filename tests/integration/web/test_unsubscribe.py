"""The unsubscribe page: invariant 6, attacks 62-69 and 72, 79-83 of the threat list."""

from __future__ import annotations

import threading

import pytest

from campaigns.content.tokens import Tokens
from campaigns.ledger import erasure
from integration.web.conftest import Site

ONE_CLICK = b"List-Unsubscribe=One-Click"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def kinds(site: Site) -> list[tuple[object, object, object]]:
    return [(event["kind"], event["channel"], event["purpose"]) for event in site.events()]


ONE_BAN = [("withdrawn", "email", "newsletter"), ("ban_channel", "email", "newsletter")]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("headers", [{}, {"Purpose": "prefetch"}, {"Sec-Purpose": "prefetch"}])
def test_looking_changes_nothing(site: Site, method: str, headers: dict[str, str]) -> None:  # attack 67
    answer = site.ask(method, f"/u/{site.token()}", headers=headers)
    assert answer.status == 200
    assert site.events() == []


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (ONE_CLICK, FORM),
        (ONE_CLICK, {}),
        (ONE_CLICK, {"Content-Type": "text/plain"}),
        (b"", FORM),
        (None, {}),
        (b"\xff\xfe", FORM),
        (
            b'--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n',
            {"Content-Type": "multipart/form-data; boundary=x"},
        ),
    ],
)
def test_a_post_is_the_persons_word_whatever_its_form(  # attack 68
    site: Site, body: bytes | None, headers: dict[str, str]
) -> None:
    answer = site.ask("POST", f"/u/{site.token()}", body, headers)
    assert answer.status == 200
    assert "location" not in answer.headers
    assert "set-cookie" not in answer.headers
    assert kinds(site) == ONE_BAN


def test_many_equal_posts_at_once_are_one_ban(site: Site) -> None:  # attack 69
    token = site.token()
    statuses: list[int] = []

    def press() -> None:
        statuses.append(site.ask("POST", f"/u/{token}", ONE_CLICK, FORM).status)

    threads = [threading.Thread(target=press) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 50
    assert kinds(site) == ONE_BAN


def test_different_people_in_one_commit_all_count(site: Site) -> None:
    paths = [f"/u/{site.token(person)}" for person in range(1, 41)]
    threads = [threading.Thread(target=site.ask, args=("POST", path, ONE_CLICK, FORM)) for path in paths]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {event["person_id"] for event in site.events()} == set(range(1, 41))


def test_the_form_can_ban_everything(site: Site) -> None:
    answer = site.ask("POST", f"/u/{site.token()}", b"choice=all", FORM)
    assert answer.status == 200
    assert kinds(site) == [("ban_all", None, None)]


def bad_tokens(token: str) -> list[str]:
    flipped = token[:-1] + ("A" if token[-1] != "A" else "B")
    swapped = token.swapcase()
    return [flipped, token[:-2], token * 2, token + "=", swapped, token + "%20", "x", "a" * 10_240, "%00"]


def test_forged_tokens_change_nothing_and_look_alike(site: Site) -> None:  # attack 62
    answers = [site.ask("POST", f"/u/{bad}", ONE_CLICK, FORM) for bad in bad_tokens(site.token())]
    assert {answer.status for answer in answers} == {404}
    assert len({answer.body for answer in answers}) == 1
    assert site.events() == []


def test_tokens_of_another_purpose_are_refused(site: Site) -> None:  # attack 63
    assert site.ask("POST", f"/u/{site.token(of='preferences')}", ONE_CLICK, FORM).status == 404
    assert site.ask("POST", f"/p/{site.token()}", ONE_CLICK, FORM).status == 404
    assert site.events() == []


def test_a_token_of_an_older_key_still_unsubscribes(site: Site) -> None:  # attack 64
    token = site.token()
    site.tokens._keys = (b"n" * 32, b"k" * 32)
    assert site.ask("POST", f"/u/{token}", ONE_CLICK, FORM).status == 200
    assert kinds(site) == ONE_BAN


def test_a_well_formed_token_of_nobody_looks_like_a_good_one(site: Site) -> None:  # attack 65
    good = site.token(7)
    gone = site.token(8)
    with site.ledger.write() as connection:
        erasure.erase(connection, "lahti_energia", [8], [], now=_now())
    before = len(site.events())
    assert site.ask("GET", f"/u/{gone}").body == site.ask("GET", f"/u/{good}").body
    assert site.ask("POST", f"/u/{gone}").body == site.ask("POST", f"/u/{good}").body
    new = site.events()[before:]
    assert {event["person_id"] for event in new} == {7}


def _now():  # type: ignore[no-untyped-def]
    from integration.web.conftest import NOW

    return NOW


def test_the_registers_stay_apart(site: Site) -> None:
    site.ask("POST", f"/u/{site.token(7, controller='sahkoverkko')}")
    assert {event["controller"] for event in site.events()} == {"sahkoverkko"}


@pytest.mark.parametrize("language", ["fi", "sv", "en"])
def test_the_page_speaks_three_languages(site: Site, language: str) -> None:
    page = site.ask("GET", f"/u/{site.token()}", headers={"Accept-Language": f"{language}-FI,de;q=0.5"}).body
    assert f'<html lang="{language}">' in page
    asked = site.ask("GET", f"/u/{site.token()}?lang={language}", headers={"Accept-Language": "de"}).body
    assert asked == page


@pytest.mark.parametrize("value", ['"><script>alert(1)</script>', "xx", ""])
def test_nothing_of_the_request_is_reflected(site: Site, value: str) -> None:  # attack 79
    from urllib.parse import quote

    headers = {"Referer": "http://evil.fi/<script>", "User-Agent": "<script>alert(1)</script>"}
    answer = site.ask("GET", f"/u/{site.token()}?lang={quote(value)}", headers=headers)
    assert "<script" not in answer.body
    assert "evil.fi" not in answer.body


ROUTES = [
    "/u/x",
    "/p/x",
    "/style.css",
    "/healthz",
    "/readyz",
    "/",
    "/nothing",
    "/test-message",
    "/../etc/passwd",
]
SAFE_HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'self'; img-src 'self' data:; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "strict-transport-security": "max-age=31536000",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "",
    "cache-control": "no-store",
    "x-robots-tag": "noindex",
}


def test_every_answer_is_safe(site: Site) -> None:  # attacks 66, 82, 83, 85
    for path in ROUTES:
        for method in ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"):
            answer = site.ask(method, path)
            found = {name: answer.headers.get(name) for name in SAFE_HEADERS}
            assert found == SAFE_HEADERS, (method, path)
            assert not {"server", "set-cookie"} & answer.headers.keys(), (method, path)
            assert answer.status < 500, (method, path)
            if method in {"PUT", "DELETE", "OPTIONS", "PATCH"}:
                assert answer.status == 405, (method, path)


def test_an_unknown_host_is_refused(site: Site) -> None:  # attack 72
    assert site.ask("GET", f"/u/{site.token()}", headers={"Host": "evil.fi"}).status == 421


def test_bodies_are_small(site: Site) -> None:  # attack 80
    path = f"/u/{site.token()}"
    assert site.ask("POST", path, b"x" * 5000, FORM).status == 413
    chunked = {"Transfer-Encoding": "chunked", **FORM}
    body = b"1388\r\n" + b"x" * 5000 + b"\r\n0\r\n\r\n"
    assert site.ask("POST", path, body, chunked).status == 413
    assert site.events() == []


def test_a_locked_ledger_is_said_not_lied_about(site: Site) -> None:  # fault 38
    path = f"/u/{site.token()}"
    with site.ledger.write():
        answer = site.ask("POST", path, ONE_CLICK, FORM)
    assert answer.status == 503
    assert answer.headers["retry-after"]
    assert site.events() == []
    assert site.ask("POST", path, ONE_CLICK, FORM).status == 200


def test_a_token_made_by_nobody_is_nothing(site: Site) -> None:
    site.tokens, theirs = Tokens([b"x" * 32]), site.tokens
    token = site.token()
    site.tokens = theirs
    assert site.ask("POST", f"/u/{token}", ONE_CLICK, FORM).status == 404

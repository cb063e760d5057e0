"""What people said, folded: the latest word wins, narrowing at one instant, whatever order it was told in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.engine import Engine
from campaigns.ledger import Ledger
from campaigns.ledger.permission_events import PermissionEvent
from campaigns.permissions.deciding import facts
from campaigns.permissions.facts import FACTS
from campaigns.permissions.requests import Request
from campaigns.permissions.rules import ALLOWING
from campaigns.settings.model import Settings
from support.effort import examples
from support.permission_words import CHANNELS, NARROWING, anything, said_by_somebody
from support.permission_worlds import NOW, A, B, codes, event, granted, people, request, table, words, world

COUNT = 25
Ask = Callable[..., dict[tuple[int, str], str]]


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """Twenty-five customers of A, and as many of B with the same numbers; 2 and 3 share an e-mail address."""
    mine, theirs = people(COUNT), people(COUNT, controller=B)
    tables = {name: pl.concat([frame, theirs[name]]) for name, frame in mine.items()}
    shared = [{"person_id": 3, "channel": "email", "value": "p2@example.com", "source": "crm"}]
    points = tables["contact_points"].filter(
        ~((pl.col("person_id") == 3) & (pl.col("channel") == "email") & (pl.col("controller") == A))
    )
    tables["contact_points"] = pl.concat([points, table("contact_points", shared)])
    tables["roles"] = table("roles", [{"person_id": n, "company_id": 9, "role": "x"} for n in (4, 5)])
    with world(tmp_path_factory.mktemp("town"), tables) as db:
        yield db


@pytest.fixture
def ask(town: Engine, ledger: Ledger, settings: Settings) -> Ask:
    def codes_of(said: Sequence[PermissionEvent], **fields: object) -> dict[tuple[int, str], str]:
        return codes(town, request(**fields), said, settings=settings, ledger=ledger)

    return codes_of


def test_facts_are_those_that_are_documented(town: Engine, ledger: Ledger, settings: Settings) -> None:
    found = facts(
        town, request(channels=("email", "letter")), settings=settings, ledger=ledger, words=words([])
    )
    assert found.columns == [fact.name for fact in FACTS]
    assert len(found) == 2 * COUNT
    bare = [name for name, kind in found.schema.items() if kind == pl.Boolean and name != "contract_active"]
    assert {name: found[name].null_count() for name in bare if found[name].null_count()} == {}


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ([], "NO_CONSENT"),
        ([granted()], "CONSENT"),
        ([granted(days=5), event("w", "withdrawn", channel="email", purpose="direct_marketing")], "CONSENT"),
        (
            [granted(), event("w", "withdrawn", channel="email", purpose="direct_marketing")],
            "CONSENT_WITHDRAWN",
        ),
        ([granted(), event("w", "withdrawn", days=5)], "CONSENT_WITHDRAWN"),
        ([granted(), event("w", "withdrawn", days=5, channel="sms")], "CONSENT"),
        ([granted(), event("w", "withdrawn", days=5, purpose="newsletter")], "CONSENT"),
        ([granted(evidence=None)], "CONSENT_UNPROVEN"),
        ([granted(evidence=None), granted("h")], "CONSENT_UNPROVEN"),  # at one instant the worse one
        ([granted(evidence=None), granted("h", days=5)], "CONSENT"),
        ([granted(valid_until=NOW)], "CONSENT_EXPIRED"),
        ([granted(valid_until=NOW + timedelta(seconds=1))], "CONSENT"),
        ([granted(), event("i", "invalidated", days=5)], "CONSENT_INVALID"),
        ([granted(days=-1, recorded_days=1)], "NO_CONSENT"),  # begins tomorrow
        ([granted(), event("b", "ban_all", days=-1, recorded_days=1)], "BANNED_ALL"),  # another clock
        ([granted(), event("b", "ban_channel", channel="email")], "BANNED_CHANNEL"),
        ([granted(), event("b", "ban_channel", channel="sms")], "CONSENT"),
        ([granted(), event("b", "ban_channel", purpose="newsletter")], "CONSENT"),
        ([granted(), event("b", "ban_channel", purpose="direct_marketing")], "BANNED_CHANNEL"),
        ([granted(days=5), event("b", "ban_all")], "CONSENT"),
        ([granted(days=5, evidence=None), event("b", "ban_all")], "BANNED_ALL"),
        ([granted(days=5, valid_until=NOW), event("b", "ban_all")], "BANNED_ALL"),
        ([granted(days=5, channel="sms"), event("b", "ban_all")], "BANNED_ALL"),
        ([granted(days=5, purpose="newsletter"), event("b", "ban_all")], "BANNED_ALL"),
        ([granted(), event("c", "complaint", days=5, channel="email")], "COMPLAINED"),
        ([granted(days=3), event("c", "complaint", days=5, channel="email")], "CONSENT"),
        ([granted(), event("r", "restricted_all"), event("l", "restriction_lifted")], "RESTRICTED"),
        ([granted(), event("r", "restricted_all"), event("l", "restriction_lifted", days=5)], "CONSENT"),
        ([granted(), event("e", "erased")], "ERASED"),
        ([granted(controller=B)], "NO_CONSENT"),
        ([granted(person_id=2)], "NO_CONSENT"),
    ],
)
def test_the_latest_word_wins(ask: Ask, said: list[PermissionEvent], code: str) -> None:
    assert ask(said)[1, "email"] == code
    assert ask(said[::-1])[1, "email"] == code


def test_a_form_needs_its_confirmation(ask: Ask) -> None:
    newsletter = {"purpose": "newsletter", "message_kind": "newsletter"}
    typed = granted(method="web_form", purpose="newsletter")
    confirmed = event("c", "confirmed", days=9, channel="email", purpose="newsletter")
    again = granted("h", method="web_form", purpose="newsletter", days=5)
    withdrawn = event("w", "withdrawn", days=7)
    assert ask([typed], **newsletter)[1, "email"] == "CONSENT_UNCONFIRMED"
    assert ask([typed, confirmed], **newsletter)[1, "email"] == "CONSENT"
    assert ask([typed, confirmed, again], **newsletter)[1, "email"] == "CONSENT"
    assert ask([typed, confirmed, withdrawn], **newsletter)[1, "email"] == "CONSENT_WITHDRAWN"
    assert ask([typed, confirmed, withdrawn, again], **newsletter)[1, "email"] == "CONSENT_UNCONFIRMED"


def test_topics(ask: Ask) -> None:
    said = [granted(), event("t", "topic_subscribed", about="sauna")]
    assert ask(said, topic="sauna")[1, "email"] == "CONSENT"
    assert ask(said, topic="solar")[1, "email"] == "TOPIC_NOT_SUBSCRIBED"
    assert ask([granted()], topic="solar")[1, "email"] == "CONSENT"
    away = event("u", "topic_unsubscribed", days=3, about="sauna")
    assert ask([*said, away], topic="sauna")[1, "email"] == "TOPIC_NOT_SUBSCRIBED"


def test_an_objection_to_profiling_and_a_later_consent(ask: Ask) -> None:
    objection = event("o", "profiling_objection")
    later = event("p", "granted", days=5, purpose="profiling")
    profiled = {"profiled": True}
    assert ask([granted(), objection], **profiled)[1, "email"] == "PROFILING_OBJECTED"
    assert ask([granted(), objection, later], **profiled)[1, "email"] == "CONSENT"
    assert ask([granted(), objection])[1, "email"] == "CONSENT"


def test_an_address_that_a_banned_person_has_too(ask: Ask) -> None:
    both = [granted("2", person_id=2), granted("3", person_id=3)]
    answers = ask([*both, event("b", "ban_all", days=2, person_id=2)])
    assert (answers[2, "email"], answers[3, "email"]) == ("BANNED_ALL", "ADDRESS_SUPPRESSED")
    answers = ask([*both, event("b", "ban_all", days=20, person_id=2)])
    assert (answers[2, "email"], answers[3, "email"]) == ("CONSENT", "CONSENT")


def test_a_company_ban_holds_for_everybody_there(ask: Ask) -> None:
    consents = [granted(str(n), person_id=n) for n in (4, 5, 6)]
    for ban in (event("b", "ban_company", days=2, about="9"), event("b", "ban_company", days=2, person_id=4)):
        answers = ask([*consents, ban])
        assert [answers[n, "email"] for n in (4, 5, 6)] == ["BANNED_COMPANY", "BANNED_COMPANY", "CONSENT"]


def test_a_word_about_an_address_counts_for_whoever_has_it(ask: Ask, ledger: Ledger) -> None:
    digest = ledger.address_digest(A, "email", "p7@example.com")
    ban = event("b", "ban_all", days=2, person_id=None, address_digest=digest)
    answers = ask([granted("7", person_id=7), granted("8", person_id=8), ban])
    assert (answers[7, "email"], answers[8, "email"]) == ("BANNED_ALL", "CONSENT")


def test_suppressed_addresses(town: Engine, ledger: Ledger, settings: Settings) -> None:
    from campaigns.ledger import permission_events, suppressions
    from campaigns.permissions import state

    with ledger.write() as connection:
        permission_events.append(connection, [granted(str(n), person_id=n) for n in (1, 2, 3, 4)])
        for number, reason in ((1, "hard_bounce"), (2, "erased"), (4, "complaint")):
            suppressions.add(
                connection,
                controller=A,
                channel="email",
                address=f"p{number}@example.com",
                reason=reason,  # type: ignore[arg-type]  # three of the literal
                now=NOW,
            )
    answers = codes(
        town, request(channels=("email", "sms")), state.words(ledger), settings=settings, ledger=ledger
    )
    assert [answers[n, "email"] for n in (1, 2, 3, 4)] == [
        "ADDRESS_UNDELIVERABLE",
        "ERASED",
        "ERASED",  # has the address of an erased person
        "COMPLAINED",
    ]
    assert answers[1, "sms"] == "NO_CONSENT"


def test_one_row_a_person_and_channel_in_order(town: Engine, ledger: Ledger, settings: Settings) -> None:
    from campaigns.permissions.deciding import decide

    asked = pl.DataFrame({"person_id": [3, 1, 3, 999]})
    answers = decide(
        town, request(channels=("sms", "email")), asked, settings=settings, ledger=ledger, words=words([])
    )
    assert answers.select("person_id", "channel").rows() == [
        (1, "sms"), (1, "email"), (3, "sms"), (3, "email"), (999, "sms"), (999, "email"),
    ]  # fmt: skip
    assert answers.filter(pl.col("person_id") == 999)["code"].to_list() == ["WRONG_REGISTER"] * 2


def test_evidence_is_the_deciding_event(town: Engine, ledger: Ledger, settings: Settings) -> None:
    from campaigns.permissions.deciding import decide

    said = [granted(), granted("2", person_id=2), event("b", "ban_all", days=2, person_id=2)]
    answers = decide(town, request(), settings=settings, ledger=ledger, words=words(said))
    assert answers["evidence"].to_list()[:4] == [1, 3, None, None]
    assert answers.schema["evidence"] == pl.Int64


requests = st.sampled_from(
    [
        {"purpose": purpose, "message_kind": kind, "profiled": profiled, "topic": topic}
        for purpose, kind in (
            ("direct_marketing", "marketing"),
            ("newsletter", "newsletter"),
            ("satisfaction_survey", "survey"),
            ("service_notice", "service"),
            ("quote", "reply"),
        )
        for profiled, topic in ((False, ""), (True, "sauna"), (True, "solar"))
    ]
    + [
        {
            "purpose": "profiling",
            "message_kind": "none",
            "profiled": True,
            "channels": ("segment",),
            "attribute": name,
        }
        for name in ("annual_consumption", "hourly_load_pattern", "browsing")
    ]
)
few = examples(10)


def _request(fields: dict[str, object], **more: object) -> Request:
    return request(**{"channels": CHANNELS, **fields, **more})


@few
@given(said=anything, fields=requests, shuffled=st.randoms(use_true_random=False))
def test_the_order_of_recording_does_not_matter(
    ask: Ask, said: list[PermissionEvent], fields: dict[str, object], shuffled: object
) -> None:
    other = list(said)
    shuffled.shuffle(other)  # type: ignore[attr-defined]  # a Random of hypothesis
    fields = {"channels": CHANNELS, **fields}
    assert ask(said, **fields) == ask(other, **fields)


@few
@given(said=anything, fields=requests, more=st.lists(said_by_somebody(NARROWING), min_size=1, max_size=4))
def test_a_narrowing_word_never_widens(
    ask: Ask, said: list[PermissionEvent], fields: dict[str, object], more: list[PermissionEvent]
) -> None:
    """Invariant 2."""
    fields = {"channels": CHANNELS, **fields}
    before, after = ask(said, **fields), ask([*said, *more], **fields)
    assert {key for key, code in after.items() if code in ALLOWING} <= {
        key for key, code in before.items() if code in ALLOWING
    }


@few
@given(said=anything, fields=requests)
def test_registers_never_mix(ask: Ask, said: list[PermissionEvent], fields: dict[str, object]) -> None:
    """Invariant 3: without everything that B knows, A decides the same."""
    fields = {"channels": CHANNELS, **fields}
    assert ask(said, **fields) == ask([each for each in said if each.controller == A], **fields)


@few
@given(said=anything, fields=requests, later=anything, back=st.floats(0.5, 6))
def test_the_past_does_not_change(
    ask: Ask,
    said: list[PermissionEvent],
    fields: dict[str, object],
    later: list[PermissionEvent],
    back: float,
) -> None:
    """Invariant 9: what is recorded after a moment changes nothing about that moment."""
    moment = NOW - timedelta(days=back)
    fields = {"channels": CHANNELS, **fields, "as_of": moment, "at": moment}
    after = [each for each in later if each.recorded_at > moment]
    assert ask(said, **fields) == ask([*said, *after], **fields)

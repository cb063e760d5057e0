"""The switches of the policy: what each one changes, and only that."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from campaigns.errors import UserError
from campaigns.ledger import Ledger
from campaigns.permissions import rules
from campaigns.permissions.assuming import EFFECTS, assume
from campaigns.settings.model import Settings
from campaigns.settings.policy import AlwaysOff, Policy
from campaigns.settings.retention import Retention
from support.permission_worlds import NOW, codes, event, granted, people, request, world

OUTAGE = {"purpose": "service_notice", "message_kind": "service"}
SURVEY = {"purpose": "satisfaction_survey", "message_kind": "survey"}
RESEARCH = {"purpose": "market_research", "message_kind": "survey"}
CONFIRMING = {"purpose": "unsubscribe_confirmation", "message_kind": "reply"}
CASES = [
    ("soft_opt_in=on", {}, "customer", {}, [], "NO_CONSENT", "SOFT_OPT_IN"),
    ("soft_opt_in=on", {}, "customer", {"channels": ("robocall",)}, [], "NO_CONSENT", "NO_CONSENT"),
    ("survey_after_ban_all=on", {}, "customer", SURVEY, ["ban_all"], "BANNED_ALL", "LEGITIMATE_INTEREST"),
    ("survey_after_ban_all=on", {}, "customer", RESEARCH, ["ban_all"], "BANNED_ALL", "BANNED_ALL"),
    ("survey_after_ban_all=on", {}, "customer", {}, ["ban_all"], "BANNED_ALL", "BANNED_ALL"),
    ("research_to_prospects=on", {}, "prospect", RESEARCH, [], "NO_RELATIONSHIP", "LEGITIMATE_INTEREST"),
    ("research_to_prospects=on", {}, "prospect", SURVEY, [], "NO_RELATIONSHIP", "NO_RELATIONSHIP"),
    ("minors_by_own_consent=off", {"birth_year": 2010}, "customer", {}, ["granted"], "CONSENT", "MINOR"),
    (
        "service_under_restriction=send",
        {},
        "customer",
        OUTAGE,
        ["restricted_all"],
        "RESTRICTED_MANUAL_REVIEW",
        "SERVICE_MESSAGE",
    ),
    ("service_under_restriction=send", {}, "customer", {}, ["restricted_all"], "RESTRICTED", "RESTRICTED"),
    (
        "confirm_unsubscribe=on",
        {},
        "subscriber",
        CONFIRMING,
        [],
        "UNSUBSCRIBED_NO_FURTHER_MAIL",
        "REQUESTED",
    ),
]


@pytest.mark.parametrize(("switch", "person", "relationship", "asked", "said", "off", "on"), CASES)
def test_a_switch_changes_what_it_says(
    tmp_path: Path,
    ledger: Ledger,
    settings: Settings,
    switch: str,
    person: dict[str, object],
    relationship: str,
    asked: dict[str, object],
    said: list[str],
    off: str,
    on: str,
) -> None:
    tables = people(1, relationship=relationship, **person)
    tables["contact_points"] = tables["contact_points"].with_columns(
        from_sale=pl.lit(value=True), opt_out_offered=pl.lit(value=True)
    )
    events = [granted() if kind == "granted" else event(kind, kind) for kind in said]
    other, _ = assume(settings, [switch])
    with world(tmp_path, tables) as db:
        for chosen, expected in ((settings, off), (other, on), (settings, off)):
            assert set(codes(db, request(**asked), events, settings=chosen, ledger=ledger).values()) == {
                expected
            }


def test_every_switch_is_tried_and_explained() -> None:
    free = {name for name, field in Policy.model_fields.items() if field.annotation is not AlwaysOff}
    assert {case[0].partition("=")[0] for case in CASES} == set(EFFECTS) == free - {"meter_data"}


def test_every_switch_changes_the_rule_version(settings: Settings) -> None:
    versions = {rules.rule_version(assume(settings, [case[0]])[0]) for case in CASES}
    assert len(versions) == len(EFFECTS)
    assert rules.rule_version(settings) not in versions


def test_every_switch_is_named_by_a_rule() -> None:
    assert {rule.policy for rule in rules.RULES} - {""} == set(Policy.model_fields)


def test_how_long_data_is_kept_is_a_setting(tmp_path: Path, ledger: Ledger, settings: Settings) -> None:
    shorter = Retention.model_validate(
        {
            "prospects": {
                "keep": "20 days",
                "decided_by": "privacy officer",
                "date": "2026-01-15",
                "reason": "interest passes",
            }
        }
    )
    tables = people(1, relationship="prospect")
    recently = NOW.date().replace(day=1)
    tables["relationships"] = tables["relationships"].with_columns(start_date=pl.lit(recently))
    asked = request(channels=("letter",))
    other = settings.model_copy(update={"retention": shorter})
    with world(tmp_path, tables) as db:
        now = codes(db, asked, [], settings=settings, ledger=ledger)
        then = codes(db, asked, [], settings=other, ledger=ledger)
    assert set(now.values()) == {"OPT_OUT_CHANNEL"}
    assert set(then.values()) == {"RETENTION_EXPIRED"}
    assert rules.rule_version(settings) != rules.rule_version(other)


@pytest.mark.parametrize(
    ("switch", "code"),
    [
        ("soft_optin=on", "PRM030"),
        ("soft_opt_in=perhaps", "PRM031"),
        ("soft_opt_in", "PRM031"),
        ("service_under_restriction=on", "PRM031"),
        ("robocalls_by_soft_opt_in=on", "PRM032"),
        ("meter_data=interest", "PRM030"),
        ("", "PRM030"),
    ],
)
def test_what_cannot_be_assumed_is_refused(settings: Settings, switch: str, code: str) -> None:
    with pytest.raises(UserError) as caught:
        assume(settings, [switch])
    assert caught.value.mistake.code == code
    assert caught.value.mistake.hint

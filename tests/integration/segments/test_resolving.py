"""From the conditions to those who get the message: each step, and that all the numbers agree."""

# ruff: noqa: E501 - rows and printed lines are as long as they are
from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import Phase, given, note
from hypothesis import strategies as st

from campaigns.errors import Mistakes
from campaigns.segments.drawing import is_drawn
from campaigns.segments.resolving import PEOPLE, request
from integration.segments.conftest import Desk
from support import segment_worlds as drawn
from support.effort import examples
from support.segment_worlds import Case
from support.segments import OURS, ban, grant, segment_text, words
from support.segments import settings as known_settings

World = dict[str, list[dict[str, Any]]]
KEYS = {
    "segment", "as_of", "controller", "audience", "steps", "cut_offs", "members", "unexpected", "data", "permission", "left_out", "control_group",
    "final", "final_by_channel",
}  # fmt: skip


def town(people: int, **more: list[dict[str, Any]]) -> World:
    """Customers 1 to n with an electric house, an address and a metric of as many thousand kWh."""
    ids = range(1, people + 1)
    return {
        "persons": [
            {"person_id": n, "kind": "consumer", "language": "fi", "birth_year": 1980, "source": "crm",
             "informed_by": "2023"}
            for n in ids
        ],
        "contact_points": [
            {"person_id": n, "channel": channel, "value": value, "source": "crm", "deliverable": True,
             "from_sale": n % 2 == 0}
            for n in ids
            for channel, value in (("email", f"p{n}@x.fi"), ("sms", f"+35840{n:07}"))
        ],
        "relationships": [{"person_id": n, "kind": "customer", "start_date": date(2020, 1, 1)} for n in ids],
        "sites": [{"site_id": n, "heating": "oil"} for n in ids],
        "metering_points": [{"metering_point_id": n, "site_id": n, "energy": "electricity"} for n in ids],
        "contracts": [
            {"contract_id": n, "person_id": n, "metering_point_id": n, "start_date": date(2024, 1, 1)} for n in ids
        ],
        "metrics": [
            {"metering_point_id": n, "period": "last full year", "as_of": date(2026, 11, 20), "kwh_year": 1000.0 * n,
             "period_start": date(2025, 1, 1), "period_end": date(2025, 12, 31)}
            for n in ids
        ],
        **more,
    }  # fmt: skip


def steps(people: pl.DataFrame) -> dict[int, str | None]:
    return dict(people.select("person_id", "step").iter_rows())


def test_permission_takes_people_out_and_says_why(desk: Desk) -> None:
    said = words(grant(1), grant(2), ban(2), grant(4, purpose="newsletter"))
    found = desk.resolve(segment_text(), town(4), said)
    assert found.people.schema == PEOPLE
    assert dict(found.people.select("person_id", "code").iter_rows()) == {
        1: "CONSENT", 2: "BANNED_ALL", 3: "NO_CONSENT", 4: "NO_CONSENT"
    }  # fmt: skip
    assert steps(found.people) == {1: None, 2: "permission", 3: "permission", 4: "permission"}
    assert found.people["evidence"].to_list()[:2] == [1, 3]
    assert found.left_out == {"permission": 3, "suppression": 0, "caps": 0, "one_per": 0, "limit": 0}


def test_the_first_allowed_channel(desk: Desk) -> None:
    text = segment_text().replace("[email]", "[email, sms]")
    said = words(grant(1), grant(1, channel="sms"), grant(2, channel="sms"))
    found = desk.resolve(text, town(3), said)
    assert found.final.select("person_id", "channel").rows() == [(1, "email"), (2, "sms")]
    assert found.final_by_channel == {"email": 1, "sms": 1}
    assert found.people.filter(pl.col("person_id") == 3)["channel"].to_list() == ["email"]


def test_night_leaves_nobody_out(desk: Desk) -> None:
    text = segment_text().replace("[email]", "[sms]")
    said = words(grant(1, channel="sms"))
    segment = desk.resolve(text, town(1), said).segment
    assert len(desk.resolve(text, town(1), said).final) == 1
    asked = request(
        segment,
        settings=known_settings(),
        at=datetime(2026, 11, 24, 23, tzinfo=UTC),
        message_kind=None,
        channels=("sms",),
    )
    assert asked.at == datetime(2026, 11, 25, 6, tzinfo=UTC)  # eight in the morning in Helsinki


def test_a_service_message_reaches_people_who_banned_marketing(desk: Desk) -> None:  # invariant 8
    text = segment_text(purpose="contract_notice")
    found = desk.resolve(text, town(2), words(ban(1)))
    assert found.message_kind == "contractual"
    assert len(found.final) == 2


def test_suppression_is_a_step_of_its_own(desk: Desk) -> None:
    world = town(2)
    world["contact_points"][0]["deliverable"] = False
    found = desk.resolve(segment_text(), world, words(grant(1), grant(2)))
    assert steps(found.people) == {1: "suppression", 2: None}


def test_the_limit_takes_the_highest_and_sees_only_whom_permission_left(desk: Desk) -> None:
    text = segment_text(more="limit: {at_most: 2, highest: {metric: kwh_year, over: last full year}}")
    found = desk.resolve(text, town(5), words(*(grant(n) for n in (1, 2, 3, 4))))
    assert steps(found.people) == {1: "limit", 2: "limit", 3: None, 4: None, 5: "permission"}
    lowest = text.replace("highest", "lowest")
    assert steps(desk.resolve(lowest, town(5), words(*(grant(n) for n in (1, 2, 3, 4)))).people)[1] is None


def test_a_limit_by_lot_is_the_same_twice(desk: Desk) -> None:
    text = segment_text(more="limit: 5")
    said = words(*(grant(n) for n in range(1, 21)))
    once = desk.resolve(text, town(20), said)
    assert len(once.final) == 5
    assert once.people.equals(desk.resolve(text, town(20), said).people)


def test_the_control_group_is_drawn_from_those_who_would_get_it(desk: Desk) -> None:
    text = segment_text(more="control_group: {share: 50%, name: spring}")
    said = words(*(grant(n) for n in range(1, 21)))
    found = desk.resolve(text, town(30), said)
    expected = [n for n in range(1, 21) if is_drawn("spring", n, Decimal("0.5"))]
    assert found.control_group["person_id"].to_list() == expected
    assert found.people.filter("control")["step"].unique().to_list() == ["control_group"]
    assert len(found.final) == 20 - len(expected)


def test_one_person_a_company(desk: Desk) -> None:
    people = (1, 2, 3, 4)
    world = town(
        4,
        companies=[{"company_id": 7, "size": 20}],
        roles=[
            {"person_id": n, "company_id": 7, "role": "contact", "start_date": date(2020, 1, 1)}
            for n in (1, 2, 3)
        ],
        events=[
            {
                "event_id": n,
                "person_id": n,
                "name": "meeting_held",
                "occurred_at": datetime(2026, n, 1, tzinfo=UTC),
            }
            for n in (1, 2, 3)
        ],
    )
    text = segment_text(audience="everyone", more="one_per: company\nprefer: latest_activity")
    said = words(*(grant(n) for n in people), ban(3))
    assert steps(desk.resolve(text, world, said).people) == {1: "one_per", 2: None, 3: "permission", 4: None}


def test_profiled_segments_drop_minors_and_objectors(desk: Desk) -> None:
    world = town(3)
    world["persons"][1]["birth_year"] = 2012
    said = words(*(grant(n) for n in (1, 2, 3)), ban(3, kind="profiling_objection") | {"family": "objection"})
    text = segment_text("{metric: kwh_year, over: last full year, at_least: 1 kWh}")
    assert dict(desk.resolve(text, world, said).people.select("person_id", "code").iter_rows()) == {
        1: "CONSENT", 2: "MINOR_PROFILING", 3: "PROFILING_OBJECTED"
    }  # fmt: skip
    plain = desk.resolve(segment_text("{field: language, is: fi}"), world, said)
    assert steps(plain.people)[3] is None


def test_consent_to_hourly_data_is_the_rules_to_give(desk: Desk) -> None:
    world = town(3)
    world["metrics"] = [{**row, "peak_kw": 9.0} for row in world["metrics"]]
    profiling = {"purpose": "profiling", "channel": "segment"}
    said = words(
        *(grant(n) for n in (1, 2, 3)),
        {"person_id": 1, **profiling},
        {"person_id": 2, **profiling},
        ban(2, kind="withdrawn") | {"family": "consent", **profiling},
    )
    found = desk.resolve(segment_text("{metric: peak_kw, over: last full year, at_least: 1 kW}"), world, said)
    assert found.people["person_id"].to_list() == [1]
    assert found.steps[0].unknown == 2


def test_the_matched_site(desk: Desk) -> None:
    world = town(2)
    world["sites"].append({"site_id": 9, "heating": "oil"})
    world["metering_points"].append({"metering_point_id": 9, "site_id": 9, "energy": "electricity"})
    world["contracts"].append(
        {"contract_id": 9, "person_id": 1, "metering_point_id": 9, "start_date": date(2024, 1, 1)}
    )
    world["metrics"].append({**world["metrics"][0], "metering_point_id": 9, "kwh_year": 99_000.0})
    text = segment_text("{has: site, where: [{field: heating, is: oil}]}")
    assert desk.resolve(text, world).people["site_id"].to_list() == [1, 2]
    ordered = text + "limit: {at_most: 9, highest: {metric: kwh_year, over: last full year}}\n"
    assert desk.resolve(ordered, world).people["site_id"].to_list() == [9, 2]


def test_the_other_channels_of_a_mailing(desk: Desk) -> None:
    found = desk.resolve(segment_text(), town(2), words(grant(1, channel="sms")), channels=("sms",))
    assert found.channels == ("sms",)
    assert found.final["person_id"].to_list() == [1]


def test_preview_json_has_the_promised_keys_and_adds_up(desk: Desk) -> None:
    said = words(*(grant(n) for n in range(1, 10)), ban(2))
    text = segment_text(
        "{field: language, is: fi}",
        "{metric: kwh_year, over: last full year, at_least: 3 MWh}",
        more="except:\n  - {field: birth_year, is: 1990}\nlimit: 5\ncontrol_group: 50%",
    )
    found = json.loads(json.dumps(desk.preview(text, town(12), said).as_json()))
    assert set(found) == KEYS
    assert found["audience"] == 12
    assert [(one["line"], one["alone"], one["remaining"], one["unknown"]) for one in found["steps"]] == [
        (6, 12, 12, 0), (7, 10, 10, 0), (9, 0, 10, 0)
    ]  # fmt: skip
    assert found["members"] == 10
    assert found["final"] == found["members"] - sum(found["left_out"].values()) - found["control_group"]
    assert found["final"] == sum(found["final_by_channel"].values())
    channel = found["permission"]["email"]
    assert channel["allowed"] + sum(channel["denied"].values()) == found["members"]


def test_preview_text(desk: Desk) -> None:
    said = words(*(grant(n) for n in range(1, 7)), ban(2))
    text = segment_text(
        "{metric: kwh_year, over: last full year, at_least: 2 MWh}", more="expect: {size: 100 to 200}"
    )
    assert str(desk.preview(text, town(9), said)) == (
        "drawn: a test\n"
        "Lahti Energia Oy, 2026-11-24, energy_offers by email\n"
        "last full year: 2025-01-01 to 2025-12-31, computed for 2026-11-20\n"
        "\n"
        " line                                                                     alone remaining   unknown\n"
        "       customers                                                                        9\n"
        "    6  year's use over last full year at least 2000 kWh                       8         8         0\n"
        "\n"
        "the conditions hold for 8 people\n  expected are 100 to 200.\n"
        "\n"
        "by email: 4 may be contacted\n"
        "          <5  This person has neither consented to this nor asked for it. (NO_CONSENT)\n"
        "              <5 of them gave the address with a purchase; policy soft_opt_in is off.\n"
        "              Ask for consent, for example when the person is in touch.\n"
        "          <5  This person has banned all marketing. (BANNED_ALL)\n"
        "\n"
        "         8  people for whom the conditions hold\n"
        "       −<5  may not be contacted (permission)\n"
        "         0  have had enough messages: nobody yet, as mailings have no limit (caps)\n"
        "         4  get the message: <5 by email"
    )


def test_an_assumed_switch_is_counted_beside_and_changes_nothing(desk: Desk) -> None:
    people = town(9)
    for point in people["contact_points"]:
        point |= {"from_sale": point["person_id"] > 3, "opt_out_offered": True}
    text, said = segment_text(), words(grant(1), ban(9))
    found = desk.preview(text, people, said, assume=["soft_opt_in=on"])
    plain = desk.preview(text, people, said)
    assumed = found.as_json().pop("assumed")
    assert {name: value for name, value in found.as_json().items() if name != "assumed"} == plain.as_json()
    assert plain.as_json()["permission"] == {
        "email": {"allowed": 1, "denied": {"BANNED_ALL": 1, "NO_CONSENT": 7}}
    }
    assert assumed["switches"]["soft_opt_in"].items() >= {"now": "off", "then": "on"}.items()
    assert assumed["permission"] == {
        "email": {"allowed": 6, "denied": {"BANNED_ALL": 1, "SOFT_OPT_IN_NOT_FROM_SALE": 2}}
    }
    assert (plain.as_json()["final"], assumed["final"]) == (1, 6)
    assert "         1 → 6  get the message (+5)" in str(found).splitlines()
    assert str(found).startswith(str(plain))


def test_missing_consent_to_data_is_shown_apart(desk: Desk) -> None:
    people = town(12)
    people["metrics"] = [{**row, "peak_kw": 9.0} for row in people["metrics"]]
    said = words(*(grant(n, "profiling", "segment") for n in (1, 2)))
    text = segment_text("{metric: peak_kw, over: last full year, at_least: 1 kW}")
    found = desk.preview(text, people, said)
    assert found.as_json()["data"] == {"hourly meter data": {"denied": {"NO_CONSENT": 10}}}
    assert "hourly meter data: 10 of these people have not agreed to its use, so it is unknown" in str(found)
    assert "  Ask for consent to profiling." in str(found).splitlines()


def test_why_shows_values_lines_and_what_decided(desk: Desk) -> None:
    text = segment_text(
        """has: site
where:
  - {field: heating, is: oil}
  - {metric: kwh_year, over: last full year, at_least: 2 MWh}""",
        more="except:\n  - {did: complaint_opened}",
    )
    out = desk.why(text, 1, town(3), words(grant(1)))
    assert (out.member, out.decided_by) == (False, "drawn.yml:9")
    tree = out.as_json()["tree"]["conditions"]
    assert [(one["line"], one["verdict"]) for one in tree] == [(None, "yes"), (6, "no"), (11, "no")]
    assert [(one["line"], one["verdict"], one["value"]) for one in tree[1]["conditions"]] == [
        (8, "yes", "oil"), (9, "no", "1,000 kWh")
    ]  # fmt: skip
    member = desk.why(text, 3, town(3), words(grant(1)))
    assert (member.member, member.decided_by) == (True, "NO_CONSENT")
    final = desk.why(text, 3, town(3), words(grant(3)))
    assert (final.member, final.decided_by) == (True, None)
    assert final.as_json()["permission"] == {"email": {"allowed": True, "code": "CONSENT", "evidence": 1}}
    nobody = desk.why(text, 99, town(3))
    assert (nobody.member, nobody.decided_by) == (False, "audience")
    assert nobody.as_json()["permission"]["email"]["code"] == "WRONG_REGISTER"


def test_why_an_exception_and_an_unknown(desk: Desk) -> None:
    world = town(2)
    world["sites"][1]["heating"] = None
    world["events"] = [
        {
            "event_id": 1,
            "person_id": 1,
            "name": "complaint_opened",
            "occurred_at": datetime(2026, 5, 1, tzinfo=UTC),
        }
    ]
    text = segment_text(
        "{has: site, where: [{field: heating, is: oil}]}", more="except:\n  - {did: complaint_opened}"
    )
    assert desk.why(text, 1, world).decided_by == "drawn.yml:8"
    out = desk.why(text, 2, world)
    assert (out.tree.verdict, out.decided_by) == ("unknown", "drawn.yml:6")


QUICK = examples(15, phases=[Phase.explicit, Phase.reuse, Phase.generate])


@pytest.mark.filterwarnings("ignore:Generating overly large repr")
@QUICK
@given(case=drawn.cases(drawn.plain_conditions), granted=st.sets(drawn.PEOPLE), banned=st.sets(drawn.PEOPLE))
def test_recipients_are_permitted_and_bans_never_add_anybody(
    desk: Desk, case: Case, granted: set[int], banned: set[int]
) -> None:  # invariants 2 and 4
    note(str(case))
    world = dict(case.world)
    world["contact_points"] = [
        {"person_id": n, "channel": "email", "value": f"p{n}@x.fi", "source": "crm", "deliverable": True}
        for n in range(1, 6)
    ]
    text = drawn.text(case.segment)
    try:
        before = desk.resolve(text, world, words(*(grant(n) for n in granted)))
    except Mistakes:
        return
    after = desk.resolve(text, world, words(*(grant(n) for n in granted), *(ban(n) for n in banned)))
    assert set(before.final["person_id"]) <= granted | _role_addresses(world)
    assert set(after.final["person_id"]) <= set(before.final["person_id"]) - banned
    for found in (before, after):
        assert found.people["person_id"].is_unique().all()
        assert found.people["person_id"].is_sorted()
        assert found.members == len(found.final) + sum(found.left_out.values()) + len(found.control_group)
        assert found.steps == () or found.steps[-1].remaining == found.members


def _role_addresses(world: World) -> set[int]:
    return {
        row["person_id"]
        for row in world["persons"]
        if row["kind"] == "company_role_address" and row["controller"] == OURS
    }

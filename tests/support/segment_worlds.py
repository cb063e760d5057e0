"""Random small worlds and random segments over them, for hypothesis.

Everything happens often: matches, NULLs, several contracts for one meter, rows of the other register with the
same numbers.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from datetime import UTC, date, datetime, timedelta
from pprint import pformat
from typing import Any

from hypothesis import strategies as st

from support.segments import OURS, THEIRS, TODAY

PEOPLE = st.integers(1, 5)
SITES = st.integers(1, 4)
POINTS = st.integers(1, 5)
COMPANIES = st.integers(1, 3)
LANGUAGES, KINDS = ("fi", "sv", "en"), ("consumer", "minor", "business_contact")
BUILDINGS, HEATINGS = ("detached_house", "apartment"), ("oil", "direct_electric")
TYPES, ROLES = ("fixed_term", "spot"), ("decision_maker", "contact")
RELATIONS = ("customer", "former_customer", "subscriber", "prospect")
EVENTS, PAGES = ("moved_out", "quote_requested", "page_visited"), ("heat_pumps", "front", "it's")
SURVEYS, ANSWERS = ("autumn", "spring"), ("6", "9", "10", "6.5", "none", "nan", "inf")
MAILINGS = (("welcome", "marketing"), ("december_newsletter", "newsletter"), ("gone", "newsletter"))
SCORES = ("churn", "evening_propensity")  # the second is made from hourly readings
LISTS = ("energy_fair", "fair_2026")
PERIODS = ("last full year", "last 12 months")
METRICS = ("electricity_use", "kwh_year", "winter_summer", "peak_kw", "spot_paid", "market_average")
NUMBERS = (0.0, 0.25, 0.5, 3.0, 6.0, 9000.0, 12000.5, float("nan"))
WORDS = ("15100", "15110", "15860", "18100", "00100", "99999")

controllers = st.sampled_from([OURS, OURS, OURS, THEIRS])
days = st.integers(-420, 120).map(lambda offset: TODAY + timedelta(days=offset))


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.none(), strategy, strategy)


def rows(
    most: int, keys: tuple[str, ...] = (), /, **columns: st.SearchStrategy[Any]
) -> st.SearchStrategy[Any]:
    row = st.fixed_dictionaries({"controller": controllers, **columns})
    unique = (lambda one: tuple(one[key] for key in ("controller", *keys))) if keys else None
    return st.lists(row, max_size=most, unique_by=unique)


moments = st.integers(-420 * 24 * 60, 24 * 60).map(
    lambda minutes: datetime(2026, 11, 24, 12, tzinfo=UTC) + timedelta(minutes=minutes)
)
recent = st.integers(-20 * 24 * 60, 24 * 60).map(
    lambda minutes: datetime(2026, 11, 24, 12, tzinfo=UTC) + timedelta(minutes=minutes)
)
properties = st.one_of(
    st.none(), st.just("{}"), st.sampled_from(PAGES).map(lambda page: json.dumps({"page": page}))
)


answers = st.fixed_dictionaries(
    {"survey": st.sampled_from(SURVEYS), "question": st.sampled_from(("nps", "why"))},
    optional={"answer": st.sampled_from(ANSWERS)},
).map(json.dumps)


def contacted(moment: str) -> st.SearchStrategy[Any]:
    """Rows of what became of mailings."""
    mailing = st.sampled_from(MAILINGS)
    row = st.builds(
        lambda owner, of, person, at: {
            "controller": owner, "mailing": of[0], "kind": of[1], "person_id": person, moment: at
        },
        controllers,
        mailing,
        PEOPLE,
        moments,
    )  # fmt: skip
    return st.lists(row, max_size=8)


def with_answers(world: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    """Answers to surveys are events too."""
    return {**world, "events": [*world["events"], *world.pop("answers")]}


def with_their_sites(world: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    """A register file tells of a metering point and its site in one row: none is without the other."""
    told = {(site["controller"], site["site_id"]) for site in world["sites"]}
    points = {(point["controller"], point["site_id"]) for point in world["metering_points"]}
    unknown = {"building_type": None, "heating": None, "building_year": None}
    more = [{"controller": owner, "site_id": site, **unknown} for owner, site in sorted(points - told)]
    return {**world, "sites": [*world["sites"], *more]}


worlds = (
    st.fixed_dictionaries(
        {
            "persons": rows(
                8,
                ("person_id",),
                person_id=PEOPLE,
                kind=st.sampled_from(KINDS),
                language=maybe(st.sampled_from(LANGUAGES)),
                birth_year=maybe(st.sampled_from((1950, 1990, 2010))),
                postal_code=maybe(st.sampled_from(WORDS)),
                ended_on=st.one_of(st.none(), st.none(), st.none(), days),
            ),
            "sites": rows(
                6,
                ("site_id",),
                site_id=SITES,
                building_type=maybe(st.sampled_from(BUILDINGS)),
                heating=maybe(st.sampled_from(HEATINGS)),
                building_year=maybe(st.sampled_from((1960, 2005))),
                postal_code=maybe(st.sampled_from(WORDS)),
            ),
            "metering_points": rows(
                8,
                ("metering_point_id",),
                metering_point_id=POINTS,
                site_id=SITES,
                energy=st.sampled_from(("electricity", "electricity", "district_heat")),
                fuse_a=maybe(st.sampled_from((25, 35))),
            ),
            "contracts": rows(
                12,
                ("contract_id",),
                contract_id=st.integers(1, 12),
                person_id=maybe(PEOPLE),
                company_id=maybe(COMPANIES),
                metering_point_id=POINTS,
                contract_type=maybe(st.sampled_from(TYPES)),
                start_date=maybe(days),
                end_date=maybe(days),
                annual_kwh_estimate=maybe(st.sampled_from((3000, 12000))),
            ),
            "relationships": rows(
                8,
                person_id=PEOPLE,
                kind=st.sampled_from(RELATIONS),
                start_date=maybe(days),
                end_date=maybe(days),
            ),
            "companies": rows(
                4,
                ("company_id",),
                company_id=COMPANIES,
                size=maybe(st.sampled_from((5, 10, 200))),
                postal_code=maybe(st.sampled_from(WORDS)),
            ),
            "roles": rows(
                6,
                ("person_id", "company_id", "role"),
                person_id=PEOPLE,
                company_id=COMPANIES,
                role=st.sampled_from(ROLES),
                start_date=maybe(days),
                end_date=maybe(days),
            ),
            "events": rows(
                10,
                ("event_id",),
                event_id=st.integers(1, 12),
                person_id=PEOPLE,
                name=st.sampled_from(EVENTS),
                occurred_at=moments,
                properties=properties,
            ),
            "answers": rows(
                8,
                ("event_id",),
                event_id=st.integers(101, 112),
                person_id=PEOPLE,
                name=st.just("survey_answered"),
                occurred_at=moments,
                properties=answers,
            ),
            "messages": contacted("handed_over_at"),
            "clicks": contacted("clicked_at"),
            "list_members": rows(
                8,
                ("list_name", "person_id"),
                list_name=st.sampled_from(LISTS),
                person_id=PEOPLE,
                source=st.just("desk"),
                added_on=maybe(days),
                delete_on=days,
            ),
            "metrics": rows(
                14,
                ("metering_point_id", "period", "as_of"),
                metering_point_id=POINTS,
                period=st.sampled_from(PERIODS),
                as_of=st.sampled_from((date(2026, 10, 31), date(2026, 11, 22), date(2026, 11, 30))),
                **{name: maybe(st.sampled_from(NUMBERS)) for name in METRICS},
            ),
            "scores": rows(
                10,
                ("person_id", "score", "scored_at"),
                person_id=PEOPLE,
                score=st.sampled_from(SCORES),
                version=st.sampled_from(("1", "2")),
                scored_at=st.one_of(recent, recent, moments),
                valid_until=maybe(days),
                value=maybe(st.sampled_from((0.1, 0.5, 0.5, 0.9, float("nan")))),
            ),
            "not_profiled": st.lists(st.fixed_dictionaries({"person_id": PEOPLE}), max_size=1),
            "hourly_consents": st.lists(st.fixed_dictionaries({"person_id": PEOPLE}), max_size=3),
            "browsing_consents": st.lists(st.fixed_dictionaries({"person_id": PEOPLE}), max_size=3),
        }
    )
    .map(with_their_sites)
    .map(with_answers)
)

unknown = st.sampled_from(({}, {}, {}, {"unknown": "include"}, {"unknown": "remove"}))
lengths = st.sampled_from(("1 day", "60 days", "6 months", "1 year"))


def choice_tests(words: tuple[str, ...]) -> st.SearchStrategy[dict[str, Any]]:
    word = st.sampled_from(words)
    return st.one_of(
        st.fixed_dictionaries({"is": word}),
        st.fixed_dictionaries({"is_not": word}),
        st.fixed_dictionaries({"not_one_of": st.lists(word, min_size=1, max_size=2)}),
        st.fixed_dictionaries({"one_of": st.lists(word, min_size=1, max_size=1)}),
        st.sampled_from(({"is_known": "yes"}, {"is_known": "no"})),
    )


def number_tests(numbers: tuple[str, ...]) -> st.SearchStrategy[dict[str, Any]]:
    number = st.sampled_from(numbers)
    single = st.sampled_from(("at_least", "at_most", "more_than", "less_than", "is", "is_not"))
    return st.one_of(
        st.builds(lambda name, value: {name: value}, single, number),
        st.sampled_from(({"is_known": "yes"}, {"is_known": "no"})),
    )


day_tests = st.one_of(
    st.builds(
        lambda name, length: {name: length},
        st.sampled_from(("within_last", "within_next", "older_than")),
        lengths,
    ),
    st.builds(
        lambda name, day: {name: day},
        st.sampled_from(("before", "after", "is", "is_not")),
        st.sampled_from(("today", "2026-11-24", "2026-06-01")),
    ),
    st.sampled_from(({"is_known": "yes"}, {"is_known": "no"}, {"between": "2026-01-01 to today"})),
)


def field(name: str, tests: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.builds(lambda test, more: {"field": name, **test, **more}, tests, unknown)


def metric_condition(draw_tests: st.SearchStrategy[dict[str, Any]], name: str) -> st.SearchStrategy[Any]:
    return st.builds(
        lambda over, test, more: {"metric": name, "over": over, **test, **more},
        st.sampled_from(PERIODS),
        draw_tests,
        unknown,
    )


person_fields = st.one_of(
    field("language", choice_tests(LANGUAGES)),
    field("birth_year", number_tests(("1950", "1990"))),
    field("age", number_tests(("36 years", "18 years"))),
    field("postal_code", st.sampled_from(({"starts_with": "151"}, {"starts_with": ["00", "15110"]}))),
    field("customer_since", day_tests),
    field("customer_until", day_tests),
    field("relationship", choice_tests(RELATIONS)),
    field("role", choice_tests(ROLES)),
)
changes = st.builds(
    lambda name, over, form, test, more: {
        "metric": name,
        "over": over[0],
        "change_from": form(over[1]),
        **test,
        **more,
    },
    st.sampled_from(("electricity_use", "winter_summer", "peak_kw")),
    st.sampled_from((PERIODS, PERIODS[::-1])),
    st.sampled_from((str, lambda period: {"period": period})),
    st.one_of(
        number_tests(("0%", "100%", "-50%", "1100%", "-99.9%")),
        st.sampled_from(
            ({"between": "-50% to 100%"}, {"one_of": ["0%", "100%"]}, {"at_least": "-50%", "less_than": "0%"})
        ),
    ),
    unknown,
)
metrics = st.one_of(
    metric_condition(number_tests(("9 MWh", "500 Wh")), "electricity_use"),
    metric_condition(number_tests(("9000 kWh",)), "kwh_year"),
    metric_condition(number_tests(("3", "0.5")), "winter_summer"),
    metric_condition(number_tests(("6 kW",)), "peak_kw"),
    metric_condition(
        st.sampled_from(({"more_than": "110% of market_average"}, {"at_most": "100% of market_average"})),
        "spot_paid",
    ),
    changes,
)
sequences = st.builds(
    lambda first, kind, then, within, since, pages, more: {
        "did": first,
        kind: then,
        "within": within,
        **since,
        **({"where": {"page": pages[0]}} if first == "page_visited" and pages[0] else {}),
        **({"then_where": {"page": pages[1]}} if then == "page_visited" and pages[1] else {}),
        **more,
    },
    st.sampled_from(EVENTS),
    st.sampled_from(("then_did", "then_did_not")),
    st.sampled_from(EVENTS),
    st.sampled_from(("0 days", "60 days", "6 months", "1 year")),
    st.sampled_from(({}, {}, {"within_last": "60 days"}, {"within_last": "1 year"})),
    st.tuples(*[st.sampled_from(("", "", *PAGES))] * 2),
    unknown,
)
ages = st.sampled_from(("14 days", "6 months"))
sizes = st.builds(
    lambda word, size: {word: size},
    st.sampled_from(("top", "bottom")),
    st.sampled_from((1, 2, 4, "10%", "50%", "33.3%", "99.9%")),
)
scores = st.builds(
    lambda name, age, test, more: {"score": name, **test, "not_older_than": age, **more},
    st.sampled_from(SCORES),
    ages,
    number_tests(("0.5", "0.7")),
    unknown,
)
ranked = st.one_of(
    st.builds(
        lambda name, over, size, more: {"metric": name, "over": over, **size, **more},
        st.sampled_from(("electricity_use", "winter_summer", "peak_kw", "spot_paid")),
        st.sampled_from(PERIODS),
        sizes,
        unknown,
    ),
    st.just(
        {"metric": "kwh_year", "over": PERIODS[0], "change_from": PERIODS[1], "top": 2, "at_least": "-50%"}
    ),
)
ranked_scores = st.builds(lambda score, size: {**score, **size}, scores, sizes)
events = st.one_of(
    st.builds(
        lambda kind, name, within, more: {kind: name, **within, **more},
        st.sampled_from(("did", "did_not")),
        st.sampled_from(EVENTS),
        st.one_of(st.just({}), lengths.map(lambda length: {"within_last": length})),
        unknown,
    ),
    st.builds(
        lambda pages, times: {"did": "page_visited", "where": {"page": pages}, **times},
        st.lists(st.sampled_from(PAGES), min_size=1, max_size=2),
        st.sampled_from(({}, {"at_least": "2 times"}, {"at_most": "1 time"}, {"exactly": "1 time"})),
    ),
    sequences,
    sequences,
)
counts = st.sampled_from(({}, {}, {"at_least": "2 times"}, {"at_most": "1 time"}, {"exactly": "1 time"}))
in_time = st.one_of(st.just({}), lengths.map(lambda length: {"within_last": length}))
contacts = st.one_of(
    st.builds(
        lambda kind, name, within, times, more: {
            kind: name, **within, **({} if kind.startswith("not_") else times), **more
        },
        st.sampled_from(("received", "not_received", "clicked", "not_clicked")),
        st.sampled_from(("welcome", "december_newsletter", "any_newsletter")),
        in_time,
        counts,
        unknown,
    ),
    st.builds(
        lambda kind, what, within, times: {
            kind: what, **within, **({} if kind.startswith("not_") else times)
        },
        st.sampled_from(("answered", "not_answered")),
        st.one_of(
            st.sampled_from(SURVEYS),
            st.builds(
                lambda survey, question, test: {"survey": survey, **question, **test},
                st.sampled_from(SURVEYS),
                st.sampled_from(({}, {"question": "nps"}, {"question": ["nps", "why"]})),
                st.sampled_from(
                    ({}, {"at_most": 6}, {"at_least": 9}, {"between": "7 to 9"}, {"is": "none"},
                     {"is_not": "6"}, {"one_of": ["6", "none"]}, {"at_least": 6, "is_not": "9"})
                ),
            ),
        ),
        in_time,
        counts,
    ),
    st.builds(
        lambda kind, name, more: {kind: name, **more},
        st.sampled_from(("in_list", "not_in_list")),
        st.sampled_from(LISTS),
        unknown,
    ),
)  # fmt: skip
near = st.builds(
    lambda place, radius, more: {"near": place, "within": radius, **more},
    st.sampled_from(("15110", "Lahti", "Helsinki")),
    st.sampled_from(("500 m", "8 km", "40 km", "100 km")),
    unknown,
)
contract_fields = st.one_of(
    field("contract_type", choice_tests(TYPES)),
    field("end_date", day_tests),
    field("start_date", day_tests),
    field("running", st.sampled_from(({"is": "yes"}, {"is": "no"}))),
    field("annual_use_estimate", number_tests(("3 MWh", "12 MWh"))),
)
site_fields = st.one_of(
    field("building_type", choice_tests(BUILDINGS)),
    field("heating", choice_tests(HEATINGS)),
    field("building_year", number_tests(("1960", "2000"))),
    field("main_fuse", number_tests(("25 A", "35 A"))),
    field("energy", choice_tests(("electricity", "district_heat"))),
    near,
)
company_fields = st.one_of(
    field("size", number_tests(("10 people",))),
    field("role", choice_tests(ROLES)),
    field("in_role_since", day_tests),
    near,
)
others = st.builds(
    lambda kind, name, more: {kind: name, **more},
    st.sampled_from(("in_segment", "not_in_segment")),
    st.sampled_from(("first_other", "second_other")),
    unknown,
)
samples = st.sampled_from(({"sample": "50%"}, {"sample": "30%", "name": "autumn"}))


def grouped(conditions: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Conditions, and groups of them."""
    groups = st.builds(
        lambda kind, inner, more: {kind: inner, **more},
        st.sampled_from(("any", "all", "none")),
        st.lists(conditions, min_size=1, max_size=3),
        unknown,
    )
    return st.one_of(conditions, conditions, groups)


def has(relation: str, conditions: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    where = st.one_of(
        st.just({}),
        st.lists(conditions, min_size=1, max_size=3).map(lambda inner: {"where": inner}),
        st.lists(conditions, min_size=1, max_size=3).map(lambda inner: {"where": inner}),
    )
    kinds = st.sampled_from(
        (
            {"has": relation},
            {"has_no": relation},
            {"has": relation, "at_least": 1},
            {"has": relation, "at_least": 2},
        )
    )
    return st.builds(lambda kind, inner, more: {**kind, **inner, **more}, kinds, where, unknown)


contracts = has("contract", grouped(contract_fields))
sites = has("site", grouped(st.one_of(site_fields, site_fields, metrics, ranked, contracts)))
company_sites = has("site", grouped(st.one_of(site_fields, metrics, ranked, contracts)))
companies = has("company", grouped(st.one_of(company_fields, company_fields, contracts, company_sites)))
among = st.sampled_from(("everyone", "segment", "segment", "first_other", "second_other"))
ranked_by_others = st.one_of(
    st.builds(lambda one, base: {**one, "among": base}, st.one_of(ranked, ranked_scores), among),
    has("site", st.builds(lambda one, base: {**one, "among": base}, ranked, among)),
    st.builds(
        lambda one, rest: {"has": "site", "where": [rest, {**one, "among": "segment"}]}, ranked, site_fields
    ),
    st.builds(
        lambda one, kind, rest: {kind: [rest, {**one, "among": "segment"}]},
        ranked,
        st.sampled_from(("all", "any")),
        person_fields,
    ),
    st.builds(
        lambda one, size: {
            "has": "company",
            "where": [size, {"has": "site", "where": [{**one, "among": "segment"}]}],
        },
        ranked,
        company_fields,
    ),
)
conditions = grouped(
    st.one_of(
        person_fields,
        person_fields,
        metrics,
        events,
        contacts,
        near,
        sites,
        sites,
        contracts,
        companies,
        scores,
        ranked,
        ranked_by_others,
        others,
        samples,
    )
)
plain_conditions = grouped(
    st.one_of(
        person_fields,
        metrics,
        events,
        contacts,
        near,
        sites,
        contracts,
        companies,
        scores,
        ranked,
        ranked_scores,
    )
)


def segments(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.builds(
        lambda audience, who, out: {
            "title": "drawn", "purpose": "energy_offers", "audience": audience, "channels": ["email"],
            **({"who": who} if who else {}), **({"except": out} if out else {}),
        },
        st.sampled_from(("everyone", "everyone", "customers", "subscribers", "business_contacts")),
        st.lists(inner, max_size=3),
        st.lists(inner, max_size=2),
    )  # fmt: skip


@dataclass(frozen=True)
class Case:
    """A drawn world and drawn segments; its text is the files and the rows, not hypothesis' own."""

    world: dict[str, list[dict[str, Any]]]
    segment: dict[str, Any]
    others: dict[str, dict[str, Any]] = dataclass_field(default_factory=dict)

    def __repr__(self) -> str:
        return "<a world and a segment>"

    def __str__(self) -> str:
        files = {"drawn": self.segment, **self.others}
        rows = {table: rows for table, rows in self.world.items() if rows}
        return "\n".join([*(f"{name}: {text(one)}" for name, one in files.items()), pformat(rows, width=150)])


def cases(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Case]:
    """A world and one segment of these conditions."""
    return st.builds(Case, worlds, segments(inner))


cases_with_others = st.builds(
    lambda world, segment, first, second: Case(
        world, segment, {"first_other": first, "second_other": second}
    ),
    worlds,
    segments(conditions),
    segments(plain_conditions),
    segments(plain_conditions),
)


def text(segment: dict[str, Any]) -> str:
    """A drawn segment as a file: JSON is YAML."""
    return json.dumps(segment, ensure_ascii=False)

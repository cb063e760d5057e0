"""The compiled SQL, word for word, and what must hold for every compiled segment.

Write the golden files anew with `CAMPAIGNS_GOLDEN=write`, and read the difference before committing it.
"""

from __future__ import annotations

import os
import re
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import sqlglot

from campaigns.lake.schemas import TABLES
from campaigns.segments.compiling import Compiled, compile_segment
from support.segments import TODAY, library, segment_text

ZONE = ZoneInfo("Europe/Helsinki")
GOLDEN = Path(__file__).parent / "golden"

RENEWAL = """\
title: Electrically heated houses, fixed contract ends in 60 days, no new one signed
purpose: energy_offers
audience: customers
channels: [email, sms]
who:
  - has: site                   # all lines below are about ONE site
    where:
      - {field: building_type, is: detached_house}
      - {field: heating, one_of: [direct_electric, storage_electric]}
      - {metric: electricity_use, over: last winter, at_least: 9000 kWh}
      - has: contract           # ONE contract of that site
        where:
          - {field: contract_type, is: fixed_term}
          - {field: end_date, within_next: 60 days}
      - has_no: contract
        where:
          - {field: start_date, after: today}
except:
  - {did: complaint_opened, within_last: 30 days}
"""
PEAKERS = """\
title: Spot-price customers with peaky evenings
purpose: energy_offers
audience: customers
channels: [email]
who:
  - has: site
    where:
      - has: contract
        where: [{field: contract_type, is: spot}, {field: running, is: yes}]
      - {metric: evening_share, over: last 3 months, at_least: 35%}
      - {metric: spot_paid, over: last 3 months, more_than: 110% of market_average}
  - any:
      - {did: page_visited, where: {page: [spot_price, front]}, within_last: 60 days, at_least: 2 times}
      - {field: relationship, is_not: portal_user}
limit: {at_most: 5000, highest: {metric: spot_paid, over: last 3 months}}
control_group: 10%
"""
MANAGERS = """\
title: Energy managers
purpose: energy_offers
audience: business_contacts
channels: [email]
who:
  - {field: role, one_of: [decision_maker, energy_manager], unknown: include}
  - has: company
    at_least: 2
    where:
      - {field: size, at_least: 10 people}
      - {field: postal_code, starts_with: ["151", "15800"]}
      - has: site
        where: [{metric: kwh_year, over: last full year, at_least: 0.1 GWh}]
  - {not_in_segment: renewal}
  - {sample: 50%, name: autumn}
except:
  - {in_segment: prospects}
"""
PROSPECTS = """\
title: People we know, but not as customers
purpose: energy_offers
audience: prospects
channels: [letter]
who:
  - none:
      - {field: age, less_than: 18 years}
      - {field: subscribed_on, older_than: 6 months}
"""
CONTACTS = """\
title: What people received, clicked, answered; lists and distances
purpose: energy_offers
audience: everyone
channels: [email]
who:
  - {clicked: any_newsletter, within_last: 90 days, at_least: 2 times}
  - {answered: {survey: autumn, question: nps, at_most: 6}}
  - {not_answered: spring, within_last: 6 months}
  - {in_list: energy_fair}
  - has: company
    where:
      - any:
          - {field: postal_code, starts_with: ["151", "15800"]}
          - {near: "15110", within: 15 km}
except:
  - {received: renewal_offer, within_last: 45 days}
  - {not_received: welcome}
  - {not_in_list: fair_2026}
"""
CHANGES = """\
title: What changed, and what followed
purpose: energy_offers
audience: customers
channels: [email]
who:
  - {metric: electricity_use, over: last 12 months, change_from: {period: last full year}, at_most: -10%}
  - has: site
    where:
      - {metric: peak_kw, over: last 3 months, change_from: last 12 months, between: 20% to 50%}
  - {did: quote_requested, where: {product: spot}, then_did_not: contract_signed, within: 30 days}
  - did: page_visited
    within_last: 60 days
    then_did: quote_requested
    then_where: {product: spot}
    within: 1 month
except:
  - {did: quote_requested, then_did: page_visited, within: 2 weeks, unknown: remove}
"""
RANKS = """\
title: The highest of metrics and scores
purpose: energy_offers
audience: customers
channels: [email]
who:
  - {metric: kwh_year, over: last full year, top: 10%}
  - has: site
    where:
      - {metric: peak_kw, over: last 3 months, bottom: 500, among: segment}
  - {score: churn, at_least: 0.3, top: 12.5%, among: renewal, not_older_than: 14 days}
except:
  - {score: evening_propensity, less_than: 0.1, not_older_than: 35 days}
limit: {at_most: 5000, highest: {score: churn, not_older_than: 14 days}}
"""
SEGMENTS = {
    "ranks": RANKS,
    "changes": CHANGES,
    "contacts": CONTACTS,
    "renewal": RENEWAL,
    "peakers": PEAKERS,
    "managers": MANAGERS,
    "prospects": PROSPECTS,
}


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Compiled]:
    known = library(tmp_path_factory.mktemp("golden"), SEGMENTS)
    return {name: compile_segment(known.load(name), TODAY, ZONE) for name in known.names()}


@pytest.mark.parametrize("name", SEGMENTS)
def test_golden(compiled: dict[str, Compiled], name: str) -> None:
    path = GOLDEN / f"{name}.sql"
    if os.environ.get("CAMPAIGNS_GOLDEN") == "write":
        path.write_text(compiled[name].sql + "\n", encoding="utf-8")
    assert compiled[name].sql + "\n" == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", SEGMENTS)
def test_every_condition_has_a_step_of_its_line(compiled: dict[str, Compiled], name: str) -> None:
    lines = [
        number for number, line in enumerate(SEGMENTS[name].splitlines(), start=1) if re.match(r" +- ", line)
    ]
    steps = list(compiled[name].steps.queries)
    assert {f"line_{number}" for number in lines} <= set(steps)


@pytest.mark.parametrize("name", SEGMENTS)
def test_every_table_is_read_for_one_register(compiled: dict[str, Compiled], name: str) -> None:  # attack 46
    tree = sqlglot.parse_one(compiled[name].sql, dialect="duckdb")
    for select in tree.find_all(sqlglot.exp.Select):
        joins = select.args.get("joins") or []
        sources = [select.args["from_"].this, *(join.this for join in joins)]
        for table in sources:
            if isinstance(table, sqlglot.exp.Table) and table.name in TABLES and table.name != "none":
                alias = table.alias_or_name
                if table.name in {cte.alias for cte in tree.find_all(sqlglot.exp.CTE)}:
                    continue
                wanted = f"{alias}.controller = 'lahti_energia'"
                own = "controller = 'lahti_energia'"
                text = select.sql(dialect="duckdb")
                assert wanted in text or (not joins and own in text), text


@pytest.mark.parametrize("dialect", ["duckdb", "trino", "spark", "bigquery", "postgres"])
def test_other_engines_can_read_it(compiled: dict[str, Compiled], dialect: str) -> None:
    for one in compiled.values():
        text = one.members.sql(dialect=dialect)
        assert sqlglot.parse_one(text, dialect=dialect).find(sqlglot.exp.With)


def test_dates_come_from_the_given_day_alone(compiled: dict[str, Compiled]) -> None:
    for one in compiled.values():
        assert not re.search(r"current_date|now\(|today\(", one.sql, re.IGNORECASE)
        later = compile_segment(one.segment, date(2027, 3, 1), ZONE)
        assert "2027-03-01" in later.sql
        assert TODAY.isoformat() not in later.sql


def test_whole_days_are_those_of_the_business_zone(tmp_path: Path) -> None:
    text = segment_text("{did: moved_out, within_last: 60 days}")
    found = compile_segment(library(tmp_path, {"a": text}).load("a"), TODAY, ZONE).sql
    assert "CAST('2026-09-24 21:00:00+00:00' AS TIMESTAMPTZ)" in found  # midnight of 25 September, summer
    assert "CAST('2026-11-24 22:00:00+00:00' AS TIMESTAMPTZ)" in found  # the end of today, winter


def test_values_are_literals(tmp_path: Path) -> None:  # attack 37
    value = "x'); DROP TABLE persons; -- */ /*"
    text = segment_text(f'{{field: postal_code, is: "{value}"}}')
    found = compile_segment(library(tmp_path, {"a": text}).load("a"), TODAY, ZONE).sql
    assert "people.postal_code = 'x''); DROP TABLE persons; -- */ /*'" in found
    assert len(sqlglot.parse(found, dialect="duckdb")) == 1
    assert not list(sqlglot.parse_one(found, dialect="duckdb").find_all(sqlglot.exp.Drop))

"""The messages' exact form, as the specification shows it, and every code that a file can get."""

# ruff: noqa: E501 - a table reads better in long lines
from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

import campaigns.segments
from campaigns.catalogue.model import Deprecated
from campaigns.errors import Mistakes, NotFound
from campaigns.segments.codes import CODES
from campaigns.segments.outside import NOTHING
from support.segments import library, segment_text

BAD = """\
title: Every slip that the specification shows
purpose: energy_offers
audience: customers
channels: [email]
who:
  - has: site
    where:
      - {field: building_year, at_least: 1960}
      - field: heatting
        is: oil
      - field: building_type
        is: detached_hause
      - metric: electricity_use
        over: last wintr
        at_least: 9000
      - metric: winter_summer
        over: last full year
        at_leest: 3
      - has: contract
        where:
          - {field: end_date, within_next: 60 dayz}
  - field: contract_type
    is: spot
  - field: language
    is: fi
    is: sv
  - feild: language
    is: fi
"""

GOLDEN = """\
segments/bad.yml:9:16: SEG021 sites have no field called `heatting`.
    9 |       - field: heatting
      |                ^^^^^^^^
      did you mean `heating`?

segments/bad.yml:12:13: SEG033 `building_type` is never `detached_hause`.
   12 |         is: detached_hause
      |             ^^^^^^^^^^^^^^
      did you mean `detached_house`?
      choose from: detached_house, semi_detached, row_house, apartment, cottage, commercial

segments/bad.yml:14:15: SEG016 `electricity_use` is not measured over `last wintr`.
   14 |         over: last wintr
      |               ^^^^^^^^^^
      did you mean `last winter`?
      choose from: last winter, last full year, last 12 months, last 3 months, last 28 days

segments/bad.yml:15:19: SEG031 `electricity_use` needs a unit.
   15 |         at_least: 9000
      |                   ^^^^
      did you mean `9000 kWh`?

segments/bad.yml:18:9: SEG013 `at_leest` is not a test.
   18 |         at_leest: 3
      |         ^^^^^^^^
      did you mean `at_least`?

segments/bad.yml:21:44: SEG034 `60 dayz` is not a length of time.
   21 |           - {field: end_date, within_next: 60 dayz}
      |                                            ^^^^^^^
      write it like `60 days` or `6 months`

segments/bad.yml:22:12: SEG021 customers have no field called `contract_type`.
   22 |   - field: contract_type
      |            ^^^^^^^^^^^^^
      `contract_type` belongs to contracts: put this condition under `- has: contract`

segments/bad.yml:26:5: SEG003 `is` is written twice in the same condition (first on line 25).
   26 |     is: sv
      |     ^^
      start a new list item with `-` if you meant two conditions

segments/bad.yml:27:5: SEG011 `feild` does not start a condition.
   27 |   - feild: language
      |     ^^^^^
      did you mean `field`?"""


def test_all_slips_in_one_run(tmp_path: Path) -> None:
    found = library(tmp_path, {"bad": BAD}).check()
    assert "\n\n".join(map(str, found)) == GOLDEN
    with pytest.raises(Mistakes) as caught:
        library(tmp_path).load("bad")
    assert str(caught.value) == GOLDEN


# A condition, and the mistake that it gets: code, message, hint.
ONE_MISTAKE = [
    ("{field: language}", "SEG014", "nothing is asked of `language`.", "add a test: is, is_not, one_of"),
    ("{field: birth_year, starts_with: x}", "SEG015", "`starts_with` does not fit `birth_year`, which is a number.", "choose from: is"),
    ("{field: language, is: [fi, sv]}", "SEG004", "`is` takes one value, not a list.", "did you mean `one_of`?"),
    ("{field: language, one_of: fi}", "SEG004", "`one_of` needs a list.", "did you mean `[fi]`?"),
    ("{field: language, one_of: []}", "SEG004", "the list of `one_of` is empty.", ""),
    ("{field: language, is: }", "SEG004", "`is` needs a value.", "choose from: fi, sv, en"),
    ("{field: , is: fi}", "SEG004", "`field` needs a name.", ""),
    ("{field: language, one_of: [fi, {a: b}]}", "SEG004", "`one_of` lists plain values.", ""),
    ("{is: fi, field: language}", "SEG011", "`is` does not start a condition.", "start with `field`"),
    ("language is fi", "SEG004", "a condition is written like", ""),
    ("{field: electricity_use, at_least: 5 kWh}", "SEG021", "customers have no field called `electricity_use`.", "`electricity_use` is a metric"),
    ("{field: moved_out, is: yes}", "SEG021", "customers have no field called `moved_out`.", "write `did: moved_out`"),
    ("{metric: electricity_use, at_least: 5 kWh}", "SEG017", "`electricity_use` needs the period", "add `over:` with one of: last winter"),
    ("{metric: electricity_use, ovr: last winter, at_least: 5 kWh}", "SEG012", "`ovr` does not belong to `metric`.", "did you mean `over`?"),
    ("{metric: winter_summer, over: last 28 days, at_least: 3}", "SEG016", "is not measured over `last 28 days`.", "choose from: last full year, last 12 months"),
    ("{metric: electricity_usage, over: last winter, at_least: 5 kWh}", "SEG022", "there is no metric called `electricity_usage`.", "did you mean `electricity_use`?"),
    ("{metric: language, over: last winter, is: fi}", "SEG022", "there is no metric called `language`.", "`language` is a field"),
    ("{metric: peak_kw, over: last winter, at_least: 9 kWh}", "SEG032", "`kWh` is no unit of `peak_kw`.", "did you mean `9 kW`?"),
    ("{metric: spot_paid, over: last winter, one_of: [110% of market_average]}", "SEG015", "a list holds numbers only.", "write one condition with `is` for each"),
    ("{metric: spot_paid, over: last winter, between: 90% to 110% of market_average}", "SEG015", "a range holds numbers only.", "write `at_least: 90% of market_average` and `at_most: 110% of market_average`"),
    ("{metric: spot_paid, over: last winter, more_than: 110% of peak_kw}", "SEG022", "`spot_paid` is not compared with `peak_kw`.", "choose from: market_average"),
    ("{metric: vacancy_days, over: last winter, at_least: 3}", "SEG028", "`vacancy_days` tells when people are at home: no segment may use it.", ""),
    ("{did: page_visitd}", "SEG023", "there is no event called `page_visitd`.", "did you mean `page_visited`?"),
    ("{did: page_visited, where: {pag: x}}", "SEG023", "`page_visited` has no property `pag`.", "did you mean `page`?"),
    ("{did: moved_out, where: {page: x}}", "SEG023", "`moved_out` has no property `page`.", "`moved_out` says nothing but its time"),
    ("{did: moved_out, within_lst: 3 days}", "SEG012", "`within_lst` does not belong to `did`.", "did you mean `within_last`?"),
    ("{metric: electricity_use, over: last winter, change_from: last winter, at_least: 5%}", "SEG046", "over `last winter` nothing changes from `last winter`.", "choose from: last full year, last 12 months"),
    ("{metric: electricity_use, over: last winter, change_from: {period: last wintr}, at_least: 5%}", "SEG016", "`electricity_use` is not measured over `last wintr`.", "did you mean `last winter`?"),
    ("{metric: winter_summer, over: last full year, change_from: last 28 days, at_least: 5%}", "SEG016", "`winter_summer` is not measured over `last 28 days`.", "choose from: last full year, last 12 months"),
    ("{metric: electricity_use, over: last winter, change_from: {period: last full year, at_least: 5%}}", "SEG012", "`at_least` does not belong to `change_from`.", "tests stand beside `change_from`"),
    ("{metric: electricity_use, over: last winter, change_from: {perod: last full year}, at_least: 5%}", "SEG012", "`perod` does not belong to `change_from`.", "did you mean `period`?"),
    ("{metric: electricity_use, over: last winter, change_from: , at_least: 5%}", "SEG017", "`change_from` needs the period that is compared with.", "write it like `change_from: last full year`"),
    ("{metric: electricity_use, over: last winter, change_from: [last full year], at_least: 5%}", "SEG017", "`change_from` needs the period that is compared with.", ""),
    ("{metric: electricity_use, over: last winter, change_from: last full year}", "SEG014", "nothing is asked of `change_from`.", "add a test: is"),
    ("{metric: electricity_use, over: last winter, change_from: last full year, at_least: 20}", "SEG031", "`change_from` needs a unit.", "did you mean `20%`?"),
    ("{metric: electricity_use, over: last winter, change_from: last full year, at_least: 500 kWh}", "SEG032", "`change_from` is measured in %, not in `kWh`.", "choose from: %"),
    ("{metric: electricity_use, over: last winter, change_from: last full year, at_most: -10}", "SEG031", "`change_from` needs a unit.", "did you mean `-10%`?"),
    ("{metric: electricity_use, over: last winter, change_from: last full year, at_least: 20%, at_most: 10%}", "SEG041", "no `change_from` can pass all of these tests.", ""),
    ("{metric: spot_paid, over: last winter, change_from: last full year, at_least: 110% of market_average}", "SEG022", "`change_from` is not compared with `market_average`.", "write a number with its unit"),
    ("{metric: electricity_use, over: last winter, chnge_from: last full year, at_least: 20%}", "SEG012", "`chnge_from` does not belong to `metric`.", "did you mean `change_from`?"),
    ("{metric: electricity_use, over: last winter, between: 9 to 5 MWh}", "SEG041", "nothing lies between `9 to 5 MWh`.", ""),
    ("{metric: electricity_use, over: last winter, between: 5 to 9}", "SEG031", "`electricity_use` needs a unit.", "did you mean `5 kWh`?"),
    ("{metric: electricity_use, over: last winter, at_least: 9 kW}", "SEG032", "`kW` is no unit of `electricity_use`.", "did you mean `9 kWh`?"),
    ("{field: age, at_least: 18 months}", "SEG032", "`age` is measured in years, not in `months`.", "choose from: years, year"),
    ("{did: quote_requested, then_did_not: contract_signed}", "SEG014", "`then_did_not` needs the time in which it counts.", "add `within: 30 days`"),
    ("{did: quote_requested, then_did: contract_sined, within: 30 days}", "SEG023", "there is no event called `contract_sined`.", "did you mean `contract_signed`?"),
    ("{did: quote_requsted, then_did: contract_signed, within: 30 days}", "SEG023", "there is no event called `quote_requsted`.", "did you mean `quote_requested`?"),
    ("{did: quote_requested, then_did: , within: 30 days}", "SEG004", "`then_did` needs a name.", ""),
    ("{did: quote_requested, then_dit: contract_signed, within: 30 days}", "SEG012", "`then_dit` does not belong to `did`.", "did you mean `then_did`?"),
    ("{did: quote_requested, then_did: contract_signed, withn: 30 days}", "SEG012", "`withn` does not belong to `then_did`.", "did you mean `within`?"),
    ("{did: quote_requested, then_did: contract_signed, within: 30 dayz}", "SEG034", "`30 dayz` is not a length of time.", ""),
    ("{did: quote_requested, then_did: contract_signed, within: 30 days, at_least: 2 times}", "SEG012", "`at_least` does not belong to `then_did`.", ""),
    ("{did: quote_requested, then_did: contract_signed, then_did_not: moved_out, within: 30 days}", "SEG012", "a sequence has one second event, not two.", "write two conditions"),
    ("{did_not: quote_requested, then_did: contract_signed, within: 30 days}", "SEG012", "`did_not` has nothing that a second event could follow.", "start with `did`"),
    ("{did: quote_requested, then_did: contract_signed, within: 30 days, then_where: {page: x}}", "SEG023", "`contract_signed` has no property `page`.", "choose from: product"),
    ("{did: quote_requested, then_did_not: complaint_opened, within: 30 days}", "SEG029", "`complaint_opened` may leave people out, never bring them in.", ""),
    ("{did: quote_requested, within_last: 30 days, then_did_not: contract_signed, within: 30 days}", "SEG041", "every such event still has time to be followed: nobody is found.", "make `within_last` longer than `within`"),
    ("{did: quote_requested, within: 30 days}", "SEG012", "`within` does not belong to `did`.", ""),
    ("{has: site, where: [{did: moved_out, then_did: moved_out, within: 1 year}]}", "SEG018", "`did` speaks of the person", ""),
    ("{did: page_visited, where: {page: []}}", "SEG004", "the list of `page` is empty.", ""),
    ("{did: moved_out, exactly: 2 times, at_most: 3 times}", "SEG012", "`at_most` does not stand beside `exactly`.", ""),
    ("{did_not: moved_out, at_least: 2 times}", "SEG012", "`at_least` does not belong to `did_not`.", ""),
    ("{did: moved_out, at_least: 2}", "SEG031", "this needs the word `times`.", "did you mean `2 times`?"),
    ("{did: moved_out, at_least: 3 times, at_most: 2 times}", "SEG041", "no number of times can be both.", ""),
    ("{did: moved_out, at_least: 0 times}", "SEG042", "everybody did it at least 0 times", ""),
    ("{did: complaint_opened}", "SEG029", "`complaint_opened` may leave people out, never bring them in.", "put this condition under `except:`"),
    ("{has: sites}", "SEG024", "there is nothing called `sites` that customers have.", "did you mean `site`?"),
    ("{has: site, at_least: 0}", "SEG035", "`0` is not a whole number of rows.", ""),
    ("{has_no: site, at_least: 2}", "SEG012", "`at_least` does not belong to `has_no`.", ""),
    ("{has: contract, where: [{has: site}]}", "SEG024", "`has: site` cannot stand under `has: contract`.", ""),
    ("{has: site, where: [{did: moved_out}]}", "SEG018", "`did` speaks of the person: move this condition out of `has: site`.", ""),
    ("{has: site, where: [{field: language, is: fi}]}", "SEG021", "sites have no field called `language`.", "`language` belongs to the person: move this condition out of `has: site`"),
    ("{has: contract, where: [{metric: kwh_year, over: last full year, at_least: 1 kWh}]}", "SEG018", "contracts have no metrics", ""),
    ("{has: site, where: {field: heating, is: oil}}", "SEG004", "`where` needs a list of conditions.", "start each condition with `-`"),
    ("{has: site, where: []}", "SEG004", "`where` has no condition.", ""),
    ("{received: renewal_ofer}", "SEG061", "there is no mailing called `renewal_ofer`.", "did you mean `renewal_offer`?"),
    ("{clicked: newsletter}", "SEG061", "there is no mailing called `newsletter`.", "did you mean `any_newsletter`?"),
    ("{received: }", "SEG004", "`received` needs a name.", ""),
    ("{received: [welcome, renewal_offer]}", "SEG004", "`received` needs a name.", ""),
    ("{received: welcome, at_least: 2}", "SEG031", "this needs the word `times`.", "did you mean `2 times`?"),
    ("{received: welcome, at_least: 0 times}", "SEG042", "everybody did it at least 0 times", ""),
    ("{received: welcome, where: {page: x}}", "SEG012", "`where` does not belong to `received`.", ""),
    ("{not_clicked: welcome, at_least: 2 times}", "SEG012", "`at_least` does not belong to `not_clicked`.", ""),
    ("{clicked: welcome, within_last: 9 dayz}", "SEG034", "`9 dayz` is not a length of time.", ""),
    ("{has: site, where: [{received: welcome}]}", "SEG018", "`received` speaks of the person: move this condition out of `has: site`.", ""),
    ("{answered: }", "SEG004", "`answered` needs a name.", ""),
    ("{answered: {question: nps}}", "SEG004", "`answered` needs a survey.", "write it like `{survey: autumn, question: nps, at_most: 6}`"),
    ("{answered: {survey: autumn, at_mots: 6}}", "SEG013", "`at_mots` is not a test.", "did you mean `at_most`?"),
    ("{answered: {survey: autumn, at_most: six}}", "SEG035", "`six` is not a number", ""),
    ("{answered: {survey: autumn, at_least: 9, at_most: 6}}", "SEG041", "no `answer` can pass all of these tests.", ""),
    ("{answered: {survey: [autumn, {a: b}]}}", "SEG004", "`survey` lists plain values.", ""),
    ("{answered: autumn, where: {question: nps}}", "SEG012", "`where` does not belong to `answered`.", ""),
    ("{in_list: fair_2025}", "SEG062", "there is no list called `fair_2025`.", "did you mean `fair_2026`?"),
    ("{not_in_list: old_fair}", "SEG063", "the list `old_fair` is over: its last entry was to be deleted on 2026-03-01.", "take the condition out"),
    ("{in_list: energy_fair, within_last: 3 days}", "SEG012", "`within_last` does not belong to `in_list`.", ""),
    ("{near: '15110'}", "SEG014", "`near` needs the distance: how far is still near.", "add `within: 15 km`"),
    ("{near: '15110', within: 15}", "SEG031", "the distance needs a unit.", "did you mean `15 km`?"),
    ("{near: '15110', within: 15 miles}", "SEG035", "`15 miles` is not a distance.", "write it like `15 km`"),
    ("{near: '15110', within: 0 km}", "SEG035", "`0 km` is not more than 0 km and at most 2000 km.", ""),
    ("{near: '15111', within: 15 km}", "SEG067", "places.csv has no postal code or place `15111`.", "did you mean `15110`?"),
    ("{near: Lathi, within: 15 km}", "SEG067", "places.csv has no postal code or place `Lathi`.", "did you mean `lahti`?"),
    ("{near: Lahti, wihtin: 15 km}", "SEG012", "`wihtin` does not belong to `near`.", "did you mean `within`?"),
    ("{near: Lahti, within: 1 m}", "SEG041", "no postal code of places.csv lies that near to `Lahti`.", ""),
    ("{has: contract, where: [{near: Lahti, within: 15 km}]}", "SEG018", "contracts have no postal code", ""),
    ("{in_segment: nobody}", "SEG025", "there is no segment called `nobody`.", ""),
    ("{any: [], unknown: include}", "SEG004", "`any` has no condition.", ""),
    ("{any: [{field: language, is: fi}], when: x}", "SEG012", "`when` does not belong to `any`.", ""),
    ("{field: birth_year, at_least: 10, at_most: 5}", "SEG041", "no `birth_year` can pass all of these tests.", ""),
    ("{field: birth_year, more_than: 5, less_than: 5}", "SEG041", "no `birth_year` can pass all of these tests.", ""),
    ("{field: language, one_of: [en, fi, sv]}", "SEG042", "`language` is always one of these: the condition leaves nobody out.", ""),
    ("{field: language, is: fi, unknown: maybe}", "SEG033", "`unknown` is never `maybe`.", "choose from: include, remove"),
    ("{field: customer_since, before: 4.11.2026}", "SEG036", "`4.11.2026` is not a date.", "did you mean `2026-11-04`?"),
    ("{field: customer_since, is_known: maybe}", "SEG038", "`maybe` is neither `yes` nor `no`.", ""),
    ("{sample: 10}", "SEG035", "`10` is not a share.", "did you mean `10%`?"),
    ("{field: \"x'); DROP TABLE persons; --\", is: fi}", "SEG021", "customers have no field called `x'); DROP TABLE persons; --`.", ""),
    ("{field: \"read_csv('/etc/passwd')\", is: fi}", "SEG021", "customers have no field called `read_csv('/etc/passwd')`.", ""),
    ("{not: {field: language, is: fi}}", "SEG011", "`not` does not start a condition.", "did you mean `none`?"),
    ("{field: language, is_not_known: yes}", "SEG013", "`is_not_known` is not a test.", "did you mean `is_known: no`?"),
    ("{field: language, in: [fi]}", "SEG013", "`in` is not a test.", "did you mean `one_of`?"),
    ("{scoring: churn, top: 10%}", "SEG011", "`scoring` does not start a condition.", ""),
]  # fmt: skip


@pytest.mark.parametrize(("condition", "code", "message", "hint"), ONE_MISTAKE)
def test_one_cause_gives_one_message(
    tmp_path: Path, condition: str, code: str, message: str, hint: str
) -> None:  # attacks 38, 43 among them
    found = library(tmp_path, {"bad": segment_text(condition)}).check()
    assert [mistake.code for mistake in found] == [code]
    assert message in found[0].message
    assert hint in found[0].hint
    assert found[0].line == 6
    assert found[0].column
    assert found[0].length <= len(found[0].source)


# Several slips of one condition.
SEVERAL = [
    ("{did: quote_requsted, within_last: 60 dayz}", ["SEG023", "SEG034"]),
    ("{did: quote_requsted, at_leest: 2 times, within_last: 60 days}", ["SEG012", "SEG023"]),
    ("{did: quote_requested, then_did_not: contract_singed, within: 30 dayz}", ["SEG023", "SEG034"]),
    ("{did: quote_requsted, then_did: contract_singed, within: 30 days}", ["SEG023", "SEG023"]),
]


@pytest.mark.parametrize(("condition", "codes"), SEVERAL)
def test_each_slip_of_a_condition_is_told(tmp_path: Path, condition: str, codes: list[str]) -> None:
    found = library(tmp_path, {"bad": segment_text(condition)}).check()
    assert sorted(mistake.code for mistake in found) == codes


# Top-level lines in place of those of a good file, and the mistake.
TOP_LEVEL = [
    ("purpose: energy_offers", "pupose: energy_offers", "SEG001", "`pupose` is not a key of a segment.", "did you mean `purpose`?"),
    ("purpose: energy_offers", "", "SEG002", "`purpose` is missing: it decides whose consent is required.", "add `purpose:`"),
    ("title: a test", "", "SEG002", "`title` is missing", "add `title:`"),
    ("purpose: energy_offers", "purpose: energy_offer", "SEG005", "there is no purpose `energy_offer`.", "did you mean `energy_offers`?"),
    ("audience: customers", "audience: customer", "SEG005", "there is no audience `customer`.", "did you mean `customers`?"),
    ("channels: [email]", "channels: [e-mail]", "SEG005", "there is no channel `e-mail`.", "did you mean `email`?"),
    ("channels: [email]", "channels: [email, email]", "SEG005", "the channel `email` is listed twice.", ""),
    ("channels: [email]", "channels: email", "SEG004", "`channels` needs a list.", "write it like `[email, letter]`"),
    ("channels: [email]", "channels: [email]\ncontroller: lahti", "SEG005", "there is no controller `lahti`.", "choose from: lahti_energia, sahkoverkko"),
    ("channels: [email]", "channels: [email]\nlimit: many", "SEG035", "`many` is not a whole number of people.", ""),
    ("channels: [email]", "channels: [email]\nlimit: {highest: {metric: kwh_year, over: last full year}}", "SEG002", "`limit` needs `at_most`.", ""),
    ("channels: [email]", "channels: [email]\nlimit: {at_most: 5, highest: spot_paid}", "SEG004", "`highest` needs a metric or a score.", ""),
    ("channels: [email]", "channels: [email]\ncontrol_group: 80%", "SEG035", "`80%` is not more than 0% and at most 50%.", ""),
    ("channels: [email]", "channels: [email]\ncontrol_group: {share: 5%, nme: x}", "SEG012", "`nme` does not belong to `control_group`.", "did you mean `name`?"),
    ("channels: [email]", "channels: [email]\ncontrol_group: {share: 5%, name: X Y}", "SEG006", "`X Y` is no name for a control group.", ""),
    ("channels: [email]", "channels: [email]\nexpect: {size: some}", "SEG037", "`some` is not a range.", "write it like `500 to 20000`"),
    ("channels: [email]", "channels: [email]\nexpect: {data_not_older_than: 3}", "SEG034", "`3` is not a length of time.", "write it like `60 days`"),
    ("channels: [email]", "channels: [email]\nexpect: {data_not_older_than: 0 days}", "SEG041", "readings are a day old at best.", "write `1 day` or more"),
    ("channels: [email]", "channels: [email]\nexpect: {data_not_older_than: 3 days}", "SEG043", "`data_not_older_than` is about metrics, and this segment uses none.", "leave it out"),
    ("channels: [email]", "channels: [email]\nprefer: latest_activity", "SEG012", "`prefer` needs `one_per`", ""),
    ("channels: [email]", "channels: [email]\nrefresh: hourly", "SEG005", "there is no rhythm `hourly`.", "choose from: daily"),
    ("channels: [email]", "channels: [email]\nfield: language", "SEG001", "`field` is not a key of a segment.", "put conditions in the list under `who:`"),
    ("title: a test", "title: [a]", "SEG004", "`title` needs a text.", ""),
]  # fmt: skip


@pytest.mark.parametrize(("instead_of", "line", "code", "message", "hint"), TOP_LEVEL)
def test_top_level_keys(
    tmp_path: Path, instead_of: str, line: str, code: str, message: str, hint: str
) -> None:
    text = segment_text("{field: language, is: fi}").replace(instead_of, line)
    found = library(tmp_path, {"bad": text}).check()
    assert [mistake.code for mistake in found] == [code]
    assert message in found[0].message
    assert hint in found[0].hint


def test_relations_that_an_audience_cannot_have(tmp_path: Path) -> None:
    found = library(tmp_path, {"bad": segment_text("{has: site}", audience="former_customers")}).check()
    assert [str(one).split("\n")[0] for one in found] == [
        "segments/bad.yml:6:11: SEG024 former customers have no sites."
    ]


def test_a_purpose_decides_which_data_may_be_touched(tmp_path: Path) -> None:
    texts = {
        "use": segment_text("{metric: kwh_year, over: last full year, at_least: 9 MWh}"),
        "letter": segment_text(
            "{metric: kwh_year, over: last full year, at_least: 9 MWh}",
            "{did: page_visited}",
            "{in_segment: use}",
            purpose="newsletter",
        ),
    }
    found = library(tmp_path, texts).check()
    assert [(one.line, one.code) for one in found] == [(6, "SEG027"), (7, "SEG027"), (8, "SEG027")]
    assert found[0].message == "`kwh_year` is consumption data: the purpose `newsletter` may not use it."
    assert found[0].hint == "purposes that may: energy_offers"
    assert found[2].message == (
        "`use` uses `kwh_year`, which is consumption data: the purpose `newsletter` may not use it."
    )


def test_a_relation_is_data_too(tmp_path: Path) -> None:
    texts = {
        "work": segment_text("{has: company}"),
        "letter": segment_text("{has: company}", "{in_segment: work}", purpose="newsletter"),
    }
    found = library(tmp_path, texts).check()
    assert [(one.line, one.code) for one in found] == [(6, "SEG027"), (7, "SEG027")]
    assert found[0].message == "`company` is company data: the purpose `newsletter` may not use it."
    assert found[1].message.startswith("`work` uses `company`, which is company data")


def test_an_order_is_data_too(tmp_path: Path) -> None:
    limit = "limit: {at_most: 10, highest: {metric: kwh_year, over: last full year}}"
    texts = {"letter": segment_text(purpose="newsletter") + limit + "\n"}
    found = library(tmp_path, texts).check()
    assert [one.code for one in found] == ["SEG027"]


def test_a_circle_is_printed_as_a_path(tmp_path: Path) -> None:  # attack 42
    circle = {"a": "b", "b": "c", "c": "a"}
    texts = {name: segment_text(f"{{in_segment: {other}}}") for name, other in circle.items()}
    found = library(tmp_path, texts).check()
    assert [(one.code, one.message) for one in found] == [
        ("SEG026", "segments refer to each other in a circle: a → b → c → a.")
    ]
    with pytest.raises(Mistakes, match="b → c → a → b"):
        library(tmp_path).load("b")


def test_a_segment_of_itself(tmp_path: Path) -> None:
    found = library(tmp_path, {"a": segment_text("{in_segment: a}")}).check()
    assert [one.message for one in found] == ["segments refer to each other in a circle: a → a."]


def test_mistakes_of_another_segment_are_its_own(tmp_path: Path) -> None:
    texts = {"a": segment_text("{in_segment: b}"), "b": segment_text("{field: languag, is: fi}")}
    found = library(tmp_path, texts).check()
    assert [(one.file, one.code) for one in found] == [("segments/b.yml", "SEG021")]
    with pytest.raises(Mistakes) as caught:
        library(tmp_path).load("a")
    assert [one.file for one in caught.value.mistakes] == ["segments/b.yml"]


def test_registers_do_not_mix(tmp_path: Path) -> None:  # attack 46
    texts = {
        "ours": segment_text("{in_segment: theirs}"),
        "theirs": segment_text("{field: language, is: fi}", more="controller: sahkoverkko"),
    }
    found = library(tmp_path, texts).check()
    assert [(one.file, one.code) for one in found] == [("segments/ours.yml", "SEG045")]


def test_limits(tmp_path: Path) -> None:  # attacks 33, 42
    many = segment_text(*["{field: language, is: fi}"] * 10_000)
    deep = "{field: language, is: fi}"
    for _ in range(20):
        deep = f"{{none: [{deep}]}}"
    long = segment_text(f"{{field: postal_code, one_of: [{', '.join(['15100'] * 100_000)}]}}")
    texts = {"many": many, "deep": segment_text(deep), "long": long}
    found = {one.file: one.code for one in library(tmp_path, texts).check()}
    assert found == {
        "segments/deep.yml": "SEG052",
        "segments/long.yml": "SEG053",
        "segments/many.yml": "SEG051",
    }


def test_two_hundred_levels(tmp_path: Path) -> None:  # attack 42
    deep = "{none: [" * 200 + "{field: language, is: fi}" + "]}" * 200
    assert [one.code for one in library(tmp_path, {"deep": segment_text(deep)}).check()] == ["YML008"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("who: &a [*a]", "YML007"),  # attack 32
        ("title: !!python/object/apply:os.system [id]", "YML011"),  # attack 34
        ("<<: {title: x}", "YML007"),  # attack 36
        ("title: x\n---\ntitle: y", "YML006"),
        ("title: x\ty\n\tpurpose: z", "YML004"),
        ("title: \x07", "YML003"),
        ("- a list", "SEG004"),
        ("just words", "SEG004"),
        ("", "SEG002"),
    ],
)
def test_what_is_no_plain_data(tmp_path: Path, text: str, code: str) -> None:
    assert code in [one.code for one in library(tmp_path, {"bad": text}).check()]


@pytest.mark.parametrize("name", ["Big", "with space", "1st", "x" * 70, "a-b", "x;rm"])
def test_file_names(tmp_path: Path, name: str) -> None:  # attacks 38, 55
    found = library(tmp_path, {name: segment_text("{field: language, is: fi}")}).check()
    assert [one.code for one in found] == ["SEG006"]


def test_repeated_keys_in_other_places(tmp_path: Path) -> None:  # attack 35
    text = segment_text("{field: language, is: fi, is: svv}", "{field: languag, is: fi}") + "title: again\n"
    found = library(tmp_path, {"bad": text}).check()
    assert [(one.line, one.code) for one in found] == [(6, "SEG003"), (7, "SEG021"), (9, "SEG003")]
    assert found[0].source == "  - {field: language, is: fi, is: svv}"
    assert "in the same place" in found[2].message


def test_what_the_workspace_lacks(tmp_path: Path) -> None:
    """A library alone: no mailings, no lists, no places.csv; and what a purpose may not use."""
    known = library(tmp_path, {"a": segment_text("{near: Lahti, within: 5 km}", "{in_list: fair}")})
    found = replace(known, outside=NOTHING).check()
    assert [(one.code, one.message) for one in found] == [
        ("SEG064", "`near` needs the file places.csv, which says where postal codes are."),
        ("SEG062", "there is no list called `fair`."),
    ]
    assert "`15110,Lahti,60.9838,25.6562`; campaigns demo writes one" in found[0].hint
    assert found[1].hint == "import one: a source of kind `list_members`"
    text = segment_text(
        "{received: welcome}",
        "{clicked: welcome}",
        "{in_list: energy_fair}",
        "{answered: autumn}",
        purpose="contract_notice",
    )
    assert [
        (one.line, one.code, one.message.split(":")[0]) for one in library(tmp_path, {"a": text}).check()
    ] == [
        (6, "SEG027", "`received` is marketing data"),
        (7, "SEG027", "`clicked` is behaviour data"),
        (8, "SEG027", "`in_list` is marketing data"),
        (9, "SEG027", "`survey_answered` is feedback data"),
    ]


def test_a_segment_used_by_another_brings_its_categories(tmp_path: Path) -> None:
    inner = segment_text("{received: welcome}")
    outer = segment_text("{in_segment: inner}", purpose="contract_notice")
    (found,) = library(tmp_path, {"inner": inner, "outer": outer}).check()
    assert (found.code, found.message.split(":")[0]) == (
        "SEG027",
        "`inner` uses `received`, which is marketing data",
    )


def test_a_replaced_word(tmp_path: Path) -> None:
    known = library(tmp_path, {"a": segment_text("{field: language, is: fi}")})
    field = known.catalogue.fields["person"]["language"]
    replaced = Deprecated(use="speaks", until=date(2027, 1, 1))
    renamed = field.model_copy(update={"deprecated": replaced})
    known.catalogue.fields["person"]["language"] = renamed  # type: ignore[index]  # a dict in fact
    (found,) = known.check()
    assert (found.code, found.is_warning) == ("SEG044", True)
    assert found.message == "`language` has been replaced and may be used until 2027-01-01."
    assert found.hint == "use `speaks`"
    assert known.load("a").name == "a"
    over = Deprecated(use="speaks", until=date(2026, 6, 1))
    known.catalogue.fields["person"]["language"] = field.model_copy(update={"deprecated": over})  # type: ignore[index]
    (found,) = known.check()
    assert (found.code, found.is_warning) == ("SEG044", False)
    assert found.message == "`language` has been replaced and was taken away after 2026-06-01."


def test_no_such_segment(tmp_path: Path) -> None:
    known = library(tmp_path, {"renewal": segment_text("{field: language, is: fi}")})
    with pytest.raises(NotFound, match="there is no segment called `renewl`") as caught:
        known.load("renewl")
    assert "did you mean `renewal`?" in str(caught.value)


def test_every_code_is_explained_and_tested() -> None:
    room = Path(campaigns.segments.__file__).parent
    used = {
        code
        for path in room.glob("*.py")
        if path.name != "codes.py"
        for code in re.findall(r"SEG\d{3}", path.read_text(encoding="utf-8"))
    }
    assert used == set(CODES)
    tests = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("*.py"))
    assert set(CODES) <= set(re.findall(r"SEG\d{3}", tests))

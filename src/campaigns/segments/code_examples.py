"""An example of each mistake in segments and example persons, and what to write instead.

The docs print them, and a test holds every one of them to its code. A snippet is a condition of `who:`, or
keys of the file; the rest of the file is as usual. Where a snippet cannot show it, a sentence does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Example:
    """What is wrong, what is right. `about` says what else there is, or stands for snippets too long."""

    wrong: str = ""
    right: str = ""
    about: str = ""


OF_SEGMENTS: Mapping[str, Example] = {
    "SEG001": Example("refrech: weekly", "refresh: weekly"),
    "SEG002": Example(
        "title: Customers who read Finnish\naudience: customers\nchannels: [email]",
        "title: Customers who read Finnish\npurpose: energy_offers\naudience: customers\nchannels: [email]",
    ),
    "SEG003": Example(
        "- field: language\n  is: fi\n  is: sv",
        "- field: language\n  one_of: [fi, sv]",
    ),
    "SEG004": Example("- {field: language, is: [fi, sv]}", "- {field: language, one_of: [fi, sv]}"),
    "SEG005": Example("purpose: energy_offer", "purpose: energy_offers"),
    "SEG006": Example(
        about="Not `Renewal 2026.yml` but `renewal_2026.yml`: a file's name is the segment's name."
    ),
    "SEG011": Example("- {feild: language, is: fi}", "- {field: language, is: fi}"),
    "SEG012": Example("- {did: moved_out, within_lst: 30 days}", "- {did: moved_out, within_last: 30 days}"),
    "SEG013": Example("- {field: birth_year, at_leest: 1960}", "- {field: birth_year, at_least: 1960}"),
    "SEG014": Example("- {field: language}", "- {field: language, is_known: yes}"),
    "SEG015": Example(
        "- {field: birth_year, starts_with: 19}", "- {field: birth_year, between: 1900 to 1999}"
    ),
    "SEG016": Example(
        "- {metric: electricity_use, over: last wintr, at_least: 9000 kWh}",
        "- {metric: electricity_use, over: last winter, at_least: 9000 kWh}",
    ),
    "SEG017": Example(
        "- {metric: electricity_use, at_least: 9000 kWh}",
        "- {metric: electricity_use, over: last winter, at_least: 9000 kWh}",
    ),
    "SEG018": Example(
        "- has: site\n  where:\n    - {field: heating, is: oil}\n    - {did: moved_out}",
        "- has: site\n  where:\n    - {field: heating, is: oil}\n- {did: moved_out}",
    ),
    "SEG021": Example(
        "- has: site\n  where:\n    - {field: heatting, is: oil}",
        "- has: site\n  where:\n    - {field: heating, is: oil}",
    ),
    "SEG022": Example(
        "- {metric: electricity_usage, over: last winter, at_least: 9 MWh}",
        "- {metric: electricity_use, over: last winter, at_least: 9 MWh}",
    ),
    "SEG023": Example("- {did: page_visitd}", "- {did: page_visited}"),
    "SEG024": Example("- {has: sites}", "- {has: site}"),
    "SEG025": Example("- {in_segment: renewl}", "- {in_segment: renewal}"),
    "SEG026": Example(
        "- {in_segment: example}",
        "- {in_segment: renewal}",
        "The file is `example.yml`; a circle may also lead over other segments, and the message prints it.",
    ),
    "SEG027": Example(
        "purpose: newsletter\nwho:\n  - {metric: electricity_use, over: last winter, at_least: 9 MWh}",
        "purpose: energy_offers\nwho:\n  - {metric: electricity_use, over: last winter, at_least: 9 MWh}",
    ),
    "SEG028": Example(
        "- {metric: vacancy_days, over: last winter, at_least: 30 days}",
        "- has: site\n  where:\n    - {field: building_type, is: cottage}",
    ),
    "SEG029": Example("who:\n  - {did: complaint_opened}", "except:\n  - {did: complaint_opened}"),
    "SEG031": Example(
        "- {metric: electricity_use, over: last winter, at_least: 9000}",
        "- {metric: electricity_use, over: last winter, at_least: 9000 kWh}",
    ),
    "SEG032": Example(
        "- {metric: peak_kw, over: last winter, at_least: 9 kWh}",
        "- {metric: peak_kw, over: last winter, at_least: 9 kW}",
    ),
    "SEG033": Example(
        "- has: site\n  where:\n    - {field: building_type, is: detached_hause}",
        "- has: site\n  where:\n    - {field: building_type, is: detached_house}",
    ),
    "SEG034": Example("- {did: moved_out, within_last: 60 dayz}", "- {did: moved_out, within_last: 60 days}"),
    "SEG035": Example("- {field: birth_year, at_least: sixty}", "- {field: birth_year, at_least: 1960}"),
    "SEG036": Example(
        "- {field: customer_since, before: 4.11.2026}", "- {field: customer_since, before: 2026-11-04}"
    ),
    "SEG037": Example(
        "- {field: birth_year, between: 1960-2005}", "- {field: birth_year, between: 1960 to 2005}"
    ),
    "SEG038": Example("- {field: language, is_known: maybe}", "- {field: language, is_known: yes}"),
    "SEG041": Example(
        "- {field: birth_year, at_least: 1990, at_most: 1960}",
        "- {field: birth_year, at_least: 1960, at_most: 1990}",
    ),
    "SEG042": Example("- {field: language, one_of: [fi, sv, en]}", "- {field: language, is_known: yes}"),
    "SEG043": Example("expect: {data_not_older_than: 3 days}", "expect: {size: 500 to 20000}"),
    "SEG044": Example(
        about="A word of the catalogue has `deprecated: {use: OTHER, until: DATE}`. Until that day this is a "
        "warning, and then a mistake: write the other word.",
    ),
    "SEG045": Example(
        "- {in_segment: theirs}",
        "- {in_segment: renewal}",
        "`theirs` says `controller: sahkoverkko`: registers never mix.",
    ),
    "SEG046": Example(
        "- {metric: kwh_year, over: last full year, change_from: last full year, at_least: 20%}",
        "- {metric: kwh_year, over: last 12 months, change_from: last full year, at_least: 20%}",
    ),
    "SEG047": Example(
        "- {field: language, is: fi}\n- {did: moved_out}\n- {field: language, is: fi}",
        "- {field: language, is: fi}\n- {did: moved_out}",
    ),
    "SEG051": Example(
        about="A segment has at most 200 conditions: use `one_of`, or several segments and `in_segment`."
    ),
    "SEG052": Example(
        about="Conditions stand at most 12 deep: give a part of it a name, and use `in_segment`."
    ),
    "SEG053": Example(
        about="A list has at most 5,000 values: import it as a list of people and use `in_list`."
    ),
    "SEG061": Example("- {received: welcom}", "- {received: welcome}"),
    "SEG062": Example("- {in_list: fair_2025}", "- {in_list: fair_2026}"),
    "SEG063": Example("- {in_list: old_fair}", "- {in_list: fair_2026}"),
    "SEG064": Example(
        about="Put a file places.csv with `postal_code,name,latitude,longitude` beside campaigns.yml."
    ),
    "SEG065": Example(
        about="places.csv is UTF-8 text whose first line is `postal_code,name,latitude,longitude`."
    ),
    "SEG066": Example(
        about="Each line of places.csv is like `15110,Lahti,60.9838,25.6562`, no postal code twice."
    ),
    "SEG067": Example("- {near: Lathi, within: 15 km}", "- {near: Lahti, within: 15 km}"),
    "SEG071": Example(
        "- {score: chrun, at_least: 0.6, not_older_than: 14 days}",
        "- {score: churn, at_least: 0.6, not_older_than: 14 days}",
        about="A score is a word of the catalogue (`scores:`) that a model publishes.",
    ),
    "SEG072": Example(
        "- {metric: kwh_year, over: last full year, at_least: 9 MWh, among: segment}",
        "- {metric: kwh_year, over: last full year, top: 10%, among: segment}",
    ),
    "SEG073": Example(
        "- {metric: kwh_year, over: last full year, top: 10%, among: segment}\n"
        "- {score: churn, top: 10%, not_older_than: 14 days, among: segment}",
        "- {metric: kwh_year, over: last full year, top: 10%, among: segment}\n"
        "- {score: churn, top: 10%, not_older_than: 14 days}",
    ),
    "SEG074": Example(
        "- {score: churn, at_least: 0.6}", "- {score: churn, at_least: 0.6, not_older_than: 14 days}"
    ),
}
_PERSON = "- name: a member\n"
OF_EXAMPLES: Mapping[str, Example] = {
    "EXA001": Example("- a member", f"{_PERSON}  expect: in"),
    "EXA002": Example("- expect: in", f"{_PERSON}  expect: in"),
    "EXA003": Example("segment: exampel", "segment: example"),
    "EXA004": Example("as_of: today", "as_of: 2026-11-24"),
    "EXA005": Example(
        f"{_PERSON}  expect: in\n{_PERSON}  expect: in",
        f"{_PERSON}  expect: in\n- name: another\n  expect: in",
    ),
    "EXA006": Example(
        f"{_PERSON}  expect: in\n- name: another\n  copy: a membre\n  expect: in",
        f"{_PERSON}  expect: in\n- name: another\n  copy: a member\n  expect: in",
    ),
    "EXA007": Example(f"{_PERSON}  expect: inside", f"{_PERSON}  expect: in"),
    "EXA008": Example(
        f"{_PERSON}  siet: {{heating: oil}}\n  expect: in", f"{_PERSON}  site: {{heating: oil}}\n  expect: in"
    ),
    "EXA009": Example(
        f"{_PERSON}  site: {{heatting: oil}}\n  expect: in",
        f"{_PERSON}  site: {{heating: oil}}\n  expect: in",
    ),
    "EXA010": Example(
        f"{_PERSON}  site: {{heating: }}\n  expect: in",
        f"{_PERSON}  site: {{heating: unknown}}\n  expect: in",
    ),
    "EXA011": Example(
        f"{_PERSON}  did: {{page_visitd: 3 days ago}}\n  expect: in",
        f"{_PERSON}  did: {{page_visited: 3 days ago}}\n  expect: in",
    ),
    "EXA012": Example(
        f"{_PERSON}  permission: {{email: no}}\n  expect: left out",
        f"{_PERSON}  permission: {{email: none}}\n  expect: left out",
    ),
    "EXA013": Example(
        f"{_PERSON}  site: {{heating: oil}}\n  sites: [{{heating: wood}}]\n  expect: in",
        f"{_PERSON}  sites: [{{heating: oil}}, {{heating: wood}}]\n  expect: in",
    ),
    "EXA014": Example(
        about="A person is drawn by all samples of the segment, or with `drawn: no` by none of them."
    ),
    "EXA015": Example(
        f"{_PERSON}  scores: {{chrun: 0.7}}\n  expect: in", f"{_PERSON}  scores: {{churn: 0.7}}\n  expect: in"
    ),
    "EXA016": Example(
        about="Under `received:` and `clicked:` stand mailings that the segment names in such a condition."
    ),
    "EXA020": Example(
        f"{_PERSON}  person: {{language: sv}}\n  expect: in",
        f"{_PERSON}  person: {{language: sv}}\n  expect: out",
    ),
}

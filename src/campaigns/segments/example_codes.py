"""The codes of mistakes in example persons, `tests/segments/`: stable, each with what it means."""

from __future__ import annotations

from collections.abc import Mapping

CODES: Mapping[str, str] = {
    "EXA001": "The file, or a person in it, is not written with keys.",
    "EXA002": "A key that is needed is missing.",
    "EXA003": "There is no such segment.",
    "EXA004": "The day is not a date: examples mean the same every day.",
    "EXA005": "Two persons have the same name.",
    "EXA006": "Nobody above has the name that is copied.",
    "EXA007": "`expect` says something else than in, out or left out.",
    "EXA008": "A key that a file of example persons does not have.",
    "EXA009": "A field that does not exist, or that cannot be given to an example person.",
    "EXA010": "A value or the keys under a word are missing, or a period is not one of the metric's.",
    "EXA011": "There is no such event, or the event has no such property.",
    "EXA012": "What the person says about permission: another channel, or no such answer.",
    "EXA013": "One and many at the same time: `site` and `sites`.",
    "EXA014": "The samples of the segment can draw nobody like that.",
    "EXA015": "There is no such score, or something else than its value and day is said of it.",
    "EXA016": "The segment asks nobody about this mailing.",
    "EXA020": "The person is not where `expect` says.",
}

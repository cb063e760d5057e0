"""The codes of mistakes in YAML files at large and in campaigns.yml: stable, each with what it means."""

from __future__ import annotations

from collections.abc import Mapping

YAML_CODES: Mapping[str, str] = {
    "YML001": "The file is not there or cannot be read.",
    "YML002": "The file is not UTF-8 text, or starts with a byte order mark.",
    "YML003": "A control character stands in the file.",
    "YML004": "A tab is used for indentation.",
    "YML005": "The YAML cannot be read: most often the indentation, or a colon in a text without quotes.",
    "YML006": "A second document starts in the file.",
    "YML007": "Anchors, aliases and merge keys: write it out in both places.",
    "YML008": "More levels inside each other than anybody can read.",
    "YML009": "The file is larger than 1 MB.",
    "YML010": "A key that is no plain word.",
    "YML011": "Tags such as `!name`.",
    "YML012": "A file that nobody reads: its name ends with .yaml instead of .yml.",
}
SETTINGS_CODES: Mapping[str, str] = {
    "CFG001": "A key that campaigns.yml does not have at that place.",
    "CFG002": "A key that is needed is missing.",
    "CFG003": "The value has the wrong form.",
    "CFG004": "A word that another part of campaigns.yml does not define.",
    "CFG010": "There is no campaigns.yml in this folder or above it.",
    "CFG011": "A secret in a file that is committed.",
    "CFG012": "A file with a secret that others can read, or that cannot be read.",
    "CFG013": "Others may change campaigns.yml, or a file that keys are kept in.",
    "CFG014": "A purpose uses a data category that is never opened.",
    "CFG018": "A source was attested on a day that has not come.",
}

"""The codes of mistakes in `segments/catalogue/`: stable, each with what it means."""

from __future__ import annotations

from collections.abc import Mapping

CODES: Mapping[str, str] = {
    "CAT001": "A key that an entry of the catalogue does not have.",
    "CAT002": "A key that is needed is missing.",
    "CAT003": "The value has the wrong form, or the column is closed to segments.",
    "CAT004": "A word is defined twice in the workspace's own files.",
    "CAT005": "A data category that campaigns.yml does not have, or closes to segments.",
    "CAT006": "A period, metric or audience that does not exist.",
    "CAT007": "A table that the relation has no rows in.",
    "CAT008": "The data is of another category than the entry says.",
}

"""The codes of mistakes in the sources of campaigns.yml: stable, each with what it means."""

from __future__ import annotations

from collections.abc import Mapping

SOURCE_CODES: Mapping[str, str] = {
    "REG020": "A kind of file that nothing imports.",
    "REG021": "A column that this kind of file does not have, or two columns for one.",
    "REG022": "A word that the column does not take.",
    "REG023": "Two sources that one file name fits.",
    "REG024": "A version of the privacy notice that the controller does not have.",
    "REG025": "An encoding that does not exist.",
}

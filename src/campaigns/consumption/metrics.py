"""What each metric means: the table `metrics.yml`, which docs, catalogue and templates read.

All but the counts of data take the full days of the period only: days of which every interval is present,
under the contract of the present holder. Units are those of the column; shares are from 0 to 1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.resources import files
from types import MappingProxyType
from typing import Literal

from campaigns.consumption.periods import PERIODS, Period
from campaigns.settings.binding import Definition, bind
from campaigns.settings.documents import Mapping as MappingNode
from campaigns.settings.documents import parse
from campaigns.settings.model import DataLevel, Texts

RollUp = Literal["sum", "highest", "lowest", "mean"]
Minimum = Literal[
    "none", "enough", "seasons", "heat", "heat twice", "heat twice as long", "severe", "cool", "spot",
    "ranked", "cooled", "sunny", "clear", "frosty", "compared",
]  # fmt: skip

_ENOUGH = "330 full days of a year, 90 % of the days of a shorter period"
_HEAT = "180 full days with a temperature, 30 of them below 0 °C and 60 above 15 °C"
MINIMA: Mapping[Minimum, str] = MappingProxyType(
    {
        "none": "nothing",
        "enough": _ENOUGH,
        "seasons": f"{_ENOUGH}, 60 of them in each of the two seasons",
        "heat": _HEAT,
        "heat twice": f"{_HEAT}, in this year and in the one before",
        "heat twice as long": f"{_HEAT}, within the 730 days that end with the period",
        "severe": f"{_HEAT}, 10 of them below -15 °C and 30 from -10 to +5 °C",
        "cool": "80 full days of June to August with a temperature, 15 of them above 18 °C",
        "spot": f"{_ENOUGH}, counting days of which every interval has a price",
        "ranked": f"{_ENOUGH}, counting days of which every interval has a price, 20 of them with a spread",
        "cooled": f"{_ENOUGH}, of a heat meter that counts volume and both temperatures",
        "sunny": f"{_ENOUGH}, 60 of them from May to August",
        "clear": f"{_ENOUGH}, 20 of them from May to August with export that follows the sun",
        "frosty": f"{_ENOUGH}, 10 of them winter workdays below -5 °C",
        "compared": f"{_ENOUGH}, in both periods",
    }
)


_KNOWN_OVER: Mapping[str, Callable[[Period], bool]] = {
    "all": lambda _: True,
    "year": lambda period: period.yearly,
    "compared": lambda period: period.compared,
    "seldom": lambda period: period.changes_seldom,
}


class Metric(Definition):
    """A number about a metering point over a period: NULL when there is less data than `needs` says.

    `roll_up` makes one number of several metering points of a person; `level` decides which permission it
    needs; `periods` are those over which it can be known.
    """

    name: str = ""
    number: int
    unit: str = ""
    level: DataLevel
    roll_up: RollUp
    label: Texts
    definition: str
    minimum: Minimum = "enough"
    periods: Literal["all", "year", "compared", "seldom"] = "all"
    compares_with: tuple[str, ...] = ()

    @property
    def needs(self) -> str:
        """The least data, in words."""
        return MINIMA[self.minimum]

    @property
    def known_over(self) -> tuple[str, ...]:
        """The names of the periods over which it can be known."""
        return tuple(period.name for period in PERIODS.values() if _KNOWN_OVER[self.periods](period))


def _read() -> Mapping[str, Metric]:
    text = files("campaigns.consumption").joinpath("metrics.yml").read_text(encoding="utf-8")
    node = parse(text, name="metrics.yml")
    if not isinstance(node, MappingNode):
        raise TypeError("metrics.yml is no mapping")
    bound = {entry.key.text: bind(entry.value, Metric, prefix="MET") for entry in node}
    return MappingProxyType(
        {name: metric.model_copy(update={"name": name}) for name, metric in bound.items()}
    )


METRICS: Mapping[str, Metric] = _read()

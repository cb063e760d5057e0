"""What each metric means. `metrics.sql` computes them; this table is what the docs and the catalogue say.

All take the full days of the period only: days of which every interval is present, under the contract of the
present holder. Units are those of the column; shares are from 0 to 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

DataLevel = Literal["totals", "daily", "hourly", "presence"]
RollUp = Literal["sum", "highest", "lowest", "mean"]

ENOUGH = "330 full days of a year, 90 % of the days of a shorter period"
HEAT_NEEDS = "180 full days with a temperature, 30 of them below 0 °C and 60 above 15 °C"
SPOT_NEEDS = f"{ENOUGH}, counting days of which every interval has a price"


@dataclass(frozen=True, kw_only=True, slots=True)
class Metric:
    """A number about a metering point over a period: NULL when there is less data than `minimum` says.

    `rollup` makes one number of several metering points of a person; `data_level` decides which permission it
    needs.
    """

    name: str
    unit: str
    data_level: DataLevel
    definition: str
    rollup: RollUp
    label: Mapping[str, str]
    minimum: str = ENOUGH


METRICS: Mapping[str, Metric] = MappingProxyType(
    {
        metric.name: metric
        for metric in (
            Metric(
                name="electricity_use",
                unit="kWh",
                data_level="totals",
                definition="sum of the full days' import",
                rollup="sum",
                label={"fi": "sähkönkäyttö", "en": "electricity use"},
            ),
            Metric(
                name="kwh_year",
                unit="kWh",
                data_level="totals",
                definition="365 times the mean import of a full day; for year-long periods",
                rollup="sum",
                label={"fi": "vuosikulutus", "en": "year's use"},
            ),
            Metric(
                name="base_kw",
                unit="kW",
                data_level="hourly",
                definition="median over days of the day's lowest clock hour",
                rollup="sum",
                label={"fi": "pohjateho", "en": "base load"},
            ),
            Metric(
                name="peak_kw",
                unit="kW",
                data_level="hourly",
                definition="highest clock hour (four quarters summed where the data is finer)",
                rollup="highest",
                label={"fi": "huipputeho", "en": "peak"},
            ),
            Metric(
                name="load_factor",
                unit="",
                data_level="hourly",
                definition="mean power divided by peak_kw",
                rollup="lowest",
                label={"fi": "käyttöaste", "en": "load factor"},
            ),
            Metric(
                name="night_share",
                unit="",
                data_level="hourly",
                definition="import from 0 to 6 local time, divided by all import",
                rollup="highest",
                label={"fi": "yön osuus", "en": "share of nights"},
            ),
            Metric(
                name="morning_share",
                unit="",
                data_level="hourly",
                definition="import from 6 to 10 local time, divided by all import",
                rollup="highest",
                label={"fi": "aamun osuus", "en": "share of mornings"},
            ),
            Metric(
                name="midday_share",
                unit="",
                data_level="hourly",
                definition="import from 10 to 16 local time, divided by all import",
                rollup="highest",
                label={"fi": "keskipäivän osuus", "en": "share of middays"},
            ),
            Metric(
                name="evening_share",
                unit="",
                data_level="hourly",
                definition="import from 16 to 21 local time, divided by all import",
                rollup="highest",
                label={"fi": "illan osuus", "en": "share of evenings"},
            ),
            Metric(
                name="weekday_weekend",
                unit="",
                data_level="hourly",
                definition="mean day Monday to Friday, divided by the mean of weekends and public holidays",
                rollup="highest",
                label={"fi": "arki–viikonloppu-suhde", "en": "weekdays to weekends"},
            ),
            Metric(
                name="winter_summer",
                unit="",
                data_level="totals",
                definition="mean day of December to February divided by June to August; year-long periods",
                rollup="highest",
                label={"fi": "talvi–kesä-suhde", "en": "winter to summer"},
                minimum=f"{ENOUGH}, 60 of them in each of the two seasons",
            ),
            Metric(
                name="day_cv",
                unit="",
                data_level="daily",
                definition="standard deviation of a day's import divided by its mean",
                rollup="highest",
                label={"fi": "päivien vaihtelu", "en": "variation of days"},
            ),
            Metric(
                name="heat_slope",
                unit="kWh/K-day",
                data_level="daily",
                definition="least-squares slope of a day's import on degree days (base 17 °C of its mean)",
                rollup="highest",
                label={"fi": "lämmitysjyrkkyys", "en": "heating slope"},
                minimum=HEAT_NEEDS,
            ),
            Metric(
                name="base_kwh_day",
                unit="kWh/day",
                data_level="daily",
                definition="intercept of the fit of heat_slope",
                rollup="sum",
                label={"fi": "peruskulutus", "en": "base use a day"},
                minimum=HEAT_NEEDS,
            ),
            Metric(
                name="heat_r2",
                unit="",
                data_level="daily",
                definition="coefficient of determination of the fit of heat_slope",
                rollup="highest",
                label={"fi": "lämmitysmallin selitysaste", "en": "fit of the heating slope"},
                minimum=HEAT_NEEDS,
            ),
            Metric(
                name="spot_paid",
                unit="c/kWh",
                data_level="hourly",
                definition="spot price weighted by import",
                rollup="highest",
                label={"fi": "maksettu pörssihinta", "en": "spot price paid"},
                minimum=SPOT_NEEDS,
            ),
            Metric(
                name="market_average",
                unit="c/kWh",
                data_level="hourly",
                definition="plain mean of the spot price over the same time",
                rollup="mean",
                label={"fi": "pörssin keskihinta", "en": "market average"},
                minimum=SPOT_NEEDS,
            ),
            Metric(
                name="spot_premium",
                unit="c/kWh",
                data_level="hourly",
                definition="spot_paid minus market_average",
                rollup="highest",
                label={"fi": "profiilikustannus", "en": "cost of the profile"},
                minimum=SPOT_NEEDS,
            ),
            Metric(
                name="dear4_share",
                unit="",
                data_level="hourly",
                definition="import in the 4 dearest hours (16 quarters) of each local day, of all import",
                rollup="highest",
                label={"fi": "kalleimpien tuntien osuus", "en": "share of the dearest hours"},
                minimum=SPOT_NEEDS,
            ),
            Metric(
                name="export_ratio",
                unit="",
                data_level="hourly",
                definition="export of the same days divided by import; 0 without any export",
                rollup="highest",
                label={"fi": "myynnin osuus", "en": "export ratio"},
            ),
        )
    }
)

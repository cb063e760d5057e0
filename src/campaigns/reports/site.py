"""One metering point as people look at it: what the register says, its readings, metrics and signs.

Presence is never shown: no metric of that level gets in here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from campaigns.consumption.metrics import METRICS
from campaigns.errors import UserError

if TYPE_CHECKING:
    import altair as alt

YEAR_DAYS = 365
HEAT = "district_heat"
_OF_SITE = ("building_type", "building_year", "heating", "area_m2", "fuse_a", "postal_code", "address")


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """What the register says of a metering point. `gsrn` and `address` are masked unless asked for."""

    controller: str
    company: str  # the controller's own name
    gsrn: str  # empty for heat
    energy: str
    building_type: str | None
    building_year: int | None
    heating: str | None
    area_m2: int | None
    fuse_a: int | None
    postal_code: str | None
    address: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Use:
    """Whether the holder's data of one level may be used in segments, by which rule."""

    level: str
    allowed: bool
    code: str
    sentence: str


@dataclass(frozen=True, kw_only=True)
class Site:
    """A metering point up to the end of `as_of`, never before its present holder came.

    `days`, `hours` and `months` are polars frames (see `consumption.one_point`), `metrics` one row a metric
    and period with unit and label, `flags` what is odd about the readings.
    """

    place: Place
    as_of: date
    holder: str  # `person 12`, `company 7`, or nobody
    since: date | None  # when the present holder came; None when it is not known
    uses: Sequence[Use]
    days: pl.DataFrame = field(repr=False)
    hours: pl.DataFrame = field(repr=False)
    months: pl.DataFrame = field(repr=False)
    metrics: pl.DataFrame = field(repr=False)
    flags: pl.DataFrame = field(repr=False)

    @property
    def is_heat(self) -> bool:
        """Whether it is a meter of district heat, which is kept by day."""
        return self.place.energy == HEAT

    @property
    def year(self) -> pl.DataFrame:
        """The last twelve calendar months, the one of `as_of` among them."""
        return self.months.tail(12)

    @property
    def highest_month(self) -> float:
        """kWh of the month of `year` with most use, for the length of bars; 1 when none was used."""
        return max(0.0, *(kwh or 0.0 for kwh in self.year["kwh"])) or 1.0

    def metric(self, name: str, period: str = "last 12 months") -> float | None:
        """A metric's value; None when it is not known."""
        found = self.metrics.filter(metric=name, period=period)["value"]
        return None if found.is_empty() else float(found[0])

    def sign(self, name: str) -> bool | None:
        """Whether it looks like that over the last 12 months; None when it is not known."""
        value = self.metric(name)
        return None if value is None else value == 1

    def heat_map(self) -> alt.LayerChart:
        """The last 365 days: a day across, the hours of its clock down, kWh as colour."""
        from campaigns.reports import site_charts

        return site_charts.heat_map(self)

    def load_curve(self) -> alt.FacetChart:
        """Mean kW by hour of the clock, by season, on working days and on days off."""
        from campaigns.reports import site_charts

        return site_charts.load_curve(self)

    def temperature_response(self) -> alt.LayerChart:
        """A day's kWh against its mean temperature, with the fitted line and the balance temperature."""
        from campaigns.reports import site_charts

        return site_charts.temperature_response(self)

    def save(self, chart: alt.TopLevelMixin, path: Path | str) -> Path:
        """Draw a chart into a PNG or SVG file, without a browser and readable by its owner only.

        Raises `UserError` PLT001 to PLT003 as `reports.charts.save`.
        """
        from campaigns.reports import charts

        return charts.save(chart, Path(path))

    @property
    def drawn_from(self) -> date:
        """The first day of pictures: of the year that ends with the last reading."""
        last: date = self.days["local_date"][-1]
        return last - timedelta(days=YEAR_DAYS - 1)

    def drawn_hours(self) -> pl.DataFrame:
        """The hours since `drawn_from`. Raises `UserError` SIT005 for a heat meter and when none is known."""
        if self.is_heat:
            raise UserError(
                "SIT005",
                "district heat is kept by day: there are no hours to draw.",
                hint="temperature_response() and .days work for heat",
            )
        hours = self.hours.filter(pl.col("local_date") >= self.drawn_from)
        if hours["wh"].null_count() == len(hours):
            raise UserError("SIT005", "no hour of this metering point is known.", hint="see .days")
        return hours

    def as_json(self) -> dict[str, Any]:
        """The keys that `site show --json` promises."""
        place = self.place
        return {
            "controller": place.controller,
            "gsrn": place.gsrn or None,
            "energy": place.energy,
            "as_of": self.as_of.isoformat(),
            "site": {name: getattr(place, name) for name in _OF_SITE},
            "holder": {"who": self.holder, "since": self.since.isoformat() if self.since else None},
            "permits": {
                use.level: {"allowed": use.allowed, "code": use.code, "sentence": use.sentence}
                for use in self.uses
            },
            "readings": completeness(self),
            "months": self.year.to_dicts(),
            "metrics": self.metrics.to_dicts(),
            "signs": {sign: self.sign(sign) for sign in SIGNS},
            "flags": self.flags.to_dicts(),
        }

    def __str__(self) -> str:
        from campaigns.reports import site_text

        return site_text.text(self)

    def __repr__(self) -> str:
        gsrn = self.place.gsrn or "district heat"
        return f"<site {gsrn} of {self.place.controller} as of {self.as_of}: {len(self.days)} days>"

    def _repr_html_(self) -> str:
        from campaigns.reports import site_html

        return site_html.page(self)


# What each sign rests on: shown beside it, so that anybody can judge.
SIGNS = {
    "electric_heating_sign": ("heat_slope", "heat_r2", "heat_share"),
    "heat_pump_sign": ("cold_bend", "balance_temp", "heat_night_ratio", "night_relay"),
    "car_sign": ("ev_plateau", "ev_steps_small", "ev_steps_medium", "ev_steps_large", "preheat_sign"),
    "solar_sign": ("pv_midday_sign", "pv_fit_kwp", "export_ratio"),
}
_KEYS = ("period", "as_of", "period_start", "period_end", "days_used")


def long_metrics(wide: pl.DataFrame) -> pl.DataFrame:
    """Known metrics, one row each and period, in the order of `metrics.yml`; none that tells of presence."""
    open_ones = [name for name, metric in METRICS.items() if metric.level != "presence"]
    told = [metric for name, metric in METRICS.items() if name in open_ones]
    words = pl.DataFrame(
        {
            "metric": [metric.name for metric in told],
            "label": [metric.label["en"] for metric in told],
            "unit": [metric.unit for metric in told],
            "level": [metric.level for metric in told],
            "place": range(len(told)),
        }
    )
    found = wide.unpivot(
        index=list(_KEYS),
        on=[name for name in open_ones if name in wide.columns],
        variable_name="metric",
        value_name="value",
    )
    order = ["place", "period_end", "period_start"]
    return (
        found.filter(pl.col("value").is_not_null())
        .join(words, on="metric")
        .sort(order, descending=[False, True, True])
        .select("metric", "label", "period", "value", "unit", "level", *_KEYS[1:])
    )


def completeness(site: Site) -> dict[str, Any]:
    """From when to when there are readings, how fine, and how many of the last year's days are full."""
    days = site.days
    first: date = days["local_date"][0]
    last: date = days["local_date"][-1]
    since = max(site.as_of - timedelta(days=YEAR_DAYS - 1), first)
    year = days.filter(pl.col("local_date") >= since)
    told: dict[str, Any] = {"first": first, "last": last, "days": (site.as_of - since).days + 1}
    if site.is_heat:
        return {**told, "full_days": year["kwh"].count()}
    present = int(year["present"].sum())
    return {
        **told,
        "full_days": int(year["is_full"].sum()),
        "estimated_share": int(year["estimated"].sum()) / present if present else None,
        "resolutions": _resolutions(days),
    }


def _resolutions(days: pl.DataFrame) -> list[dict[str, Any]]:
    """The lengths of intervals, each with the day from which it is the usual one."""
    changes = days.filter(pl.col("resolution_min") != pl.col("resolution_min").shift(1).fill_null(0))
    return [{"from": row["local_date"], "minutes": row["resolution_min"]} for row in changes.to_dicts()]

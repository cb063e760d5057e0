"""Pictures of one metering point: its year as a heat map, its load curve, its response to temperature.

Seasons have colours that colour-blind people tell apart, and dashes besides; heat maps are in viridis.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import polars as pl

from campaigns.consumption.calendar_days import BASE_X100
from campaigns.reports import charts
from campaigns.reports.charts import ABSENT, BLUE, FAINT, FONT, GREEN, INK, ORANGE, RED
from campaigns.reports.site_text import number
from campaigns.settings.holidays import days_off

if TYPE_CHECKING:
    from altair import FacetChart, LayerChart

    from campaigns.reports.site import Site

SEASONS = {  # name: months, colour, dashes
    "winter (Dec–Feb)": ((12, 1, 2), BLUE, [1, 0]),
    "spring (Mar–May)": ((3, 4, 5), GREEN, [6, 2]),
    "summer (Jun–Aug)": ((6, 7, 8), ORANGE, [1, 0]),
    "autumn (Sep–Nov)": ((9, 10, 11), RED, [2, 2]),
}
_YEAR_WIDE = 730  # points
_MONTH_LABEL = (
    "[utcFormat(datum.value, '%b'), utcFormat(datum.value, '%m') == '01' ? utcFormat(datum.value, '%Y') : '']"
)
_SMALL = 2  # kWh: below it the legend needs hundredths
_TOP = 0.99  # of the hours: the colours end there, so that a few peaks do not wash out the rest
_WORKING_DAYS, _LAST_HOUR = 5, 23


def heat_map(site: Site) -> LayerChart:
    """A day across, the clock down. A missing hour is grey; one that stands twice is two half cells."""
    alt = charts.altair()
    hours = site.drawn_hours()
    known = hours.filter(pl.col("wh").is_not_null())
    top = max(known["wh"].quantile(_TOP) or 0, 100) / 1000
    first, last = hours["local_date"][0], hours["local_date"][-1]
    days = (last - first).days + 1
    base = alt.Chart(_cells(alt, hours)).encode(
        x=alt.X("day:T")
        .title(None)
        .scale(type="utc", domain=[str(first), str(last + timedelta(days=1))], nice=False)
        .axis(tickCount="month", grid=False, labelExpr=_MONTH_LABEL, labelFlush=False),
        x2="next:T",
        y=_clock_axis(alt.Y("from:Q"), [24, 0], grid=False),
        y2="to:Q",
    )
    shown = f"format(datum.value, '.{2 if top < _SMALL else 1}f')"
    colour = (
        alt.Color("kwh:Q")
        .title(["kWh", "an hour"])
        .scale(scheme="viridis", domain=[0, top], clamp=True)
        .legend(
            gradientLength=220,
            values=[top * at / 4 for at in range(5)],
            labelExpr=f"(datum.value > {top * 0.99} ? '≥ ' : '') + {shown}",
        )
    )
    tooltip = ["clock:N", alt.Tooltip("kwh:Q", format=".3f", title="kWh")]
    step = max(_YEAR_WIDE // days, 1)  # whole points a day, or seams show between days
    drawn: LayerChart = _dressed(
        alt.layer(base.mark_rect().encode(color=colour, tooltip=tooltip)),
        site,
        "Electricity used by day and hour",
        [f"{number(known.height, 0)} hours from {first} to {last}; grey: no reading", *_changes(hours)],
        width=step * days,
        height=24 * 13,
        fill=ABSENT,
    )
    return drawn


def _changes(hours: pl.DataFrame) -> Iterator[str]:
    """How the days on which the clock changes are drawn, when there are such days."""
    lengths = hours.group_by("local_date").len().sort("local_date")
    told = {23: "on {} clocks skip an hour", 25: "on {} an hour stands twice, in halves"}
    found = [told[length].format(day) for day, length in lengths.iter_rows() if length in told]
    if found:
        yield "; ".join(found)


def _cells(alt: Any, hours: pl.DataFrame) -> Any:
    """A row a known hour; on a day on which the clock goes back 3 is two rows of half its height.

    As CSV: checking thousands of rows of JSON would take longer than drawing them.
    """
    nth = pl.int_range(pl.len()).over("local_date", "hour")
    times = pl.len().over("local_date", "hour")
    begin = pl.col("hour") + nth / times
    rows = hours.select(
        pl.col("local_date").alias("day"),
        pl.col("local_date").dt.offset_by("1d").alias("next"),
        begin.alias("from"),
        (begin + 1 / times).alias("to"),
        pl.col("start").dt.strftime("%a %Y-%m-%d %H:%M %Z").alias("clock"),
        (pl.col("wh") / 1000).alias("kwh"),
    ).drop_nulls("kwh")
    utc = "utc:'%Y-%m-%d'"
    types = {"day": utc, "next": utc, "from": "number", "to": "number", "kwh": "number", "clock": "string"}
    return alt.Data(values=rows.write_csv(), format=alt.CsvDataFormat(type="csv", parse=types))


def load_curve(site: Site) -> FacetChart:
    """Steps, because a reading is the mean of its hour."""
    alt = charts.altair()
    hours = site.drawn_hours().filter(pl.col("wh").is_not_null())
    rows = _curve(hours)
    names = [name for name in SEASONS if name in set(rows["season"])]
    colour = alt.Color("season:N").title(None).scale(domain=names, range=[SEASONS[name][1] for name in names])
    dash = (
        alt.StrokeDash("season:N").title(None).scale(domain=names, range=[SEASONS[name][2] for name in names])
    )
    chart = (
        alt.Chart(alt.Data(values=rows.to_dicts()))
        .mark_line(interpolate="step-after", strokeWidth=2.5)
        .encode(
            x=_clock_axis(alt.X("hour:Q"), [0, 24]),
            y=alt.Y("kw:Q").title("mean power, kW").axis(tickCount=6),
            color=colour.legend(orient="bottom", symbolStrokeWidth=2.5, symbolSize=300),
            strokeDash=dash,
        )
        .properties(width=360, height=280)
    )
    days = hours["local_date"]
    facet = chart.facet(
        column=alt.Column("kind:N")
        .title(None)
        .sort(["working days", "weekends and holidays"])
        .header(labelFontSize=13, labelColor=INK)
    )
    drawn: FacetChart = _dressed(
        facet, site, "Load curve by season", f"mean of the hours from {days[0]} to {days[-1]}, local time"
    )
    return drawn


def _clock_axis(channel: Any, domain: list[int], **more: Any) -> Any:
    """The hours of the clock, from midnight to midnight."""
    scaled = channel.title("hour of the clock").scale(domain=domain, nice=False)
    label = "pad(datum.value, 2, '0', 'left')"
    return scaled.axis(values=list(range(0, 25, 3)), labelExpr=label, labelFlush=False, **more)


def _curve(hours: pl.DataFrame) -> pl.DataFrame:
    """Mean kW by kind of day, season and hour; the last hour once more at 24, where its step ends."""
    first, last = hours["local_date"][0], hours["local_date"][-1]
    holidays = [*days_off(range(first.year, last.year + 1))]
    is_off = (pl.col("local_date").dt.weekday() > _WORKING_DAYS) | pl.col("local_date").is_in(holidays)
    month = pl.col("local_date").dt.month()
    season = pl.coalesce(
        pl.when(month.is_in(months)).then(pl.lit(name)) for name, (months, _, _) in SEASONS.items()
    )
    kind = pl.when(is_off).then(pl.lit("weekends and holidays")).otherwise(pl.lit("working days"))
    means = (
        hours.group_by(kind.alias("kind"), season.alias("season"), pl.col("hour").cast(pl.Int64))
        .agg(kw=pl.col("wh").mean() / 1000, hours=pl.len())
        .sort("kind", "season", "hour")
    )
    ends = means.filter(pl.col("hour") == _LAST_HOUR).with_columns(hour=pl.lit(24, pl.Int64))
    return pl.concat([means, ends]).sort("kind", "season", "hour")


def temperature_response(site: Site) -> LayerChart:
    """The days that the fit of `heat_slope` used, its line, and where heating begins."""
    alt = charts.altair()
    days = _fitted_days(site)
    slope, base, balance = (site.metric(name) for name in ("heat_slope", "base_kwh_day", "balance_temp"))
    celsius = (
        alt.X("celsius:Q")
        .title("mean temperature of the day, °C")
        .scale(nice=True, zero=False)
        .axis(tickCount=10)
    )
    rows = list(_dots(days))
    names = [name for name in SEASONS if name in {row["season"] for row in rows}]
    dots = (
        alt.Chart(alt.Data(values=rows))
        .mark_circle(size=34, opacity=0.55)
        .encode(
            x=celsius,
            y=alt.Y("kwh:Q").title("kWh a day").scale(zero=True).axis(tickCount=7),
            color=alt.Color("season:N")
            .title(None)
            .scale(domain=names, range=[SEASONS[name][1] for name in names])
            .legend(orient="bottom", symbolOpacity=1),
            tooltip=["day:N", alt.Tooltip("celsius:Q", format=".1f"), alt.Tooltip("kwh:Q", format=".1f")],
        )
    )
    layers = [dots]
    said = "no line: it needs 180 full days of a year with a temperature, 30 below 0 °C and 60 above 15 °C"
    if slope is not None and base is not None:
        layers.append(
            alt.Chart(alt.Data(values=list(_line(days, slope, base))))
            .mark_line(color=INK, strokeWidth=2.5)
            .encode(x="celsius:Q", y="kwh:Q")
        )
        said = f"line: {base:.1f} kWh a day and {slope:.2f} kWh for each degree below {BASE_X100 // 100} °C"
        if (fit := site.metric("heat_r2")) is not None:
            said += f" (R² {fit:.2f})"
    if balance is not None and not days.is_empty():
        layers += _balance(alt, balance, days["celsius"])
    what = "District heat" if site.is_heat else "Electricity"
    title = f"{what} and temperature"
    drawn: LayerChart = _dressed(alt.layer(*layers), site, title, said, width=620, height=380)
    return drawn


def _balance(alt: Any, balance: float, celsius: pl.Series) -> list[Any]:
    """A line across at the balance temperature, its name on the side where there is room."""
    is_right = balance > (float(celsius.min()) + float(celsius.max())) / 2  # type: ignore[arg-type]  # numbers
    row = {"celsius": balance, "text": f"balance temperature {balance:.1f} °C"}
    mark = alt.Chart(alt.Data(values=[row])).encode(x="celsius:Q")
    align, dx = ("right", -6) if is_right else ("left", 6)
    return [
        mark.mark_rule(color=FAINT, strokeDash=[4, 4], strokeWidth=1.5),
        mark.mark_text(align=align, baseline="top", dx=dx, color=INK, fontSize=12, font=FONT).encode(
            y=alt.value(4), text="text:N"
        ),
    ]


def _fitted_days(site: Site) -> pl.DataFrame:
    """The full days with a temperature of the period of the fit, else of the last 365 days."""
    kwh = pl.col("kwh") if site.is_heat else pl.col("wh") / 1000
    fits = site.metrics.filter(metric="heat_slope", period="last 12 months")
    first, last = (
        (site.drawn_from, site.as_of) if fits.is_empty() else (fits["period_start"][0], fits["period_end"][0])
    )
    days = site.days.filter(pl.col("local_date").is_between(first, last) & pl.col("celsius").is_not_null())
    full = days if site.is_heat else days.filter("is_full")
    return full.select("local_date", "celsius", kwh=kwh).drop_nulls()


def _dots(days: pl.DataFrame) -> Iterator[dict[str, Any]]:
    of_month = {month: name for name, (months, _, _) in SEASONS.items() for month in months}
    for day, celsius, kwh in days.iter_rows():
        yield {"day": str(day), "celsius": celsius, "kwh": kwh, "season": of_month[day.month]}


def _line(days: pl.DataFrame, slope: float, base: float) -> Iterator[dict[str, float]]:
    """From the coldest day down to 17 °C, and level from there to the warmest."""
    bend = BASE_X100 / 100
    coldest, warmest = float(days["celsius"].min()), float(days["celsius"].max())  # type: ignore[arg-type]  # numbers
    for celsius in sorted({coldest, min(max(bend, coldest), warmest), warmest}):
        yield {"celsius": celsius, "kwh": base + slope * max(bend - celsius, 0.0)}


def _dressed(chart: Any, site: Site, title: str, subtitle: str | list[str], **more: Any) -> Any:
    """Whose it is stands in the title."""
    where = " ".join(part for part in (site.place.company, site.place.gsrn) if part)
    return charts.dressed(chart, f"{title}, {where}", subtitle, **more)

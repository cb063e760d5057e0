"""One metering point in the terminal: what it is, a bar a month, last week by hour, metrics, signs."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING

import polars as pl

from campaigns.consumption.metrics import METRICS
from campaigns.consumption.sanity import FLAGS
from campaigns.reports.site import SIGNS, completeness

if TYPE_CHECKING:
    from campaigns.reports.site import Site

MAIN = (
    "electricity_use", "kwh_year", "kwh_year_norm", "yoy_change", "base_kw", "peak_kw", "fuse_use",
    "load_factor", "night_share", "evening_share", "heat_share", "base_kwh_day", "spot_paid",
    "market_average", "dear4_share", "export_ratio", "heat_cooling_k",
)  # fmt: skip
PERIODS = ("last 12 months", "last winter", "last 3 months", "last 28 days")
_WIDTH = 100  # letters of a line
_NAMES = 16  # letters of the names at the head
_WIDE = 24  # letters of the longest bar
_EIGHTHS = " ▏▎▍▌▋▊▉█"
_HEIGHTS = "▁▂▃▄▅▆▇█"
_SHADES = "·░▒▓█"
_WEEK = 7
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_HOURS, _TWICE = 24, 3  # of an ordinary day; the hour of the clock that stands twice when it goes back
_TOP = 0.95  # of the week's hours: one sauna evening must not wash out the rest
_LATE_DAYS = 3


def text(site: Site) -> str:
    """Everything, for a terminal of a hundred letters."""
    parts = (_head(site), _months(site), _week(site), _metrics(site), _signs(site), _flags(site))
    return "\n\n".join("\n".join(part) for lines in parts if (part := list(lines)))


def head(site: Site) -> Iterator[tuple[str, str]]:
    """What it is, whose, what they permit, and how complete its readings are: a name and a text each."""
    place = site.place
    told = (place.gsrn, _word(place.energy), place.company)
    yield "metering point", ", ".join(part for part in told if part)
    yield "site", _about(site)
    since = f" since {site.since}; nothing of the time before is shown" if site.since else ""
    yield "holder", f"{site.holder}{since}"
    for answer in _permits(site):
        yield "in segments", answer
    yield "readings", _readings(site)


def _head(site: Site) -> Iterator[str]:
    """The names in a column of their own, each once."""
    before = ""
    for name, told in head(site):
        first = f"{'' if name == before else name:{_NAMES}}"
        yield from textwrap.wrap(told, _WIDTH, initial_indent=first, subsequent_indent=" " * _NAMES)
        before = name


def _about(site: Site) -> str:
    """Building, heating, fuse and place, as far as the register knows them."""
    place = site.place
    words = (_word(place.building_type), place.building_year)
    parts = (
        " of ".join(str(part) for part in words if part is not None),
        f"{place.area_m2} m²" if place.area_m2 else None,
        f"heating {_word(place.heating)}" if place.heating else None,
        f"fuse {place.fuse_a} A" if place.fuse_a else None,
        f"{place.address} {place.postal_code or ''}".strip(),
    )
    return ", ".join(part for part in parts if part) or "nothing is known of it"


def _permits(site: Site) -> Iterator[str]:
    """What the holder permits of each level of meter data; levels with one answer together."""
    if not site.uses:
        yield "no person holds it, so nobody has to permit anything"
    answers: dict[str, list[str]] = {}
    for use in site.uses:
        key = f"{'yes' if use.allowed else 'no'} ({use.code}). {use.sentence}"
        answers.setdefault(key, []).append(use.level)
    for answer, levels in answers.items():
        *others, last = levels
        yield f"{' and '.join([', '.join(others), last] if others else [last])} data: {answer}"


def _readings(site: Site) -> str:
    """How complete they are, in one line."""
    told = completeness(site)
    parts = [f"{told['first']} to {told['last']}"]
    if "resolutions" in told:
        grids = [f"every {one['minutes']} min" for one in told["resolutions"]]
        newest = told["resolutions"][-1]
        parts.append(grids[-1] + (f" since {newest['from']}" if len(grids) > 1 else ""))
    parts.append(f"{told['full_days']} of the last {told['days']} days full")
    if told.get("estimated_share"):
        parts.append(f"{told['estimated_share']:.1%} estimated")
    late = (site.as_of - told["last"]).days
    if late > _LATE_DAYS:
        parts.append(f"nothing for {late} days")
    return ", ".join(parts)


def _months(site: Site) -> Iterator[str]:
    year = site.year
    use = year["kwh"].to_list()
    highest = site.highest_month
    yield f"kWh by month   {_line(use, highest)}   {year['month'][0]} to {year['month'][-1]}"
    yield ""
    heads, rows = table(site)
    cells = [heads, *rows]
    widths = [max(len(row[place]) for row in cells) for place in range(len(heads))]
    for at, row in enumerate(cells):
        bar = bar_of(use[at - 1] or 0, highest, _WIDE) if at else ""
        padded = (cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        yield f"{'  '.join(padded)}  {bar}".rstrip()


def table(site: Site) -> tuple[list[str], list[list[str]]]:
    """The last twelve months as text: the heads, and a row a month."""
    if site.is_heat:
        heads = ["month", "kWh", "days", "m³", "cooling K", "mean °C"]
        columns = ("kwh", "volume_m3", "cooling_k", "celsius")
        rows = [
            [row["month"], number(row["kwh"], 0), f"{row['full_days']}/{row['days']}"]
            + [number(row[name], 1) for name in columns[1:]]
            for row in site.year.to_dicts()
        ]
        return heads, rows
    sells = float(site.year["export_kwh"].sum()) > 0
    heads = [
        "month",
        "kWh",
        *(["sold kWh"] if sells else []),
        "full days",
        "estimated",
        "mean °C",
        "spot c/kWh",
    ]
    return heads, [
        [
            row["month"],
            number(row["kwh"], 0),
            *([number(row["export_kwh"], 0)] if sells else []),
            f"{row['full_days']}/{row['days']}",
            "–" if row["estimated_share"] is None else f"{row['estimated_share']:.1%}",
            number(row["celsius"], 1),
            number(row["spot_paid"], 2),
        ]
        for row in site.year.to_dicts()
    ]


def _week(site: Site) -> Iterator[str]:
    """A row a day of the last week with readings, a shade an hour; the clock's change is visible."""
    if site.is_heat:
        return
    last: date = site.hours["local_date"][-1]
    week = site.hours.filter(pl.col("local_date") > last - timedelta(days=_WEEK))
    top = max(week["wh"].quantile(_TOP) or 0, 1)
    by_day = week.partition_by("local_date", maintain_order=True)
    has_long_day = any(len(hours) > _HOURS for hours in by_day)
    clock = sorted([*range(_HOURS), *([_TWICE] if has_long_day else [])])
    yield f"last week by hour: {' '.join(_SHADES)} in fifths of {top / 1000:.2f} kWh, ? a missing reading"
    yield f"{'':16}{''.join(f'{hour:02}' if hour % 3 == 0 else '  ' for hour in clock)}".rstrip()
    for hours in by_day:
        day: date = hours["local_date"][0]
        cells = "".join(_shade(wh, top) * 2 for wh in _by_clock(hours, clock))
        total = hours["wh"].sum() / 1000
        yield f"{_DAYS[day.weekday()]} {day}  {cells} {total:6.1f} kWh{_clock_note(len(hours))}"


def _by_clock(hours: pl.DataFrame, clock: Sequence[int]) -> Iterator[int | str | None]:
    """The day's hours below those of the clock; an empty text for an hour that the day does not have."""
    found: dict[int, list[int | None]] = {hour: [] for hour in clock}
    for hour, wh in hours.select("hour", "wh").iter_rows():
        found[hour].append(wh)
    for hour in clock:
        yield found[hour].pop(0) if found[hour] else ""


def _shade(wh: int | str | None, top: float) -> str:
    if wh is None:
        return "?"
    if isinstance(wh, str):
        return " "
    return _SHADES[min(int(max(wh, 0) / top * len(_SHADES)), len(_SHADES) - 1)]


def _clock_note(hours: int) -> str:
    return {23: "  23 hours: the clock went forward", 25: "  25 hours: the clock went back"}.get(hours, "")


def _metrics(site: Site) -> Iterator[str]:
    known = site.metrics.filter(pl.col("metric").is_in(MAIN) & pl.col("period").is_in(PERIODS))
    if known.is_empty():
        yield "no metrics are known yet: campaigns metrics, or the data is short"
        return
    yield f"metrics as of {known['as_of'][0]}"
    heads = [period.removeprefix("last ") for period in PERIODS]
    yield f"{'':34}{''.join(head.rjust(12) for head in heads)}"
    for name in MAIN:
        values = [site.metric(name, period) for period in PERIODS]
        if any(value is not None for value in values):
            metric = METRICS[name]
            label = f"{metric.label['en']}{f', {metric.unit}' if metric.unit else ''}"
            yield f"{label:34}{''.join(in_unit(name, value).rjust(12) for value in values)}"


def _signs(site: Site) -> Iterator[str]:
    """What it looks like, and by which numbers; of presence nothing."""
    known = {name: value for name in SIGNS if (value := site.sign(name)) is not None}
    if not known:
        return
    yield "signs over the last 12 months (inferred, never facts)"
    for name, value in known.items():
        evidence = ", ".join(
            f"{METRICS[one].label['en']} {_with_unit(one, found)}"
            for one in SIGNS[name]
            if (found := site.metric(one)) is not None
        )
        line = f"{METRICS[name].label['en']:30}{'yes' if value else 'no':4} {evidence}"
        yield from textwrap.wrap(line, _WIDTH, subsequent_indent=" " * 35)


def _flags(site: Site) -> Iterator[str]:
    """What can hardly be right about the readings."""
    if site.flags.is_empty():
        return
    yield "flags on the readings"
    for row in site.flags.to_dicts():
        days = "1 day" if row["days"] == 1 else f"{row['days']} days"
        yield f"{row['first_date']} to {row['last_date']} ({days}), {row['direction']}: {FLAGS[row['flag']]}"


def bar_of(value: float, highest: float, width: int) -> str:
    """A bar of blocks, to an eighth of a letter."""
    eighths = round(max(value, 0) / highest * width * 8)
    return ("█" * (eighths // 8) + _EIGHTHS[eighths % 8]).rstrip()


def _line(values: Sequence[float | None], highest: float) -> str:
    top = len(_HEIGHTS) - 1
    return "".join("·" if one is None else _HEIGHTS[round(max(one, 0) / highest * top)] for one in values)


def number(value: float | None, digits: int) -> str:
    """With a gap between thousands; a dash when it is not known. No zero is negative."""
    return "–" if value is None else f"{round(value, digits) + 0.0:,.{digits}f}".replace(",", " ")


def in_unit(name: str, value: float | None) -> str:
    """A metric's value to three figures, shares as percent."""
    if value is None:
        return "–"
    shown = value * 100 if METRICS[name].unit == "%" else value
    size = abs(shown)
    return number(shown, 0 if size >= 100 else 1 if size >= 10 else 2)


def _with_unit(name: str, value: float) -> str:
    unit = METRICS[name].unit
    return f"{in_unit(name, value)}{' ' if unit and unit != '%' else ''}{unit}"


def _word(word: str | None) -> str | None:
    return word.replace("_", " ") if word else None

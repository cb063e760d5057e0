"""Day facts: the numbers of each day of import that metrics read, kept beside the days they come from.

They are made again for days that changed: for the rows of every file of `consumption_days` that was not
there before, and for whole months whose prices changed. `day_fact_months` says from what each month was made,
so that a run that was cut off is finished by the next, and the outcome is that of a full rebuild.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import polars as pl

from campaigns.consumption import shapes
from campaigns.consumption.calendar import LocalDays, local_days
from campaigns.consumption.days import QUARTER_GRID
from campaigns.consumption.panels import panel_sizes
from campaigns.consumption.price_days import price_days
from campaigns.lake.schemas import TABLES, empty
from campaigns.settings.model import Place, Settings

if TYPE_CHECKING:
    from campaigns.lake import Writer

MOST_WH = 500_000_000  # of a day: 20 MW all day long; more is no customer of ours, and squares would not fit
SPREAD_X4 = 5 * 4000  # price spread of a day, from which on a rank correlation says anything
RANK_SCALE = 10**12
_CHUNK = 20_000
_READ = (
    "controller", "metering_point_id", "direction", "month", "local_date", "resolution_min", "wh", "quality",
    "wh_sum", "intervals_expected", "intervals_present", "wh_min", "wh_max", "peak_hour", "wh_00_06",
    "wh_06_10", "wh_10_16", "wh_16_21",
)  # fmt: skip
_DAY = ["controller", "metering_point_id", "local_date"]
_FACTS = TABLES["day_facts"].schema
Matrix = npt.NDArray[np.int32]


@dataclass(frozen=True, kw_only=True, slots=True)
class Updated:
    """What was made anew: days, and the months that they lie in."""

    days: int
    months: tuple[str, ...]


@cache
def version() -> str:
    """Changes with the code that makes them."""
    here = Path(__file__)
    made_by = ("day_facts.py", "shapes.py", "price_days.py", "panels.py", "sun.py")
    code = [here.with_name(name).read_bytes() for name in made_by]
    return hashlib.sha256(b"".join(code)).hexdigest()[:12]


def update(writer: Writer, *, settings: Settings, full: bool = False) -> Updated:
    """Bring `day_facts` up to the lake's days and prices; with `full` everything is made again."""
    files = _by_month(writer.files("consumption_days"))
    made = {} if full else {row["month"]: row for row in writer.frame("day_fact_months").to_dicts()}
    gone = sorted(set(made) - set(files))
    prices = writer.frame("prices")
    changed: list[str] = []
    days = 0
    for month, paths in files.items():
        calendar = _calendar(settings, month)
        priced = _Prices.of(prices, calendar, settings.place)
        made_by = f"{version()} {settings.place.latitude} {settings.place.longitude}"
        stamp = {"files": _names(paths), "prices": priced.digest, "version": made_by}
        before = made.get(month)
        if before is not None and all(before[name] == stamp[name] for name in stamp):
            continue
        days += _remake(writer, month, paths, before if _is_same_but_files(before, stamp) else None, priced)
        _note(writer, month, stamp)
        changed.append(month)
    if gone:
        _drop(writer, gone)
    return Updated(days=days, months=(*changed, *gone))


def _is_same_but_files(before: dict[str, str] | None, stamp: dict[str, str]) -> bool:
    return before is not None and all(before[name] == stamp[name] for name in ("prices", "version"))


def _by_month(paths: Sequence[Path]) -> dict[str, list[Path]]:
    found: dict[str, list[Path]] = {}
    for path in paths:
        found.setdefault(path.parent.name.removeprefix("month="), []).append(path)
    return dict(sorted(found.items()))


def _names(paths: Sequence[Path]) -> str:
    return json.dumps(sorted(path.name for path in paths))


def _calendar(settings: Settings, month: str) -> LocalDays:
    first = date.fromisoformat(f"{month}-01")
    following = (first + timedelta(days=31)).replace(day=1)
    return local_days(settings.zone, first, following - timedelta(days=1))


def _remake(
    writer: Writer, month: str, paths: Sequence[Path], before: dict[str, str] | None, priced: _Prices
) -> int:
    """Facts of the rows in new files, or of the whole month; how many."""
    known = set(json.loads(before["files"])) if before is not None else set()
    new = [path for path in paths if path.name not in known]
    others = [path for path in paths if path.name in known]
    frames = [_of_rows(_with_counterparts(writer, path, new, others), priced) for path in new]
    facts = pl.concat([empty("day_facts"), *frames]).unique(_DAY, keep="any")
    if before is None:
        writer.replace_where("day_facts", facts, partitions={"month": [month]})
        return len(facts)
    writer.upsert("day_facts", facts)
    _forget(writer, month, paths)
    return len(facts)


def _with_counterparts(
    writer: Writer, path: Path, new: Sequence[Path], others: Sequence[Path]
) -> pl.DataFrame:
    """The rows of one file, and the other direction of the same days wherever it lies."""
    rows = writer.rows_in("consumption_days", [path], _READ)
    elsewhere = [other for other in (*new, *others) if other != path]
    bought, sold = (rows.filter(pl.col("direction") == name).select(_DAY) for name in ("import", "export"))
    frames = [rows]
    for direction, days in (("import", sold.join(bought, on=_DAY, how="anti")), ("export", bought)):
        if days.is_empty() or not elsewhere:
            continue
        points = pl.col("metering_point_id").is_in(days["metering_point_id"].unique().implode())
        wanted = (pl.col("direction") == direction) & points
        found = writer.rows_in("consumption_days", elsewhere, _READ, where=wanted)
        frames.append(found.join(days, on=_DAY, how="semi"))
    return pl.concat(frames)


def _forget(writer: Writer, month: str, paths: Sequence[Path]) -> None:
    """Facts of days that are no longer there, when days left the month."""
    is_import, in_month = pl.col("direction") == "import", pl.col("month") == month
    days = writer.rows_in("consumption_days", paths, [*_DAY, "direction"]).filter(is_import)
    facts = writer.frame("day_facts", _DAY, where=in_month)
    if len(days) == len(facts):
        return
    whole = writer.frame("day_facts", where=in_month)
    kept = whole.join(days, on=_DAY, how="semi")
    writer.replace_where("day_facts", kept, partitions={"month": [month]})


def _note(writer: Writer, month: str, stamp: dict[str, str]) -> None:
    row = pl.DataFrame([{"controller": "", "month": month, **stamp}])
    writer.upsert("day_fact_months", row)


def _drop(writer: Writer, months: Sequence[str]) -> None:
    writer.replace_where("day_facts", empty("day_facts"), partitions={"month": months})
    writer.remove("day_fact_months", pl.col("month").is_in(list(months)))


@dataclass(frozen=True, kw_only=True, slots=True)
class _Prices:
    """The prices of a month's days by register, as `price_days` lays them out, and where the sun shines."""

    calendar: LocalDays
    place: Place
    days: dict[tuple[str, date, int], tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]]
    digest: str

    @classmethod
    def of(cls, prices: pl.DataFrame, calendar: LocalDays, place: Place) -> _Prices:
        begin, end = (int(at) for at in calendar.midnights[[0, -1]])
        epoch = pl.col("start").dt.epoch("s")
        mine = prices.filter((epoch >= begin - 3600) & (epoch < end))
        days = {}
        for (controller,), part in mine.group_by("controller", maintain_order=True):
            for row in price_days(part, calendar).to_dicts():
                price = np.array(row["price_x4"], dtype=np.int64)
                dear = np.array(row["is_dear"], dtype=np.bool_)
                days[str(controller), row["local_date"], row["resolution_min"]] = (price, dear)
        text = mine.sort("controller", "start", "minutes").hash_rows(seed=1).to_numpy().tobytes()
        return cls(calendar=calendar, place=place, days=days, digest=hashlib.sha256(text).hexdigest()[:16])


def _of_rows(frame: pl.DataFrame, priced: _Prices) -> pl.DataFrame:
    """The facts of every day of import in the frame."""
    bought = frame.filter(pl.col("direction") == "import")
    exported = frame.filter(pl.col("direction") == "export")
    sold = _sold(exported)
    is_full = (
        (pl.col("intervals_present") == pl.col("intervals_expected"))
        & (pl.col("wh_sum") <= MOST_WH)
        & (pl.col("wh_sum") >= -MOST_WH)
    )
    days = bought.with_columns(is_full=is_full)
    full = days.filter("is_full")
    facts = [_base(days.filter(~pl.col("is_full")))]
    groups = full.partition_by("controller", "local_date", "resolution_min", maintain_order=True)
    for same in groups:
        facts += [_of_day(part, priced) for part in same.iter_slices(_CHUNK)]
    found = pl.concat([empty("day_facts"), *facts])
    sizes = panel_sizes(full, exported.filter(pl.col("wh_sum") <= MOST_WH), priced.calendar, priced.place)
    beside = sold.join(sizes, on=_DAY, how="left")
    sums = found.join(beside, on=_DAY, how="left", suffix="_sold", maintain_order="left")
    return (
        sums.with_columns(
            pl.when("is_full").then(pl.col(f"{name}_sold").fill_null(0)).alias(name).cast(pl.Int32)
            for name in ("export_wh", "export_10_16")
        )
        .with_columns(panels_w="panels_w_sold")
        .select(list(_FACTS))
    )


def _sold(sold: pl.DataFrame) -> pl.DataFrame:
    return sold.select(
        *_DAY,
        pl.col("wh_sum").clip(0, MOST_WH).alias("export_wh"),
        pl.col("wh_10_16").clip(0, MOST_WH).alias("export_10_16"),
    )


def _base(days: pl.DataFrame) -> pl.DataFrame:
    """What is said of days that are not full too; the rest is NULL."""
    told = days.select(
        "controller", "metering_point_id", "month", "local_date", "is_full",
        minutes=pl.col("intervals_expected").cast(pl.Int32) * pl.col("resolution_min"),
        expected="intervals_expected",
        present="intervals_present",
        estimated=(pl.col("quality").list.eval(pl.element() == 2).list.sum()).fill_null(0),
    )  # fmt: skip
    return told.select(
        (pl.col(name) if name in told.columns else pl.lit(None)).cast(kind).alias(name)
        for name, kind in _FACTS.items()
    )


def _of_day(days: pl.DataFrame, priced: _Prices) -> pl.DataFrame:
    """The facts of full days of one register, date and grid."""
    controller, day, minutes = days.row(0)[0], days["local_date"][0], days["resolution_min"][0]
    wh = days["wh"].explode().to_numpy().reshape(len(days), -1)
    clock = priced.calendar.clock_hours((day - priced.calendar.first).days)
    hourly = wh if minutes != QUARTER_GRID else np.add.reduceat(wh, np.arange(0, wh.shape[1], 4), axis=1)
    found = _base(days).with_columns(
        days["wh_sum"].cast(pl.Int32).alias("wh"),
        *(days[name].cast(_FACTS[name]) for name in _COPIED),
        pl.Series("wh_22_24", hourly[:, clock[::4] >= 22].sum(axis=1), pl.Int32),
        *(
            pl.Series(name, values).cast(_FACTS[name])
            for name, values in shapes.shape_facts(hourly, clock[::4]).items()
        ),
    )
    price = priced.days.get((controller, day, minutes))
    return found if price is None else found.with_columns(_costs(wh, hourly, *price))


_COPIED = ("wh_min", "wh_max", "peak_hour", "wh_00_06", "wh_06_10", "wh_10_16", "wh_16_21")


def _costs(
    wh: Matrix, hourly: Matrix, price: npt.NDArray[np.int64], dear: npt.NDArray[np.bool_]
) -> Iterator[pl.Series]:
    yield pl.Series("cost_x4", wh.astype(np.int64) @ price)
    yield pl.Series("dear_wh", wh[:, dear].sum(axis=1)).cast(pl.Int32)
    per_hour = price.reshape(hourly.shape[1], -1).sum(axis=1)
    if per_hour.max() - per_hour.min() > SPREAD_X4 * (len(price) // hourly.shape[1]):
        yield pl.Series("price_rank", _rank_correlation(hourly, per_hour))


def _rank_correlation(hourly: Matrix, price: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Spearman's, in 1e-12; 0 for a day on which every hour is the same."""
    mine, market = shapes.rank_sums(hourly), shapes.rank_sums(price[None, :])[0]
    spread = np.sqrt((mine * mine).sum(axis=1).astype(np.float64) * float((market * market).sum()))
    together = (mine @ market).astype(np.float64)
    share = np.divide(together, spread, out=np.zeros(len(mine)), where=spread > 0)
    ranks: npt.NDArray[np.int64] = np.rint(share * RANK_SCALE).astype(np.int64)
    return ranks

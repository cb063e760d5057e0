"""Rows of a Datahub file as typed arrays: what is right goes on, what is wrong is named.

Both readers (`reading_fast`, `reading_exact`) end here, so that a row means the same whichever read it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from campaigns.consumption.calendar import QUARTER, Integers, LocalDays
from campaigns.identifiers import gsrn

Flags = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.int8]
Positions = npt.NDArray[np.int32]
Words = Mapping[str, int]

QUANTITY = pl.Decimal(18, 9)  # kWh; Datahub writes six decimals, more than nine do not count
NANO_PER_WH = 1_000_000
MOST_NANO = (
    10**5 * 10**9
)  # 100,000 kWh in one interval is no metering point; four of them fit into INTEGER Wh

MISSING, GOOD, ESTIMATED, OTHER = 0, 1, 2, 3
WORDS: Mapping[str, Words] = {
    "product": {"8716867000030": 0},
    "resolution": {"pt15m": 0, "pt1h": 1},
    "unit": {"kwh": 0},
    # BN01 is what the portal gives; production comes as BN01 too, under a metering point of its own. An
    # export is marked BN02 here, or by what `values: {reading_type: {BN01: export}}` of its source says.
    "reading_type": {"bn01": 0, "import": 0, "bn02": 1, "export": 1},
    "quality": {"missing": MISSING, "ok": GOOD, "est": ESTIMATED, "estimated": ESTIMATED},
}
COLUMNS = ("gsrn", "product", "resolution", "unit", "reading_type", "start", "quantity", "quality")
_UNKNOWN = -1
_QUALITY_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,15}")
_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.0{1,9})?)?(Z|[+-]\d\d:?\d\d)")
_LOWEST_GSRN, _HIGHEST_GSRN = 10**17, 10**18 - 1

# What a start is good for, by the local day that it lies in.
_ON_HOUR, _ON_QUARTER, _OFF_GRID, _OUTSIDE, _NO_TIME = range(5)


@dataclass(frozen=True, kw_only=True, slots=True)
class Readings:
    """Readings in the order of their lines, as arrays of one length.

    `day` is a number of `LocalDays`, `quarter` counts from that day's midnight. `wh` is 0 where `quality` is
    0 (stated to be missing). An `hourly` reading covers four quarters.
    """

    metering_point: Integers
    export: Flags
    day: Positions
    quarter: Positions
    hourly: Flags
    wh: npt.NDArray[np.int32]
    quality: Codes

    def __len__(self) -> int:
        return len(self.wh)

    def where(self, kept: Flags) -> Readings:
        """Only those rows."""
        return Readings(**{name: getattr(self, name)[kept] for name in self.__slots__})


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with some rows of a batch. The message names the column, never the value."""

    rows: Flags
    code: str
    message: str
    column: str


class Decoder:
    """Turns batches of one file into readings; remembers every start that it has seen."""

    def __init__(self, days: LocalDays, *, latest: datetime, values: Mapping[str, Mapping[str, str]]) -> None:
        self._days = days
        self._latest = int(latest.timestamp())
        self._words = {name: _with_values(WORDS[name], values.get(name, {})) for name in WORDS}
        self._starts = pl.Categories.random("datahub_start")
        self._alive = pl.Series([], dtype=self.start_type)  # polars forgets categories that no series uses
        # By number of a start; number 0 stands for rows without one.
        self._day = np.zeros(1, dtype=np.int32)
        self._quarter = np.zeros(1, dtype=np.int32)
        self._use = np.full(1, _NO_TIME, dtype=np.int8)

    @property
    def start_type(self) -> pl.Categorical:
        """The type in which `start` must arrive: each distinct text is parsed once."""
        return pl.Categorical(self._starts)

    def decode(self, frame: pl.DataFrame) -> tuple[Readings, list[Fault]]:
        """All rows as readings (where faults say so, with values that must not be used), and the faults.

        `frame` has COLUMNS: `gsrn` Int64, `start` of `start_type`, `quantity` of QUANTITY, the others text.
        """
        words = frame.select(pl.col(name).eq_missing(pl.col(name).first()).all() for name in WORDS)
        codes = {name: self._codes(name, frame[name], one_word=words[name].all()) for name in WORDS}
        arrays = frame.select(
            pl.col("gsrn").fill_null(0),
            pl.col("start").to_physical(),
            pl.col("quantity").to_physical().cast(pl.Int64),
        )
        starts = self._located(arrays["start"])
        hourly = codes["resolution"] == 1
        points = arrays["gsrn"].to_numpy()
        nano, empty = _amounts(arrays["quantity"])
        faults = [
            *_gsrn_faults(points),
            *_word_faults(codes),
            *_start_faults(self._use[starts], hourly),
            *_quantity_faults(nano, empty, codes["quality"]),
        ]
        readings = Readings(
            metering_point=points,
            export=codes["reading_type"] == 1,
            day=self._day[starts],
            quarter=self._quarter[starts],
            hourly=hourly,
            wh=_watt_hours(nano, codes["quality"]),
            quality=codes["quality"],
        )
        return readings, [fault for fault in faults if fault.rows.any()]

    def _codes(self, name: str, texts: pl.Series, *, one_word: bool) -> Codes:
        if one_word:  # nearly always: a file has one unit, one product, one direction
            word = texts[0] if len(texts) else None
            return np.broadcast_to(np.int8(self._code(name, word)), len(texts))
        distinct = texts.unique().drop_nulls()
        answers = pl.Series([self._code(name, text) for text in distinct], dtype=pl.Int8)
        return texts.replace_strict(distinct, answers, default=_UNKNOWN, return_dtype=pl.Int8).to_numpy()

    def _code(self, name: str, text: str | None) -> int:
        word = (text or "").strip()
        known = self._words[name].get(word.lower())
        if known is not None:
            return known
        return OTHER if name == "quality" and _QUALITY_CODE.fullmatch(word) else _UNKNOWN

    def _located(self, starts: pl.Series) -> npt.NDArray[np.intp]:
        """A number for each start, at which `_day`, `_quarter` and `_use` know it; 0 for none."""
        numbers = starts.cast(pl.Int64) + 1
        if (numbers >= len(self._use)).any():
            self._learn(self._starts.to_series()[len(self._use) - 1 :].to_list())
        return numbers.fill_null(0).to_numpy()

    def _learn(self, texts: Sequence[str]) -> None:
        parsed = [_seconds(text) for text in texts]
        seconds = np.array([value or 0 for value in parsed], dtype=np.int64)
        days, since = self._days.locate(seconds)
        use = np.full(len(parsed), _OFF_GRID, dtype=np.int8)
        use[since % QUARTER == 0] = _ON_QUARTER
        use[since % (4 * QUARTER) == 0] = _ON_HOUR
        use[(days < 0) | (seconds > self._latest)] = _OUTSIDE
        use[[value is None for value in parsed]] = _NO_TIME
        self._day = np.concatenate([self._day, days.astype(np.int32)])
        self._quarter = np.concatenate([self._quarter, (since // QUARTER).astype(np.int32)])
        self._use = np.concatenate([self._use, use])


def _with_values(words: Words, values: Mapping[str, str]) -> dict[str, int]:
    """The words with a source's own: its `values:` map their word to one of ours."""
    theirs = {
        word.strip().lower(): words[ours.lower()] for word, ours in values.items() if ours.lower() in words
    }
    return {**words, **theirs}


def _seconds(text: str) -> int | None:
    """UTC seconds of a time with its zone; NULL for anything else, local times without a zone included."""
    if not _TIME.fullmatch(text.strip()):
        return None
    try:
        moment = datetime.fromisoformat(text.strip())
        return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(seconds=1)
    except (ValueError, OverflowError):
        return None


def _watt_hours(nano: Integers, quality: Codes) -> npt.NDArray[np.int32]:
    """kWh to whole Wh, rounded once, halves up."""
    wh = ((nano + NANO_PER_WH // 2) // NANO_PER_WH).astype(np.int32)
    return wh if quality.all() else np.where(quality == MISSING, np.int32(0), wh)


def _amounts(quantity: pl.Series) -> tuple[Integers, Flags]:
    """Quantities in 1/1000 mWh, and which are empty."""
    if not quantity.null_count():
        return quantity.to_numpy(), np.zeros(1, dtype=np.bool_)
    return quantity.fill_null(0).to_numpy(), quantity.is_null().to_numpy()


def _gsrn_faults(points: Integers) -> list[Fault]:
    distinct = np.unique(points[np.r_[True, points[1:] != points[:-1]][: len(points)]])
    form = (distinct >= _LOWEST_GSRN) & (distinct <= _HIGHEST_GSRN)
    right = gsrn.check_digit_is_right(pl.Series(distinct)).to_numpy()
    if (form & right).all():
        return []
    return [
        Fault(np.isin(points, distinct[~form]), "CON101", "`gsrn` must have 18 digits.", "gsrn"),
        Fault(
            np.isin(points, distinct[form & ~right]), "CON102", "the check digit of `gsrn` is wrong.", "gsrn"
        ),
    ]


_WORD_FAULTS: tuple[tuple[str, str, str], ...] = (
    ("product", "CON103", "`product` must be 8716867000030, active energy."),
    ("resolution", "CON104", "`resolution` must be PT15M or PT1H."),
    ("unit", "CON105", "`unit` must be kWh."),
    (
        "reading_type",
        "CON106",
        "`reading_type` must be BN01 (import) or BN02 (export), or what the source maps to them.",
    ),
    ("quality", "CON107", "`quality` must be a code such as OK or MISSING."),
)


def _word_faults(codes: Mapping[str, Codes]) -> list[Fault]:
    return [Fault(codes[name] == _UNKNOWN, code, message, name) for name, code, message in _WORD_FAULTS]


def _start_faults(use: Codes, hourly: Flags) -> list[Fault]:
    worst = int(use.max(initial=0))
    if worst == _ON_HOUR or (worst == _ON_QUARTER and not (hourly & (use == _ON_QUARTER)).any()):
        return []
    off = (use == _OFF_GRID) | (hourly & (use == _ON_QUARTER))
    time = "`start` must be a time with its zone, such as 2026-11-24T22:00:00Z."
    grid = "`start` must be a whole quarter of an hour for PT15M, a whole hour for PT1H, in local time."
    return [
        Fault(use == _NO_TIME, "CON108", time, "start"),
        Fault(off, "CON109", grid, "start"),
        Fault(use == _OUTSIDE, "CON110", "`start` lies before 2000 or in the future.", "start"),
    ]


def _quantity_faults(nano: Integers, empty: Flags, quality: Codes) -> list[Fault]:
    """Values below zero come in, and are flagged (`sanity`)."""
    low, high = int(nano.min(initial=0)), int(nano.max(initial=0))
    if not empty.any() and max(-low, high) <= MOST_NANO:
        return []
    stated = quality != MISSING
    too_much = "`quantity` is more than 100,000 kWh."
    return [
        Fault(empty & stated, "CON111", "`quantity` must be a number, such as 2,126000.", "quantity"),
        Fault((np.abs(nano) > MOST_NANO) & stated, "CON113", too_much, "quantity"),
    ]


Direction = Literal["import", "export"]
DIRECTIONS: tuple[Direction, Direction] = ("import", "export")

"""Text columns made dates, numbers and words; what does not fit is refused, saying what would be right.

`Typed` works on whole columns. Each method gives a column in the order of the frame, NULL where the cell is
empty or wrong; a wrong cell refuses its row, a wrong contact value is only left out.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from zoneinfo import ZoneInfo

import polars as pl

from campaigns.identifiers import BadIdentifier, business_id, email, phone, postal_code
from campaigns.register.quarantine import Rejects

_FINNISH_DAY = r"^(\d{1,2})\.(\d{1,2})\.(\d{4})$"
# Day, time and perhaps an offset; a dot in the time (12.30) is how people and spreadsheets write it.
_MOMENT = (
    r"^(\d{4}-\d{2}-\d{2})"
    r"(?:[T ](\d{1,2})[:.](\d{2})(?:[:.](\d{2})(?:[.,](\d{1,9}))?)?)?"
    r" ?(Z|z|[+-]\d{2}:?\d{2})?$"
)
YES_NO = {"yes": True, "no": False, "true": True, "false": False, "1": True, "0": False}
YES_NO |= {"kyllä": True, "ei": False, "ja": True, "nej": False, "k": True, "e": False}
LONGEST = 200
FIRST_YEAR, LAST_YEAR = 1900, 2100


class Typed:
    """The columns of one file, typed on request."""

    def __init__(self, frame: pl.DataFrame, rejects: Rejects) -> None:
        self._frame = frame
        self._rejects = rejects

    def required(self, *names: str) -> None:
        """Refuse rows in which one of these is empty."""
        for name in names:
            self._refuse(
                name, self._frame[name].is_null(), "REG120", f"`{name}` is empty, and a row needs it."
            )

    def text(self, name: str, *, longest: int = LONGEST) -> pl.Series:
        """The text itself, of at most `longest` characters."""
        cells = self._frame[name]
        self._refuse(
            name, cells.str.len_chars() > longest, "REG127", f"`{name}` is longer than {longest} characters."
        )
        return cells

    def word(self, name: str, words: Collection[str]) -> pl.Series:
        """One of our words, in any case."""
        cells = self._frame[name].str.to_lowercase()
        choices = ", ".join(sorted(words))
        bad = cells.is_not_null() & ~cells.is_in(list(words))
        self._refuse(
            name, bad, "REG125", f"`{name}` is none of: {choices}. Map the source's own words in `values:`."
        )
        return self._good(cells, bad)

    def yes_no(self, name: str) -> pl.Series:
        """Yes or no (also kyllä, ei, ja, nej, true, false, 1, 0)."""
        cells = self._frame[name].str.to_lowercase()
        answers = cells.replace_strict(YES_NO, default=None, return_dtype=pl.Boolean)
        self._refuse(
            name, cells.is_not_null() & answers.is_null(), "REG124", f"`{name}` is neither yes nor no."
        )
        return answers

    def whole(self, name: str, low: int, high: int) -> pl.Series:
        """A whole number from `low` to `high`; spaces between thousands are fine, and so is `,0`."""
        cells = self._frame[name]
        plain = cells.str.replace_all(" ", "", literal=True).str.replace(r"[.,]0+$", "")
        numbers = plain.cast(pl.Int64, strict=False)
        bad = cells.is_not_null() & (numbers.is_null() | ~numbers.is_between(low, high)).fill_null(value=True)
        self._refuse(name, bad, "REG123", f"`{name}` is not a whole number from {low} to {high}.")
        return self._good(numbers, bad)

    def decimal(self, name: str, low: int, high: int) -> pl.Series:
        """A number from `low` to `high` with a comma or a point, rounded to three decimals."""
        cells = self._frame[name]
        plain = cells.str.replace_all(" ", "", literal=True).str.replace(",", ".", literal=True)
        numbers = plain.str.extract(r"^([+-]?\d+(?:\.\d+)?)$").cast(pl.Float64).round(3)
        bad = cells.is_not_null() & ~numbers.is_between(low, high).fill_null(value=False)
        self._refuse(name, bad, "REG128", f"`{name}` is not a number from {low} to {high} such as 7,45.")
        return self._good(numbers, bad)

    def day(self, name: str) -> pl.Series:
        """A date, as 2026-11-24 or 24.11.2026."""
        cells = self._frame[name]
        days = _days(cells)
        bad = cells.is_not_null() & ~_sensible(days).fill_null(value=False)
        self._refuse(name, bad, "REG121", f"`{name}` is not a date such as 2026-11-24 or 24.11.2026.")
        return self._good(days, bad)

    def moment(self, name: str, zone: ZoneInfo) -> pl.Series:
        """A date and time, as aware UTC; without an offset it is local time in `zone`.

        Of an hour that comes twice in autumn the first is meant; one that spring leaves out does not exist.
        """
        cells = self._frame[name]
        moments = _moments(cells, zone)
        bad = cells.is_not_null() & ~_sensible(moments).fill_null(value=False)
        self._refuse(
            name,
            bad,
            "REG126",
            f"`{name}` is not a date and time such as 2026-11-24T12:30:00+02:00 or 24.11.2026 12:30.",
        )
        return self._good(moments, bad)

    def email(self, name: str) -> pl.Series:
        """Addresses, normalised; a wrong one is left out of its row."""
        found = email.normalise_series(self._frame[name])
        self._leave_out(name, found, "REG130")
        return found["value"].alias(name)

    def phone(self, name: str) -> pl.DataFrame:
        """`value` (E.164), `mobile`, `callable`; a wrong number, or nobody's own, is left out."""
        found = phone.normalise_series(self._frame[name])
        self._leave_out(name, found, "REG131")
        service = found["value"].is_not_null() & ~found["callable"].fill_null(value=False)
        self._note(
            name,
            service,
            "REG134",
            f"`{name}` is a service number, where nobody can be reached; it was left out.",
        )
        return found.select("value", "mobile", "callable")

    def postal_code(self, name: str) -> pl.Series:
        """Five digits; a wrong code is left out of its row."""
        cells = self._frame[name]
        codes = cells.str.extract(postal_code.PATTERN, 1)
        codes = pl.select(pl.when(codes != "00000").then(codes).alias(name)).to_series()
        self._note(
            name,
            cells.is_not_null() & codes.is_null(),
            "REG132",
            f"`{name}` is not five digits; it was left out.",
        )
        return codes

    def business_id(self, name: str) -> pl.Series:
        """NNNNNNN-C; a wrong one is left out of its row."""
        cells = self._frame[name]
        distinct = cells.drop_nulls().unique()
        good = {text: found for text in distinct if (found := _business_id(text)) is not None}
        ids = mapped_words(cells, good)
        message = f"`{name}` is not NNNNNNN-C with a check digit that fits; it was left out."
        self.leave_out(name, cells.is_not_null() & ids.is_null(), "REG133", message)
        return ids

    def known(self, name: str, ids: pl.Series, code: str, message: str) -> None:
        """Refuse rows that name something (`name` is not empty) of which there is no id."""
        self._refuse(name, self._frame[name].is_not_null() & ids.is_null(), code, message)

    def refuse(self, name: str, bad: pl.Series, code: str, message: str) -> None:
        """Refuse the rows where `bad` is true."""
        self._refuse(name, bad, code, message)

    def leave_out(self, name: str, bad: pl.Series, code: str, message: str) -> None:
        """Note the rows where `bad` is true: their cell is left out, the row goes in."""
        self._note(name, bad, code, message)

    def _refuse(self, name: str, bad: pl.Series, code: str, message: str) -> None:
        self._rejects.add_lines(self._lines(bad), code, message, name)

    def _note(self, name: str, bad: pl.Series, code: str, message: str) -> None:
        self._rejects.add_lines(self._lines(bad), code, message, name, refuses_row=False)

    def _leave_out(self, name: str, found: pl.DataFrame, code: str) -> None:
        wrong = found.with_columns(self._frame["_line"]).filter(pl.col("code").is_not_null())
        self._rejects.add_frame(
            wrong.select(
                line="_line",
                reason=pl.lit(code),
                message=pl.format("`{}`: {}; it was left out.", pl.lit(name), "message"),
                column=pl.lit(name),
            ),
            refuses_row=False,
        )

    def _lines(self, bad: pl.Series) -> pl.Series:
        return self._frame["_line"].filter(bad.fill_null(value=False))

    @staticmethod
    def _good(cells: pl.Series, bad: pl.Series) -> pl.Series:
        return pl.select(pl.when(~bad).then(cells).alias(cells.name)).to_series()


def mapped(cells: pl.Series, pairs: pl.DataFrame) -> pl.Series:
    """The second column of `pairs` for each cell that its first column has, else NULL."""
    name, answer = pairs.columns
    frame = pl.DataFrame({name: cells})
    return frame.join(pairs, on=name, how="left", maintain_order="left")[answer]


def mapped_words(cells: pl.Series, words: Mapping[str, str]) -> pl.Series:
    """The word for each cell, NULL where there is none."""
    pairs = pl.DataFrame(
        {cells.name: list(words), "word": list(words.values())},
        schema_overrides={cells.name: pl.String, "word": pl.String},
    )
    return mapped(cells, pairs).alias(cells.name)


def _business_id(text: str) -> str | None:
    try:
        return business_id.normalise(text)
    except BadIdentifier:
        return None


def _days(cells: pl.Series) -> pl.Series:
    iso = cells.str.replace(_FINNISH_DAY, "$3-$2-$1")
    return iso.str.replace(r" ?00:00(:00(\.0+)?)?$", "").str.to_date("%Y-%m-%d", strict=False)


def _sensible(times: pl.Series) -> pl.Series:
    return times.is_not_null() & times.dt.year().is_between(FIRST_YEAR, LAST_YEAR)


def _moments(cells: pl.Series, zone: ZoneInfo) -> pl.Series:
    iso = cells.str.replace(r"^(\d{1,2})\.(\d{1,2})\.(\d{4})", "$3-$2-$1")
    iso = iso.str.replace(r"-(\d)-", "-0$1-").str.replace(r"-(\d)($|[T ])", "-0$1$2")
    parts = iso.str.extract_groups(_MOMENT).struct.unnest()
    parts.columns = ["day", "hour", "minute", "second", "fraction", "zone"]
    clock = parts.select(
        pl.format(
            "{}T{}:{}:{}.{}",
            "day",
            pl.col("hour").fill_null("0").str.zfill(2),
            pl.col("minute").fill_null("00"),
            pl.col("second").fill_null("00"),
            pl.col("fraction").fill_null("0").str.pad_end(6, "0").str.slice(0, 6),
        )
    ).to_series()
    naive = clock.str.to_datetime("%Y-%m-%dT%H:%M:%S%.f", strict=False, time_unit="us")
    local = naive.dt.replace_time_zone(
        str(zone), ambiguous="earliest", non_existent="null"
    ).dt.convert_time_zone("UTC")
    parts = parts.with_columns(
        naive.alias("naive"),
        local.alias("local"),
        pl.col("zone").str.replace("(?i)z", "+0000").str.replace(":", "", literal=True),
    )
    hours, minutes = (pl.col("zone").str.slice(at, 2).cast(pl.Int64, strict=False) for at in (1, 3))
    sign = pl.when(pl.col("zone").str.starts_with("-")).then(-1).otherwise(1)
    utc = pl.col("naive").dt.replace_time_zone("UTC") - pl.duration(minutes=(hours * 60 + minutes) * sign)
    moment = pl.when(pl.col("zone").is_null()).then("local").otherwise(utc)
    return parts.select(moment.alias(cells.name)).to_series()

"""Places by postal code, and which of them lie within a distance: the workspace's `places.csv`."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from campaigns.errors import Mistake, Mistakes

FILE = "places.csv"
COLUMNS = ("postal_code", "name", "latitude", "longitude")
MAKE = (
    f"write {FILE} beside campaigns.yml: a line `{','.join(COLUMNS)}`, then one line a postal code,\n"
    "such as `15110,Lahti,60.9838,25.6562`; campaigns demo writes one"
)
EARTH_KM = 6371.0088  # mean radius
MAX_BYTES = 2_000_000  # all postal codes of Finland are a twentieth of it
_DEGREES = re.compile(r"-?[0-9]{1,3}(\.[0-9]{1,12})?")
_MOST = 20  # mistakes of one file


@dataclass(frozen=True, slots=True)
class Point:
    """A place on the globe, in degrees."""

    latitude: float
    longitude: float

    def km_to(self, other: Point) -> float:
        """The distance along the surface (haversine)."""
        north, other_north = math.radians(self.latitude), math.radians(other.latitude)
        up = math.sin((other_north - north) / 2) ** 2
        along = math.sin(math.radians(other.longitude - self.longitude) / 2) ** 2
        part = up + math.cos(north) * math.cos(other_north) * along
        return 2 * EARTH_KM * math.asin(math.sqrt(min(1.0, part)))


@dataclass(frozen=True, slots=True)
class Places:
    """Postal codes with their names and centres."""

    points: dict[str, Point] = field(repr=False)
    names: dict[str, tuple[str, ...]] = field(repr=False)  # a name in small letters: its postal codes

    def centre(self, word: str) -> Point | None:
        """Of a postal code, or the middle of all postal codes of that name; None when there is neither."""
        if word in self.points:
            return self.points[word]
        codes = self.names.get(word.casefold())
        if not codes:
            return None
        found = [self.points[code] for code in codes]
        latitude = math.fsum(one.latitude for one in found) / len(found)
        return Point(latitude, math.fsum(one.longitude for one in found) / len(found))

    def within(self, centre: Point, km: float) -> tuple[str, ...]:
        """The postal codes whose centres are that near, ascending."""
        return tuple(sorted(code for code, point in self.points.items() if centre.km_to(point) <= km))


def read(path: Path, *, name: str = FILE) -> Places:
    """Read the file. Raises `Mistakes`: SEG065 it cannot be read, SEG066 for each line that is wrong."""
    lines = csv.reader(io.StringIO(_text(path, name), newline=""), strict=True)
    found: list[Mistake] = []
    points: dict[str, Point] = {}
    names: dict[str, list[str]] = {}
    try:
        if tuple(next(lines, ())) != COLUMNS:
            found.append(_wrong(name, 1, f"the first line must be `{','.join(COLUMNS)}`."))
        else:
            for cells in lines:
                line = lines.line_num
                if wrong := next(_wrong_with(cells, points), ""):
                    found.append(_wrong(name, line, wrong))
                elif cells:
                    code, called, latitude, longitude = (cell.strip() for cell in cells)
                    points[code] = Point(float(latitude), float(longitude))
                    names.setdefault(called.casefold(), []).append(code)
    except csv.Error:
        found.append(_wrong(name, lines.line_num, "this is no line of a CSV file."))
    if found:
        raise Mistakes(found[:_MOST])
    return Places(points, {called: tuple(codes) for called, codes in names.items()})


def _text(path: Path, name: str) -> str:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise Mistakes([Mistake(code="SEG065", file=name, message="the file is larger than 2 MB.")])
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        message = f"cannot be read: {error.strerror}."
        raise Mistakes([Mistake(code="SEG065", file=name, message=message)]) from None
    except UnicodeDecodeError:
        hint = "save the file as UTF-8"
        wrong = Mistake(code="SEG065", file=name, message="this is not UTF-8 text.", hint=hint)
        raise Mistakes([wrong]) from None


def _wrong_with(cells: Sequence[str], known: dict[str, Point]) -> Iterator[str]:
    """What is wrong with a line, the first thing first; an empty line is none."""
    if not cells:
        return
    if len(cells) != len(COLUMNS):
        yield f"the line has {len(cells)} cells; {len(COLUMNS)} are needed."
        return
    code, called, latitude, longitude = (cell.strip() for cell in cells)
    if len(code) != 5 or not (code.isascii() and code.isdigit()):
        yield "the postal code is not five digits."
    if code in known:
        yield f"the postal code {code} stands in an earlier line too."
    if not called:
        yield "the name is missing."
    if _degrees(latitude, 90) is None:
        yield "the latitude is no number of degrees from -90 to 90, with a point."
    if _degrees(longitude, 180) is None:
        yield "the longitude is no number of degrees from -180 to 180, with a point."


def _degrees(text: str, most: int) -> float | None:
    number = float(text) if _DEGREES.fullmatch(text) else most + 1
    return number if abs(number) <= most else None


def _wrong(name: str, line: int, message: str) -> Mistake:
    return Mistake(code="SEG066", file=name, line=line, message=message)

"""Where postal codes are: reading places.csv, distances, and what is wrong with a line."""

# ruff: noqa: E501 - a table reads better in long lines

from __future__ import annotations

from pathlib import Path

import pytest

from campaigns.errors import Mistakes
from campaigns.segments import places
from campaigns.segments.places import Places, Point, read
from support.segments import PLACES_TEXT, read_places

HEADER = "postal_code,name,latitude,longitude\n"


def written(folder: Path, text: str | bytes) -> Path:
    path = folder / "places.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_distances_are_those_of_the_map() -> None:
    """Lahti to Helsinki is 98.7 km on the ellipsoid, to Heinola 31.6; a sphere is right to half a percent."""
    lahti, helsinki, heinola = Point(60.9827, 25.6615), Point(60.1710, 24.9310), Point(61.2030, 26.0320)
    assert lahti.km_to(helsinki) == pytest.approx(98.7, rel=0.005)
    assert lahti.km_to(heinola) == pytest.approx(31.6, rel=0.005)
    assert lahti.km_to(lahti) == 0
    assert Point(90, 0).km_to(Point(-90, 0)) == pytest.approx(20_015.1, rel=0.001)  # half the way around
    assert Point(0, 179.5).km_to(Point(0, -179.5)) == pytest.approx(111.2, rel=0.001)  # over the date line


def test_within_counts_from_a_code_or_the_middle_of_a_name() -> None:
    known = read_places()
    by_code, by_name = known.centre("15110"), known.centre("LAHTI")
    assert by_code == Point(60.9838, 25.6562)
    assert by_name is not None
    assert by_name.latitude == pytest.approx((60.9827 + 60.9838) / 2)
    assert known.within(by_name, 15) == ("15100", "15110", "15860")
    assert known.within(by_name, 40) == ("15100", "15110", "15860", "18100")
    assert known.within(by_code, 0.001) == ("15110",)
    assert known.centre("Nowhere") is None


def test_a_file_from_a_spreadsheet_comes_in(tmp_path: Path) -> None:
    text = (
        "\ufeff" + PLACES_TEXT.replace("\n", "\r\n") + '\r\n"15999","Ala-Okeroinen, ""Länsi""",60.9,25.6\r\n'
    )
    found = read(written(tmp_path, text))
    assert len(found.points) == 6
    assert found.centre('ala-okeroinen, "länsi"') == Point(60.9, 25.6)


WRONG = [
    ("", 1, "the first line must be `postal_code,name,latitude,longitude`."),
    ("code;name\n", 1, "the first line must be `postal_code,name,latitude,longitude`."),
    (HEADER + "15110,Lahti,60.9\n", 2, "the line has 3 cells; 4 are needed."),
    (HEADER + "1511,Lahti,60.9,25.6\n", 2, "the postal code is not five digits."),
    (HEADER + "١٥١١٠,Lahti,60.9,25.6\n", 2, "the postal code is not five digits."),
    (HEADER + "15110,Lahti,60.9,25.6\n15110,Lahti,60.9,25.6\n", 3, "the postal code 15110 stands in an earlier line too."),
    (HEADER + "15110, ,60.9,25.6\n", 2, "the name is missing."),
    (HEADER + "15110,Lahti,160.9,25.6\n", 2, "the latitude is no number of degrees from -90 to 90, with a point."),
    (HEADER + '15110,Lahti,"60,9",25.6\n', 2, "the latitude is no number of degrees from -90 to 90, with a point."),
    (HEADER + "15110,Lahti,60.9,nan\n", 2, "the longitude is no number of degrees from -180 to 180, with a point."),
    (HEADER + '15110,"Lah\nti",60.9,1e3\n', 3, "the longitude is no number of degrees from -180 to 180, with a point."),
    (HEADER + '15110,"Lahti,60.9,25.6\n', 2, "this is no line of a CSV file."),
]  # fmt: skip


@pytest.mark.parametrize(("text", "line", "message"), WRONG)
def test_wrong_lines_are_told_with_their_number(tmp_path: Path, text: str, line: int, message: str) -> None:
    with pytest.raises(Mistakes) as caught:
        read(written(tmp_path, text))
    (found,) = caught.value.mistakes
    assert (found.file, found.line, found.code, found.message) == ("places.csv", line, "SEG066", message)


def test_all_wrong_lines_in_one_run_up_to_twenty(tmp_path: Path) -> None:
    lines = "".join(f"{code},x,60,25\n" for code in range(100, 150))
    with pytest.raises(Mistakes) as caught:
        read(written(tmp_path, HEADER + lines))
    assert len(caught.value.mistakes) == 20


@pytest.mark.parametrize("raw", [b"\xff\xfe1\x00", b"postal_code\xe4\n", b"x" * (places.MAX_BYTES + 1)])
def test_what_is_no_text_or_too_large(tmp_path: Path, raw: bytes) -> None:
    with pytest.raises(Mistakes) as caught:
        read(written(tmp_path, raw))
    assert [found.code for found in caught.value.mistakes] == ["SEG065"]


def test_no_file_at_all(tmp_path: Path) -> None:
    with pytest.raises(Mistakes) as caught:
        read(tmp_path / "places.csv")
    assert [found.code for found in caught.value.mistakes] == ["SEG065"]


def test_nothing_is_near_an_empty_file(tmp_path: Path) -> None:
    assert read(written(tmp_path, HEADER)) == Places({}, {})

"""Where the example town's postal codes are."""

from __future__ import annotations

from pathlib import Path

from campaigns.demo.places import AREAS, CENTRES, COTTAGE_AREAS, ELSEWHERE, as_csv
from campaigns.segments import places

ROOT = Path(__file__).parents[3]


def test_every_postal_code_of_the_town_has_its_place(tmp_path: Path) -> None:
    codes = {area.postal_code for area in (*AREAS, *COTTAGE_AREAS, *ELSEWHERE)}
    assert set(CENTRES) == codes
    path = tmp_path / places.FILE
    path.write_text(as_csv(), encoding="utf-8")
    known = places.read(path)
    assert set(known.points) == codes
    assert (ROOT / places.FILE).read_text(encoding="utf-8") == as_csv()  # the repository's own workspace


def test_areas_of_lahti_are_near_and_others_are_not() -> None:
    known = places.read(ROOT / places.FILE)
    centre = known.centre("15110")
    assert centre is not None
    near = set(known.within(centre, 15))
    assert {area.postal_code for area in AREAS if area.city == "LAHTI"} <= near
    assert not near & {"16300", "17200", "18100", "00100", "33100"}

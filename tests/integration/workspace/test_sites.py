"""Looking at one metering point: the text, the frames, the pictures, and who is told of the look."""

from __future__ import annotations

import json
import stat
import struct
import sys
import zlib
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import campaigns
from campaigns.consumption.metrics import METRICS
from campaigns.errors import NotFound, UserError
from campaigns.ledger import audit
from campaigns.reports.site import Site
from campaigns.rights import access
from campaigns.workspace import sites
from campaigns.workspace.project import Workspace
from support import one_house
from support.one_house import FLAT, HEAT, HOUSE, LAST, MOVED, ROOF
from support.readings import COTTAGE, ZONE
from support.terminal import Terminal

GOLDEN = Path(__file__).with_name("site_show.txt")
SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)


@pytest.fixture(scope="module")
def ws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """Nobody changes it, but for the audit."""
    opened = one_house.workspace(tmp_path_factory.mktemp("house") / "ws")
    yield opened
    opened.ledger.dispose()


@pytest.fixture(scope="module")
def house(ws: Workspace) -> Site:
    return sites.show(ws, str(HOUSE))


@pytest.fixture(scope="module")
def heat(ws: Workspace) -> Site:
    return sites.show(ws, str(HEAT))


def newest_entry(ws: Workspace) -> dict[str, Any]:
    with ws.ledger.read() as connection:
        entry = audit.frame(connection).to_dicts()[-1]
    return {**entry, "details": json.loads(entry["details"])}


def test_the_picture_in_the_terminal(house: Site) -> None:
    assert str(house) + "\n" == GOLDEN.read_text(encoding="utf-8")
    assert max(map(len, str(house).splitlines())) <= 100


def test_the_command_says_the_same_and_json_has_stable_keys(ws: Workspace, house: Site) -> None:
    desk = Terminal(ws.root)
    as_of = ("--as-of", str(LAST))
    assert desk.run("site", "show", str(HOUSE), *as_of) == (0, str(house) + "\n")
    told = desk.json("site", "show", str(HOUSE), *as_of)
    assert set(told) == {
        "controller", "gsrn", "energy", "as_of", "site", "holder", "permits", "readings", "months", "metrics",
        "signs", "flags",
    }  # fmt: skip
    assert told["holder"] == {"who": "person 1", "since": str(MOVED)}
    assert told["readings"]["resolutions"] == [
        {"from": str(MOVED), "minutes": 60},
        {"from": str(one_house.QUARTERS_FROM), "minutes": 15},
    ]
    assert told["signs"]["electric_heating_sign"] is True
    assert len(told["months"]) == 12


def test_gsrn_and_address_are_masked_unless_asked_for(ws: Workspace) -> None:
    desk = Terminal(ws.root)
    masked = desk.run("site", "show", str(HOUSE))[1] + str(desk.json("site", "show", str(HOUSE)))
    assert str(HOUSE) not in masked
    assert "Kauppakatu" not in masked
    _, shown = desk.run("site", "show", str(HOUSE), "--unmasked")
    assert str(HOUSE) in shown
    assert "Kauppakatu 1" in shown
    assert newest_entry(ws)["details"]["unmasked"] is True


def test_every_look_is_recorded_and_the_holder_is_told_of_it(ws: Workspace) -> None:
    notebook = campaigns.open(ws.root, purpose="a complaint")
    notebook.site(HOUSE)
    notebook.workspace.ledger.dispose()
    entry = newest_entry(ws)
    assert (entry["action"], entry["controller"], entry["person_id"]) == ("site_shown", "lahti_energia", 1)
    assert entry["details"] == {
        "metering_point": HOUSE, "unmasked": False, "purpose": "a complaint", "origin": "python"
    }  # fmt: skip
    with ws.ledger.read() as connection:
        looks = access._lookups(connection, "lahti_energia", 1)
    assert looks[-1]["action"] == "site_shown"


def test_presence_is_never_shown(house: Site) -> None:
    hidden = [name for name, metric in METRICS.items() if metric.level == "presence"]
    told = json.dumps(house.as_json(), default=str) + str(house) + house._repr_html_()
    assert len(hidden) >= 5
    for name in hidden:
        assert name not in told
        assert METRICS[name].label["en"] not in told
    assert set(house.metrics["level"]) == {"totals", "daily", "hourly"}


def test_nothing_of_an_earlier_holder_is_read(house: Site) -> None:
    assert house.days["local_date"][0] == house.hours["local_date"][0] == house.since == MOVED
    assert house.months["month"][0] == f"{MOVED:%Y-%m}"
    assert house.hours["wh"].max() < 10_000  # type: ignore[operator]  # theirs were twice as many


def test_as_of_an_earlier_day_the_holder_is_that_of_then(ws: Workspace) -> None:
    then = sites.show(ws, str(HOUSE), as_of=MOVED - timedelta(days=3))
    assert then.holder == "person 2"
    assert then.days["local_date"].to_list() == [one_house.FIRST + timedelta(days=day) for day in range(7)]
    assert then.hours["wh"].min() == 19_999
    assert then.metrics.select("metric", "value").rows() == [("peak_kw", 20.0)]  # kept of that month


def test_metrics_of_an_earlier_holder_are_not_the_present_one_s(ws: Workspace) -> None:
    soon = sites.show(ws, str(HOUSE), as_of=MOVED + timedelta(days=20))
    assert soon.holder == "person 1"
    assert soon.metrics.is_empty()
    assert "no metrics are known yet" in str(soon)
    assert set(soon.as_json()["signs"].values()) == {None}


def test_flags_on_the_readings_are_shown_as_far_as_the_days(ws: Workspace, house: Site) -> None:
    assert house.flags.is_empty()  # of the days before, which somebody else had
    last = MOVED - timedelta(days=3)
    then = sites.show(ws, str(HOUSE), as_of=last)
    row = {
        "direction": "import",
        "flag": "constant",
        "first_date": one_house.FIRST,
        "last_date": last,
        "days": 7,
    }
    assert then.flags.to_dicts() == [row]
    assert str(then).endswith(
        f"{one_house.FIRST} to {last} (7 days), import: the same value for a week or longer"
    )


def test_months_agree_with_the_metrics(house: Site) -> None:
    year = house.days.filter(pl.col("local_date") > LAST - timedelta(days=365))
    full = year.filter("is_full")
    assert house.metric("electricity_use") == pytest.approx(full["wh"].sum() / 1000, rel=1e-12)
    assert house.metric("full_days") == len(full) == 364
    cost, wh = full["cost_eur"].sum(), full["wh"].sum()
    assert house.metric("spot_paid") == pytest.approx(cost * 1e5 / wh, rel=1e-9)
    november = house.months.filter(month="2026-10").to_dicts()[0]
    of_month = year.filter(pl.col("local_date").dt.strftime("%Y-%m") == "2026-10")
    assert november["kwh"] == of_month["wh"].sum() / 1000
    assert (november["full_days"], november["days"]) == (31, 31)
    february = house.months.filter(month="2026-02").to_dicts()[0]
    assert (february["full_days"], february["days"]) == (27, 28)
    april = house.months.filter(month="2026-04").to_dicts()[0]
    assert april["estimated_share"] == pytest.approx(1 / 30)


def test_days_on_which_clocks_change_have_their_hours(house: Site) -> None:
    for day, length in ((SPRING, 23), (AUTUMN, 25), (LAST, 24)):
        hours = house.hours.filter(local_date=day)
        assert len(hours) == length
        assert hours["wh"].sum() == house.days.filter(local_date=day)["wh"][0]
        expected = [one_house.load(start) // 4 * 4 for start in hours["start"]]
        assert [wh // 4 * 4 for wh in hours["wh"]] == expected
    assert 3 not in house.hours.filter(local_date=SPRING)["hour"]
    assert house.hours.filter(local_date=AUTUMN, hour=3)["start"].dt.base_utc_offset().len() == 2
    assert house.hours["start"].dtype == pl.Datetime("us", ZONE.key)
    assert house.hours["start"].is_unique().all()
    gap = house.hours.filter(pl.col("wh").is_null())["start"].to_list()
    assert gap == [one_house.GAP + timedelta(hours=hour) for hour in range(2)]


def test_the_terminal_shows_the_change_of_the_clock(ws: Workspace) -> None:
    spring = str(sites.show(ws, str(HOUSE), as_of=SPRING + timedelta(days=1))).splitlines()
    autumn = str(sites.show(ws, str(HOUSE), as_of=AUTUMN + timedelta(days=1))).splitlines()
    (short,) = (line for line in spring if "23 hours" in line)
    assert short.startswith(f"Sun {SPRING}")
    assert short[16:][6:8] == "  "
    (clock,) = (line for line in autumn if line.strip().startswith("00  "))
    assert clock.split()[:4] == ["00", "0303", "06", "09"]
    (long,) = (line for line in autumn if "25 hours" in line)
    assert "  " not in long[16:][:50]
    (usual,) = (line for line in autumn if line.startswith(f"Mon {AUTUMN + timedelta(days=1)}"))
    assert usual[16:][8:10] == "  "


def test_what_the_holder_permits_stands_at_the_top(house: Site) -> None:
    answers = {use.level: (use.allowed, use.code) for use in house.uses}
    assert answers == {
        "totals": (True, "LEGITIMATE_INTEREST"),
        "daily": (True, "LEGITIMATE_INTEREST"),
        "hourly": (False, "NO_CONSENT"),
    }


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (str(HOUSE + 1), "SIT001"),  # the check digit
        ("Kauppakatu 1", "SIT001"),
        ("6430075000000000", "SIT002"),
        ("643007500000999998", "SIT002"),
        (str(COTTAGE), "SIT003"),
        (str(FLAT), "SIT004"),
        (str(ROOF), "SIT006"),
    ],
)
def test_each_wrong_thing_is_one_clear_line(ws: Workspace, text: str, code: str) -> None:
    exit_code, said = Terminal(ws.root).run("site", "show", text)
    assert exit_code == 2
    assert said.startswith(code)
    assert len(said.splitlines()) == 2
    assert text not in said


def test_another_register_is_looked_into_only_by_name(ws: Workspace) -> None:
    with pytest.raises(UserError, match="SIT004"):
        sites.show(ws, str(COTTAGE), controller=one_house.THEIRS)
    with pytest.raises(NotFound, match="SIT002"):
        sites.show(ws, "123")
    with pytest.raises(UserError, match="USE013"):
        sites.show(ws, str(HOUSE), controller="sahkoverko")


def test_district_heat_is_shown_by_day(heat: Site) -> None:
    shown = str(heat)
    assert "holder          company 7 since" in shown
    assert "in segments     no person holds it" in shown
    assert "last week by hour" not in shown
    assert heat.months["cooling_k"].to_list() == pytest.approx([35.0] * 11)
    assert heat.metric("heat_cooling_k") is None or heat.metric("heat_cooling_k") == pytest.approx(35.0)
    assert "2026-01" in heat._repr_html_()
    for draw in (heat.heat_map, heat.load_curve):
        with pytest.raises(UserError, match="SIT005"):
            draw()
    assert heat.temperature_response().to_dict()["title"]["text"].startswith("District heat and temperature")


def test_in_a_notebook_it_prints_a_table(house: Site) -> None:
    page = house._repr_html_()
    assert page.count("<tr>") == 13
    assert "1985" in page
    assert repr(house) == f"<site 643007…0014 of lahti_energia as of {LAST}: {len(house.days)} days>"


def layers(chart: Any) -> list[list[dict[str, Any]]]:
    """The rows that each layer of a chart holds."""
    spec = chart.to_dict()
    return [_rows(spec, part.get("data") or spec["data"]) for part in spec.get("layer", [spec])]


def _rows(spec: dict[str, Any], data: dict[str, Any]) -> list[dict[str, Any]]:
    values = spec["datasets"][data["name"]] if "name" in data else data["values"]
    return pl.read_csv(values.encode()).to_dicts() if isinstance(values, str) else values


def test_the_heat_map_holds_every_known_hour(house: Site) -> None:
    chart = house.heat_map()
    (cells,) = layers(chart)
    year = house.hours.filter(pl.col("local_date") > LAST - timedelta(days=365))
    assert len(cells) == 365 * 24 - 2
    assert sum(cell["kwh"] for cell in cells) == pytest.approx(year["wh"].sum() / 1000)
    autumn = [(cell["from"], cell["to"]) for cell in cells if cell["day"] == str(AUTUMN)]
    assert len(autumn) == 25
    assert [pair for pair in autumn if 3 <= pair[0] < 4] == [(3.0, 3.5), (3.5, 4.0)]
    spring = [cell["from"] for cell in cells if cell["day"] == str(SPRING)]
    assert 3.0 not in spring
    assert len(spring) == 23
    spec = house.heat_map().to_dict()
    assert (
        spec["title"]["subtitle"][1]
        == f"on {SPRING} clocks skip an hour; on {AUTUMN} an hour stands twice, in halves"
    )
    assert spec["width"] % 365 == 0


def test_the_load_curve_holds_means(house: Site) -> None:
    (rows,) = layers(house.load_curve())
    assert len(rows) == 2 * 4 * 25
    winter = {
        row["hour"]: row["kw"]
        for row in rows
        if row["season"].startswith("winter") and row["kind"].startswith("w")
    }
    assert winter[24] == winter[23]
    mine = house.hours.filter(
        pl.col("local_date").is_between(date(2025, 12, 1), date(2026, 2, 28)),
        pl.col("local_date").dt.weekday() < 6,
        ~pl.col("local_date").is_in([date(2025, 12, 24), date(2025, 12, 25), date(2025, 12, 26),
                                     date(2026, 1, 1), date(2026, 1, 6)]),
        hour=18,
    )  # fmt: skip
    of_work = [row for row in rows if row["kind"] == "working days" and row["season"].startswith("winter")]
    at_18 = next(row for row in of_work if row["hour"] == 18)
    more = house.hours.filter(pl.col("local_date").is_between(LAST - timedelta(days=364), date(2025, 11, 30)))
    assert more["local_date"].dt.month().unique().to_list() == [11]
    assert (at_18["hours"], at_18["kw"]) == (len(mine), pytest.approx(mine["wh"].mean() / 1000))  # type: ignore[operator]


def test_the_temperature_response_draws_the_fit(house: Site) -> None:
    dots, line, *_ = layers(house.temperature_response())
    slope, base = house.metric("heat_slope"), house.metric("base_kwh_day")
    assert slope is not None
    assert base is not None
    assert len(dots) == 364
    coldest = min(dot["celsius"] for dot in dots)
    assert line[0] == {"celsius": coldest, "kwh": pytest.approx(base + slope * (17 - coldest))}
    assert line[-1]["kwh"] == line[1]["kwh"] == base
    assert line[1]["celsius"] == 17
    # least squares over the same dots, on degree days below 17 °C
    x = [max(17 - dot["celsius"], 0) for dot in dots]
    y = [dot["kwh"] for dot in dots]
    mean_x, mean_y = sum(x) / len(x), sum(y) / len(y)
    own = sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True)) / sum(
        (a - mean_x) ** 2 for a in x
    )
    assert slope == pytest.approx(own, rel=1e-9)
    texts = [row["text"] for rows in layers(house.temperature_response()) for row in rows if "text" in row]
    assert texts == [f"balance temperature {house.metric('balance_temp'):.1f} °C"] * 2


def test_without_a_fit_there_is_no_line(ws: Workspace) -> None:
    early = sites.show(ws, str(HOUSE), as_of=MOVED + timedelta(days=20))
    chart = early.temperature_response()
    assert len(layers(chart)) == 1
    assert chart.to_dict()["title"]["subtitle"].startswith("no line: it needs 180 full days")
    assert len(layers(early.heat_map())[0]) == 21 * 24


def test_a_picture_is_drawn_without_a_browser(house: Site, tmp_path: Path) -> None:
    chart = house.heat_map()
    path = house.save(chart, tmp_path / "year.png")
    raw = path.read_bytes()
    wide, high = struct.unpack(">II", raw[16:24])
    spec = chart.to_dict()
    assert raw.startswith(b"\x89PNG")
    assert 2 * spec["width"] < wide < 2 * spec["width"] + 500
    assert 2 * spec["height"] < high < 2 * spec["height"] + 400
    assert len(set(pixels(raw))) > 50
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    svg = house.save(house.temperature_response(), tmp_path / "cold.svg").read_text(encoding="utf-8")
    assert "mean temperature of the day, °C" in svg
    with pytest.raises(UserError, match="PLT002"):
        house.save(chart, tmp_path / "year.gif")


def pixels(png: bytes) -> bytes:
    """The bytes of a PNG's rows, still filtered: as many different ones as there are colours, or more."""
    found, at = b"", 8
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        if png[at + 4 : at + 8] == b"IDAT":
            found += png[at + 8 : at + 8 + length]
        at += length + 12
    return zlib.decompress(found)


@pytest.mark.parametrize("missing", ["altair", "vl_convert"])
def test_without_the_extra_charts_it_says_so(
    house: Site, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(UserError, match=r"PLT001 .*\n.*campaigns\[charts\]"):
        house.heat_map()
    assert str(house)


def test_the_page_for_analysts_runs(ws: Workspace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    page = (Path(campaigns.__file__).parents[2] / "docs" / "analyst.md").read_text(encoding="utf-8")
    blocks = [
        block.split("```")[0] for block in page.split("```python\n") if "site." in block.split("```")[0]
    ]
    assert len(blocks) == 2
    monkeypatch.chdir(tmp_path)
    notebook = campaigns.open(ws.root, purpose="statistics")
    program = "\n".join(blocks).replace("643007590021721951", str(HOUSE))
    exec(program, {"ws": notebook})  # noqa: S102  # the page of this repository
    notebook.workspace.ledger.dispose()
    assert {path.name for path in tmp_path.iterdir()} == {"year.png", "curve.svg", "cold.png"}

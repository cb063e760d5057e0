"""A workspace with one house whose every reading follows from the calendar: its picture never changes.

HOUSE is person 1's since 10 November 2025, and was person 2's before. FLAT is in the register without
readings, COTTAGE in the network company's register only; HEAT is a meter of district heat, ROOF one of
panels, through which nothing is bought.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from campaigns.consumption.computing import compute
from campaigns.workspace.project import Workspace
from support import mailing_world as world
from support.readings import COTTAGE, FLAT, HOUSE, ZONE, Row, delivery, load_one, midnight, starts, text

FIRST, LAST, MOVED = date(2025, 11, 1), date(2026, 11, 23), date(2025, 11, 10)
QUARTERS_FROM = date(2026, 6, 15)
GAP = midnight(date(2026, 2, 3)) + timedelta(hours=4)  # two hours long
ESTIMATED = date(2026, 4, 20)
HEAT = 4_000_000_000_001
ROOF = 643007500000003008
THEIRS = "sahkoverkko"


def celsius(day: date) -> int:
    """The day's temperature: cold on 20 January, warm on 20 July, and a week's rhythm."""
    from_winter = abs((day - date(day.year, 1, 20)).days)
    return round(-14 + 38 * min(from_winter, 365 - from_winter) / 182) + day.toordinal() % 7 - 3


def load(time: datetime) -> int:
    """Wh of the hour that begins then: heating, and people in the evening."""
    local = time.astimezone(ZONE)
    heating = 90 * max(17 - celsius(local.date()), 0)
    return 200 + heating + (1500 if 17 <= local.hour < 20 else 0) + 10 * local.hour


def workspace(root: Path) -> Workspace:
    """The folder, filled and with metrics."""
    parts = world.workspace(root, people=2)
    _register(parts)
    readings = [_row(start, 60) for start in starts(FIRST, QUARTERS_FROM - timedelta(days=1), 60)]
    readings += [_row(start, 15) for start in starts(QUARTERS_FROM, LAST, 15)]
    sunny = [start for start in starts(date(2026, 5, 1), date(2026, 8, 31), 60) if 11 <= start.hour < 13]
    readings += [Row(start=start, wh=700, kind="BN02") for start in sunny if start < midnight(QUARTERS_FROM)]
    readings += [Row(start=start, wh=700, kind="BN02", gsrn=ROOF) for start in starts(LAST, LAST, 60)]
    temperatures = [(start, celsius(start.astimezone(ZONE).date())) for start in starts(FIRST, LAST, 60)]
    prices = [(start, 4 + start.astimezone(ZONE).hour % 12) for start in starts(FIRST, LAST, 60)]
    files = {
        "datahub": text(readings),
        "temperatures": _series("celsius", temperatures),
        "spot_prices": _series("price", prices),
    }
    with parts.lake.writer(purpose="test") as writer:
        for kind, content in files.items():
            sent = delivery(root / kind, content, kind=kind, controller=world.OURS)
            assert not load_one(sent, writer).quarantined
    compute(parts.lake, settings=parts.settings, as_of=LAST, now=world.NOW)
    kept = {"metering_point_id": HOUSE, "period": "last 28 days", "as_of": FIRST, "month": f"{FIRST:%Y-%m}"}
    world.upsert(parts, "metrics_history", [{**kept, "peak_kw": 20.0}])  # of the holder of then
    parts.ledger.dispose()
    return Workspace.open(root, clock=lambda: world.NOW)


def _row(start: datetime, minutes: int) -> Row:
    wh: int | None = load(start) * minutes // 60
    if GAP <= start < GAP + timedelta(hours=2):
        wh = None
    if start < midnight(MOVED):
        wh = 19_999  # of somebody else, whom nobody may see
    quality = "ESTIMATED" if start.astimezone(ZONE).date() == ESTIMATED else "OK"
    return Row(start=start, wh=wh, minutes=minutes, quality=quality)


def _series(column: str, values: list[tuple[datetime, int]]) -> str:
    return f"start;{column}\n" + "".join(f"{start:%Y-%m-%dT%H:%MZ};{value}\n" for start, value in values)


def _register(parts: Any) -> None:
    house = {
        "metering_point_id": HOUSE,
        "gsrn": HOUSE,
        "site_id": 1001,
        "energy": "electricity",
        "fuse_a": 25,
    }
    flat = {"metering_point_id": FLAT, "gsrn": FLAT, "site_id": 1002, "energy": "electricity"}
    heat = {"metering_point_id": HEAT, "site_id": 1002, "energy": "district_heat"}
    roof = {**flat, "metering_point_id": ROOF, "gsrn": ROOF}
    theirs = {**flat, "metering_point_id": COTTAGE, "gsrn": COTTAGE, "controller": THEIRS}
    world.upsert(parts, "metering_points", [house, flat, heat, roof, theirs])
    mine = {"metering_point_id": HOUSE, "start_date": MOVED}
    before = {"metering_point_id": HOUSE, "start_date": FIRST, "end_date": MOVED - timedelta(days=1)}
    contracts = [
        world.contract(1, **mine),
        world.contract(2, **before),
        world.contract(7, metering_point_id=HEAT),
    ]
    world.upsert(parts, "contracts", [{**contracts[2], "person_id": None, "company_id": 7}, *contracts[:2]])
    days = [date(2026, 1, 1) + timedelta(days=day) for day in range(327)]
    cold = [max(17 - celsius(day), 1) for day in days]
    world.upsert(
        parts,
        "heat_days",
        [
            {
                "metering_point_id": HEAT, "month": f"{day:%Y-%m}", "local_date": day, "kwh": 4.0 * degrees,
                "volume_m3": 0.1 * degrees, "inlet_m3c": 7.5 * degrees, "return_m3c": 4.0 * degrees,
                "gap_kwh": 0.0,
            }
            for day, degrees in zip(days, cold, strict=True)
        ],
    )  # fmt: skip

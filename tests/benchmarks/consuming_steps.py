"""The steps of `consuming`, each run in a process of its own: what it took, as JSON on standard output."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import polars as pl

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.figures import seconds
from campaigns.consumption import computing, day_facts, fits, sanity
from campaigns.demo import datahub, lake_readings, town
from campaigns.demo.dice import Dice
from campaigns.demo.homes import gsrns
from campaigns.engine import connect
from campaigns.lake.schemas import TABLES
from campaigns.workspace import importing
from campaigns.workspace.project import Workspace

FIRST, LAST = date(2025, 1, 1), date(2026, 1, 14)  # a whole calendar year, and two weeks of the next
TOWN = 3000  # customers whose homes are worked out; every metering point is like one of them
CORRECTED_DAYS = 10
STAMP = datetime(2026, 1, 16, tzinfo=UTC)
COLUMNS = [name for name, kind in TABLES["day_facts"].schema.items() if kind.is_integer()]


def generate(workspace: Workspace, points: int) -> dict[str, Any]:
    """The readings of all metering points, weather and prices into the lake."""
    drawn = town.build(Dice(seed=1), TOWN, LAST).homes
    homes = drawn[np.arange(points) % drawn.height].with_columns(gsrn=gsrns(np.arange(points)))
    told = {"controller": workspace.settings.default_controller, "days": (LAST - FIRST).days + 1}
    taken, written = seconds(
        lambda: lake_readings.write(workspace.lake, homes, **told, as_of=LAST + timedelta(days=1))
    )
    size = _bytes(workspace, "consumption_days")
    return {"seconds": taken, "days": written.days, "intervals": written.intervals, "bytes": size}


def facts(workspace: Workspace) -> dict[str, Any]:
    """All day facts."""
    with workspace.lake.writer(purpose="bench") as writer:
        taken, _ = seconds(lambda: day_facts.update(writer, settings=workspace.settings))
    return {"seconds": taken, "bytes": _bytes(workspace, "day_facts")}


def scan(workspace: Workspace) -> dict[str, Any]:
    """Every number of day_facts read once and put together in the cheapest way."""
    numbers = ", ".join(f"bit_xor({name})" for name in COLUMNS)
    with workspace.lake.snapshot() as snapshot, connect(snapshot) as db:
        query = f"SELECT {numbers}, count(*) FILTER (is_full) FROM day_facts"
        return {"seconds": min(seconds(lambda: db.query(query))[0] for _ in range(2))}


def naive(workspace: Workspace, points: int) -> dict[str, Any]:
    """Eight metrics of a year from rows of one reading each, with the local time beside them already."""
    year = pl.col("local_date") > LAST - timedelta(days=365)
    with workspace.lake.snapshot() as snapshot:
        chosen = snapshot.frame("consumption_days", ["metering_point_id"]).unique().sort("metering_point_id")
        mine = pl.col("metering_point_id").is_in(chosen["metering_point_id"][:points].implode())
        days = snapshot.frame(
            "consumption_days", ["metering_point_id", "direction", "local_date", "wh"]
        ).filter(mine & year & (pl.col("direction") == "import"))
    rows = (
        days.drop("direction")
        .with_columns(hour=pl.int_ranges(pl.col("wh").list.len()).cast(pl.List(pl.Int8)))
        .explode("wh", "hour")
    )
    folder = workspace.root / "long"
    folder.mkdir()
    rows.write_parquet(folder / "rows.parquet", compression="zstd", compression_level=1)
    query = Path(__file__).with_name("long_rows.sql").read_text(encoding="utf-8")
    with duckdb.connect() as db:
        db.execute(f"CREATE VIEW readings AS FROM '{folder / 'rows.parquet'}'")
        taken = min(seconds(lambda: db.execute(query).fetchall())[0] for _ in range(2))
    return {"seconds": taken, "rows": len(rows)}


def metrics(workspace: Workspace) -> dict[str, Any]:
    """All metrics, of which the fits and the flags are told apart."""
    return _computed(workspace, LAST)


def files(workspace: Workspace, points: int) -> dict[str, Any]:
    """Datahub files: the next day of everybody, and other values of some days of one in a hundred."""
    rng = np.random.default_rng(1)
    everybody = gsrns(np.arange(points))
    some = rng.choice(everybody, max(points // 100, 1), replace=False)
    inbox = workspace.root / "inbox"
    inbox.mkdir()
    rows = 0
    for name, who, first, days in (
        ("day", everybody, LAST + timedelta(days=1), 1),
        ("corrections", some, LAST - timedelta(days=CORRECTED_DAYS - 1), CORRECTED_DAYS),
    ):
        start = datetime.combine(first, datetime.min.time(), UTC) - timedelta(hours=2)
        hours = pl.datetime_range(start, start + timedelta(hours=24 * days - 1), "1h", eager=True)
        values = [
            pl.Series(np.repeat(np.sort(who), len(hours))),
            *(pl.lit(word) for word in (datahub.ACTIVE_ENERGY, "PT1H", "kWh", "BN01")),
            pl.Series(np.tile(hours.dt.strftime("%Y-%m-%dT%H:%M:%SZ").to_numpy(), len(who))),
            pl.Series(rng.integers(0, 4000, len(hours) * len(who)) / 1000),
            pl.lit("OK"),
        ]
        frame = pl.select(**dict(zip(datahub.FINNISH_HEADER, values, strict=True)))
        path = inbox / f"datahub_{name}.csv"
        frame.write_csv(path, separator=";", decimal_comma=True, float_precision=6)
        rows += len(frame)
    return {"rows": rows}


def import_(workspace: Workspace) -> dict[str, Any]:
    """The night's files."""
    taken, done = seconds(lambda: importing.run(workspace, [workspace.root / "inbox"], received=STAMP))
    assert not done.refused, done.refused
    return {"seconds": taken, "rows": sum(found.accepted for found in done.files)}


def night(workspace: Workspace) -> dict[str, Any]:
    """The metrics as of the new day."""
    return _computed(workspace, LAST + timedelta(days=1))


def _computed(workspace: Workspace, as_of: date) -> dict[str, Any]:
    """Metrics as of a day: seconds as a whole, and in parts of the work."""
    parts = {"facts": (day_facts, "update"), "fits": (fits, "of_period"), "flags": (sanity, "update")}
    spent = {name: _timed(*function) for name, function in parts.items()}
    done = computing.compute(workspace.lake, settings=workspace.settings, as_of=as_of, now=STAMP)
    told = {"seconds": done.seconds, "days_read": done.days_read, "days_kept": done.days_kept}
    return told | {name: sum(seconds) for name, seconds in spent.items()}


def _timed(module: Any, name: str) -> list[float]:
    """Seconds spent in each call of a function of the module, from now on."""
    called, spent = getattr(module, name), []

    def timed(*arguments: Any, **named: Any) -> Any:
        taken, result = seconds(lambda: called(*arguments, **named))
        spent.append(taken)
        return result

    setattr(module, name, timed)
    return spent


def _bytes(workspace: Workspace, table: str) -> int:
    return sum(path.stat().st_size for path in (workspace.root / "data" / "lake" / table).rglob("*.parquet"))


STEPS: dict[str, Callable[..., dict[str, Any]]] = {
    "generate": generate,
    "facts": facts,
    "scan": scan,
    "naive": naive,
    "metrics": metrics,
    "files": files,
    "import": import_,
    "night": night,
}

if __name__ == "__main__":
    step, folder, *numbers = sys.argv[1:]
    told = STEPS[step](Workspace.open(Path(folder)), *map(int, numbers))
    print(json.dumps({**told, "processor": time.process_time()}))

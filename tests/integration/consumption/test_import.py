"""Files into a real lake: order, repetition, damage and sudden death."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import permutations
from pathlib import Path

import polars as pl
import pytest

from campaigns.lake import Lake
from campaigns.register.deliveries import Imported
from support.bad_files import imported
from support.readings import FLAT, HEADERS, HOUSE, NOW, Row, delivery, load_one, starts, text

FIRST, LAST = date(2025, 9, 28), date(2025, 10, 28)
TESTS = Path(__file__).parents[2]
Load = Callable[..., Imported]


def readings(
    first: date = FIRST, last: date = LAST, *, gsrn: int = HOUSE, wh: int = 40, minutes: int = 60
) -> list[Row]:
    times = starts(first, last, minutes)
    return [Row(start=start, wh=wh + at % 7, gsrn=gsrn, minutes=minutes) for at, start in enumerate(times)]


def days(lake: Lake) -> pl.DataFrame:
    with lake.snapshot() as snapshot:
        return snapshot.frame("consumption_days")


def test_files_are_known_by_their_columns(lake: Lake, tmp_path: Path) -> None:
    contents = {
        "meters.csv": text(readings(last=FIRST), header="en"),
        "cents.csv": "start;price\n2025-09-28T00:00Z;4,2\n",
        "cold.csv": "start;celsius\n2025-09-28T00:00Z;-4,2\n",
    }
    for name, content in contents.items():
        (tmp_path / name).write_text(content)
    done = imported(lake, *(tmp_path / name for name in contents))
    assert [(one.kind, one.rows, one.accepted, one.refused) for one in done] == [
        ("spot_prices", 1, 1, None),
        ("temperatures", 1, 1, None),
        ("datahub", 24, 24, None),
    ]
    assert {status.name: status.rows for status in lake.status()}["consumption_days"] == 1


def test_the_lake_is_the_same_after_files_in_any_order(tmp_path: Path) -> None:
    files = [
        (readings(), NOW - timedelta(days=9)),
        (
            readings(wh=90, minutes=15, first=date(2025, 10, 25), last=date(2025, 10, 26)),
            NOW - timedelta(days=5),
        ),
        (readings(gsrn=FLAT), NOW - timedelta(days=5)),
        ([Row(start=datetime(2025, 10, 26, 1, tzinfo=UTC), wh=None)], NOW - timedelta(days=3)),
    ]
    found = []
    for number, order in enumerate(list(permutations(files))[::6]):
        lake = Lake(tmp_path / f"lake{number}")
        for at, (rows, received) in enumerate(order):
            with lake.writer(purpose="test") as writer:
                load_one(delivery(tmp_path / f"{at}.csv", text(rows), received=received), writer)
        found.append(days(lake))
    assert len(found[0]) == 62
    assert all(frame.equals(found[0]) for frame in found)


def test_renamed_and_halved_files_change_no_count(lake: Lake, load: Load) -> None:
    rows = readings()
    load(text(rows))
    before = days(lake).drop("received", "file")
    assert load(text(rows)).unchanged
    load(text(rows[: len(rows) // 2]), received=NOW + timedelta(days=1))
    assert days(lake).drop("received", "file").equals(before)


def test_a_correction_leaves_the_rest_of_its_month_alone(lake: Lake, load: Load) -> None:
    load(text(readings()))
    load(text(readings(gsrn=FLAT)), controller="network")
    before = days(lake)
    load(text([Row(start=datetime(2025, 10, 5, 9, tzinfo=UTC), wh=999)]), received=NOW + timedelta(hours=1))
    after = days(lake)
    changed = after.join(before, on=after.columns, how="anti", nulls_equal=True)
    assert changed.select("controller", "metering_point_id", "local_date").rows() == [
        ("seller", HOUSE, date(2025, 10, 5))
    ]
    assert changed["wh"][0].to_list()[12] == 999
    assert len(after) == len(before)


@pytest.mark.parametrize(
    "moment",
    [
        "before quarantine",
        "after quarantine",
        "before consumption_days",
        "after consumption_days",
        "before publish",
        "never",
    ],
)
def test_killed_and_run_again(lake: Lake, tmp_path: Path, moment: str) -> None:
    """Fault 11: never half a file, never twice."""
    folder = tmp_path / "killed"
    folder.mkdir()
    file = folder / "datahub.csv"
    file.write_text(text(readings(last=date(2025, 10, 3))) + "not a reading\n")
    other = Lake(folder / "lake")
    command = [sys.executable, "-m", "support.killed_import", str(other.root), str(file), moment]
    done = subprocess.run(
        command, env={**os.environ, "PYTHONPATH": str(TESTS)}, capture_output=True, check=False
    )
    assert done.returncode == (0 if moment == "never" else -signal.SIGKILL), done.stderr.decode()
    assert len(days(other)) == (6 if moment == "never" else 0)
    sent = delivery(file, file.read_bytes())
    for one in (other, lake):
        with one.writer(purpose="again") as writer:
            load_one(sent, writer)
    assert days(other).equals(days(lake))
    with other.snapshot() as snapshot:
        assert snapshot.rows("quarantine") == 1


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (text(readings(last=FIRST)).encode("utf-16"), "REG009"),
        ((";".join(map(str, range(200_000))) + "\n").encode(), "REG010"),
        (HEADERS["fi"].replace("Alkuaika", "Aika").encode() + b"\n", "REG007"),
        (b"PAR1 and nothing more", "REG011"),
        (b"", "REG010"),
    ],
)
def test_files_that_are_refused_whole(lake: Lake, tmp_path: Path, content: bytes, code: str) -> None:
    (tmp_path / "datahub.csv").write_bytes(content)
    (one,) = imported(lake, tmp_path / "datahub.csv", as_kind="datahub")
    assert one.refused is not None
    assert one.refused.code == code
    assert days(lake).is_empty()


def test_a_huge_line_takes_no_memory(tmp_path: Path) -> None:
    """One line of the file is 400 MB long; the process gets by with less than that."""
    file = tmp_path / "datahub.csv"
    file.write_text(text(readings(last=FIRST)))
    with file.open("r+b") as stream:
        stream.truncate(400_000_000)
        stream.seek(0, 2)
        stream.write(b"\n" + readings()[-1].line.encode() + b"\n")
    program = (
        "import re, sys; from pathlib import Path; from support.readings import *\n"
        "import hashlib; from campaigns.consumption import KINDS\n"
        "source = SourceFile(kind='datahub', controller='seller')\n"
        "sent = Delivery(path=Path(sys.argv[1]), name='x', sha256='0' * 64, received=NOW, source_name='x',"
        " source=source)\n"
        "lake = MemoryLake()\n"
        "done = load_one(sent, lake)\n"
        # not ru_maxrss: it starts at what the parent held before exec
        "held = re.search(r'VmHWM:\\s+(\\d+)', Path('/proc/self/status').read_text())\n"
        "print(done.accepted, done.quarantined, int(held[1]) // 1024)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(file)],
        env={**os.environ, "PYTHONPATH": str(TESTS)},
        capture_output=True,
        text=True,
        check=True,
    )
    accepted, quarantined, megabytes = map(int, done.stdout.split())
    assert (accepted, quarantined) == (25, 1)
    assert megabytes < 350

"""Kill imports of readings at many points, in a random order of files, and run them again.

    import_kills.py FOLDER SEED COUNT

Prints how many imports were killed. Every child is forked from this process, which imports everything and
computes nothing.
"""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import campaigns.consumption
import campaigns.lake
import campaigns.register
from campaigns.consumption import KINDS
from campaigns.lake import Lake
from campaigns.register.importing import import_files
from support.killing import NEVER, files_of, run_and_kill
from support.lake_kills import in_child
from support.readings import FLAT, HOUSE, NOW, SETTINGS, Row, text

MODULES = [
    module
    for package in (campaigns.lake, campaigns.consumption, campaigns.register)
    for module in files_of(Path(str(package.__file__)).parent)
]
FIRST = datetime(2025, 10, 24, 21, tzinfo=UTC)  # the local midnight before the day before 25 hours
TABLES = ("consumption_days", "heat_registers", "heat_days", "quarantine")


def write(folder: Path, rng: random.Random) -> list[Path]:
    """Datahub files, plain readings and heat meters, with corrections and bad lines."""
    made = [
        _datahub(folder / "datahub_1.csv", rng, minutes=60, hours=72),
        _datahub(folder / "datahub_2.csv", rng, minutes=15, hours=30),
        _plain(folder / "plain.csv", rng),
        _heat(folder / "heat_1.csv", rng),
        _heat(folder / "heat_2.csv", rng),
    ]
    for path in made:
        moment = (NOW - timedelta(hours=rng.randrange(3))).timestamp()
        os.utime(path, (moment, moment))
    return made


def _datahub(path: Path, rng: random.Random, *, minutes: int, hours: int) -> Path:
    rows = [
        Row(
            start=FIRST + timedelta(minutes=minutes * at),
            wh=rng.choice([None, rng.randrange(9000)]),
            minutes=minutes,
            gsrn=rng.choice([HOUSE, FLAT]),
            kind=rng.choice(["BN01", "BN02"]),
        )
        for at in range(hours * 60 // minutes)
    ]
    path.write_text(text(rows) + "not a reading\n")
    return path


def _plain(path: Path, rng: random.Random) -> Path:
    lines = ["gsrn;start;quantity;unit;resolution"]
    lines += [
        f"{HOUSE};{FIRST + timedelta(hours=rng.randrange(72)):%Y-%m-%dT%H:%MZ};{rng.randrange(9000)};Wh;60"
        for _ in range(20)
    ]
    path.write_text("\n".join(lines) + "\n")
    return path


def _heat(path: Path, rng: random.Random) -> Path:
    lines = ["site;read_at;energy;unit"]
    lines += [
        f"A-1;{FIRST + timedelta(hours=hour):%Y-%m-%dT%H:%MZ};{1000 + hour * 2 + rng.randrange(2)};kWh"
        for hour in sorted(rng.sample(range(80), 50))
    ]
    path.write_text("\n".join(lines) + "\n")
    return path


def load(root: Path, paths: Sequence[Path]) -> None:
    done = import_files(
        paths,
        kinds=KINDS,
        settings=SETTINGS,
        lake=Lake(root),
        ledger=None,
        now=NOW,
        settle=0,  # type: ignore[arg-type]
    )
    assert all(one.refused is None for one in done), done


def digest(root: Path) -> str:
    """A hash of the rows that tell what was used, in their order."""
    with Lake(root).snapshot() as snapshot:
        snapshot.verify()
        frames = [snapshot.frame(name).drop("file_hash", strict=False) for name in TABLES]
    rows = "\n".join("\n".join(sorted(map(repr, frame.rows()))) for frame in frames)
    assert [len(frame) for frame in frames[:3]] > [3, 0, 0], "hardly anything is in the lake"
    return hashlib.sha256(rows.encode()).hexdigest()


def round_of(folder: Path, rng: random.Random, kills: int) -> int:
    """One drawn set of files: in order without a kill, and in another order with some."""
    inbox = folder / "inbox"
    inbox.mkdir(parents=True)
    paths = write(inbox, rng)
    calm, wild = folder / "calm", folder / "wild"
    in_child(partial(load, calm, paths))
    expected = in_child(partial(digest, calm))
    rng.shuffle(paths)
    killed = 0
    for path in paths:
        work: Callable[[], None] = partial(load, wild, [path])
        for _ in range(kills):
            probe = folder / "probe"
            shutil.rmtree(probe, ignore_errors=True)
            if wild.exists():
                shutil.copytree(wild, probe)
            last = run_and_kill(partial(load, probe, [path]), at=NEVER, modules=MODULES)
            assert last is not None
            killed += run_and_kill(work, at=rng.randint(1, last), modules=MODULES) is None
        run_and_kill(work, at=NEVER, modules=MODULES)
    found = in_child(partial(digest, wild))
    assert found == expected, f"after kills the rows are others: {folder}"
    shutil.rmtree(folder)
    return killed


if __name__ == "__main__":
    drawn = random.Random(int(sys.argv[2]))
    total = sum(round_of(Path(sys.argv[1]) / str(number), drawn, 2) for number in range(int(sys.argv[3])))
    print(f"killed {total} times")

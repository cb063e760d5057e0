"""Kill imports of readings and `campaigns metrics` at many lines, and run them again (faults 11 and 12).

    metric_kills.py FOLDER SEED ROUNDS

Prints how many runs were killed. Every child is forked from this process, which imports everything and
computes nothing.
"""

from __future__ import annotations

import random
import shutil
import sys
from datetime import date, timedelta
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import campaigns.consumption
import campaigns.lake
from campaigns.consumption import compacting
from campaigns.consumption.computing import compute
from campaigns.lake import Lake
from support import nights
from support.killing import NEVER, files_of, run_and_kill
from support.lake_kills import in_child
from support.nights import NOW, SETTINGS, File, Metrics, Move
from support.readings import FLAT, HOUSE

MODULES = files_of(*(Path(str(one.__file__)).parent for one in (campaigns.lake, campaigns.consumption)))
LINES = {"import": 2_500, "metrics": 30_000}  # of a run, about; where a kill comes is drawn from them
TABLES = (*nights.COMPUTED, *nights.IMPORTED)
compacting.MANY = 2  # so that every run of metrics has something to write together
What = File | Move | Metrics


def begin(folder: Path) -> None:
    lake = Lake(folder / "lake")
    nights.bring(lake, folder, nights.BASE)
    compute(lake, settings=SETTINGS, now=NOW)


def drawn(rng: random.Random) -> list[What]:
    """What happens in one round; metrics last."""
    found: list[What] = []
    for _ in range(rng.randint(2, 4)):
        first = nights.NEAR + timedelta(days=rng.randrange(28))
        found.append(
            File(
                kind=rng.choice(["fi", "en", "plain", "heat", "prices", "temperatures"]),
                first=first,
                days=rng.randint(1, 4),
                point=rng.choice([HOUSE, FLAT]),
                minutes=rng.choice([60, 15]),
                level=rng.randrange(900),
                received=rng.choice(nights.RECEIVED),
            )
        )
        if rng.random() < 0.3:
            found.append(Move(point=HOUSE, person=rng.randint(1, 3), since=first))
        found.append(Metrics(as_of=rng.choice(nights.AS_OF)))
    return found


def happen(folder: Path, what: What) -> None:
    nights.happen(Lake(folder / "lake"), folder, what)


def rebuilt(folder: Path, happened: list[What]) -> str:
    """Everything without a kill, then all metrics anew."""
    for what in happened:
        if not isinstance(what, Metrics):
            happen(folder, what)
    compute(Lake(folder / "lake"), settings=SETTINGS, now=NOW, as_of=_as_of(happened), full=True)
    return digest(folder)


def digest(folder: Path) -> str:
    lake = Lake(folder / "lake")
    with lake.snapshot() as snapshot:
        snapshot.verify()
        assert snapshot.rows("metrics") > 5
    return str(nights.digests(lake, TABLES))


def round_of(folder: Path, begun: Path, rng: random.Random) -> int:
    """One drawn series of nights, calm and with kills."""
    happened = drawn(rng)
    calm, wild = folder / "calm", folder / "wild"
    shutil.copytree(begun, calm)
    shutil.copytree(begun, wild)
    expected = in_child(partial(rebuilt, calm, happened))
    killed = 0
    for what in happened:
        work = partial(happen, wild, what)
        for _ in range(0 if isinstance(what, Move) else rng.randint(1, 3)):
            last = LINES["metrics" if isinstance(what, Metrics) else "import"]
            killed += run_and_kill(work, at=rng.randint(1, last), modules=MODULES) is None
            if isinstance(what, Metrics) and rng.random() < 0.3:  # the next run is of another day
                other = partial(happen, wild, Metrics(as_of=date(2026, 11, 18)))
                killed += run_and_kill(other, at=rng.randint(1, last), modules=MODULES) is None
        run_and_kill(work, at=NEVER, modules=())
    found = in_child(partial(digest, wild))
    assert found == expected, f"after kills the rows are others: {folder} {happened}\n{found}\n{expected}"
    shutil.rmtree(folder)
    return killed


def _as_of(happened: list[What]) -> date | None:
    last = happened[-1]
    assert isinstance(last, Metrics)
    return last.as_of


def main(folder: Path, seed: int, rounds: int) -> int:
    """How many runs were killed in all."""
    begun = folder / "begun"
    begun.mkdir(parents=True)
    in_child(partial(begin, begun))
    rng = random.Random(seed)
    return sum(round_of(folder / str(number), begun, rng) for number in range(rounds))


if __name__ == "__main__":
    print(f"killed {main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))} times")

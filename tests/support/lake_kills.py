"""Kill a lake's writer at many points and run it again: `lake_kills.py (lines|moments|full) FOLDER COUNT`.

Every child is forked from this process, which imports everything and uses nothing.
"""

from __future__ import annotations

import os
import resource
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import campaigns.lake
from campaigns.lake import Lake
from campaigns.lake.files import LakeUnwritable
from support.killing import NEVER, files_of, run_and_kill
from support.lakes import days, persons

MODULES = files_of(Path(campaigns.lake.__file__).parent)
Content = dict[str, str]


def prepare(root: Path) -> None:
    with Lake(root).writer(purpose="before") as writer:
        writer.append("persons", persons(*writer.allocate("person_id:a", 3)), transaction="persons:0")
        writer.append("consumption_days", days("2026-01-01", "2026-02-01"), transaction="days:0")


def work(root: Path) -> None:
    """An import of two files, an erasure and a vacuum: each step may be run again."""
    lake = Lake(root)
    with lake.writer(purpose="import") as writer:
        if not writer.seen("persons", "persons:1"):
            writer.upsert("persons", persons(2, *writer.allocate("person_id:a", 2)), transaction="persons:1")
        if not writer.seen("consumption_days", "days:1"):
            rows = days("2026-02-01", "2026-03-01", wh=7)
            writer.upsert("consumption_days", rows, transaction="days:1")
    lake.erase("a", [1])
    lake.vacuum()


def content(root: Path) -> Content:
    """Rows of all tables as text; the next id that would be given; and nothing superfluous on disk."""
    lake = Lake(root)
    with lake.snapshot() as snapshot:
        snapshot.verify()
        found = {name: snapshot.frame(name).write_json() for name in snapshot.versions}
        named = {path for name in snapshot.versions for path in snapshot.files(name)}
    lake.vacuum()
    present = set(root.rglob("*.parquet*")) - set(root.rglob("_delta_log/*"))
    found["superfluous"] = str(sorted(present - named))
    with lake.writer(purpose="look") as writer:
        found["next id"] = str(writer.allocate("person_id:a", 1)[0])
    return found


def in_child(do: Callable[[], object]) -> str:
    """What `do` gives, as text, computed in a child of its own."""
    reading, writing = os.pipe()
    if (child := os.fork()) == 0:
        os.close(reading)
        try:
            answer = repr(do())
            with os.fdopen(writing, "w") as pipe:
                pipe.write(answer)
            os._exit(0)
        finally:
            os._exit(1)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        answer = pipe.read()
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0, "a child failed"
    return answer


def fresh(folder: Path, template: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(template, folder)
    return folder


def points(last: int, count: int) -> Iterator[int]:
    """`count` of the lines 1 to `last`, evenly; all of them when `count` is as large."""
    yield from sorted({1 + (last - 1) * step // max(1, count - 1) for step in range(count)})


def kill_at_lines(folder: Path, count: int) -> int:
    template, expected, _ = reference(folder)
    probe = fresh(folder / "probe", template)
    last = run_and_kill(lambda: work(probe), at=NEVER, modules=MODULES)
    assert last is not None
    killed = 0
    for point in points(last, min(count, last)):
        root = fresh(folder / "lake", template)
        killed += run_and_kill(partial(work, root), at=point, modules=MODULES) is None
        again(root, expected, f"line {point}")
    return killed


def kill_at_moments(folder: Path, count: int) -> int:
    template, expected, seconds = reference(folder)
    killed = 0
    for step in range(count):
        root = fresh(folder / "lake", template)
        if (child := os.fork()) == 0:
            work(root)
            os._exit(0)
        time.sleep(seconds * (step + 0.5) / count)
        os.kill(child, signal.SIGKILL)
        killed += os.WIFSIGNALED(os.waitpid(child, 0)[1])
        again(root, expected, f"moment {step}")
    return killed


def fill_disk(folder: Path, count: int) -> int:
    """No file may grow beyond a limit; each limit stops another write."""
    template, expected, _ = reference(folder)
    refused = 0
    for step in range(count):
        root = fresh(folder / "lake", template)

        def limited(limit: int = 200 + 700 * step, root: Path = root) -> str:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
            try:
                work(root)
            except LakeUnwritable as error:
                return type(error).__name__
            return "clean"

        refused += in_child(limited) != "'clean'"
        again(root, expected, f"limit {step}")
    return refused


def reference(folder: Path) -> tuple[Path, str, float]:
    template, root = folder / "template", folder / "reference"
    in_child(lambda: prepare(template))
    fresh(root, template)
    start = time.monotonic()
    in_child(lambda: work(root))
    return template, in_child(lambda: content(root)), time.monotonic() - start


def again(root: Path, expected: str, where: str) -> None:
    """A reader finds a whole snapshot, and a second run gives what an undisturbed one gives."""

    def look_work_look() -> Content:
        whole(root)
        work(root)
        return content(root)

    found = in_child(look_work_look)
    assert found == expected, f"{where}:\n{found}\ninstead of\n{expected}"


def whole(root: Path) -> None:
    with Lake(root).snapshot() as snapshot:
        snapshot.verify()
        ids = snapshot.frame("persons")["person_id"].to_list()
        assert ids in ([1, 2, 3], [1, 2, 3, 4, 5], [2, 3, 4, 5]), ids


if __name__ == "__main__":
    how = {"lines": kill_at_lines, "moments": kill_at_moments, "full": fill_disk}[sys.argv[1]]
    done = how(Path(sys.argv[2]), int(sys.argv[3]))
    print(f"{'refused' if sys.argv[1] == 'full' else 'killed'} {done} times")

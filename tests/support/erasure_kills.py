"""Kill an erasure at many lines and run it again: `erasure_kills.py FOLDER COUNT`.

Every child is forked from this process, which imports everything and opens nothing.
"""

from __future__ import annotations

import ast
import sys
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import polars as pl

import campaigns.lake
import campaigns.rights
from campaigns.errors import NotFound
from campaigns.ledger import rights_requests, suppressions
from campaigns.rights import copies, erased_list, erasing, scrubbing, traces  # noqa: F401  # before any fork
from campaigns.workspace import erasing as desk
from campaigns.workspace import permitting, rights
from support.bureaus import OURS, SECRETS, Bureau, settled
from support.byte_search import holding
from support.killing import NEVER, files_of, run_and_kill
from support.lake_kills import fresh, in_child, points

HOME = Path(campaigns.rights.__file__).parents[1]
MODULES = files_of(
    *(HOME / "rights" / f"{name}.py" for name in ("copies", "erased_list", "erasing", "scrubbing")),
    *(HOME / "workspace" / f"{name}.py" for name in ("erasing", "rights")),
    HOME / "ledger" / "erasure.py",
    *(HOME / "lake" / f"{name}.py" for name in ("erasing", "cleaning", "lake", "manifests")),
)
PERSON = 5


def prepare(root: Path) -> None:
    root.mkdir(parents=True)
    bureau = settled(root)
    assert bureau.number("100005") == PERSON
    (root / "data" / "exports").mkdir()
    (root / "data" / "exports" / "calls.csv").write_text(f"a\n{SECRETS[1]}\nb\n", encoding="utf-8")
    bureau.workspace.ledger.dispose()


def work(root: Path) -> None:
    """What somebody at the terminal does, and does again after a kill."""
    workspace = Bureau(root).workspace
    request = desk.begun(workspace, str(PERSON), OURS)
    if request is None:
        try:
            request = rights.begin(workspace, "erase", str(PERSON), controller=OURS)
        except NotFound:  # it was completed, and only the answer did not reach the terminal
            return
    done = desk.erase(workspace, request)
    assert done.erasure.pending == (), done.erasure.pending


def content(root: Path) -> dict[str, str]:
    """All that must be the same after any kill: both registers, files, the ledger's digests, the request."""
    bureau = Bureau(root)
    workspace = bureau.workspace
    data = root / "data"
    assert holding(data, SECRETS) == []
    assert permitting.verify(workspace).whole
    files = [path for path in data.rglob("*") if path.is_file() and path.parts[-2] in ("inbox", "exports")]
    with workspace.ledger.read() as connection:
        digests = suppressions.frame(connection)["address_digest"].unique().sort().to_list()
        states = [one.state for one in rights_requests.listed(connection, closed=True)]
    listed = erased_list.read(root / "erased", workspace.ledger)
    with workspace.lake.snapshot() as snapshot:
        tables = {name: _rows(snapshot.frame(name)) for name in snapshot.versions}
    return {
        **tables,
        "files": repr(sorted((path.name, path.read_bytes(), path.stat().st_mtime_ns) for path in files)),
        "digests": repr(digests),
        "requests": repr(states),
        "list": repr(sorted({pair for entry in listed for pair in entry.digests})),
    }


def _differences(found: str, expected: str) -> str:
    """The parts that differ: what `in_child` gave is the text of a dictionary."""
    one, other = ast.literal_eval(found), ast.literal_eval(expected)
    return "\n".join(f"{key}: {one[key]}\nnot: {other[key]}" for key in one if one[key] != other.get(key))


def _rows(frame: pl.DataFrame) -> str:
    return frame.sort(frame.columns[0]).write_json()


def main(folder: Path, count: int) -> int:
    template = folder / "template"
    in_child(lambda: prepare(template))
    reference = fresh(folder / "reference", template)
    in_child(lambda: work(reference))
    expected = in_child(lambda: content(reference))
    probe = fresh(folder / "probe", template)
    last = run_and_kill(lambda: work(probe), at=NEVER, modules=MODULES)
    assert last is not None
    killed = 0
    for point in points(last, min(count, last)):
        root = fresh(folder / "bureau", template)
        killed += run_and_kill(partial(work, root), at=point, modules=MODULES) is None

        def again(root: Path = root) -> dict[str, str]:
            work(root)
            return content(root)

        found = in_child(again)
        assert found == expected, f"line {point} of {last}: {_differences(found, expected)}"
    return killed


if __name__ == "__main__":
    print(f"killed {main(Path(sys.argv[1]), int(sys.argv[2]))} times")

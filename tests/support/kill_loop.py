"""The kill loop in a process of its own: `python tests/support/kill_loop.py SCENE STRIDE FOLDER`.

A child is forked for each kill, and only a process that has not computed anything yet may fork: the threads
of polars do not live on in a child, which would wait for them for ever.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.kill_scenes import Scene, lines_of, play


def every(scene: Scene, stride: int, folder: Path) -> None:
    """Kill at every `stride`-th line of a sending."""
    total = lines_of(scene, folder / "whole")
    assert total > 200
    for at in range(1, total + 1, stride):
        play(scene, folder / str(at), kills=[at])


def again(folder: Path) -> None:
    """Kill, and kill again while the next run recovers."""
    for at in range(40, 400, 60):
        play(Scene.ONE_BY_ONE, folder / str(at), kills=[at + 150, at])


if __name__ == "__main__":
    if sys.argv[1] == "again":
        again(Path(sys.argv[2]))
    else:
        every(Scene[sys.argv[1]], int(sys.argv[2]), Path(sys.argv[3]))

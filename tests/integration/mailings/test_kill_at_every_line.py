"""The sender killed at its n-th line and run again, counted where it arrives (invariant 7, faults 1-8).

`make test` takes a stride through the lines; `make torture` (tests/torture) kills at every one.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from support.kill_scenes import Scene, lines_of, play

STRIDE = 47


@pytest.mark.parametrize("scene", Scene, ids=lambda scene: scene.name)
def test_nobody_twice_nobody_lost(scene: Scene, tmp_path: Path) -> None:
    total = lines_of(scene, tmp_path / "whole")
    assert total > 200
    for at in range(1, total + 1, STRIDE):
        play(scene, tmp_path / str(at), kills=[at])


def test_killed_again_while_it_recovers(tmp_path: Path) -> None:
    for at in range(40, 400, 60):
        play(Scene.ONE_BY_ONE, tmp_path / str(at), kills=[at + 150, at])

"""The sender killed at each of its lines, one after another, until a run ends by itself (invariant 7)."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from support.kill_scenes import Scene, lines_of, play

PAIRS = 300


@pytest.mark.parametrize("scene", Scene, ids=lambda scene: scene.name)
def test_killed_at_every_line(scene: Scene, tmp_path: Path) -> None:
    total = lines_of(scene, tmp_path / "whole")
    for at in range(1, total + 1):
        play(scene, tmp_path / str(at), kills=[at])


@pytest.mark.parametrize("scene", Scene, ids=lambda scene: scene.name)
def test_killed_again_and_again(scene: Scene, tmp_path: Path) -> None:
    total = lines_of(scene, tmp_path / "whole")
    draw = random.Random(7)
    for number in range(PAIRS):
        kills = [draw.randint(1, total) for _ in range(draw.randint(2, 4))]
        play(scene, tmp_path / str(number), kills=kills)

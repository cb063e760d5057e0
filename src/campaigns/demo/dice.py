"""Seeded randomness: one generator a topic, so that a new draw in one leaves the others as they were."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
import numpy.typing as npt
import polars as pl

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True, slots=True)
class Dice:
    """The town's only source of chance."""

    seed: int

    def of(self, topic: str) -> np.random.Generator:
        """A generator of its own for that topic; the same seed and topic give the same draws."""
        digest = blake2b(topic.encode(), digest_size=8).digest()
        return np.random.default_rng([self.seed, int.from_bytes(digest, "big")])


def pick(rng: np.random.Generator, weights: Mapping[str, float], count: int) -> pl.Series:
    """That many words, each as often as its weight says."""
    steps = np.cumsum(list(weights.values()))
    indices = np.searchsorted(steps / steps[-1], rng.random(count), side="right")
    return pl.Series(list(weights), dtype=pl.String).gather(indices)


def choose(rng: np.random.Generator, values: tuple[str, ...], count: int) -> pl.Series:
    """That many words, all equally likely."""
    return pl.Series(values, dtype=pl.String).gather(rng.integers(0, len(values), count))


def some(rng: np.random.Generator, among: int, count: int) -> Integers:
    """`count` different numbers below `among`, in rising order."""
    return np.sort(rng.permutation(among)[: min(count, among)]).astype(np.int64)


def share(count: int, part: float, *, least: int = 1) -> int:
    """A part of a count, at least some: so that a small town too has one of each kind of mess."""
    return max(least, round(count * part))

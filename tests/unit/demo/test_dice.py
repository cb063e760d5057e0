from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from campaigns.demo.dice import Dice, pick, share, some


def test_the_same_topic_gives_the_same_draws_and_another_topic_others() -> None:
    first, again, other = (Dice(seed=3).of(topic).random(5) for topic in ("homes", "homes", "people"))
    assert (first == again).all()
    assert (first != other).all()


def test_another_seed_gives_other_draws() -> None:
    assert (Dice(seed=3).of("homes").random(5) != Dice(seed=4).of("homes").random(5)).all()


def test_words_come_as_often_as_their_weights_say() -> None:
    words = pick(Dice(seed=1).of("x"), {"often": 3, "seldom": 1, "never": 0}, 20_000)
    counts = dict(words.value_counts().iter_rows())
    assert set(counts) == {"often", "seldom"}
    assert 0.73 < counts["often"] / 20_000 < 0.77


@given(among=st.integers(0, 50), count=st.integers(0, 60))
def test_some_are_different_and_in_order(among: int, count: int) -> None:
    chosen = some(np.random.default_rng(1), among, count)
    assert len(chosen) == min(among, count)
    assert sorted(set(chosen)) == list(chosen)
    assert all(0 <= number < among for number in chosen)


def test_a_small_town_too_has_one_of_each() -> None:
    assert share(10, 0.001) == 1
    assert share(10_000, 0.001) == 10

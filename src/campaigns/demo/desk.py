"""What customer service keeps beside the customer system: who was in touch, and a list from a fair."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl

from campaigns.demo.dice import Dice, choose, pick
from campaigns.demo.happenings import moments

CHANNELS = {"puhelin": 0.6, "chat": 0.2, "lomake": 0.15, "käynti": 0.05}
TOPICS = {"laskutus": 0.35, "sopimus": 0.3, "muutto": 0.15, "häiriö": 0.15, "neuvonta": 0.05}
OUTCOMES = {"ratkaistu": 0.8, "siirretty": 0.15, "kesken": 0.05}
TEAMS = ("tiimi_1", "tiimi_2", "tiimi_3")
KEPT_DAYS = 540  # how long the fair's list is kept


def contacts(dice: Dice, people: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """The columns of kontaktit_*.csv: who was in touch and when, never what was said."""
    rng = dice.of("desk")
    who = np.repeat(people["number"].to_numpy(), rng.poisson(0.6, people.height))
    started = moments(rng, as_of, rng.integers(1, 730, len(who)))
    rows = pl.DataFrame(
        {
            "asiakasnro": who,
            "kanava": pick(rng, CHANNELS, len(who)),
            "alkoi": started,
            "seconds": rng.integers(60, 1500, len(who)),
            "aihe": pick(rng, TOPICS, len(who)),
            "tulos": pick(rng, OUTCOMES, len(who)),
            "tiimi": choose(rng, TEAMS, len(who)),
        }
    ).sort("alkoi", "asiakasnro", maintain_order=True)
    return rows.select(
        tapahtumanro=pl.format("y{}", pl.int_range(1, pl.len() + 1)),
        asiakasnro="asiakasnro",
        kanava="kanava",
        suunta=pl.lit("saapuva"),
        alkoi="alkoi",
        päättyi=pl.col("alkoi") + pl.duration(seconds="seconds"),
        aihe="aihe",
        tulos="tulos",
        tiimi="tiimi",
    )


def fair(dice: Dice, people: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """The columns of lista_messut_*.csv: people who left their address at a fair, known by it."""
    rng = dice.of("fair")
    only_theirs = people.filter(pl.col("email").is_not_null() & ~pl.col("email").is_duplicated())
    came = only_theirs.filter(pl.Series(rng.random(only_theirs.height) < 0.03))
    held = as_of - timedelta(days=40)
    return came.select(
        sähköposti="email", lisätty=pl.lit(held), poistetaan=pl.lit(held + timedelta(days=KEPT_DAYS))
    )

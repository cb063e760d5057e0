"""E-mail addresses and phone numbers of people who do not exist, in the spellings that people write."""

from __future__ import annotations

import numpy as np
import polars as pl

from campaigns.demo.dice import Dice, Integers, choose

# Reserved for examples (RFC 2606, RFC 6761): no message to them reaches anybody.
DOMAINS = (
    "posti.example",
    "kotiposti.example",
    "lahtinen.example",
    "example.com",
    "example.org",
    "example.net",
)
# No Finnish numbers are set aside for fiction; these are too long to be given out, yet well-formed.
_MOBILE = "483"
SPELLINGS = ("0{}", "+358 {}", "00358{}", "(0){}", "+358 (0){}")


def some_domains(dice: Dice, topic: str, count: int) -> pl.Series:
    """That many mail domains."""
    return choose(dice.of(f"domains:{topic}"), DOMAINS, count)


def emails(people: pl.DataFrame) -> pl.Series:
    """first.last@domain from first_name, last_name and domain, numbered where a name comes again."""
    plain = people.select(
        "domain",
        local=pl.concat_str(["first_name", "last_name"], separator=".", ignore_nulls=True)
        .str.to_lowercase()
        .str.normalize("NFKD")
        .str.replace_all(r"[^a-z.\-]", "")
        .str.strip_chars("."),
    )
    again = pl.int_range(pl.len()).over("local", "domain")
    local = pl.when(again == 0).then("local").otherwise(pl.format("{}{}", "local", again + 1))
    return plain.select(pl.format("{}@{}", local, "domain")).to_series()


def e164(numbers: pl.Expr) -> pl.Expr:
    """The number that all spellings of `phones` mean."""
    return pl.format("+358{}{}", pl.lit(_MOBILE), numbers.cast(pl.String).str.zfill(7))


def phones(dice: Dice, topic: str, numbers: Integers) -> pl.Series:
    """A mobile number of their own for each number (below ten million), written in one of five ways."""
    rng = dice.of(f"phones:{topic}")
    style = rng.integers(0, len(SPELLINGS), len(numbers))
    spaced = rng.random(len(numbers)) < 0.5
    frame = pl.DataFrame({"number": numbers, "style": style, "spaced": spaced}).with_columns(
        digits=pl.format("{}{}", pl.lit(_MOBILE), pl.col("number").cast(pl.String).str.zfill(7))
    )
    split = pl.format(
        "{} {} {}",
        pl.col("digits").str.slice(0, 2),
        pl.col("digits").str.slice(2, 4),
        pl.col("digits").str.slice(6),
    )
    body = pl.when("spaced").then(split).otherwise("digits")
    ways = [pl.when(style=way).then(pl.format(text, body)) for way, text in enumerate(SPELLINGS)]
    return frame.select(pl.coalesce(ways)).to_series()


def switchboards(count: int) -> pl.Series:
    """Numbers of companies in a service series, which no text message reaches."""
    frame = pl.DataFrame({"last": np.arange(count) % 10_000})
    return frame.select(pl.format("029 000 {}", pl.col("last").cast(pl.String).str.zfill(4))).to_series()


def blank(values: pl.Series, rng: np.random.Generator, part: float) -> pl.Series:
    """The values with a part of them missing."""
    gone = pl.Series(rng.random(len(values)) < part)
    return (
        pl.DataFrame({"v": values, "gone": gone})
        .select(pl.when("gone").then(None).otherwise("v"))
        .to_series()
    )

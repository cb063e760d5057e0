"""Who lives in the town: customers in their homes, people who are not customers, and who lived where when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from campaigns.demo import homes, names
from campaigns.demo.dice import Dice, Integers, choose, pick, share, some

LANGUAGES = {"fi": 0.905, "sv": 0.045, "en": 0.05}
_BY_LANGUAGE = {
    "fi": (names.FINNISH_FIRST, names.FINNISH_LAST),
    "sv": (names.SWEDISH_FIRST, names.SWEDISH_LAST),
    "en": (names.ENGLISH_FIRST, names.ENGLISH_LAST),
}
# People who are not customers, by how we came to know them: a part of the number of customers.
STRANGERS = {
    "subscriber": 0.06,
    "prospect": 0.03,
    "quote_requester": 0.03,
    "raffle_participant": 0.03,
    "event_participant": 0.025,
    "callback_requester": 0.008,
    "portal_user": 0.006,
    "website_visitor": 0.004,
    "partner": 0.003,
}


@dataclass(frozen=True, kw_only=True)
class Settled:
    """People (one row each), homes, and stays: person, site, start, end (NULL while they live there)."""

    people: pl.DataFrame
    homes: pl.DataFrame
    stays: pl.DataFrame


@dataclass(frozen=True, kw_only=True)
class _Counts:
    """How the customers divide: main holders, second members of a household, people who moved away."""

    main: int
    second: int
    former: int
    movers: int
    two_sites: int

    @classmethod
    def of(cls, customers: int) -> _Counts:
        second, former = share(customers, 0.05), share(customers, 0.06, least=2)
        movers, two_sites = share(customers, 0.04), share(customers, 0.045)
        return cls(
            main=customers - second - former,
            second=second,
            former=former,
            movers=movers,
            two_sites=two_sites,
        )


def settle(dice: Dice, customers: int, as_of: date) -> Settled:
    """That many customers (present and former) and, besides, strangers, with their homes."""
    counts = _Counts.of(customers)
    places = _places(dice, counts)
    movements = _movements(dice, counts, as_of)
    people = _customers(dice, counts, places, movements, as_of)
    others = _strangers(dice, customers, as_of, first=customers)
    stays = _stays(dice, counts, movements)
    start = as_of - pl.duration(days="start_days")
    stays = stays.join(people.select("person", "since"), on="person", maintain_order="left").select(
        "person",
        "site",
        start=pl.max_horizontal(start, "since"),
        end=as_of - pl.duration(days="end_days"),
    )
    return Settled(people=pl.concat([people, others], how="diagonal"), homes=places, stays=stays)


def full_names(dice: Dice, topic: str, language: pl.Series) -> pl.DataFrame:
    """first_name and last_name for each language; Swedish speakers have Finnish surnames now and then."""
    rng = dice.of(f"names:{topic}")
    frame = pl.DataFrame({"language": language})
    for word, (first, last) in _BY_LANGUAGE.items():
        frame = frame.with_columns(
            choose(rng, first, frame.height).alias(f"first_{word}"),
            choose(rng, last, frame.height).alias(f"last_{word}"),
        )
    pairs = [pl.when(language=word).then(f"first_{word}").alias(word) for word in _BY_LANGUAGE]
    lasts = [pl.when(language=word).then(f"last_{word}").alias(word) for word in _BY_LANGUAGE]
    return frame.select(first_name=pl.coalesce(pairs), last_name=pl.coalesce(lasts))


def days_before(as_of: date, days: Integers) -> pl.Series:
    """Dates that many days before."""
    return pl.DataFrame({"days": days}).select(as_of - pl.duration(days="days")).to_series()


def _places(dice: Dice, counts: _Counts) -> pl.DataFrame:
    extra = counts.second + counts.two_sites
    cottages = extra * 3 // 5
    return pl.concat(
        [
            homes.build(dice, "main", counts.main),
            homes.build(dice, "cottages", cottages, kind="cottage", first=counts.main),
            homes.build(dice, "flats", extra - cottages, kind="flat", first=counts.main + cottages),
        ]
    )


@dataclass(frozen=True, kw_only=True)
class _Movements:
    """`since`: days since each main holder became a customer; `here`: since they live where they live now.

    `old_home`: the home that movers and then former customers left, `left`: how many days ago.
    """

    since: Integers
    here: Integers
    movers: Integers
    old_home: Integers
    left: Integers


def _movements(dice: Dice, counts: _Counts, as_of: date) -> _Movements:
    rng = dice.of("movements")
    since = np.minimum(45 + rng.gamma(1.4, 1900, counts.main), (as_of - date(1996, 1, 1)).days).astype(
        np.int64
    )
    chosen = rng.permutation(counts.main)[: 2 * counts.movers + counts.former]
    movers, old_home = chosen[: counts.movers], chosen[counts.movers :]
    left = rng.integers(20, 760, len(old_home))
    since[old_home] = np.maximum(
        left - rng.integers(1, 20, len(old_home)), 2
    )  # the next holder came soon after
    here = since.copy()
    since[movers] = np.maximum(since[movers], left[: counts.movers] + 200)
    here[movers] = left[: counts.movers] + 3
    return _Movements(since=since, here=here, movers=movers, old_home=old_home, left=left)


def _customers(
    dice: Dice, counts: _Counts, places: pl.DataFrame, movements: _Movements, as_of: date
) -> pl.DataFrame:
    rng = dice.of("customers")
    household = some(rng, counts.main, counts.second)
    home = np.concatenate([np.arange(counts.main), household, np.full(counts.former, -1)])
    total = counts.main + counts.second + counts.former
    language = pick(rng, LANGUAGES, total)
    language = pl.concat(
        [language[: counts.main], language[household], language[counts.main + counts.second :]]
    )
    people = full_names(dice, "customers", language)
    same_name = rng.random(counts.second) < 0.8
    last = people["last_name"].to_numpy().copy()
    span = slice(counts.main, counts.main + counts.second)
    last[span] = np.where(same_name, last[household], last[span])
    left = movements.left[counts.movers :]
    since = np.concatenate(
        [
            movements.since,
            rng.integers(200, 4000, counts.second),
            left + rng.integers(200, 4000, counts.former),
        ]
    )
    until = pl.concat([pl.Series([None] * (total - counts.former), dtype=pl.Date), days_before(as_of, left)])
    address = _addresses(dice, places, home)
    return pl.DataFrame(
        {
            "person": np.arange(total),
            "home": pl.Series(home).replace(-1, None),
            "kind": _kinds(rng, counts, total),
            "language": language,
            "birth_year": as_of.year - np.clip(rng.normal(52, 17, total), 19, 97).astype(np.int64),
            "first_name": people["first_name"],
            "last_name": pl.Series(last, dtype=pl.String),
            "since": days_before(as_of, since),
            "until": until,
            "relationship": pl.Series([None] * total, dtype=pl.String),
        }
    ).hstack(address)


def _kinds(rng: np.random.Generator, counts: _Counts, total: int) -> pl.Series:
    kinds = np.full(total, "consumer", dtype=object)
    special = rng.permutation(counts.main)
    estates, traders = share(counts.main, 0.004), share(counts.main, 0.03)
    kinds[special[:estates]] = "estate"
    kinds[special[estates : estates + traders]] = "sole_trader"
    return pl.Series(kinds, dtype=pl.String)


def _addresses(dice: Dice, places: pl.DataFrame, home: Integers) -> pl.DataFrame:
    """Where each customer gets letters: home, or a town elsewhere for those who left."""
    gone = int((home < 0).sum())
    rng = dice.of("addresses:former")
    away = homes.areas(rng, gone, "elsewhere").select("postal_code", "city")
    away = away.with_columns(street=homes.streets(rng, gone, flat=pl.Series(rng.random(gone) < 0.7)))
    here = places[home[home >= 0]].select("street", "postal_code", "city")
    return pl.concat([here, away.select("street", "postal_code", "city")])


def _stays(dice: Dice, counts: _Counts, movements: _Movements) -> pl.DataFrame:
    """person, site, and how many days ago the stay began and ended."""
    rng = dice.of("stays")
    extra = counts.second + counts.two_sites
    seconds = np.arange(counts.main, counts.main + counts.second)
    owners = rng.permutation(np.concatenate([seconds, some(rng, counts.main, counts.two_sites)]))
    former = np.arange(counts.main + counts.second, counts.main + counts.second + counts.former)
    leavers = np.concatenate([movements.movers, former])
    # a former customer's first day lies before the stay ends, as their own `since` says
    started = movements.left + rng.integers(150, 190, len(leavers))
    parts = [
        (np.arange(counts.main), np.arange(counts.main), movements.here, None),
        (owners, counts.main + np.arange(extra), rng.integers(60, 3000, extra), None),
        (leavers, movements.old_home, started, movements.left),
    ]
    return pl.concat(
        [
            pl.DataFrame(
                {"person": person, "site": site, "start_days": start, "end_days": end},
                schema={
                    "person": pl.Int64, "site": pl.Int64, "start_days": pl.Int64, "end_days": pl.Int64,
                },
            )
            for person, site, start, end in parts
        ]
    )  # fmt: skip


def _strangers(dice: Dice, customers: int, as_of: date, *, first: int) -> pl.DataFrame:
    """People known for another reason than a contract; some of the raffle's and the fair's are minors."""
    rng = dice.of("strangers")
    words = [word for word, part in STRANGERS.items() for _ in range(share(customers, part))]
    count = len(words)
    relationship = pl.Series("relationship", words)
    language = pick(rng, LANGUAGES, count)
    minors = np.isin(relationship.to_numpy(), ("raffle_participant", "event_participant", "subscriber"))
    minors &= rng.random(count) < 0.08
    minors[words.index("raffle_participant")] = True
    age = np.where(
        minors, rng.integers(10, 17, count), np.clip(rng.normal(45, 16, count), 18, 92).astype(np.int64)
    )
    place = homes.areas(rng, count, "home").select("postal_code", "city")
    no_address = pl.Series(rng.random(count) < np.where(relationship.to_numpy() == "subscriber", 0.7, 0.25))
    frame = pl.DataFrame(
        {
            "person": np.arange(first, first + count),
            "kind": np.where(minors, "minor", "consumer"),
            "language": language,
            "birth_year": as_of.year - age,
            "since": days_before(as_of, rng.integers(5, 1100, count)),
            "relationship": relationship,
            "street": homes.streets(rng, count, flat=pl.Series(rng.random(count) < 0.5)),
        }
    ).hstack([*place, *full_names(dice, "strangers", language)])
    hidden = [
        pl.when(no_address).then(None).otherwise(pl.col(name)).alias(name)
        for name in ("street", "postal_code", "city")
    ]
    unknown_age = pl.Series(rng.random(count) < 0.3) & ~pl.Series(minors)
    return frame.with_columns(*hidden, birth_year=pl.when(unknown_age).then(None).otherwise("birth_year"))

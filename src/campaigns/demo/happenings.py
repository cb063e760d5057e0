"""What people did and what happened to them in two years: visits, quotes, contracts, meetings, complaints.

Every function gives rows of: person, name, at (Datetime UTC), and the properties page, product, occasion,
draw, survey, question, answer, issue, link, where they apply.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import numpy as np
import polars as pl

from campaigns.demo.dice import Dice, Floats, Integers, choose, pick
from campaigns.demo.grid import ZONE

DAYS = 730
PAGES = {
    "front": 0.3, "contracts": 0.16, "spot_price": 0.16, "outages": 0.12, "heat_pumps": 0.09, "solar": 0.07,
    "ev_charging": 0.05, "district_heat": 0.05,
}  # fmt: skip
PURCHASES = {"ev_charger": 0.3, "heat_pump": 0.25, "solar_panels": 0.25, "energy_check": 0.2}
ISSUES = 24  # newsletters in two years, one a month
PROPERTIES = ("page", "product", "occasion", "draw", "survey", "question", "answer", "issue", "link")
WINNERS = 0.1  # of those who entered a raffle


def web(dice: Dice, people: pl.DataFrame, interests: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """Page visits, quotes, purchases, portal registrations, surveys, raffles, events.

    `interests`: person and heating of those who hold a home; oil and electric heating lead to heat pumps.
    """
    people = people.join(interests, on="person", how="left", maintain_order="left")
    entered = _once(dice, "raffle_entered", people, 0.05, as_of, certain="raffle_participant",
                    draw={"spring": 0.5, "autumn": 0.5})  # fmt: skip
    parts = [
        _visits(dice, people, as_of),
        _quotes(dice, people, as_of),
        _once(dice, "made_purchase", people, 0.12, as_of, product=PURCHASES),
        _once(dice, "portal_registered", people, 0.45, as_of, certain="portal_user"),
        _once(dice, "event_attended", people, 0.05, as_of, certain="event_participant",
              occasion={"energy_evening": 0.6, "open_doors": 0.4}),
        entered,
        _won(dice, entered, as_of),
        _once(dice, "callback_requested", people, 0.01, as_of, certain="callback_requester"),
        _surveys(dice, people, as_of),
    ]  # fmt: skip
    return _together(parts)


def service(
    dice: Dice, people: pl.DataFrame, contracts: pl.DataFrame, stays: pl.DataFrame, as_of: date
) -> pl.DataFrame:
    """What customer service and sales wrote down: contracts, moves, complaints, meetings."""
    customers = people.filter(pl.col("relationship").is_null() & pl.col("company").is_null())
    business = people.filter(pl.col("kind") == "business_contact")
    return _together(
        [
            _signed(dice, contracts, as_of),
            _moves(dice, stays, as_of),
            _complaints(dice, customers, as_of),
            _meetings(dice, business, as_of),
        ]
    )


def newsletter(dice: Dice, readers: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """Opens and clicks of the monthly newsletter: `readers` has person and subscribed (date)."""
    rng = dice.of("newsletter")
    interest = rng.beta(0.8, 1.6, readers.height)
    sent = np.array([(as_of - timedelta(days=12 + 30 * issue)).toordinal() for issue in range(ISSUES)])
    since = readers["subscribed"].dt.epoch("d").to_numpy() + date(1970, 1, 1).toordinal()
    could = since[:, None] <= sent[None, :]
    opened = could & (rng.random(could.shape) < np.clip(interest * 1.5, 0, 0.9)[:, None])
    clicked = opened & (rng.random(could.shape) < np.clip(interest, 0.02, 0.6)[:, None])
    delay = rng.exponential(1.2, could.shape)
    frames = []
    for name, flags in (("newsletter_opened", opened), ("newsletter_clicked", clicked)):
        reader, issue = np.nonzero(flags)
        days = (as_of.toordinal() - sent[issue]) - np.minimum(delay[reader, issue], 9)
        frames.append(
            pl.DataFrame(
                {
                    "person": readers["person"].to_numpy()[reader],
                    "name": [name] * len(reader),
                    "at": moments(rng, as_of, days),
                    "issue": pl.Series(ISSUES - issue).cast(pl.String),
                    "link": pick(rng, PAGES, len(reader)),
                }
            ).with_columns(link=pl.when(name="newsletter_clicked").then("link"))
        )
    return _together(frames)


def moments(rng: np.random.Generator, as_of: date, days: Floats | Integers) -> pl.Series:
    """Times that many days before today, between 7 and 22 o'clock as most things happen."""
    start = datetime.combine(as_of, time(), ZONE)
    seconds = rng.integers(7 * 3600, 22 * 3600, len(days))
    frame = pl.DataFrame({"days": np.ceil(days).astype(np.int64), "seconds": seconds})
    moment = pl.lit(start.replace(tzinfo=None)) - pl.duration(days="days") + pl.duration(seconds="seconds")
    return frame.select(
        moment.dt.replace_time_zone(ZONE.key).dt.convert_time_zone("UTC").dt.cast_time_unit("us")
    ).to_series()


def _together(frames: list[pl.DataFrame]) -> pl.DataFrame:
    """In order of time, with a column for every property."""
    rows = pl.concat(frames, how="diagonal")
    missing = [pl.lit(None, pl.String).alias(name) for name in PROPERTIES if name not in rows.columns]
    return (
        rows.with_columns(missing)
        .select("person", "name", "at", *PROPERTIES)
        .sort("at", "person", "name", maintain_order=True)
    )


def _visits(dice: Dice, people: pl.DataFrame, as_of: date) -> pl.DataFrame:
    rng = dice.of("visits")
    active = rng.random(people.height) < 0.5
    each = np.where(active, rng.poisson(rng.gamma(1.2, 5.0, people.height)), 0)
    visitor = np.repeat(np.arange(people.height), each)
    page = pick(rng, PAGES, len(visitor))
    burns = people["heating"].is_in(["oil", "direct_electric"]).fill_null(value=False).to_numpy()[visitor]
    pumps = pl.Series(burns & (rng.random(len(visitor)) < 0.18))
    days = np.minimum(rng.exponential(240, len(visitor)) + 0.5, DAYS)
    return pl.DataFrame(
        {
            "person": people["person"].to_numpy()[visitor],
            "name": ["page_visited"] * len(visitor),
            "at": moments(rng, as_of, days),
            "page": page.set(pumps, "heat_pumps"),
        }
    )


def _quotes(dice: Dice, people: pl.DataFrame, as_of: date) -> pl.DataFrame:
    return _once(
        dice, "quote_requested", people, 0.07, as_of, certain="quote_requester",
        product={"heat_pump": 0.4, "solar_panels": 0.3, "electricity_contract": 0.3},
    )  # fmt: skip


def _once(
    dice: Dice,
    name: str,
    people: pl.DataFrame,
    part: float,
    as_of: date,
    *,
    certain: str = "",
    **properties: dict[str, float],
) -> pl.DataFrame:
    """One such event for a part of the people, and for all whom we know by it (on the day they came)."""
    rng = dice.of(f"happenings:{name}")
    known = (people["relationship"] == certain).fill_null(value=False).to_numpy()
    chosen = people.filter(pl.Series((rng.random(people.height) < part) | known))
    came = (as_of - chosen["since"]).dt.total_days().to_numpy()
    by_it = (chosen["relationship"] == certain).fill_null(value=False).to_numpy()
    days = np.where(by_it, came, rng.integers(2, DAYS, chosen.height))
    return pl.DataFrame(
        {
            "person": chosen["person"],
            "name": [name] * chosen.height,
            "at": moments(rng, as_of, np.maximum(days, 1)),
            **{word: pick(rng, weights, chosen.height) for word, weights in properties.items()},
        }
    )


def _won(dice: Dice, entered: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """A few of those who entered, some days later; nothing of what has not been drawn yet."""
    rng = dice.of("raffle_won")
    lucky = entered.filter(pl.Series(rng.random(entered.height) < WINNERS))
    drawn = lucky.with_columns(pl.col("at").dt.offset_by("7d"), name=pl.lit("raffle_won"))
    return drawn.filter(pl.col("at").dt.date() < as_of)


def _surveys(dice: Dice, people: pl.DataFrame, as_of: date) -> pl.DataFrame:
    rng = dice.of("surveys")
    chosen = people.filter(pl.Series(rng.random(people.height) < 0.1))
    answer = np.clip(np.rint(rng.normal(7.4, 2.4, chosen.height)), 0, 10).astype(np.int64)
    return pl.DataFrame(
        {
            "person": chosen["person"],
            "name": ["survey_answered"] * chosen.height,
            "at": moments(rng, as_of, rng.integers(30, 60, chosen.height)),
            "survey": ["autumn"] * chosen.height,
            "question": ["nps"] * chosen.height,
            "answer": pl.Series(answer).cast(pl.String),
        }
    )


def _signed(dice: Dice, contracts: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """Each contract of the last two years was signed some days before it began; the next one is a renewal."""
    rng = dice.of("signed")
    held = contracts.filter(pl.col("person").is_not_null()).sort(
        "person", "site", "start", maintain_order=True
    )
    held = held.with_columns(
        again=pl.int_range(pl.len()).over("person", "site") > 0,
        days=(as_of - pl.col("start")).dt.total_days() + pl.lit(pl.Series(rng.integers(4, 25, held.height))),
    )
    held = held.with_columns(
        days=pl.max_horizontal("days", pl.lit(pl.Series(rng.integers(1, 40, held.height))))
    )
    recent = held.filter(pl.col("days") < DAYS)
    return recent.select(
        "person",
        name=pl.when("again").then(pl.lit("contract_renewed")).otherwise(pl.lit("contract_signed")),
        at=moments(rng, as_of, recent["days"].to_numpy()),
        product="product",
    )


def _moves(dice: Dice, stays: pl.DataFrame, as_of: date) -> pl.DataFrame:
    left = stays.filter(pl.col("end").is_not_null() & pl.col("person").is_not_null())
    days = (as_of - left["end"]).dt.total_days().to_numpy()
    rng = dice.of("moves")
    return left.select("person", name=pl.lit("moved_out"), at=moments(rng, as_of, np.maximum(days, 1)))


def _complaints(dice: Dice, customers: pl.DataFrame, as_of: date) -> pl.DataFrame:
    rng = dice.of("complaints")
    chosen = customers.filter(pl.Series(rng.random(customers.height) < 0.045))
    days = np.where(
        rng.random(chosen.height) < 0.25,
        rng.integers(1, 30, chosen.height),
        rng.integers(30, DAYS, chosen.height),
    )
    return chosen.select("person", name=pl.lit("complaint_opened"), at=moments(rng, as_of, days))


def _meetings(dice: Dice, business: pl.DataFrame, as_of: date) -> pl.DataFrame:
    rng = dice.of("meetings")
    each = rng.choice([0, 1, 2, 3], business.height, p=[0.4, 0.35, 0.15, 0.1])
    who = np.repeat(business["person"].to_numpy(), each)
    return pl.DataFrame(
        {
            "person": who,
            "name": ["meeting_held"] * len(who),
            "at": moments(rng, as_of, rng.integers(3, 800, len(who))),
            "occasion": choose(rng, ("visit", "call", "fair"), len(who)),
        }
    )

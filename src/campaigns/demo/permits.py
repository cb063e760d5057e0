"""The permission history: what people agreed to, took back, banned and objected to, with the proof of each.

Kinds, channels and purposes are words of `permissions`. A row says when it was true (`at`) and when it was
written down (`recorded`): paper takes days.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

from campaigns.demo.dice import Dice, Flags, Integers, pick, share
from campaigns.demo.grid import midnight
from campaigns.demo.happenings import DAYS, moments

NOTICE = "2023-06-26"
COOKIES = {"marketing": 0.7, "analytics_only": 0.2, "none": 0.1}
METHODS = {"web_form": 0.5, "phone": 0.2, "portal": 0.16, "paper": 0.08, "event": 0.06}
_EVIDENCE = {
    "web_form": "lomake",
    "phone": "puhelu",
    "portal": "portaali",
    "paper": "skannaus",
    "event": "messut",
    "double_opt_in": "linkki",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """A consent that people are asked for, and how many give it: of the willing and of the others.

    `kind` is `requested` where a second step must confirm it; only profiling has no channel.
    """

    purpose: str
    channel: str | None
    willing: float
    others: float
    taken_back: float
    kind: str = "granted"


@dataclass(frozen=True, kw_only=True, slots=True)
class Refused:
    """Something that people forbid or ask for, and which part of them does (of a kind or relationship)."""

    kind: str
    channel: str | None = None
    part: float
    among: str = ""


CONSENTS = (
    Asked(purpose="direct_marketing", channel="email", willing=0.80, others=0.26, taken_back=0.07),
    Asked(purpose="direct_marketing", channel="sms", willing=0.42, others=0.10, taken_back=0.06),
    Asked(purpose="direct_marketing", channel="phone", willing=0.18, others=0.04, taken_back=0.05),
    Asked(
        purpose="newsletter", channel="email", willing=0.82, others=0.22, taken_back=0.09, kind="requested"
    ),
    Asked(purpose="profiling", channel=None, willing=0.84, others=0.28, taken_back=0.04),
    Asked(purpose="online_advertising", channel="ad_audience", willing=0.18, others=0.04, taken_back=0.03),
)
REFUSALS = (
    Refused(kind="ban_all", part=0.025),
    Refused(kind="ban_channel", channel="phone", part=0.04),
    Refused(kind="ban_channel", channel="letter", part=0.02),
    Refused(kind="ban_channel", channel="email", part=0.015),
    Refused(kind="complaint", channel="email", part=0.003),
    Refused(kind="ban_company", part=0.04, among="company_role_address"),
    Refused(kind="profiling_objection", part=0.02),
    Refused(kind="research_objection", part=0.015),
    Refused(kind="restricted_marketing", part=0.002),
    Refused(kind="restricted_all", part=0.001),
    Refused(kind="objection_pending", part=0.001),
    Refused(kind="robinson_phone", part=0.12, among="prospect"),
    Refused(kind="robinson_post", part=0.08, among="prospect"),
    Refused(kind="register_ban", part=0.02, among="prospect"),
)
# How willing people are, by why we know them; customers are None.
_WILLING = {
    "subscriber": 0.5, "prospect": 0.1, "quote_requester": 0.45, "raffle_participant": 0.6,
    "event_participant": 0.5, "callback_requester": 0.3, "portal_user": 0.5, "website_visitor": 0.3,
    "partner": 0.4,
}  # fmt: skip


def history(dice: Dice, people: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """All events of the retail register in the order in which they were recorded.

    Columns: person, kind, channel, purpose, about, at, recorded, valid_until, method, text_version,
    text_language, notice_version, evidence.
    """
    rng = dice.of("permits")
    asked = people.filter(~pl.col("kind").is_in(["estate", "minor"]) & ~pl.col("deceased"))
    known = np.maximum((as_of - asked["since"]).dt.total_days().to_numpy(), 3)
    willing = _willing(rng, asked)
    given = [_given(rng, asked, known, willing, consent, as_of) for consent in CONSENTS]
    grants = pl.concat(given)
    events = [grants.drop("taken_back"), _confirmed(rng, grants), *_taken_back(rng, grants, as_of)]
    events += [_guardians(rng, people, as_of), _invalidated(rng, grants, as_of), _cookies(rng, people, as_of)]
    events += _refusals(dice, "retail", people, as_of)
    return _proven(dice, "retail", pl.concat(events, how="diagonal"), people, as_of)


def refusals_only(dice: Dice, people: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """As `history`, for a register that asks for no consents: bans, objections and restrictions."""
    refusals = pl.concat(_refusals(dice, "network", people, as_of))
    return _proven(dice, "network", refusals, people, as_of)


def rows(events: pl.DataFrame, people: pl.DataFrame, *, prefix: str) -> pl.DataFrame:
    """The columns of luvat_*.csv."""
    told = events.join(people.select("person", "number"), on="person", maintain_order="left")
    return told.select(
        tapahtumanro=pl.format("{}{}", pl.lit(prefix), pl.int_range(1, pl.len() + 1)),
        asiakasnro="number",
        laji="kind",
        kanava="channel",
        tarkoitus="purpose",
        about="about",  # the system's own column: topic, or what was chosen in the cookie banner
        aika="at",
        kirjattu="recorded",
        voimassa="valid_until",
        tapa="method",
        teksti="text_version",
        kieli="text_language",
        seloste="notice_version",
        todiste="evidence",
    )


def readers(events: pl.DataFrame) -> pl.DataFrame:
    """Who confirmed the newsletter: person and subscribed (date)."""
    confirmed = events.filter((pl.col("kind") == "confirmed") & (pl.col("purpose") == "newsletter"))
    return confirmed.group_by("person", maintain_order=True).agg(subscribed=pl.col("at").min().dt.date())


def _willing(rng: np.random.Generator, people: pl.DataFrame) -> Flags:
    part = people["relationship"].replace_strict(_WILLING, default=0.52, return_dtype=pl.Float64)
    part = part.scatter((people["kind"] == "business_contact").arg_true(), 0.45)
    flags: Flags = rng.random(people.height) < part.fill_null(0.52).to_numpy()
    return flags


def _given(
    rng: np.random.Generator,
    people: pl.DataFrame,
    known: Integers,
    willing: Flags,
    asked: Asked,
    as_of: date,
) -> pl.DataFrame:
    """Who gave this consent, and how many days ago; subscribers gave the newsletter's on their first day."""
    chance = np.where(willing, asked.willing, asked.others)
    subscribes = (people["relationship"] == "subscriber").fill_null(value=False).to_numpy()
    if asked.purpose == "newsletter":
        chance = np.where(subscribes, 1.0, chance)
    if asked.channel == "email":
        chance = np.where(people["email"].is_null().to_numpy(), 0.03, chance)
    chosen = np.flatnonzero(rng.random(people.height) < chance)
    days = np.minimum(rng.integers(15, 720, len(chosen)), known[chosen])
    if asked.purpose == "newsletter":
        days = np.where(subscribes[chosen], known[chosen], days)
    rows = {"person": people["person"].to_numpy()[chosen], "days": days, "at": moments(rng, as_of, days)}
    return pl.DataFrame(rows).with_columns(
        kind=pl.lit(asked.kind),
        channel=pl.lit(asked.channel, pl.String),
        purpose=pl.lit(asked.purpose),
        taken_back=pl.lit(asked.taken_back),
    )


def _confirmed(rng: np.random.Generator, grants: pl.DataFrame) -> pl.DataFrame:
    """The second step of the newsletter's double opt-in: a few never press the link."""
    subscribed = grants.filter(kind="requested").drop("taken_back")
    pressed = pl.Series(rng.random(subscribed.height) < 0.93)
    wait = pl.Series(rng.integers(1, 90, subscribed.height) * 60_000_000).cast(pl.Duration("us"))
    return subscribed.with_columns(
        kind=pl.lit("confirmed"), method=pl.lit("double_opt_in"), at=pl.col("at") + wait
    ).filter(pressed)


def _guardians(rng: np.random.Generator, people: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """Half of the minors' guardians let us write about what the child entered."""
    minors = people.filter(kind="minor")
    days = np.minimum(
        rng.integers(5, 400, minors.height), (as_of - minors["since"]).dt.total_days().to_numpy()
    )
    agreed = minors.select(
        "person",
        days=pl.Series(days),
        at=moments(rng, as_of, days),
        kind=pl.lit("guardian_granted"),
        channel=pl.lit("email"),
        purpose=pl.lit("direct_marketing"),
        method=pl.lit("paper"),
    )
    return agreed.filter(pl.Series(rng.random(minors.height) < 0.5) | (pl.int_range(pl.len()) == 0))


def _cookies(rng: np.random.Generator, people: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """What two thirds of the adults chose in the cookie banner of the web site, before their first visit."""
    adults = people.filter(pl.col("kind").is_in(["consumer", "sole_trader"]))
    visitors = adults.filter(pl.Series(rng.random(adults.height) < 0.66))
    days = np.full(visitors.height, DAYS + 5)
    return visitors.select(
        "person",
        days=pl.Series(days),
        at=moments(rng, as_of, days),
        kind=pl.lit("cookie_consent"),
        about=pick(rng, COOKIES, visitors.height),
        method=pl.lit("web_form"),
    )


def _invalidated(rng: np.random.Generator, grants: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """A few consents that we found to be none: the box of an old form was ticked beforehand."""
    old = grants.filter((pl.col("kind") == "granted") & (pl.col("days") > 200)).drop("taken_back")
    found = old.filter(pl.Series(rng.random(old.height) < 0.006) | (pl.int_range(pl.len()) == 0))
    days = np.full(found.height, 120)
    return found.with_columns(kind=pl.lit("invalidated"), days=pl.Series(days), at=moments(rng, as_of, days))


def _taken_back(rng: np.random.Generator, grants: pl.DataFrame, as_of: date) -> list[pl.DataFrame]:
    """Withdrawals some time after; one in eight consents again."""
    back = grants.filter(pl.Series(rng.random(grants.height)) < pl.col("taken_back")).drop("taken_back")
    later = (back["days"].to_numpy() * rng.uniform(0.05, 0.95, back.height)).astype(np.int64)
    later = np.maximum(later, 1)
    withdrawn = back.with_columns(
        kind=pl.lit("withdrawn"), days=pl.Series(later), at=moments(rng, as_of, later)
    )
    withdrawn = withdrawn.filter(pl.col("days") < back["days"])
    again = withdrawn.filter((pl.col("days") > 2) & pl.Series(rng.random(withdrawn.height) < 0.12))
    again = again.filter(pl.col("purpose") != "newsletter")  # who comes back there subscribes anew
    again = again.with_columns(kind=pl.lit("granted"), days=pl.col("days") // 2)
    again = again.with_columns(at=moments(rng, as_of, again["days"].to_numpy()))
    return [withdrawn, again]


def _refusals(dice: Dice, topic: str, people: pl.DataFrame, as_of: date) -> list[pl.DataFrame]:
    """Bans, objections and restrictions: each by a few people, told in a call, a letter or through a link."""
    rng = dice.of(f"permits:refusals:{topic}")
    known = np.maximum((as_of - people["since"]).dt.total_days().to_numpy(), 3)

    def some_people(refusal: Refused) -> pl.DataFrame:
        word = pl.lit(refusal.among)
        asked = people.select(word.is_in([""]) | (pl.col("kind") == word) | (pl.col("relationship") == word))
        candidates = asked.to_series().fill_null(value=False).arg_true().to_numpy()
        chosen = rng.permutation(candidates)[: share(len(candidates), refusal.part)]
        days = np.minimum(rng.integers(2, 700, len(chosen)), known[chosen])
        rows = {"person": people["person"].to_numpy()[chosen], "days": days, "at": moments(rng, as_of, days)}
        return pl.DataFrame(rows).with_columns(
            kind=pl.lit(refusal.kind),
            channel=pl.lit(refusal.channel, pl.String),
            purpose=pl.lit(None, pl.String),
            about=pl.lit(None, pl.String),
            method=pl.lit(None, pl.String),
        )

    refusals = [some_people(refusal) for refusal in REFUSALS]
    return [*refusals, _lifted(rng, pl.concat(refusals), as_of)]


def _lifted(rng: np.random.Generator, refusals: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """Every other restriction is over by now."""
    restricted = refusals.filter(pl.col("kind").str.starts_with("restricted"), pl.col("days") > 2)
    over = restricted.filter(pl.int_range(pl.len()) % 2 == 0).with_columns(
        kind=pl.lit("restriction_lifted"), days=pl.col("days") // 2
    )
    return over.with_columns(at=moments(rng, as_of, over["days"].to_numpy()))


def _proven(dice: Dice, topic: str, events: pl.DataFrame, people: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """Times, methods and proof; some old grants have no proof, some have run out."""
    rng = dice.of(f"permits:proof:{topic}")
    count = events.height
    grant = events["kind"].is_in(["granted", "requested"]).to_numpy()
    unproven = grant & (rng.random(count) < 0.03)
    expired = grant & ~unproven & (rng.random(count) < 0.015)
    drawn = pick(rng, METHODS, count)
    method = events.select(pl.coalesce("method", pl.lit(drawn))).to_series()
    paper = (method == "paper").to_numpy()
    slow = np.where(paper, rng.integers(3 * 86_400, 14 * 86_400, count), rng.integers(1, 3600, count))
    known = pl.col("at") + pl.Series(slow * 1_000_000).cast(pl.Duration("us"))
    code = pl.Series([f"{number:08x}" for number in rng.integers(0, 2**32, count)], dtype=pl.String)
    proof = method.replace_strict(_EVIDENCE, return_dtype=pl.String)
    frame = events.with_columns(
        recorded=pl.min_horizontal(known, pl.lit(midnight(as_of)).dt.cast_time_unit("us")),
        valid_until=pl.when(pl.Series(expired)).then(pl.lit(as_of) - timedelta(days=20)),
        method=method,
        text_version=pl.format("lupa-{}", pl.col("at").dt.year()),
        notice_version=pl.lit(NOTICE),
        evidence=pl.format("{}-{}", pl.lit(proof), pl.lit(code)),
    ).join(people.select("person", text_language="language"), on="person", maintain_order="left")
    lost = ("method", "text_version", "text_language", "notice_version", "evidence")
    nothing = [pl.when(~pl.Series(unproven)).then(pl.col(name)).alias(name) for name in lost]
    return frame.with_columns(nothing).sort("recorded", "person", "kind", maintain_order=True)

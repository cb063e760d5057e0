from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from campaigns.demo import permits
from campaigns.demo.dice import Dice
from campaigns.demo.grid import midnight
from campaigns.permissions.events import KINDS

AS_OF = date(2026, 11, 24)


@pytest.fixture(scope="module")
def said(dice: Dice, everybody: pl.DataFrame) -> pl.DataFrame:
    return permits.history(dice, everybody, AS_OF)


@pytest.mark.parametrize(
    ("purpose", "lowest", "highest"),
    [("direct_marketing", 0.4, 0.65), ("newsletter", 0.35, 0.6), ("profiling", 0.45, 0.7)],
)
def test_about_half_of_the_customers_consent(
    said: pl.DataFrame, everybody: pl.DataFrame, purpose: str, lowest: float, highest: float
) -> None:
    customers = everybody.filter(pl.col("relationship").is_null(), pl.col("company").is_null())
    grants = said.filter(
        pl.col("purpose") == purpose,
        pl.col("kind").is_in(["granted", "requested"]),
        pl.col("channel").fill_null("email") == "email",
    )
    assert lowest < customers.join(grants, on="person", how="semi").height / customers.height < highest


def test_who_lets_us_write_mostly_lets_us_profile(said: pl.DataFrame) -> None:
    granted = said.filter(kind="granted")
    written = set(granted.filter(purpose="direct_marketing", channel="email")["person"])
    profiled = set(granted.filter(purpose="profiling")["person"])
    assert len(written & profiled) > 0.6 * len(written)


def test_every_loss_has_its_cause(said: pl.DataFrame) -> None:
    grants = said.filter(pl.col("kind").is_in(["granted", "requested"]))
    requested, confirmed = (
        said.filter(kind=kind)["person"].n_unique() for kind in ("requested", "confirmed")
    )
    assert 0.85 < confirmed / requested < 0.99
    assert 0.01 < grants["evidence"].null_count() / grants.height < 0.06
    assert grants.filter(pl.col("valid_until") < AS_OF).height > 5
    assert grants.filter(pl.col("valid_until") >= AS_OF).is_empty()
    counts = dict(said["kind"].value_counts().iter_rows())
    assert counts["withdrawn"] > 50
    assert min(counts[refusal.kind] for refusal in permits.REFUSALS) >= 1


def test_words_come_in_order(said: pl.DataFrame) -> None:
    given = said.filter(pl.col("kind").is_in(["granted", "requested"]))
    first = given.group_by("person", "purpose", "channel").agg(pl.col("at").min())
    for kind in ("confirmed", "withdrawn"):
        after = said.filter(kind=kind).join(
            first, on=["person", "purpose", "channel"], nulls_equal=True, suffix="_given"
        )
        assert after.height == said.filter(kind=kind).height
        assert (after["at"] > after["at_given"]).all()


def test_nothing_is_written_down_before_it_happens_or_after_today(said: pl.DataFrame) -> None:
    assert (said["recorded"] >= said["at"]).all()
    assert said["recorded"].max() <= midnight(AS_OF)
    assert said["recorded"].is_sorted()


def test_paper_takes_days(said: pl.DataFrame) -> None:
    waited = (said["recorded"] - said["at"]).dt.total_days()
    old = said["recorded"] < midnight(date(2026, 11, 1))
    assert (waited.filter(old & (said["method"] == "paper")) >= 3).all()
    assert (waited.filter(said["method"] == "portal") == 0).all()


@pytest.mark.parametrize("register", ["retail", "network"])
def test_every_word_is_one_that_permissions_know(
    register: str, dice: Dice, said: pl.DataFrame, everybody: pl.DataFrame
) -> None:
    events = said if register == "retail" else permits.refusals_only(dice, everybody, AS_OF)
    for row in events.iter_rows(named=True):
        word = KINDS[row["kind"]]
        needed = [field for field in word.needs if not (field == "channel" and row["purpose"] == "profiling")]
        assert all(row[field] is not None for field in needed if field in row)
        assert all(
            row[field] is None
            for field in ("channel", "purpose", "about")
            if field not in (*word.needs, *word.may)
        )


def test_neither_estates_nor_minors_nor_the_dead_consent(said: pl.DataFrame, everybody: pl.DataFrame) -> None:
    none = everybody.filter(pl.col("kind").is_in(["estate", "minor"]) | pl.col("deceased"))
    assert said.filter(kind="granted").join(none, on="person", how="semi").is_empty()


def test_subscribers_subscribe_on_their_first_day(said: pl.DataFrame, everybody: pl.DataFrame) -> None:
    subscribers = everybody.filter(relationship="subscriber", kind="consumer")
    grants = said.filter(kind="requested").group_by("person").agg(pl.col("at").min())
    first = subscribers.join(grants, on="person")
    assert first.height == subscribers.filter(pl.col("deceased").not_()).height
    assert (first["at"].dt.date() == first["since"]).all()

"""The last steps of a segment: one person a company, the limit, the control group.

Each takes the people who are still in and gives those who stay, so that every step sees only whom the steps
before it left.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import polars as pl

from campaigns.engine import Engine, queries
from campaigns.segments.drawing import cut_off
from campaigns.segments.model import ControlGroup, Limit, OnePer, Segment

SQL = queries.load(__package__)


def one_per(
    db: Engine, people: pl.DataFrame, rule: OnePer, segment: Segment, as_of: date, zone: ZoneInfo
) -> pl.DataFrame:
    """One person of each company; people without a company all stay."""
    shared = {"controller": segment.controller, "as_of": as_of}
    companies = db.query(SQL["companies"], shared)
    ranked = _with_lots(db, people, segment.name).join(companies, on="person_id", how="left")
    if rule.prefer == "lot":
        ranked = ranked.with_columns(preferred=pl.lit(0, pl.Int64))
    else:
        until = datetime.combine(as_of + timedelta(days=1), time(), tzinfo=zone).astimezone(UTC)
        given = {"latest_activity": {"controller": segment.controller, "until": until}}
        found = db.query(SQL[rule.prefer], given.get(rule.prefer, shared))
        ranked = ranked.join(found, on="person_id", how="left")
    ranked = ranked.sort("preferred", "lot", "person_id", descending=[True, False, False], nulls_last=True)
    alone = ranked.filter(pl.col("company_id").is_null())
    employed = ranked.filter(pl.col("company_id").is_not_null())
    first = employed.unique("company_id", keep="first", maintain_order=True)
    return pl.concat([alone, first]).select("person_id")


def limit(db: Engine, people: pl.DataFrame, rule: Limit, segment: Segment) -> pl.DataFrame:
    """At most so many people: the highest (or lowest) values first, equals and unknown ones by lot."""
    if len(people) <= rule.at_most:
        return people.select("person_id")
    ranked = _with_lots(db, people, segment.name)
    if rule.order is None:
        ranked = ranked.sort("lot", "person_id")
    else:
        ranked = ranked.sort(
            "order_value", "lot", "person_id", descending=[rule.order.highest, False, False], nulls_last=True
        )
    return ranked.head(rule.at_most).select("person_id")


def control_group(db: Engine, people: pl.DataFrame, rule: ControlGroup) -> pl.DataFrame:
    """The people who are drawn to get nothing."""
    drawn = pl.col("lot") < cut_off(rule.share)
    return _with_lots(db, people, rule.name).filter(drawn).select("person_id")


def _with_lots(db: Engine, people: pl.DataFrame, name: str) -> pl.DataFrame:
    db.register("drawn_people", people.select("person_id"))
    return people.join(db.query(SQL["lots"], {"name": name}), on="person_id", how="left")

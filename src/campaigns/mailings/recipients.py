"""What messages need to know of people: values for the template and the address, some thousand at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import polars as pl

from campaigns.engine import queries

if TYPE_CHECKING:
    from campaigns.content.templates import Template
    from campaigns.engine import Engine

SQL = queries.load(__package__, "recipients.sql")


@dataclass(frozen=True, kw_only=True, slots=True)
class Recipient:
    """One person's values: a mapping a group (`person`, `site`, …), the language they speak, the address."""

    language: str | None
    address: str | None
    values: Mapping[str, Mapping[str, Any]]


def values_of(
    db: Engine, asked: pl.DataFrame, *, template: Template, controller: str, channel: str, day: date
) -> pl.DataFrame:
    """What the template names, for each row of `asked` (`person_id`, `site_id`), in the same order.

    Columns: `person_id, known` (in the register), `language, address`, and one a name, such as
    `person.first_name`. One query a group that the template uses; nobody is left out, what is not known is
    NULL.
    """
    shared = {"controller": controller, "day": day}
    found = _people(db, asked, controller=controller, channel=channel, day=day)
    uses = template.uses
    if _any(uses, "company."):
        found = found.join(
            db.query(SQL["companies"], shared), on="person_id", how="left", maintain_order="left"
        )
    if _any(uses, "site."):
        sites = db.query(SQL["sites"], {"controller": controller})
        found = found.join(sites, on="site_id", how="left", maintain_order="left")
    if _any(uses, "contract.") or _any(uses, "metric."):
        contracts = db.query(SQL["contracts"], shared)
        found = found.join(contracts, on=["person_id", "site_id"], how="left", maintain_order="left")
    if _any(uses, "metric."):
        found = _with_metrics(db, found, template, controller)
    people = {"person_id", "known", "language", "address"}
    return found.select(name for name in found.columns if name in people or name in uses)


def people_of(db: Engine, asked: pl.DataFrame, *, controller: str, channel: str, day: date) -> pl.DataFrame:
    """`person_id, address, first_name, last_name, language` of each row of `asked`, in the same order."""
    found = _people(db, asked, controller=controller, channel=channel, day=day)
    named = {"person.first_name": "first_name", "person.last_name": "last_name"}
    return found.rename(named).select("person_id", "address", *named.values(), "language")


def sharers(db: Engine, asked: pl.DataFrame, *, controller: str) -> dict[int, set[int]]:
    """Whose word concerns others: from a person to those of `asked` who have an address in common."""
    db.register("asked", asked.select("person_id"))
    pairs = db.query(SQL["sharers"], {"controller": controller})
    found: dict[int, set[int]] = {}
    for other, person_id in pairs.iter_rows():
        found.setdefault(other, set()).add(person_id)
    return found


def unreachable(db: Engine, asked: pl.DataFrame, *, controller: str, channel: str, day: date) -> pl.DataFrame:
    """`person_id, missing`: who has no address, and who has the same one as somebody before them."""
    db.register("asked", asked.select("person_id"))
    return db.query(SQL["unreachable"], {"controller": controller, "channel": channel, "day": day})


def newest_site(db: Engine, person_id: int, *, controller: str, day: date) -> int | None:
    """The site of a person's newest running contract, for somebody who is in none of the segments."""
    db.register("asked", pl.DataFrame({"person_id": [person_id]}, schema={"person_id": pl.Int64}))
    found = db.query(SQL["newest_site"], {"controller": controller, "day": day})
    return None if found.is_empty() else int(found["site_id"][0])


def recipients(frame: pl.DataFrame) -> Iterator[Recipient]:
    """The rows of `values_of` as records."""
    names = [name.split(".") for name in frame.columns if "." in name]
    for row in frame.iter_rows(named=True):
        values: dict[str, dict[str, Any]] = {}
        for group, field in names:
            values.setdefault(group, {})[field] = row[f"{group}.{field}"]
        yield Recipient(language=row["language"], address=row["address"], values=values)


def _people(db: Engine, asked: pl.DataFrame, *, controller: str, channel: str, day: date) -> pl.DataFrame:
    """What is known of each; who is `asked` about stays registered for what else is looked up."""
    db.register("asked", asked.select("person_id", "site_id").with_row_index("place"))
    return db.query(SQL["people"], {"controller": controller, "day": day, "channel": channel})


def _with_metrics(db: Engine, found: pl.DataFrame, template: Template, controller: str) -> pl.DataFrame:
    db.register("points", found.select("metering_point_id").drop_nulls().unique())
    metrics = db.query(SQL["metrics"], {"controller": controller, "period": template.message.period})
    names = sorted(template.metrics)
    chosen = metrics.select("metering_point_id", *(pl.col(name).alias(f"metric.{name}") for name in names))
    return found.join(chosen, on="metering_point_id", how="left", maintain_order="left")


def _any(uses: frozenset[str], prefix: str) -> bool:
    return any(name.startswith(prefix) for name in uses)

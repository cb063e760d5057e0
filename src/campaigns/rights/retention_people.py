"""Retention of people: whoever is no longer known for a reason leaves the register. Nobody's refusal does.

What goes and what stays, and why:

* **All rows of the lake about the person go**, by the same path as an erasure, and the key of their links.
* **Nobody is marked as erased.** An erasure is the person's own wish never to be written to again. Here
  nobody wished anything: a customer who comes back is a customer, and whatever the rules permit is permitted.
* **Refusals outlive the person.** A ban that is deleted with its person would be undone by the next list that
  has the address, and Art. 21(3) knows no end. So every refusal that stands (bans, objections, restrictions,
  register entries, topics not wanted, consents taken back) is said once more about the keyed digest of each
  of the person's addresses, before any row goes. The digest tells nobody who it was; when an address comes
  back it holds again, whoever brings it. Consents are not carried over: they end with the register entry.
* **Events of the ledger stay** under a number that leads to nobody any more; their proof is emptied when
  `permission_proof` says so.

Who stays although the time is over: whoever has a consent that holds, a restriction (Art. 18: the data is
being kept because they asked), an open request about a right, work at a company that is not over, or somebody
who depends on them (a minor, an estate).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import polars as pl
import sqlalchemy as sa

from campaigns.ledger import audit, permission_events, tokens
from campaigns.ledger.lists import among
from campaigns.ledger.permission_events import PermissionEvent
from campaigns.ledger.tables import permission_events as words_table
from campaigns.ledger.tables import rights_requests
from campaigns.permissions import state, view
from campaigns.permissions.attesting import attested
from campaigns.rights.retention import Due, Work, by_controller

if TYPE_CHECKING:
    from campaigns.lake.rows import Rows
    from campaigns.ledger import Ledger

DELETED = "people_deleted_by_retention"  # the audit's word
AT_ONCE = 1_000  # people a transaction, and an entry of the audit
CUSTOMERS = ("customer", "former_customer")
OCCASIONAL = ("event_participant", "raffle_participant")
# An open relationship of these kinds ends only when somebody says so; the others fade with the last contact.
LASTING = ("customer", "subscriber", "portal_user", "partner")
_RESTRICTED = ("restricted_all", "restricted_marketing", "objection_pending")
_OWNER = ["controller", "person_id"]


def former_customers(work: Work) -> Iterator[Due]:
    """Customers, from the end of their last contract or relationship."""
    yield from _delete(work, "former_customers", customers=True)


def prospects(work: Work) -> Iterator[Due]:
    """People who never were customers, from the last contact; participants of occasions sooner."""
    yield from _delete(work, "prospects", customers=False)


def _delete(work: Work, rule: str, *, customers: bool) -> list[Due]:
    with work.lake.snapshot() as snapshot:
        reasons = known_for(snapshot, work)
        points = snapshot.frame("contact_points", [*_OWNER, "channel", "value"])
    over = pl.col("last_day") < work.day(rule)
    if not customers:
        occasional = pl.col("only_occasional") & (pl.col("last_day") < work.day("events"))
        over = over | occasional
    leaving = reasons.filter((pl.col("is_customer") == customers) & ~pl.col("is_kept") & over)
    leaving = leaving.join(_held_by_words(work), on=_OWNER, how="anti").select(_OWNER)
    if not work.dry:
        for (controller,), people in leaving.group_by("controller", maintain_order=True):
            for some in people["person_id"].to_frame().iter_slices(AT_ONCE):
                ids = some["person_id"].to_list()
                _say_goodbye(work, str(controller), ids, points)
                work.lake.erase(str(controller), ids)
    return by_controller(rule, "persons", leaving)


def known_for(rows: Rows, work: Work) -> pl.DataFrame:
    """Everybody: `controller, person_id, is_customer, only_occasional, is_kept, last_day`.

    `last_day` is when the last reason to know them ended; `is_kept`: a reason has not ended.
    """
    today, zone = work.today, str(work.settings.zone)
    tied = ("guardian_id", "estate_contact_id")
    people = rows.frame("persons", [*_OWNER, "registered_on", "received_at", *tied])
    contracts = rows.frame("contracts", [*_OWNER, "start_date", "end_date"]).with_columns(
        kind=pl.lit("customer")
    )
    relations = rows.frame("relationships", [*_OWNER, "kind", "start_date", "end_date"])
    roles = rows.frame("roles", [*_OWNER, "end_date"])
    ties = pl.concat([relations, contracts.select(relations.columns)])
    is_open = pl.col("end_date").is_null() | (pl.col("end_date") >= today)
    # A relationship that fades counts from its beginning: its end was only guessed from that day.
    ended = pl.when(is_open | ~pl.col("kind").is_in(LASTING)).then("start_date").otherwise("end_date")
    of_ties = ties.group_by(_OWNER).agg(
        is_customer=pl.col("kind").is_in(CUSTOMERS).any(),
        only_occasional=pl.col("kind").is_in(OCCASIONAL).all(),
        has_open=(is_open & pl.col("kind").is_in(LASTING)).any(),
        tied_until=ended.max(),
    )
    done = pl.concat(
        [
            rows.frame("events", [*_OWNER, "occurred_at"]).rename({"occurred_at": "at"}),
            rows.frame("interactions", [*_OWNER, "started_at"]).rename({"started_at": "at"}),
        ]
    )
    seen = done.group_by(_OWNER).agg(seen_on=pl.col("at").max().dt.convert_time_zone(zone).dt.date())
    working = roles.filter(is_open).select(_OWNER).unique().with_columns(works=pl.lit(value=True))
    needed = pl.concat([people.select("controller", person_id=name) for name in tied])
    depended = needed.drop_nulls().unique().with_columns(is_needed=pl.lit(value=True))
    joined = people
    for more in (of_ties, seen, working, depended):
        joined = joined.join(more, on=_OWNER, how="left")
    is_customer = pl.col("is_customer").fill_null(value=False)
    met = pl.max_horizontal("tied_until", pl.when(~is_customer).then("seen_on"))
    received = pl.col("received_at").dt.convert_time_zone(zone).dt.date()
    return joined.select(
        *_OWNER,
        is_customer=is_customer,
        only_occasional=pl.col("only_occasional").fill_null(value=False),
        is_kept=pl.any_horizontal(
            pl.col(name).fill_null(value=False) for name in ("has_open", "works", "is_needed")
        ),
        last_day=pl.coalesce(met, "registered_on", received),
    )


def _held_by_words(work: Work) -> pl.DataFrame:
    """Who has a consent that holds, a restriction, or an open request about a right."""
    words = state.words(work.ledger, work.data / "cache")
    said = view.permission_state(words, at=work.now, attested=attested(work.settings))
    holding = said.filter(pl.col("state").is_in(["granted", *_RESTRICTED])).select(_OWNER)
    with work.ledger.read() as connection:
        columns = (rights_requests.c.controller, rights_requests.c.person_id)
        select = sa.select(*columns).where(rights_requests.c.state == "open")
        asking = work.ledger.frame(connection, select)
    return pl.concat([holding, asking]).unique()


def _say_goodbye(work: Work, controller: str, person_ids: Sequence[int], points: pl.DataFrame) -> None:
    """Refusals are said again about the addresses, links stop leading to anybody, and the audit knows.

    In one turn of the ledger: no press of an unsubscribe button comes between.
    """
    mine = pl.col("person_id").is_in(list(person_ids)) & (pl.col("controller") == controller)
    with work.ledger.write() as connection:
        work.ledger.take_positions(connection, 0)
        theirs = (words_table.c.controller == controller) & among(
            connection, words_table.c.person_id, person_ids
        )
        standing = refusals(state.read(work.ledger, connection, theirs))
        events = list(_carried(work, standing.join(points.filter(mine), on=_OWNER, suffix="_of_point")))
        permission_events.append(connection, events)
        tokens.drop(connection, controller, person_ids)
        audit.record(
            connection,
            at=work.now,
            actor=work.actor,
            action=DELETED,
            controller=controller,
            details={"persons": list(person_ids), "refusals": len(events)},
        )


def refusals(words: pl.DataFrame) -> pl.DataFrame:
    """The refusals that stand, the latest of each kind (words in short form, `permissions.state.WORDS`)."""
    narrow = words.filter(~pl.col("widens") & ~pl.col("kind").is_in(["requested", "erased"]))
    lifted = words.filter(pl.col("kind").is_in(["restriction_lifted", "robinson_removed"]))
    lifting = lifted.group_by(*_OWNER, family=pl.col("family")).agg(lifted_at=pl.col("occurred_at").max())
    kept = narrow.join(lifting, on=[*_OWNER, "family"], how="left").filter(
        (pl.col("occurred_at") >= pl.col("lifted_at")).fill_null(value=True)
        | (pl.col("kind") == "register_ban")
    )
    same = [*_OWNER, "kind", "channel", "purpose", "about"]
    return kept.sort("occurred_at", "position").group_by(same, maintain_order=True).last()


def _carried(work: Work, standing: pl.DataFrame) -> Iterator[PermissionEvent]:
    """Each refusal once for each address; the same however often it is carried."""
    ledger: Ledger = work.ledger
    for row in standing.iter_rows(named=True):
        address = ledger.address_digest(row["controller"], row["channel_of_point"], row["value"])
        yield PermissionEvent(
            event_id=ledger.digest("carried", row["position"], address),
            controller=row["controller"],
            address_digest=address,
            kind=row["kind"],
            channel=row["channel"],
            purpose=row["purpose"],
            occurred_at=row["occurred_at"],
            recorded_at=work.now,
            source="retention",
            evidence=f"event {row['position']}",
            details={"about": row["about"]} if row["about"] else {},
        )

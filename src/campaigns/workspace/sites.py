"""Looking at one metering point: found in one register, recorded, and put together."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from campaigns.errors import NotFound, UserError

if TYPE_CHECKING:
    import polars as pl

    from campaigns.engine import Engine
    from campaigns.lake import Snapshot
    from campaigns.reports.site import Place, Site, Use
    from campaigns.workspace.project import Workspace

LEVELS = {"totals": "annual_consumption", "daily": "", "hourly": "hourly_load_pattern"}
_LONGEST = 19  # digits of a number of ours


@dataclass(frozen=True, kw_only=True, slots=True)
class Holder:
    """Whose readings are shown, and since when they are theirs."""

    person_id: int | None
    company_id: int | None
    since: date | None

    @property
    def who(self) -> str:
        """By id, never by name."""
        if self.person_id is not None:
            return f"person {self.person_id}"
        return f"company {self.company_id}" if self.company_id is not None else "nobody"


def show(
    workspace: Workspace,
    text: str,
    *,
    controller: str = "",
    as_of: date | None = None,
    unmasked: bool = False,
    purpose: str = "",
) -> Site:
    """One metering point of one register, by its GSRN or our own number; the look is recorded.

    Up to the end of `as_of` (default: yesterday) and from when the present holder came. GSRN and address are
    masked unless asked for.

    Raises:
        UserError: SIT001 no number or a wrong check digit, SIT003 another register has it, SIT004 there are
            no readings, SIT006 it only feeds in, USE013 there is no such controller.
        NotFound: SIT002 no register has it.
    """
    from campaigns.consumption.calendar import EPOCH
    from campaigns.consumption.one_point import SQL
    from campaigns.engine import connect
    from campaigns.reports.site import HEAT, Site, long_metrics

    owner = workspace.controller(controller)
    day = min(as_of or date.max, workspace.today() - timedelta(days=1))
    with workspace.lake.snapshot() as snapshot, connect(snapshot) as db:
        point = _find(workspace, db, text, owner)
        holder = _holder(db, owner, point, day)
        _record(workspace, owner, point, holder, purpose=purpose, unmasked=unmasked)
        place = _place(workspace, db, owner, point, unmasked)
        span = {**_key(owner, point), "first": holder.since or EPOCH, "last": day}
        return Site(
            place=place,
            as_of=day,
            holder=holder.who,
            since=holder.since,
            uses=_uses(workspace, db, owner, holder.person_id),
            **_readings(
                workspace, db, snapshot, owner, point, day, holder.since, is_heat=place.energy == HEAT
            ),
            metrics=long_metrics(db.query(SQL["metrics"], span)),
            flags=db.query(SQL["flags"], span),
        )


def _key(owner: str, point: int) -> dict[str, object]:
    return {"controller": owner, "point": point}


def _find(workspace: Workspace, db: Engine, text: str, owner: str) -> int:
    from campaigns.consumption.one_point import SQL
    from campaigns.identifiers import BadIdentifier, gsrn

    digits = text.replace(" ", "")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= _LONGEST):
        raise UserError("SIT001", "that is no number of a metering point.", hint="a GSRN has 18 digits")
    owners = db.query(SQL["owners"], {"point": int(digits)})["controller"].to_list()
    if owner in owners:
        return int(digits)
    if owners:
        has = workspace.settings.controllers[owners[0]].name
        raise UserError(
            "SIT003",
            f"that metering point is in the register of {has}, and registers are kept apart.",
            hint=f"look there: --controller {owners[0]}",
        )
    if len(digits) == gsrn.DIGITS:
        try:
            gsrn.parse(digits)
        except BadIdentifier as wrong:
            raise UserError("SIT001", f"{wrong.message}.", hint="compare it digit by digit") from None
    raise NotFound("SIT002", "no metering point of ours has that number.", hint="a GSRN has 18 digits")


def _holder(db: Engine, owner: str, point: int, day: date) -> Holder:
    """Whose it is on that day, and since when its readings are theirs."""
    import polars as pl

    from campaigns.consumption import inputs
    from campaigns.consumption.one_point import SQL

    running = db.query(SQL["contract"], {**_key(owner, point), "as_of": day}).to_dicts()
    told = running[0] if running else {"person_id": None, "company_id": None}
    holders = db.query(inputs.SQL["holders"], {"controller": owner, "as_of": day})
    mine = holders.filter(pl.col("metering_point_id") == point)
    return Holder(
        person_id=told["person_id"],
        company_id=told["company_id"],
        since=mine["since"].item() if len(mine) else None,
    )


def _record(
    workspace: Workspace, owner: str, point: int, holder: Holder, *, purpose: str, unmasked: bool
) -> None:
    from campaigns.workspace import auditing

    told: dict[str, object] = {"metering_point": point, "unmasked": unmasked}
    auditing.note(
        workspace,
        "site_shown",
        controller=owner,
        person_id=holder.person_id,
        details={**told, "purpose": purpose} if purpose else told,
    )


def _readings(
    workspace: Workspace,
    db: Engine,
    snapshot: Snapshot,
    owner: str,
    point: int,
    day: date,
    since: date | None,
    *,
    is_heat: bool,
) -> dict[str, pl.DataFrame]:
    """Its days, hours and months. Raises `UserError` SIT004 without readings, SIT006 without import."""
    import polars as pl

    from campaigns.consumption import one_point

    settings = workspace.settings
    read = one_point.heat_days if is_heat else one_point.raw_days
    raw = read(db, owner, point, since=since, as_of=day)
    if raw.is_empty():
        raise _no_readings(since, day)
    celsius = one_point.weather(snapshot, owner, settings, raw["local_date"][0], day)
    if is_heat:
        days = raw.join(celsius, on="local_date", how="left", maintain_order="left")
        return {"days": days, "hours": pl.DataFrame(), "months": one_point.heat_months(days, celsius)}
    if raw.filter(direction="import").is_empty():
        raise UserError(
            "SIT006",
            "this metering point only feeds in: nothing is bought through it.",
            hint="look at the metering point of the same site that buys",
        )
    prices = snapshot.frame("prices").filter(pl.col("controller") == owner)
    days = one_point.days(raw, celsius, prices, settings)
    return {
        "days": days,
        "hours": one_point.hours(raw, settings),
        "months": one_point.months(days, celsius),
    }


def _no_readings(since: date | None, day: date) -> UserError:
    whose = f" of its present holder, who came {since}" if since else ""
    return UserError(
        "SIT004",
        f"this metering point has no readings{whose}, up to {day}.",
        hint="campaigns status says how fresh readings are",
    )


def _place(workspace: Workspace, db: Engine, owner: str, point: int, unmasked: bool) -> Place:
    from campaigns.consumption.one_point import SQL
    from campaigns.reports.site import Place

    row = db.query(SQL["place"], _key(owner, point)).row(0, named=True)
    number = "" if row["gsrn"] is None else f"{row['gsrn']:018}"
    told = {name: row[name] for name in Place.__dataclass_fields__ if name in row}
    return Place(
        **told
        | {
            "controller": owner,
            "company": workspace.settings.controllers[owner].name,
            "gsrn": number if unmasked or not number else f"{number[:6]}…{number[-4:]}",
            "address": (row["address"] or "") if unmasked else ("***" if row["address"] else ""),
        }
    )


def _uses(workspace: Workspace, db: Engine, owner: str, person_id: int | None) -> tuple[Use, ...]:
    """What the rules say of each level of this person's meter data in segments; a company has no say."""
    if person_id is None:
        return ()
    import polars as pl

    from campaigns.permissions import state
    from campaigns.permissions.deciding import decide
    from campaigns.permissions.requests import about_profiling
    from campaigns.permissions.rules import sentence
    from campaigns.reports.site import Use

    words = state.words(workspace.ledger, workspace.data / "cache")
    asked = pl.DataFrame({"person_id": [person_id]})
    found = []
    for level, attribute in LEVELS.items():
        request = about_profiling(owner, workspace.now(), attribute=attribute, data_level=level)
        told = {"settings": workspace.settings, "ledger": workspace.ledger, "words": words}
        row = decide(db, request, asked, **told).row(0, named=True)  # type: ignore[arg-type]
        code = row["code"]
        found.append(Use(level=level, allowed=row["allowed"], code=code, sentence=sentence(code)))
    return tuple(found)

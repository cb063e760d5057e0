"""Kind `persons`: people, how they can be reached, why we know them, and their roles in companies."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import polars as pl

from campaigns.register import contact_points, rectified, relationships, returning
from campaigns.register.deliveries import Delivery, Imported
from campaigns.register.headers import folded
from campaigns.register.ids import company_ids, person_counter
from campaigns.register.jobs import Job
from campaigns.register.parsing import YES_NO, Typed, mapped
from campaigns.register.reading import Columns
from campaigns.settings.model import Settings

if TYPE_CHECKING:
    from campaigns.lake import Writer
    from campaigns.ledger import Ledger

KINDS = ("consumer", "minor", "sole_trader", "business_contact", "company_role_address", "estate")
LANGUAGES = ("fi", "sv", "en")
# Columns with the customer number of somebody else, and where that person's id is kept.
LINKS = {"guardian": "guardian_id", "estate_contact": "estate_contact_id"}
COLUMNS = Columns(
    required=("source_id",),
    optional=(
        "kind",
        "language",
        "birth_year",
        "first_name",
        "last_name",
        "email",
        "phone",
        "address",
        "postal_code",
        "city",
        "customer_since",
        "customer_until",
        "relationship",
        "deceased",
        "protected_address",
        "contact_from_sale",
        "opt_out_offered",
        "note",
        "company_id",
        "role",
        "duties",
        "role_start",
        "guardian",
        "estate_contact",
        "business_id",
    ),
    keys=("source_id", "company_id", *LINKS),
    person="source_id",
    words={
        "kind": KINDS,
        "language": LANGUAGES,
        "relationship": relationships.KINDS,
        **dict.fromkeys(("deceased", "protected_address", "contact_from_sale", "opt_out_offered"), YES_NO),
    },
)
_TELLING = frozenset({"first_name", "last_name", "email", "phone", "birth_year"})
_LASTING = (
    "kind",
    "language",
    "birth_year",
    "postal_code",
    "first_name",
    "last_name",
    "deceased",
    "protected_address",
    "business_id",
    *LINKS.values(),
)


class Persons:
    """Rows of one system's customers, prospects and business contacts."""

    name = "persons"
    order = 20
    columns = COLUMNS

    def recognises(self, header: Sequence[str]) -> bool:
        """A source id and what only people have."""
        names = {folded(name) for name in header}
        return "source_id" in names and len(names & _TELLING) > 1

    def load(
        self, delivery: Delivery, *, settings: Settings, lake: Writer, ledger: Ledger, now: datetime
    ) -> Imported:
        """Read, check and write one file; the transaction of `persons`, written last, marks it as done."""
        job = Job.start(delivery, settings=settings, lake=lake, ledger=ledger, now=now)
        rows = job.read(COLUMNS, key=("source_id",), of_erased=True)
        accepted = job.rejects.accepted(_typed(rows.frame, job))
        keys = _keys(job)
        known = job.known("persons")
        absent = _absent(job, rows.keys, keys, known)
        numbered, back = returning.emptied(job, _linked(job, _numbered(job, accepted, keys), keys))
        newest = job.newest(numbered, known, "person_id")
        rectified.end_overtaken(job, newest, rows.present)
        points = contact_points.stated(newest)
        newest = rectified.fields(job, newest, rows.present)
        stated = rows.present | {ids for column, ids in LINKS.items() if column in rows.present}
        _write(job, newest, points, back, known=known, present=stated, absent=absent)
        return job.finish(rows, accepted=len(newest))


def _typed(frame: pl.DataFrame, job: Job) -> pl.DataFrame:
    typed = Typed(frame, job.rejects)
    typed.required("source_id")
    phones = typed.phone("phone")
    this_year = job.extract.day.year
    columns = frame.select("_line", "source_id", "company_id", *LINKS).with_columns(
        typed.word("kind", KINDS),
        typed.word("language", LANGUAGES),
        typed.whole("birth_year", 1880, this_year).cast(pl.Int16),
        typed.text("first_name"),
        typed.text("last_name"),
        typed.email("email"),
        phones["value"].alias("phone"),
        phones["mobile"],
        phones["callable"],
        typed.text("address"),
        typed.postal_code("postal_code"),
        typed.text("city"),
        typed.day("customer_since"),
        typed.day("customer_until"),
        typed.word("relationship", relationships.KINDS),
        typed.yes_no("deceased"),
        typed.yes_no("protected_address"),
        typed.yes_no("contact_from_sale"),
        typed.yes_no("opt_out_offered"),
        typed.text("role"),
        _duties(typed.text("duties"), job),
        typed.day("role_start"),
        typed.business_id("business_id"),
    )
    backwards = columns["customer_until"] < columns["customer_since"]
    typed.refuse("customer_until", backwards, "REG150", "`customer_until` is before `customer_since`.")
    return _with_own_business(_with_companies(columns, typed, job), typed)


def _with_own_business(columns: pl.DataFrame, typed: Typed) -> pl.DataFrame:
    """Only a sole trader is a business; what others work for is a company with a role of theirs."""
    own = pl.col("kind") == "sole_trader"
    other = columns.select(~own & pl.col("business_id").is_not_null()).to_series()
    message = "`business_id` stands at a person who is no sole trader; it was left out."
    typed.leave_out("business_id", other, "REG145", message)
    return columns.with_columns(pl.when(own).then("business_id").alias("business_id"))


def _duties(cells: pl.Series, job: Job) -> pl.Series:
    divided = cells.str.replace_all(r"[;/|+]", ",")
    return relationships.duty_words(divided, job.delivery.source.values.get("duties", {}))


def _with_companies(columns: pl.DataFrame, typed: Typed, job: Job) -> pl.DataFrame:
    """The id of each person's company; of one that we do not have only the role is left out."""
    ids = company_ids(job.controller, columns["company_id"])
    exists = ids.is_in(job.known("companies", ["company_id"])["company_id"].implode())
    typed.leave_out(
        "company_id",
        ids.is_not_null() & ~exists,
        "REG141",
        "`company_id` names no company; the role was left out.",
    )
    business = pl.when(pl.col("company_id").is_not_null()).then(pl.lit("business_contact"))
    return columns.with_columns(kind=pl.coalesce("kind", business, pl.lit("consumer"))).with_columns(
        company_id=pl.select(pl.when(exists).then(ids)).to_series()
    )


def _keys(job: Job) -> pl.DataFrame:
    """The customer numbers that the lake knows in this file's key space: `source_id`, `person_id`."""
    return (
        job.known("person_keys")
        .filter(pl.col("key_space") == job.delivery.key_space)
        .select("source_id", "person_id")
    )


def _absent(job: Job, present: pl.Series, keys: pl.DataFrame, known: pl.DataFrame) -> pl.Series:
    mine = known.filter((pl.col("source") == job.delivery.source_name) & pl.col("ended_on").is_null())
    return job.absent(mine["person_id"], mapped(present, keys))


def _numbered(job: Job, rows: pl.DataFrame, keys: pl.DataFrame) -> pl.DataFrame:
    """Each row with its `person_id`; who comes for the first time gets a number, in the order of the file."""
    found = rows.join(keys, on="source_id", how="left", maintain_order="left")
    is_new = pl.col("person_id").is_null()
    new = found.filter(is_new)["source_id"]
    numbers = job.lake.allocate(person_counter(job.controller), len(new))
    given = pl.DataFrame({"source_id": new, "given": pl.Series(numbers, dtype=pl.Int64)})
    return (
        found.with_columns(is_new=is_new)
        .join(given, on="source_id", how="left", maintain_order="left")
        .with_columns(person_id=pl.coalesce("person_id", "given"))
        .drop("given")
    )


def _linked(job: Job, rows: pl.DataFrame, keys: pl.DataFrame) -> pl.DataFrame:
    """The ids of guardians and of estates' contacts, who may stand in the same file; nobody is their own."""
    numbers = pl.concat([keys, rows.filter("is_new").select(keys.columns)])
    for column, name in LINKS.items():
        ids = mapped(rows[column].alias("source_id"), numbers)
        unknown = rows.filter(rows[column].is_not_null() & ids.is_null())["_line"]
        message = f"`{column}` is no customer number that we have; it was left out."
        job.rejects.add_lines(unknown, "REG147", message, column, refuses_row=False)
        own = rows.filter((ids == rows["person_id"]).fill_null(value=False))["_line"]
        job.rejects.add_lines(
            own,
            "REG146",
            f"`{column}` is the person's own number; it was left out.",
            column,
            refuses_row=False,
        )
        others = pl.select(pl.when(ids != rows["person_id"]).then(ids)).to_series()
        rows = rows.with_columns(others.alias(name))
    return rows


def _write(
    job: Job,
    rows: pl.DataFrame,
    points: pl.DataFrame,
    back: pl.Series,
    *,
    known: pl.DataFrame,
    present: frozenset[str],
    absent: pl.Series,
) -> None:
    new_keys = rows.filter("is_new").select("source_id", "person_id")
    job.write("person_keys", new_keys.with_columns(key_space=pl.lit(job.delivery.key_space)))
    returning.record(job, rows, back)
    job.write("contact_points", _contact_points(job, rows, points, present, absent))
    job.write("relationships", _relationships(job, rows, present, absent))
    job.write("roles", _roles(job, rows, present, absent))
    gone = known.filter(pl.col("person_id").is_in(absent.implode())).with_columns(
        ended_on=pl.lit(job.extract.day)
    )
    job.note(len(gone), "1 person is no longer in the extract", "{:,} persons are no longer in the extract")
    job.write("persons", _persons(job, rows, known, present), gone)


def _persons(job: Job, rows: pl.DataFrame, known: pl.DataFrame, present: frozenset[str]) -> pl.DataFrame:
    before = known.select("person_id", known_informed="informed_by", known_since="registered_on")
    informed = job.delivery.source.informed_by or None
    return (
        job.lasting(rows, known, "person_id", columns=_LASTING, present=present)
        .join(before, on="person_id", how="left", maintain_order="left")
        .with_columns(
            informed_by=pl.coalesce(pl.lit(informed, pl.String), "known_informed"),
            registered_on=pl.coalesce("known_since", pl.lit(job.extract.day)),
        )
    )


def _contact_points(
    job: Job, rows: pl.DataFrame, points: pl.DataFrame, present: frozenset[str], absent: pl.Series
) -> pl.DataFrame:
    known = job.known("contact_points")
    source, day = job.delivery.source_name, job.extract.day
    channels = contact_points.channels_of(present)
    changed = contact_points.merged(
        returning.usable(job, rectified.points(job, points, channels)),
        known,
        person_ids=rows["person_id"],
        channels=channels,
        source=source,
        day=day,
    )
    mine = pl.col("person_id").is_in(absent.implode()) & (pl.col("source") == source)
    gone = known.filter(mine & pl.col("valid_to").is_null())
    return pl.concat([changed, contact_points.closed(gone, day)])


def _relationships(job: Job, rows: pl.DataFrame, present: frozenset[str], absent: pl.Series) -> pl.DataFrame:
    """A file without these columns says nothing about them, except that its new people are prospects."""
    known = job.known("relationships")
    telling = rows if present & {"relationship", "customer_since"} else rows.filter("is_new")
    source, day = job.delivery.source_name, job.extract.day
    changed = relationships.merged(
        relationships.stated(telling, day), known, person_ids=telling["person_id"], source=source, day=day
    )
    mine = pl.col("person_id").is_in(absent.implode()) & (pl.col("source") == source)
    gone = known.filter(mine & pl.col("end_date").is_null())
    return pl.concat([changed, relationships.ended(gone, day)])


def _roles(job: Job, rows: pl.DataFrame, present: frozenset[str], absent: pl.Series) -> pl.DataFrame:
    known = job.known("roles")
    telling = rows if "company_id" in present else rows.clear()
    day = job.extract.day
    changed = relationships.roles_merged(
        relationships.roles_stated(telling), known, person_ids=telling["person_id"], day=day
    )
    gone = known.filter(pl.col("person_id").is_in(absent.implode()) & pl.col("end_date").is_null())
    return pl.concat([changed, relationships.ended(gone, day)])

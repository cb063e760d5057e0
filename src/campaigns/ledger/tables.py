"""The tables of the ledger: what we witnessed and promised. The same on SQLite and PostgreSQL.

`position` is one counter over everything that a decision depends on. It is taken from the row of `clock`
inside the writing transaction, so that positions appear in commit order on both databases.
"""

from __future__ import annotations

from datetime import UTC

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.types import TypeDecorator

metadata = MetaData()

# SQLite fills only INTEGER PRIMARY KEY by itself; PostgreSQL wants 64 bits.
Key = BigInteger().with_variant(Integer, "sqlite")


class Moment(TypeDecorator):  # type: ignore[type-arg]  # generic in the stubs only
    """An aware UTC datetime; SQLite stores it without a zone, so it is put on and taken off here."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value, dialect):  # type: ignore[no-untyped-def]  # signature of SQLAlchemy
        """Refuse a datetime without a zone; keep UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a datetime of the ledger needs a time zone")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value, _dialect):  # type: ignore[no-untyped-def]  # signature of SQLAlchemy
        """Give it back aware."""
        return None if value is None else (value.replace(tzinfo=UTC) if value.tzinfo is None else value)


STATES = ("planned", "queued", "handing_over", "sent", "deferred", "failed", "unknown", "withheld")
PLAN_STATES = ("building", "waiting", "approved", "paused", "cancelled", "done")

meta = Table("meta", metadata, Column("name", String(64), primary_key=True), Column("value", Text))

clock = Table(
    "clock",
    metadata,
    Column("id", Integer, primary_key=True),  # always 1
    Column("position", BigInteger, nullable=False),
)

permission_events = Table(
    "permission_events",
    metadata,
    Column("position", Key, primary_key=True, autoincrement=False),
    Column(
        "event_id", String(64), nullable=False, unique=True
    ),  # natural key: the same word twice is one event
    Column("controller", String(64), nullable=False),
    Column("person_id", BigInteger),  # NULL: an address that nobody has yet (kept until the person appears)
    Column("address_digest", String(64)),  # keyed digest of channel and address, for such rows
    Column("kind", String(32), nullable=False),  # see permissions.events.KINDS
    Column("channel", String(16)),  # NULL = all channels
    Column("purpose", String(32)),  # permission purpose; NULL = all purposes
    Column("scope", String(16), nullable=False, default="controller"),  # controller, unscoped, company
    Column("occurred_at", Moment, nullable=False),  # when it was true
    Column("recorded_at", Moment, nullable=False),  # when we learnt it
    Column("valid_until", Moment),
    Column("source", String(64), nullable=False),  # source of campaigns.yml, or web, cli, webhook
    Column("method", String(64)),  # form, phone, paper, one_click, ...
    Column("text_version", String(64)),
    Column("text_language", String(2)),
    Column("notice_version", String(32)),
    Column("evidence", Text),  # reference to the proof: form hash, scan, recording id
    Column(
        "details", JSON, nullable=False, default=dict
    ),  # what the rules need besides (topic, platform, ...)
    Column("previous_digest", String(64)),
    Column(
        "erasable_digest", String(64), nullable=False
    ),  # keyed, of the free fields: the chain outlives them
    Column("digest", String(64), nullable=False),  # keyed, chained a person
    Column("erased_at", Moment),  # when the free fields were emptied, the one change that an event may see
    Index("permission_events_person", "controller", "person_id"),
    Index(
        "permission_events_company",
        "controller",
        "kind",
        sqlite_where=text("kind = 'ban_company'"),
        postgresql_where=text("kind = 'ban_company'"),
    ),
)

person_tokens = Table(
    "person_tokens",
    metadata,
    Column("token_key", LargeBinary(16), primary_key=True),  # random 128 bits; gone at erasure
    Column("controller", String(64), nullable=False),
    Column("person_id", BigInteger, nullable=False),
    UniqueConstraint("controller", "person_id", name="person_tokens_person"),
)

suppressions = Table(
    "suppressions",
    metadata,
    Column("position", Key, primary_key=True, autoincrement=False),
    Column("controller", String(64), nullable=False),
    Column("channel", String(16), nullable=False),
    Column("address_digest", String(64), nullable=False),
    Column("reason", String(32), nullable=False),  # hard_bounce, complaint, erased
    Column("recorded_at", Moment, nullable=False),
    Column("message_id", BigInteger),
    Column("digest", String(64)),  # keyed, of the row
    UniqueConstraint("controller", "channel", "address_digest", "reason", name="suppressions_address"),
)

plans = Table(
    "plans",
    metadata,
    Column("plan_id", Key, primary_key=True),
    Column("controller", String(64), nullable=False),
    Column("mailing", String(64), nullable=False),
    Column("occurrence", String(32), nullable=False),  # local date and time of the schedule, or `once`
    Column("state", String(16), nullable=False),
    Column("reason", String(40)),  # why it was cancelled: CANCELLED by a person, REPLACED by a new plan
    Column("fingerprint", String(64), nullable=False),
    Column(
        "parts", JSON, nullable=False
    ),  # what the fingerprint covers: segment, template, rules, sender, lake
    Column("counts", JSON, nullable=False),  # the numbers that plan --json prints
    Column("lake_snapshot", BigInteger, nullable=False),
    Column("ledger_position", BigInteger, nullable=False),
    Column("rule_version", String(64), nullable=False),
    Column("decided_on", String(10), nullable=False),  # local date of the decisions
    Column("due_at", Moment),
    Column("latest_at", Moment),
    Column("created_at", Moment, nullable=False),
    Column("created_by", String(128), nullable=False),
    Column("approved_at", Moment),
    Column("approved_by", String(128)),
    CheckConstraint(f"state IN {PLAN_STATES}", name="plans_state"),
    Index("plans_mailing", "mailing", "occurrence"),
)

messages = Table(
    "messages",
    metadata,
    Column("message_id", Key, primary_key=True),
    Column("plan_id", BigInteger, nullable=False),
    Column("controller", String(64), nullable=False),
    Column("mailing", String(64), nullable=False),
    Column("occurrence", String(32), nullable=False),
    Column("person_id", BigInteger, nullable=False),
    Column("subject", String(64), nullable=False, default=""),  # contract or site id when `per:` says so
    Column("channel", String(16), nullable=False),
    Column("language", String(2)),
    Column("variant", String(32), nullable=False, default=""),
    Column("site_id", BigInteger),  # the site that matched
    Column("state", String(16), nullable=False),
    Column("reason", String(40)),  # why withheld or failed
    Column("worker", String(64)),
    Column("boot_id", String(64)),
    Column("batch", BigInteger),  # claim that it belongs to: one connection, sent in order of message_id
    Column("epoch", Integer, nullable=False, default=0),  # grows with each claim; a stale one is refused
    Column("lease_until", Moment),  # by the database's clock: what machines can compare
    Column("lease_boottime", BigInteger),  # the same in ms since boot: setting the clock does not move it
    Column("together", Integer),  # how many leave at once: so many of those without an outcome may have left
    Column("attempts", Integer, nullable=False, default=0),
    Column("next_attempt_at", Moment),
    Column("provider_id", String(255)),
    Column("address_digest", String(64)),  # keyed; written at the claim, so that one address gets one copy
    Column("handed_over_at", Moment),
    Column("finished_at", Moment),
    CheckConstraint(f"state IN {STATES}", name="messages_state"),
    UniqueConstraint(
        "mailing", "occurrence", "controller", "person_id", "subject", "channel", name="messages_once"
    ),
    Index("messages_queue", "plan_id", "state", "message_id"),
    Index("messages_person", "controller", "person_id"),
    Index(
        "messages_address",
        "address_digest",
        sqlite_where=text("address_digest IS NOT NULL"),
        postgresql_where=text("address_digest IS NOT NULL"),
    ),
)

decisions = Table(
    "decisions",
    metadata,
    Column("decision_id", Key, primary_key=True),
    Column("message_id", BigInteger, nullable=False),
    Column("stage", String(16), nullable=False),  # plan, hand_over
    Column("allowed", Boolean, nullable=False),
    Column("code", String(40), nullable=False),
    Column("evidence", BigInteger),  # position of the permission event
    Column("facts", JSON),
    Column("rule_version", String(64), nullable=False),
    Column("ledger_position", BigInteger, nullable=False),
    Column("lake_snapshot", BigInteger, nullable=False),
    Column("decided_at", Moment, nullable=False),
    Column("digest", String(32)),  # keyed, of the decision and whom it is about
    Index("decisions_message", "message_id"),
)

attempts = Table(
    "attempts",
    metadata,
    Column("attempt_id", Key, primary_key=True),
    Column("message_id", BigInteger, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("outcome", String(16), nullable=False),  # sent, deferred, failed, unknown
    Column("code", String(64)),
    Column("detail", Text),
    Column("finished_at", Moment, nullable=False),
    Index("attempts_message", "message_id"),
)

control_groups = Table(
    "control_groups",
    metadata,
    Column("controller", String(64), primary_key=True),
    Column("group_name", String(64), primary_key=True),
    Column("mailing", String(64), primary_key=True),
    Column("occurrence", String(32), primary_key=True),
    Column("person_id", BigInteger, primary_key=True, autoincrement=False),
    Column("plan_id", BigInteger, nullable=False),
    Column("drawn_at", Moment, nullable=False),
)

responses = Table(
    "responses",
    metadata,
    Column("response_id", Key, primary_key=True),
    Column("natural_key", String(128), nullable=False, unique=True),
    Column("message_id", BigInteger),
    Column("controller", String(64), nullable=False),
    Column("person_id", BigInteger),
    Column("mailing", String(64)),
    Column(
        "kind", String(24), nullable=False
    ),  # delivered, bounced, complained, unsubscribed, clicked, answered
    Column("occurred_at", Moment, nullable=False),
    Column("details", JSON, nullable=False, default=dict),
    Index("responses_mailing", "mailing", "kind"),
    Index("responses_person", "controller", "person_id"),
)

audit = Table(
    "audit",
    metadata,
    Column("entry_id", Key, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("actor", String(128), nullable=False),
    Column("action", String(64), nullable=False),
    Column("controller", String(64)),
    Column("person_id", BigInteger),
    Column("details", JSON, nullable=False, default=dict),
    Column("previous_digest", String(64)),
    Column("erasable_digest", String(64)),  # keyed, of who and what: the chain outlives their retention
    Column("digest", String(64)),  # keyed, one chain over all entries
    Column("erased_at", Moment),  # when its retention was over and who and what were emptied
)

rights_requests = Table(
    "rights_requests",
    metadata,
    Column("request_id", Key, primary_key=True),
    Column("controller", String(64), nullable=False),
    Column("person_id", BigInteger, nullable=False),
    Column("kind", String(16), nullable=False),  # access, portability, rectify, erase, restrict, object
    Column("state", String(16), nullable=False),  # open, done, refused
    Column("received_at", Moment, nullable=False),
    Column("received_by", String(64), nullable=False),  # letter, phone, email, portal, visit
    Column("due_on", Date, nullable=False),  # a month from receipt, Art. 12(3)
    Column("extended_at", Moment),  # two more months, told to the person with the reason
    Column("reason", Text),  # of the extension or the refusal; emptied at erasure
    Column("handled_by", String(128)),
    Column("closed_at", Moment),
    Column("answer_digest", String(64)),  # SHA-256 of the file that was given
    Column("details", JSON, nullable=False, default=dict),  # counts and names of fields, never values
    CheckConstraint("state IN ('open', 'done', 'refused')", name="rights_requests_state"),
    Index("rights_requests_person", "controller", "person_id"),
    Index("rights_requests_due", "state", "due_on"),
)

disclosures = Table(
    "disclosures",
    metadata,
    Column("disclosure_id", Key, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("actor", String(128), nullable=False),
    Column("name", String(64), nullable=False),  # of `disclosures` in campaigns.yml; empty for a processor
    Column("controller", String(64), nullable=False),  # whose data
    Column("recipient", String(64), nullable=False),  # a controller, a processor, or who else receives it
    Column("channel", String(16)),
    Column("purpose", String(64), nullable=False),
    Column("categories", JSON, nullable=False),
    Column("what", String(128), nullable=False),  # the segment, source file or mailing
    Column("persons", Integer, nullable=False),
    Column("expires_on", Date),  # when the recipient must have deleted it
)

disclosed_people = Table(
    "disclosed_people",
    metadata,
    Column("disclosure_id", BigInteger, primary_key=True, autoincrement=False),
    Column("person_id", BigInteger, primary_key=True, autoincrement=False),
    Index("disclosed_people_person", "person_id"),
)

"""What is asked: may these persons get this message, for this purpose, at this time?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

MARKETING = ("marketing", "newsletter", "survey")
INFORMING = ("service", "contractual", "statutory", "reply", "confirmation_request")


@dataclass(frozen=True, kw_only=True)
class Request:
    """A message, or the use of an attribute in a segment (channel `segment`), to be decided about.

    Only the first six fields and `at` matter to most callers. The others describe what is unusual about the
    message: that it has no unsubscribe link, advertises somebody else, and so on; their defaults are a
    message as ours are made.

    `as_of` asks about the past: only what was true and recorded then counts. Without it everything that the
    ledger holds counts at once, whatever the clocks of the machines say.
    """

    controller: str
    purpose: str  # permission purpose
    topic: str = ""
    message_kind: str
    channels: tuple[str, ...]
    profiled: bool
    at: datetime
    as_of: datetime | None = None

    duties: tuple[str, ...] = ()  # duties in a company to which the purpose is relevant
    contains_offer: bool = False
    opt_out_means: bool = True
    sender_identified: bool = True
    recognisable: bool = True
    source_stated: bool = True
    third_party: bool = False
    similar_product: bool = True
    urgent: bool = True

    platform: Literal["", "google", "meta"] = ""
    ad_action: Literal["", "remove_from_audience", "suppression_list_of_banned_people"] = ""

    attribute: str = ""
    data_level: Literal["", "totals", "daily", "hourly", "presence"] = ""
    from_datahub: bool = False
    after_contract_end: bool = False
    authorised: bool = False
    group_size: int | None = None  # people in a statistic; None: not a statistic of few

    def __post_init__(self) -> None:
        if self.at.tzinfo is None or (self.as_of is not None and self.as_of.tzinfo is None):
            raise ValueError("a request needs times with a zone")


def about_profiling(controller: str, at: datetime, **data: str) -> Request:
    """Whether segments may use what is known of a person: anything, or the data named by the fields given."""
    return Request(
        controller=controller,
        purpose="profiling",
        message_kind="none",
        channels=("segment",),
        profiled=True,
        at=at,
        **data,  # type: ignore[arg-type]  # text fields of the request
    )

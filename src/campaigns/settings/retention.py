"""How long each category of data is kept. Section 6 of the notice is silent, so these must be decided.

`campaigns retention` applies them. "Forever" is refused; what a workspace does not name is kept as the
proposals below say.
"""

from __future__ import annotations

from campaigns.settings.binding import Definition
from campaigns.settings.words import Decided, Keep, Span


class KeptFor(Decided):
    """`keep: 24 months`, and who decided that, when and why."""

    keep: Keep


def _proposal(reason: str, *, months: int = 0, days: int = 0) -> KeptFor:
    return KeptFor.model_validate(
        {
            "keep": Span(months=months, days=days),
            "decided_by": "the program's default",
            "date": "2026-11-24",
            "reason": reason,
        }
    )


class Retention(Definition):
    """What is counted from which day is part of each name's meaning, given beside it."""

    # a customer's data, from the end of the last contract or relationship
    former_customers: KeptFor = _proposal("claims and returning customers", months=24)
    # a prospect's data, from the last contact
    prospects: KeptFor = _proposal("interest that nobody renews has ended", months=12)
    # events, raffles and interactions, from the day they happened
    events: KeptFor = _proposal("an event is over half a year after it", months=6)
    interactions: KeptFor = _proposal("a contact is dealt with by then", months=24)
    # messages, outcomes, responses and decisions, from hand-over
    send_log: KeptFor = _proposal("two years of campaigns can be compared", months=24)
    # consents and bans, from the day that they ceased to hold
    permission_proof: KeptFor = _proposal("the burden of proof is ours", months=36)
    # interval values, from the local day; then they become monthly sums
    consumption_intervals: KeptFor = _proposal("two years and a month, to compare winters", months=25)
    # monthly sums, from the month
    consumption_months: KeptFor = _proposal("long trends, as long as Datahub had", months=72)
    # rows that could not be read, from the day they were received
    quarantine: KeptFor = _proposal("long enough to mend the source", days=30)
    # letters, lists and answers to requests that we wrote to files, from the day they were written
    exports: KeptFor = _proposal("a copy is out of date soon", days=30)
    # requests about rights, from the day they were closed
    rights_requests: KeptFor = _proposal("to show that they were answered", months=36)
    # who did what, from the day of the entry
    audit: KeptFor = _proposal("misuse is found late", months=72)

"""Which legal basis carries each purpose of the notice.

Section 3 of the notice names contract, legitimate interest, legal obligation and consent. Electronic
marketing rests on consent, letters and calls on interest.
"""

from __future__ import annotations

from collections.abc import Mapping

from campaigns.settings.model import NoticePurpose

LEGAL_BASES: Mapping[NoticePurpose, tuple[str, ...]] = {
    "relationship": ("contract",),
    "service_notice": ("contract",),
    "satisfaction_survey": ("legitimate_interest",),
    "direct_marketing": ("consent", "legitimate_interest"),
    "billing": ("contract", "legal_obligation"),
    "collection": ("legitimate_interest",),
    "online_advertising": ("consent",),
    "market_research": ("legitimate_interest",),
    "raffle_admin": ("legitimate_interest",),
    "statistics": ("legitimate_interest",),
    "access": ("contract",),
    "security": ("legitimate_interest", "legal_obligation"),
    "profiling": ("legitimate_interest",),
}

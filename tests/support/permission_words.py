"""Anything that people may say: a few people, any words, at few instants so that they meet."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from hypothesis import strategies as st

from campaigns.ledger.permission_events import PermissionEvent
from support.permission_worlds import NOW, A, B, event

CHANNELS = ("email", "sms", "letter", "phone")
PURPOSES = ("direct_marketing", "newsletter", "profiling", "satisfaction_survey")
WIDENING = ("granted", "confirmed", "guardian_granted")
NARROWING = (
    "withdrawn", "invalidated", "ban_all", "ban_channel", "ban_company", "complaint", "profiling_objection",
    "research_objection", "objection_pending", "restricted_marketing", "restricted_all", "robinson_post",
    "robinson_phone", "register_ban", "erased", "topic_unsubscribed",
)  # fmt: skip
OTHERS = ("requested", "restriction_lifted", "robinson_removed", "topic_subscribed", "cookie_consent")

maybe_channel = st.none() | st.sampled_from(CHANNELS)
maybe_purpose = st.none() | st.sampled_from(PURPOSES)
days = st.integers(1, 6).map(float)


@st.composite
def said_by_somebody(draw: st.DrawFn, kinds: Sequence[str]) -> PermissionEvent:
    kind = draw(st.sampled_from(kinds))
    named = kind in (*WIDENING, "requested")
    at = draw(days)
    about = {"ban_company": "9", "topic_subscribed": "sauna", "topic_unsubscribed": "sauna"}.get(kind, "")
    return event(
        draw(st.uuids()).hex,
        kind,
        person_id=draw(st.integers(1, 12)),
        controller=draw(st.sampled_from([A, A, A, B])),
        channel=draw(st.sampled_from(CHANNELS) if named or kind == "complaint" else maybe_channel),
        purpose=draw(st.sampled_from(PURPOSES) if named else maybe_purpose),
        days=at,
        recorded_days=draw(st.floats(0, at)),
        evidence=draw(st.sampled_from(["form", "form", None])),
        method=draw(st.sampled_from([None, "web_form"])),
        about=draw(st.sampled_from(["none", "marketing"])) if kind == "cookie_consent" else about,
        valid_until=draw(st.sampled_from([None, None, NOW - timedelta(days=1), NOW + timedelta(days=1)])),
    )


anything = st.lists(said_by_somebody(WIDENING * 4 + NARROWING + OTHERS), max_size=50)

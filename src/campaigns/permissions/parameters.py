"""What the statements are told about a request, and about the settings that bear on it."""

from __future__ import annotations

from collections.abc import Mapping

from campaigns.permissions import calendar
from campaigns.permissions.requests import MARKETING, Request
from campaigns.settings.model import Settings
from campaigns.settings.policy import Policy
from campaigns.settings.retention import Retention

POINTS: Mapping[str, str] = {"robocall": "phone", "ad_audience": "email"}  # whose contact points they use
CALLBACK_DAYS = 30  # a request to be called is answered within a month, or it is over
PRIVATE_DOMAINS = (
    "gmail.com",
    "googlemail.com",
    "hotmail.com",
    "hotmail.fi",
    "icloud.com",
    "kolumbus.fi",
    "live.com",
    "live.fi",
    "luukku.com",
    "me.com",
    "msn.com",
    "outlook.com",
    "outlook.fi",
    "saunalahti.fi",
    "suomi24.fi",
    "yahoo.com",
    "yahoo.fi",
)
ROLE_MAILBOXES = (
    "asiakaspalvelu",
    "contact",
    "hallinto",
    "info",
    "kirjaamo",
    "laskutus",
    "myynti",
    "office",
    "posti",
    "sales",
    "toimisto",
)
# What an attribute of the vectors' words is in terms of the `meter_data` policy.
LEVELS: Mapping[str, str] = {"annual_consumption": "totals", "hourly_load_pattern": "hourly"}

# Purposes that somebody asks for, and how they are then related to us.
REQUESTED_BY: Mapping[str, str] = {
    "quote": "quote_requester",
    "event_info": "event_participant",
    "raffle_admin": "raffle_participant",
}


def parameters(request: Request, settings: Settings) -> dict[str, object]:
    """The parameters of all statements, but for the keys of digests."""
    local = request.at.astimezone(settings.zone)
    return {
        **_message(request),
        **_settings(request, settings),
        "controller": request.controller,
        "channels": list(request.channels),
        "point_channels": [POINTS.get(channel, channel) for channel in request.channels],
        "purpose": request.purpose,
        "requested_by": REQUESTED_BY.get(request.purpose),
        "message_kind": request.message_kind,
        "is_marketing_kind": request.message_kind in MARKETING,
        "topic": request.topic,
        "profiled": request.profiled,
        "duties": list(request.duties),
        "at": request.at,
        "as_of": request.as_of,
        "day": local.date(),
        "year": local.year,
        "outside_calling_hours": calendar.outside_calling_hours(local),
        "quiet_hours": calendar.quiet_hours(local),
        "callback_days": CALLBACK_DAYS,
        "private_domains": list(PRIVATE_DOMAINS),
        "role_mailboxes": list(ROLE_MAILBOXES),
    }


def _message(request: Request) -> dict[str, object]:
    names = (
        "contains_offer",
        "opt_out_means",
        "sender_identified",
        "recognisable",
        "source_stated",
        "third_party",
        "similar_product",
        "urgent",
        "platform",
        "ad_action",
        "attribute",
        "from_datahub",
        "after_contract_end",
        "authorised",
        "group_size",
    )
    return {name: getattr(request, name) for name in names}


def _settings(request: Request, settings: Settings) -> dict[str, object]:
    level = request.data_level or LEVELS.get(request.attribute, "")
    day = request.at.astimezone(settings.zone).date()
    uncovered = {channel: settings.uncovered(channel, day) for channel in settings.channels}
    return {
        "level_rule": getattr(settings.policy.meter_data.value, level) if level else "",
        **_switches(settings.policy),
        "policy_soft_opt_in": settings.policy.soft_opt_in.value and request.purpose == "direct_marketing",
        **_kept(settings.retention),
        "unagreed_channels": [name for name, code in uncovered.items() if code == "NO_PROCESSOR_AGREEMENT"],
        "uncovered_channels": [name for name, code in uncovered.items() if code == "TRANSFER_NOT_COVERED"],
    }


def _switches(policy: Policy) -> dict[str, object]:
    """The switches that rules read; those that can only be off have no say."""
    return {
        "policy_service_under_restriction": policy.service_under_restriction.value == "send",
        "policy_confirm_unsubscribe": policy.confirm_unsubscribe.value,
        "policy_minors_by_own_consent": policy.minors_by_own_consent.value,
        "policy_survey_after_ban_all": policy.survey_after_ban_all.value,
        "policy_research_to_prospects": policy.research_to_prospects.value,
    }


def _kept(retention: Retention) -> dict[str, object]:
    """How long the data of people without a contract is kept."""
    former, prospects = retention.former_customers.keep, retention.prospects.keep
    return {
        "former_months": former.months,
        "former_days": former.days,
        "prospect_months": prospects.months,
        "prospect_days": prospects.days,
    }

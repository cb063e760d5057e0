"""What the words of campaigns.yml mean, in sentences for the record of processing."""

from __future__ import annotations

from collections.abc import Mapping

PURPOSES: Mapping[str, str] = {
    "relationship": "managing, maintaining and developing the customer relationship",
    "service_notice": "customer communication, outage information included",
    "satisfaction_survey": "feedback and satisfaction surveys",
    "direct_marketing": "sale and marketing by letter, telephone and electronic means",
    "billing": "billing and payment control",
    "collection": "collection of debts",
    "online_advertising": "advertising on the web and its targeting",
    "market_research": "opinion and market research",
    "raffle_admin": "competitions and raffles",
    "statistics": "planning and developing the business, by statistics about groups",
    "access": "identification and access management",
    "security": "detecting and resolving misuse",
    "profiling": "analysis and segmentation for the other purposes",
}
BASES: Mapping[str, str] = {
    "contract": "contract, Art. 6(1)(b)",
    "legal_obligation": "legal obligation, Art. 6(1)(c)",
    "legitimate_interest": "legitimate interest, Art. 6(1)(f)",
    "consent": "consent, Art. 6(1)(a)",
}
PERSON_KINDS: Mapping[str, str] = {
    "consumer": "consumers",
    "minor": "minors",
    "sole_trader": "sole traders",
    "business_contact": "contacts of companies",
    "company_role_address": "role addresses of companies",
    "estate": "estates",
}
RELATIONSHIPS: Mapping[str, str] = {
    "customer": "customers",
    "former_customer": "former customers",
    "prospect": "prospects",
    "subscriber": "newsletter subscribers",
    "quote_requester": "people who asked for a quote",
    "callback_requester": "people who asked to be called",
    "event_participant": "participants of events",
    "raffle_participant": "participants of raffles",
    "website_visitor": "visitors of the web site",
    "portal_user": "users of the portal",
    "partner": "partners",
}
REGIONS: Mapping[str, str] = {
    "fi": "Finland",
    "eea": "the EEA",
    "us": "the United States",
    "other": "outside the EEA",
}
TRANSFERS: Mapping[str, str] = {
    "none_needed": "none",
    "adequacy": "adequacy decision, Art. 45",
    "scc": "standard contractual clauses, Art. 46(2)(c)",
    "none": "none",
}
# What each rule of retention is about, and the day from which it counts.
RETENTION: Mapping[str, tuple[str, str]] = {
    "former_customers": ("a customer's data", "the end of the last contract or relationship"),
    "prospects": ("a prospect's data", "the last contact"),
    "events": ("events, raffles and competitions", "the day they happened"),
    "interactions": ("calls, chats, mails and visits (that they took place)", "the day they happened"),
    "send_log": ("messages, their outcomes and decisions, responses", "hand-over"),
    "permission_proof": ("consents and bans with their proof", "the day they ceased to hold"),
    "consumption_intervals": ("readings by the hour and quarter; then monthly sums", "the local day"),
    "consumption_months": ("monthly sums of consumption", "the month"),
    "quarantine": ("rows that could not be read", "the day they were received"),
    "exports": ("letters, lists and answers written to files", "the day they were written"),
    "rights_requests": ("requests about rights", "the day they were closed"),
    "audit": ("the audit: who did what", "the day of the entry"),
}
POLICY: Mapping[str, str] = {
    "soft_opt_in": "e-mail and SMS marketing to customers whose address came with a purchase",
    "meter_data": "what each level of meter data needs before a segment may use it",
    "survey_after_ban_all": "satisfaction surveys to people who banned all marketing",
    "research_to_prospects": "market research among people who are not customers",
    "minors_by_own_consent": "marketing to people of 15 to 17 by their own consent",
    "service_under_restriction": "service messages to people whose data is restricted",
    "confirm_unsubscribe": "a confirming message after an unsubscription",
    "robocalls_by_soft_opt_in": "automated calls by the soft opt-in",
    "offers_in_service_messages": "offers in service messages",
    "debt_status_in_segments": "debts as a reason to choose or leave out people",
}
RIGHTS: Mapping[str, str] = {
    "access": "access, Art. 15",
    "portability": "portability, Art. 20",
    "rectify": "rectification, Art. 16",
    "erase": "erasure, Art. 17",
    "restrict": "restriction, Art. 18",
    "object": "objection, Art. 21",
}
# What the program itself does, Art. 32. Each is held by tests of the program.
MEASURES: tuple[tuple[str, str], ...] = (
    (
        "Permission is decided twice",
        "When a mailing is planned and again before each hand-over; every decision is stored with its rule, "
        "evidence and rule version.",
    ),
    (
        "Nothing recorded is changed",
        "Permission events and the audit are append-only and chained by keyed digests; "
        "`campaigns permission verify` finds an edited row.",
    ),
    (
        "Registers are apart",
        "The controller is part of every key; data crosses only under a recorded disclosure.",
    ),
    (
        "Purposes limit data",
        "Every column has a data category; a segment or template that names one which its purpose lacks is "
        "refused.",
    ),
    (
        "Identity codes stay out",
        "Personal identity codes are detected in every file and text, refused or masked, and never stored.",
    ),
    (
        "Processors get what they need",
        "Each channel hands over a fixed list of fields, and nothing without an agreement and a transfer "
        "basis.",
    ),
    (
        "Personal data is masked",
        "Names and addresses are shown masked; showing them is an entry in the audit.",
    ),
    (
        "Queries are locked in",
        "Analysis runs in memory over the files of one snapshot, without network, other files or extensions.",
    ),
    (
        "Links name nobody",
        "Unsubscribe links carry a random key and a keyed code; a forged one changes nothing.",
    ),
    (
        "Erasure leaves nothing",
        "Erased values are removed from lake, ledger, logs and mailboxes; keyed digests keep people from "
        "returning.",
    ),
    (
        "Files are private",
        "Data, keys and exports are readable by their owner only; secrets never stand in the settings.",
    ),
    (
        "Small numbers are hidden",
        "Counts of one to four people are shown as `<5` in breakdowns.",
    ),
)

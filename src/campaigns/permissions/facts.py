"""What the rules may name: each fact of one person on one channel, and where it comes from.

`facts.sql` makes them. They are true or false unless the meaning says otherwise; a fact that nothing is known
about has the value that forbids.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Origin = Literal["request", "register", "events", "settings", "caller", "ledger"]


@dataclass(frozen=True, slots=True)
class Fact:
    """One column of the facts."""

    name: str
    origin: Origin
    meaning: str


FACTS: tuple[Fact, ...] = (
    Fact("person_id", "request", "the person (a number)"),
    Fact("channel", "request", "the channel (text); `segment` asks about the use of an attribute"),
    Fact("channel_number", "request", "its place among the channels asked about"),
    Fact("purpose", "request", "the permission purpose (text)"),
    Fact("message_kind", "request", "the kind of message (text)"),
    Fact("is_segment", "request", "no message: may the attribute be used for this person?"),
    Fact("is_information", "request", "a service, contract or statutory message, a reply or a confirmation"),
    Fact("is_marketing", "request", "marketing, a newsletter or a survey"),
    Fact("is_survey", "request", "a survey"),
    Fact("is_advertising", "request", "marketing or a newsletter"),
    # Step 1
    Fact("erased", "ledger", "erased, or the address is that of an erased person"),
    Fact("deceased", "register", "has died, or is an estate"),
    Fact("estate_contact", "register", "the message goes to the contact of an estate"),
    Fact("in_register", "register", "is a person of this controller's register"),
    Fact("no_agreement", "settings", "the channel's processor has no agreement"),
    Fact("transfer_uncovered", "settings", "the channel's processor is outside the EEA without safeguards"),
    Fact("removal", "request", "takes the person out of an ad audience"),
    # Step 2
    Fact("restricted_all", "events", "all use is restricted"),
    Fact("restricted_marketing", "events", "marketing is restricted, or an objection is being looked at"),
    Fact("restriction_position", "events", "position of the restriction (a number)"),
    # Step 3
    Fact("contains_offer", "request", "the message holds an offer"),
    Fact("sender_identified", "request", "the message says who sends it"),
    Fact("recognisable", "request", "the message can be recognised as marketing"),
    Fact("opt_out_means", "request", "the message has an easy way to refuse"),
    Fact("source_stated", "request", "the message says where the address is from"),
    # Step 4
    Fact("attribute", "request", "the attribute that a segment uses (text)"),
    Fact(
        "level_rule", "settings", "what `meter_data` says of its level: interest, consent, never or nothing"
    ),
    Fact("few_people", "request", "a statistic about fewer than five people"),
    Fact("profiled", "request", "people are chosen by consumption, score or behaviour, or by an ad platform"),
    Fact("datahub_unauthorised", "request", "Datahub data outside the contract, and no authorisation"),
    Fact("cookie_marketing", "events", "accepted marketing cookies"),
    Fact("profiling_consent", "events", "consents to profiling, proven and in force"),
    Fact("profiling_position", "events", "position of the newest word on it (a number)"),
    # Step 5
    Fact("customer", "register", "is a customer on that day"),
    Fact("former_customer", "register", "was a customer"),
    Fact("partner", "register", "is a partner"),
    Fact(
        "contract_active",
        "caller",
        "has a contract at the site that the message is about; NULL: any contract",
    ),
    Fact("about_contract", "request", "a statutory message that only customers get"),
    Fact("affected", "caller", "the outage or change concerns this address"),
    Fact("request_open", "caller", "asked for this reply, and it is not over"),
    Fact("confirmations_sent", "caller", "confirmation mails already sent (a number)"),
    Fact(
        "callback_open", "register", "asked to be called within the last month, and has not banned it since"
    ),
    # Step 6
    Fact("minor", "register", "younger than 18, or said to be a minor"),
    Fact("under_15", "register", "younger than 15, or a minor of unknown age"),
    Fact("by_guardian", "events", "the consent is the guardian's"),
    # Step 7
    Fact("banned_all", "events", "banned all marketing and has not consented to just this since"),
    Fact("ban_all_position", "events", "position of that ban (a number)"),
    Fact("banned_company", "events", "the organisation banned marketing"),
    Fact("ban_company_position", "events", "position of that ban (a number)"),
    Fact(
        "banned_channel", "events", "banned this channel or purpose and has not consented to just this since"
    ),
    Fact("ban_channel_position", "events", "position of that ban (a number)"),
    Fact("complained", "events", "pressed the spam button and has not consented since"),
    Fact("complaint_position", "events", "position of the complaint (a number)"),
    Fact("research_objected", "events", "wants no surveys or research"),
    Fact("research_position", "events", "position of that objection (a number)"),
    Fact("profiling_objected", "events", "objects to profiling and has not consented to it since"),
    Fact("profiling_objection_position", "events", "position of that objection (a number)"),
    # Step 8
    Fact(
        "consent",
        "events",
        "the consent: none, granted, withdrawn, expired, invalid, unproven or pending (text)",
    ),
    Fact("consent_position", "events", "position of the newest word on it (a number)"),
    # Step 9
    Fact("ad_action", "request", "what is done with an ad audience (text)"),
    Fact("platform_consent", "events", "consents to what the ad platform asks for"),
    Fact("topic_not_subscribed", "events", "chose topics, and not this one"),
    Fact("left_company", "register", "has no role in a company any more"),
    Fact("legal_person", "register", "the address is an organisation's"),
    Fact("business_contact", "register", "is known as somebody who works in a company"),
    Fact("duties_relevant", "register", "the purpose concerns the person's duties there"),
    Fact("private_mailbox", "register", "a business contact's address at a private mail service"),
    Fact("third_party", "request", "the message advertises another company's product"),
    Fact("soft_opt_in", "settings", "the policy allows the soft opt-in, and the channel can have it"),
    Fact("from_sale", "register", "the address was given with a purchase"),
    Fact("similar_product", "request", "the product is like the one bought"),
    Fact("opt_out_offered", "register", "could refuse when the address was given"),
    Fact("logged_in", "caller", "reads it in the portal"),
    # Step 10
    Fact("protected_address", "register", "the address is under a safety non-disclosure order"),
    Fact("robinson", "events", "is on the Robinson list of this channel"),
    Fact("robinson_position", "events", "position of that entry (a number)"),
    Fact(
        "register_ban", "events", "the address is the population register's, which may not be used for this"
    ),
    Fact("register_ban_position", "events", "position of that ban (a number)"),
    Fact("informed", "register", "was told how the data is used"),
    Fact("source_known", "register", "it is known where the address is from"),
    Fact("within_retention", "register", "the data may still be kept for this"),
    # Step 11
    Fact("has_address", "register", "there is an address for the channel, or it needs none"),
    Fact("undeliverable", "ledger", "nothing can be delivered to it"),
    Fact("address_shared", "ledger", "somebody who banned this has the same address"),
    Fact("already_sent", "caller", "got this campaign already"),
    Fact("cap_reached", "caller", "has had enough messages for now"),
    Fact("outside_calling_hours", "request", "nobody may be called at this hour"),
    Fact("quiet_hours", "request", "text messages would ring at night"),
    Fact("urgent", "request", "cannot wait for the morning"),
    # Switches of the policy
    Fact(
        "policy_service_under_restriction", "settings", "service messages go out although data is restricted"
    ),
    Fact("policy_confirm_unsubscribe", "settings", "a mail confirms an unsubscribe"),
    Fact("policy_minors_by_own_consent", "settings", "from 15 to 17 the person's own consent is enough"),
    Fact("policy_survey_after_ban_all", "settings", "who banned all marketing may be asked how it went"),
    Fact(
        "policy_research_to_prospects", "settings", "people who are not customers may be asked for research"
    ),
)

_MEANINGS: Mapping[str, str] = MappingProxyType({fact.name: fact.meaning for fact in FACTS})
_SHORT = re.compile(r"[;:] | \(text\)| \(a number\)")
_ANSWERS: Mapping[object, str] = MappingProxyType({True: "yes", False: "no", None: "not known"})


def in_words(values: Mapping[str, object]) -> str:
    """Facts and their values as people read them: `is a customer on that day: yes; ...`."""
    return "; ".join(
        f"{_SHORT.split(_MEANINGS[name])[0]}: "
        f"{_ANSWERS[value] if value is None or isinstance(value, bool) else value}"
        for name, value in values.items()
    )

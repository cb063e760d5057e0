"""The codes of this room: mistakes in mailing files, refusals, and reasons besides those of permission."""

from __future__ import annotations

from collections.abc import Mapping

CODES: Mapping[str, str] = {
    "MAI001": "A key that a mailing does not have.",
    "MAI002": "A key that every mailing needs is missing.",
    "MAI003": "The value has the wrong form.",
    "MAI004": "The file's name is no mailing name, or the file holds no keys.",
    "MAI005": "There is no such mailing.",
    "MAI010": "There is no such segment.",
    "MAI011": "There is no such template.",
    "MAI012": "The segments belong to different controllers, or the template speaks for another one.",
    "MAI013": "The segments have different purposes.",
    "MAI014": "The purpose of the segments does not allow this kind of message.",
    "MAI015": "The channel is not set up in campaigns.yml, or a segment does not allow it.",
    "MAI016": "The template speaks of a site, and the mailing does not say which.",
    "MAI017": "A segment that cannot say which site matched.",
    "MAI018": "There is no time left at which the mailing could go.",
    "MAI020": "The plan is not in a state that allows this.",
    "MAI021": "Something that an approval covers was edited since the plan was made.",
    "MAI022": "The number of messages is not the number that was named.",
    "MAI023": "The plan's latest time has passed.",
    "MAI024": "Somebody else is planning this mailing.",
    "MAI025": "A value that the template needs is missing for everybody.",
    "MAI026": "The address is not one of test_addresses.",
    "MAI027": "The person is not in the register.",
    "MAI028": "The outcome of the message is known already.",
    "MAI029": "A sender stopped unexpectedly.",
    "MAI030": "The channel refused us, or does not answer.",
}

# Why a message was left out, failed or is unknown, when no rule of permission decided it.
REASONS: Mapping[str, str] = {
    "CONTENT_MISSING": "a value that the template needs is missing for this person",
    "CONTENT_REFUSED": "a value of this person holds what a message may not hold",
    "OTHER_SEGMENT": "the person is in a segment that the mailing leaves out",
    "NOT_IN_SEGMENT": "an exception of the segment holds for the person by now",
    "NO_ADDRESS": "there is no address any more",
    "DUPLICATE": "the same address or person already has a copy of this mailing",
    "CANCELLED": "the plan was cancelled",
    "MISSED": "the latest time for sending had passed",
    "ERASED": "the person was erased on request",
    "GAVE_UP": "the receiver put it off for a day",
    "SENDER_LOST": "the sender died while handing it over",
    "NO_ANSWER": "the channel broke down while it was handed over",
    "RESOLVED": "a person said what became of it",
    "LIMIT": "the segment takes no more people than its limit",
    "ONE_PER": "another person of the company gets it",
}


def sentence(code: str) -> str:
    """What a reason code means, in English: the rules' own sentence, or one of this room."""
    from campaigns.permissions import rules

    if code in REASONS:
        return REASONS[code]
    try:
        return rules.sentence(code, "en")
    except KeyError:
        return "the provider's own words are with the message"

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
    "MAI019": "The template shows, or an exception uses, data that the purpose may not use.",
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
    "MAI031": "The plan's time has not come.",
    "MAI032": "Data are older than a segment allows.",
    "MAI030": "The channel refused us, or does not answer.",
}

# Why a message was left out, failed or is unknown, when no rule of permission says it.
REASONS: Mapping[str, str] = {
    "CONTENT_MISSING": "A value that the template needs is missing for this person.",
    "CONTENT_REFUSED": "A value of this person holds what a message may not hold.",
    "OTHER_SEGMENT": "This person is in a segment that the mailing leaves out.",
    "NOT_IN_SEGMENT": "An exception of the segment holds for this person by now.",
    "LIMIT": "The segment takes no more people than its limit.",
    "ONE_PER": "Another person of the same company gets it.",
    "CANCELLED": "The plan was cancelled.",
    "MISSED": "The latest time for sending had passed.",
    "GAVE_UP": "The receiver put it off for a day.",
    "SENDER_LOST": "The sender died while handing it over.",
    "NO_ANSWER": "The channel broke down while it was handed over.",
    "RESOLVED": "A person said what became of it.",
}


def sentence(code: str) -> str:
    """What a reason code means, in English: one of this room, or the rules' own sentence."""
    from campaigns.permissions import rules

    if code in REASONS:
        return REASONS[code]
    return rules.sentence(code, "en") if code in rules.CODES else "The provider's own answer."

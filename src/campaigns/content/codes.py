"""The codes of mistakes in `templates/`: stable, each with what it means."""

from __future__ import annotations

from collections.abc import Mapping

CODES: Mapping[str, str] = {
    "TPL001": "A key that message.yml does not have.",
    "TPL002": "A key, or one of its languages, is missing in message.yml.",
    "TPL003": "The value has the wrong form.",
    "TPL004": "The file's name cannot be that of a part of a template.",
    "TPL005": "A file of the template is missing or too long.",
    "TPL006": "What is included is not there, or includes itself.",
    "TPL007": "A language has a file and is not named in message.yml.",
    "TPL008": "The sender, or a language that stands in for another, is not right.",
    "TPL009": "Jinja cannot read the text, or it is nested too deeply.",
    "TPL010": "Something of Jinja that a message may not use.",
    "TPL011": "A value that no message may show, or that does not exist.",
    "TPL012": "A value that message.yml does not name under `variables`.",
    "TPL013": "A filter that does not exist, or is used in another way.",
    "TPL014": "A variable of message.yml that is of another type, or is always there.",
    "TPL015": "A value that may be missing is shown without a condition or a replacement.",
    "TPL016": "A value of a data category that no message may show.",
    "TPL018": "A number or a date is printed without its format.",
    "TPL020": "A tag of HTML that a message may not have.",
    "TPL021": "An attribute that a message may not have, or has twice.",
    "TPL022": "A link that is not https, mailto or one of ours.",
    "TPL023": "An image from elsewhere, or not under https.",
    "TPL024": "An image without a text in its place.",
    "TPL025": "A style that a message may not have.",
    "TPL026": "Tags that are not closed, or closed twice.",
    "TPL027": "A value at a place of HTML where it could do harm.",
    "TPL030": "What every message must show is missing: who sends it, or how to refuse it.",
    "TPL031": "A message that nobody can refuse has a link to refuse it.",
    "TPL041": "The template cannot be rendered for a made-up person.",
    "TPL042": "The message is too large to be sent.",
    "TPL043": "Gmail cuts the message off.",
    "TPL404": "There is no such template.",
}

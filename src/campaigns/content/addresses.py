"""Where links and images of a template may point.

The host of a link always stands in the template itself; a value can only be one encoded part of the path or
the query. So no value becomes a link, whatever it holds (`javascript:`, `//evil.fi`, `https://own.fi@evil.fi`).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from urllib.parse import urlsplit

from jinja2 import nodes
from jinja2.exceptions import TemplateSyntaxError

from campaigns.content.environment import Environment
from campaigns.content.protection import COVER, Construct, covered

_HOST = re.compile(
    r"https://[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+(:\d{1,5})?(?=[/?#]|$)"
)
_REST = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%\ue000-\uf8ff]*")
_MAIL = re.compile(r"mailto:[A-Za-z0-9._%+-]+@[a-z0-9.-]+(\?subject=[A-Za-z0-9%._~-]*)?")
_PHONE = re.compile(r"tel:\+?[0-9]{3,20}")
_WHOLE = frozenset({"links.unsubscribe", "links.preferences", "links.privacy"})
_MAILBOXES = frozenset({"sender.email", "sender.privacy_officer"})


def link_problem(value: str, found: Sequence[Construct]) -> str:
    """Why a link of a template is not allowed; nothing when it is."""
    value = value.strip()
    if COVER.match(value):
        return "" if _one_construct(value, found, _WHOLE) else "a value cannot be a whole link."
    if value.startswith("mailto:") and COVER.match(value, len("mailto:")):
        own = _one_construct(value.removeprefix("mailto:"), found, _MAILBOXES)
        return "" if own else "a value cannot be an address to write to."
    if _MAIL.fullmatch(value) or _PHONE.fullmatch(value):
        return ""
    host = _HOST.match(value)
    if not host:
        return "a link starts with https:// and a host."
    if not _REST.fullmatch(value, host.end()):
        return "the link holds a character that must be percent-encoded."
    parts = {character: covered(character, found) for character in COVER.findall(value)}
    if not all(_is_encoded(construct) for construct in parts.values()):
        return "a value in a link must be encoded: {{ …|urlencode }}."
    return ""


def image_problem(value: str, own_hosts: Collection[str]) -> str:
    """Why the source of an image is not allowed; nothing when it is."""
    host = _HOST.match(value)
    if not host or not _REST.fullmatch(value, host.end()):
        return "an image is a file under https://."
    name = urlsplit(value).hostname or ""
    if any(name == own or name.endswith(f".{own}") for own in own_hosts):
        return ""
    return f"the image lies on `{name}`, which is none of our hosts: it would see who opens the message."


def _one_construct(value: str, found: Sequence[Construct], names: Collection[str]) -> bool:
    """Whether the text is exactly one `{{ name }}` with a name of those."""
    if len(set(value) - {"\n"}) != 1 or not COVER.fullmatch(value[0]):
        return False
    words = covered(value[0], found).text.removeprefix("{{").removesuffix("}}").strip(" -+\n\t")
    return words in names


def _is_encoded(construct: Construct) -> bool:
    """Whether a construct prints through `urlencode` last."""
    if construct.kind != "variable":
        return False
    try:
        (output,) = Environment("en", markup=True).parse(construct.text).body
    except (TemplateSyntaxError, ValueError, RecursionError):
        return False
    printed = output.nodes if isinstance(output, nodes.Output) else []
    return len(printed) == 1 and isinstance(printed[0], nodes.Filter) and printed[0].name == "urlencode"

"""The record of processing as one page: no script, nothing from elsewhere, and it prints well."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup, escape

from campaigns.permissions.rules import sentence
from campaigns.reports.counting import shown
from campaigns.reports.privacy import Record
from campaigns.reports.privacy_notices import Standing
from campaigns.reports.privacy_words import MEASURES

_FOLDER = files("campaigns.reports") / "html"
MOST_COLUMNS = 12  # of one table in one category; the JSON names them all
_CODE = re.compile(r"`([^`]+)`")


def render(record: Record, *, zone: ZoneInfo) -> bytes:
    """The page, UTF-8, with times of `zone`; small counts of people are hidden."""

    def when(moment: datetime | None) -> str:
        return "" if moment is None else f"{moment.astimezone(zone):%Y-%m-%d %H:%M}"

    names = {one.controller: one.identity["name"] for one in record.registers}
    page = environment().get_template("privacy.html")
    text = page.render(
        record=record,
        measures=MEASURES,
        when=when,
        number=lambda value: f"{value:,}",
        shown=shown,
        newest=_newest,
        name_of=lambda word: names.get(word, word),
        sentence=sentence,
        plain=_plain,
        marked=_marked,
        most=MOST_COLUMNS,
        breaking=Markup("_<wbr>"),  # where a long name may go on in the next line
    )
    return text.encode()


@cache
def environment() -> Environment:
    """The pages of this room: everything is escaped, and a name that is not there is an error."""
    return Environment(
        loader=FunctionLoader(lambda name: (_FOLDER / name).read_text(encoding="utf-8")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _newest(standing: Standing) -> str:
    return next((one.version for one in standing.versions if one.newest), "")


def _marked(text: str) -> Markup:
    """A sentence in which commands stand between backquotes."""
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704  # escaped in the line itself


def _plain(value: Any) -> str:
    """A value of the settings as people read it."""
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_plain(inner)}" for key, inner in value.items())
    if isinstance(value, (list, tuple)):
        return ", ".join(_plain(inner) for inner in value)
    return value.isoformat() if isinstance(value, date) else str(value)

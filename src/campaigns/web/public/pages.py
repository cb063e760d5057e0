"""The public pages as bytes: plain HTML, no script, no cookie, nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files

from jinja2 import Environment, FunctionLoader, StrictUndefined

from campaigns.settings.model import Controller
from campaigns.web.public.texts import LANGUAGES, TEXTS, purpose_name

_FOLDER = files("campaigns.web.public") / "html"
STYLE = (files("campaigns.web.public") / "style.css").read_bytes()


@cache
def _environment() -> Environment:
    return Environment(
        loader=FunctionLoader(lambda name: (_FOLDER / name).read_text(encoding="utf-8")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )


def ask(*, controller: Controller | None, channel: str, purpose: str, language: str) -> str:
    """The page that asks before anything is changed."""
    text = TEXTS[language]["this"].format(
        purpose=purpose_name(purpose, language), channel=TEXTS[language][channel]
    )
    return _page("ask.html", language, controller, this=text)


def answer(*, heading: str, lines: Sequence[str], language: str, controller: Controller | None = None) -> str:
    """A page that tells one thing; `heading` and `lines` are names of texts or sentences."""
    words = TEXTS[language]
    return _page(
        "answer.html",
        language,
        controller,
        heading=words.get(heading, heading),
        lines=[words.get(line, line) for line in lines],
    )


def done(
    *, everything: bool, controller: Controller | None, channel: str, purpose: str, language: str
) -> str:
    """The page that confirms: it is the only confirmation, no message follows."""
    words = TEXTS[language]
    said = words["done_all" if everything else "done_this"].format(
        purpose=purpose_name(purpose, language), channel=words[channel]
    )
    return answer(
        heading="done_title",
        lines=[said, "nothing_more", "service"],
        language=language,
        controller=controller,
    )


def _page(template: str, language: str, controller: Controller | None, **values: object) -> str:
    return (
        _environment()
        .get_template(template)
        .render(
            language=language,
            languages={code: TEXTS[code] for code in LANGUAGES},
            t=TEXTS[language],
            controller=controller,
            **values,
        )
    )

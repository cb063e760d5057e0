"""The templates of a workspace: load one, check them all, render one for a person."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from campaigns.content import values as values_
from campaigns.content.checking import Check, Language
from campaigns.content.compiling import Compiled, Sources, compiled, sources
from campaigns.content.definitions import Defined, Message
from campaigns.content.rendering import Rendered, render
from campaigns.content.sources import Folder, Piece
from campaigns.content.trial import Trial, try_out
from campaigns.content.variables import Variable, known
from campaigns.errors import Mistake, Mistakes, NotFound
from campaigns.settings.binding import suggestion
from campaigns.settings.model import MARKETING_KINDS, Settings

__all__ = ["Examination", "Library", "Rendered", "Template"]

GMAIL_CLIPS = 102 * 1024  # octets of HTML
MOST = 1_000_000
_FORMAT = "1"  # goes into every hash: a change of how templates are put together changes the bytes


class Template:
    """One template, checked: what it needs of a person, and how it is rendered.

    Made by `Library.load`; a language is compiled when it is first used.
    """

    def __init__(
        self, name: str, message: Message, languages: Mapping[str, Language], folder: Folder
    ) -> None:
        self.name = name
        self.message = message
        self._languages = languages
        self._sources = {key: sources(each.texts, folder) for key, each in languages.items()}
        self._compiled: dict[str, Compiled] = {}
        self.hash = _hash(name, message, self._sources)

    def __repr__(self) -> str:
        return f"Template({self.name}, {self.kind}, {', '.join(self.languages)})"

    @property
    def kind(self) -> str:
        """The message kind, which is fixed here and nowhere else."""
        return self.message.kind

    @property
    def can_be_refused(self) -> bool:
        """Whether messages carry an unsubscribe link: marketing, newsletters and surveys."""
        return self.kind in MARKETING_KINDS

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages that it has texts in."""
        return self.message.languages

    @property
    def uses(self) -> frozenset[str]:
        """Every value that some language of it names."""
        return frozenset(want.name for each in self._languages.values() for want in each.wanted)

    @property
    def metrics(self) -> frozenset[str]:
        """The metrics that it shows; a message with one is about the person's own consumption."""
        return frozenset(name.removeprefix("metric.") for name in self.uses if name.startswith("metric."))

    def language_for(self, wanted: str | None) -> str:
        """The language that a person gets: their own, or what stands in for it."""
        if wanted and wanted in self._languages:
            return wanted
        fallback = {str(language): str(other) for language, other in self.message.fallback.items()}
        return fallback.get(wanted or "", self.languages[0])

    def needs(self, language: str) -> frozenset[str]:
        """The values that a person must have (not NULL), `sender.*`, `links.*` and `mailing.*` apart.

        For a check of a million people at once: none of these columns may be NULL.
        """
        needed = (want for want in self._languages[language].wanted if not want.optional)
        return frozenset(want.name for want in needed if want.group not in ("sender", "links", "mailing"))

    def missing(self, language: str, values: Mapping[str, Mapping[str, Any]]) -> list[str]:
        """The values that this person lacks, by name."""
        return values_.missing(self._languages[language].wanted, values)

    def render(self, language: str, values: Mapping[str, Mapping[str, Any]]) -> Rendered:
        """One person's message. `values` holds a mapping a group: person, contract, sender, links, …

        Raises `UserError` CON101-CON112, which names the variable and never its value.
        """
        if language not in self._compiled:
            self._compiled[language] = compiled(language, self._sources[language])
        return render(
            self._compiled[language],
            self._languages[language].wanted,
            values,
            can_be_refused=self.can_be_refused,
        )

    def trials(self) -> list[Trial]:
        """What `check` renders to see that it can be rendered."""
        return [
            Trial(
                name=self.name,
                language=language,
                sources=self._sources[language],
                wanted=each.wanted,
                can_be_refused=self.can_be_refused,
            )
            for language, each in self._languages.items()
        ]

    def place(self, language: str) -> Piece:
        """Where mistakes of the whole message are shown."""
        return self._languages[language].texts.body


@dataclass(frozen=True, kw_only=True, slots=True)
class Examination:
    """What `check` found: mistakes stop a mailing, warnings do not."""

    mistakes: list[Mistake] = field(default_factory=list)
    warnings: list[Mistake] = field(default_factory=list)


class Library:
    """All templates of a folder. `variables` are the values that they may name, by default all there are."""

    def __init__(
        self, folder: Path, settings: Settings, variables: Mapping[str, Variable] | None = None
    ) -> None:
        self._folder = Folder(folder, shown=folder.name)
        self._settings = settings
        self._variables = variables

    def names(self) -> list[str]:
        """The templates there are."""
        return self._folder.names()

    def load(self, name: str) -> Template:
        """One template. Raises `NotFound`, or `Mistakes` with all that is wrong in its text."""
        if name not in self.names():
            raise NotFound(
                "TPL404", "there is no such template.", hint=suggestion(name, self.names()), file=""
            )
        defined = Defined(self._folder, name)
        check = Check(defined, self._folder, self._settings, self._known())
        languages: dict[str, Language] = {}
        for language in defined.message.languages:
            if read := check.language(language):
                languages[language] = read
        if check.found:
            raise Mistakes(check.found)
        return Template(name, defined.message, languages, self._folder)

    def categories(self, template: Template) -> dict[str, str]:
        """The data category of each value about the person that the template names."""
        known_ = self._known()
        return {name: known_[name].category for name in sorted(template.uses) if name in known_}

    def check(self, names: Sequence[str] | None = None) -> list[Mistake]:
        """Every mistake in these templates, all by default; each is also rendered for made-up people."""
        return self.examine(names).mistakes

    def examine(self, names: Sequence[str] | None = None) -> Examination:
        """As `check`, with what is worth knowing besides."""
        mistakes = list(self._folder.strangers()) if names is None else []
        templates: list[Template] = []
        for name in self.names() if names is None else names:
            try:
                templates.append(self.load(name))
            except Mistakes as wrong:
                mistakes += [mistake for mistake in wrong.mistakes if mistake not in mistakes]
        tried = self._try(templates)
        return Examination(mistakes=mistakes + tried.mistakes, warnings=tried.warnings)

    def _try(self, templates: Sequence[Template]) -> Examination:
        tried = Examination()
        trials = [(template, trial) for template in templates for trial in template.trials()]
        for (template, trial), result in zip(trials, try_out([trial for _, trial in trials]), strict=True):
            place = template.place(trial.language)
            if result.problem:
                message = f"template {template.name} ({trial.language}): {result.problem}"
                tried.mistakes.append(place.mistake("TPL041", message))
            elif result.size > MOST:
                tried.mistakes.append(
                    place.mistake("TPL042", f"the message is {_kilobytes(result.size)} large.")
                )
            elif result.size > GMAIL_CLIPS:
                message = f"the message is {_kilobytes(result.size)} large; Gmail cuts it off at 102 kB."
                tried.warnings.append(place.mistake("TPL043", message, "shorten it, or split it"))
        return tried

    def _known(self) -> Mapping[str, Variable]:
        if self._variables is None:
            self._variables = known()
        return self._variables


def _kilobytes(octets: int) -> str:
    return f"{octets / 1024:,.0f} kB"


def _hash(name: str, message: Message, parts: Mapping[str, Sources]) -> str:
    """What an approval covers: everything of the template that shapes the bytes of a message."""
    digest = hashlib.sha256(f"{_FORMAT}\0{name}\0{message.model_dump_json()}".encode())
    for language, each in sorted(parts.items()):
        for text in (language, each.head, each.html, each.text):
            digest.update(hashlib.sha256(text.encode()).digest())
    return digest.hexdigest()

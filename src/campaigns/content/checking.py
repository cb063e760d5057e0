"""Check a template without rendering it: everything that can be said from its text alone."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from campaigns.content import expressions, markup
from campaigns.content.composing import SLOTS, Texts, included, texts_of
from campaigns.content.definitions import LANGUAGES, Defined
from campaigns.content.expressions import Scope, Uses
from campaigns.content.protection import constructs
from campaigns.content.sources import Folder, Piece
from campaigns.content.values import Wanted
from campaigns.content.variables import CONSTANTS, TYPES, Variable
from campaigns.errors import Mistake, Mistakes
from campaigns.settings.binding import suggestion
from campaigns.settings.model import MARKETING_KINDS, Settings

# Who writes and what rights the reader has: section 203 of the act on electronic communications services,
# articles 13 and 21 of the GDPR; each message shows these whatever its conditions say.
_SENDER = ("sender.name", "sender.business_id", "sender.address", "sender.phone", "links.privacy")
_REFUSAL = ("links.unsubscribe", "links.preferences")


@dataclass(frozen=True, kw_only=True, slots=True)
class Language:
    """One language of a template that was checked: its texts, and the values they name."""

    texts: Texts
    wanted: tuple[Wanted, ...]
    pieces: tuple[Piece, ...]


class Check:
    """Checks one template, language by language; `found` holds the mistakes."""

    def __init__(
        self, defined: Defined, folder: Folder, settings: Settings, known: Mapping[str, Variable]
    ) -> None:
        self._defined, self._folder, self._settings = defined, folder, settings
        self._known = known
        self._declared = {name: type_.removesuffix("?") for name, type_ in defined.message.variables.items()}
        self._optional = {name for name, type_ in defined.message.variables.items() if type_.endswith("?")}
        self._own_hosts = own_hosts(settings)
        self.found: list[Mistake] = [
            *defined.sender_mistakes(settings),
            *self._declaration_mistakes(),
            *self._stray_languages(),
        ]

    def language(self, language: str) -> Language | None:
        """Check one language; None when its texts cannot even be read."""
        try:
            texts = texts_of(self._defined, self._folder, language)
            parts = [part for piece in texts.markup() for part in included(piece, self._folder)]
        except Mistakes as mistakes:
            self.found += mistakes.mistakes
            return None
        uses = self._examine(texts, parts)
        self.found += self._legal_mistakes(texts, uses)
        names = sorted(uses.names)
        wanted = tuple(
            Wanted(
                group=name.partition(".")[0],
                field=name.partition(".")[2],
                type=self._declared.get(name) or CONSTANTS[name],
                optional=name in self._optional,
            )
            for name in names
        )
        written = (texts.subject, texts.preheader, *texts.markup(), *parts)
        return Language(texts=texts, wanted=wanted, pieces=(*written, *([texts.text] if texts.text else [])))

    def _examine(self, texts: Texts, parts: list[Piece]) -> Uses:
        uses = Uses()
        inline = [texts.subject, texts.preheader, *([texts.text] if texts.text else [])]
        for piece in (*texts.markup(), *parts, *inline):
            slots = SLOTS if piece is texts.layout else ()
            seen, mistakes = expressions.examine(piece, self._scope(slots, includes=piece not in inline))
            uses.names |= seen.names
            if piece in texts.markup():
                uses.always |= seen.always
            self.found += [mistake for mistake in mistakes if mistake not in self.found]
            if piece not in inline and not any(mistake.code == "TPL009" for mistake in mistakes):
                self._examine_markup(piece)
        return uses

    def _examine_markup(self, piece: Piece) -> None:
        try:
            mistakes = markup.examine(piece, constructs(piece), own_hosts=self._own_hosts)
        except Mistakes as unreadable:
            mistakes = list(unreadable.mistakes)
        self.found += [mistake for mistake in mistakes if mistake not in self.found]

    def _scope(self, slots: Collection[str], *, includes: bool) -> Scope:
        return Scope(
            declared=self._declared,
            optional=self._optional,
            known={name: variable.type for name, variable in self._known.items()},
            slots=slots,
            includes=includes,
        )

    def _legal_mistakes(self, texts: Texts, uses: Uses) -> Iterator[Mistake]:
        """What a message of this kind must show, and what it must not."""
        marketing = self._defined.message.kind in MARKETING_KINDS
        for name in (*_SENDER, *(_REFUSAL if marketing else ())):
            if name not in uses.always:
                yield texts.legal.mistake(
                    "TPL030",
                    f"the message never shows `{name}`, or only under a condition.",
                    f"put {{{{ {name} }}}} into the legal part, outside conditions",
                )
        if not marketing and uses.names & set(_REFUSAL):
            yield texts.legal.mistake(
                "TPL031",
                f"a message of the kind {self._defined.message.kind} has no unsubscribe link.",
                "it informs about a service that the person has; only marketing can be refused",
            )
        for slot in ("body", "legal"):
            if f"include {slot}" not in texts.layout.text:
                yield texts.layout.mistake(
                    "TPL030", f"the layout has no place for `{slot}`.", f"add {{% include {slot} %}}"
                )

    def _declaration_mistakes(self) -> Iterator[Mistake]:
        categories = self._settings.categories
        for name, type_ in self._declared.items():
            mark = self._defined.mark("variables", name)
            variable = self._known.get(name)
            if name in CONSTANTS:
                yield mark.mistake("TPL014", f"`{name}` is there in every message.", "delete this line")
            elif variable is None:
                hint = suggestion(name, self._known)
                yield mark.mistake("TPL011", f"`{name}` is no value that a message may show.", hint)
            elif variable.category not in categories or not categories[variable.category].templates:
                yield mark.mistake(
                    "TPL016",
                    f"`{name}` belongs to the data category {variable.category}, which no message may show.",
                )
            elif type_ not in TYPES or variable.type != type_:
                yield mark.mistake(
                    "TPL014",
                    f"`{name}` is not of the type `{type_}`.",
                    f"write `{name}: {variable.type}`, with `?` when a person may lack it",
                )

    def _stray_languages(self) -> Iterator[Mistake]:
        """Files of a language that the template does not list."""
        name = self._defined.piece.file.rsplit("/", 2)[-2]
        for language in set(LANGUAGES) - set(self._defined.message.languages):
            if self._folder.has(f"{name}/{language}.html"):
                message = f"there is a file {language}.html, and `languages` does not name it."
                yield self._defined.mark("languages").mistake("TPL007", message, f"add {language}")


def own_hosts(settings: Settings) -> frozenset[str]:
    """The hosts that are ours: those of the public pages and of each controller's site and mail."""
    urls = [settings.web.base_url, *(each.privacy_url for each in settings.controllers.values())]
    hosts = [url.partition("//")[2].partition("/")[0].partition(":")[0] for url in urls]
    senders = [each.sender_email.rpartition("@")[2] for each in settings.controllers.values()]
    return frozenset(host.lower().removeprefix("www.") for host in (*hosts, *senders))

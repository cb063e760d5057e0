"""What `message.yml` of a template may say."""

from __future__ import annotations

from collections.abc import Iterator
from email.utils import parseaddr

from pydantic import Field, field_validator, model_validator

from campaigns.content.headers import DISPLAY_NAME, is_address
from campaigns.content.sources import Folder, Piece, of_value
from campaigns.errors import Mistake, Mistakes
from campaigns.settings.binding import Definition, bind, suggestion
from campaigns.settings.documents import Mapping, Mark, Node, Scalar, parse
from campaigns.settings.model import Language, MessageKind, Settings
from campaigns.settings.words import Name

FILE = "message.yml"
LANGUAGES: tuple[Language, ...] = ("fi", "sv", "en")


class From(Definition):
    """Who the message is from, when it is not the controller's usual sender."""

    name: str = ""
    email: str = ""

    @field_validator("name")
    @classmethod
    def _plain(cls, value: str) -> str:
        if value and not DISPLAY_NAME.fullmatch(value):
            raise ValueError("a name of a sender is plain words, and no address")
        return value

    @field_validator("email")
    @classmethod
    def _address(cls, value: str) -> str:
        return _address(value)


class Message(Definition):
    """One template: kind, sender, languages, texts and the values it names."""

    title: str
    kind: MessageKind
    controller: Name | None = None
    sender: From = Field(default=From(), alias="from")
    reply_to: str = ""
    list: Name | None = None
    layout: Name = "message"
    period: str = "last full year"
    languages: tuple[Language, ...] = Field(min_length=1)
    fallback: dict[Language, Language] = {}
    subject: dict[Language, str]
    preheader: dict[Language, str]
    variables: dict[str, str] = {}

    @field_validator("reply_to")
    @classmethod
    def _reply(cls, value: str) -> str:
        return _address(value)

    @model_validator(mode="after")
    def _everybody_is_served(self) -> Message:
        for language in LANGUAGES:
            if language not in self.languages and self.fallback.get(language) not in self.languages:
                raise ValueError(
                    f"people who speak `{language}` get nothing: add it to languages, or a fallback such as "
                    f"`{language}: {self.languages[0]}`"
                )
        return self

    @property
    def list_name(self) -> str:
        """What a person leaves by unsubscribing: the template's list, otherwise its kind."""
        return self.list or self.kind


class Defined:
    """A `message.yml` that was read, with the places of its words."""

    def __init__(self, folder: Folder, name: str) -> None:
        self.piece = folder.read(f"{name}/{FILE}")
        self.node = parse(self.piece.text, name=self.piece.file)
        self.message = bind(self.node, Message, prefix="TPL")

    def text(self, part: str, language: str) -> Piece:
        """The subject or preheader of a language as template text. Raises `Mistakes` when it is absent."""
        scalar = _reach(self.node, part, language)
        if not isinstance(scalar, Scalar) or not scalar.text.strip():
            message = f"`{part}` has no text in `{language}`."
            raise Mistakes([self.mark(part).mistake("TPL002", message, f"add `{language}:` to it")])
        return of_value(scalar)

    def mark(self, *path: str) -> Mark:
        """The place of the deepest part of a path that exists."""
        here: Node = self.node
        mark = here.mark
        for part in path:
            if not isinstance(here, Mapping) or (key := here.key(part)) is None:
                break
            mark = key.mark
            here = here.get(part) or here
        return mark

    def sender_mistakes(self, settings: Settings) -> Iterator[Mistake]:
        """Who the message may be from is said by campaigns.yml; a template only chooses among it."""
        message = self.message
        if message.controller and message.controller not in settings.controllers:
            yield self.mark("controller").mistake(
                "TPL008",
                f"there is no controller called `{message.controller}`.",
                suggestion(message.controller, settings.controllers),
            )
            return
        named = [message.controller] if message.controller else list(settings.controllers)
        controllers = [settings.controllers[name] for name in named]
        senders = {domain_of(controller.sender_email) for controller in controllers}
        mailboxes = senders | {domain_of(controller.email) for controller in controllers}
        for address, domains, path in (
            (message.sender.email, senders, ("from", "email")),
            (message.reply_to, mailboxes, ("reply_to",)),
        ):
            if address and domain_of(address) not in domains:
                yield self.mark(*path).mistake(
                    "TPL008",
                    f"`{domain_of(address)}` is no domain of ours.",
                    "use an address under " + " or ".join(sorted(domains)),
                )


def domain_of(address: str) -> str:
    """The domain of an e-mail address, in lower case."""
    return parseaddr(address)[1].rpartition("@")[2].lower()


def _address(value: str) -> str:
    if value and not is_address(value):
        raise ValueError("is no plain e-mail address")
    return value


def _reach(node: Node, *path: str) -> Node | None:
    here: Node | None = node
    for part in path:
        here = here.get(part) if isinstance(here, Mapping) else None
    return here

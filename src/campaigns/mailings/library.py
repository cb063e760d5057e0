"""The folder of mailings: names, loading, and checking them against segments, templates and settings."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from campaigns.errors import Mistake, Mistakes, NotFound, UserError
from campaigns.mailings.definition import MailingFile
from campaigns.mailings.schedule import LONGEST, ONCE, Occurrence
from campaigns.settings import documents
from campaigns.settings.binding import bind, suggestion
from campaigns.settings.documents import Mapping, Mark, Node, Scalar, Sequence
from campaigns.settings.model import Channel, MessageKind, Settings

if TYPE_CHECKING:
    from campaigns.content.templates import Library as Templates
    from campaigns.content.templates import Template
    from campaigns.permissions.requests import Request
    from campaigns.segments.library import Library as Segments
    from campaigns.segments.model import Segment

_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Mailing:
    """A checked mailing. `purpose` and `controller` are those of its segments, `kind` its template's."""

    name: str
    file: MailingFile
    controller: str
    purpose: str  # a word of campaigns.yml
    kind: MessageKind
    segments: tuple[Segment, ...] = field(repr=False)
    except_segments: tuple[Segment, ...] = field(repr=False)
    template: Template = field(repr=False)

    @property
    def title(self) -> str:
        """For people."""
        return self.file.title

    @property
    def channel(self) -> Channel:
        """The one channel that it goes by."""
        return self.file.channel

    @property
    def profiled(self) -> bool:
        """One of its segments uses a metric, score or behaviour, or the message shows consumption."""
        return any(segment.profiled for segment in self.segments)

    @property
    def fingerprint(self) -> str:
        """A hash of what the file says, however it is laid out."""
        text = json.dumps(self.file.model_dump(mode="json"), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:32]

    def request(self, settings: Settings, *, at: datetime) -> Request:
        """What is asked of the rules about each person, at a time."""
        from campaigns.permissions.requests import Request

        purpose = settings.purposes[self.purpose]
        return Request(
            controller=self.controller,
            purpose=purpose.permission_purpose,
            topic=purpose.topic,
            duties=purpose.duties,
            message_kind=self.kind,
            channels=(self.channel,),
            profiled=self.profiled,
            at=at,
        )

    def occurrences(self, start: datetime, end: datetime, settings: Settings) -> Iterator[Occurrence]:
        """When it goes between two moments; nothing for a mailing without a schedule."""
        if self.file.schedule is not None:
            yield from self.file.schedule.occurrences(start, end, zone=settings.zone, latest=self.file.latest)

    def upcoming(self, now: datetime, settings: Settings) -> Iterator[Occurrence]:
        """The occurrences that are not too late, the nearest first; one without a time when unscheduled."""
        if self.file.schedule is None:
            yield Occurrence(name=ONCE, due=None, latest=None)
        else:
            yield from self.occurrences(now - self.file.latest, now + LONGEST, settings)

    def __repr__(self) -> str:
        return f"<mailing {self.name}: {self.title}>"


@dataclass(frozen=True, kw_only=True, slots=True)
class Library:
    """The mailings of a workspace. Files are read anew at each call."""

    folder: Path
    settings: Settings = field(repr=False)
    segments: Segments = field(repr=False)
    templates: Templates = field(repr=False)

    def as_planned(self) -> Library:
        """The same files for a plan that was made: what a segment named until a day may be over since."""
        return replace(self, segments=self.segments.as_planned())

    def names(self) -> list[str]:
        """The names of all mailing files, sorted."""
        return sorted(path.stem for path in self.folder.glob("*.yml"))

    def load(self, name: str) -> Mailing:
        """The mailing of that name, checked.

        Raises `NotFound` MAI005, or `Mistakes` with all that is wrong in it, its segments or its template.
        """
        if name not in self.names():
            hint = suggestion(name, self.names())
            raise NotFound("MAI005", "there is no mailing of that name.", hint=hint)
        reading = _Reading(self, self.folder / f"{name}.yml")
        mailing = reading.mailing()
        if mailing is None or reading.found:
            raise Mistakes(reading.found)
        return mailing

    def check(self, paths: Iterable[Path] | None = None) -> list[Mistake]:
        """Every mistake of these files, all by default; mistakes of segments and templates are theirs."""
        found: list[Mistake] = []
        for path in sorted(self.folder.glob("*.yml") if paths is None else paths):
            reading = _Reading(self, path, quiet=True)
            reading.mailing()
            found += reading.found
        return found


class _Reading:
    """One file on its way to a mailing; collects what is wrong. `quiet`: other files speak for themselves."""

    def __init__(self, library: Library, path: Path, *, quiet: bool = False) -> None:
        self._library = library
        self._path = path
        self._quiet = quiet
        self._node: Node = Mapping((), Mark(documents.Source(path.name, ()), 1, 1))
        self.found: list[Mistake] = []

    def mailing(self) -> Mailing | None:
        """The mailing, or None when the file cannot be bound."""
        file = self._bound()
        if file is None:
            return None
        segments = self._load_segments(file, "segments")
        exceptions = self._load_segments(file, "except_segments")
        template = self._load_template(file)
        if self.found or template is None or not segments:
            return None
        self._agree(file, segments, template)
        self._touches_only_open_data(segments[0].purpose, exceptions, template)
        return Mailing(
            name=self._path.stem,
            file=file,
            controller=segments[0].controller,
            purpose=segments[0].purpose,
            kind=template.message.kind,
            segments=tuple(segments),
            except_segments=tuple(exceptions),
            template=template,
        )

    def _bound(self) -> MailingFile | None:
        shown = f"{self._library.folder.name}/{self._path.name}"
        if not _NAME.fullmatch(self._path.stem):
            self._add(
                Mistake(
                    code="MAI004",
                    file=shown,
                    message="this is no name for a mailing.",
                    hint="name the file with lower-case letters, digits and _, such as `autumn_offer.yml`",
                )
            )
            return None
        try:
            self._node = documents.read(self._path, name=shown)
            if not isinstance(self._node, Mapping):
                self._add(self._node.mark.mistake("MAI004", "a mailing starts with keys such as `title:`."))
                return None
            return bind(self._node, MailingFile, prefix="MAI")
        except Mistakes as wrong:
            self.found += wrong.mistakes
            return None

    def _load_segments(self, file: MailingFile, key: str) -> list[Segment]:
        library, loaded = self._library.segments, []
        for place, name in enumerate(getattr(file, key)):
            if name not in library.names():
                message = f"there is no segment called `{name}`."
                self._add(
                    self._item(key, place).mistake("MAI010", message, suggestion(name, library.names()))
                )
                continue
            try:
                loaded.append(library.load(name))
            except (UserError, Mistakes) as wrong:
                self._pass_on(wrong)
        return loaded

    def _load_template(self, file: MailingFile) -> Template | None:
        library = self._library.templates
        if file.template not in library.names():
            message = f"there is no template called `{file.template}`."
            hint = suggestion(file.template, library.names())
            self._add(self._mark("template").mistake("MAI011", message, hint))
            return None
        try:
            return library.load(file.template)
        except (UserError, Mistakes) as wrong:
            self._pass_on(wrong)
            return None

    def _agree(self, file: MailingFile, segments: list[Segment], template: Template) -> None:
        """What the mailing, its segments, its template and the settings say must fit together."""
        first, settings = segments[0], self._library.settings
        for place, segment in enumerate(segments[1:], start=1):
            if segment.controller != first.controller:
                message = f"`{segment.name}` is a segment of {segment.controller}, not of {first.controller}."
                self._add(self._item("segments", place).mistake("MAI012", message))
            elif segment.purpose != first.purpose:
                message = f"`{segment.name}` has the purpose {segment.purpose}, not {first.purpose}."
                hint = "one mailing has one purpose: it decides whose consent is required"
                self._add(self._item("segments", place).mistake("MAI013", message, hint))
        if template.message.controller not in (None, first.controller):
            message = f"the template speaks for {template.message.controller}, not for {first.controller}."
            self._add(self._mark("template").mistake("MAI012", message))
        kinds = settings.purposes[first.purpose].kinds
        if template.kind not in kinds:
            message = f"a message of kind {template.kind} cannot be sent for the purpose {first.purpose}."
            hint = f"{first.purpose} allows: {', '.join(kinds)}"
            self._add(self._mark("template").mistake("MAI014", message, hint))
        self._channel_exists(file, segments)
        self._site_is_known(file, segments, template)

    def _touches_only_open_data(self, purpose: str, exceptions: list[Segment], template: Template) -> None:
        """What the message shows and who is left out must be the business of the purpose, too."""
        from campaigns.segments.categories import used

        allowed = self._library.settings.purposes[purpose].categories
        printed = self._library.templates.categories(template).items()
        closed = [word for word in printed if word[1] not in allowed]
        for name, category in closed[:1]:
            message = f"the template prints `{name}`, which is {category} data: {purpose} may not use it."
            self._add(self._mark("template").mistake("MAI019", message))
        for place, segment in enumerate(exceptions):
            words = used(segment, self._library.segments.catalogue)
            for name, category in [word for word in words if word[1] not in allowed][:1]:
                message = f"`{segment.name}` uses `{name}`, which is {category} data: {purpose} may not."
                self._add(self._item("except_segments", place).mistake("MAI019", message))

    def _channel_exists(self, file: MailingFile, segments: list[Segment]) -> None:
        channels = self._library.settings.channels
        if file.channel not in channels:
            message = f"the channel {file.channel} is not set up in campaigns.yml."
            self._add(self._mark("channel").mistake("MAI015", message, suggestion(file.channel, channels)))
        for place, segment in enumerate(segments):
            if file.channel not in segment.channels:
                message = f"`{segment.name}` does not allow the channel {file.channel}."
                hint = f"its channels are: {', '.join(segment.channels)}"
                self._add(self._item("segments", place).mistake("MAI015", message, hint))

    def _site_is_known(self, file: MailingFile, segments: list[Segment], template: Template) -> None:
        about_a_site = sorted(
            name for name in template.uses if name.startswith(("site.", "contract.", "metric."))
        )
        if about_a_site and file.site is None:
            message = f"the template prints `{about_a_site[0]}`, and people may have several sites."
            self._add(self._mark("template").mistake("MAI016", message, "add `site: matched`"))
        if file.site is not None:
            for place, segment in enumerate(segments):
                if not _matches_a_site(segment):
                    message = f"`{segment.name}` has no `has: site`, so no site of a person has matched."
                    self._add(self._item("segments", place).mistake("MAI017", message))

    def _pass_on(self, wrong: UserError | Mistakes) -> None:
        if not self._quiet:
            self.found += wrong.mistakes if isinstance(wrong, Mistakes) else [wrong.mistake]

    def _add(self, mistake: Mistake) -> None:
        self.found.append(mistake)

    def _mark(self, key: str) -> Mark:
        value = self._node.get(key) if isinstance(self._node, Mapping) else None
        return value.mark if value is not None else self._node.mark

    def _item(self, key: str, place: int) -> Mark:
        value = self._node.get(key) if isinstance(self._node, Mapping) else None
        if isinstance(value, Sequence) and place < len(value.items):
            return value.items[place].mark
        return value.mark if isinstance(value, Scalar) else self._mark(key)


def _matches_a_site(segment: Segment) -> bool:
    from campaigns.segments.model import RelatedCondition

    return any(
        isinstance(condition, RelatedCondition) and condition.relation == "site" and not condition.negated
        for condition in segment.who
    )

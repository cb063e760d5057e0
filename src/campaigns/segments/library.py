"""The folder of segments: names, loading with everything that a segment refers to, and checking."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from campaigns.catalogue.model import Catalogue
from campaigns.errors import Mistake, Mistakes, NotFound
from campaigns.segments import values
from campaigns.segments.fingerprints import fingerprint
from campaigns.segments.model import NAME, Segment
from campaigns.segments.outside import NOTHING, Outside, Settled
from campaigns.segments.reading import SegmentReader, Surroundings
from campaigns.settings.documents import Mapping, Scalar, read_on
from campaigns.settings.model import Settings


@dataclass(frozen=True, kw_only=True, slots=True)
class Library:
    """The segments of a workspace. Files are read anew at each call, so an edit shows at once."""

    folder: Path
    catalogue: Catalogue = field(repr=False)
    settings: Settings = field(repr=False)
    outside: Outside = field(default=NOTHING, repr=False)

    def as_planned(self) -> Library:
        """The same files for a plan that was made: lists and words that ended since are no mistakes."""
        return replace(self, outside=Settled(self.outside))

    def names(self) -> list[str]:
        """The names of all segment files, sorted."""
        return sorted(path.stem for path in self.folder.glob("*.yml"))

    def load(self, name: str) -> Segment:
        """The segment of that name, checked.

        Raises:
            NotFound: SEG025 when there is no such file.
            Mistakes: everything that is wrong in it or in a segment that it refers to.
        """
        if name not in self.names():
            hint = values.did_you_mean(name, self.names())
            raise NotFound("SEG025", f"there is no segment called `{values.short(name)}`.", hint=hint)
        run = _Run(self)
        segment = run.load(name)
        if segment is None or run.found:
            raise Mistakes(list(dict.fromkeys(run.found)))
        return segment

    def check(self, paths: Iterable[Path] | None = None) -> list[Mistake]:
        """Every mistake of these files (all when None) and of those they refer to, by file and line.

        Warnings are among them; `load` gives a segment that has no more than those.
        """
        chosen = sorted(self.folder.glob("*.yml")) if paths is None else sorted(paths)
        run = _Run(self)
        for path in chosen:
            run.load(path.stem, path)
        # A file that several segments need tells its mistakes once.
        return sorted(
            dict.fromkeys([*run.found, *run.warned]),
            key=lambda found: (found.file, found.line or 0, found.column or 0, found.code),
        )

    def shown(self, path: Path) -> str:
        """The file's name in messages."""
        return f"{self.folder.name}/{path.name}" if path.parent == self.folder else str(path)


@dataclass(slots=True)
class _Run:
    """One reading of several files: each file once, mistakes of all together."""

    library: Library
    found: list[Mistake] = field(default_factory=list)
    warned: list[Mistake] = field(default_factory=list)
    done: dict[str, Segment | None] = field(default_factory=dict)
    stack: list[str] = field(default_factory=list)
    circles: set[frozenset[str]] = field(default_factory=set)

    def load(self, name: str, path: Path | None = None) -> Segment | None:
        """The segment, or None when it has mistakes."""
        if name in self.done:
            return self.done[name]
        self.stack.append(name)
        segment = self._read(name, path or self.library.folder / f"{name}.yml")
        self.stack.pop()
        self.done[name] = segment
        return segment

    def _read(self, name: str, path: Path) -> Segment | None:
        shown = self.library.shown(path)
        if not NAME.fullmatch(name):
            self.found.append(_bad_name(shown, name))
            return None
        try:
            node, repeated = read_on(path, name=shown)
        except Mistakes as wrong:
            self.found += wrong.mistakes
            return None
        if not isinstance(node, Mapping):
            self.found.append(
                node.mark.mistake("SEG004", "a segment file starts with keys such as `title:`.")
            )
            return None
        around = Surroundings(
            catalogue=self.library.catalogue,
            settings=self.library.settings,
            others=self,
            outside=self.library.outside,
        )
        reader = SegmentReader(name, node, around)
        segment = reader.read()
        self.found += [*map(_of_a_condition, repeated), *reader.found]
        self.warned += reader.warned
        if segment is None or repeated:
            return None
        return replace(segment, fingerprint=fingerprint(segment))

    def segment(self, word: Scalar, found: list[Mistake]) -> Segment | None:
        """For the reader of conditions: another segment, without circles."""
        name = word.text
        known = self.library.names()
        if name in self.stack:
            circle = [*self.stack[self.stack.index(name) :], name]
            if frozenset(circle) not in self.circles:
                self.circles.add(frozenset(circle))
                message = f"segments refer to each other in a circle: {' → '.join(circle)}."
                found.append(word.mark.mistake("SEG026", message))
            return None
        if name not in known:
            message = f"there is no segment called `{values.short(name)}`."
            others = [other for other in known if other != self.stack[-1]]
            found.append(word.mark.mistake("SEG025", message, values.did_you_mean(name, others)))
            return None
        return self.load(name)


def _of_a_condition(repeat: Mistake) -> Mistake:
    """SEG003 of an indented key speaks of a condition, which is where segments have such keys."""
    if (repeat.column or 1) == 1:
        return repeat
    return replace(repeat, message=repeat.message.replace("the same place", "the same condition"))


def _bad_name(shown: str, name: str) -> Mistake:
    return Mistake(
        code="SEG006",
        file=values.short(shown),
        message=f"`{values.short(name)}` is no name for a segment.",
        hint="name the file with lower-case letters, digits and _, such as `spot_evening_peakers.yml`",
    )

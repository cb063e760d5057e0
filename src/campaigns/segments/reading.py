"""Read one segment file: its top-level keys, then its conditions. All mistakes of the file at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeVar, get_args

from campaigns.catalogue.model import Catalogue
from campaigns.errors import Mistake
from campaigns.segments import conditions_of_scores, values
from campaigns.segments.asking import is_nothing, read_scalar
from campaigns.segments.conditions import Conditions
from campaigns.segments.conditions_of_values import metric_entry, needs_consent, period_of
from campaigns.segments.frame import Frame, Here, Others
from campaigns.segments.kinds import KINDS
from campaigns.segments.model import (
    NAME,
    Condition,
    ControlGroup,
    Duration,
    Expectation,
    Limit,
    MetricOrder,
    OnePer,
    Range,
    ScoreOrder,
    Segment,
)
from campaigns.segments.outside import Outside
from campaigns.settings.binding import near
from campaigns.settings.documents import Entry, Mark, Node, Scalar, Sequence
from campaigns.settings.documents import Mapping as MappingNode
from campaigns.settings.model import Channel, Settings

KEYS = (
    "title", "owner", "goal", "controller", "purpose", "channels", "audience", "who", "except", "one_per",
    "prefer", "limit", "control_group", "refresh", "expect",
)  # fmt: skip
REQUIRED: Mapping[str, str] = {
    "title": "it says in one line who these people are",
    "purpose": "it decides whose consent is required",
    "audience": "it says whom the conditions choose from",
    "channels": "they decide which permission is looked for, in the order of preference",
}
REFRESH = ("daily", "weekly", "monthly", "when planned")
PREFER = ("latest_activity", "longest_customer")
Read = TypeVar("Read")


@dataclass(frozen=True, kw_only=True, slots=True)
class Surroundings:
    """What a segment file may refer to."""

    catalogue: Catalogue
    settings: Settings
    others: Others
    outside: Outside


@dataclass(slots=True)
class SegmentReader:
    """Reads one file; `found` holds its mistakes, sorted by nobody."""

    name: str
    node: MappingNode
    around: Surroundings
    found: list[Mistake] = field(default_factory=list)
    warned: list[Mistake] = field(default_factory=list)

    def read(self) -> Segment | None:
        """The segment, or None when there are mistakes."""
        self._keys()
        conditions = Conditions(self._frame(), KINDS, self.found, self.warned)
        frame = conditions.frame
        who = self._conditions("who", conditions, Here())
        exceptions = self._conditions("except", conditions, Here(exception=True))
        conditions.compare()
        title = self._text("title")
        channels = self._channels()
        limit = self._limit(conditions)
        one_per = self._one_per()
        control_group, expect = self._control_group(), self._expect()
        refresh = self._word("refresh", REFRESH, "when planned")
        if self.found or conditions.incomplete or frame.purpose is None or frame.audience is None:
            return None
        segment = Segment(
            name=self.name,
            title=title,
            controller=frame.controller,
            purpose=frame.purpose_name,
            message_kind=frame.purpose.kinds[0],
            channels=channels,
            audience=frame.audience.name,
            who=who,
            exceptions=exceptions,
            one_per=one_per,
            limit=limit,
            control_group=control_group,
            expect=expect,
            owner=self._text("owner"),
            goal=self._text("goal"),
            refresh=refresh,
        )
        return segment if self._data_are_asked(segment) else None

    def _keys(self) -> None:
        """Unknown keys, and missing ones that are not just misspelt."""
        written = [entry.key.text for entry in self.node]
        unknown = [entry.key for entry in self.node if entry.key.text not in KEYS]
        for key in unknown:
            hint = values.did_you_mean(key.text, [known for known in KEYS if known not in written])
            if key.text in KINDS:
                hint = "put conditions in the list under `who:`, each with a `-`"
            message = f"`{values.short(key.text)}` is not a key of a segment."
            self._say(key.mark, "SEG001", message, hint)
        for name, why in REQUIRED.items():
            if name not in written and not any(near(key.text, [name]) for key in unknown):
                self._say(self.node.mark, "SEG002", f"`{name}` is missing: {why}.", f"add `{name}:`")

    def _frame(self) -> Frame:
        settings, catalogue = self.around.settings, self.around.catalogue
        purpose = self._word("purpose", settings.purposes)
        audience = self._word("audience", catalogue.audiences)
        return Frame(
            segment=self.name,
            controller=self._word("controller", settings.controllers, settings.default_controller),
            catalogue=catalogue,
            settings=settings,
            purpose_name=purpose,
            purpose=settings.purposes.get(purpose),
            audience=catalogue.audiences.get(audience),
            others=self.around.others,
            outside=self.around.outside,
        )

    def _conditions(self, key: str, conditions: Conditions, here: Here) -> tuple[Condition, ...]:
        node = self.node.get(key)
        return () if node is None else conditions.read_list(node, here, of=key)

    def _text(self, key: str) -> str:
        node = self.node.get(key)
        if node is None:
            return ""
        if isinstance(node, Scalar) and not is_nothing(node):
            return node.text
        self._say(node.mark, "SEG004", f"`{key}` needs a text.")
        return ""

    def _word(self, key: str, choices: Iterable[str], default: str = "") -> str:
        node = self.node.get(key)
        if node is None:
            return default
        word = node.text if isinstance(node, Scalar) else ""
        if word in choices:
            return word
        self._say(node.mark, "SEG005", *_no_such(key, word, choices))
        return default

    def _channels(self) -> tuple[str, ...]:
        node = self.node.get("channels")
        if node is None:
            return ()
        if not isinstance(node, Sequence) or not node.items:
            self._say(node.mark, "SEG004", "`channels` needs a list.", "write it like `[email, letter]`")
            return ()
        choices = get_args(Channel)
        words: list[str] = []
        for item in node.items:
            word = item.text if isinstance(item, Scalar) else ""
            if word not in choices:
                self._say(item.mark, "SEG005", *_no_such("channel", word, choices))
            elif word in words:
                self._say(item.mark, "SEG005", f"the channel `{word}` is listed twice.")
            else:
                words.append(word)
        return tuple(words)

    def _limit(self, conditions: Conditions) -> Limit | None:
        node = self.node.get("limit")
        if node is None:
            return None
        if isinstance(node, Scalar):
            at_most = self._scalar(node, _people)
            return Limit(at_most=at_most) if at_most else None
        parts = self._parts("limit", ("at_most", "highest", "lowest"))
        at_most = self._part(parts, "limit", "at_most", _people)
        orders = [key for key in ("highest", "lowest") if key in parts]
        if len(orders) > 1:
            self._say(parts["lowest"].key.mark, "SEG004", "`limit` takes `highest` or `lowest`, not both.")
        order = self._order(parts[orders[0]], conditions) if orders else None
        return Limit(at_most=at_most, order=order) if at_most else None

    def _order(self, entry: Entry, conditions: Conditions) -> MetricOrder | ScoreOrder | None:
        node = entry.value
        word = isinstance(node, MappingNode) and node.get("score")
        if isinstance(node, MappingNode) and isinstance(word, Scalar):
            return conditions_of_scores.order(conditions, node, word, highest=entry.key.text == "highest")
        name = node.get("metric") if isinstance(node, MappingNode) else None
        if not isinstance(node, MappingNode) or not isinstance(name, Scalar):
            hint = "write it like `{metric: spot_paid, over: last 3 months}`"
            self._say(node.mark, "SEG004", f"`{entry.key.text}` needs a metric or a score.", hint)
            return None
        metric = metric_entry(conditions, name, Here())
        if metric is None:
            return None
        return MetricOrder(
            metric=metric,
            period=period_of(conditions, metric, node.get("over"), name),
            consent=needs_consent(conditions, metric),
            highest=entry.key.text == "highest",
        )

    def _one_per(self) -> OnePer | None:
        relation = self._word("one_per", ("company",))
        prefer = self._word("prefer", PREFER)
        if prefer and self.node.get("one_per") is None:
            key = self.node.key("prefer")
            if key is not None:
                self._say(
                    key.mark, "SEG012", "`prefer` needs `one_per`: it says who of one company is taken."
                )
        if not relation:
            return None
        return OnePer(prefer=prefer or "lot")  # type: ignore[arg-type]  # one of PREFER

    def _control_group(self) -> ControlGroup | None:
        node = self.node.get("control_group")
        if node is None:
            return None
        if isinstance(node, Scalar):
            share = self._scalar(node, _half)
            return ControlGroup(share=share, name=self.name) if share else None
        parts = self._parts("control_group", ("share", "name", "keep_for"))
        share = self._part(parts, "control_group", "share", _half)
        name = self._optional(parts, "name", _group_name)
        keep_for = self._optional(parts, "keep_for", values.duration)
        return ControlGroup(share=share, name=name or self.name, keep_for=keep_for) if share else None

    def _expect(self) -> Expectation:
        if self.node.get("expect") is None:
            return Expectation()
        parts = self._parts("expect", ("size", "change_at_most", "data_not_older_than"))
        size = self._optional(parts, "size", _size)
        return Expectation(
            smallest=None if size is None else int(str(size.low)),
            largest=None if size is None else int(str(size.high)),
            change_at_most=self._optional(parts, "change_at_most", values.percent),
            data_not_older_than=self._optional(parts, "data_not_older_than", _age),
        )

    def _data_are_asked(self, segment: Segment) -> bool:
        """Whether the segment uses metrics, when it says how old their data may be."""
        if segment.expect.data_not_older_than is None or segment.measured:
            return True
        node = self.node.get("expect")
        key = node.key("data_not_older_than") if isinstance(node, MappingNode) else None
        self._say(
            key.mark if key else self.node.mark,
            "SEG043",
            "`data_not_older_than` is about metrics, and this segment uses none.",
            "leave it out",
        )
        return False

    def _parts(self, key: str, known: tuple[str, ...]) -> dict[str, Entry]:
        """The entries of a mapping such as `limit:`; unknown ones are mistakes."""
        node = self.node.get(key)
        if not isinstance(node, MappingNode):
            if node is not None:
                self._say(node.mark, "SEG004", f"`{key}` is written with: {', '.join(known)}.")
            return {}
        for entry in node:
            if entry.key.text not in known:
                hint = values.did_you_mean(entry.key.text, known)
                message = f"`{values.short(entry.key.text)}` does not belong to `{key}`."
                self._say(entry.key.mark, "SEG012", message, hint)
        return {entry.key.text: entry for entry in node}

    def _part(
        self, parts: Mapping[str, Entry], owner: str, key: str, reader: Callable[[str], Read]
    ) -> Read | None:
        node = self.node.get(owner)
        if key not in parts:
            if isinstance(node, MappingNode) and not any(near(word, [key]) for word in parts):
                self._say(node.mark, "SEG002", f"`{owner}` needs `{key}`.")
            return None
        return self._optional(parts, key, reader)

    def _optional(self, parts: Mapping[str, Entry], key: str, reader: Callable[[str], Read]) -> Read | None:
        if key not in parts:
            return None
        return self._scalar(parts[key].value, reader)

    def _scalar(self, node: Node, reader: Callable[[str], Read]) -> Read | None:
        if not isinstance(node, Scalar) or is_nothing(node):
            self._say(node.mark, "SEG004", "this needs a value.")
            return None
        return read_scalar(node, reader, self.found)

    def _say(self, mark: Mark, code: str, message: str, hint: str = "") -> None:
        self.found.append(mark.mistake(code, message, hint))


def _no_such(key: str, word: str, choices: Iterable[str]) -> tuple[str, str]:
    what = {"refresh": "rhythm", "prefer": "preference", "one_per": "such group"}.get(key, key)
    return f"there is no {what} `{values.short(word)}`.", values.did_you_mean(word, choices, list_all=True)


def _people(text: str) -> int:
    return values.count(text, what="people")


def _half(text: str) -> Decimal:
    return values.percent(text, most=50)


def _size(text: str) -> Range:
    found = values.number_range(text, name="size", unit="", example="500 to 20000")
    if not all(re.fullmatch(r"\d+", str(end)) for end in (found.low, found.high)):
        raise values.Wrong("SEG035", f"`{values.short(text)}` is not a size.", "write it like `500 to 20000`")
    return found


def _age(text: str) -> Duration:
    found = values.duration(text)
    if found == Duration():
        raise values.Wrong("SEG041", "readings are a day old at best.", "write `1 day` or more")
    return found


def _group_name(text: str) -> str:
    if NAME.fullmatch(text):
        return text
    raise values.Wrong(
        "SEG006",
        f"`{values.short(text)}` is no name for a control group.",
        "use lower-case letters, digits and _",
    )

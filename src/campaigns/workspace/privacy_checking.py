"""What `campaigns check` says of processors, disclosures and notices, at the place in campaigns.yml."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

from campaigns.channels.covering import missing_fields
from campaigns.errors import Mistake
from campaigns.register import disclosing
from campaigns.settings.documents import Mapping, Mark, Node
from campaigns.settings.model import EEA, Settings

CODES = {
    "PRV001": "A channel's processor gets to see more than its `fields` name.",
    "PRV002": "A transfer outside the EEA does not say what it rests on.",
    "PRV003": "A source brings another company's data, and no disclosure covers it.",
    "PRV004": "The text of a notice is not in the workspace.",
    "PRV005": "The versions of a notice do not follow each other.",
    "PRV006": "A disclosure is to nobody else, or takes data that nobody may use.",
}


def check(node: Node, settings: Settings, root: Path, today: date) -> Iterator[Mistake]:
    """Every mistake of these parts."""
    for channel, used in settings.channels.items():
        if missing := missing_fields(settings, channel):
            message = f"`{used.processor}` is not said to get: {', '.join(missing)}."
            hint = f"its agreement must cover them; then add them to fields: of processors.{used.processor}"
            yield _mark(node, "channels", channel, "processor").mistake("PRV001", message, hint)
    for name, processor in settings.processors.items():
        covered = processor.region not in EEA and processor.transfer in ("adequacy", "scc")
        if covered and not processor.transfer_details:
            message = f"`{name}` gets data outside the EEA: which decision or clauses, of when?"
            hint = "say it: `transfer_details: standard contractual clauses 2021/914, signed …`"
            yield _mark(node, "processors", name, "transfer").mistake("PRV002", message, hint)
    for name, source in settings.sources.items():
        for problem in disclosing.problems(settings, source, day=today):
            mark = _mark(node, "sources", name, problem.key)
            yield mark.mistake("PRV003", problem.message, problem.hint)
    yield from _disclosures(node, settings)
    yield from _notices(node, settings, root)


def _disclosures(node: Node, settings: Settings) -> Iterator[Mistake]:
    for name, given in settings.disclosures.items():
        if given.to == given.from_controller:
            mark = _mark(node, "disclosures", name, "to")
            yield mark.mistake("PRV006", f"`{name}` gives {given.to} its own data.")
        allowed = {each for purpose in given.purposes for each in settings.purposes[purpose].categories}
        for category in given.categories:
            if category not in allowed:
                mark = _mark(node, "disclosures", name, "categories")
                message = f"no purpose of `{name}` may use {category} data, so it need not be given."
                yield mark.mistake("PRV006", message, "leave it out, or name a purpose that may")


def _notices(node: Node, settings: Settings, root: Path) -> Iterator[Mistake]:
    for controller, ours in settings.controllers.items():
        place = ("controllers", controller, "notices")
        before = None
        for version, notice in ours.notices.items():
            for language, file in notice.text.items():
                path = (root / file).resolve()
                if not path.is_relative_to(root.resolve()) or not path.is_file():
                    mark = _mark(node, *place, version, "text", language)
                    yield mark.mistake("PRV004", f"there is no file {file} in the workspace.")
            if before is not None and notice.date <= before:
                mark = _mark(node, *place, version, "date")
                hint = "list the versions from the oldest to the newest"
                yield mark.mistake("PRV005", f"{version} is not newer than the version before it.", hint)
            before = notice.date


def _mark(node: Node, *path: str) -> Mark:
    """The place of a value, or of the nearest thing around it that the file has."""
    here = node
    for step in path:
        inner = here.get(step) if isinstance(here, Mapping) else None
        if inner is None:
            key = here.key(step) if isinstance(here, Mapping) else None
            return key.mark if key else here.mark
        here = inner
    return here.mark

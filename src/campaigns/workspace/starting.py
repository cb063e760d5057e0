"""`campaigns new`: files that somebody can go on from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from campaigns.errors import Mistake, Refused, UserError

if TYPE_CHECKING:
    from campaigns.segments.starting import Answers
    from campaigns.workspace.project import Workspace


def segment(workspace: Workspace, name: str, answers: Answers) -> tuple[Path, list[Mistake]]:
    """Write `segments/NAME.yml`; the path, and what is wrong with it all the same.

    Raises `UserError` SEG006 for a name that no segment may have, SEG021 for an unknown word, `Refused`
    USE056 when there is such a file.
    """
    from campaigns.segments.model import NAME
    from campaigns.segments.starting import text_of

    if not NAME.fullmatch(name):
        raise UserError(
            "SEG006",
            "that is no name for a segment.",
            hint="lower-case letters, digits and _, such as spot_evening_peakers",
        )
    path = workspace.root / "segments" / f"{name}.yml"
    text = text_of(answers, workspace.catalogue)
    path.parent.mkdir(exist_ok=True)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        hint = "choose another name, or edit the file"
        raise Refused("USE056", f"there is a segment called {name}.", hint=hint) from None
    except OSError as error:
        raise UserError("USE057", f"the file cannot be written: {error.strerror}.", file=path) from None
    return path.relative_to(workspace.root), workspace.segment_files.check([path])

"""A project folder, opened: every part is made once, when it is first asked for."""

from __future__ import annotations

import getpass
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from campaigns.errors import NotFound, UserError
from campaigns.settings.loading import FILE, find_workspace, load

if TYPE_CHECKING:
    from campaigns.catalogue.model import Catalogue
    from campaigns.content.templates import Library as Templates
    from campaigns.content.tokens import Tokens
    from campaigns.engine import Engine
    from campaigns.lake import Lake
    from campaigns.ledger import Ledger
    from campaigns.mailings.library import Library as Mailings
    from campaigns.mailings.outside import Outside
    from campaigns.mailings.parts import Parts
    from campaigns.segments.library import Library as Segments
    from campaigns.settings.model import Settings


class Workspace:
    """The parts of one project folder, put together. What is done with them is in the modules beside."""

    def __init__(
        self,
        root: Path,
        settings: Settings,
        *,
        clock: Callable[[], datetime] | None = None,
        origin: str = "python",
    ) -> None:
        self.root = root
        self.settings = settings
        self._clock = clock or _utc_now
        self.origin = origin

    @classmethod
    def open(
        cls,
        folder: Path | None = None,
        *,
        clock: Callable[[], datetime] | None = None,
        origin: str = "python",
    ) -> Workspace:
        """Open the folder, or the nearest one upwards that holds `campaigns.yml`.

        `origin` says in the audit where what is done comes from: cli, web or python. Raises `UserError`
        CFG010 when there is none, `Mistakes` for what is wrong in the file.
        """
        root = find_workspace(folder)
        return cls(root, load(root / FILE), clock=clock, origin=origin)

    def now(self) -> datetime:
        """The time, in UTC."""
        return self._clock()

    def today(self) -> date:
        """The local day of the business zone."""
        return self.now().astimezone(self.settings.zone).date()

    @property
    def actor(self) -> str:
        """Who is at the keyboard, for the audit."""
        return os.environ.get("CAMPAIGNS_ACTOR") or getpass.getuser()

    @property
    def data(self) -> Path:
        """Where data lies; for this user only."""
        folder = self.root / "data"
        folder.mkdir(mode=0o700, exist_ok=True)
        if not folder.is_symlink() and folder.stat().st_mode & 0o077:
            folder.chmod(0o700)
        return folder

    @cached_property
    def lake(self) -> Lake:
        """The lake below `data/lake`."""
        from campaigns.lake import Lake

        return Lake(self.data / "lake", clock=self.now)

    @cached_property
    def ledger(self) -> Ledger:
        """The ledger: PostgreSQL when CAMPAIGNS_LEDGER_URL says so, else SQLite below `data/ledger`."""
        return self.open_ledger()

    def open_ledger(self, **options: Any) -> Ledger:
        """Another opening of the ledger; `options` as of `Ledger.open`."""
        from campaigns.ledger.opening import open_ledger

        self.data  # noqa: B018  # made for its owner only, before anything is put into it
        return open_ledger(self.root, self.settings, **{"origin": self.origin, **options})

    @cached_property
    def catalogue(self) -> Catalogue:
        """What segments may name."""
        from campaigns.catalogue.loading import load as load_catalogue

        return load_catalogue(self.settings, self.root / "segments" / "catalogue")

    @cached_property
    def segment_files(self) -> Segments:
        """The definitions in `segments/`."""
        from campaigns.segments.library import Library

        return Library(
            folder=self.root / "segments",
            catalogue=self.catalogue,
            settings=self.settings,
            outside=self.outside,
        )

    @cached_property
    def outside(self) -> Outside:
        """What segments may name of mailings, lists and places."""
        from campaigns.mailings.outside import Outside

        return Outside(
            root=self.root,
            settings=self.settings,
            lake=lambda: self.lake,
            ledger=lambda: self.ledger,
            clock=self.now,
        )

    @cached_property
    def templates(self) -> Templates:
        """The templates in `templates/`."""
        from campaigns.content.templates import Library

        return Library(self.root / "templates", self.settings)

    @cached_property
    def mailings(self) -> Mailings:
        """The definitions in `mailings/`."""
        from campaigns.mailings.library import Library

        return Library(
            folder=self.root / "mailings",
            settings=self.settings,
            segments=self.segment_files,
            templates=self.templates,
        )

    @cached_property
    def tokens(self) -> Tokens:
        """What signs the links of messages."""
        from campaigns.content.tokens import Tokens, token_keys

        return Tokens(token_keys(self.data / "keys"))

    @cached_property
    def parts(self) -> Parts:
        """What planning and sending work with."""
        from campaigns.mailings.parts import Parts

        return Parts(
            root=self.root,
            settings=self.settings,
            lake=self.lake,
            ledger=self.ledger,
            mailings=self.mailings,
            templates=self.templates,
            tokens=self.tokens,
            clock=self.now,
        )

    @contextmanager
    def engine(self, **options: Any) -> Iterator[Engine]:
        """A locked engine over the newest lake snapshot."""
        from campaigns.engine import connect

        with self.lake.snapshot() as snapshot, connect(snapshot, **options) as db:
            yield db

    def controller(self, name: str = "") -> str:
        """The one of that name, or that of campaigns.yml. Raises `UserError` USE013 when there is none."""
        from campaigns.settings.binding import suggestion

        known = self.settings.controllers
        if name and name not in known:
            raise UserError("USE013", f"`{name}` is no controller of ours.", hint=suggestion(name, known))
        return name or self.settings.default_controller

    def person(self, text: str, controller: str = "") -> tuple[str, int]:
        """The one person that `text` means: an id, e-mail, phone or customer number.

        Raises `NotFound` USE006 when there is nobody, `UserError` USE007 when there are several, USE013 when
        there is no such controller.
        """
        from campaigns.register import people

        wanted = self.controller(controller)
        with self.lake.snapshot() as snapshot:
            found = sorted({key for key in people.find(snapshot, text) if key[0] == wanted})
        if not found:
            raise NotFound("USE006", "nobody in this register has that id, address or number.")
        if len(found) > 1:
            ids = ", ".join(str(person_id) for _, person_id in found[:10])
            raise UserError("USE007", f"{len(found)} people have that.", hint=f"name one by id: {ids}")
        return found[0]


def _utc_now() -> datetime:
    return datetime.now(UTC)

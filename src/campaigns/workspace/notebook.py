"""The workspace as an analyst sees it: `campaigns.open(".")` gives frames, and objects that print well."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from campaigns.workspace import audience
from campaigns.workspace.project import Workspace

if TYPE_CHECKING:
    import polars as pl
    from altair import LayerChart

    from campaigns.reports.report import Report
    from campaigns.reports.site import Site
    from campaigns.segments.explaining import Why
    from campaigns.segments.previewing import Preview
    from campaigns.segments.snapshots import Taken

# Shown as *** unless the notebook says `unmasked=True`, which is recorded.
MASKED: Mapping[str, tuple[str, ...]] = {
    "persons": ("first_name", "last_name"),
    "contact_points": ("value",),
    "person_keys": ("source_id",),
    "sites": ("address",),
    "quarantine": ("text",),  # whole lines of source files
}


class SegmentView:
    """One segment over the workspace's data, on a day."""

    def __init__(self, workspace: Workspace, name: str, as_of: date) -> None:
        self._workspace = workspace
        self.name = name
        self.as_of = as_of

    def preview(self) -> Preview:
        """Count it: conditions, permission, who is left."""
        return audience.preview(self._workspace, self.name, as_of=self.as_of)

    def waterfall(self) -> LayerChart:
        """The preview as a picture; `.save("waterfall.png")` needs no browser.

        Raises `UserError` PLT001 without the extra `charts`.
        """
        from campaigns.reports.waterfall import waterfall

        return waterfall(self.preview())

    def why(self, person: int | str) -> Why:
        """Explain one person."""
        return audience.why(self._workspace, self.name, str(person), as_of=self.as_of)

    def members(self) -> pl.DataFrame:
        """Who gets the message: `person_id, site_id, channel, code, evidence`."""
        return audience.members(self._workspace, self.name, as_of=self.as_of)

    def snapshot(self) -> Taken:
        """Write down who is in it today; the last snapshot stands when it would be the same."""
        from campaigns.workspace import snapshotting

        return snapshotting.take(self._workspace, [self.name])[0]

    def history(self) -> pl.DataFrame:
        """Its snapshots, the oldest first: `taken_at, as_of, members, entered, gone, final` and more."""
        import polars as pl

        from campaigns.lake.schemas import TABLES
        from campaigns.segments.snapshots import SHOWN
        from campaigns.workspace import snapshotting

        taken = snapshotting.history(self._workspace, self.name)
        kinds = TABLES["segment_snapshots"].schema
        shown = {name: kinds[name] for name in SHOWN}
        return pl.DataFrame([{name: getattr(one, name) for name in shown} for one in taken], schema=shown)

    @property
    def sql(self) -> str:
        """The SQL that it is compiled to."""
        return audience.sql(self._workspace, self.name, as_of=self.as_of)

    def __repr__(self) -> str:
        return f"<segment {self.name} as of {self.as_of}>"

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(str(self.preview()))}</pre>"


class SegmentViews(Mapping[str, SegmentView]):
    """`ws.segments["name"]`."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def __getitem__(self, name: str) -> SegmentView:
        self._workspace.segment_files.load(name)
        return SegmentView(self._workspace, name, self._workspace.today())

    def __contains__(self, name: object) -> bool:
        return name in self._workspace.segment_files.names()

    def __iter__(self) -> Iterator[str]:
        return iter(self._workspace.segment_files.names())

    def __len__(self) -> int:
        return len(self._workspace.segment_files.names())

    def _ipython_key_completions_(self) -> list[str]:
        return list(self)

    def __repr__(self) -> str:
        return f"<{len(self)} segments: {', '.join(self)}>"


class Notebook:
    """What `campaigns.open` returns. Personal fields are masked unless asked for, and asking is recorded."""

    def __init__(self, workspace: Workspace, *, purpose: str) -> None:
        self.workspace = workspace
        self.purpose = purpose
        self.segments = SegmentViews(workspace)

    def sql(self, query: str, *, unmasked: bool = False) -> pl.DataFrame:
        """One SELECT over the views of the lake and the ledger, as a polars frame.

        Raises `UserError` ENG… for anything but one SELECT, or when it takes too long or too much memory.
        """
        from campaigns.engine import user_query
        from campaigns.lake.schemas import TABLES

        if unmasked:
            self._record_unmasking(query)
        with self.workspace.engine(tables=TABLES.keys(), masked={} if unmasked else MASKED) as db:
            for name, frame in self._ledger_frames(query):
                db.register(name, frame)
            return user_query(db, query)

    @property
    def metrics(self) -> pl.DataFrame:
        """The newest metrics, one row a metering point and period; a column a metric."""
        return self.sql("SELECT * FROM metrics QUALIFY as_of = max(as_of) OVER (PARTITION BY controller)")

    def site(
        self, gsrn: int | str, *, controller: str = "", as_of: date | None = None, unmasked: bool = False
    ) -> Site:
        """One metering point: its days, hours, months and metrics as frames, and charts of them.

        The look is recorded with your purpose; `unmasked` shows GSRN and address. Raises `UserError` SIT…
        """
        from campaigns.workspace import sites

        return sites.show(
            self.workspace,
            str(gsrn),
            controller=controller,
            as_of=as_of,
            unmasked=unmasked,
            purpose=self.purpose,
        )

    def report(self, mailing: str) -> Report:
        """What became of a mailing."""
        from campaigns.reports.report import report

        return report(self.workspace.ledger, mailing)

    def _ledger_frames(self, query: str) -> Iterator[tuple[str, pl.DataFrame]]:
        """The views from the ledger that the query names."""
        words = query.lower()
        for name, read in self._ledger_views().items():
            if name in words:
                yield name, read()

    def _ledger_views(self) -> Mapping[str, Callable[[], pl.DataFrame]]:
        return {
            "permission_state": self._permission_state,
            "messages": self._messages,
            "responses": self._responses,
        }

    def _permission_state(self) -> pl.DataFrame:
        """What stands of all that people have said; of those who were erased, only that they were."""
        import polars as pl

        from campaigns.permissions import state, view
        from campaigns.permissions.attesting import attested

        words = state.words(self.workspace.ledger, self.workspace.data / "cache")
        found = view.permission_state(
            words, at=self.workspace.now(), attested=attested(self.workspace.settings)
        )
        is_erasure = pl.col("state") == "erased"
        return found.filter(is_erasure | ~is_erasure.any().over("controller", "person_id"))

    def _messages(self) -> pl.DataFrame:
        import sqlalchemy as sa

        from campaigns.ledger.tables import messages

        columns = ("controller", "message_id", "plan_id", "mailing", "occurrence", "person_id", "channel")
        more = ("language", "variant", "site_id", "state", "reason", "handed_over_at", "finished_at")
        select = sa.select(*(messages.c[name] for name in (*columns, *more))).order_by(messages.c.message_id)
        return self.workspace.ledger.frame(None, select)

    def _responses(self) -> pl.DataFrame:
        import polars as pl

        from campaigns.ledger import responses

        with self.workspace.ledger.read() as connection:
            return responses.frame(connection).select("controller", pl.exclude("controller"))

    def _record_unmasking(self, query: str) -> None:
        from campaigns.ledger import audit

        with self.workspace.ledger.write() as connection:
            audit.record(
                connection,
                at=self.workspace.now(),
                actor=self.workspace.actor,
                action="unmasked_query",
                details={"purpose": self.purpose, "tables": sorted(t for t in MASKED if t in query.lower())},
            )

    def __repr__(self) -> str:
        return f"<workspace {self.workspace.root.name}: {self.segments!r}>"


def open_notebook(
    folder: Path | str, *, purpose: str, clock: Callable[[], datetime] | None = None
) -> Notebook:
    """Open a project folder for analysis. `purpose` says why, and stands in the audit."""
    return Notebook(Workspace.open(Path(folder), clock=clock), purpose=purpose)

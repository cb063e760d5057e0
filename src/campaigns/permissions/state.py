"""Reading what people have said: the events in short form, cached beside the ledger, and their fold.

Reading a million events out of the ledger takes seconds, so a short form of them lies as Parquet under
`data/cache/`, named by ledger and position; readers load it and add what came after. It holds no address, no
proof and no text of a person. The ledger stays the authority: the cache can be deleted at any time.
"""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import sqlalchemy as sa

from campaigns.ledger import Ledger, suppressions
from campaigns.ledger.tables import permission_events as table
from campaigns.permissions.events import KINDS

FORM = 2  # of the short form; another number, another file
REWRITE = 50_000  # new events after which the cache is written again
# An open form proves nothing about whose address was typed: it takes a confirmation.
FORM_METHODS = ("web_form",)
_WHEN = pl.Datetime("us", "UTC")
WORDS = pl.Schema(
    {
        "position": pl.Int64(),
        "controller": pl.String(),
        "person_id": pl.Int64(),
        "address_digest": pl.String(),
        "kind": pl.String(),
        "family": pl.String(),
        "widens": pl.Boolean(),
        "channel": pl.String(),
        "purpose": pl.String(),
        "occurred_at": _WHEN,
        "recorded_at": _WHEN,
        "valid_until": _WHEN,
        "source": pl.String(),
        "has_evidence": pl.Boolean(),
        "by_form": pl.Boolean(),
        "flawed": pl.Boolean(),  # a ticked box, a condition: never a valid consent
        "notice_version": pl.String(),  # of the privacy notice that was shown with it
        "about": pl.String(),  # topic, cookie level, company, or what an advertiser may do
        "tie": pl.Int64(),  # orders words of one instant, whatever order they were recorded in
    }
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Words:
    """All permission events in short form, and all suppressions, as of one position of the ledger."""

    position: int
    frame: pl.DataFrame
    suppressions: pl.DataFrame


def words(ledger: Ledger, cache_dir: Path | None = None) -> Words:
    """What the ledger holds now. `cache_dir` is `data/cache/` beside the ledger's folder by default."""
    folder = cache_dir or ledger.folder.parent / "cache"
    with ledger.read() as connection:
        position = ledger.position(connection)
        cached = _load(folder, ledger, position)
        known = 0 if cached is None or cached.is_empty() else int(cached["position"][-1])
        new = read(ledger, connection, table.c.position > known)
        if cached is not None and (new["kind"] == "erased").any():
            cached, new = None, read(ledger, connection, sa.true())
        suppressed = suppressions.frame(connection)
    frame = new if cached is None else pl.concat([cached, new])
    if len(new) >= REWRITE or (cached is None and _of_ledger(folder, ledger)):  # old, or it names the erased
        _store(folder, ledger, position, frame)
    return Words(position=position, frame=frame, suppressions=suppressed)


def read(ledger: Ledger, connection: sa.Connection, condition: sa.ColumnElement[bool]) -> pl.DataFrame:
    """The events for which a condition on `permission_events` holds, in short form and in order."""
    columns = [table.c[name] for name in _READ]
    has_evidence = sa.type_coerce(table.c.evidence.is_not(None), sa.Boolean).label("has_evidence")
    select = sa.select(*columns, has_evidence).where(condition).order_by(table.c.position)
    return shorten(ledger.frame(connection, select))


_READ = (
    "position",
    "controller",
    "person_id",
    "address_digest",
    "kind",
    "channel",
    "purpose",
    "occurred_at",
    "recorded_at",
    "valid_until",
    "source",
    "method",
    "notice_version",
    "event_id",
    "details",
)


def shorten(events: pl.DataFrame) -> pl.DataFrame:
    """Events with their fields as short words (schema `WORDS`)."""
    families = {word.kind: word.family for word in KINDS.values()}
    widening = [word.kind for word in KINDS.values() if word.widens]
    details = pl.when(pl.col("details") != "{}").then(pl.col("details"))
    return events.with_columns(
        family=pl.col("kind").replace_strict(families, default="end", return_dtype=pl.String),
        widens=pl.col("kind").is_in(widening),
        by_form=pl.col("method").is_in(FORM_METHODS).fill_null(value=False),
        flawed=details.str.json_path_match("$.flaw").is_not_null(),
        about=details.str.json_path_match("$.about"),
        tie=pl.Series("tie", [_tie(event_id) for event_id in events["event_id"]], dtype=pl.Int64),
    ).select(pl.col(name).cast(kind) for name, kind in WORDS.items())


def _tie(event_id: str) -> int:
    return int.from_bytes(hashlib.blake2b(event_id.encode(), digest_size=8).digest(), "big") >> 1


def _files(folder: Path, ledger: Ledger) -> dict[int, Path]:
    """The cache files of this ledger by position."""
    name = re.compile(rf"permission_words_{FORM}_{ledger.identity}_(\d+)\.parquet")
    found = ((name.fullmatch(path.name), path) for path in folder.glob("permission_words_*.parquet"))
    return {int(match.group(1)): path for match, path in found if match}


def _of_ledger(folder: Path, ledger: Ledger) -> list[Path]:
    """Every cache file of this ledger, those of earlier forms too: nothing of the erased may lie about."""
    return list(folder.glob(f"permission_words_*_{ledger.identity}_*.parquet"))


def _load(folder: Path, ledger: Ledger, position: int) -> pl.DataFrame | None:
    """The newest cache file that is not ahead of the ledger (one restored from a backup is behind it)."""
    for at, path in sorted(_files(folder, ledger).items(), reverse=True):
        if at > position:
            continue
        try:
            frame = pl.read_parquet(path)
        except (OSError, pl.exceptions.PolarsError):
            continue
        if frame.schema == WORDS:
            return frame
    return None


def _store(folder: Path, ledger: Ledger, position: int, frame: pl.DataFrame) -> None:
    """Write atomically, and remove the files that it takes the place of."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / f"permission_words_{FORM}_{ledger.identity}_{position}.parquet"
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    frame.write_parquet(temporary, compression="lz4")
    temporary.chmod(0o600)
    temporary.replace(path)
    for other in _of_ledger(folder, ledger):
        if other != path:
            other.unlink(missing_ok=True)

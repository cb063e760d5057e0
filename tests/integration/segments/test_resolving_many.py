"""Many segments resolved together are each as if resolved alone; a decider may be asked several things."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from campaigns.demo import lake_town
from campaigns.permissions import state
from campaigns.permissions.deciding import Decider, decide
from campaigns.permissions.requests import Request
from campaigns.segments.resolving import Resolution, resolve
from campaigns.segments.resolving_many import resolve_many
from campaigns.workspace.project import Workspace

ROOT = Path(__file__).parents[3]
# Equal requests, hourly consents and a control group, notices seen, one a company, another register.
NAMES = (
    "energy_newsletter_readers",
    "energy_saving_week",
    "lahti_business_contacts",
    "newest_notice_not_seen",
    "spot_evening_peakers",
    "storm_readiness",
)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """A town with the segments that are shipped."""
    root = tmp_path_factory.mktemp("town")
    for file in ("campaigns.yml", "places.csv"):
        shutil.copy(ROOT / file, root)
    for folder in ("segments", "mailings", "templates"):
        shutil.copytree(ROOT / folder, root / folder)
    found = Workspace.open(root)
    lake_town.write(found.lake, found.ledger, persons=1000, metering_points=900, seed=3, as_of=found.today())
    yield found
    found.ledger.dispose()


def alike(one: Resolution, other: Resolution) -> bool:
    counts = [found.decisions.sort("channel", "allowed", "code") for found in (one, other)]
    return (
        one.people.equals(other.people)
        and counts[0].equals(counts[1])
        and (one.audience, one.steps, one.periods, one.message_kind, one.channels)
        == (other.audience, other.steps, other.periods, other.message_kind, other.channels)
    )


def test_each_is_as_if_resolved_alone(workspace: Workspace) -> None:
    segments = [workspace.segment_files.load(name) for name in NAMES]
    shared = {
        "ledger": workspace.ledger,
        "settings": workspace.settings,
        "as_of": workspace.today(),
        "at": workspace.now(),
        "words": state.words(workspace.ledger),
    }
    with workspace.engine() as db:
        together = resolve_many(segments, db=db, **shared)
    assert set(together) == set(NAMES)
    for segment in segments:
        with workspace.engine() as db:
            alone = resolve(segment, db=db, **shared)
        assert alike(together[segment.name], alone), segment.name
    assert len([name for name in NAMES if together[name].members]) == len(NAMES) - 1  # nobody is in the other


def test_a_decider_asked_several_things_answers_as_new_ones_do(workspace: Workspace) -> None:
    known = {
        "settings": workspace.settings,
        "ledger": workspace.ledger,
        "words": state.words(workspace.ledger),
    }
    purposes = [
        ("direct_marketing", "marketing", ()),
        ("newsletter", "newsletter", ()),
        ("quote", "reply", ()),
        ("direct_marketing", "marketing", ("energy",)),
        ("outage", "service", ()),
    ]
    channels = [("email",), ("email", "sms"), ("letter", "phone")]
    requests = [
        Request(
            controller=workspace.settings.default_controller,
            purpose=purpose,
            message_kind=kind,
            channels=by,
            profiled=kind == "marketing",
            duties=duties,
            at=workspace.now(),
        )
        for by, (purpose, kind, duties) in itertools.product(channels, purposes)
    ]
    uses = [("hourly_load_pattern", "hourly"), ("browsing", "")]
    requests += [
        Request(
            controller=workspace.settings.default_controller,
            purpose="profiling",
            message_kind="none",
            channels=("segment",),
            profiled=True,
            attribute=attribute,
            data_level=level,
            at=workspace.now(),
        )
        for attribute, level in uses
    ]
    with workspace.engine() as db, workspace.engine() as other:
        decider = Decider(db, requests[0], **known)
        decider.look_up()
        answers = []
        for request in [*requests, requests[0]]:
            decider.ask(request)
            answers.append(decider.decide())
            assert answers[-1].equals(decide(other, request, **known))
            some = pl.Series([3, 7, 500])
            assert decider.decide(some).equals(answers[-1].filter(pl.col("person_id").is_in(some.implode())))
    assert len({str(found["code"].value_counts(sort=True).rows()) for found in answers}) > 5

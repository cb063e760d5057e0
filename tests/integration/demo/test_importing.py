"""The town goes through the register: what is right goes in, every planted mistake is found, none is lost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from campaigns.demo import mess, town
from campaigns.lake import Lake
from campaigns.ledger import Ledger
from campaigns.register.deliveries import Imported
from campaigns.register.importing import import_files
from campaigns.register.kinds import KINDS
from campaigns.settings.loading import load

WORKSPACE = Path(__file__).parents[3] / "campaigns.yml"
NOW = datetime(2026, 11, 24, 4, tzinfo=UTC)
OF_THE_REGISTER = ("asiakkaat", "yritykset", "kayttopaikat", "sopimukset", "web_events", "newsletter", "sv_")


@dataclass(frozen=True)
class Done:
    lake: Lake
    results: dict[str, Imported]
    folder: Path


@pytest.fixture(scope="module")
def done(written: town.TownSummary, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Done]:
    folder = tmp_path_factory.mktemp("imported")
    lake, ledger = Lake(folder / "lake"), Ledger.open(folder / "ledger" / "ledger.sqlite")
    ledger.upgrade()
    paths = [
        path for path in sorted(written.folder.iterdir())
        if path.name.startswith(OF_THE_REGISTER) and not path.name.startswith("sv_luvat")
    ]  # fmt: skip
    results = import_files(
        paths, kinds=KINDS, settings=load(WORKSPACE), lake=lake, ledger=ledger, now=NOW, settle=0
    )
    ledger.dispose()
    yield Done(lake=lake, results={found.file: found for found in results}, folder=folder)


def of(done: Done, prefix: str) -> Imported:
    (found,) = [result for name, result in done.results.items() if name.startswith(prefix)]
    return found


def test_no_file_is_refused(done: Done) -> None:
    assert [result.refused for result in done.results.values() if result.refused] == []


def test_all_people_go_in_but_those_whose_row_is_broken_or_holds_a_code(
    done: Done, written: town.TownSummary
) -> None:
    result = of(done, "asiakkaat_")
    refused = written.mess["broken rows"] + written.mess["identity codes in notes"]
    assert result.quarantined == refused
    assert result.accepted == written.counts["people"] - written.mess["identity codes in notes"]
    assert of(done, "sv_asiakkaat_").accepted == written.counts["people of the network company"]


def test_every_planted_mistake_has_its_reason(done: Done, written: town.TownSummary) -> None:
    with done.lake.snapshot() as snapshot:
        found = snapshot.frame("quarantine").filter(pl.col("file").str.starts_with("asiakkaat_"))
    counts = dict(found["column"].value_counts().iter_rows())
    assert counts["sähköposti"] == written.mess["bad e-mail addresses"]
    assert counts["postinumero"] == written.mess["bad postal codes"]
    assert counts["lisätiedot"] == written.mess["identity codes in notes"]


def test_identity_codes_are_nowhere_in_the_data(done: Done) -> None:
    files = [path for path in done.folder.rglob("*") if path.is_file()]
    assert len(files) > 20
    for code in mess.IDENTITY_CODES:
        for form in {code, code.upper(), code.replace(" ", "")}:
            assert not [path for path in files if form.encode() in path.read_bytes()]


def test_contracts_hold_people_companies_and_sites_together(done: Done, written: town.TownSummary) -> None:
    with done.lake.snapshot() as snapshot:
        contracts = snapshot.frame("contracts").filter(controller="lahti_energia")
        points = snapshot.frame("metering_points")
        roles = snapshot.frame("roles")
    assert contracts.height == of(done, "sopimukset_").accepted
    assert contracts.height >= written.counts["contracts"] - 12 * written.mess["identity codes in notes"]
    assert contracts.join(points, on=["controller", "metering_point_id"], how="anti").is_empty()
    assert contracts.filter(pl.col("company_id").is_not_null()).height > 5
    assert roles.height > 5


def test_registers_stay_apart(done: Done) -> None:
    with done.lake.snapshot() as snapshot:
        contracts = snapshot.frame("contracts")
        points = snapshot.frame("contact_points")
    types = dict(contracts.group_by("controller").agg(pl.col("contract_type").unique().sort()).iter_rows())
    assert types == {"lahti_energia": ["fixed_term", "open_ended", "spot"], "sahkoverkko": ["network"]}
    phones = points.filter(channel="sms").select("controller", "value").unique()
    shared = phones.group_by("value").len().filter(pl.col("len") == 2)
    assert shared.height > 30  # the same human's number, normalised alike in both


def test_the_same_town_again_changes_nothing(done: Done, written: town.TownSummary) -> None:
    ledger = Ledger.open(done.folder / "ledger" / "ledger.sqlite")
    before = done.lake.status()
    results = import_files(
        [written.folder / name for name in done.results],
        kinds=KINDS, settings=load(WORKSPACE), lake=done.lake, ledger=ledger, now=NOW, settle=0,
    )  # fmt: skip
    ledger.dispose()
    assert all(result.unchanged for result in results)
    assert [(table.name, table.rows) for table in done.lake.status()] == [
        (table.name, table.rows) for table in before
    ]

"""The town goes through the register: what is right goes in, every planted mistake is found, none is lost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from campaigns import consumption, engine, permissions
from campaigns.demo import mess, meters, outdoors, town
from campaigns.lake import Lake
from campaigns.ledger import Ledger, permission_events
from campaigns.register import dealings, lists
from campaigns.register.deliveries import Imported
from campaigns.register.importing import import_files
from campaigns.register.kinds import KINDS as REGISTER
from campaigns.settings.loading import load

from .conftest import AS_OF, DAYS

WORKSPACE = Path(__file__).parents[3] / "campaigns.yml"
NOW = datetime(2026, 11, 24, 4, tzinfo=UTC)
KINDS = (*REGISTER, *consumption.KINDS, *permissions.KINDS)


@dataclass(frozen=True)
class Done:
    lake: Lake
    ledger: Ledger
    results: dict[str, Imported]
    folder: Path


@pytest.fixture(scope="module")
def done(written: town.TownSummary, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Done]:
    folder = tmp_path_factory.mktemp("imported")
    lake, ledger = Lake(folder / "lake"), Ledger.open(folder / "ledger" / "ledger.sqlite")
    ledger.upgrade()
    paths = sorted(written.folder.iterdir())
    results = import_files(
        paths, kinds=KINDS, settings=load(WORKSPACE), lake=lake, ledger=ledger, now=NOW, settle=0
    )
    yield Done(lake=lake, ledger=ledger, results={found.file: found for found in results}, folder=folder)
    ledger.dispose()


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


def test_minors_estates_and_sole_traders_have_what_is_theirs(done: Done) -> None:
    with done.lake.snapshot() as snapshot:
        persons = snapshot.frame("persons").filter(controller="lahti_energia")
    ids = persons["person_id"]
    for kind, column in (("minor", "guardian_id"), ("estate", "estate_contact_id")):
        others = persons.filter(kind=kind)[column]
        # in a small town an identity code in the notes may keep the only estate out
        assert kind == "estate" or others.len() > others.null_count()
        assert others.drop_nulls().is_in(ids.implode()).all()
        assert persons.filter(pl.col("kind") != kind)[column].null_count() == (persons["kind"] != kind).sum()
    assert persons.filter(kind="sole_trader")["business_id"].null_count() == 0


def test_contacts_and_the_fairs_list_go_in_as_they_are(done: Done) -> None:
    contacts, fair = of(done, "kontaktit_"), of(done, "lista_messut_")
    assert (contacts.kind, fair.kind) == ("interactions", "list_members")
    with done.lake.snapshot() as snapshot:
        found = snapshot.frame("interactions")
        visitors = lists.members(snapshot, "lahti_energia", "energy_fair", NOW.date())
        relationships = snapshot.frame("relationships").filter(source=dealings.SOURCE)
    # the identity codes of a few customers kept those out of the register
    assert contacts.accepted == found.height > 0.95 * contacts.rows > 50
    assert set(found["channel"]) == {"phone", "chat", "form", "visit"}
    assert set(found["topic"]) == {"billing", "contract", "moving", "outage", "advice"}
    assert 0.9 * fair.rows < visitors.len() == fair.accepted
    kinds = {effect.relationship for effect in dealings.EFFECTS.values()} - {"subscriber"}
    assert set(relationships["kind"]) == kinds


def test_registers_stay_apart(done: Done) -> None:
    with done.lake.snapshot() as snapshot:
        contracts = snapshot.frame("contracts")
        points = snapshot.frame("contact_points")
    types = dict(contracts.group_by("controller").agg(pl.col("contract_type").unique().sort()).iter_rows())
    assert types == {
        "lahti_energia": ["district_heat", "fixed_term", "open_ended", "spot"],
        "sahkoverkko": ["network"],
    }
    phones = points.filter(channel="sms").select("controller", "value").unique()
    shared = phones.group_by("value").len().filter(pl.col("len") == 2)
    assert shared.height > 30  # the same human's number, normalised alike in both


def test_the_copy_of_a_file_changes_nothing_and_readings_lose_only_the_broken(
    done: Done, written: town.TownSummary
) -> None:
    readings = [result for result in done.results.values() if result.kind == "datahub"]
    assert [result.unchanged for result in readings].count(True) == written.mess["files sent twice"]
    new = [result for result in readings if not result.unchanged]
    assert sum(result.quarantined for result in new) == written.mess["broken reading rows"]
    corrected = (
        written.mess["intervals estimated, then corrected"]
        + written.mess["missing intervals that came later"]
    )
    assert of(done, "datahub_20261124_korjaus").accepted == corrected


def test_readings_past_the_datahub_go_in_by_their_usage_place(done: Done) -> None:
    history, heat = of(done, "mittaushistoria_"), of(done, "kaukolampo_")
    assert (history.kind, heat.kind) == ("readings", "heat_meters")
    assert (history.accepted, heat.accepted) == (history.rows, heat.rows)
    with done.lake.snapshot() as snapshot:
        points = snapshot.frame("metering_points").filter(energy="district_heat")
        is_over = pl.col("local_date") < AS_OF  # the last reading is today's, at midnight
        days = snapshot.frame("consumption_days").filter(is_over, direction="import")
        heat_days = snapshot.frame("heat_days").filter(is_over)
    earlier = days.filter(pl.col("local_date") < AS_OF - timedelta(days=DAYS))
    assert earlier.group_by("gsrn").len()["len"].to_list() == [outdoors.EARLIER] * meters.OLD_METERS
    mine = days.join(points, on=["controller", "metering_point_id"], how="semi")
    assert mine.height == heat_days.height == DAYS * meters.HEAT_METERS
    assert (mine["intervals_present"] == mine["intervals_expected"]).all()
    assert heat_days.select(pl.col("inlet_m3c") > pl.col("return_m3c")).to_series().all()


def test_words_of_everybody_who_went_in_are_in_the_ledger(done: Done, written: town.TownSummary) -> None:
    result = of(done, "luvat_")
    assert result.rows == written.counts["permission events"]
    assert result.rows - 40 < result.accepted <= result.rows
    assert of(done, "sv_luvat_").quarantined == 0
    with done.ledger.read() as connection:
        events = permission_events.frame(connection)
    assert events.height == result.accepted + of(done, "sv_luvat_").accepted


def test_decisions_allow_about_half_and_lose_the_rest_for_many_reasons(done: Done) -> None:
    request = permissions.Request(
        controller="lahti_energia", purpose="direct_marketing", message_kind="marketing",
        channels=("email",), profiled=True, at=NOW,
    )  # fmt: skip
    with done.lake.snapshot() as snapshot, engine.connect(snapshot) as db:
        decided = permissions.decide(db, request, settings=load(WORKSPACE), ledger=done.ledger)
    assert 0.25 < decided["allowed"].mean() < 0.6
    codes = set(decided["code"])
    assert {
        "CONSENT",
        "NO_CONSENT",
        "CONSENT_WITHDRAWN",
        "BANNED_ALL",
        "MINOR_PROFILING",
        "DECEASED",
    } <= codes


def test_the_same_town_again_changes_nothing(done: Done, written: town.TownSummary) -> None:
    before = done.lake.status()
    results = import_files(
        [written.folder / name for name in done.results],
        kinds=KINDS, settings=load(WORKSPACE), lake=done.lake, ledger=done.ledger, now=NOW, settle=0,
    )  # fmt: skip
    read_again = {result.file for result in results if not result.unchanged}
    assert all(
        name.startswith("sopimukset_") for name in read_again
    )  # its refused rows name sites that we have
    assert [(table.name, table.rows) for table in done.lake.status()] == [
        (table.name, table.rows) for table in before
    ]

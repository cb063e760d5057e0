"""The readings of the town, imported and measured: the metrics find what stands in truth.parquet."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from campaigns.consumption import KINDS
from campaigns.consumption.computing import compute
from campaigns.demo import town
from campaigns.lake import Lake
from campaigns.ledger import Ledger
from campaigns.register.importing import import_files
from campaigns.register.kinds import KINDS as REGISTER
from campaigns.settings.loading import load

WORKSPACE = Path(__file__).parents[3] / "campaigns.yml"
AS_OF = date(2026, 11, 24)
NOW = datetime(2026, 11, 24, 4, tzinfo=UTC)
NEEDED = ("asiakkaat", "yritykset", "kayttopaikat", "sopimukset", "datahub", "spot", "lampotila")


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    """Metrics of the last 12 months beside what is so, one row a metering point."""
    folder = tmp_path_factory.mktemp("measured")
    written = town.write(folder / "data" / "inbox", customers=50, seed=3, as_of=AS_OF, days=350)
    settings = load(WORKSPACE)
    lake, ledger = Lake(folder / "lake"), Ledger.open(folder / "ledger" / "ledger.sqlite")
    ledger.upgrade()
    paths = [path for path in sorted(written.folder.iterdir()) if path.name.startswith(NEEDED)]
    results = import_files(
        paths, kinds=(*REGISTER, *KINDS), settings=settings, lake=lake, ledger=ledger, now=NOW, settle=0
    )
    ledger.dispose()
    assert [result.refused for result in results if result.refused] == []
    bad = sum(result.quarantined for result in results if result.kind == "datahub")
    assert bad == written.mess["broken reading rows"]
    compute(lake, settings=settings, now=NOW)
    truth = pl.read_parquet(written.truth).drop_nulls("resolution")
    with lake.snapshot() as snapshot:
        metrics = snapshot.frame("metrics").filter(period="last 12 months")
    return metrics.join(truth, left_on="metering_point_id", right_on="gsrn", maintain_order="left")


def test_most_metering_points_have_a_year(measured: pl.DataFrame) -> None:
    assert measured.height > 45
    assert measured["kwh_year"].null_count() < measured.height / 3


def test_the_heating_slope_is_the_building_s(measured: pl.DataFrame) -> None:
    found = pl.col("heat_slope") / 24 / pl.col("heat_kw_per_k")
    year = measured.filter(pl.col("building_type") != "cottage").drop_nulls("heat_slope")
    part = dict(year.group_by("heating").agg(found.median()).iter_rows())
    assert part["direct_electric"] == pytest.approx(1.0, abs=0.12)
    assert part["district_heat"] < 0.15


def test_only_producers_feed_in(measured: pl.DataFrame) -> None:
    fed_in = measured.drop_nulls("export_ratio")
    assert (fed_in.filter(pl.col("pv_kwp") > 0)["export_ratio"] > 0.01).all()
    assert (fed_in.filter(pl.col("pv_kwp") == 0)["export_ratio"] == 0).all()
    assert fed_in.filter(pl.col("pv_kwp") > 0).height > 0


def test_peaks_are_those_of_the_biggest_appliance(measured: pl.DataFrame) -> None:
    strongest = pl.max_horizontal("ev_kw", "sauna_kw")
    large = measured.drop_nulls("peak_kw").filter(strongest >= 6, pl.col("building_type") != "commercial")
    assert large.height > 5
    assert (large.select(pl.col("peak_kw") > 0.8 * strongest).to_series()).mean() > 0.9

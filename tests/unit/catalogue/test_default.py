"""The packaged catalogue: complete, in both languages, and in step with what it names."""

from __future__ import annotations

from pathlib import Path

import pytest

from campaigns import catalogue
from campaigns.catalogue.model import AUDIENCES, Catalogue
from campaigns.consumption.metrics import METRICS
from campaigns.consumption.periods import PERIODS
from campaigns.lake.schemas import TABLES
from campaigns.settings.loading import load as load_settings
from support.segments import settings

METRICS_OF_SEGMENTS = (
    "electricity_use", "evening_share", "heat_slope", "winter_summer", "peak_kw", "spot_paid", "dear4_share",
    "kwh_year", "night_share",
)  # fmt: skip
EVENTS_OF_DESIGN = (
    "quote_requested", "contract_signed", "contract_renewed", "moved_out", "made_purchase", "page_visited",
    "event_attended", "raffle_entered", "meeting_held", "complaint_opened", "survey_answered",
    "portal_registered",
)  # fmt: skip


@pytest.fixture(scope="module")
def default() -> Catalogue:
    return catalogue.load(settings())


def test_has_the_words_that_segments_use(default: Catalogue) -> None:
    assert set(METRICS_OF_SEGMENTS) <= set(default.metrics)
    assert set(EVENTS_OF_DESIGN) <= set(default.events)
    assert {"churn", "heat_pump_propensity"} <= set(default.scores)
    assert tuple(default.audiences) == AUDIENCES
    assert list(default.periods) == [
        "last winter", "last full year", "last 12 months", "last 3 months", "last 28 days"
    ]  # fmt: skip


def test_every_metric_of_the_lake_has_a_word(default: Catalogue) -> None:
    lake = {name for name, kind in TABLES["metrics"].schema.items() if str(kind) == "Float64"}
    assert set(METRICS) == lake <= set(default.metrics)
    open_to_segments = {name for name, metric in default.metrics.items() if metric.column}
    assert open_to_segments == {name for name, metric in METRICS.items() if metric.level != "presence"}


def test_metrics_agree_with_those_that_compute_them(default: Catalogue) -> None:
    words = {name: metric for name, metric in default.metrics.items() if name in METRICS}
    assert {name: (one.level, one.roll_up, one.unit) for name, one in words.items()} == {
        name: (one.level, one.roll_up, one.unit) for name, one in METRICS.items()
    }
    assert set(default.periods) == set(PERIODS)


def test_presence_is_known_and_closed(default: Catalogue) -> None:
    presence = [metric for metric in default.metrics.values() if metric.level == "presence"]
    assert presence
    assert all(not metric.column for metric in presence)


def test_search_finds_by_name_label_and_description(default: Catalogue) -> None:
    assert [entry.name for entry in default.search("lämmitystapa")] == ["heating"]
    assert "heating" in [entry.name for entry in default.search("HEATING")]
    assert list(default.search("no such word")) == []


def test_fits_the_settings_of_this_repository() -> None:
    root = Path(__file__).parents[3]
    found = catalogue.load(load_settings(root / "campaigns.yml"), root / "segments" / "catalogue")
    assert found.fields["site"]["heating"].values

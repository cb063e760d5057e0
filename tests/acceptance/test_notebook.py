"""What an analyst does: the notebook from top to bottom, and the workspace as an object."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import nbformat
import polars as pl
import pytest
from nbclient import NotebookClient

import campaigns
from campaigns.errors import Refused
from campaigns.ledger import audit
from campaigns.workspace import erasing, rights
from campaigns.workspace.notebook import MASKED, Notebook

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
PICTURES = {"town": 6, "one_home": 3}  # shown, and one saved under the notebook's name
A = "lahti_energia"
COUNTED = "heat_pump_prospects"


@pytest.fixture(scope="module")
def ws(town: Path) -> Notebook:
    return campaigns.open(town, purpose="statistics")


@pytest.fixture
def own(town: Path, tmp_path: Path) -> Notebook:
    """A copy of the town that a test may change."""
    folder = tmp_path / "town"
    shutil.copytree(town, folder, ignore=shutil.ignore_patterns("inbox"))
    return campaigns.open(folder, purpose="a complaint by phone")


def entries(workspace: Notebook, action: str) -> list[dict[str, Any]]:
    with workspace.workspace.ledger.read() as connection:
        return audit.frame(connection).filter(pl.col("action") == action).to_dicts()


def test_every_notebook_is_run() -> None:
    assert {path.stem for path in NOTEBOOKS.glob("*.ipynb")} == set(PICTURES)


@pytest.mark.parametrize("title", PICTURES)
def test_the_notebook_runs_from_top_to_bottom(
    town: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, title: str
) -> None:
    monkeypatch.setenv("CAMPAIGNS_WORKSPACE", str(town))
    for name in ("JUPYTER_RUNTIME_DIR", "JUPYTER_CONFIG_DIR", "IPYTHONDIR"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    before = set(town.rglob("*.png"))
    notebook = nbformat.read(NOTEBOOKS / f"{title}.ipynb", as_version=4)
    assert all(not cell.outputs and cell.execution_count is None for cell in code(notebook))

    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(tmp_path)}}).execute()

    outputs = [output for cell in code(notebook) for output in cell.outputs]
    assert [output.text for output in outputs if output.output_type == "stream"] == []
    assert all(len(cell.outputs) == 1 for cell in code(notebook) if not is_silent(cell))
    assert len([output for output in outputs if "image/png" in output.data]) == PICTURES[title]
    assert set(town.rglob("*.png")) - before == {town / "data" / f"{title}.png"}
    assert (town / "data" / f"{title}.png").read_bytes().startswith(b"\x89PNG")
    shown = str(outputs)
    assert "***" in shown
    assert ("may be contacted" in shown) == (title == "town")


def code(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def is_silent(cell: nbformat.NotebookNode) -> bool:
    """Whether the cell ends in a statement, which shows nothing."""
    return "=" in cell.source.splitlines()[-1]


def test_the_package_exports_what_it_says() -> None:
    public = {name for name in vars(campaigns) if not name.startswith("_")}
    rooms = {path.name for path in Path(campaigns.__file__).parent.iterdir() if path.is_dir()}
    assert set(campaigns.__all__) == {"__version__", "open"}
    assert public - rooms - {"errors", "annotations", "version", "TYPE_CHECKING"} == {"open"}
    assert campaigns.open.__doc__
    assert campaigns.__version__


@pytest.mark.parametrize("table", sorted(MASKED))
def test_sql_masks_what_tells_who_it_is(ws: Notebook, table: str) -> None:
    for column in MASKED[table]:
        seen = ws.sql(f'SELECT DISTINCT "{column}" AS seen FROM {table} WHERE "{column}" IS NOT NULL')
        assert seen["seen"].to_list() == ["***"]
        assert ws.sql(f"""SELECT 1 FROM {table} WHERE "{column}" LIKE '%a%'""").is_empty()


def test_a_file_of_the_lake_cannot_be_read_around_the_mask(ws: Notebook) -> None:
    file = next((ws.workspace.data / "lake" / "persons").rglob("*.parquet"))
    with pytest.raises(Refused, match="ENG005"):
        ws.sql(f"SELECT * FROM read_parquet('{file}')")


def test_a_look_at_names_is_recorded_with_its_purpose(own: Notebook) -> None:
    assert entries(own, "unmasked_query") == []
    query = "SELECT first_name FROM persons WHERE first_name IS NOT NULL"
    own.sql(query)
    assert entries(own, "unmasked_query") == []
    names = own.sql(query, unmasked=True)
    assert "***" not in names["first_name"]
    (entry,) = entries(own, "unmasked_query")
    assert "a complaint by phone" in str(entry["details"])
    assert "persons" in str(entry["details"])
    assert names["first_name"][0] not in str(entry["details"])
    assert entry["actor"] == own.workspace.actor


def test_every_table_of_the_page_for_analysts_can_be_asked(ws: Notebook) -> None:
    page = (NOTEBOOKS.parent / "docs" / "analyst.md").read_text(encoding="utf-8")
    views = page.split("\n## Views\n")[1].split("\n## ")[0]
    rows = [line.split("|")[1] for line in views.splitlines() if line.startswith("| `")]
    names = [word.strip(" `") for row in rows for word in row.split(",")]
    assert len(names) > 15
    for name in names:
        assert ws.sql(f"SELECT * FROM {name} LIMIT 1").columns[0] == "controller", name


def test_permission_state_is_what_stands(ws: Notebook) -> None:
    found = ws.sql(
        "SELECT controller, person_id, channel, purpose, count(*) AS rows FROM permission_state "
        "WHERE state IN ('granted', 'withdrawn', 'pending', 'expired', 'invalid', 'unproven') GROUP BY ALL"
    )
    assert found["rows"].unique().to_list() == [1]
    states = set(ws.sql("SELECT DISTINCT state FROM permission_state")["state"])
    assert {"granted", "withdrawn", "pending", "ban_all"} <= states


def test_of_the_erased_only_the_erasure_is_left(own: Notebook) -> None:
    granted = (
        "SELECT min(person_id) AS id FROM permission_state WHERE controller = '{}' AND state = 'granted'"
    )
    person_id = own.sql(granted.format(A)).item()
    erasing.erase(own.workspace, rights.begin(own.workspace, "erase", str(person_id)))
    mine = f"FROM {{}} WHERE controller = '{A}' AND person_id = {person_id}"
    assert own.sql("SELECT state " + mine.format("permission_state"))["state"].to_list() == ["erased"]
    for table in ("persons", "contact_points", "events", "relationships", "person_keys", "contracts"):
        assert own.sql("SELECT 1 " + mine.format(table)).is_empty(), table


def test_segments_complete_their_names(ws: Notebook) -> None:
    names = sorted(path.stem for path in (ws.workspace.root / "segments").glob("*.yml"))
    assert ws.segments._ipython_key_completions_() == list(ws.segments) == names
    assert len(ws.segments) == len(names)
    assert COUNTED in ws.segments
    assert "no_such_segment" not in ws.segments


def test_what_is_shown_reads_well(ws: Notebook) -> None:
    segment = ws.segments[COUNTED]
    preview = segment.preview()
    assert repr(ws).startswith("<workspace town")
    assert f"{len(ws.segments)} segments: {', '.join(ws.segments)}" in repr(ws)
    assert repr(segment) == f"<segment {COUNTED} as of {segment.as_of}>"
    assert repr(preview) == str(preview)
    assert repr(preview).startswith(f"{COUNTED}: ")
    assert segment._repr_html_().startswith(f"<pre>{COUNTED}: ")
    assert "&lt;5" in segment._repr_html_()
    why = segment.why(int(segment.members()["person_id"][0]))
    assert repr(why).splitlines()[0].endswith(f"is in {COUNTED} on {segment.as_of}")
    assert ws.report("december_newsletter")._repr_html_().startswith("<table><caption>december_newsletter")


def test_preview_members_and_report_agree(ws: Notebook) -> None:
    segment = ws.segments["energy_newsletter_readers"]
    assert segment.preview().as_json()["final"] == len(segment.members())
    report = ws.report("december_newsletter")
    sent = ws.sql("SELECT count(*) FROM messages WHERE mailing = 'december_newsletter' AND state = 'sent'")
    assert report.sent == sent.item() > 0


def test_metrics_are_the_newest(ws: Notebook) -> None:
    assert ws.metrics["as_of"].n_unique() == 1
    assert ws.metrics.select("controller", "metering_point_id", "period").is_duplicated().sum() == 0

from __future__ import annotations

import csv
import gzip
import io
from datetime import UTC, date, datetime
from fnmatch import fnmatchcase
from pathlib import Path

import polars as pl
import pytest

from campaigns.demo import mess, town
from campaigns.settings.loading import load

from .conftest import AS_OF, CUSTOMERS, DAYS

WORKSPACE = Path(__file__).parents[3] / "campaigns.yml"
PORTAL_HEADERS = {
    "Mittauspisteen tunnus;Tuotteen tyyppi;Resoluutio;Yksikkötyyppi;Lukeman tyyppi;Alkuaika;Määrä;Laatu",
    "MeteringPointGSRN;Product Type;Resolution;Unit Type;Reading Type;Start Time;Quantity;Quality",
}


def unpacked(path: Path) -> bytes:
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


def lines(path: Path) -> list[str]:
    return unpacked(path).decode("utf-8-sig").splitlines()


def files(written: town.TownSummary, pattern: str) -> list[Path]:
    return sorted(written.folder.glob(pattern))


def read(written: town.TownSummary, pattern: str) -> pl.DataFrame:
    """The file without the rows that are broken on purpose."""
    (path,) = files(written, pattern)
    whole = "\n".join(line for line in lines(path) if line not in mess.BROKEN)
    return pl.read_csv(io.StringIO(whole), separator=";", infer_schema=False)


def test_the_same_arguments_give_the_same_bytes_and_times(written: town.TownSummary, tmp_path: Path) -> None:
    again = town.write(tmp_path / "data" / "inbox", customers=CUSTOMERS, seed=4, as_of=AS_OF, days=DAYS)
    assert again.files == written.files
    assert again.counts == written.counts
    assert again.mess == written.mess
    for name in written.files:
        first, second = written.folder / name, again.folder / name
        assert first.read_bytes() == second.read_bytes(), name
        assert first.stat().st_mtime == second.stat().st_mtime, name
    assert written.truth.read_bytes() == again.truth.read_bytes()


def test_another_seed_is_another_town(written: town.TownSummary, tmp_path: Path) -> None:
    other = town.write(tmp_path / "data" / "inbox", customers=CUSTOMERS, seed=5, as_of=AS_OF, days=2)
    (first,), (second,) = files(written, "asiakkaat_*.csv"), files(other, "asiakkaat_*.csv")
    assert first.read_bytes() != second.read_bytes()


@pytest.mark.parametrize(("customers", "days"), [(50, 1), (53, 7)])
def test_the_smallest_towns_can_be_written(tmp_path: Path, customers: int, days: int) -> None:
    summary = town.write(tmp_path / "inbox", customers=customers, seed=1, as_of=date(2026, 2, 3), days=days)
    assert summary.counts["people: minor"] >= 1
    assert summary.counts["metering points with readings"] > 40
    assert min(summary.mess.values()) >= 0


def test_every_file_is_one_that_the_workspace_knows(written: town.TownSummary) -> None:
    settings = load(WORKSPACE)
    seen = set()
    for path in files(written, "*"):
        plain = path.name.removesuffix(".gz")
        (name,) = [name for name, source in settings.sources.items() if fnmatchcase(plain, source.match)]
        seen.add(name)
        source = settings.sources[name]
        header = lines(path)[0].split(source.delimiter or ("," if "events" in name else ";"))
        if source.kind == "datahub":
            assert ";".join(header) in PORTAL_HEADERS
        elif source.kind == "events":
            assert set(source.columns) <= set(header)
        elif source.kind == "permissions":
            assert set(header) == {*source.columns, "about"} - {"aihe"}
        else:
            assert set(source.columns or ("start", "price")) == set(header)
    assert seen == set(settings.sources)


def test_words_are_those_that_the_workspace_maps(written: town.TownSummary) -> None:
    settings = load(WORKSPACE)
    for source, pattern in (
        ("crm_customers", "asiakkaat_*"),
        ("crm_sites", "kayttopaikat_*"),
        ("crm_contracts", "sopimukset_*"),
    ):
        (path,) = files(written, f"{pattern}.csv")
        with path.open(encoding="utf-8-sig") as stream:
            rows = [
                row
                for row in csv.DictReader(stream, delimiter=";")
                if None not in row.values() and None not in row
            ]
        columns = {ours: theirs for theirs, ours in settings.sources[source].columns.items()}
        for ours, words in settings.sources[source].values.items():
            used = {row[columns[ours]] for row in rows} - {""}
            assert used <= set(words), (source, ours)


def test_files_are_dated_by_when_they_were_sent(written: town.TownSummary) -> None:
    sent = {path.name: datetime.fromtimestamp(path.stat().st_mtime, UTC) for path in files(written, "*")}
    correction = next(time for name, time in sent.items() if "korjaus" in name)
    others = {time for name, time in sent.items() if "korjaus" not in name}
    assert others == {datetime(2026, 11, 23, 22, 5, tzinfo=UTC)}
    assert correction == datetime(2026, 11, 23, 22, 30, tzinfo=UTC)


def test_counts_are_those_of_the_files(written: town.TownSummary) -> None:
    for name, rows in written.files.items():
        assert len(lines(written.folder / name)) - 1 == rows, name


def test_both_headers_one_mark_and_one_file_again_packed(written: town.TownSummary) -> None:
    readings = files(written, "datahub_*.csv")
    assert {lines(path)[0] for path in readings} == PORTAL_HEADERS
    marked = [path for path in readings if path.read_bytes().startswith(b"\xef\xbb\xbf")]
    assert len(marked) == 1
    (copy,) = files(written, "datahub_*_kopio.csv.gz")
    assert unpacked(copy) == copy.with_name(copy.name.replace("_kopio.csv.gz", ".csv")).read_bytes()


def test_corrections_speak_of_intervals_that_were_estimated_or_missing(written: town.TownSummary) -> None:
    frames = {
        path.name: pl.read_csv(
            path, separator=";", decimal_comma=True, infer_schema=False, new_columns=list("abcdefgh")
        )
        for path in files(written, "datahub_*.csv")
    }
    fixed = next(frame for name, frame in frames.items() if "korjaus" in name)
    first = pl.concat([frame for name, frame in frames.items() if "korjaus" not in name])
    both = fixed.join(first, on=["a", "c", "e", "f"], suffix="_first")
    assert (
        both.height
        == fixed.height
        == written.mess["intervals estimated, then corrected"]
        + written.mess["missing intervals that came later"]
    )
    assert set(both["h_first"]) == {"EST", "MISSING"}
    assert set(both["h"]) == {"OK"}


def test_the_same_human_is_in_both_registers_under_other_numbers(written: town.TownSummary) -> None:
    ours, theirs = read(written, "asiakkaat_*.csv"), read(written, "sv_asiakkaat_*.csv")
    truth = pl.read_parquet(written.truth).drop_nulls("network_number").unique("number", maintain_order=True)
    pairs = truth.join(ours.unique("asiakasnro"), left_on="number", right_on="asiakasnro").join(
        theirs, left_on="network_number", right_on="asiakasnro", suffix="_sv"
    )
    assert pairs.height == written.counts["of them known to both"] > CUSTOMERS / 2
    assert (pairs["etunimi"] == pairs["etunimi_sv"]).all()
    assert set(ours["asiakasnro"]).isdisjoint(theirs["asiakasnro"])


def test_truth_says_who_holds_what_and_which_readings_are_given(written: town.TownSummary) -> None:
    truth = pl.read_parquet(written.truth)
    metered = truth.drop_nulls("resolution")
    assert metered["gsrn"].n_unique() == written.counts["metering points with readings"]
    given = pl.concat(
        pl.read_csv(path, separator=";", infer_schema=False, new_columns=list("abcdefgh")).select(
            "a", "c", "e"
        )
        for path in files(written, "datahub_*_0[1-9].csv")
    )
    right = given.filter(pl.col("a").cast(pl.Int64).is_in(metered["gsrn"].implode()))
    assert set(right["a"].cast(pl.Int64)) == set(metered["gsrn"])
    producers = metered.filter(pl.col("pv_kwp") > 0)["gsrn"]
    assert set(given.filter(pl.col("e") == "BN02")["a"].cast(pl.Int64)) == set(producers)
    by_point = right.group_by(pl.col("a").cast(pl.Int64)).agg(pl.col("c").unique().sort())
    kinds = dict(
        metered.select("gsrn", "resolution")
        .join(by_point, left_on="gsrn", right_on="a")
        .select("resolution", "c")
        .iter_rows()
    )
    assert kinds == {"PT1H": ["PT1H"], "PT15M": ["PT15M"], "change": ["PT15M", "PT1H"]}

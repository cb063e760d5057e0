"""The lock-down: threats.md section 0 item 4, attacks 44 and 45."""

import hashlib
from pathlib import Path

import pytest

from campaigns import errors
from campaigns.engine import Engine, user_query
from campaigns.lake import Lake

PASSWORDS = "/etc/passwd"
python_variable = [1, 2, 3]

OUTSIDE = [
    "COPY (FROM persons) TO '{out}/x.csv'",
    "COPY (FROM persons) TO '{out}/x.parquet' (FORMAT parquet)",
    "COPY persons TO '{inside}'",
    "EXPORT DATABASE '{out}'",
    "ATTACH '{out}/x.duckdb' AS other",
    "INSTALL httpfs",
    "LOAD httpfs",
    "LOAD '{out}/x.duckdb_extension'",
    "INSTALL h3 FROM community",
    "SET enable_external_access = true",
    "SET allowed_paths = ['{out}']",
    "SET allowed_directories = ['/']",
    "SET lock_configuration = false",
    "SET memory_limit = '100GB'",
    "SET python_enable_replacements = true",
    "RESET enable_external_access",
    "PRAGMA enable_logging",
    "CREATE PERSISTENT SECRET s (TYPE http, BEARER_TOKEN 'x')",
    "SELECT * FROM read_text('{passwords}')",
    "SELECT * FROM read_blob('{passwords}')",
    "SELECT * FROM read_csv('{passwords}')",
    "SELECT * FROM '{passwords}'",
    "SELECT * FROM glob('/etc/*')",
    "SELECT * FROM glob('{folder}/*')",
    "SELECT * FROM read_parquet('{folder}/*.parquet')",
    "SELECT * FROM read_parquet('{folder}/../persons/*.parquet')",
    "SELECT * FROM read_parquet('{folder}/link.parquet')",
    "SELECT * FROM read_parquet('{other_table}')",
    "SELECT * FROM read_parquet('http://127.0.0.1:9/x.parquet')",
    "SELECT * FROM read_parquet('s3://bucket/x.parquet')",
    "SELECT * FROM 'https://example.com/x.csv'",
    "SELECT * FROM python_variable",
    "SELECT * FROM read_duckdb('{out}/x.duckdb')",
    "SELECT * FROM sqlite_scan('{out}/x.sqlite', 't')",
]


def hashes(root: Path) -> dict[str, str]:
    return {
        str(path): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in root.rglob("*")
        if path.is_file() and "_leases" not in path.parts
    }


@pytest.fixture
def places(lake: Lake, tmp_path: Path) -> dict[str, str]:
    out = tmp_path / "out"
    out.mkdir()
    with lake.snapshot() as snapshot:
        (persons,) = snapshot.files("persons")
        (refused,) = snapshot.files("quarantine")
    (persons.parent / "link.parquet").symlink_to(PASSWORDS)
    return {
        "out": str(out),
        "inside": str(persons),
        "folder": str(persons.parent),
        "other_table": str(refused),
        "passwords": PASSWORDS,
    }


@pytest.mark.parametrize("sql", OUTSIDE)
def test_nothing_outside_is_read_or_written(
    lake: Lake, db: Engine, places: dict[str, str], tmp_path: Path, sql: str
) -> None:
    before = hashes(lake.root)
    statement = sql.format(**places)
    for run in (db.execute, db.query, lambda text: user_query(db, text)):
        with pytest.raises(errors.UserError) as caught:
            run(statement)
        assert "root:" not in str(caught.value)
    assert hashes(lake.root) == before
    assert list(Path(places["out"]).iterdir()) == []
    assert db.query("FROM persons").height == 3


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1; SELECT 2",
        "CREATE TEMP TABLE x AS SELECT 1",
        "INSERT INTO persons VALUES (1)",
        "DROP VIEW persons",
        "ATTACH ':memory:' AS other",
        "CREATE SECRET s (TYPE http, BEARER_TOKEN 'x')",
        "EXPLAIN ANALYZE SELECT 1",
        "CALL pragma_version()",
        "SET x = 1",
        "",
        "-- nothing",
    ],
)
def test_an_analyst_may_only_select(db: Engine, sql: str) -> None:
    with pytest.raises(errors.UserError, match="ENG001"):
        user_query(db, sql)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM duckdb_settings()",
        "SELECT * FROM query('SELECT 1')",
        "SELECT * FROM query_table('persons')",
        "SELECT * FROM parquet_metadata('{inside}')",
        "SELECT * FROM read_parquet('{inside}')",
        "SELECT * FROM '{inside}'",
        'SELECT * FROM "{inside}"',
        'WITH "{inside}" AS (SELECT 1) SELECT * FROM persons, "{inside}"',
        "SELECT * FROM information_schema.tables",
        "SELECT * FROM main.persons",
        "SELECT (SELECT count(*) FROM read_parquet('{inside}'))",
        "SELECT * FROM persons WHERE person_id IN (FROM read_parquet('{inside}') SELECT person_id)",
        "WITH x AS (FROM read_parquet('{inside}')) FROM x",
    ],
)
def test_an_analyst_reads_tables_only(db: Engine, places: dict[str, str], sql: str) -> None:
    with pytest.raises(errors.Refused, match="ENG005"):
        user_query(db, sql.format(**places))


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        ("SELECT person_id FROM persons ORDER BY person_id DESC;", [(3,), (2,), (1,)]),
        ("FROM persons SELECT count(*) -- how many", [(3,)]),
        ("WITH x AS (SELECT 1 AS a), y AS (FROM x) SELECT * FROM y", [(1,)]),
        (
            "WITH RECURSIVE r AS (SELECT 1 AS a UNION ALL SELECT a + 1 FROM r WHERE a < 3) FROM r",
            [(1,), (2,), (3,)],
        ),
        ("SELECT unnest([1, 2]) AS a", [(1,), (2,)]),
        ("SELECT * FROM range(2) t(a)", [(0,), (1,)]),
        ("VALUES (1)", [(1,)]),
        ("SELECT count(*) FROM PERSONS p JOIN Persons q USING (person_id)", [(3,)]),
        ("SELECT j.key FROM (SELECT '{{\"a\": 1}}'::JSON AS p), json_each(p) j", [("a",)]),
    ],
)
def test_what_an_analyst_may_do(db: Engine, sql: str, rows: list[tuple[object, ...]]) -> None:
    assert user_query(db, sql.replace("{{", "{").replace("}}", "}")).rows() == rows


def test_columns_of_the_same_name_are_told_apart(db: Engine) -> None:
    joined = "SELECT * FROM persons p JOIN persons q ON p.person_id = q.person_id"
    assert user_query(db, joined).height == 3
    with pytest.raises(errors.UserError, match=r"ENG002.*more than one column is called controller"):
        db.query(joined)


def test_an_analyst_may_describe_a_table(db: Engine) -> None:
    assert "person_id" in user_query(db, "DESCRIBE persons")["column_name"].to_list()


def test_parameters_of_an_analyst(db: Engine) -> None:
    assert user_query(db, "SELECT $x AS x", {"x": 5}).item() == 5


def test_a_table_that_does_not_exist_is_named(db: Engine) -> None:
    with pytest.raises(errors.NotFound, match="ENG008 There is no table person"):
        user_query(db, "SELECT * FROM person")


def test_a_typing_error_is_said_without_codes(db: Engine) -> None:
    with pytest.raises(errors.UserError, match="ENG002") as caught:
        user_query(db, "SELEC 1")
    assert 'near "SELEC"' in str(caught.value)
    with pytest.raises(errors.UserError) as caught:
        user_query(db, 'SELECT "010190-123A" FROM persons')
    assert "010190-123A" not in str(caught.value)


def test_a_cross_join_of_a_million_ends_in_a_clear_error(db: Engine) -> None:
    sql = "SELECT a.range AS a, b.range AS b FROM range(1000000) a, range(1000000) b ORDER BY hash(a + b)"
    with pytest.raises(errors.UserError, match=r"ENG00[34]"):
        user_query(db, sql, seconds=1)
    with pytest.raises(errors.UserError, match="ENG007"):
        user_query(db, "FROM range(1000000) a, range(1000000) b", rows=1000)
    assert user_query(db, "SELECT 1 AS x").item() == 1


def test_exactly_as_many_rows_as_allowed(db: Engine) -> None:
    assert user_query(db, "FROM range(10)", rows=10).height == 10
    with pytest.raises(errors.UserError, match="more than 9 rows"):
        user_query(db, "FROM range(10)", rows=9)

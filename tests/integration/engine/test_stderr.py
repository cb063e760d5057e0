"""Nothing is written to stderr, whatever way a process that used the engine ends."""

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from campaigns.lake import Lake

COMMON = """
    import sys
    from pathlib import Path
    import polars as pl
    from campaigns import engine
    from campaigns.engine import user_query
    from campaigns.lake import Lake
    lake = Lake(Path(sys.argv[1]))
    frame = pl.DataFrame({"person_id": [2, 3]})
"""
CASES = {
    "closed": """
        with lake.snapshot() as snapshot, engine.connect(snapshot, frames={"mine": frame}) as db:
            db.execute("CREATE TEMP TABLE x AS FROM persons JOIN mine USING (person_id)")
            print(db.query("SELECT x.*, wh FROM x, consumption_days"))
    """,
    "left open": """
        snapshot = lake.snapshot()
        connecting = engine.connect(snapshot, frames={"mine": frame})
        db = connecting.__enter__()
        result = db.query("FROM persons JOIN mine USING (person_id)")
        print(user_query(db, "FROM persons"))
    """,
    "after errors": """
        with lake.snapshot() as snapshot, engine.connect(snapshot) as db:
            for sql in ("SELECT last_name::INTEGER FROM persons", "SELEC", "FROM read_text('/etc/passwd')",
                        "SELECT [INTERVAL 1 DAY] AS x",
                        "SELECT count(*) FROM range(999999) a, range(999999) b"):
                try:
                    db.query(sql, seconds=0.3)
                except Exception as error:
                    print(error)
    """,
    "odd types": """
        with lake.snapshot() as snapshot, engine.connect(snapshot) as db:
            print(db.query("SELECT INTERVAL 1 DAY AS a, '101'::BIT AS b, 1::HUGEINT AS c, uuid() AS d"))
    """,
    "system exit": """
        connecting = engine.connect(lake.snapshot())
        print(connecting.__enter__().query("FROM persons"))
        raise SystemExit(0)
    """,
}


@pytest.mark.parametrize("case", CASES)
def test_stderr_stays_empty(lake: Lake, case: str, tmp_path: Path) -> None:
    code = textwrap.dedent(COMMON) + textwrap.dedent(CASES[case])
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, str(lake.root)],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=tmp_path,
        check=False,
    )
    assert (done.stderr, done.returncode) == ("", 0)
    assert "pyarrow" not in sys.modules
    assert [path.name for path in tmp_path.iterdir()] == ["data"]  # no .tmp of DuckDB in the working folder

"""What tells that a text names a person, in whatever spelling, and what of others must never be touched."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.rights import scrubbing
from campaigns.rights.scrubbing import Layout
from campaigns.rights.traces import Traces

MINE = Traces(
    numbers=frozenset({("crm", "100005")}),
    emails=frozenset({"orjan.zq@posti.example", "home@posti.example"}),
    phones=frozenset({"+358451112233"}),
    names=frozenset({("örjan", "zetterlöf-quist"), ("matti", "virtanen")}),
    streets=frozenset({"yksintie 9"}),
    shared=frozenset({"home@posti.example", "matti virtanen"}),
    keys=pl.DataFrame({"key_space": ["crm"], "source_id": ["100002"]}),
)


@pytest.mark.parametrize(
    "text",
    [
        "Orjan.ZQ@Posti.example",
        "<mailto:orjan.zq@posti.example>.",
        "0451112233",
        "(0)45 111 2233",
        "+358 45-111 2233",
        "00358451112233;x",
        "a;045\u00a0111\u00a02233;b",
        "ÖRJAN Zetterlöf-Quist",
        "Zetterlöf-Quist, Örjan",
        '"Zetterlöf-Quist";"Örjan"',
        "Matti Virtanen, home@posti.example",
        "Matti;Virtanen;;Yksintie 9;15140",
    ],
)
def test_it_names_them(text: str) -> None:
    assert MINE.in_text(text)
    assert MINE.may_be_in(text.encode())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "xorjan.zq@posti.example",
        "orjan.zq@posti.example.com",
        "643007500451112233",
        "0451112234",
        "home@posti.example",
        "Matti Virtanen",
        "Matti;Virtanen;;Muukatu 5",
        "Örjan",
        "Zetterlöf-Quist",
        "Yksintie 9",
        "Örjanna Zetterlöf-Quist",
    ],
)
def test_it_names_others_or_nobody(text: str) -> None:
    assert not MINE.in_text(text)


def test_of_another_persons_text_only_theirs_goes() -> None:
    text = "100002;call Örjan Zetterlöf-Quist at 045 1112233, home@posti.example;Matti Virtanen"
    assert MINE.redacted(text) == "100002;call  at , home@posti.example;Matti Virtanen"


CELLS = st.text(st.characters(blacklist_characters='\r\n;"\0', blacklist_categories=("Cs",)), max_size=12)
OTHERS = st.lists(st.tuples(st.sampled_from(["100002", "100003", "7", ""]), CELLS, CELLS), max_size=8)
THEIRS = st.sampled_from(
    ["100005;;", "9;Örjan Zetterlöf-Quist;", ";;0451112233", "x;orjan.zq@posti.example;"]
)


@given(
    rows=OTHERS,
    theirs=st.lists(st.tuples(st.integers(0, 8), THEIRS), max_size=4),
    end=st.sampled_from("\n\r"),
)
def test_lines_of_others_stay_byte_for_byte(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[tuple[str, str, str]],
    theirs: list[tuple[int, str]],
    end: str,
) -> None:
    lines = [";".join(row) for row in rows]
    own = [text for _, text in theirs]
    for at, text in theirs:
        lines.insert(at, text)
    feed = "\r\n" if end == "\r" else "\n"
    path: Path = tmp_path_factory.mktemp("lines") / "file.csv"
    path.write_bytes("".join(line + feed for line in lines).encode())
    layout = Layout(key_space="crm", person_at=0)
    cleaned = scrubbing.text_lines(path, MINE, layout)
    cleaned.put()
    expected = ["" if line in own else line for line in lines]
    assert path.read_bytes() == "".join(line + feed for line in expected).encode()
    assert [lines[at - 1] for at in cleaned.lines] == [line for line in lines if line in own]


def test_a_record_over_several_lines_goes_as_one(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_text('a;b\n100005;"one\ntwo"\n100002;"three\nfour"\n', encoding="utf-8")
    cleaned = scrubbing.text_lines(path, MINE, Layout(key_space="crm", person_at=0))
    assert cleaned.put() == (2, 3)
    assert path.read_text(encoding="utf-8") == 'a;b\n\n\n100002;"three\nfour"\n'


def test_a_file_that_somebody_writes_to_is_left(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_text("100005;x\n", encoding="utf-8")
    cleaned = scrubbing.text_lines(path, MINE, Layout(key_space="crm", person_at=0))
    path.write_text("100005;x\nmore\n", encoding="utf-8")
    with pytest.raises(scrubbing.StillWritten):
        cleaned.put()
    assert path.read_text(encoding="utf-8") == "100005;x\nmore\n"
    assert list(tmp_path.iterdir()) == [path]

"""Files become clean text under our names, or the reason why not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

import polars as pl
import pytest

from campaigns.errors import UserError
from campaigns.register import reading
from campaigns.register.deliveries import Delivery
from campaigns.register.limits import MAX_CELL, MAX_COLUMNS, MAX_LINE
from campaigns.register.quarantine import MAX_TEXT, Rejects
from campaigns.register.reading import Columns, Rows

Deliver = Callable[..., Delivery]
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
COLUMNS = Columns(
    required=("source_id",), optional=("name", "kind", "note"), keys=("source_id",), person="source_id"
)


def read(delivery: Delivery, columns: Columns = COLUMNS) -> tuple[Rows, Rejects]:
    rejects = Rejects(delivery, "persons")
    return reading.read(delivery, columns, rejects), rejects


def entries(rejects: Rejects) -> list[tuple[object, ...]]:
    return rejects.frame(NOW).select("line", "reason", "column").rows()


def test_their_columns_and_words_become_ours(deliver: Deliver) -> None:
    delivery = deliver(
        "ASIAKASNRO;nimi;laji;väri\n1;A;Kuluttaja;x\n2;B;sole_trader;y\n3;C;;z\n".encode(),
        columns={"asiakasnro": "source_id", "Nimi": "name", "laji": "kind"},
        values={"kind": {"KULUTTAJA": "consumer"}},
        defaults={"kind": "estate", "note": "-"},
    )
    rows, _ = read(delivery)
    assert rows.frame["kind"].to_list() == ["consumer", "sole_trader", "estate"]
    assert rows.frame.columns == ["_line", "source_id", "name", "kind", "note"]
    assert rows.present == {"source_id", "name", "kind", "note"}
    assert rows.notes == ("columns not used: `väri`",)


def test_cells_are_tidied(deliver: Deliver) -> None:
    body = "source_id;name\n1;  Ma\u0308ki\u00a0\t Oy \u200b\n2;\u202e\n3; \n"
    rows, _ = read(deliver(body.encode()))
    assert rows.frame["name"].to_list() == ["Mäki Oy", None, None]


def test_rows_of_nothing_are_what_spreadsheets_leave_behind(deliver: Deliver) -> None:
    rows, rejects = read(deliver(b"source_id;name\n1;A\n;\n ; \n"))
    assert (len(rows.frame), rows.total, rejects.refused) == (1, 1, 0)


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
def test_the_delimiter_is_found_in_the_header(deliver: Deliver, delimiter: str) -> None:
    rows, _ = read(
        deliver(delimiter.join(["source_id", "name"]).encode() + b"\n" + f"1{delimiter}A".encode())
    )
    assert rows.frame.select("source_id", "name").rows() == [("1", "A")]


def test_the_header_again_is_refused_in_any_case(deliver: Deliver) -> None:
    rows, rejects = read(deliver(b"source_id;name\n1;A\nSource_Id; NAME\n2;B\n"))
    assert rows.frame["source_id"].to_list() == ["1", "2"]
    assert entries(rejects) == [(3, "REG105", "")]


def test_columns_are_matched_by_name_never_by_place(deliver: Deliver) -> None:
    rows, _ = read(deliver(b"_id;name;__proto__;source_id\nx;A;y;1\n"))
    assert rows.frame.select("source_id", "name").rows() == [("1", "A")]
    kept, _ = read(
        deliver(b"_id;__proto__;source_id;page;\nx;y;1;p;q\n"), Columns(required=("source_id",), others=True)
    )
    assert kept.others == ("page",)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "REG010"),
        (b"\n \n", "REG010"),
        (b"name;note\nA;x\n", "REG007"),
        (b"source_id;name;Name \n1;A;B\n", "REG008"),
        (b"source_id;nimi;etunimi\n1;A;B\n", "REG008"),
        ("source_id;name\n1;A\n".encode("utf-16"), "REG009"),
        ("source_id;name\n1;A\n".encode("utf-16-be"), "REG009"),
        ("source_id;nämä\n".encode("latin-1"), "REG009"),
        (b'source_id;"name\n1;A\n', "REG010"),
        (b"x" * (MAX_LINE + 2), "REG010"),
        (b";".join(b"c%d" % number for number in range(MAX_COLUMNS + 1)), "REG010"),
        (b"PAR1 is no Parquet", "REG011"),
    ],
)
def test_files_that_are_refused_whole(deliver: Deliver, content: bytes, code: str) -> None:
    with pytest.raises(UserError) as caught:
        read(deliver(content, columns={"nimi": "name", "etunimi": "name"}))
    assert caught.value.mistake.code == code


def test_a_mapped_column_wins_over_one_that_has_our_name_by_accident(deliver: Deliver) -> None:
    rows, _ = read(deliver(b"source_id;name;nimi\n1;A;B\n", columns={"nimi": "name"}))
    assert rows.frame["name"].to_list() == ["B"]


def test_a_million_columns_are_refused(deliver: Deliver) -> None:
    with pytest.raises(UserError, match="REG010"):
        read(deliver(b"x;" * 1_000_000))


def test_a_missing_column_is_named_with_what_may_be_meant(deliver: Deliver) -> None:
    with pytest.raises(UserError) as caught:
        read(deliver(b"asiakasnr;nimi\n1;A\n", columns={"asiakasnro": "source_id"}))
    assert "no column `asiakasnro`" in caught.value.mistake.message
    assert caught.value.mistake.hint == "did you mean `asiakasnr`?"


def test_a_file_without_a_header_is_not_quoted(deliver: Deliver) -> None:
    with pytest.raises(UserError) as caught:
        read(deliver(b"1001;Matti;matti@example.com;131052-308T\n"))
    assert caught.value.mistake.hint == "is its first line the header?"
    assert not any(secret in str(caught.value) for secret in ("Matti", "matti@", "308T"))


def test_cells_beyond_measure_are_refused(deliver: Deliver) -> None:
    rows, rejects = read(deliver(b"source_id;name\n1;" + b"x" * (MAX_CELL + 1) + b"\n2;" + b"y" * MAX_CELL))
    assert rows.frame["source_id"].to_list() == ["2"]
    assert entries(rejects) == [(2, "REG100", "name")]


@pytest.mark.parametrize(
    "text",
    ["hetu 010594Y9032", "010594 y 9032", "on 131052–308T.", "010594-9032", "aiemmin 010594\u2212 9032"],
)
def test_identity_codes_refuse_their_row_and_are_nowhere(deliver: Deliver, text: str) -> None:
    rows, rejects = read(deliver(f"source_id;name;note\n1;A;{text}\n2;B;x\n".encode()))
    assert rows.frame["source_id"].to_list() == ["2"]
    frame = rejects.frame(NOW)
    assert frame["reason"].to_list() == ["REG110"]
    everything = repr(frame.to_dicts()) + repr(rows)
    assert not any(secret in everything.upper() for secret in ("9032", "308T"))
    assert "******-****" in frame["text"][0]


def test_what_looks_like_a_code_is_masked_and_noted(deliver: Deliver) -> None:
    rows, rejects = read(deliver(b"source_id;name;note\n1;010594-9033;x\n"))
    assert rows.frame["name"].to_list() == ["******-****"]
    assert (rejects.refused, rejects.left_out) == (0, 1)
    assert "9033" not in repr(rejects.frame(NOW).to_dicts())


def test_what_looks_like_a_code_in_a_key_refuses_the_row(deliver: Deliver) -> None:
    rows, rejects = read(deliver(b"source_id;name\n010594-9033;A\n010594-9034;B\n1;C\n"))
    assert rows.frame["source_id"].to_list() == ["1"]
    assert rejects.refused == 2


def test_the_raw_line_is_kept_masked_first_and_cut_after(deliver: Deliver) -> None:
    lead = "x" * (MAX_TEXT - 8)
    delivery = deliver(f"source_id;name\n1;{lead}010594Y9032;too many\n".encode())
    _, rejects = read(delivery)
    text = rejects.frame(NOW)["text"][0]
    assert len(text) == MAX_TEXT
    assert "010594" not in text


def test_controls_do_not_reach_a_terminal_through_the_quarantine(deliver: Deliver) -> None:
    _, rejects = read(deliver(b"source_id;name\n1;\x1b[31mred\x00\n"))
    assert rejects.frame(NOW)["text"].to_list() == ["1;\ufffd[31mred\ufffd"]


def test_the_identities_of_refused_and_unreadable_rows_are_known(deliver: Deliver) -> None:
    rows, _ = read(deliver(b'source_id;name;note\n1;A;010594Y9032\n2;B\n3;"C\n4;D;\n'))
    assert {"1", "2", "3", "4"} <= set(rows.keys)
    assert {(2, "1"), (3, "2"), (4, "3"), (5, "4")} <= set(rows.numbers.rows())


def test_parquet_takes_the_same_way(deliver: Deliver) -> None:
    frame = pl.DataFrame(
        {
            "source_id": [1, 2],
            "name": ["A", None],
            "kind": [1990.0, None],
            "day": [date(2026, 1, 2), None],
            "at": [NOW, None],
            "local": [datetime(2026, 1, 2, 3, 4), None],  # noqa: DTZ001  # files have such columns
            "yes": [True, False],
            "nested": [[1], [2]],
        }
    )
    delivery = deliver(b"", name="people.parquet")
    frame.write_parquet(delivery.path)
    columns = Columns(
        required=("source_id",), optional=("name", "kind", "day", "at", "local", "yes", "nested")
    )
    rows, _ = read(delivery, columns)
    assert rows.frame.row(0) == (
        1,
        "1",
        "A",
        "1990",
        "2026-01-02",
        "2026-11-24T12:00:00.000000Z",
        "2026-01-02T03:04:00.000000",
        "true",
        None,
    )
    assert rows.frame.row(1) == (2, "2", None, None, None, None, None, "false", None)


def test_a_parquet_file_that_was_cut_is_refused(deliver: Deliver) -> None:
    delivery = deliver(b"", name="people.parquet")
    pl.DataFrame({"source_id": [str(number) for number in range(1000)]}).write_parquet(delivery.path)
    whole = delivery.path.read_bytes()
    delivery.path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UserError, match="REG011"):
        read(delivery)
    delivery.path.write_bytes(whole[:40] + b"\xff" * 200 + whole[240:])
    with pytest.raises(UserError, match="REG011"):
        read(delivery)


def test_several_columns_wrong_for_one_reason_are_one_entry_in_their_words(deliver: Deliver) -> None:
    rejects = Rejects(deliver(b"a;b\n1;2\n", columns={"nimi": "name", "laji": "kind"}), "persons")
    rejects.add(2, "REG120", "`name` is empty.", "name")
    rejects.add(2, "REG120", "`kind` is empty.", "kind")
    rejects.add(2, "REG121", "`other` is no date.", "other", refuses_row=False)
    frame = rejects.frame(NOW)
    assert frame.select("line", "reason", "message", "column").rows() == [
        (2, "REG120", "`nimi` is empty. `laji` is empty.", "nimi, laji"),
        (2, "REG121", "`other` is no date.", "other"),
    ]
    assert (rejects.refused, rejects.left_out) == (1, 1)


def test_a_renamed_column_is_not_taken_for_a_missing_one(deliver: Deliver) -> None:
    columns = {"asiakasnro": "source_id", "nimi": "name", "laji": "kind"}
    rows, _ = read(deliver(b"asiakasnro;nimi\n1;A\n", columns=columns))
    assert rows.notes == ("columns that are not there: `laji`",)
    with pytest.raises(UserError, match=r"REG007.*`laji`") as caught:
        read(deliver(b"asiakasnro;nimi;lajj\n1;A;consumer\n", columns=columns))
    assert caught.value.mistake.hint == "did you mean `lajj`?"

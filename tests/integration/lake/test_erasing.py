"""Erasure: no byte of the person is left below the lake."""

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from campaigns.lake import Lake
from campaigns.lake.snapshot import SnapshotRevoked
from support.elsewhere import Elsewhere
from support.lakes import persons

from .test_cleaning import READING

CANARIES = [b"Zorroinen", b"zorro@example.fi", b"401234567", b"ASIAKAS-77", b"Zorronkuja", b"zorro likes"]


def quoting(entries: pl.DataFrame) -> pl.Series:
    """What callers find in the quarantine; here all lines but one quote the person."""
    return entries["text"] != "other;line"


@pytest.fixture
def town(lake: Lake) -> Lake:
    """Person 2 of controller a, whose words are the canaries, and others who must stay."""
    a = pl.lit("a").alias("controller")
    with lake.writer(purpose="filling") as writer:
        writer.append("persons", persons(1, last_name="Virtanen"))
        writer.append("persons", persons(2, last_name="Zorroinen"))
        writer.append("persons", persons(2, controller="b", last_name="Toinen"))
        writer.append(
            "contact_points",
            pl.DataFrame(
                {
                    "person_id": [2, 2, 2, 1],
                    "channel": ["email", "sms", "letter", "email"],
                    "value": [
                        "zorro@example.fi",
                        "+358401234567",
                        "Zorronkuja 7\n15110 Lahti",
                        "v@example.fi",
                    ],
                }
            ).with_columns(a),
        )
        keys = pl.DataFrame({"key_space": ["crm"], "source_id": ["ASIAKAS-77"], "person_id": [2]})
        writer.append("person_keys", keys.with_columns(a))
        event = {
            "event_id": [1],
            "person_id": [2],
            "name": ["quote_requested"],
            "properties": ["zorro likes"],
        }
        writer.append("events", pl.DataFrame(event).with_columns(a))
        sites = {"site_id": [1, 2], "address": ["Zorronkuja 7", "Muukatu 1"]}
        writer.append("sites", pl.DataFrame(sites).with_columns(a))
        points = {"metering_point_id": [11, 22], "site_id": [1, 2]}
        writer.append("metering_points", pl.DataFrame(points).with_columns(a))
        contracts = {"contract_id": [1, 2, 3], "person_id": [2, 2, 1], "metering_point_id": [11, 22, 22]}
        writer.append("contracts", pl.DataFrame(contracts).with_columns(a))
        lines = ["x;040 123 4567;y", "ASIAKAS-77;?", "q;Zorro@Example.fi", "z;Zorronkuja 7;z", "other;line"]
        refused = {"file_hash": ["h"] * 5, "line": list(range(5)), "reason": ["REG001"] * 5, "text": lines}
        writer.append("quarantine", pl.DataFrame(refused).with_columns(a))
    with lake.writer(purpose="later") as writer:
        writer.upsert("persons", persons(2, last_name="Zorroinen-Virtanen"))
    return lake


def test_no_byte_is_left(town: Lake, bytes_below: Callable[[Path], bytes]) -> None:
    before = bytes_below(town.root)
    assert any(word in before for word in CANARIES)
    done = town.erase("a", [2], quoting=quoting)
    assert not done.pending
    assert done.rows == {
        "persons": 1,
        "contact_points": 3,
        "person_keys": 1,
        "events": 1,
        "contracts": 2,
        "quarantine": 4,
    }
    after = bytes_below(town.root)
    assert [word for word in CANARIES if word in after] == []
    with town.snapshot() as snapshot:
        for table in snapshot.versions:  # compressed pages hide words, so look at the values too
            text = snapshot.frame(table).write_json()
            assert [word for word in CANARIES if word.decode() in text] == [], table


def test_others_stay(town: Lake) -> None:
    town.erase("a", [2], quoting=quoting)
    with town.snapshot() as snapshot:
        assert snapshot.frame("persons")["last_name"].to_list() == ["Virtanen", "Toinen"]
        assert snapshot.frame("contact_points")["value"].to_list() == ["v@example.fi"]
        assert snapshot.frame("quarantine")["text"].to_list() == ["other;line"]
        assert snapshot.frame("contracts")["contract_id"].to_list() == [3]
        assert snapshot.frame("sites")["address"].to_list() == [None, "Muukatu 1"]


def test_the_other_register_is_untouched(town: Lake) -> None:
    with town.snapshot() as snapshot:
        before = snapshot.frame("persons").filter(controller="b")
    town.erase("a", [2])
    with town.snapshot() as snapshot:
        assert snapshot.frame("persons").filter(controller="b").equals(before)


def test_tables_that_were_never_written_are_not_made(town: Lake) -> None:
    before = town.snapshot().versions.keys()
    town.erase("a", [2])
    assert town.snapshot().versions.keys() == before


def test_twice_is_as_once(town: Lake) -> None:
    town.erase("a", [2], quoting=quoting)
    number = town.snapshot().number
    again = town.erase("a", [2], quoting=quoting)
    assert (again.rows, again.pending, town.snapshot().number) == ({}, False, number)


def test_the_log_names_nobody(town: Lake) -> None:
    town.erase("a", [2])
    for log in town.root.rglob("_delta_log/*.json"):
        text = log.read_text()
        assert "predicate" not in text or "month" in text
        for word in CANARIES:
            assert word.decode() not in text


def test_a_checkpoint_names_nobody(town: Lake) -> None:
    import deltalake

    for table in ("persons", "contact_points", "quarantine", "person_keys", "events"):
        deltalake.DeltaTable(town.root / table).create_checkpoint()
    checkpoints = list(town.root.rglob("*.checkpoint.parquet"))
    assert len(checkpoints) == 5
    for path in checkpoints:
        text = pl.read_parquet(path).write_json()
        assert [word for word in CANARIES if word.decode() in text] == []


def test_ids_are_not_given_again(town: Lake) -> None:
    with town.writer(purpose="test") as writer:
        last = writer.allocate("person_id:a", 5)[-1]
        writer.append("persons", persons(last))
    town.erase("a", [last])
    with town.writer(purpose="test") as writer:
        assert writer.allocate("person_id:a", 1)[0] == last + 1


def test_a_young_reader_makes_it_wait(town: Lake, bytes_below: Callable[[Path], bytes]) -> None:
    with town.snapshot() as reader:
        done = town.erase("a", [2], quoting=quoting)
        assert done.pending
        assert 2 in reader.frame("persons")["person_id"].to_list()
    assert not town.vacuum().pending
    assert not [word for word in CANARIES if word in bytes_below(town.root)]


def test_an_old_reader_loses_its_snapshot_and_is_told(town: Lake, clock) -> None:  # type: ignore[no-untyped-def]
    with town.snapshot() as reader:
        clock.pass_(61)
        assert not town.erase("a", [2]).pending
        with pytest.raises(SnapshotRevoked, match="LAK005"):
            reader.frame("persons")
    with town.snapshot() as again:
        assert again.frame("persons").height == 2


def test_an_old_reader_in_another_process_loses_it_too(town: Lake, clock) -> None:  # type: ignore[no-untyped-def]
    with Elsewhere(READING, town.root) as reader:
        assert int(reader.hear()) == town.snapshot().number
        clock.pass_(10 * 365 * 86400)  # its lease has the real time
        assert not town.erase("a", [2]).pending
        reader.say()
        _, complaint = reader.end()
        assert "LAK005" in complaint
        assert "Zorro" not in complaint

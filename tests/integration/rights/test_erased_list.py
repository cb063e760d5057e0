"""The list of erased people, apart from the backups: nobody comes back with one."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from campaigns.errors import DataDamaged
from campaigns.ledger import Ledger
from campaigns.rights import erased_list
from campaigns.rights.erased_list import Entry
from campaigns.workspace import erasing, rights
from support.bureaus import OURS, SECRETS, Bureau
from support.byte_search import holding

AT = datetime(2026, 11, 24, tzinfo=UTC)
ENTRIES = [
    Entry(controller="a", at=AT, digests=(("email", "1" * 64), ("key", "2" * 64))),
    Entry(controller="b", at=AT, digests=(("key", "3" * 64),)),
]


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger.open(tmp_path / "ledger" / "ledger.sqlite")


def test_what_was_appended_is_read(ledger: Ledger, tmp_path: Path) -> None:
    folder = tmp_path / "apart"
    assert erased_list.read(folder, ledger) == []
    for entry in ENTRIES:
        erased_list.append(folder, ledger, entry)
    assert erased_list.read(folder, ledger) == ENTRIES
    assert (folder / erased_list.NAME).stat().st_mode & 0o777 == 0o600


def test_a_line_cut_short_by_a_power_cut_harms_no_other(ledger: Ledger, tmp_path: Path) -> None:
    path = tmp_path / erased_list.NAME
    erased_list.append(tmp_path, ledger, ENTRIES[0])
    whole = path.read_bytes()
    for cut in range(1, len(whole)):
        path.write_bytes(whole + whole[:cut].rstrip(b"\n"))
        erased_list.append(tmp_path, ledger, ENTRIES[1])
        found = erased_list.read(tmp_path, ledger)
        assert [entry for entry in found if entry != ENTRIES[0]] == [ENTRIES[1]]


@pytest.mark.parametrize("key", ["controller", "at", "digests", "seal"])
def test_a_line_that_was_changed_is_found(ledger: Ledger, tmp_path: Path, key: str) -> None:
    erased_list.append(tmp_path, ledger, ENTRIES[0])
    path = tmp_path / erased_list.NAME
    document = json.loads(path.read_text())
    document[key] = [["key", "4" * 64]] if key == "digests" else f"{document[key][:-1]}x"
    path.write_text(json.dumps(document) + "\n")
    with pytest.raises(DataDamaged, match="RGT030"):
        erased_list.read(tmp_path, ledger)


def test_a_link_in_its_place_is_not_written_through(ledger: Ledger, tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_text("")
    (tmp_path / erased_list.NAME).symlink_to(target)
    with pytest.raises(OSError, match="symbolic"):
        erased_list.append(tmp_path, ledger, ENTRIES[0])
    assert target.read_text() == ""


def test_an_older_state_put_back_loses_them_again(bureau: Bureau, tmp_path: Path) -> None:
    saved = tmp_path / "saved"
    shutil.copytree(bureau.root / "data", saved)
    others = bureau.register(OURS)["persons"]
    request = rights.begin(bureau.workspace, "erase", str(bureau.number("100005")))
    erasing.erase(bureau.workspace, request)
    bureau.workspace.ledger.dispose()
    shutil.rmtree(bureau.root / "data")
    shutil.copytree(saved, bureau.root / "data")
    restored = Bureau(bureau.root)
    assert holding(bureau.root / "data", SECRETS) != []
    assert erasing.replay(restored.workspace) == {OURS: [5]}
    assert holding(bureau.root / "data", SECRETS) == []
    assert restored.register(OURS)["persons"] == [row for row in others if row[1] != 5]
    assert erasing.replay(restored.workspace) == {}


def test_who_came_back_empty_is_not_erased_again(bureau: Bureau) -> None:
    from support.bureaus import ALONE, SON, SPOUSE, STRANGER, ZORRO

    request = rights.begin(bureau.workspace, "erase", str(bureau.number("100005")))
    erasing.erase(bureau.workspace, request)
    bureau.people("asiakkaat_20261124.csv", ZORRO, SPOUSE, SON, STRANGER, ALONE)
    bureau.load()
    assert erasing.replay(bureau.workspace) == {}
    assert bureau.row("100005")["kind"] == "consumer"

"""Packed deliveries: the same files packed or not; what is strange or too much goes nowhere (attack 50)."""

from __future__ import annotations

import gzip
import io
import os
import stat
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.errors import UserError
from campaigns.register import archives, staging
from support.effort import examples
from support.offices import Office
from support.workbooks import workbook

HEADER = "source_id,person,name,occurred_at\n"
WEB = [f"{HEADER}{at},p{at},page_visited,2026-11-20T10:00:00Z\n" for at in range(3)]


def packed(contents: Mapping[str, bytes | str], **how: int) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in contents.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED, **how)
    return made.getvalue()


def refusal(office: Office, path: Path) -> str:
    before = sorted(office.lake.root.parent.rglob("*"))
    (done,) = office.load(path)
    assert done.refused is not None
    assert (
        sorted(office.lake.root.parent.rglob("*")) == before
    )  # nothing stays, nothing was written elsewhere
    assert sorted(office.inbox.iterdir()) == [path]
    return done.refused.code


def test_each_file_of_a_zip_is_a_delivery_of_its_own(office: Office) -> None:
    path = office.write("web_1.zip", packed({"a.csv": WEB[0], "sub/web_2.csv": WEB[1]}))
    done = office.load(path)
    assert [(one.file, one.kind, one.rows, one.refused) for one in done] == [
        ("web_1.zip/a.csv", "events", 1, None),
        ("web_1.zip/sub/web_2.csv", "events", 1, None),
    ]
    kept = office.frame("deliveries")
    assert set(kept["received_at"]) == {office.now}
    assert set(kept["file"]) == {"web_1.zip/a.csv", "web_1.zip/sub/web_2.csv"}
    assert set(kept["source"]) == {"web"}  # by the archive's name where the file's own tells nothing


def test_the_same_bytes_packed_or_not_are_one_delivery(office: Office) -> None:
    office.load(office.write("web_1.csv", WEB[0]))
    rows = office.all_frames()
    again = office.load(
        office.write("web_1.csv.gz", gzip.compress(WEB[0].encode()), hours=-1),
        office.write("web_all.zip", packed({"web_other.csv": WEB[0]}), hours=-2),
    )
    assert [(one.file, one.unchanged) for one in again] == [
        ("web_all.zip/web_other.csv", True),
        ("web_1.csv.gz", True),
    ]
    assert office.all_frames() == rows


def test_workbooks_and_files_of_a_system_in_a_zip(office: Office) -> None:
    rows = [["source_id", "person", "name", "occurred_at"], ["1", "p1", "page_visited", "2026-11-20 10:00"]]
    content = {"web_1.xlsx": workbook(rows), "__MACOSX/._web_1.xlsx": b"x", ".DS_Store": b"x", "empty/": b""}
    done = office.load(office.write("mail.zip", packed(content)))
    assert [(one.file, one.rows, one.refused) for one in done] == [("mail.zip/web_1.xlsx", 1, None)]


def test_a_bad_file_in_a_zip_does_not_keep_the_others_out(office: Office) -> None:
    done = office.load(office.write("web_1.zip", packed({"web_a.csv": "nothing\n", "web_b.csv": WEB[1]})))
    assert [(one.file, one.refused and one.refused.code) for one in done] == [
        ("web_1.zip/web_b.csv", None),
        ("web_1.zip/web_a.csv", "REG007"),
    ]


@pytest.mark.parametrize(
    "name", ["../../x.csv", "/etc/x.csv", "a/../../x.csv", "..\\x.csv", "C:\\x.csv", "C:x.csv", "\\\\host\\x"]
)
def test_names_that_lead_elsewhere(office: Office, name: str) -> None:
    assert refusal(office, office.write("web.zip", packed({"web_ok.csv": WEB[0], name: WEB[1]}))) == "REG018"


def link() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        entry = zipfile.ZipInfo("web_1.csv")
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(entry, "/etc/passwd")
    return made.getvalue()


def locked() -> bytes:
    content = bytearray(packed({"web_1.csv": WEB[0]}))
    content[6] |= 1
    content[content.rfind(b"PK\x01\x02") + 8] |= 1
    return bytes(content)


def with_wrong_sum() -> bytes:
    content = bytearray(packed({"web_1.csv": WEB[0]}))
    content[content.rfind(b"PK\x01\x02") + 16] ^= 1
    return bytes(content)


def stored_lzma() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("web_1.csv", WEB[0])
    return made.getvalue()


ZIP = packed({"web_1.csv": WEB[0] * 50})
STRANGE: dict[str, Callable[[], bytes]] = {
    "link": link,
    "locked": locked,
    "wrong sum": with_wrong_sum,
    "another packing": stored_lzma,
    "a zip in it": lambda: packed({"web_1.csv": WEB[0], "more.zip": ZIP}),
    "a gzip in it": lambda: packed({"web_1.csv.gz": gzip.compress(WEB[0].encode())}),
    "a zip in a gzip": lambda: gzip.compress(ZIP),
    "nothing": lambda: packed({}),
    "only folders": lambda: packed({"a/": b""}),
    "cut short": lambda: ZIP[:-30],
    "a gzip cut short": lambda: gzip.compress(os.urandom(5000))[:-2000],
    "a gzip with a wrong sum": lambda: gzip.compress(WEB[0].encode())[:-8] + bytes(8),
}


@pytest.mark.parametrize("what", STRANGE)
def test_strange_archives_are_refused_whole(office: Office, what: str) -> None:
    assert refusal(office, office.write("web.zip", STRANGE[what]())) == "REG018"


def test_100_000_entries(office: Office) -> None:
    many = packed({f"web_{at}.csv": "" for at in range(100_000)})
    assert refusal(office, office.write("web.zip", many)) == "REG019"


def bomb(size: int) -> bytes:
    """Zeros, a thousand times smaller."""
    made = io.BytesIO()
    with gzip.open(made, "wb") as stream:
        for _ in range(size >> 20):
            stream.write(bytes(1 << 20))
    return made.getvalue()


def zip_bomb(size: int) -> bytes:
    made = io.BytesIO()
    with (
        zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("web_1.csv", "w") as stream,
    ):
        for _ in range(size >> 20):
            stream.write(bytes(1 << 20))
    content = bytearray(made.getvalue())
    at = content.rfind(b"PK\x01\x02") + 24
    content[at : at + 4] = (100).to_bytes(4, "little")  # it says that 100 bytes come out
    return bytes(content)


@pytest.mark.parametrize("made", [bomb, zip_bomb])
def test_bombs(office: Office, made: Callable[[int], bytes]) -> None:
    assert refusal(office, office.write("web.zip", made(1 << 28))) == "REG019"


def test_unpacked_files_are_private_and_gone_afterwards(tmp_path: Path) -> None:
    path = tmp_path / "web.zip"
    path.write_bytes(ZIP)
    with staging.opened(tmp_path / "data") as place:
        (one,) = archives.unpack(path, place)
        modes = [stat.S_IMODE(each.stat().st_mode) for each in (place.parent, place, one.path)]
        assert modes == [0o700, 0o700, 0o600]
        assert one.path.stat().st_mtime_ns == path.stat().st_mtime_ns
        assert staging.sweep(tmp_path / "data") == 0  # it is in use
        assert one.path.exists()
    assert not (tmp_path / "data" / "staging").exists()


def test_what_a_killed_import_left_goes_with_the_next(office: Office) -> None:
    left = office.lake.root.parent / "staging" / "left" / "0"
    left.mkdir(parents=True)
    (left / "0").write_text("somebody@example.fi")
    office.load(office.write("web_1.zip", packed({"web_1.csv": WEB[0]})))
    assert not left.parent.parent.exists()


@examples(30)
@given(st.binary(max_size=200), st.integers(0, len(ZIP) - 1), st.integers(0, 255))
def test_damaged_archives_give_an_error_and_no_surprise(extra: bytes, at: int, byte: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder, path = Path(name), Path(name, "web.zip")
        content = bytearray(ZIP)
        content[at] = byte
        path.write_bytes(bytes(content) + extra)
        (folder / "out").mkdir()
        try:
            given_files = archives.unpack(path, folder / "out") if archives.is_archive(path) else []
        except UserError as error:
            assert error.mistake.code in ("REG018", "REG019")
        else:
            assert all(one.path.parent == folder / "out" for one in given_files)
        assert {path.name for path in folder.iterdir()} == {"web.zip", "out"}

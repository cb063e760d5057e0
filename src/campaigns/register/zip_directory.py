"""How long a ZIP's own list of files is, looked at before anything reads the list into memory."""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path

from campaigns.errors import UserError
from campaigns.register.files import shown_name
from campaigns.register.limits import MAX_DIRECTORY, MAX_ENTRIES

_END = struct.Struct("<4s4H2LH")
_END_MARK, _LOCATOR_MARK, _END_64_MARK = b"PK\x05\x06", b"PK\x06\x07", b"PK\x06\x06"
_LOCATOR = struct.Struct("<4sLQL")
_END_64 = struct.Struct("<4sQ2H2L4Q")
_LONGEST_COMMENT = 1 << 16


def refuse_long(path: Path) -> None:
    """Raises `UserError` REG019 when the list is longer than what is read, REG018 when there is none."""
    size = path.stat().st_size
    with path.open("rb") as stream:
        stream.seek(max(0, size - _END.size - _LONGEST_COMMENT - _LOCATOR.size))
        tail = stream.read()
        at = tail.rfind(_END_MARK)
        if at < 0 or len(tail) - at < _END.size:
            raise zipfile.BadZipFile
        _, _, _, _, entries, length, *_ = _END.unpack_from(tail, at)
        before = at - _LOCATOR.size
        if before >= 0 and tail[before : before + 4] == _LOCATOR_MARK:
            stream.seek(_LOCATOR.unpack_from(tail, before)[2])
            long_end = stream.read(_END_64.size)
            if len(long_end) < _END_64.size or not long_end.startswith(_END_64_MARK):
                raise zipfile.BadZipFile
            *_, entries, length, _ = _END_64.unpack(long_end)
    if entries > MAX_ENTRIES or length > MAX_DIRECTORY:
        raise UserError(
            "REG019",
            f"{shown_name(path)} lists more than {MAX_ENTRIES:,} files.",
            hint="nothing of it was imported; send fewer files together",
        )

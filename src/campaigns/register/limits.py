"""How large a source file's parts may be. Beyond these it is no data: a quote was lost, or somebody plays."""

from __future__ import annotations

MAX_COLUMNS = 500
MAX_LINE = 1 << 20  # bytes of one record
MAX_CELL = 10_000  # characters
MAX_RECORD_LINES = 200  # lines of one record whose quoted cell has line ends

# Of a workbook: bytes that its parts may unpack to, how many they are, cells of a sheet's rectangle.
MAX_UNPACKED = 1 << 30
MAX_PARTS = 2_000
MAX_CELLS = 20_000_000

# Of an archive: files in it, bytes of its own list of them, bytes that may come out of it. Up to
# ARCHIVE_FREE bytes anything may; beyond, what comes out is no more than MAX_RATIO times the archive
# (readings pack to a twentieth, deflate's limit is a thousandth) and never more than MAX_ARCHIVE.
MAX_ENTRIES = 1_000
MAX_DIRECTORY = 1 << 20
ARCHIVE_FREE = 1 << 26
MAX_RATIO = 200
MAX_ARCHIVE = 1 << 36

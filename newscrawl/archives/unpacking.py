"""Unpacking into files without a name, never without end."""

from __future__ import annotations

from typing import IO

#: What a file may unpack to: this many times its packed size, and so many bytes besides. A bomb
#: unpacks to a thousand times its size, pages to ten times.
MOST_TIMES, MOST_BYTES = 30, 64 * 1024 * 1024
#: Small, since what is read in one go is lost where it turns out to be damaged.
_CHUNK = 8 * 1024


def copy_bounded(source: IO[bytes], target: IO[bytes], packed: int) -> bool:
    """Copy what ``packed`` bytes unpack to; ``False`` when it was cut for its size."""
    most = MOST_BYTES + MOST_TIMES * packed
    while data := source.read(_CHUNK):
        if target.tell() + len(data) > most:
            return False
        target.write(data)
    return True

"""Records as JSON Lines: the same lines as the data dir has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import IO, Any

from newscrawl.lines import to_line

_BEGINS = b'{"url":"https://'


def write(records: Iterable[Mapping[str, Any]], out: IO[bytes]) -> None:
    """One line a record, UTF-8."""
    for record in records:
        out.write(to_line(record))


def is_ours(path: Path) -> bool:
    """Whether a file begins like what this writes."""
    with path.open("rb") as file:
        return file.read(len(_BEGINS)) == _BEGINS

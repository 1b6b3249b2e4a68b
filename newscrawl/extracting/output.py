"""Where records go: standard output, or a file that is written aside and renamed when whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import orjson

from newscrawl.exports import jsonl, parquet
from newscrawl.exports.output import output_file, refuse_foreign

_MADE_BY = "an extract"


class Output:
    """What ``-o`` names."""

    def __init__(self, name: str | None) -> None:
        self.path = None if name in (None, "-") else Path(str(name))
        self.is_parquet = self.path is not None and self.path.name.endswith(".parquet")

    def check(self) -> None:
        """Refuse, before anything is read, what cannot or must not be written."""
        if self.is_parquet:
            parquet.check()
        if self.path is not None:
            refuse_foreign(self.path, _MADE_BY, self._is_ours)

    def write(self, lines: Iterator[bytes]) -> None:
        """Write records, given as lines."""
        with output_file(str(self.path or "-"), _MADE_BY, self._is_ours) as out:
            if self.is_parquet:
                parquet.write(map(orjson.loads, lines), out)
                return
            for line in lines:
                out.write(line)

    @property
    def _is_ours(self) -> Callable[[Path], bool]:
        return parquet.is_ours if self.is_parquet else jsonl.is_ours

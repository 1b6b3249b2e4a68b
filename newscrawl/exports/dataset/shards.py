"""Parquet files of a data set: for each edition and split some, none of them too large."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import file_digest
from pathlib import Path
from typing import Any

import pyarrow
from pyarrow.parquet import ParquetWriter

from newscrawl.errors import UsageProblem
from newscrawl.exports import parquet
from newscrawl.exports.dataset.splits import SPLITS

DATA = "data"
#: An edition comes from the store, and the store may come from anybody.
_FOLDER = re.compile(r"(?!all$)[a-z0-9]+(-[a-z0-9]+)*", re.ASCII | re.IGNORECASE)
#: Bytes of a file after which another one is begun.
SHARD = 256 * 1024 * 1024
_OPTIONS: dict[str, Any] = {"compression": "zstd", "use_dictionary": list(parquet.DICTIONARIES)}
#: Records that are turned into Arrow's form in one go.
_BATCH = 25
#: Bytes in Arrow's form that wait for the disk, of all files together; more make larger row groups.
_WAITING = 64 * 1024 * 1024


@dataclass(frozen=True)
class Shard:
    """A file of a data set."""

    edition: str
    split: str
    path: str
    """Below the folder, with slashes."""
    rows: int
    bytes: int
    sha256: str


@dataclass
class _Split:
    """What waits, and what has been written, of one edition's split."""

    folder: Path
    name: str
    rows: list[dict[str, Any]] = field(default_factory=list)
    tables: list[Any] = field(default_factory=list)
    waiting: int = 0
    parts: list[Path] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)
    writer: Any = None

    def gather(self) -> int:
        """Turn the records into Arrow's form; gives its bytes."""
        table = pyarrow.Table.from_pylist(self.rows, schema())
        self.rows.clear()
        self.tables.append(table)
        self.waiting += table.nbytes
        return int(table.nbytes)

    def flush(self) -> int:
        """Write what waits as one row group; gives the bytes that waited."""
        table = pyarrow.concat_tables(self.tables)
        if self.writer is None:
            self._begin()
        self.writer.write_table(table, row_group_size=max(table.num_rows, 1))
        self.counts[-1] += table.num_rows
        written, self.waiting = self.waiting, 0
        self.tables.clear()
        if self.parts[-1].stat().st_size >= SHARD:
            self.end()
        return written

    def end(self) -> None:
        """Close the file that is being written."""
        if self.writer is not None:
            self.writer.close()
            self.writer = None

    def _begin(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.parts.append(self.folder / f"{self.name}-{len(self.parts):05}.part")
        self.counts.append(0)
        self.writer = ParquetWriter(self.parts[-1], schema(), **_OPTIONS)


class Shards:
    """All files of a data set while they are being written."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._splits: dict[tuple[str, str], _Split] = {}
        self._waiting = 0

    def add(self, edition: str, split: str, record: Mapping[str, Any]) -> None:
        """Put a record, with its ``id`` and ``story``, into the files of its split."""
        key = (edition, split)
        if key not in self._splits:
            if not _FOLDER.fullmatch(edition):
                raise UsageProblem(f"the store has an edition {edition!r}, which names no folder")
            self._splits[key] = _Split(self._folder / DATA / edition, split)
        one = self._splits[key]
        one.rows.append(parquet.row(record))
        if len(one.rows) == _BATCH:
            self._waiting += one.gather()
            while self._waiting > _WAITING:
                largest = max(self._splits.values(), key=lambda each: each.waiting)
                self._waiting -= largest.flush()

    def close(self) -> list[Shard]:
        """Write the rest, and give all files their names; in the order of edition and split."""
        order = list(SPLITS)
        found = []
        for (edition, split), one in sorted(
            self._splits.items(), key=lambda item: (item[0][0], order.index(item[0][1]))
        ):
            if one.rows:
                one.gather()
            if one.tables:
                one.flush()
            one.end()
            for number, part in enumerate(one.parts):
                path = part.with_name(f"{split}-{number:05}-of-{len(one.parts):05}.parquet")
                part.rename(path)
                found.append(self._shard(edition, split, path, one.counts[number]))
        return found

    def _shard(self, edition: str, split: str, path: Path, rows: int) -> Shard:
        with path.open("rb") as file:
            digest = file_digest(file, "sha256").hexdigest()
        name = path.relative_to(self._folder).as_posix()
        return Shard(edition, split, name, rows, path.stat().st_size, digest)


def schema() -> Any:
    """Arrow's schema of a row: the record, its name and its story before it."""
    record = parquet.schema()
    added = [pyarrow.field("id", pyarrow.string()), pyarrow.field("story", pyarrow.string())]
    return pyarrow.schema([*added, *record], metadata=record.metadata)

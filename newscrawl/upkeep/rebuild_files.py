"""Rebuilding the line files from the database.

A file is written again as ``NAME.part`` and renamed over the damaged one. The database takes it
for unfinished meanwhile, so that mending (:mod:`newscrawl.store.mend`) ends what a death cuts.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from newscrawl.clock import compact, now
from newscrawl.durable import rename_durably
from newscrawl.store.database import transaction
from newscrawl.store.folder import LINES
from newscrawl.store.forgotten import Forgotten
from newscrawl.store.linefiles import PART, SUPERSEDED, mark_published, write_all
from newscrawl.store.mend import mend, owe_again, stored_line
from newscrawl.upkeep.compare import Comparison
from newscrawl.upkeep.linereading import Line, name_of, read_lines, whole_record
from newscrawl.upkeep.versions import Version, has_line_at, lineless, stored_hash


@dataclass
class RebuiltFiles:
    """What rebuilding the files did."""

    files: list[str] = field(default_factory=list)
    """Files written again, below the data dir."""
    removed: list[str] = field(default_factory=list)
    """Files of which no line could be kept or written."""
    owed: int = 0
    """Articles whose text is nowhere: the next crawl asks for them."""
    lost: int = 0
    """Old versions whose text is nowhere."""


def rebuild_files(connection: sqlite3.Connection, folder: Path) -> RebuiltFiles:
    """Write every published file again that is missing, damaged, or holds what was forgotten."""
    return _Rebuild(connection, folder).run()


class _Rebuild:
    def __init__(self, connection: sqlite3.Connection, folder: Path) -> None:
        self._db = connection
        self._folder = folder / LINES
        self._comparison = Comparison(connection, folder)
        self._held = self._comparison.held
        self._forgotten = Forgotten(connection)
        self._done = RebuiltFiles()

    def run(self) -> RebuiltFiles:
        mend(self._db, self._folder)
        for file, name in self._comparison.published():
            if any(True for _ in self._comparison.of_file(file, name)):
                self._gather(file, self._folder / name)
                self._write(file, name)
        for _ in self._comparison.unknown_files():
            pass  # what they hold needs no line
        missing = list(lineless(self._db))
        if missing:
            self._add_file(missing)
        return self._done

    def _gather(self, file: int, path: Path) -> None:
        """Note what the file should hold, and where its whole lines are."""
        self._begin_gathering()
        self._db.execute(
            "INSERT OR IGNORE INTO wanted (url_hash, version) SELECT url_hash, version FROM lines"
            ' WHERE file = ? AND version != ? ORDER BY "offset"',
            (file, SUPERSEDED),
        )
        if path.exists():
            for line in read_lines(path):
                if line.record is not None:
                    self._find(file, line, line.record)
            self._find_in_places(file, path)

    def _find(self, file: int, line: Line, record: dict[str, Any]) -> None:
        """Note a whole line, unless its record is forgotten or not the one it should be."""
        if self._forgotten.has_record(record["url_hash"], record.get("content_id")):
            return
        key = (record["url_hash"], record["version"])
        stored = stored_hash(self._db, *key)
        if stored is None and has_line_at(self._db, file, line.offset):
            return  # the place of another record
        if stored in (None, record["content_hash"]):
            place = (line.offset, line.length)
            self._db.execute("INSERT OR IGNORE INTO found VALUES (?, ?, ?, ?)", (*key, *place))
            self._want(*key)

    def _find_in_places(self, file: int, path: Path) -> None:
        """Lines that stand where they should, though the end of the one before is damaged."""
        rows = self._db.execute(
            "SELECT * FROM lines WHERE file = ? AND version != ?", (file, SUPERSEDED)
        )
        with path.open("rb") as stream:
            for row in rows:
                record = whole_record(os.pread(stream.fileno(), row["length"], row["offset"]))
                line = Line(0, row["offset"], row["length"], record)
                if record is not None:
                    self._find(file, line, record)

    def _want(self, url_hash: str, version: int) -> None:
        self._db.execute(
            "INSERT OR IGNORE INTO wanted (url_hash, version) VALUES (?, ?)", (url_hash, version)
        )

    def _begin_gathering(self) -> None:
        for table in ("wanted", "found"):
            self._db.execute(f"DROP TABLE IF EXISTS temp.{table}")
        self._db.execute(
            "CREATE TEMP TABLE wanted (number INTEGER PRIMARY KEY, url_hash TEXT,"
            " version INTEGER, UNIQUE (url_hash, version))"
        )
        self._db.execute(
            'CREATE TEMP TABLE found (url_hash TEXT, version INTEGER, "offset" INTEGER,'
            " length INTEGER, PRIMARY KEY (url_hash, version)) WITHOUT ROWID"
        )

    def _write(self, file: int, name: str) -> None:
        """Write a file with the lines gathered, and enter them."""
        part, final = self._folder / (name + PART), self._folder / name
        with _locked(part) as stream, transaction(self._db):
            end = self._write_lines(file, stream, final)
            os.fsync(stream.fileno())
            if end:
                self._db.execute("UPDATE line_files SET published_at = NULL WHERE id = ?", (file,))
            else:
                self._db.execute("DELETE FROM line_files WHERE id = ?", (file,))
        if not end:
            part.unlink()
            final.unlink(missing_ok=True)
            self._done.removed.append(f"{LINES}/{name}")
            return
        rename_durably(part, final)
        with transaction(self._db):
            mark_published(self._db, file)
        self._done.files.append(f"{LINES}/{name}")

    def _write_lines(self, file: int, stream: IO[bytes], old: Path) -> int:
        """Write the wanted lines; gives the length of the file."""
        self._db.execute("DELETE FROM lines WHERE file = ?", (file,))
        end = 0
        rows = self._db.execute(
            "SELECT w.url_hash, w.version, f.offset, f.length FROM wanted w"
            " LEFT JOIN found f USING (url_hash, version) ORDER BY w.number"
        )
        with _reading(old) as source:
            for row in rows:
                data = self._line(file, row, source)
                if data is None:
                    continue
                key = (row["url_hash"], row["version"])
                write_all(stream.fileno(), data, end)
                self._db.execute(
                    "INSERT INTO lines VALUES (?, ?, ?, ?, ?)", (file, end, len(data), *key)
                )
                self._held.take(*key, file, end)
                end += len(data)
        return end

    def _line(self, file: int, row: sqlite3.Row, source: IO[bytes] | None) -> bytes | None:
        """The line as it stands in the file, else as the database has it; ``None`` for none."""
        url_hash, version = row["url_hash"], row["version"]
        if self._forgotten.has(bytes.fromhex(url_hash)):
            return None
        if self._held.is_elsewhere(url_hash, version, file):
            return None
        if source is not None and row["length"] is not None:
            return os.pread(source.fileno(), row["length"], row["offset"])
        data = stored_line(self._db, url_hash, version)
        if data is None:
            self._give_up(url_hash, version)
        return data

    def _give_up(self, url_hash: str, version: int) -> None:
        if owe_again(self._db, url_hash, version):
            self._done.owed += 1
        else:
            self._done.lost += 1

    def _add_file(self, missing: Sequence[Version]) -> None:
        """A file of its own for versions that no file has a place for."""
        self._begin_gathering()
        for version in missing:
            self._want(version.url_hash, version.version)
        with transaction(self._db):
            name, run = self._new_name()
            cursor = self._db.execute(
                "INSERT INTO line_files (name, run) VALUES (?, ?)", (name, run)
            )
        assert cursor.lastrowid is not None
        self._write(cursor.lastrowid, name)

    def _new_name(self) -> tuple[str, int]:
        """Name and run of one more file of the last run that wrote any."""
        names = [name_of(row["name"]) for row in self._db.execute("SELECT name FROM line_files")]
        known = [name for name in names if name is not None]
        if not known:
            return f"rebuilt-{compact(now())}-0-1.jsonl", 0
        last = max(known, key=lambda name: name.order)
        return f"{last.spider}-{last.started}-{last.run}-{last.number + 1}.jsonl", last.run


@contextmanager
def _locked(part: Path) -> Iterator[IO[bytes]]:
    """A new file under a kernel lock, as a run's own is."""
    with part.open("wb") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield stream


@contextmanager
def _reading(path: Path) -> Iterator[IO[bytes] | None]:
    """A file, ``None`` where it is missing."""
    if not path.exists():
        yield None
        return
    with path.open("rb") as stream:
        yield stream

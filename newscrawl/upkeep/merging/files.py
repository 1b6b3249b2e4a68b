"""The line files of a merge: lines for what comes in, and new numbers in the lines that stand.

All is written beside the files and becomes theirs only when the transaction stands: new files get
their names, and the changed ones take the place of the old. The database takes both for unfinished
meanwhile, so that mending (:mod:`newscrawl.store.mend`) ends what a death cuts.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from newscrawl.clock import compact
from newscrawl.durable import rename_durably
from newscrawl.lines import to_line
from newscrawl.store.database import transaction
from newscrawl.store.linefiles import PART, OpenFile, mark_published
from newscrawl.upkeep.linereading import whole_record

#: Stands for the run of files that no run wrote.
_NO_RUN = 0
_PIECE = 1 << 20


class MergeFiles:
    """Expects one open transaction until :meth:`settled` or :meth:`discard`."""

    def __init__(
        self, connection: sqlite3.Connection, folder: Path, moment: datetime, most: int
    ) -> None:
        """``most`` is the number of lines of a file."""
        self._db = connection
        self._folder = folder
        self._stem = f"merge-{compact(moment)}-{_NO_RUN}"
        self._most = most
        self._number = 0
        self._new: list[OpenFile] = []
        self._rewritten: list[tuple[int, str]] = []
        self._placed = False
        self._db.execute("DROP TABLE IF EXISTS temp.renumbered")
        self._db.execute(
            'CREATE TEMP TABLE renumbered (file INTEGER, "offset" INTEGER, version INTEGER,'
            ' PRIMARY KEY (file, "offset")) WITHOUT ROWID'
        )

    def append(self, record: dict[str, Any]) -> None:
        """Write the line of a version that comes in."""
        if not self._new or self._new[-1].lines >= self._most:
            self._new.append(self._begin())
        file = self._new[-1]
        line = to_line(record)
        offset = file.append(line)
        file.settle()
        self._db.execute(
            "INSERT INTO lines VALUES (?, ?, ?, ?, ?)",
            (file.id, offset, len(line), record["url_hash"], record["version"]),
        )

    def renumber(self, url_hash: str, old: int, new: int | None) -> None:
        """Note that a version that stands has another number now, or is one no more."""
        if not self._placed:
            self._gather_places()
        self._db.execute(
            'INSERT INTO temp.renumbered SELECT file, "offset", ? FROM temp.places'
            " WHERE url_hash = ? AND version = ?",
            (new, url_hash, old),
        )

    def rewrite(self) -> None:
        """Write every file anew that has a line with another number."""
        files = self._db.execute(
            "SELECT DISTINCT f.id, f.name FROM temp.renumbered r JOIN line_files f ON f.id = r.file"
        ).fetchall()
        for row in files:
            path = self._folder / row["name"]
            if path.exists():
                self._rewrite(row["id"], path)
            else:
                self._renumber_missing(row["id"])

    def settled(self) -> None:
        """The transaction stands: give all files their names."""
        for file in self._new:
            file.publish()
            self._mark(file.id)
            file.close()
        for file_id, name in self._rewritten:
            part, final = self._folder / (name + PART), self._folder / name
            if part.stat().st_size:
                rename_durably(part, final)
                self._mark(file_id)
            else:
                final.unlink()  # first, since mending knows a file by its part
                part.unlink()
                with transaction(self._db):
                    self._db.execute("DELETE FROM line_files WHERE id = ?", (file_id,))

    def discard(self) -> None:
        """The transaction was undone: so are the files."""
        for file in self._new:
            file.discard()
        for _, name in self._rewritten:
            (self._folder / (name + PART)).unlink(missing_ok=True)

    def _mark(self, file_id: int) -> None:
        with transaction(self._db):
            mark_published(self._db, file_id)

    def _begin(self) -> OpenFile:
        name = self._new_name()
        cursor = self._db.execute(
            "INSERT INTO line_files (name, run) VALUES (?, ?)", (name, _NO_RUN)
        )
        assert cursor.lastrowid is not None
        return OpenFile(self._folder, name, cursor.lastrowid)

    def _new_name(self) -> str:
        known = {row["name"] for row in self._db.execute("SELECT name FROM line_files")}
        while True:
            self._number += 1
            name = f"{self._stem}-{self._number}.jsonl"
            if name not in known and not (self._folder / name).exists():
                return name

    def _gather_places(self) -> None:
        """Lines by their versions: the table itself is in the order of the files."""
        self._db.execute("DROP TABLE IF EXISTS temp.places")
        self._db.execute(
            'CREATE TEMP TABLE places (url_hash TEXT, version INTEGER, file INTEGER, "offset"'
            ' INTEGER, PRIMARY KEY (url_hash, version, file, "offset")) WITHOUT ROWID'
        )
        new = [file.id for file in self._new]
        self._db.execute(
            'INSERT INTO temp.places SELECT url_hash, version, file, "offset" FROM lines'
            f" WHERE file NOT IN ({', '.join(map(str, new))})"
        )
        self._placed = True

    def _rewrite(self, file_id: int, path: Path) -> None:
        part = path.with_name(path.name + PART)
        self._rewritten.append((file_id, path.name))
        rows = self._db.execute(
            "SELECT l.*, r.version AS number, r.file IS NOT NULL AS is_other FROM lines l"
            ' LEFT JOIN temp.renumbered r ON r.file = l.file AND r."offset" = l."offset"'
            ' WHERE l.file = ? ORDER BY l."offset"',
            (file_id,),
        ).fetchall()
        self._db.execute("DELETE FROM lines WHERE file = ?", (file_id,))
        with path.open("rb") as old, part.open("wb") as new:
            for row in rows:
                # What stands between the lines that the database knows is not ours to change.
                _copy(old, new, row["offset"] - old.tell())
                data = old.read(row["length"])
                if row["is_other"]:
                    data = _renumbered(data, row)
                begin = new.tell()
                new.write(data)
                self._enter(row, begin, len(data))
            _copy(old, new, None)
            new.flush()
            os.fsync(new.fileno())
        self._db.execute("UPDATE line_files SET published_at = NULL WHERE id = ?", (file_id,))

    def _renumber_missing(self, file_id: int) -> None:
        """A file that is not there: the database says what it should hold."""
        self._db.execute(
            'DELETE FROM lines WHERE file = ?1 AND "offset" IN'
            ' (SELECT "offset" FROM temp.renumbered WHERE file = ?1 AND version IS NULL)',
            (file_id,),
        )
        self._db.execute(
            "UPDATE lines SET version = r.version FROM temp.renumbered r"
            ' WHERE lines.file = ? AND r.file = lines.file AND r."offset" = lines."offset"',
            (file_id,),
        )

    def _enter(self, row: sqlite3.Row, begin: int, length: int) -> None:
        version = row["number"] if row["is_other"] else row["version"]
        if version is not None:
            self._db.execute(
                "INSERT INTO lines VALUES (?, ?, ?, ?, ?)",
                (row["file"], begin, length, row["url_hash"], version),
            )


def _renumbered(data: bytes, row: sqlite3.Row) -> bytes:
    """A line under its new number, nothing for one that goes; damage stays what it is."""
    if row["number"] is None:
        return b""
    record = whole_record(data)
    if record is None or record["url_hash"] != row["url_hash"]:
        return data
    return to_line(record | {"version": row["number"]})


def _copy(source: IO[bytes], target: IO[bytes], length: int | None) -> None:
    """Copy some bytes, or all the rest."""
    if length is None:
        shutil.copyfileobj(source, target, _PIECE)
        return
    while length > 0 and (data := source.read(min(length, _PIECE))):
        target.write(data)
        length -= len(data)

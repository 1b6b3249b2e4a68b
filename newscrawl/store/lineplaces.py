"""Where the line of a version stands, and what becomes of it when the version is told anew.

Published files are not touched: the old line stays where it is and counts no more, the new one
stands in the file of the run that made it. So whoever follows the files takes the last line of a
version for the right one.
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import Any

import orjson

from newscrawl.lines import to_line
from newscrawl.store import records
from newscrawl.store.linefiles import PART, SUPERSEDED, LineFiles


class LinePlaces:
    """Lines by the versions that they hold; every method expects an open transaction."""

    def __init__(self, connection: sqlite3.Connection, folder: Path) -> None:
        self._db = connection
        self._folder = folder
        self._is_known = False

    def tell(self, lines: LineFiles | None, record: dict[str, Any]) -> None:
        """Write the line of a version, in place of the one that it has."""
        url_hash, version = record["url_hash"], record["version"]
        self.take_back(url_hash, version)
        if lines is not None:
            self.note((url_hash, version), lines.append(to_line(record), url_hash, version))

    def note(self, version: tuple[str, int], place: tuple[int, int]) -> None:
        """A line was written."""
        if self._is_known:
            self._db.execute(
                "REPLACE INTO temp.line_places VALUES (?, ?, ?, ?)", (*version, *place)
            )

    def rolled_back(self) -> None:
        """What was noted in a transaction is gone with it."""
        self._is_known = False

    def take_back(self, url_hash: str, version: int) -> None:
        """The line of a version counts no more."""
        place = self._place(url_hash, version)
        if place is None:
            return
        self._db.execute(
            'UPDATE lines SET version = ? WHERE file = ? AND "offset" = ?', (SUPERSEDED, *place)
        )
        self._db.execute(
            "DELETE FROM temp.line_places WHERE url_hash = ? AND version = ?", (url_hash, version)
        )

    def record(self, row: sqlite3.Row) -> dict[str, Any]:
        """The record of a stored version, with its text: from its line where the database has
        none."""
        record = records.to_record(row)
        place = self._place(record["url_hash"], record["version"])
        if record["text"] is None and record["body_status"] == "full" and place is not None:
            line = self._line(*place)
            record |= {name: line[name] for name in ("text", "html")} if line else {}
        return record

    def _place(self, url_hash: str, version: int) -> tuple[int, int] | None:
        if not self._is_known:
            self._learn()
        row = self._db.execute(
            'SELECT file, "offset" FROM temp.line_places WHERE url_hash = ? AND version = ?',
            (url_hash, version),
        ).fetchone()
        return None if row is None else (row["file"], row["offset"])

    def _learn(self) -> None:
        """Lines are kept in the order of their files; here they are asked for by version."""
        self._db.execute("DROP TABLE IF EXISTS temp.line_places")
        self._db.execute(
            "CREATE TEMP TABLE line_places (url_hash TEXT, version INTEGER,"
            ' file INTEGER, "offset" INTEGER, PRIMARY KEY (url_hash, version)) WITHOUT ROWID'
        )
        self._db.execute(
            "INSERT OR IGNORE INTO temp.line_places"
            ' SELECT url_hash, version, file, "offset" FROM lines WHERE version != ?',
            (SUPERSEDED,),
        )
        self._is_known = True

    def _line(self, file_id: int, offset: int) -> dict[str, Any] | None:
        row = self._db.execute(
            "SELECT name, length FROM lines JOIN line_files ON id = file"
            ' WHERE file = ? AND "offset" = ?',
            (file_id, offset),
        ).fetchone()
        for name in (row["name"], row["name"] + PART):
            path = self._folder / name
            if path.exists():
                with path.open("rb") as file:
                    data = os.pread(file.fileno(), row["length"], offset)
                record: dict[str, Any] = orjson.loads(data)
                return record
        return None

"""Columns of a source: which links each has shown, and how far it may be taken for walked.

A walk stops at rows that an ended walk of the column had shown, since all that lies behind them
has been seen too. That holds for the rows of one memory: between those of two, gaps may lie that
neither knows of. So a memory is taken whole or not at all, and of two that cannot stand for each
other none is kept: the next walk goes down to the end of the listing.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from datetime import date

from newscrawl.upkeep.merging.runs import RunFold
from newscrawl.upkeep.merging.source import Source

#: Floor of a column in which nothing counts as looked at before a walk has reached the end.
_NOTHING_WALKED = date.min.isoformat()
#: Stands for a run that is not known.
_NO_RUN = 0


class ColumnFold:
    """Enters columns, then what they have shown; expects an open transaction."""

    def __init__(self, connection: sqlite3.Connection, source: Source, runs: RunFold) -> None:
        self._db = connection
        self._source = source
        self._runs = runs
        self._rows: list[sqlite3.Row] = []
        self._standing = {
            row["id"]
            for row in connection.execute(
                'SELECT id FROM columns WHERE id IN (SELECT DISTINCT "column" FROM article_columns)'
            )
        }
        self.map: dict[int, int] = {}
        self.forgotten = 0

    def enter(self) -> None:
        """Enter the columns themselves: their addresses tell which are the same."""
        for row in self._source.rows("columns", "id"):
            self._db.execute(
                "INSERT OR IGNORE INTO columns (edition, name, url, kind) VALUES (?, ?, ?, ?)",
                (row["edition"], row["name"], row["url"], row["kind"]),
            )
            here = self._db.execute("SELECT id FROM columns WHERE url = ?", (row["url"],))
            self.map[row["id"]] = here.fetchone()["id"]
            self._rows.append(row)

    def take_memories(self, *, whole: bool) -> None:
        """Enter what the columns have shown and how far they were walked.

        Where the source was not read ``whole`` its walks count for nothing: what they had shown may
        be missing here.
        """
        trusted = whole and self._runs.keeps_order
        for row in self._rows:
            column = self.map[row["id"]]
            in_order = self._gather_shown(row["id"])
            self._take_memory(column, row, trusted=trusted and in_order)
            self._join(column)
            self._note_pages(column, row)

    def _take_memory(self, column: int, row: sqlite3.Row, *, trusted: bool) -> None:
        there = row if trusted else None
        if self._is_first(column) or (self._is_part(column) and self._may_go_on(column, row)):
            self._replace_memory(column, there)
        elif self._shows_more(column):
            self.forgotten += 1
            self._replace_memory(column, None)

    def _is_first(self, column: int) -> bool:
        """Whether nothing is known here of the column, not even that it shows nothing."""
        here = self._db.execute("SELECT frontier FROM columns WHERE id = ?", (column,)).fetchone()
        return column not in self._standing and (
            here["frontier"] is None or self._shows_more(column)
        )

    def _gather_shown(self, column: int) -> bool:
        """Links of a column there, under the numbers of the runs here; ``False`` when one of the
        runs is not known there."""
        self._db.execute("DROP TABLE IF EXISTS temp.shown")
        self._db.execute(
            "CREATE TEMP TABLE shown (hash BLOB PRIMARY KEY, first_walk INTEGER) WITHOUT ROWID"
        )
        rows = self._source.rows("article_columns", "hash", where=f'"column" = {column}')
        self._db.executemany(
            "INSERT INTO shown VALUES (?, ?)",
            ((row["hash"], self._runs.map.get(row["first_walk"], _NO_RUN)) for row in rows),
        )
        lost = self._db.execute("SELECT 1 FROM shown WHERE first_walk = ?", (_NO_RUN,)).fetchone()
        return lost is None

    def _is_part(self, column: int) -> bool:
        """Whether all that the column has shown here was shown there, by the same walks."""
        other = self._db.execute(
            "SELECT 1 FROM article_columns x LEFT JOIN temp.shown s USING (hash)"
            ' WHERE x."column" = ? AND s.first_walk IS NOT x.first_walk LIMIT 1',
            (column,),
        )
        return other.fetchone() is None

    def _may_go_on(self, column: int, row: sqlite3.Row) -> bool:
        """Whether the memory there, of which the one here is a part, is the newer one."""
        if self._shows_more(column):
            return True
        here = self._db.execute("SELECT frontier FROM columns WHERE id = ?", (column,)).fetchone()
        is_theirs = here["frontier"] in self._runs.map.values()
        return is_theirs and here["frontier"] <= self._runs.map.get(row["frontier"], _NO_RUN)

    def _shows_more(self, column: int) -> bool:
        found = self._db.execute(
            "SELECT 1 FROM temp.shown s WHERE NOT EXISTS (SELECT 1 FROM article_columns x"
            ' WHERE x."column" = ? AND x.hash = s.hash) LIMIT 1',
            (column,),
        )
        return found.fetchone() is not None

    def _replace_memory(self, column: int, row: sqlite3.Row | None) -> None:
        """Take a memory over, or forget how far the column was walked."""
        if row is None:
            memory: Iterable[object] = (None, _NOTHING_WALKED, None, None, None, None)
        else:
            names = ("floor", "full_at", "etag", "last_modified", "extractor")
            frontier = self._runs.map.get(row["frontier"])
            memory = (frontier, *(row[name] for name in names))
        self._db.execute(
            "UPDATE columns SET frontier = ?, floor = ?, full_at = ?, etag = ?, last_modified = ?,"
            " extractor = ? WHERE id = ?",
            (*memory, column),
        )

    def _join(self, column: int) -> None:
        self._db.execute(
            "INSERT OR IGNORE INTO article_columns SELECT ?, hash, first_walk FROM temp.shown",
            (column,),
        )

    def _note_pages(self, column: int, row: sqlite3.Row) -> None:
        """What page 1 said last; a column that was seen later than it was missed is there."""
        here = self._db.execute("SELECT * FROM columns WHERE id = ?", (column,)).fetchone()
        later = max((here, row), key=lambda one: one["walked_at"] or "")
        gone = [one["gone_at"] for one in (here, row) if one["gone_at"] is not None]
        gone_at = min(gone, default=None)
        if gone_at is not None and (later["walked_at"] or "") > gone_at:
            gone_at = None
        self._db.execute(
            "UPDATE columns SET walked_at = ?, last_rows = ?, gone_at = ? WHERE id = ?",
            (later["walked_at"], later["last_rows"], gone_at, column),
        )

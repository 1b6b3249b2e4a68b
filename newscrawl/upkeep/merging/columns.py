"""Columns of a source: which links each has shown, and how far walks had looked when they did.

A row's floor says that all that stood behind it has been shown, and so is known to its store; once
all links of the source are known here too, that holds here as well.
"""

from __future__ import annotations

import sqlite3

from newscrawl.upkeep.merging.runs import RunFold
from newscrawl.upkeep.merging.source import Source

#: Stands for a run that is not known.
_NO_RUN = 0
#: Of two memories of a column, those of the walk that ended later.
_OF_PAGE_1 = ("floor", "etag", "last_modified", "extractor")


class ColumnFold:
    """Enters columns, then what they have shown; expects an open transaction."""

    def __init__(self, connection: sqlite3.Connection, source: Source, runs: RunFold) -> None:
        self._db = connection
        self._source = source
        self._runs = runs
        self._rows: list[sqlite3.Row] = []
        self.map: dict[int, int] = {}

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
        """Enter what the columns have shown.

        Where the source was not read ``whole`` its walks count for nothing: what they had shown may
        be missing here.
        """
        for row in self._rows:
            column = self.map[row["id"]]
            self._join(column, row["id"], whole=whole)
            self._note(column, row, whole=whole)

    def _join(self, column: int, there: int, *, whole: bool) -> None:
        rows = self._source.rows("article_columns", "hash", where=f'"column" = {there}')
        for row in rows:
            self._db.execute(
                'INSERT INTO article_columns ("column", hash, first_walk, floor)'
                ' VALUES (?, ?, ?, ?) ON CONFLICT ("column", hash) DO UPDATE SET floor ='
                " coalesce(min(floor, excluded.floor), floor, excluded.floor)",
                (
                    column,
                    row["hash"],
                    self._runs.map.get(row["first_walk"], _NO_RUN),
                    _value(row, "floor") if whole else None,
                ),
            )

    def _note(self, column: int, row: sqlite3.Row, *, whole: bool) -> None:
        """How far the column was walked, and what page 1 said last; a column that was seen later
        than it was missed is there."""
        here = self._db.execute("SELECT * FROM columns WHERE id = ?", (column,)).fetchone()
        later = max((here, row), key=lambda one: one["walked_at"] or "")
        gone = [one["gone_at"] for one in (here, row) if one["gone_at"] is not None]
        gone_at = min(gone, default=None)
        if gone_at is not None and (later["walked_at"] or "") > gone_at:
            gone_at = None
        is_theirs = whole and later is row and _value(row, "floor") is not None
        full_at = max(here["full_at"] or "", (row["full_at"] or "") if whole else "") or None
        self._db.execute(
            "UPDATE columns SET walked_at = ?, last_rows = ?, gone_at = ?, full_at = ?, floor = ?,"
            " etag = ?, last_modified = ?, extractor = ? WHERE id = ?",
            (
                later["walked_at"],
                later["last_rows"],
                gone_at,
                full_at,
                *((row if is_theirs else here)[name] for name in _OF_PAGE_1),
                column,
            ),
        )


def _value(row: sqlite3.Row, name: str) -> int | None:
    """A number of a column that stores of before version 7 lack, or keep in other words."""
    value = row[name] if name in row.keys() else None  # noqa: SIM118
    return value if isinstance(value, int) else None

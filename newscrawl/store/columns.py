"""Columns: which links each has shown, and how far walks had looked when they showed them.

A *floor* is the day, as the number YYYYMMDD, down to which a walk has looked at a listing;
:data:`BOTTOM` means to its end. A row keeps the lowest floor of the ended walks that showed it:
all that stood behind it, down to that day, has been shown too.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime

from newscrawl.clock import iso

#: Floor of a walk that reached the end of the listing.
BOTTOM = 0


def floor_of(day: date) -> int:
    """The floor of a walk that looked down to a day.

    >>> floor_of(date(2024, 3, 9))
    20240309
    """
    return day.year * 10000 + day.month * 100 + day.day


@dataclass(frozen=True)
class ColumnMemory:
    """What the store remembers of one column."""

    id: int
    floor: int | None = None
    """Floor of the walk that ended last, ``None`` while none has; the validators are of its
    page 1."""
    full_at: str | None = None
    end_url: str | None = None
    """Where the last walk took the listing to end, and was not sure."""
    etag: str | None = None
    last_modified: str | None = None
    extractor: str | None = None
    last_rows: int | None = None


@dataclass(frozen=True)
class Validator:
    """What a listing's first page may be asked with, and the rules that read it."""

    etag: str | None
    last_modified: str | None
    extractor: str


class Columns:
    """Reads and writes ``columns`` and ``article_columns``; writers expect an open transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    def enter(self, edition: str, name: str, url: str, kind: str) -> ColumnMemory:
        """The memory of a column, made when it is new; the seed's words win."""
        self._db.execute(
            "INSERT INTO columns (edition, name, url, kind) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (url) DO UPDATE SET edition = excluded.edition, name = excluded.name,"
            " kind = excluded.kind",
            (edition, name, url, kind),
        )
        row = self._db.execute("SELECT * FROM columns WHERE url = ?", (url,)).fetchone()
        return ColumnMemory(
            id=row["id"],
            floor=row["floor"],
            full_at=row["full_at"],
            end_url=row["end_url"],
            etag=row["etag"],
            last_modified=row["last_modified"],
            extractor=row["extractor"],
            last_rows=row["last_rows"],
        )

    def floors(self, column: int, keys: Iterable[bytes]) -> dict[bytes, int]:
        """The floors of those links that an *ended* walk of this very column has shown."""
        found = {}
        for key in keys:
            row = self._db.execute(
                'SELECT floor FROM article_columns WHERE "column" = ? AND hash = ?', (column, key)
            ).fetchone()
            if row is not None and row["floor"] is not None:
                found[key] = row["floor"]
        return found

    def join(self, column: int, keys: Iterable[bytes], walk: int) -> None:
        """Note that a column shows some links, known or not."""
        self._db.executemany(
            'INSERT OR IGNORE INTO article_columns ("column", hash, first_walk) VALUES (?, ?, ?)',
            [(column, key, walk) for key in keys],
        )

    def note_first_page(self, column: int, rows: int, moment: datetime) -> None:
        """Rows recognised on page 1, and that the column is there."""
        self._db.execute(
            "UPDATE columns SET last_rows = ?, walked_at = ?, gone_at = NULL WHERE id = ?",
            (rows, iso(moment), column),
        )

    def note_unchanged(self, column: int, moment: datetime) -> None:
        """Page 1 answered that nothing is new, so the column is there."""
        self._db.execute(
            "UPDATE columns SET walked_at = ?, gone_at = NULL WHERE id = ?", (iso(moment), column)
        )

    def note_end(self, column: int, url: str) -> None:
        """Where a walk took the listing to end, and was not sure."""
        self._db.execute("UPDATE columns SET end_url = ? WHERE id = ?", (url, column))

    def note_gone(self, column: int, moment: datetime) -> None:
        """Page 1 is not there any more."""
        self._db.execute(
            "UPDATE columns SET gone_at = coalesce(gone_at, ?) WHERE id = ?", (iso(moment), column)
        )

    def end_walk(
        self,
        column: int,
        moment: datetime,
        *,
        shown: Collection[bytes],
        floor: int,
        validator: Validator | None,
        reached_end: bool,
    ) -> None:
        """A walk has ended: all rows that it showed are known down to its floor."""
        self._db.executemany(
            'UPDATE article_columns SET floor = ? WHERE "column" = ? AND hash = ?'
            " AND (floor IS NULL OR floor > ?)",
            [(floor, column, key, floor) for key in shown],
        )
        self._db.execute(
            "UPDATE columns SET floor = ?, etag = ?, last_modified = ?, extractor = ?,"
            " end_url = NULL, full_at = CASE WHEN ? THEN ? ELSE full_at END WHERE id = ?",
            (
                floor,
                validator.etag if validator else None,
                validator.last_modified if validator else None,
                validator.extractor if validator else None,
                reached_end,
                iso(moment),
                column,
            ),
        )

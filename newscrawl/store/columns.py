"""Columns: how far each has been walked, and which links it has shown."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from newscrawl.clock import iso


@dataclass(frozen=True)
class ColumnMemory:
    """What the store remembers of one column.

    ``frontier`` is the number of the run whose walk of the column last *ended*; ``floor`` the day
    below which no walk has looked yet (``None`` when one reached the end of the listing).
    """

    id: int
    frontier: int | None = None
    floor: date | None = None
    full_at: str | None = None
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
            frontier=row["frontier"],
            floor=date.fromisoformat(row["floor"]) if row["floor"] else None,
            full_at=row["full_at"],
            etag=row["etag"],
            last_modified=row["last_modified"],
            extractor=row["extractor"],
            last_rows=row["last_rows"],
        )

    def seen_by_ended_walk(self, column: ColumnMemory, keys: Iterable[bytes]) -> set[bytes]:
        """Links that an *ended* walk of this very column had already shown."""
        if column.frontier is None:
            return set()
        return {
            key
            for key in keys
            if self._db.execute(
                'SELECT 1 FROM article_columns WHERE "column" = ? AND hash = ? AND first_walk <= ?',
                (column.id, key, column.frontier),
            ).fetchone()
        }

    def join(self, column: int, keys: Iterable[bytes], walk: int) -> None:
        """Note that a column shows some links, known or not."""
        self._db.executemany(
            "INSERT OR IGNORE INTO article_columns VALUES (?, ?, ?)",
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

    def note_gone(self, column: int, moment: datetime) -> None:
        """Page 1 is not there any more."""
        self._db.execute(
            "UPDATE columns SET gone_at = coalesce(gone_at, ?) WHERE id = ?", (iso(moment), column)
        )

    def end_walk(
        self,
        column: int,
        walk: int,
        moment: datetime,
        *,
        validator: Validator | None,
        reached_end: bool,
        floor: date | None,
    ) -> None:
        """Move the frontier: the only place where it moves."""
        self._db.execute(
            "UPDATE columns SET frontier = ?, floor = ?, etag = ?, last_modified = ?,"
            " extractor = ?, full_at = CASE WHEN ? THEN ? ELSE full_at END WHERE id = ?",
            (
                walk,
                floor.isoformat() if floor else None,
                validator.etag if validator else None,
                validator.last_modified if validator else None,
                validator.extractor if validator else None,
                reached_end,
                iso(moment),
                column,
            ),
        )

"""What the records of each run had, field by field."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from newscrawl.coverage import Cover

#: Runs that a run is compared with.
RUNS = 10


class CoverageTable:
    """Reads and writes ``coverage``."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    def enter(self, run: int, covers: Sequence[Cover]) -> None:
        """Keep the sums of a run; expects an open transaction."""
        self._db.executemany(
            "INSERT OR REPLACE INTO coverage (run, edition, field, records, filled, first)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (
                (run, cover.edition, cover.field, cover.records, cover.filled, cover.first)
                for cover in covers
            ),
        )

    def before(self, run: int) -> list[Cover]:
        """The last healthy runs before one that gave records, taken together.

        An unhealthy run is no measure: what it saw fall would soon look usual.
        """
        rows = self._db.execute(
            "SELECT edition, field, sum(records) AS records, sum(filled) AS filled,"
            " sum(first) AS first FROM coverage WHERE run IN"
            " (SELECT DISTINCT c.run FROM coverage c JOIN runs r ON r.id = c.run"
            "  WHERE c.run < ? AND r.exit_code = 0 ORDER BY c.run DESC LIMIT ?)"
            " GROUP BY edition, field",
            (run, RUNS),
        )
        return [Cover(**dict(row)) for row in rows]

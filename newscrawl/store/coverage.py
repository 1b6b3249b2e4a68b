"""What the records of each run had, field by field."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import astuple

from newscrawl.coverage import Cover

#: Runs that a run is compared with.
RUNS = 10
#: Runs whose sums are kept.
_KEPT = 500


class CoverageTable:
    """Reads and writes ``coverage``."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    def enter(self, run: int, covers: Sequence[Cover]) -> None:
        """Keep the sums of a run; expects an open transaction."""
        self._db.executemany(
            "INSERT OR REPLACE INTO coverage (run, edition, place, field, records, filled, first)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            ((run, *astuple(cover)) for cover in covers),
        )
        self._db.execute("DELETE FROM coverage WHERE run < ?", (run - _KEPT,))

    def before(self, run: int) -> list[Cover]:
        """The last healthy runs before one that gave records, taken together.

        An unhealthy run is no measure: what it saw fall would soon look usual.
        """
        rows = self._db.execute(
            "SELECT edition, place, field, sum(records) AS records, sum(filled) AS filled,"
            " sum(first) AS first FROM coverage WHERE run IN"
            " (SELECT DISTINCT c.run FROM coverage c JOIN runs r ON r.id = c.run"
            "  WHERE c.run < ? AND r.exit_code = 0 ORDER BY c.run DESC LIMIT ?)"
            " GROUP BY edition, place, field",
            (run, RUNS),
        )
        return [Cover(**dict(row)) for row in rows]

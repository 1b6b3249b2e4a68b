"""Runs: one row each, from the first moment to the verdict."""

from __future__ import annotations

import json
import sqlite3
from datetime import datetime
from typing import Any

from newscrawl.clock import iso


class Runs:
    """Reads and writes ``runs``; every writing method expects an open transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    def begin(
        self, spider: str, moment: datetime, mode: str, arguments: dict[str, Any], extractor: str
    ) -> int:
        """Enter a run as ``running`` and give it its number."""
        cursor = self._db.execute(
            "INSERT INTO runs (spider, started_at, state, mode, arguments, extractor)"
            " VALUES (?, ?, 'running', ?, ?, ?)",
            (spider, iso(moment), mode, json.dumps(arguments, ensure_ascii=False), extractor),
        )
        assert cursor.lastrowid is not None
        return cursor.lastrowid

    def running(self) -> list[int]:
        """Runs that have not said how they ended."""
        return [
            row["id"] for row in self._db.execute("SELECT id FROM runs WHERE state = 'running'")
        ]

    def mark_killed(self, run: int) -> None:
        """A run that ended without a word."""
        self._db.execute(
            "UPDATE runs SET state = 'killed', verdict = 'killed' WHERE id = ?", (run,)
        )

    def end(
        self, run: int, moment: datetime, exit_code: int, verdict: str, summary: dict[str, Any]
    ) -> None:
        """Enter how a run ended."""
        self._db.execute(
            "UPDATE runs SET state = 'ended', ended_at = ?, exit_code = ?, verdict = ?, summary = ?"
            " WHERE id = ?",
            (iso(moment), exit_code, verdict, json.dumps(summary, ensure_ascii=False), run),
        )

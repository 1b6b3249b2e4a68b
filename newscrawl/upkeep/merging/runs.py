"""Runs of a source under their numbers here, and what is kept by run or by host."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from newscrawl.upkeep.merging.source import Source

#: By these a run that was entered by an earlier merge is known again.
_SAME = ("spider", "started_at", "mode", "arguments", "extractor")


class RunFold:
    """Enters runs, and maps their numbers; expects an open transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection
        self._known: dict[tuple[Any, ...], list[sqlite3.Row]] = {}
        for row in connection.execute("SELECT * FROM runs ORDER BY id"):
            self._known.setdefault(_identity(row), []).append(row)
        self.map: dict[int, int] = {}
        self.new = 0

    def take(self, row: sqlite3.Row) -> None:
        """Enter one run, or know it again."""
        candidates = self._known.get(_identity(row), [])
        for known in candidates:
            if _may_be(known, row):
                candidates.remove(known)
                self.map[row["id"]] = known["id"]
                if known["ended_at"] is None and row["ended_at"] is not None:
                    self._end(known["id"], row)
                return
        cursor = self._db.execute(
            "INSERT INTO runs (spider, started_at, mode, arguments, extractor, state)"
            " VALUES (?, ?, ?, ?, ?, 'killed')",
            tuple(row[name] for name in _SAME),
        )
        assert cursor.lastrowid is not None
        self.map[row["id"]] = cursor.lastrowid
        self.new += 1
        self._end(cursor.lastrowid, row)

    def take_coverage(self, row: sqlite3.Row) -> None:
        """Enter what the records of a run had."""
        if row["run"] in self.map:
            self._db.execute(
                "INSERT OR IGNORE INTO coverage"
                " (run, edition, place, field, records, filled, first)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (self.map[row["run"]], *tuple(row)[1:]),
            )

    def _end(self, run: int, row: sqlite3.Row) -> None:
        """How a run ended; one that says nothing of it was killed: none is at work there."""
        state = "killed" if row["state"] == "running" else row["state"]
        verdict = "killed" if row["state"] == "running" else row["verdict"]
        self._db.execute(
            "UPDATE runs SET state = ?, ended_at = ?, exit_code = ?, verdict = ?, summary = ?"
            " WHERE id = ?",
            (state, row["ended_at"], row["exit_code"], verdict, _summary(row), run),
        )


def merge_hosts(connection: sqlite3.Connection, source: Source) -> None:
    """The more cautious memory of each host holds."""
    for row in source.rows("hosts", "host"):
        connection.execute(
            "INSERT INTO hosts (host, not_before, pages_not_before, refusals)"
            " VALUES (:host, :not_before, :pages_not_before, :refusals)"
            " ON CONFLICT (host) DO UPDATE SET"
            " not_before = nullif(max(coalesce(not_before, ''),"
            "  coalesce(excluded.not_before, '')), ''),"
            " pages_not_before = nullif(max(coalesce(pages_not_before, ''),"
            "  coalesce(excluded.pages_not_before, '')), ''),"
            " refusals = max(coalesce(refusals, 0), coalesce(excluded.refusals, 0))",
            dict(row),
        )


def merge_sources(connection: sqlite3.Connection, source: Source) -> None:
    """Feeds and sitemaps as they were read last: what they named then is known or owed here."""
    for row in source.rows("sources", "url"):
        names = ", ".join(row.keys())
        marks = ", ".join("?" for _ in row)
        connection.execute(
            f"INSERT INTO sources ({names}) VALUES ({marks}) ON CONFLICT (url) DO UPDATE SET"
            + ", ".join(f" {name} = excluded.{name}" for name in row.keys() if name != "url")  # noqa: SIM118
            + " WHERE coalesce(excluded.read_at, '') > coalesce(sources.read_at, '')",
            tuple(row),
        )


def _identity(row: sqlite3.Row) -> tuple[Any, ...]:
    return tuple(row[name] for name in _SAME)


def _may_be(known: sqlite3.Row, row: sqlite3.Row) -> bool:
    """Whether two runs of one identity end alike, as far as both have ended."""
    if known["ended_at"] is None or row["ended_at"] is None:
        return True
    return [known["ended_at"], known["exit_code"], _summary(known)] == [
        row["ended_at"],
        row["exit_code"],
        _summary(row),
    ]


def _summary(row: sqlite3.Row) -> str | None:
    """The sums of a run, without whom it told of its state: those are of that host."""
    if row["summary"] is None:
        return None
    try:
        sums = json.loads(row["summary"])
    except ValueError:
        return str(row["summary"])
    sums.pop("told", None)
    return json.dumps(sums, ensure_ascii=False)

"""What the store knows of the health of the crawl: earlier runs, debts, how fresh articles are."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from newscrawl.clock import iso
from newscrawl.store.database import storage_failed, transaction
from newscrawl.store.links import REJECTED

#: Mode of a run that read archives into the store: it says nothing of the crawl.
ARCHIVE = "archive"
#: States of the crawl, from good to bad.
STATES = ("healthy", "warned", "unhealthy")

#: Failures in a row from which on a link counts as one that does not come any more.
STUCK_AFTER = 3
#: An edition that was not crawled for so long says nothing of the crawl of today.
_STANDS_FOR = timedelta(days=7)
#: Runs that are looked at, at most.
_RUNS = 500


@dataclass(frozen=True)
class Standing:
    """How the crawl stands: the worst of the last runs of its editions."""

    state: str
    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class PastRun:
    """An earlier run that ended, in what later runs are compared with."""

    started: datetime
    seconds: float
    requests: int
    new: dict[str, int] = field(default_factory=dict)
    """Edition to its new articles."""


@dataclass(frozen=True)
class Debts:
    """Links that do not come, beside the articles that did."""

    stuck: int
    """Owed, and failed three times in a row or more."""
    rejected: int
    articles: int


class Health:
    """Reads what runs are judged by; keeps which state was told to whom."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    def past(self, before: int, since: datetime) -> list[PastRun]:
        """Live runs before a run that ended since some time, newest first."""
        rows = self._rows(
            "SELECT started_at, ended_at, json_extract(summary, '$.asked') AS asked,"
            " json_extract(summary, '$.listing_requests') AS listings,"
            " json_extract(summary, '$.fresh') AS fresh FROM runs"
            " WHERE id < ? AND started_at >= ? AND state = 'ended' AND summary IS NOT NULL"
            " AND json_extract(summary, '$.replay') = 0 ORDER BY id DESC LIMIT ?",
            (before, iso(since), _RUNS),
        )
        return [
            PastRun(
                started=datetime.fromisoformat(row["started_at"]),
                seconds=_seconds(row["started_at"], row["ended_at"]),
                requests=row["asked"] + row["listings"],
                new=json.loads(row["fresh"] or "{}"),
            )
            for row in rows
        ]

    def newest(self, editions: Iterable[str]) -> dict[str, datetime | None]:
        """Edition to the publication of its newest article."""
        found: dict[str, datetime | None] = {}
        for edition in editions:
            ((newest,),) = self._rows(
                "SELECT max(published_at) FROM articles WHERE edition = ?", (edition,)
            )
            found[edition] = datetime.fromisoformat(newest) if newest else None
        return found

    def joined(self, column: int, since: datetime) -> int:
        """Links that a column first showed in the runs since some time."""
        ((number,),) = self._rows(
            'SELECT count(*) FROM article_columns WHERE "column" = ? AND first_walk >='
            " (SELECT coalesce(min(id), 1 << 62) FROM runs WHERE started_at >= ?)",
            (column, iso(since)),
        )
        return int(number)

    def watched_since(self, column: int) -> datetime | None:
        """Start of the first run that showed a link of a column."""
        ((started,),) = self._rows(
            "SELECT started_at FROM runs WHERE id ="
            ' (SELECT min(first_walk) FROM article_columns WHERE "column" = ?)'
            " UNION ALL SELECT NULL LIMIT 1",
            (column,),
        )
        return datetime.fromisoformat(started) if started else None

    def debts(self) -> Debts:
        """What is owed without hope, and rejected."""
        ((stuck, rejected),) = self._rows(
            "SELECT coalesce(sum(state != ? AND attempts >= ?), 0), coalesce(sum(state = ?), 0)"
            " FROM links WHERE url IS NOT NULL",
            (REJECTED, STUCK_AFTER, REJECTED),
        )
        ((articles,),) = self._rows("SELECT count(*) FROM articles")
        return Debts(stuck, rejected, articles)

    def standing(self, moment: datetime, *, replays: bool = True) -> Standing:
        """The worst of the last runs of every edition; runs of single addresses count only last.

        Without ``replays`` only runs that asked the site are looked at.
        """
        rows = self._rows(
            "SELECT started_at, state, exit_code, verdict,"
            " json_extract(summary, '$.editions') AS editions,"
            " json_extract(summary, '$.problems') AS problems,"
            " json_extract(summary, '$.warnings') AS warnings FROM runs"
            " WHERE (state = 'killed' OR exit_code IS NOT NULL) AND coalesce(mode, '') != ?"
            " AND (? OR coalesce(json_extract(summary, '$.replay'), 0) = 0)"
            " ORDER BY id DESC LIMIT ?",
            (ARCHIVE, replays, _RUNS),
        )
        since = iso(moment - _STANDS_FOR)
        seen: set[str] = set()
        standings: list[Standing] = []
        for row in rows:
            editions = set(json.loads(row["editions"] or "[]"))
            if not standings or (row["started_at"] >= since and editions - seen):
                standings.append(_of(row))
            seen |= editions
        return _worst(standings)

    def told(self) -> dict[str, str]:
        """Way of notice to the state that was last told that way."""
        rows = self._rows(
            "SELECT json_extract(summary, '$.told') AS told FROM runs"
            " WHERE json_extract(summary, '$.told') IS NOT NULL ORDER BY id DESC LIMIT 1"
        )
        found: dict[str, str] = json.loads(rows[0]["told"]) if rows else {}
        return found

    def note_told(self, run: int, told: dict[str, str]) -> None:
        """Keep which states have been told."""
        with transaction(self._db):
            self._db.execute(
                "UPDATE runs SET summary = json_set(coalesce(summary, '{}'), '$.told', json(?))"
                " WHERE id = ?",
                (json.dumps(told), run),
            )

    def _rows(self, sql: str, values: tuple[object, ...] = ()) -> list[sqlite3.Row]:
        try:
            return self._db.execute(sql, values).fetchall()
        except sqlite3.Error as error:
            raise storage_failed(error) from error


def _seconds(started: str, ended: str) -> float:
    return (datetime.fromisoformat(ended) - datetime.fromisoformat(started)).total_seconds()


def _of(row: sqlite3.Row) -> Standing:
    warnings = tuple(json.loads(row["warnings"] or "[]"))
    if row["exit_code"] == 0:
        return Standing("warned" if warnings else "healthy", (), warnings)
    problems = tuple(json.loads(row["problems"] or "[]"))
    said = "the last run was killed" if row["state"] == "killed" else str(row["verdict"])
    return Standing("unhealthy", problems or (said,), warnings)


def _worst(standings: list[Standing]) -> Standing:
    if not standings:
        return Standing("healthy")
    return Standing(
        max((standing.state for standing in standings), key=STATES.index),
        tuple(dict.fromkeys(line for standing in standings for line in standing.problems)),
        tuple(dict.fromkeys(line for standing in standings for line in standing.warnings)),
    )

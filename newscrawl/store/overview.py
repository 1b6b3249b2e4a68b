"""Reading the store for people: columns, runs, freshness, debts. Writes nothing."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from newscrawl.clock import iso
from newscrawl.store import links, schema
from newscrawl.store.database import read_only
from newscrawl.store.health import Health
from newscrawl.store.hosts import Hosts

_RUNS = 10


def column_overview(folder: Path) -> dict[str, dict[str, Any]]:
    """Column URL to articles shown, links owed, and times of its walks; empty without a store."""
    connection = read_only(folder)
    if connection is None:
        return {}
    with closing(connection):
        rows = connection.execute(
            "SELECT c.url, c.walked_at, c.full_at, c.gone_at,"
            ' (SELECT count(*) FROM article_columns x WHERE x."column" = c.id) AS articles,'
            ' (SELECT count(*) FROM links l WHERE l."column" = c.id AND l.url IS NOT NULL) AS owed'
            " FROM columns c"
        )
        return {row["url"]: dict(row) for row in rows}


def closed_until(folder: Path, host: str, moment: datetime) -> str | None:
    """Until when a host wants to be left alone, ``None`` when it may be asked."""
    connection = read_only(folder)
    if connection is None:
        return None
    with closing(connection):
        return Hosts(connection).get(host).closed_until(moment)


def status(
    folder: Path, moment: datetime, every: Mapping[str, float] | None = None
) -> dict[str, Any]:
    """What ``scrapy status`` shows, in the shape of ``docs/json/status.schema.json``.

    ``every``: column URL to the seconds between two walks, to tell what is due.
    """
    empty: dict[str, Any] = {
        "data_dir": str(folder),
        "healthy": True,
        "state": "healthy",
        "problems": [],
        "warnings": [],
        "disk_free": _free(folder),
        "runs": [],
        "editions": [],
        "links": dict.fromkeys(("stored", "owed", "rejected", "gone", "left_out", "forgotten"), 0),
        "owed_reasons": {},
        "coverage": [],
    }
    connection = read_only(folder)
    if connection is None:
        return empty
    with closing(connection):
        standing = Health(connection).standing(moment)
        return empty | {
            "healthy": standing.state != "unhealthy",
            "state": standing.state,
            "problems": list(standing.problems),
            "warnings": list(standing.warnings),
            "runs": _runs(connection),
            "editions": _editions(connection, moment, every or {}),
            "links": empty["links"] | _links(connection),
            "owed_reasons": _reasons(connection),
            "coverage": _coverage(connection),
        }


def _runs(connection: sqlite3.Connection) -> list[dict[str, Any]]:
    rows = connection.execute("SELECT * FROM runs ORDER BY id DESC LIMIT ?", (_RUNS,))
    return [
        {
            "run": row["id"],
            "spider": row["spider"],
            "started_at": row["started_at"],
            "ended_at": row["ended_at"],
            "state": row["state"],
            "mode": row["mode"],
            "exit_code": row["exit_code"],
            "verdict": row["verdict"],
            "summary": json.loads(row["summary"]) if row["summary"] else None,
        }
        for row in rows
    ]


def _coverage(connection: sqlite3.Connection) -> list[dict[str, Any]]:
    """Fields of the last run that gave records; none in a database older than the table."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version < schema.COVERAGE_SINCE:
        return []
    rows = connection.execute(
        "SELECT run, edition, field, sum(records) AS records, sum(filled) AS filled,"
        " sum(first) AS first FROM coverage WHERE run = (SELECT max(run) FROM coverage)"
        " GROUP BY edition, field ORDER BY edition, field"
    )
    return [dict(row) for row in rows]


def _free(folder: Path) -> int:
    """Bytes free on the disk of a folder that need not be there yet."""
    there = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    return shutil.disk_usage(there).free


def _editions(
    connection: sqlite3.Connection, moment: datetime, every: Mapping[str, float]
) -> list[dict[str, Any]]:
    rows = connection.execute(
        "SELECT edition, count(*) AS articles, sum(body_status = 'full') AS full,"
        " max(published_at) AS newest, max(fetched_at) AS fetched"
        " FROM articles GROUP BY edition ORDER BY edition"
    )
    columns = _columns(connection, every)
    return [
        {**row, "age_s": _age(row["newest"], moment), **columns(row["edition"])} for row in rows
    ]


def _age(newest: str | None, moment: datetime) -> int | None:
    if newest is None:
        return None
    return int((moment - datetime.fromisoformat(newest)).total_seconds())


def _columns(
    connection: sqlite3.Connection, every: Mapping[str, float]
) -> Callable[[str], dict[str, Any]]:
    """What the columns of an edition owe, and when the first of them is due."""
    owed: dict[str, int] = {}
    due: dict[str, str] = {}
    rows = connection.execute(
        "SELECT c.edition, c.url, c.walked_at,"
        ' (SELECT count(*) FROM links l WHERE l."column" = c.id AND l.url IS NOT NULL'
        "  AND l.state = ?) AS owed FROM columns c",
        (links.OWED,),
    )
    for row in rows:
        edition = row["edition"]
        owed[edition] = owed.get(edition, 0) + row["owed"]
        if row["walked_at"] and row["url"] in every:
            walked = datetime.fromisoformat(row["walked_at"])
            time = iso(walked + timedelta(seconds=every[row["url"]]))
            due[edition] = min(time, due.get(edition, time))
    return lambda edition: {"owed": owed.get(edition, 0), "due": due.get(edition)}


def _links(connection: sqlite3.Connection) -> dict[str, int]:
    rows = connection.execute("SELECT state, count(*) AS n FROM links GROUP BY state")
    return {links.STATES[row["state"]].replace(" ", "_"): row["n"] for row in rows}


def _reasons(connection: sqlite3.Connection) -> dict[str, int]:
    rows = connection.execute(
        "SELECT coalesce(reason, 'not asked yet') AS reason, count(*) AS n FROM links"
        " WHERE url IS NOT NULL GROUP BY 1 ORDER BY 2 DESC"
    )
    return {row["reason"]: row["n"] for row in rows}

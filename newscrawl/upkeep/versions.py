"""Versions and where their lines are: what comparing and rebuilding ask the database."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Version:
    """One version of an article."""

    url_hash: str
    version: int
    url: str


def stored_hash(connection: sqlite3.Connection, url_hash: str, version: int) -> str | None:
    """``content_hash`` of a version, ``None`` where the database does not have it."""
    for table in ("articles", "article_versions"):
        row = connection.execute(
            f"SELECT content_hash FROM {table} WHERE url_hash = ? AND version = ?",
            (url_hash, version),
        ).fetchone()
        if row is not None:
            return str(row["content_hash"])
    return None


def url_of(connection: sqlite3.Connection, url_hash: str) -> str | None:
    """Address of a stored article."""
    row = connection.execute("SELECT url FROM articles WHERE url_hash = ?", (url_hash,)).fetchone()
    return None if row is None else str(row["url"])


def has_line_at(connection: sqlite3.Connection, file: int, offset: int) -> bool:
    """Whether a line is entered that begins at an offset of a file."""
    row = connection.execute(
        'SELECT 1 FROM lines WHERE file = ? AND "offset" = ?', (file, offset)
    ).fetchone()
    return row is not None


class Held:
    """Which line holds a version: the first one that was read whole. A temporary table."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection
        self._db.execute("DROP TABLE IF EXISTS temp.held")
        self._db.execute(
            "CREATE TEMP TABLE held (url_hash TEXT, version INTEGER, file INTEGER,"
            ' "offset" INTEGER, PRIMARY KEY (url_hash, version)) WITHOUT ROWID'
        )

    def take(self, url_hash: str, version: int, file: int, offset: int) -> bool:
        """Note a line; ``False`` when another one holds the version."""
        cursor = self._db.execute(
            "INSERT OR IGNORE INTO held VALUES (?, ?, ?, ?)", (url_hash, version, file, offset)
        )
        return cursor.rowcount == 1

    def is_elsewhere(self, url_hash: str, version: int, file: int) -> bool:
        """Whether another file holds a version."""
        row = self._db.execute(
            "SELECT file FROM held WHERE url_hash = ? AND version = ?", (url_hash, version)
        ).fetchone()
        return row is not None and row["file"] != file


def lineless(connection: sqlite3.Connection) -> Iterator[Version]:
    """Versions that were stored with the output ``jsonlines`` and have no line in any file that
    was read (see :class:`Held`).

    Runs do not say which outputs they had, so two signs are taken for it: the current text is not
    in the database, or the page came while a run was at work that wrote line files.
    """
    gather_entered(connection)
    spans = _spans(connection)
    columns = "url_hash, version, url, fetched_at, body_status = 'full' AND text IS NULL AS bare"
    rows = connection.execute(
        f"SELECT * FROM (SELECT 1 AS current, {columns} FROM articles"
        f" UNION ALL SELECT 0, {columns} FROM article_versions) v WHERE NOT EXISTS"
        " (SELECT 1 FROM temp.entered e WHERE e.url_hash = v.url_hash AND e.version = v.version)"
        " AND NOT EXISTS"
        " (SELECT 1 FROM temp.held h WHERE h.url_hash = v.url_hash AND h.version = v.version)"
    )
    for row in rows:
        at_work = any(begin < row["fetched_at"] < end for begin, end in spans)
        if row["bare"] and not row["current"]:
            continue  # the text of an old version is lost: nobody can bring it back
        if row["bare"] or at_work:
            yield Version(row["url_hash"], row["version"], row["url"])


def gather_entered(connection: sqlite3.Connection) -> None:
    """Make the temporary table ``entered``: the versions that some line is entered for."""
    connection.execute("DROP TABLE IF EXISTS temp.entered")
    connection.execute(
        "CREATE TEMP TABLE entered (url_hash TEXT, version INTEGER,"
        " PRIMARY KEY (url_hash, version)) WITHOUT ROWID"
    )
    connection.execute("INSERT OR IGNORE INTO entered SELECT url_hash, version FROM lines")


def _spans(connection: sqlite3.Connection) -> list[tuple[str, str]]:
    """Begin and end of the runs that wrote line files; of a killed one, the next one's begin."""
    rows = connection.execute(
        "SELECT started_at, coalesce(ended_at, (SELECT min(n.started_at) FROM runs n"
        " WHERE n.id > r.id), '9999') AS finished FROM runs r"
        " WHERE id IN (SELECT run FROM line_files)"
    )
    return [(row["started_at"], row["finished"]) for row in rows]

"""Versions of one article, for people and programs. Writes nothing."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from newscrawl.store import records
from newscrawl.store.database import read_only


def versions(folder: Path, key: bytes) -> list[dict[str, Any]]:
    """All versions of the article that an address (by its key) leads to, oldest first.

    Each has ``record``, ``cause`` (``full``, ``story``, ``rules``), ``extractor``, ``replaced_at``
    (``None`` for the current one) and ``gone_at``. Empty where no such article is stored.
    """
    connection = read_only(folder)
    if connection is None:
        return []
    with closing(connection):
        return versions_in(connection, key)


def versions_in(connection: sqlite3.Connection, key: bytes) -> list[dict[str, Any]]:
    """The same on an open connection."""
    url_hash = _own(connection, key).hex()
    old = connection.execute(
        "SELECT *, NULL AS gone_at FROM article_versions WHERE url_hash = ? ORDER BY version",
        (url_hash,),
    ).fetchall()
    current = connection.execute(
        "SELECT a.*, s.cause, s.extractor, NULL AS replaced_at FROM articles a"
        " LEFT JOIN article_state s USING (url_hash) WHERE url_hash = ?",
        (url_hash,),
    ).fetchall()
    return [_version(row) for row in [*old, *current]]


def _own(connection: sqlite3.Connection, key: bytes) -> bytes:
    """Key of the record that an address leads to: the one stored under it, else that of its alias.

    Databases of before schema 7 may have both: an address that was asked for became an alias.
    """
    own = "SELECT 1 FROM articles WHERE url_hash = ?"
    if connection.execute(own, (key.hex(),)).fetchone() is not None:
        return key
    row = connection.execute("SELECT article FROM links WHERE hash = ?", (key,)).fetchone()
    return row["article"] if row is not None and row["article"] is not None else key


def _version(row: sqlite3.Row) -> dict[str, Any]:
    state = ("cause", "extractor", "replaced_at", "gone_at")
    return {"record": records.to_record(row), **{name: row[name] for name in state}}

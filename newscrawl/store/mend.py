"""Mending: what a death left behind, put right at the next start.

A ``.part`` file whose kernel lock is free belongs to a run that died. It is cut back to its last
committed line; lines that were committed but never reached the disk are written again from the
store, or owed again where the store has no bodies; then it is published under its own name.
"""

from __future__ import annotations

import logging
import os
import sqlite3
from pathlib import Path

import orjson

from newscrawl.durable import rename_durably
from newscrawl.lines import to_line
from newscrawl.store import records
from newscrawl.store.database import transaction
from newscrawl.store.linefiles import PART, SUPERSEDED, mark_published, write_all
from newscrawl.store.links import Link, Links, columns_of
from newscrawl.store.locks import is_free

logger = logging.getLogger(__name__)


def mend(connection: sqlite3.Connection, folder: Path) -> list[Path]:
    """Mend every unfinished line file of dead runs; gives the files published."""
    published = []
    rows = connection.execute("SELECT * FROM line_files WHERE published_at IS NULL").fetchall()
    for row in rows:
        part, final = folder / (row["name"] + PART), folder / row["name"]
        if is_free(part):
            published += _mend_file(connection, row["id"], part, final)
    _drop_strays(connection, folder)
    return published


def _mend_file(connection: sqlite3.Connection, file_id: int, part: Path, final: Path) -> list[Path]:
    if final.exists() and not part.exists():
        # Died between the rename and its mark; or a backup, whose files are younger than its
        # database: what it does not know will come again.
        final.rename(part)
    lines = connection.execute(
        'SELECT * FROM lines WHERE file = ? ORDER BY "offset"', (file_id,)
    ).fetchall()
    descriptor = os.open(part, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        end = _restore(connection, descriptor, file_id, lines)
        os.ftruncate(descriptor, end)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    if end == 0:
        final.unlink(missing_ok=True)  # of a file that was written again without its only lines
        part.unlink()
        with transaction(connection):
            connection.execute("DELETE FROM line_files WHERE id = ?", (file_id,))
        return []
    rename_durably(part, final)
    with transaction(connection):
        mark_published(connection, file_id)
    logger.info("mended %s: %d lines", final.name, len(lines))
    return [final]


def _restore(
    connection: sqlite3.Connection, descriptor: int, file_id: int, lines: list[sqlite3.Row]
) -> int:
    """Make the file hold exactly the committed lines; gives its length in bytes."""
    end = 0
    size = os.fstat(descriptor).st_size
    with transaction(connection):
        # Lines may move when one before them is written anew: enter them all again.
        connection.execute("DELETE FROM lines WHERE file = ?", (file_id,))
        for line in lines:
            stop = line["offset"] + line["length"]
            if line["offset"] == end and stop <= size and _is_whole(descriptor, line):
                length = line["length"]
            else:
                length = _write_again(connection, descriptor, line, end)
                size = end  # what stood behind a rewritten line cannot be trusted
            if length:
                connection.execute(
                    "INSERT INTO lines VALUES (?, ?, ?, ?, ?)",
                    (file_id, end, length, line["url_hash"], line["version"]),
                )
            end += length
    return end


def _is_whole(descriptor: int, line: sqlite3.Row) -> bool:
    """Whether a line is what was committed: a hole in its middle leaves both ends in place."""
    data = os.pread(descriptor, line["length"], line["offset"])
    if data[-1:] != b"\n":
        return False
    try:
        record = orjson.loads(data)
    except orjson.JSONDecodeError:
        return False
    told = (SUPERSEDED, record["version"])
    return record["url_hash"] == line["url_hash"] and line["version"] in told


def _write_again(
    connection: sqlite3.Connection, descriptor: int, line: sqlite3.Row, end: int
) -> int:
    """Write a committed line from the store; gives its length, 0 where it is owed again, or where
    another line tells its version."""
    if line["version"] == SUPERSEDED:
        return 0
    data = stored_line(connection, line["url_hash"], line["version"])
    if data is None:
        owe_again(connection, line["url_hash"], line["version"])
        return 0
    write_all(descriptor, data, end)
    return len(data)


def stored_line(connection: sqlite3.Connection, url_hash: str, version: int) -> bytes | None:
    """The line of a version, from the database; ``None`` where it does not have it whole."""
    record = _record(connection, url_hash, version)
    if record is None or (record["body_status"] == "full" and record["text"] is None):
        return None
    return to_line(record)


def _record(
    connection: sqlite3.Connection, url_hash: str, version: int
) -> dict[str, object] | None:
    for table in ("articles", "article_versions"):
        row = connection.execute(
            f"SELECT * FROM {table} WHERE url_hash = ? AND version = ?", (url_hash, version)
        ).fetchone()
        if row is not None:
            return records.to_record(row)
    return None


def owe_again(connection: sqlite3.Connection, url_hash: str, version: int) -> bool:
    """Take a version back whose line is lost, so that the next answer is a version again.

    ``False`` for an old version: nobody can ask for it. Expects an open transaction.
    """
    row = connection.execute(
        "SELECT url FROM articles WHERE url_hash = ? AND version = ?", (url_hash, version)
    ).fetchone()
    if row is None:
        return False
    key = bytes.fromhex(url_hash)
    column = min(columns_of(connection, key), default=None)
    connection.execute("DELETE FROM articles WHERE url_hash = ?", (url_hash,))
    connection.execute("DELETE FROM article_state WHERE url_hash = ?", (url_hash,))
    connection.execute("DELETE FROM links WHERE hash = ? OR article = ?", (key, key))
    Links(connection).owe(Link(key, row["url"], column))
    return True


def _drop_strays(connection: sqlite3.Connection, folder: Path) -> None:
    """Remove ``.part`` files that no transaction ever entered: of dead runs, and of published
    files that were being written again."""
    for part in folder.glob("*" + PART):
        name = part.name.removesuffix(PART)
        known = connection.execute(
            "SELECT 1 FROM line_files WHERE name = ? AND published_at IS NULL", (name,)
        ).fetchone()
        if known is None and is_free(part):
            part.unlink()

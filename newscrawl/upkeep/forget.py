"""Forgetting: an article leaves the database for good, and leaves only what keeps it away."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from newscrawl.clock import now
from newscrawl.errors import UsageProblem
from newscrawl.store import database, search
from newscrawl.store.folder import LINES, REJECTED, take_mode
from newscrawl.store.forgotten import Forgotten
from newscrawl.store.links import key_of
from newscrawl.upkeep.rejected import remove_rejected
from newscrawl.upkeep.versions import url_of


@dataclass(frozen=True)
class Held:
    """A line file that still holds a forgotten article, and the numbers of its lines."""

    file: str
    lines: tuple[int, ...]


@dataclass(frozen=True)
class Removed:
    """What forgetting one address removed."""

    url: str
    """The address that was named."""
    record: str | None
    """Address of the record that went, ``None`` where none was stored."""
    versions: int
    addresses: int
    already: bool
    """Whether it had been forgotten before."""
    held_in: tuple[Held, ...]


@dataclass(frozen=True)
class Report:
    """What forgetting some addresses did."""

    removed: list[Removed]
    not_stored: list[str]
    rejected: int
    """Kept pages and their lines in ``rejected/`` that went."""
    is_clean: bool
    """Whether the bytes have left the database and its log (``-wal``)."""


def forget(folder: Path, urls: Sequence[str]) -> Report:
    """Forget the articles that some canonical URLs lead to, also while a crawl runs.

    What is forgotten already is looked at again: a death may have left a part of it.
    """
    if not (folder / database.FILE).exists():
        raise UsageProblem(f"there is no database in {folder}: set NEWSCRAWL_DATA_DIR")
    take_mode(folder)
    with closing(database.connect(folder)) as connection:
        found = {url: _forget(connection, url) for url in dict.fromkeys(urls)}
        removed = [one for one in found.values() if one is not None]
        not_stored = [url for url, one in found.items() if one is None]
        rejected, is_clean = clean_up(connection, folder) if removed else (0, True)
    return Report(removed, not_stored, rejected, is_clean)


def clean_up(connection: sqlite3.Connection, folder: Path) -> tuple[int, bool]:
    """After forgetting: gives the number of rejected pages that went, and whether the bytes have
    left the database and its log."""
    rejected = remove_rejected(folder / REJECTED, Forgotten(connection).has)
    search.put_in_order(connection)
    return rejected, database.checkpoint(connection)


def _forget(connection: sqlite3.Connection, url: str) -> Removed | None:
    """Forget one address; ``None`` when the store has never met it."""
    key = key_of(url)
    forgotten = Forgotten(connection)
    with database.transaction(connection):
        if forgotten.has(key):
            return Removed(url, None, 0, 0, True, _held_in(connection, key.hex()))
        dropped = drop(connection, key)
        if dropped is None:
            return None
        held_in = _held_in(connection, dropped.record.hex())
    return Removed(url, dropped.url, dropped.versions, dropped.addresses, False, held_in)


@dataclass(frozen=True)
class Dropped:
    """What went with an address: the record it led to, its versions, and its addresses."""

    record: bytes
    url: str | None
    """Address of the record, ``None`` where none was stored."""
    versions: int
    addresses: int


def drop(connection: sqlite3.Connection, key: bytes) -> Dropped | None:
    """Forget an address by its key, with the article it leads to; ``None`` when it is unknown.

    Expects an open transaction.
    """
    record = record_of(connection, key)
    if record is None:
        return None
    url = url_of(connection, record.hex())
    keys = {key, record, *_addresses(connection, record)}
    content_ids = _content_ids(connection, record.hex())
    versions = _delete(connection, record.hex())
    Forgotten(connection).enter(keys, content_ids, now())
    return Dropped(record, url, versions, len(keys))


def record_of(connection: sqlite3.Connection, key: bytes) -> bytes | None:
    """Key of the record stored under an address, else of the one that it leads to, or its own;
    ``None`` when it is unknown."""
    if url_of(connection, key.hex()) is not None:
        return key
    link = connection.execute("SELECT article FROM links WHERE hash = ?", (key,)).fetchone()
    return None if link is None else bytes(link["article"] or key)


def _addresses(connection: sqlite3.Connection, record: bytes) -> list[bytes]:
    """Addresses that lead to a record; one under which another record stands is that record's,
    whatever an older newscrawl wrote."""
    rows = connection.execute("SELECT hash FROM links WHERE article = ?", (record,)).fetchall()
    return [row["hash"] for row in rows if url_of(connection, row["hash"].hex()) is None]


def _content_ids(connection: sqlite3.Connection, url_hash: str) -> list[str | None]:
    rows = connection.execute(
        "SELECT content_id FROM articles WHERE url_hash = ?"
        " UNION SELECT content_id FROM article_versions WHERE url_hash = ?",
        (url_hash, url_hash),
    )
    return [row["content_id"] for row in rows]


def _delete(connection: sqlite3.Connection, url_hash: str) -> int:
    """Delete all versions, and what the search index has of them; gives their number."""
    search.remove(connection, url_hash)
    deleted = [
        connection.execute(f"DELETE FROM {table} WHERE url_hash = ?", (url_hash,)).rowcount
        for table in ("articles", "article_versions", "article_state")
    ]
    connection.execute("DELETE FROM search_due WHERE url_hash = ?", (url_hash,))
    return deleted[0] + deleted[1]


def _held_in(connection: sqlite3.Connection, url_hash: str) -> tuple[Held, ...]:
    """Line files with the article; those that a run has not published yet included."""
    rows = connection.execute(
        "SELECT f.name, (SELECT count(*) FROM lines b"
        ' WHERE b.file = a.file AND b."offset" <= a."offset") AS number'
        " FROM lines a JOIN line_files f ON f.id = a.file"
        ' WHERE a.url_hash = ? ORDER BY f.id, a."offset"',
        (url_hash,),
    ).fetchall()
    names = dict.fromkeys(row["name"] for row in rows)
    return tuple(
        Held(f"{LINES}/{name}", tuple(row["number"] for row in rows if row["name"] == name))
        for name in names
    )

"""What a source has forgotten is forgotten here."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from newscrawl.clock import now
from newscrawl.store.forgotten import Forgotten, content_key
from newscrawl.store.links import FORGOTTEN
from newscrawl.upkeep.forget import drop, record_of
from newscrawl.upkeep.merging.source import Source


@dataclass
class Removed:
    """What had to go here."""

    addresses: int = 0
    articles: int = 0


def merge_forgotten(connection: sqlite3.Connection, source: Source) -> Removed:
    """Forget addresses, ids, and the articles here that they lead to; in an open transaction."""
    removed = Removed()
    forgotten = Forgotten(connection)
    is_new = False
    for row in source.rows("forgotten", "hash"):
        cursor = connection.execute(
            "INSERT OR IGNORE INTO forgotten VALUES (?, ?)", (row["hash"], row["forgotten_at"])
        )
        is_new |= cursor.rowcount == 1
    for row in source.rows("links", "hash", where=f"state = {FORGOTTEN}"):
        here = connection.execute(
            "SELECT 1 FROM links WHERE hash = ? AND state = ?", (row["hash"], FORGOTTEN)
        )
        if here.fetchone() is None:
            record = record_of(connection, row["hash"])
            # An address that led elsewhere there takes no record along that is stored there.
            if record == row["hash"] or (record is not None and not source.stores(record)):
                removed.articles += _drop(connection, row["hash"])
            forgotten.enter([row["hash"]], (), now())
            removed.addresses += 1
    if is_new:
        removed.articles += _drop_by_id(connection, forgotten)
    return removed


def _drop(connection: sqlite3.Connection, key: bytes) -> bool:
    dropped = drop(connection, key)
    return dropped is not None and dropped.versions > 0


def _drop_by_id(connection: sqlite3.Connection, forgotten: Forgotten) -> int:
    rows = connection.execute("SELECT content_id, url_hash FROM articles WHERE content_id NOTNULL")
    found = [
        bytes.fromhex(row["url_hash"])
        for row in rows
        if forgotten.has(content_key(row["content_id"]))
    ]
    return sum(_drop(connection, key) for key in found)

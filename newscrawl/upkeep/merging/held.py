"""All that a store has of one article."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Any

from newscrawl.store import records


@dataclass
class Version:
    """One version of an article, with what is kept of it beside the record."""

    record: dict[str, Any]
    cause: str | None
    extractor: str | None
    replaced_at: str | None

    @property
    def is_summary(self) -> bool:
        """Whether a feed gave it."""
        return bool(self.record["body_status"] == "summary")

    @property
    def is_bare(self) -> bool:
        """Whether its text is in no database, only in a line."""
        return self.record["body_status"] == "full" and self.record["text"] is None


@dataclass
class Held:
    """All that a store has of one article."""

    versions: list[Version]
    """In the order of their numbers."""
    current: sqlite3.Row | None
    """Row of the last one, with its state; ``None`` where only old ones are left."""
    other: str | None = None
    """Another address that gave it last."""

    @property
    def seen_at(self) -> str:
        """When the page was last known to be there; empty for never."""
        if self.current is None or self.current["gone_at"] is not None:
            return ""
        return max(str(self.current["fetched_at"]), self.current["checked_at"] or "")


def held(connection: sqlite3.Connection, url_hash: str) -> Held:
    """All versions of an article in a store."""
    rows = connection.execute(
        "SELECT * FROM article_versions WHERE url_hash = ? ORDER BY version", (url_hash,)
    ).fetchall()
    current = connection.execute(
        "SELECT a.*, s.cause, s.extractor, s.etag, s.last_modified, s.checked_at,"
        " NULL AS replaced_at FROM articles a LEFT JOIN article_state s USING (url_hash)"
        " WHERE url_hash = ?",
        (url_hash,),
    ).fetchone()
    if current is not None:
        rows.append(current)
    versions = [
        Version(records.to_record(row), row["cause"], row["extractor"], row["replaced_at"])
        for row in rows
    ]
    return Held(versions, current, _other(connection, url_hash))


def _other(connection: sqlite3.Connection, url_hash: str) -> str | None:
    """Stores of before version 7 do not know it."""
    row = connection.execute(
        "SELECT * FROM article_state WHERE url_hash = ?", (url_hash,)
    ).fetchone()
    known = row is not None and "url" in row.keys()  # noqa: SIM118
    return row["url"] if known else None

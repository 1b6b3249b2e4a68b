"""Feeds and sitemaps: what each said when it was last read whole."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from newscrawl.clock import iso
from newscrawl.store.columns import Validator


@dataclass(frozen=True)
class SourceMemory:
    """One feed or sitemap; times are ISO text, UTC."""

    read_at: str | None = None
    lastmod: str | None = None
    """Of a sitemap: as its index told it when it was read."""
    etag: str | None = None
    last_modified: str | None = None
    extractor: str | None = None


class Sources:
    """Reads and writes ``sources``; writers expect an open transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    def get(self, url: str) -> SourceMemory:
        """What is remembered of a source."""
        row = self._db.execute(
            "SELECT read_at, lastmod, etag, last_modified, extractor FROM sources WHERE url = ?",
            (url,),
        ).fetchone()
        return SourceMemory(**dict(row)) if row is not None else SourceMemory()

    def enter(
        self,
        url: str,
        kind: str,
        edition: str,
        moment: datetime,
        *,
        items: int,
        validator: Validator,
        lastmod: str | None = None,
    ) -> None:
        """A source (``feed`` or ``sitemap``) was read whole."""
        self._db.execute(
            "INSERT OR REPLACE INTO sources"
            " (url, kind, edition, read_at, items, lastmod, etag, last_modified, extractor)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                url,
                kind,
                edition,
                iso(moment),
                items,
                lastmod,
                validator.etag,
                validator.last_modified,
                validator.extractor,
            ),
        )

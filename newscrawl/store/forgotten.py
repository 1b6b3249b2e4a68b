"""What was removed for good: addresses and ids that must not come back."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256

from newscrawl.clock import iso, now
from newscrawl.store.articles import Capture
from newscrawl.store.links import FORGOTTEN


def content_key(content_id: str) -> bytes:
    """Key under which a ``content_id`` is forgotten."""
    return sha256(b"content_id:" + content_id.encode()).digest()[:16]


class Forgotten:
    """Reads and writes ``forgotten``; every writing method expects an open transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    def has(self, key: bytes) -> bool:
        """Whether an address or id (by its key) was forgotten."""
        found = self._db.execute("SELECT 1 FROM forgotten WHERE hash = ?", (key,)).fetchone()
        return found is not None

    def has_record(self, url_hash: str, content_id: str | None) -> bool:
        """Whether a record was forgotten, by its address or by its id."""
        return self.has(bytes.fromhex(url_hash)) or (
            content_id is not None and self.has(content_key(content_id))
        )

    def takes(self, capture: Capture) -> bool:
        """Whether a capture is of a forgotten article; all its addresses are forgotten then."""
        article = capture.article
        keys = {capture.asked, bytes.fromhex(article.url_hash), *capture.aliases}
        if not any(map(self.has, keys)) and not self.has_record(
            article.url_hash, article.content_id
        ):
            return False
        self.enter((key for key in keys if not self._is_record(key)), (), now())
        return True

    def enter(
        self, keys: Iterable[bytes], content_ids: Iterable[str | None], moment: datetime
    ) -> None:
        """Forget addresses (by their keys) and ids (``None`` is none)."""
        for key in keys:
            self._enter(key, moment)
            self._db.execute("REPLACE INTO links (hash, state) VALUES (?, ?)", (key, FORGOTTEN))
        for content_id in content_ids:
            if content_id is not None:
                self._enter(content_key(content_id), moment)

    def _enter(self, key: bytes, moment: datetime) -> None:
        self._db.execute("INSERT OR IGNORE INTO forgotten VALUES (?, ?)", (key, iso(moment)))

    def _is_record(self, key: bytes) -> bool:
        """Whether an address is the own one of a stored record: it stays that record's."""
        found = self._db.execute("SELECT 1 FROM articles WHERE url_hash = ?", (key.hex(),))
        return found.fetchone() is not None

"""Whether addresses lead to the articles that are stored, and articles to their addresses."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from newscrawl.store import links
from newscrawl.upkeep.versions import url_of


def without_link(connection: sqlite3.Connection) -> Iterator[sqlite3.Row]:
    """Articles (``url``, ``url_hash``) whose own address is not settled as theirs.

    A summary stays owed until the article itself has come.
    """
    rows = connection.execute("SELECT url, url_hash, body_status FROM articles")
    for row in rows:
        key = bytes.fromhex(row["url_hash"])
        link = connection.execute("SELECT state FROM links WHERE hash = ?", (key,)).fetchone()
        settled = link is not None and link["state"] in (links.STORED, links.GONE)
        if not settled and not (link is not None and row["body_status"] == "summary"):
            yield row


def without_article(connection: sqlite3.Connection) -> Iterator[tuple[bytes, bytes]]:
    """Key of every link that counts as stored, and of the record that is not there."""
    rows = connection.execute("SELECT hash, article FROM links WHERE state = ?", (links.STORED,))
    for row in rows:
        record = row["article"] or row["hash"]
        if url_of(connection, record.hex()) is None:
            yield row["hash"], record

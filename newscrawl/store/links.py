"""Links: the known set, the aliases and the debt, in one table.

A link is known by the first 16 bytes of SHA-256 of its canonical URL. Its ``url`` is kept while it
is pending (to be asked for, whatever its state), and dropped once settled.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from newscrawl.clock import iso

#: Values of ``links.state``.
OWED, STORED, GONE, REJECTED, LEFT_OUT, FORGOTTEN = range(6)
STATES = ("owed", "stored", "gone", "rejected", "left out", "forgotten")

#: Waits after the first, second … failure; the last one holds from then on.
_WAITS = (
    timedelta(hours=1),
    timedelta(hours=6),
    timedelta(days=1),
    timedelta(days=3),
    timedelta(days=7),
)
#: Reason of a debt that only waits for a run that asks for its dates.
OUTSIDE_DATES = "outside_dates"
#: Reasons that say that a page is not there.
MISSING = frozenset(["http_404", "http_410"])
#: A page is gone when it is missing twice, at least this far apart.
_MISSING_APART = timedelta(days=1)


def key_of(url: str) -> bytes:
    """Key of a canonical URL."""
    return sha256(url.encode()).digest()[:16]


@dataclass(frozen=True)
class Link:
    """An address that the crawl owes a request."""

    hash: bytes
    url: str
    column: int | None
    source: str = "column"
    """How it was found: ``column``, ``feed``, ``sitemap`` or ``url``."""


@dataclass(frozen=True)
class Terms:
    """What makes a debt due in one run."""

    moment: datetime
    extractor: str
    dated: bool = False
    """Whether the run asks for a span of dates only."""

    def due(self, row: sqlite3.Row) -> bool:
        """At its time, or when no wait is that long and a clock was wrong; a rejected page also
        under other rules; a page that was outside the dates of an earlier run also when this run
        has none."""
        if row["next_try"] is None or not is_ahead(row["next_try"], self.moment):
            return True
        if row["state"] == REJECTED:
            return not row["reason"].endswith(_by_rules(self.extractor))
        return row["reason"] == OUTSIDE_DATES and not self.dated


class Links:
    """Reads and writes ``links``; every writing method expects an open transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection
        self._db.execute(
            "CREATE TEMP TABLE IF NOT EXISTS asked (hash BLOB PRIMARY KEY) WITHOUT ROWID"
        )

    def ask(self, key: bytes) -> bool:
        """Note that this run asks for a link; ``False`` when it did already, or must not."""
        forgotten = self._db.execute(
            "SELECT 1 FROM links WHERE hash = ? AND state = ?", (key, FORGOTTEN)
        ).fetchone()
        return forgotten is None and self._note_asked(key)

    def article_of(self, key: bytes) -> bytes | None:
        """Hash of the record that an address led to, ``None`` when it led to none."""
        row = self._db.execute(
            "SELECT article, hash FROM links WHERE hash = ? AND state IN (?, ?)",
            (key, STORED, GONE),
        ).fetchone()
        return None if row is None else (row["article"] or row["hash"])

    def owe(self, link: Link) -> bool:
        """Write an unknown link as owed, at once; ``False`` when the store has met it before."""
        cursor = self._db.execute(
            'INSERT OR IGNORE INTO links (hash, url, state, "column", source)'
            " VALUES (?, ?, ?, ?, ?)",
            (link.hash, link.url, OWED, link.column, link.source),
        )
        return cursor.rowcount == 1

    def due(self, columns: Sequence[int | None], terms: Terms) -> list[Link]:
        """Links owed and due in some columns (``None``: in no column), oldest debt first.

        A link is owed in every column that showed it: the first one may never be walked again.
        """
        rows = self._db.execute(
            'SELECT hash, url, "column", source, state, next_try, reason FROM links'
            " WHERE url IS NOT NULL ORDER BY next_try"
        ).fetchall()
        found = []
        for row in rows:
            is_here = row["column"] in columns
            column = row["column"] if is_here else self._shown_in(columns, row["hash"])
            if (is_here or column is not None) and terms.due(row):
                found.append(Link(row["hash"], row["url"], column, row["source"] or "column"))
        return found

    def _shown_in(self, columns: Sequence[int | None], key: bytes) -> int | None:
        """The first of some columns that has shown a link."""
        shown = columns_of(self._db, key)
        return next((column for column in columns if column in shown), None)

    def is_due(self, key: bytes, terms: Terms) -> bool:
        """Whether a link seen again may be asked for: unknown, or pending and due."""
        row = self._db.execute(
            "SELECT url, next_try, state, reason FROM links WHERE hash = ?", (key,)
        ).fetchone()
        return row is None or (row["url"] is not None and terms.due(row))

    def list_again(self, link: Link, terms: Terms) -> None:
        """A settled link is listed: one that is gone or left out, or whose article is gone, is
        pending again, at growing intervals. Another address of an article is where to ask for it
        once its own is missing."""
        row = self._db.execute(
            "SELECT l.url, l.next_try, l.state, l.reason, l.article, a.url_hash, a.gone_at"
            " FROM links l"
            " LEFT JOIN articles a ON a.url_hash = lower(hex(coalesce(l.article, l.hash)))"
            " WHERE l.hash = ?",
            (link.hash,),
        ).fetchone()
        if row is None or row["url"] is not None or row["state"] == FORGOTTEN:
            return
        if row["state"] == STORED and row["article"] and self.is_missing(row["article"]):
            self._db.execute(
                "UPDATE article_state SET url = ?, etag = NULL, last_modified = NULL"
                " WHERE url_hash = ? AND url IS NULL",
                (link.url, row["url_hash"]),
            )
        if (row["state"] != STORED or row["gone_at"] is not None) and terms.due(row):
            self._db.execute(
                'UPDATE links SET url = ?, "column" = ?, source = ? WHERE hash = ?',
                (link.url, link.column, link.source, link.hash),
            )

    def is_missing(self, key: bytes) -> bool:
        """Whether an address was not there when it was last asked for."""
        row = self._row(key)
        return row is not None and (row["state"] == GONE or row["reason"] in MISSING)

    def lead(self, key: bytes, article: bytes) -> None:
        """An address that was not asked for is said to lead to a record: that it is missing stays
        so."""
        if self.is_missing(key):
            alias = None if article == key else article
            self._db.execute("UPDATE links SET article = ? WHERE hash = ?", (alias, key))
        else:
            self.settle(key, STORED, article)

    def settle(self, key: bytes, state: int, article: bytes | None = None) -> None:
        """End the debt of an address; ``article`` is the record it led to.

        What is forgotten stays so, here and when an address is put off.
        """
        alias = None if article == key else article
        self._db.execute(
            "INSERT INTO links (hash, article, state) VALUES (?, ?, ?)"
            " ON CONFLICT (hash) DO UPDATE SET url = NULL, article = excluded.article,"
            " state = excluded.state, attempts = NULL, next_try = NULL, reason = NULL,"
            " source = NULL WHERE links.state != ?",
            (key, alias, state, FORGOTTEN),
        )

    def put_by(self, link: Link, moment: datetime) -> None:
        """Leave an article outside the dates of this run to another one; no failure."""
        row = self._row(link.hash)
        if row is None or row["state"] != STORED:
            next_try = moment + _WAITS[-1]
            self._put_off(link, _kept(row, OWED), self._attempts(row), next_try, OUTSIDE_DATES)

    def fail(self, link: Link, reason: str, moment: datetime) -> bool:
        """Put off an address that failed; ``True`` when it is gone.

        An article that stands stays: its address is pending only where it was before. One that is
        gone is asked for again when it is listed again.
        """
        row = self._row(link.hash)
        attempts = self._attempts(row)
        next_try = moment + _wait(attempts)
        was_stored = row is not None and row["state"] == STORED
        if reason not in MISSING:
            pending = row is None or row["url"] is not None or row["state"] != STORED
            self._put_off(link, _kept(row, OWED), attempts + 1, next_try, reason, pending=pending)
            return False
        if row is not None and row["state"] == GONE:
            self._put_off(link, GONE, attempts + 1, next_try, reason, pending=False)
            return True
        if row is None or row["reason"] not in MISSING:
            next_try = moment + _MISSING_APART
            self._put_off(
                link, _kept(row, OWED), attempts + 1, next_try, reason, pending=not was_stored
            )
            return False
        if is_ahead(row["next_try"], moment):
            return False  # too soon to tell while the first day goes on
        self._put_off(link, GONE, attempts + 1, next_try, reason, pending=False)
        return True

    def reject(self, link: Link, reason: str, moment: datetime, extractor: str) -> None:
        """Put off a whole page that gave no record: asked again when due or the rules changed.

        A record that stands is not taken back by a page that broke later.
        """
        row = self._row(link.hash)
        attempts = self._attempts(row)
        reason = f"{reason}{_by_rules(extractor)}"
        state = REJECTED if self.article_of(link.hash) is None else _kept(row, REJECTED)
        self._put_off(
            link, state, attempts + 1, moment + _wait(attempts), reason, pending=state == REJECTED
        )

    def leave_out(self, link: Link, moment: datetime) -> None:
        """A page that is not wanted; a record that was stored before stands."""
        row = self._row(link.hash)
        attempts = self._attempts(row)
        state = LEFT_OUT if self.article_of(link.hash) is None else _kept(row, LEFT_OUT)
        self._put_off(
            link, state, attempts + 1, moment + _wait(attempts), "left_out", pending=False
        )

    def _note_asked(self, key: bytes) -> bool:
        return self._db.execute("INSERT OR IGNORE INTO asked VALUES (?)", (key,)).rowcount == 1

    def _row(self, key: bytes) -> sqlite3.Row | None:
        row: sqlite3.Row | None = self._db.execute(
            "SELECT url, attempts, next_try, reason, state FROM links WHERE hash = ?", (key,)
        ).fetchone()
        return row

    @staticmethod
    def _attempts(row: sqlite3.Row | None) -> int:
        return 0 if row is None else (row["attempts"] or 0)

    def _put_off(
        self,
        link: Link,
        state: int,
        attempts: int,
        next_try: datetime,
        reason: str,
        *,
        pending: bool = True,
    ) -> None:
        """Note what went wrong; a link that is not ``pending`` keeps no address."""
        url = link.url if pending else None
        self._db.execute(
            'INSERT INTO links (hash, url, state, "column", attempts, next_try, reason, source)'
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (hash) DO UPDATE SET url = excluded.url, state = excluded.state,"
            " attempts = excluded.attempts, next_try = excluded.next_try, reason = excluded.reason"
            " WHERE links.state != ?",
            (
                link.hash,
                url,
                state,
                link.column,
                attempts,
                iso(next_try),
                reason,
                link.source if url else None,
                FORGOTTEN,
            ),
        )


def _wait(attempts: int) -> timedelta:
    return _WAITS[min(attempts, len(_WAITS) - 1)]


def _kept(row: sqlite3.Row | None, state: int) -> int:
    """The state of a link that failed: it stays stored or gone where it was."""
    return row["state"] if row is not None and row["state"] in (STORED, GONE) else state


def is_ahead(next_try: str, moment: datetime) -> bool:
    """Whether a time is still to come; one that no wait leads to was set by a wrong clock."""
    return iso(moment) < next_try <= iso(moment + _WAITS[-1])


def columns_of(connection: sqlite3.Connection, key: bytes) -> set[int]:
    """Columns that have shown a link."""
    rows = connection.execute(
        # Naming the columns lets SQLite use the primary key, which they begin.
        'SELECT "column" FROM article_columns'
        ' WHERE "column" IN (SELECT id FROM columns) AND hash = ?',
        (key,),
    )
    return {row["column"] for row in rows}


def _by_rules(extractor: str) -> str:
    return f" (rules {extractor})"

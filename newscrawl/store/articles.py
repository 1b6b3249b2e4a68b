"""What becomes of one captured article: new, changed, refreshed or known."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, field, replace
from typing import Any

from newscrawl.clock import iso, now
from newscrawl.items import Article
from newscrawl.store import records
from newscrawl.store.links import Link


@dataclass(frozen=True)
class Capture:
    """An article as one answer gave it, with what the store must remember beside the record."""

    article: Article
    asked: bytes
    """Hash of the address that was asked for."""
    aliases: tuple[bytes, ...] = ()
    """Hashes of all other addresses that led here."""
    column: int | None = None
    etag: str | None = None
    last_modified: str | None = None
    extractor: str = ""
    url_asked: str = ""
    """Canonical form of the address that was asked for."""
    address: str = ""
    """Canonical form of the address that answered, where it is an article's."""
    body: bytes = field(default=b"", repr=False)
    """The page as received, kept only when the record is rejected."""

    @property
    def link(self) -> Link:
        """The debt that this capture pays."""
        return Link(self.asked, self.url_asked, self.column, self.article.source)

    @property
    def is_summary(self) -> bool:
        """Whether a feed gave the record: the page itself is still owed."""
        return self.article.body_status == "summary"


@dataclass(frozen=True)
class Kept:
    """The decision: ``new``, ``changed``, ``refreshed`` or ``known``, and the record to write.

    ``left out`` is what was forgotten: nothing is written.
    """

    outcome: str
    article: Article
    cause: str = ""
    """Why it is a version of its own; empty for what a feed gave, and for none."""

    @property
    def is_version(self) -> bool:
        """Whether the record is a version of its own, with a line."""
        return self.outcome in ("new", "changed")


class Articles:
    """Reads and writes ``articles``, ``article_versions`` and ``article_state``."""

    def __init__(self, connection: sqlite3.Connection, *, bodies: bool) -> None:
        self._db = connection
        self._bodies = bodies

    def decide(self, capture: Capture, known_as: bytes | None) -> Kept:
        """Compare a capture with what is stored.

        ``known_as`` is the record that the asked address or an alias led to before. The same
        ``content_id`` under a new URL is the same article, and a row keeps its first URL.
        """
        row = self.find(capture.article, known_as)
        if row is None:
            version = 1 + self._last_version(capture.article.url_hash)
            cause = "" if capture.is_summary else "full"
            return Kept("new", replace(capture.article, version=version), cause)
        old = records.to_record(row)
        if capture.is_summary and old["body_status"] != "summary":
            return Kept("known", capture.article)  # the page has been read: it knows more
        article = replace(
            capture.article, url=old["url"], url_hash=old["url_hash"], version=old["version"]
        )
        cause = self._cause(old, article, capture.extractor)
        if cause:
            return Kept("changed", replace(article, version=old["version"] + 1), cause)
        if row["gone_at"] or records.differs(old, article, bodies=self._bodies):
            return Kept("refreshed", article)
        return Kept("known", article)

    def write(self, kept: Kept, capture: Capture) -> None:
        """Carry a decision out; expects an open transaction."""
        moment = iso(now())
        article = kept.article
        if kept.outcome == "new":
            records.insert(self._db, article, bodies=self._bodies)
        elif kept.outcome == "changed":
            records.keep_version(self._db, article.url_hash, moment)
            records.replace(self._db, article, bodies=self._bodies, updated_at=moment)
        elif kept.outcome == "refreshed":
            records.replace(self._db, article, bodies=self._bodies, updated_at=moment)
        if kept.outcome != "known" or not capture.is_summary:
            self._note_state(kept, capture)

    def unchanged(self, url_hash: str, checked_at: str) -> None:
        """The site answered that nothing changed; so the page is there."""
        self.note_asked(url_hash, checked_at)
        self._db.execute(
            "UPDATE articles SET gone_at = NULL WHERE url_hash = ? AND gone_at IS NOT NULL",
            (url_hash,),
        )

    def note_asked(self, url_hash: str, moment: str) -> None:
        """The page was asked for, whatever the answer said of it."""
        self._db.execute(
            "UPDATE article_state SET checked_at = ? WHERE url_hash = ?", (moment, url_hash)
        )

    def mark_gone(self, url_hash: str, moment: str) -> None:
        """The page is gone; the record stays."""
        self._db.execute(
            "UPDATE articles SET gone_at = coalesce(gone_at, ?) WHERE url_hash = ?",
            (moment, url_hash),
        )

    def validators(self, url_hash: str) -> dict[str, str]:
        """Headers to ask a known article with."""
        row = self._db.execute(
            "SELECT etag, last_modified FROM article_state WHERE url_hash = ?", (url_hash,)
        ).fetchone()
        if row is None:
            return {}
        pairs = {"If-None-Match": row["etag"], "If-Modified-Since": row["last_modified"]}
        return {name: value for name, value in pairs.items() if value}

    def url_of(self, url_hash: str) -> str | None:
        """Canonical URL of a record."""
        row = self._db.execute(
            "SELECT url FROM articles WHERE url_hash = ?", (url_hash,)
        ).fetchone()
        return row["url"] if row is not None else None

    def other_of(self, url_hash: str) -> str | None:
        """The address that gave a record last, where that is not its own URL."""
        row = self._db.execute(
            "SELECT url FROM article_state WHERE url_hash = ?", (url_hash,)
        ).fetchone()
        return row["url"] if row is not None else None

    def forget_other(self, url_hash: str) -> None:
        """The other address of a record is gone."""
        self._db.execute("UPDATE article_state SET url = NULL WHERE url_hash = ?", (url_hash,))

    def find(self, article: Article, known_as: bytes | None) -> sqlite3.Row | None:
        """The stored article that a record is of; ``known_as`` as in :meth:`decide`."""
        row = self._row(article.url_hash)
        if row is None and article.content_id is not None:
            url_hash = same_article(self._db, article)
            row = self._row(url_hash) if url_hash is not None else None
        if row is None and known_as is not None:
            row = self._row(known_as.hex())
            if row is not None and _contradict(row, article):
                return None  # the address leads to another article now
        if row is None and article.body_status == "summary":
            row = self._told_of(article)
        return row

    def _told_of(self, article: Article) -> sqlite3.Row | None:
        """A feed names no id: its item is of the article with its title and time of publication."""
        row: sqlite3.Row | None = self._db.execute(
            "SELECT * FROM articles WHERE published_at = ? AND title = ? AND edition = ?",
            (article.published_at, article.title, article.edition),
        ).fetchone()
        return row

    def _row(self, url_hash: str) -> sqlite3.Row | None:
        row: sqlite3.Row | None = self._db.execute(
            "SELECT * FROM articles WHERE url_hash = ?", (url_hash,)
        ).fetchone()
        return row

    def _last_version(self, url_hash: str) -> int:
        """Number of the last version that is only kept as an old one (0: none)."""
        (last,) = self._db.execute(
            "SELECT max(version) FROM article_versions WHERE url_hash = ?", (url_hash,)
        ).fetchone()
        return last or 0

    def _cause(self, old: dict[str, Any], article: Article, extractor: str) -> str:
        """Why this capture is a version of its own, ``""`` when it is none."""
        if old["body_status"] == "summary" and article.body_status == "full":
            return "full"
        if old["content_hash"] == article.content_hash:
            return ""
        state = self._db.execute(
            "SELECT extractor FROM article_state WHERE url_hash = ?", (article.url_hash,)
        ).fetchone()
        same_rules = state is None or state["extractor"] in (None, extractor)
        return "story" if same_rules else "rules"

    def _note_state(self, kept: Kept, capture: Capture) -> None:
        self._db.execute(
            "INSERT INTO article_state"
            " (url_hash, cause, extractor, etag, last_modified, checked_at, url)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (url_hash) DO UPDATE SET"
            " cause = coalesce(excluded.cause, cause),"
            " extractor = excluded.extractor, etag = excluded.etag,"
            " last_modified = excluded.last_modified, checked_at = excluded.checked_at,"
            " url = excluded.url",
            (
                kept.article.url_hash,
                kept.cause or None,
                capture.extractor,
                capture.etag,
                capture.last_modified,
                kept.article.fetched_at,
                None if capture.address == kept.article.url else capture.address or None,
            ),
        )


def same_article(connection: sqlite3.Connection, article: Article) -> str | None:
    """``url_hash`` of the stored article with the same ``content_id``.

    The site has given one id to several articles: it counts only where the title, the time of
    publication or the last part of the address is the same too.
    """
    rows = connection.execute(
        "SELECT url_hash, url, title, published_at FROM articles WHERE content_id = ?",
        (article.content_id,),
    )
    for row in rows:
        if (
            row["title"] == article.title
            or (row["published_at"] is not None and row["published_at"] == article.published_at)
            or _slug(row["url"]) == _slug(article.url)
        ):
            return str(row["url_hash"])
    return None


def _slug(url: str) -> str:
    return url.rpartition("/")[2]


def _contradict(row: sqlite3.Row, article: Article) -> bool:
    """Whether two records under one address are of different articles by their ids."""
    ids = (row["content_id"], article.content_id)
    return None not in ids and ids[0] != ids[1]

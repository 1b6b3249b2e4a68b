"""Carrying out what placing says: versions put in their place, and versions made anew."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from newscrawl.clock import iso, now
from newscrawl.items import ARTICLE_FIELDS, Article
from newscrawl.store import records
from newscrawl.store.articles import Capture
from newscrawl.store.linefiles import LineFiles
from newscrawl.store.lineplaces import LinePlaces
from newscrawl.store.placing import BETWEEN, EARLIER, KNOWN, REMADE, Place, Placed


class Inserting:
    """Writes versions that are not the newest; every method expects an open transaction."""

    def __init__(self, connection: sqlite3.Connection, folder: Path, *, bodies: bool) -> None:
        self._db = connection
        self._bodies = bodies
        self._lines = LinePlaces(connection, folder)

    def note(self, version: tuple[str, int], place: tuple[int, int]) -> None:
        """A line was written elsewhere."""
        self._lines.note(version, place)

    def rolled_back(self) -> None:
        """The transaction failed."""
        self._lines.rolled_back()

    def carry_out(
        self, place: Place, row: sqlite3.Row, capture: Capture, lines: LineFiles | None
    ) -> Placed:
        """Do what a place asks for."""
        if place.what == REMADE:
            fields = self._remake(row, place.number, capture, lines)
            return Placed("refreshed" if fields else "known", "rules", REMADE, tuple(fields))
        if place.what == EARLIER:
            self._put_before(row, place, capture, lines)
            return Placed("changed", place.cause, EARLIER)
        if place.what == BETWEEN:
            self._put_between(row, place.seen_last, capture, lines)
            return Placed("changed", place.cause, BETWEEN)
        return Placed("known", what=KNOWN)

    def _remake(
        self, row: sqlite3.Row, number: int, capture: Capture, lines: LineFiles | None
    ) -> Sequence[str]:
        """Put what newer rules read in the place of the version that the same capture gave."""
        old_row = self._version(row, number)
        old = records.to_record(old_row)
        article = remade(capture.article, old)
        changed = changed_fields(old, article, bodies=self._bodies)
        if not changed and old["rules"] == article.rules:
            pass  # only that these rules read it too is noted
        elif number == row["version"]:
            moment = iso(now()) if changed else row["updated_at"]
            self._replace_current(row, article, moment)
        else:
            self._replace_old(old_row, article)
        self._note_rules(row["url_hash"], number, capture.extractor)
        if old["content_hash"] != article.content_hash:
            self._lines.tell(lines, asdict(article))
        return changed

    def _put_before(
        self, row: sqlite3.Row, place: Place, capture: Capture, lines: LineFiles | None
    ) -> None:
        """Make a capture the version of a number; that one and all behind it move up by one."""
        url_hash, number, cause = row["url_hash"], place.number, place.cause
        moved = [
            self._lines.record(self._version(row, version))
            for version in range(row["version"], number - 1, -1)
            if self._has(row, version)
        ]
        article = replace(capture.article, url=row["url"], url_hash=url_hash, version=number)
        for table in ("article_versions", "articles"):
            # By way of negative numbers: no two may be the same for a moment.
            for change in ("-(version + 1)", "-version"):
                self._db.execute(
                    f"UPDATE {table} SET version = {change}"
                    " WHERE url_hash = ? AND (version >= ? OR version < 0)",
                    (url_hash, number),
                )
        self._db.execute(
            "UPDATE articles SET updated_at = ? WHERE url_hash = ?", (iso(now()), url_hash)
        )
        self._insert_old(article, cause, capture.extractor)
        if cause == "full":
            self._is_first_no_more(url_hash, number + 1, row["version"] + 1)
        for record in moved:
            self._lines.take_back(url_hash, record["version"])
            self._lines.tell(lines, {**record, "version": record["version"] + 1})
        self._lines.tell(lines, asdict(article))

    def _put_between(
        self, row: sqlite3.Row, seen_last: str, capture: Capture, lines: LineFiles | None
    ) -> None:
        """A story that came and went while the current one was there before and after it."""
        url_hash, number = row["url_hash"], row["version"]
        current = self._lines.record(row)
        article = replace(capture.article, url=row["url"], url_hash=url_hash, version=number + 1)
        moment = iso(now())
        records.keep_version(self._db, url_hash, moment)
        self._insert_old(article, "story", capture.extractor)
        self._db.execute(
            "UPDATE articles SET version = ?, fetched_at = ?, updated_at = ? WHERE url_hash = ?",
            (number + 2, seen_last, moment, url_hash),
        )
        self._db.execute("UPDATE article_state SET cause = 'story' WHERE url_hash = ?", (url_hash,))
        self._lines.tell(lines, asdict(article))
        self._lines.tell(lines, {**current, "version": number + 2, "fetched_at": seen_last})

    def _version(self, row: sqlite3.Row, number: int) -> sqlite3.Row:
        if number == row["version"]:
            return row
        old: sqlite3.Row = self._db.execute(
            "SELECT * FROM article_versions WHERE url_hash = ? AND version = ?",
            (row["url_hash"], number),
        ).fetchone()
        return old

    def _has(self, row: sqlite3.Row, number: int) -> bool:
        return self._version(row, number) is not None

    def _replace_current(self, row: sqlite3.Row, article: Article, moment: str | None) -> None:
        records.replace(self._db, article, bodies=self._bodies, updated_at=moment)
        self._db.execute(
            "UPDATE articles SET gone_at = ? WHERE url_hash = ?",
            (row["gone_at"], article.url_hash),
        )

    def _replace_old(self, old: sqlite3.Row, article: Article) -> None:
        self._db.execute(
            "DELETE FROM article_versions WHERE url_hash = ? AND version = ?",
            (article.url_hash, article.version),
        )
        self._insert_old(article, old["cause"], None, old["replaced_at"])

    def _insert_old(
        self, article: Article, cause: str, extractor: str | None, replaced_at: str | None = None
    ) -> None:
        moment = replaced_at or iso(now())
        records.insert_version(self._db, article, bodies=self._bodies, replaced_at=moment)
        self._db.execute(
            "UPDATE article_versions SET cause = ?, extractor = ?"
            " WHERE url_hash = ? AND version = ?",
            (cause, extractor, article.url_hash, article.version),
        )

    def _note_rules(self, url_hash: str, number: int, extractor: str) -> None:
        self._db.execute(
            "UPDATE article_versions SET extractor = ? WHERE url_hash = ? AND version = ?",
            (extractor, url_hash, number),
        )
        self._db.execute(
            "UPDATE article_state SET extractor = ? WHERE url_hash = ? AND EXISTS"
            " (SELECT 1 FROM articles a WHERE a.url_hash = ? AND a.version = ?)",
            (extractor, url_hash, url_hash, number),
        )

    def _is_first_no_more(self, url_hash: str, number: int, current: int) -> None:
        """A version that was the first one is a change now."""
        where = "cause = 'full' AND url_hash = ?"
        if number == current:
            self._db.execute(f"UPDATE article_state SET cause = 'story' WHERE {where}", (url_hash,))
        self._db.execute(
            f"UPDATE article_versions SET cause = 'story' WHERE {where} AND version = ?",
            (url_hash, number),
        )


def remade(article: Article, old: dict[str, Any]) -> Article:
    """What newer rules read, as the version that it takes the place of."""
    kept: dict[str, Any] = {name: old[name] for name in ("url", "url_hash", "version", "source")}
    return replace(article, **kept)


def changed_fields(old: dict[str, Any], article: Article, *, bodies: bool) -> Sequence[str]:
    """Names of the fields that another reading of the same capture changes."""
    new = asdict(article)
    skipped = set(records.CAPTURE)
    if not bodies or (old["text"] is None and old["body_status"] == "full"):
        skipped |= {"text", "html"}
    return [name for name in ARTICLE_FIELDS if name not in skipped and old[name] != new[name]]

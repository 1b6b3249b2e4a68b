"""What an extract would do to the store, told without writing to it."""

from __future__ import annotations

import logging
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from newscrawl import ExtractionError
from newscrawl.extracting.dated import Dated
from newscrawl.extracting.pages import isolated
from newscrawl.extracting.report import Report
from newscrawl.store import Capture, placing, records
from newscrawl.store.addresses import Addresses
from newscrawl.store.articles import Articles
from newscrawl.store.database import read_only
from newscrawl.store.forgotten import Forgotten
from newscrawl.store.inserting import changed_fields, remade
from newscrawl.store.links import Links
from newscrawl.store.placing import Place, Version

logger = logging.getLogger(__name__)

#: In place of the number of a version: the last one.
_LAST = 0


def survey(folder: Path, captures: Dated, report: Report, *, bodies: bool) -> bool:
    """Fill a report; ``False`` where other rules made no version, so that nothing can change."""
    connection = read_only(folder)
    if connection is None:
        return False
    with closing(connection):
        if not _has_other_rules(connection, report.rules):
            return False
        one = _Survey(connection, captures, bodies=bodies)
        for capture in captures:
            url = capture.article.url
            try:
                with isolated(url):
                    report.take(url, *one.of(capture))
            except ExtractionError as error:
                logger.warning("%s", error)
                report.left_out[error.reason] += 1
    return True


def _has_other_rules(connection: sqlite3.Connection, extractor: str) -> bool:
    tables = ("article_state", "article_versions")
    return any(
        connection.execute(
            f"SELECT 1 FROM {table} WHERE extractor IS NOT ? LIMIT 1", (extractor,)
        ).fetchone()
        for table in tables
    )


class _Survey:
    def __init__(self, connection: sqlite3.Connection, captures: Dated, *, bodies: bool) -> None:
        self._is_followed = captures.is_followed
        self._db = connection
        self._bodies = bodies
        self._articles = Articles(connection, bodies=bodies)
        self._addresses = Addresses(Links(connection), self._articles)
        self._forgotten = Forgotten(connection)
        self._db.execute(
            "CREATE TEMP TABLE told (url_hash TEXT, version INTEGER, story TEXT, extractor TEXT,"
            " PRIMARY KEY (url_hash, version)) WITHOUT ROWID"
        )

    def of(self, capture: Capture) -> tuple[str, list[str]]:
        """What would become of a capture, and the fields of a version that it would change."""
        article = capture.article
        if any(self._forgotten.has(key) for key in (capture.asked, *capture.aliases)) or (
            self._forgotten.has_record(article.url_hash, article.content_id)
        ):
            return "forgotten", []
        row = self._articles.find(article, self._addresses.record_of(capture))
        if row is None:
            return self._next(article.url_hash, None, capture), []
        versions = [
            self._as_told(row["url_hash"], version)
            for version in placing.versions_of(self._db, row)
        ]
        place = placing.place_of(capture, row["body_status"], versions, self._is_followed)
        if place.what == placing.REMADE:
            return self._remade(row, place, capture)
        if place.what == placing.NEXT:
            return self._next(row["url_hash"], row["content_hash"], capture), []
        return ("unchanged" if place.what == placing.KNOWN else "earlier"), []

    def _remade(self, row: sqlite3.Row, place: Place, capture: Capture) -> tuple[str, list[str]]:
        url_hash, story = row["url_hash"], capture.article.content_hash
        is_current = place.number == row["version"]
        old = row if is_current else self._old(url_hash, place.number)
        stored = records.to_record(old)
        fields = changed_fields(stored, remade(capture.article, stored), bodies=self._bodies)
        self._tell(url_hash, place.number, story, capture.extractor)
        if is_current:
            self._tell(url_hash, _LAST, story, capture.extractor)
        return ("remade" if fields else "unchanged"), list(fields)

    def _next(self, url_hash: str, stored: str | None, capture: Capture) -> str:
        told = self._told(url_hash, _LAST)
        story = told["story"] if told is not None else stored
        self._tell(url_hash, _LAST, capture.article.content_hash, capture.extractor)
        if story is None:
            return "new"
        return "unchanged" if story == capture.article.content_hash else "changed_story"

    def _as_told(self, url_hash: str, version: Version) -> Version:
        """A version as it would be by now."""
        told = self._told(url_hash, version.number)
        if told is None:
            return version
        return replace(version, story=told["story"], extractor=told["extractor"])

    def _old(self, url_hash: str, number: int) -> sqlite3.Row:
        row: sqlite3.Row = self._db.execute(
            "SELECT * FROM article_versions WHERE url_hash = ? AND version = ?", (url_hash, number)
        ).fetchone()
        return row

    def _told(self, url_hash: str, number: int) -> sqlite3.Row | None:
        row: sqlite3.Row | None = self._db.execute(
            "SELECT * FROM temp.told WHERE url_hash = ? AND version = ?", (url_hash, number)
        ).fetchone()
        return row

    def _tell(self, url_hash: str, number: int, story: str, extractor: str) -> None:
        self._db.execute(
            "REPLACE INTO temp.told VALUES (?, ?, ?, ?)", (url_hash, number, story, extractor)
        )

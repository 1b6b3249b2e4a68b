"""Rebuilding the database from the line files: what it lacks is entered, nothing is replaced.

A database that is wholly lost comes back this way, but for what the files do not hold: which
columns were walked how far, aliases, debts, and what was forgotten.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from newscrawl.clock import iso
from newscrawl.durable import rename_durably
from newscrawl.items import ARTICLE_FIELDS, Article
from newscrawl.store import links, records
from newscrawl.store.database import transaction
from newscrawl.store.folder import LINES
from newscrawl.store.forgotten import Forgotten
from newscrawl.store.linefiles import PART, SUPERSEDED
from newscrawl.store.links import Link, Links
from newscrawl.store.locks import is_free
from newscrawl.store.mend import mend
from newscrawl.upkeep.leading import without_article, without_link
from newscrawl.upkeep.linereading import Line, Name, name_of, read_lines
from newscrawl.upkeep.versions import gather_entered, stored_hash

#: Lines entered in one transaction.
_BATCH = 500
#: Spider of the runs that read archives, in the names of their files.
EXTRACT = "extract"
_VERDICT = "entered again from its files"


@dataclass
class RebuiltDatabase:
    """What rebuilding the database entered."""

    versions: int = 0
    lines: int = 0
    links: int = 0
    """Articles that the crawl knows again."""
    dropped: int = 0
    """Links that counted as stored without an article: the crawl may find them anew."""


def rebuild_database(
    connection: sqlite3.Connection, folder: Path, *, bodies: bool
) -> RebuiltDatabase:
    """Enter every record and line of the files that the database lacks.

    ``bodies`` tells whether the database keeps texts.
    """
    return _Rebuild(connection, folder, bodies=bodies).run()


class _Rebuild:
    def __init__(self, connection: sqlite3.Connection, folder: Path, *, bodies: bool) -> None:
        self._db = connection
        self._folder = folder / LINES
        self._bodies = bodies
        self._forgotten = Forgotten(connection)
        self._links = Links(connection)
        self._done = RebuiltDatabase()

    def run(self) -> RebuiltDatabase:
        if self._db.execute("SELECT 1 FROM line_files").fetchone() is None:
            _publish_unfinished(self._folder)
        mend(self._db, self._folder)
        gather_entered(self._db)
        self._db.execute("DROP TABLE IF EXISTS temp.brought")
        self._db.execute(
            "CREATE TEMP TABLE brought (url_hash, version, UNIQUE (url_hash, version))"
        )
        for path, name in _in_order(self._folder):
            for batch in _batches(read_lines(path)):
                with transaction(self._db):
                    for line in batch:
                        self._enter(path, name, line)
        with transaction(self._db):
            self._mend_links()
        return self._done

    def _enter(self, path: Path, name: Name, line: Line) -> None:
        """Enter a line and its record, where they are whole and new."""
        record = line.record
        if record is None:
            return
        url_hash, version = record["url_hash"], record["version"]
        if self._forgotten.has_record(url_hash, record.get("content_id")):
            return
        stored = stored_hash(self._db, url_hash, version)
        if stored is None and not self._is_place_of_another(path, line):
            self._enter_record(record)
        elif stored != record["content_hash"]:
            if not self._is_told_anew(name, url_hash, version):
                return  # another text of the same version: which is right is not ours to say
            self._replace_record(record)
        self._enter_line(path, name, line, url_hash, version)

    def _is_place_of_another(self, path: Path, line: Line) -> bool:
        """Whether the database has another record where a line stands: the line is damage."""
        row = self._db.execute(
            "SELECT url_hash, version FROM lines l JOIN line_files f ON f.id = l.file"
            ' WHERE f.name = ? AND l."offset" = ?',
            (path.name, line.offset),
        ).fetchone()
        record = line.record or {}
        return row is not None and tuple(row) != (record["url_hash"], record["version"])

    def _enter_record(self, record: dict[str, Any]) -> None:
        article = Article(**{name: record[name] for name in ARTICLE_FIELDS if name in record})
        row = self._db.execute(
            "SELECT version, fetched_at FROM articles WHERE url_hash = ?", (article.url_hash,)
        ).fetchone()
        self._done.versions += 1
        self._db.execute(
            "INSERT INTO temp.brought VALUES (?, ?)", (article.url_hash, article.version)
        )
        if row is not None and row["version"] > article.version:
            records.insert_version(
                self._db, article, bodies=self._bodies, replaced_at=row["fetched_at"]
            )
            return
        if row is None:
            records.insert(self._db, article, bodies=self._bodies)
        else:
            moment = article.fetched_at
            records.keep_version(self._db, article.url_hash, moment)
            records.replace(self._db, article, bodies=self._bodies, updated_at=moment)
        self._db.execute(
            "REPLACE INTO article_state (url_hash, cause, checked_at) VALUES (?, ?, ?)",
            (article.url_hash, _cause(article), article.fetched_at),
        )

    def _is_told_anew(self, name: Name, url_hash: str, version: int) -> bool:
        """Whether a line tells a version anew that an earlier file has brought just now: archives
        put versions in front of others, and make them anew."""
        row = self._db.execute(
            "SELECT 1 FROM temp.brought WHERE url_hash = ? AND version = ?", (url_hash, version)
        ).fetchone()
        return name.spider == EXTRACT and row is not None

    def _replace_record(self, record: dict[str, Any]) -> None:
        article = Article(**{name: record[name] for name in ARTICLE_FIELDS if name in record})
        key, moment = (article.url_hash, article.version), article.fetched_at
        where = "WHERE url_hash = ? AND version = ?"
        self._db.execute(f"UPDATE lines SET version = {SUPERSEDED} {where}", key)
        self._db.execute(f"DELETE FROM temp.entered {where}", key)
        if self._db.execute(f"DELETE FROM article_versions {where}", key).rowcount:
            records.insert_version(self._db, article, bodies=self._bodies, replaced_at=moment)
        else:
            records.replace(self._db, article, bodies=self._bodies, updated_at=moment)

    def _enter_line(self, path: Path, name: Name, line: Line, url_hash: str, version: int) -> None:
        """Enter where a version stands, unless another line is entered for it."""
        cursor = self._db.execute(
            "INSERT OR IGNORE INTO entered VALUES (?, ?)", (url_hash, version)
        )
        if cursor.rowcount == 0:
            return
        cursor = self._db.execute(
            "INSERT OR IGNORE INTO lines VALUES (?, ?, ?, ?, ?)",
            (self._file(path, name), line.offset, line.length, url_hash, version),
        )
        self._done.lines += cursor.rowcount

    def _file(self, path: Path, name: Name) -> int:
        """Id of a file, which is entered with its run when it is new."""
        row = self._db.execute("SELECT id FROM line_files WHERE name = ?", (path.name,)).fetchone()
        if row is not None:
            return int(row["id"])
        started = datetime.strptime(name.started, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        self._db.execute(
            "INSERT OR IGNORE INTO runs (id, spider, started_at, state, verdict)"
            " VALUES (?, ?, ?, 'ended', ?)",
            (name.run, name.spider, iso(started), _VERDICT),
        )
        published = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        cursor = self._db.execute(
            "INSERT INTO line_files (name, run, published_at) VALUES (?, ?, ?)",
            (path.name, name.run, iso(published)),
        )
        assert cursor.lastrowid is not None
        return cursor.lastrowid

    def _mend_links(self) -> None:
        """Articles are known by their address, and no link leads to nothing."""
        for row in list(without_link(self._db)):
            key = bytes.fromhex(row["url_hash"])
            if row["body_status"] == "summary":
                self._links.owe(Link(key, row["url"], None, "feed"))  # the page itself has not come
            else:
                self._links.settle(key, links.STORED, key)
            self._done.links += 1
        for key, _ in list(without_article(self._db)):
            self._db.execute("DELETE FROM links WHERE hash = ?", (key,))
            self._done.dropped += 1


def _cause(article: Article) -> str | None:
    """Why a version came, where its record alone tells."""
    return "full" if article.version == 1 and article.body_status != "summary" else None


def _in_order(folder: Path) -> list[tuple[Path, Name]]:
    """Files of ours, oldest first, so that versions come in their order."""
    named = [(path, name_of(path.name)) for path in folder.glob("*.jsonl")]
    ours = [(path, name) for path, name in named if name is not None]
    return sorted(ours, key=lambda pair: pair[1].order)


def _batches(lines: Iterable[Line]) -> Iterator[list[Line]]:
    iterator = iter(lines)
    while batch := list(islice(iterator, _BATCH)):
        yield batch


def _publish_unfinished(folder: Path) -> None:
    """With the database lost, nobody but the files of dead runs knows what they hold."""
    for part in folder.glob("*.jsonl" + PART):
        final = part.with_name(part.name.removesuffix(PART))
        if not is_free(part) or final.exists():
            continue
        end = _whole_length(part)
        if end == 0:
            continue
        with part.open("r+b") as stream:
            stream.truncate(end)
            os.fsync(stream.fileno())
        rename_durably(part, final)


def _whole_length(part: Path) -> int:
    """Bytes of the whole lines at the beginning of a file."""
    end = 0
    for line in read_lines(part):
        if line.record is None:
            break
        end = line.offset + line.length
    return end

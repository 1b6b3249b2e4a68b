"""Comparing the database with the line files: every difference, and what to do about it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from newscrawl.store.folder import LINES
from newscrawl.store.forgotten import Forgotten
from newscrawl.store.linefiles import PART, SUPERSEDED
from newscrawl.upkeep.leading import without_article, without_link
from newscrawl.upkeep.linereading import Line, name_of, read_lines
from newscrawl.upkeep.versions import Held, lineless, stored_hash, url_of

_FILES = "scrapy reconcile --rebuild files"
_DATABASE = "scrapy reconcile --rebuild database"
_AWAY = "move the file out of the data dir"

#: Kind of a finding to what it means and what to do.
KINDS = {
    "missing_file": ("this published file is not there", _FILES),
    "damaged_line": ("is no whole record", _FILES),
    "missing_line": ("the database has a record there that the file lacks", _FILES),
    "other_record": ("is not the record that the database has", _FILES),
    "repeated_line": ("this version stands in another line already", _FILES),
    "no_line": ("a version that should have a line has none", _FILES),
    "unknown_file": ("the database does not know this file", _DATABASE),
    "needless_file": ("the database does not know this file, and needs nothing of it", _AWAY),
    "other_text": ("the database has another text of this version", _AWAY),
    "not_in_database": ("the database does not have this version", _DATABASE),
    "not_entered": ("the database does not know this line", _DATABASE),
    "no_link": ("an article that the crawl would not know again", _DATABASE),
    "no_article": ("a link counts as stored, and its article is not there", _DATABASE),
    "forgotten": ("a forgotten article", f"{_FILES} takes it out"),
    "unfinished": ("a dead run left it", "the next crawl mends it"),
}
#: In place of the id of a file that the database does not know.
_UNKNOWN = 0

#: Kinds that are told and are no difference.
NOTES = frozenset(["forgotten", "unfinished"])


@dataclass(frozen=True)
class Finding:
    """One difference, or a note; ``line`` is a number from 1, ``file`` lies below the data dir."""

    kind: str
    file: str | None = None
    line: int | None = None
    url: str | None = None
    key: str | None = None
    """``url_hash`` of the record that it is about."""

    @property
    def is_difference(self) -> bool:
        """Whether it must be put right for database and files to agree."""
        return self.kind not in NOTES

    def as_json(self) -> dict[str, Any]:
        """In the shape of ``docs/json/reconcile.schema.json``."""
        meaning, remedy = KINDS[self.kind]
        return {
            "kind": self.kind,
            "difference": self.is_difference,
            "file": self.file,
            "line": self.line,
            "url": self.url,
            "url_hash": self.key,
            "meaning": meaning,
            "remedy": remedy,
        }


class Comparison:
    """Database and files of one data dir. Nobody may write to them meanwhile."""

    def __init__(self, connection: sqlite3.Connection, folder: Path) -> None:
        self._db = connection
        self._folder = folder / LINES
        self._forgotten = Forgotten(connection)
        self.held = Held(connection)
        self.files = 0
        self.lines = 0

    def findings(self) -> Iterator[Finding]:
        """Everything, in the order of the files; only temporary tables are written."""
        for file, name in self.published():
            yield from self.of_file(file, name)
        yield from self.unknown_files()
        yield from self._unfinished()
        for version in lineless(self._db):
            yield Finding("no_line", url=version.url, key=version.url_hash)
        yield from self._articles_without_link()
        yield from self._links_without_article()

    def published(self) -> list[tuple[int, str]]:
        """Id and name of every file that the database takes for published, oldest first."""
        rows = self._db.execute(
            "SELECT id, name FROM line_files WHERE published_at IS NOT NULL ORDER BY id"
        )
        return [(row["id"], row["name"]) for row in rows]

    def of_file(self, file: int, name: str) -> Iterator[Finding]:
        """What is wrong with a published file."""
        path = self._folder / name
        if not path.exists():
            yield Finding("missing_file", f"{LINES}/{name}")
            return
        self.files += 1
        rows = Expected(self._db, file)
        for line in read_lines(path):
            self.lines += 1
            for number, row in rows.before(line.offset):
                yield from self._missing(name, number, row)
            yield from self._line(name, line, file, rows.at(line.offset))
        for number, row in rows.before(None):
            yield from self._missing(name, number, row)

    def _missing(self, name: str, number: int, row: sqlite3.Row) -> Iterator[Finding]:
        if row["version"] == SUPERSEDED:
            return
        if not self._forgotten.has(bytes.fromhex(row["url_hash"])):  # somebody took it out by hand
            yield self._about_row("missing_line", name, number, row)

    def _line(self, name: str, line: Line, file: int, row: sqlite3.Row | None) -> Iterator[Finding]:
        record = line.record
        if record is None:
            yield self._about_row("damaged_line", name, line.number, row)
            return
        url_hash, version = record["url_hash"], record["version"]
        kind = None
        if row is not None and _is_superseded(row, record, line.length):
            row = None
            if not self._forgotten.has_record(url_hash, record.get("content_id")):
                return
        stored = stored_hash(self._db, url_hash, version)
        if self._forgotten.has_record(url_hash, record.get("content_id")):
            kind = "forgotten"
        elif row is not None and not _is_of(row, line, record):
            kind = "other_record"
        elif stored is None:
            kind = "not_in_database"
        elif stored != record["content_hash"]:
            kind = "other_record"
        elif not self.held.take(url_hash, version, file, line.offset):
            kind = "repeated_line"
        elif row is None:
            kind = "not_entered"
        if kind is not None:
            yield _about_line(kind, name, line.number, record)

    def unknown_files(self) -> Iterator[Finding]:
        """What lies beside the published files, and whether it is of use."""
        known = {row["name"] for row in self._db.execute("SELECT name FROM line_files")}
        for path in sorted(self._folder.glob("*.jsonl")):
            if path.name not in known:
                self.files += 1
                yield from self._unknown_file(path)

    def _unknown_file(self, path: Path) -> Iterator[Finding]:
        brings = False
        for line in read_lines(path):
            self.lines += 1
            record = line.record
            if record is None:
                yield Finding("damaged_line", f"{LINES}/{path.name}", line.number)
                continue
            stored = stored_hash(self._db, record["url_hash"], record["version"])
            if self._forgotten.has_record(record["url_hash"], record.get("content_id")):
                yield _about_line("forgotten", path.name, line.number, record)
            elif stored is None:
                brings = True
                yield _about_line("not_in_database", path.name, line.number, record)
            elif stored != record["content_hash"]:
                yield _about_line("other_text", path.name, line.number, record)
            elif self.held.take(record["url_hash"], record["version"], _UNKNOWN, line.offset):
                brings = True
        useful = brings and name_of(path.name) is not None
        yield Finding("unknown_file" if useful else "needless_file", f"{LINES}/{path.name}")

    def _unfinished(self) -> Iterator[Finding]:
        rows = self._db.execute("SELECT name FROM line_files WHERE published_at IS NULL")
        names = {row["name"] for row in rows}
        names |= {path.name.removesuffix(PART) for path in self._folder.glob("*" + PART)}
        for name in sorted(names):
            yield Finding("unfinished", f"{LINES}/{name}{PART}")

    def _articles_without_link(self) -> Iterator[Finding]:
        for row in without_link(self._db):
            yield Finding("no_link", url=row["url"], key=row["url_hash"])

    def _links_without_article(self) -> Iterator[Finding]:
        for key, record in without_article(self._db):
            yield Finding("no_article", url=url_of(self._db, key.hex()), key=record.hex())

    def _about_row(self, kind: str, name: str, number: int, row: sqlite3.Row | None) -> Finding:
        key = None if row is None else str(row["url_hash"])
        url = None if key is None else url_of(self._db, key)
        return Finding(kind, f"{LINES}/{name}", number, url, key)


class Expected:
    """The lines of a file as the database has them, in step with those of the file."""

    def __init__(self, connection: sqlite3.Connection, file: int) -> None:
        self._rows = connection.execute(
            'SELECT * FROM lines WHERE file = ? ORDER BY "offset"', (file,)
        )
        self._next: sqlite3.Row | None = self._rows.fetchone()
        self._number = 1

    def before(self, offset: int | None) -> Iterator[tuple[int, sqlite3.Row]]:
        """Number and row of the lines that begin before an offset (``None``: of all the rest)."""
        while self._next is not None and (offset is None or self._next["offset"] < offset):
            yield self._number, self._next
            self._step()

    def at(self, offset: int) -> sqlite3.Row | None:
        """The line that begins at an offset."""
        row = self._next
        if row is None or row["offset"] != offset:
            return None
        self._step()
        return row

    def _step(self) -> None:
        self._next = self._rows.fetchone()
        self._number += 1


def _is_of(row: sqlite3.Row, line: Line, record: dict[str, Any]) -> bool:
    is_same = (row["url_hash"], row["version"]) == (record["url_hash"], record["version"])
    return is_same and bool(row["length"] == line.length)


def _is_superseded(row: sqlite3.Row, record: dict[str, Any], length: int) -> bool:
    """Whether another line tells the version of this one now."""
    is_same = (row["url_hash"], row["length"]) == (record["url_hash"], length)
    return bool(row["version"] == SUPERSEDED) and is_same


def _about_line(kind: str, name: str, number: int, record: dict[str, Any]) -> Finding:
    return Finding(kind, f"{LINES}/{name}", number, record["url"], record["url_hash"])

"""The store that is folded in: opened for reading, as of one moment, one chunk at a time."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from newscrawl.errors import UsageProblem
from newscrawl.store import database, schema
from newscrawl.store.folder import LINES
from newscrawl.store.linefiles import PART
from newscrawl.upkeep.linereading import whole_record
from newscrawl.upkeep.merging.held import Held, held
from newscrawl.upkeep.reconcile import refuse_at_work

#: Rows that are read at a time.
_CHUNK = 500


class Unreadable(Exception):
    """A part of the source cannot be read: damage."""


class Source:
    """Reads a store; what cannot be read raises :class:`Unreadable`."""

    def __init__(self, connection: sqlite3.Connection, folder: Path) -> None:
        self._db = connection
        self._lines = folder / LINES
        self._placed = False
        tables = self._db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        self._tables = {row["name"] for row in tables}
        with _reading():
            self._gather_aliases()

    def articles(self) -> Iterator[tuple[bytes, Held | None]]:
        """Key and versions of every article; ``None`` for one that is damaged."""
        last = ""
        while keys := self._fetch(
            "SELECT url_hash FROM articles WHERE url_hash > ?1 UNION"
            " SELECT url_hash FROM article_versions WHERE url_hash > ?1 ORDER BY 1 LIMIT ?2",
            (last, _CHUNK),
        ):
            for row in keys:
                last = row["url_hash"]
                yield bytes.fromhex(last), self._held(last)

    def rows(self, table: str, *key: str, where: str = "1") -> Iterator[sqlite3.Row]:
        """Rows of a table in the order of its key; none of a table younger than the store."""
        if table not in self._tables:
            return
        names = ", ".join(f'"{name}"' for name in key)
        marks = ", ".join("?" for _ in key)
        order = f"ORDER BY {names} LIMIT {_CHUNK}"
        rows = self._fetch(f"SELECT * FROM {table} WHERE {where} {order}", ())
        while rows:
            yield from rows
            last = tuple(rows[-1][name] for name in key)
            rows = self._fetch(
                f"SELECT * FROM {table} WHERE ({names}) > ({marks}) AND {where} {order}", last
            )

    def addresses(self, key: bytes) -> list[bytes]:
        """The other addresses that led to an article."""
        rows = self._fetch("SELECT hash FROM temp.aliases WHERE article = ? ORDER BY hash", (key,))
        return [row["hash"] for row in rows]

    def stores(self, key: bytes) -> bool:
        """Whether a record stands under an address."""
        return bool(self._fetch("SELECT 1 FROM articles WHERE url_hash = ?", (key.hex(),)))

    def line(self, url_hash: str, version: int) -> dict[str, Any] | None:
        """The record that a line of a file holds, ``None`` where there is none."""
        with _reading():
            if not self._placed:
                self._gather_places()
        for row in self._fetch(
            "SELECT f.name, p.* FROM temp.places p JOIN line_files f ON f.id = p.file"
            " WHERE p.url_hash = ? AND p.version = ?",
            (url_hash, version),
        ):
            record = whole_record(self._bytes(row["name"], row["offset"], row["length"]))
            if record is not None and (record["url_hash"], record["version"]) == (
                url_hash,
                version,
            ):
                return record
        return None

    def _held(self, url_hash: str) -> Held | None:
        try:
            with _reading():
                return held(self._db, url_hash)
        except Unreadable:
            return None

    def _bytes(self, name: str, offset: int, length: int) -> bytes:
        for path in (self._lines / name, self._lines / (name + PART)):
            try:
                with path.open("rb") as stream:
                    return os.pread(stream.fileno(), length, offset)
            except OSError:
                continue
        return b""

    def _fetch(self, sql: str, values: tuple[Any, ...]) -> list[sqlite3.Row]:
        with _reading():
            return self._db.execute(sql, values).fetchall()

    def _gather_aliases(self) -> None:
        """Addresses by their article: the table itself is in the order of the addresses."""
        self._db.execute(
            "CREATE TEMP TABLE aliases (article BLOB, hash BLOB, PRIMARY KEY (article, hash))"
            " WITHOUT ROWID"
        )
        self._db.execute(
            # The address of a stored record is no alias, whatever an older newscrawl wrote.
            "INSERT INTO aliases SELECT article, hash FROM links WHERE article IS NOT NULL"
            " AND lower(hex(hash)) NOT IN (SELECT url_hash FROM articles)"
        )

    def _gather_places(self) -> None:
        """Lines by their versions, for the same reason."""
        self._db.execute(
            'CREATE TEMP TABLE places (url_hash TEXT, version INTEGER, file INTEGER, "offset"'
            ' INTEGER, length INTEGER, PRIMARY KEY (url_hash, version, file, "offset"))'
            " WITHOUT ROWID"
        )
        self._db.execute(
            'INSERT INTO places SELECT url_hash, version, file, "offset", length FROM lines'
        )
        self._placed = True


def check(folder: Path, target: Path, host: str) -> None:
    """Whether a store can be folded in: a mistake raises :class:`UsageProblem`, a run at work
    there ``Busy``."""
    _refuse(folder, target, host)
    _connect(folder, folder / database.FILE).close()


@contextmanager
def opened_source(folder: Path, target: Path, host: str) -> Iterator[Source]:
    """A store to fold in, after the same checks."""
    _refuse(folder, target, host)
    with closing(_connect(folder, folder / database.FILE)) as connection:
        yield Source(connection, folder)


def _refuse(folder: Path, target: Path, host: str) -> None:
    path = folder / database.FILE
    if not path.exists():
        raise UsageProblem(f"{folder} is no data dir: there is no {database.FILE} in it")
    if (target / database.FILE).exists() and path.samefile(target / database.FILE):
        raise UsageProblem(
            f"{folder} is the data dir itself: name others, or set NEWSCRAWL_DATA_DIR to the one"
            " that they are folded into"
        )
    refuse_at_work(folder, host, "merge a copy (scrapy backup)")


def _connect(folder: Path, path: Path) -> sqlite3.Connection:
    try:
        connection = _open(folder, path)
        connection.row_factory = sqlite3.Row
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        connection.execute("BEGIN")  # all that is read is of one moment
        connection.execute("SELECT 1 FROM sqlite_master").fetchone()
    except sqlite3.Error as error:
        database.refuse_broken_disk(path, error)
        raise UsageProblem(
            f"{path} cannot be read ({error}): name another copy of it, or mend it with scrapy"
            " reconcile"
        ) from None
    if version > schema.VERSION:
        connection.close()
        raise UsageProblem(
            f"{path} was written by a newer newscrawl (schema {version}, this one knows"
            f" {schema.VERSION}): update newscrawl here first"
        )
    if version < 1:
        connection.close()
        raise UsageProblem(f"{path} holds no store: it has no tables of newscrawl")
    return connection


def _open(folder: Path, path: Path) -> sqlite3.Connection:
    """For reading. SQLite needs to write beside a database, unless nobody changes it."""
    still = not os.access(folder, os.W_OK) and not path.with_name(path.name + "-wal").exists()
    mode = "mode=ro&immutable=1" if still else "mode=ro"
    return sqlite3.connect(f"{path.resolve().as_uri()}?{mode}", uri=True, isolation_level=None)


@contextmanager
def _reading() -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, ValueError) as error:
        raise Unreadable(str(error)) from error

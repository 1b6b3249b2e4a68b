"""Records chosen out of the store, for exports: a few at a time, in the order of their keys.

Every chunk is a short read of its own, so that a crawl may write meanwhile and memory stays flat.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from newscrawl.clock import iso
from newscrawl.errors import UsageProblem, nearest
from newscrawl.items import ARTICLE_FIELDS
from newscrawl.store import records
from newscrawl.store.bodies import Bodies

_CHUNK = 500
_NAMED = 100
_NAMES = ", ".join(f'"{name}"' for name in ARTICLE_FIELDS)


@dataclass(frozen=True)
class Selection:
    """Which records; what is empty or ``None`` chooses nothing."""

    editions: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    """Each by its name, or by the last segment of its address."""
    kinds: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    """Both compared with the time of publication, both included."""
    full: bool = False
    """Only records with the text of the page."""
    versions: bool = False
    """Every version, not the current one alone."""
    changed_since: datetime | None = None
    """Only articles whose row was written at that moment or after."""


class Selected:
    """What a selection gives out of one store."""

    def __init__(self, connection: sqlite3.Connection, folder: Path, selection: Selection) -> None:
        self.connection = connection
        self.selection = selection
        self.condition, self.values = _conditions(selection)
        """SQL on a table of records called ``a``, and its values."""
        self._folder = folder
        self._bodies = Bodies(connection, folder)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Records in the order of their fields, by ``url_hash`` and version."""
        key: tuple[str, int] = ("", 0)
        while rows := self.connection.execute(self._chunk(), self._given(key)).fetchall():
            for row in rows:
                yield self._bodies.complete(records.to_record(row))
            key = (rows[-1]["url_hash"], rows[-1]["version"])

    def named(self, hashes: Sequence[str]) -> Iterator[dict[str, Any]]:
        """Current records of some articles, in the order given; those that are gone left out."""
        for begin in range(0, len(hashes), _NAMED):
            some = hashes[begin : begin + _NAMED]
            marks = ", ".join("?" for _ in some)
            sql = f"SELECT {_NAMES} FROM articles WHERE url_hash IN ({marks})"
            rows = {row["url_hash"]: row for row in self.connection.execute(sql, some)}
            for url_hash in some:
                if url_hash in rows:
                    yield self._bodies.complete(records.to_record(rows[url_hash]))

    def count(self) -> int:
        """How many records there are now."""
        parts = [
            f"SELECT count(*) FROM {table} a WHERE {self.condition}" for table in self._tables()
        ]
        values = self.values * len(parts)
        (number,) = self.connection.execute(
            f"SELECT {' + '.join(f'({part})' for part in parts)}", values
        ).fetchone()
        return int(number)

    def everything(self) -> Selected:
        """All versions of all articles of the same store."""
        return Selected(self.connection, self._folder, Selection(versions=True))

    def _tables(self) -> tuple[str, ...]:
        return ("articles", "article_versions") if self.selection.versions else ("articles",)

    def _chunk(self) -> str:
        parts = [
            f"SELECT {_NAMES} FROM {table} a"
            f" WHERE (url_hash, version) > (?, ?) AND {self.condition}"
            for table in self._tables()
        ]
        return f"{' UNION ALL '.join(parts)} ORDER BY url_hash, version LIMIT {_CHUNK}"

    def _given(self, key: tuple[str, int]) -> tuple[Any, ...]:
        return (*key, *self.values) * len(self._tables())


def check(connection: sqlite3.Connection, selection: Selection) -> None:
    """Raise :class:`UsageProblem` for a column that the store does not have."""
    rows = connection.execute('SELECT DISTINCT "column" AS name FROM articles')
    known = {row["name"] for row in rows if row["name"]}
    for name in selection.columns:
        condition, values = _of_column(name)
        found = f"SELECT 1 FROM articles WHERE {condition} LIMIT 1"
        if name not in known and connection.execute(found, values).fetchone() is None:
            raise UsageProblem(f"the store has no column {name!r}{nearest(name, known)}")


def moment_of_run(connection: sqlite3.Connection, run: int) -> datetime:
    """When a run began. Raises :class:`UsageProblem` for a run that the store does not know."""
    row = connection.execute("SELECT started_at FROM runs WHERE id = ?", (run,)).fetchone()
    if row is None:
        raise UsageProblem(f"there is no run {run}: scrapy status names the last ones")
    return datetime.fromisoformat(row["started_at"])


def _conditions(selection: Selection) -> tuple[str, tuple[Any, ...]]:
    """SQL on a table of records called ``a``, and its values.

    A plus keeps SQLite from choosing records by an index of the field: in another order than that
    of the keys every chunk would have to sort all that is left.
    """
    parts: list[str] = ["1"]
    values: list[Any] = []
    for name in ("editions", "kinds", "languages"):
        wanted = getattr(selection, name)
        if wanted:
            parts.append(f"+a.{name.removesuffix('s')} IN ({', '.join('?' for _ in wanted)})")
            values += wanted
    if selection.columns:
        each = [_of_column(name) for name in selection.columns]
        parts.append(f"({' OR '.join(condition for condition, _ in each)})")
        values += [value for _, given in each for value in given]
    if selection.since:
        parts.append("+a.published_at >= ?")
        values.append(iso(selection.since))
    if selection.until:
        parts.append("+a.published_at <= ?")
        values.append(iso(selection.until))
    if selection.full:
        parts.append("body_status = 'full'")
    if selection.changed_since:
        parts.append(
            "EXISTS (SELECT 1 FROM article_changes c"
            " WHERE c.url_hash = a.url_hash AND c.changed_at >= ?)"
        )
        values.append(iso(selection.changed_since))
    return " AND ".join(parts), tuple(values)


def _of_column(name: str) -> tuple[str, tuple[str, ...]]:
    segment = f"/{quote(name)}/"
    return '("column" = ? OR substr(column_url, -length(?)) = ?)', (name, segment, segment)

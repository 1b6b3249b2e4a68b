"""What is known of all captures, on the disk: memory does not grow with the archives.

A database without a name or a future: it is made anew from the parts whenever it is needed.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import orjson

from newscrawl.extracting.parts import Entry, Seen

_TABLES = """
CREATE TABLE captures (
    number INTEGER PRIMARY KEY, at TEXT, url TEXT, digest TEXT, part INTEGER, place INTEGER,
    length INTEGER, is_revisit INTEGER, key TEXT, story TEXT, seen BLOB
);
CREATE TABLE known (key TEXT PRIMARY KEY, version INTEGER, story TEXT) WITHOUT ROWID;
CREATE TABLE redirects (target TEXT, source TEXT, PRIMARY KEY (target, source)) WITHOUT ROWID;
CREATE TABLE waiting (number INTEGER PRIMARY KEY);
"""
#: Made when captures are looked up for the first time: many archives have no revisits.
_LOOKUPS = (
    "CREATE INDEX captures_url ON captures (url, at) WHERE NOT is_revisit",
    "CREATE INDEX captures_digest ON captures (digest) WHERE NOT is_revisit",
)
#: Redirects that lead to a page one after the other, at most.
_HOPS = 5


@dataclass(frozen=True)
class Known:
    """One capture, and where its record lies."""

    number: int
    part: int
    place: int
    length: int
    seen: Seen


class Index:
    """All captures of an extract, in the order of the archives."""

    def __init__(self, folder: Path) -> None:
        file = folder / "index.db"
        for name in folder.glob("index.db*"):
            name.unlink()
        self._db = sqlite3.connect(file, isolation_level=None)
        self._db.row_factory = sqlite3.Row
        self._db.executescript(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA temp_store = FILE;"
        )
        self._db.executescript(_TABLES)
        self._db.execute("BEGIN")
        self._has_lookups = False

    def close(self) -> None:
        """It is not needed any more."""
        self._db.close()

    def add(self, part: int, entry: Entry) -> Known:
        """Enter a capture."""
        seen = entry.seen
        cursor = self._db.execute(
            "INSERT INTO captures (at, url, digest, part, place, length, is_revisit, key, story,"
            " seen) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                seen.at,
                seen.url,
                seen.digest,
                part,
                entry.place,
                entry.length,
                seen.is_revisit,
                seen.key,
                seen.story,
                orjson.dumps(vars(seen)),
            ),
        )
        assert cursor.lastrowid is not None
        if seen.leads_to is not None:
            self._db.execute(
                "INSERT OR IGNORE INTO redirects VALUES (?, ?)", (seen.leads_to, seen.url)
            )
        return Known(cursor.lastrowid, part, entry.place, entry.length, seen)

    def referred(self, revisit: Seen) -> Known | None:
        """The capture that a revisit stands for, as in a replay: by time, by digest, else the one
        before."""
        if not self._has_lookups:
            self._has_lookups = True
            for statement in _LOOKUPS:
                self._db.execute(statement)
        if revisit.refers_to:
            url = revisit.refers_to_url or revisit.url
            found = self._one("url = ? AND at = ?", url, revisit.refers_to)
            if found is not None:
                return found
        if revisit.digest and (found := self._one("digest = ?", revisit.digest)) is not None:
            return found
        return self._one("url = ? AND at <= ? ORDER BY at DESC, number", revisit.url, revisit.at)

    def version(self, key: str, story: str) -> int | None:
        """Number of the next version of an article; ``None`` when its last one tells the same."""
        row = self._db.execute("SELECT version, story FROM known WHERE key = ?", (key,)).fetchone()
        if row is not None and row["story"] == story:
            return None
        version = 1 if row is None else row["version"] + 1
        self._db.execute("REPLACE INTO known VALUES (?, ?, ?)", (key, version, story))
        return version

    def wait(self, known: Known) -> None:
        """A revisit whose body has not been met yet."""
        self._db.execute("INSERT INTO waiting VALUES (?)", (known.number,))

    def waiting(self) -> Iterator[Known]:
        """Revisits that wait, in order."""
        yield from self._all("number IN (SELECT number FROM waiting) ORDER BY number")

    def revisits(self) -> Iterator[Known]:
        """All revisits."""
        yield from self._all("is_revisit ORDER BY number")

    def resolve(self, revisit: Known) -> None:
        """A revisit has a record, as that of another capture."""
        seen = revisit.seen
        self._db.execute(
            "UPDATE captures SET part = ?, place = ?, length = ?, key = ?, story = ?, seen = ?"
            " WHERE number = ?",
            (
                *(revisit.part, revisit.place, revisit.length, seen.key, seen.story),
                *(orjson.dumps(vars(seen)), revisit.number),
            ),
        )

    def by_time(self) -> Iterator[Known]:
        """Captures with a record, oldest first."""
        self._db.execute("CREATE INDEX IF NOT EXISTS captures_key ON captures (key, at)")
        yield from self._all("key IS NOT NULL ORDER BY at, number")

    def is_followed(self, key: str, story: str, after: str, before: str) -> bool:
        """Whether an article was captured with another story between two times."""
        row = self._db.execute(
            "SELECT 1 FROM captures WHERE key = ? AND at > ? AND at < ? AND story != ? LIMIT 1",
            (key, after, before, story),
        )
        return row.fetchone() is not None

    def leading_to(self, url: str) -> list[str]:
        """Addresses that redirect to an article, one after the other."""
        found: dict[str, None] = {}
        level = [url]
        for _ in range(_HOPS):
            rows = [
                row["source"]
                for target in level
                for row in self._db.execute(
                    "SELECT source FROM redirects WHERE target = ? ORDER BY source", (target,)
                )
            ]
            level = [source for source in rows if source not in found and source != url]
            found |= dict.fromkeys(level)
        return list(found)

    def _one(self, where: str, *values: str) -> Known | None:
        row = self._db.execute(
            f"SELECT * FROM captures WHERE NOT is_revisit AND {where} LIMIT 1", values
        ).fetchone()
        return None if row is None else _known(row)

    def _all(self, where: str) -> Iterator[Known]:
        for row in self._db.execute(f"SELECT * FROM captures WHERE {where}"):
            yield _known(row)


def _known(row: sqlite3.Row) -> Known:
    seen = orjson.loads(row["seen"])
    aliases = tuple(seen.pop("aliases"))
    return Known(
        row["number"], row["part"], row["place"], row["length"], Seen(**seen, aliases=aliases)
    )

"""What a data dir holds: read from its files by plain means, not by the program's own."""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Row:
    """One current record or old version."""

    url_hash: str
    url: str
    version: int
    content_id: str | None
    content_hash: str
    body_status: str
    gone_at: str | None = None

    @property
    def text(self) -> tuple[str | None, str]:
        """The article and the text of it."""
        return self.content_id, self.content_hash


@dataclass
class Holding:
    """The database of a data dir at one moment."""

    current: list[Row] = field(default_factory=list)
    versions: list[Row] = field(default_factory=list)
    """All, the current ones among them."""
    runs: list[dict[str, Any]] = field(default_factory=list)
    left_until: str | None = None
    """Until when the host is left alone."""
    links: dict[str, tuple[int, int | None, str | None]] = field(default_factory=dict)
    """State, attempts and reason of a link, by hash."""

    @property
    def texts(self) -> set[tuple[str | None, str]]:
        """Every text of every article that a page gave."""
        return {row.text for row in self.versions if row.body_status == "full"}


def holding(folder: Path) -> Holding | None:
    """What a data dir holds, ``None`` where it has no database or an empty one."""
    path = folder / "newscrawl.db"
    if not path.exists():
        return None
    with closing(sqlite3.connect(path, timeout=20)) as db:
        db.row_factory = sqlite3.Row
        (tables,) = db.execute("SELECT count(*) FROM sqlite_master WHERE name = 'links'").fetchone()
        if not tables:
            return None
        names = "url_hash, url, version, content_id, content_hash, body_status"
        current = [Row(*row) for row in db.execute(f"SELECT {names}, gone_at FROM articles")]
        old = [Row(*row) for row in db.execute(f"SELECT {names} FROM article_versions")]
        runs = [dict(row) for row in db.execute("SELECT * FROM runs ORDER BY id")]
        host = db.execute("SELECT max(not_before), max(pages_not_before) FROM hosts").fetchone()
        links = {
            row["hash"].hex(): (row["state"], row["attempts"], row["reason"])
            for row in db.execute("SELECT hash, state, attempts, reason FROM links")
        }
    until = max((time for time in host if time), default=None)
    return Holding(current, [*old, *current], runs, until, links)


def damage(folder: Path) -> str:
    """What SQLite finds wrong with the database (empty: nothing)."""
    path = folder / "newscrawl.db"
    if not path.exists():
        return ""
    try:
        with closing(sqlite3.connect(path, timeout=20)) as db:
            (found,) = db.execute("PRAGMA integrity_check").fetchone()
    except sqlite3.DatabaseError as error:
        return str(error)
    return "" if found == "ok" else str(found)


@dataclass
class Lines:
    """The published files of a data dir."""

    records: list[dict[str, Any]] = field(default_factory=list)
    torn: list[str] = field(default_factory=list)
    """Lines that are no records: file and number."""
    parts: list[str] = field(default_factory=list)

    @property
    def by_key(self) -> dict[tuple[str, int], list[dict[str, Any]]]:
        """Records of each version, in the order of the files."""
        found: dict[tuple[str, int], list[dict[str, Any]]] = defaultdict(list)
        for record in self.records:
            found[record["url_hash"], record["version"]].append(record)
        return found


def lines(folder: Path) -> Lines:
    """Read every published line."""
    found = Lines(parts=sorted(path.name for path in (folder / "articles").glob("*.part")))
    for path in sorted((folder / "articles").glob("*.jsonl"), key=lambda path: path.name):
        *whole, rest = path.read_bytes().split(b"\n")
        if rest:
            found.torn.append(f"{path.name}: no end of line")
        for number, line in enumerate(whole, 1):
            try:
                record = json.loads(line)
                record["url_hash"], record["version"], record["content_hash"]
            except (ValueError, KeyError, TypeError):
                found.torn.append(f"{path.name}, line {number}")
            else:
                found.records.append(record)
    return found

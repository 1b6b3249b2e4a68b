"""Stores to merge, what they hold afterwards, and merging itself."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from newscrawl.rfi import SITE
from newscrawl.store import Capture, Store
from newscrawl.store.database import FILE, connect
from newscrawl.store.folder import LINES, prepare_folder
from newscrawl.store.mend import mend
from newscrawl.upkeep.compare import Comparison
from newscrawl.upkeep.merge import Merged, Outputs, merge, writes_lines
from newscrawl.upkeep.merging.source import opened_source
from newscrawl.upkeep.reconcile import alone, opened

BOTH = ("jsonlines", "sqlite")
#: What a merge itself makes, or what is made anew at any time.
_VOLATILE = {"updated_at", "published_at"}


def at(day: int) -> str:
    """A time of capture."""
    return f"2024-02-{day:02}T10:00:00+00:00"


def begin(folder: Path, outputs: Iterable[str] = BOTH, *, run: int = 1) -> Store:
    """A store with a run at work; ``run`` tells its start from those of other hosts."""
    prepare_folder(folder)
    store = Store(folder, tuple(outputs))
    store.mend()
    started = datetime(2024, 6, 1, 12, tzinfo=UTC) + timedelta(minutes=run)
    store.begin_run(
        spider="rfi",
        started=started,
        mode="update",
        arguments={},
        extractor="1",
        rotate=(3600, 50000),
    )
    return store


def end(store: Store) -> None:
    store.publish()
    store.close()


def fill(folder: Path, *captures: Capture, outputs: Iterable[str] = BOTH, run: int = 1) -> Path:
    """A store that kept some captures."""
    store = begin(folder, outputs, run=run)
    for capture in captures:
        store.keep(capture)
    end(store)
    return folder


def capture(article: Any, *aliases: bytes, **more: Any) -> Capture:
    own = bytes.fromhex(article.url_hash)
    more = {"extractor": "1", "asked": own} | more
    return Capture(article, aliases=tuple(aliases), url_asked=article.url, **more)


def merge_into(target: Path, *sources: Path, outputs: Iterable[str] = BOTH) -> list[Merged]:
    """As the command does it."""
    prepare_folder(target)
    with closing(connect(target)):
        pass
    with alone(target, SITE.host), opened(target, make=True) as connection:
        mend(connection, target / LINES)
        wanted = Outputs("sqlite" in outputs, writes_lines(connection, outputs), 50000)
        merged = []
        for folder in sources:
            with opened_source(folder, target, SITE.host) as source:
                merged.append(merge(connection, target, source, wanted))
    return merged


def differences(folder: Path) -> list[str]:
    """What reconciling finds."""
    with opened(folder, make=False) as connection:
        return [f.kind for f in Comparison(connection, folder).findings() if f.is_difference]


def rows(folder: Path, sql: str, *values: Any) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(folder / FILE)) as connection:
        return connection.execute(sql, values).fetchall()


def change(folder: Path, sql: str, *values: Any) -> None:
    with closing(sqlite3.connect(folder / FILE)) as connection, connection:
        connection.execute(sql, values)


def lines(folder: Path) -> list[dict[str, Any]]:
    files = sorted((folder / LINES).glob("*.jsonl"))
    return [json.loads(line) for file in files for line in file.read_bytes().splitlines()]


def versions(folder: Path, url: str = "%") -> list[tuple[Any, ...]]:
    """Number, text and time of all versions of an article."""
    return rows(
        folder,
        "SELECT version, text, fetched_at FROM article_versions WHERE url LIKE ?1 UNION ALL"
        " SELECT version, text, fetched_at FROM articles WHERE url LIKE ?1 ORDER BY version",
        url,
    )


def contents(folder: Path) -> dict[str, list[Any]]:
    """All that a store holds, but for the moments at which it was written and names of files."""
    with closing(sqlite3.connect(folder / FILE)) as connection:
        connection.row_factory = sqlite3.Row
        tables = (
            *("articles", "article_versions", "article_state", "columns", "links", "runs"),
            *("article_columns", "hosts", "coverage", "sources", "forgotten", "search_due"),
        )
        found: dict[str, list[Any]] = {}
        for table in tables:
            found[table] = sorted(
                repr({k: row[k] for k in row.keys() if k not in _VOLATILE})  # noqa: SIM118
                for row in connection.execute(f"SELECT * FROM {table}")
            )
        found["entered"] = sorted(
            tuple(row) for row in connection.execute("SELECT url_hash, version FROM lines")
        )
    found["lines"] = sorted(json.dumps(line) for line in lines(folder))
    return found

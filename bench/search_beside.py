"""The same words asked of others: FTS5 with ``unicode61`` as it comes, and ``LIKE``."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from random import Random
from statistics import quantiles
from typing import Any

from bench.stores import articles
from newscrawl.search.query import parse
from newscrawl.search.tokens import compose, tokens
from newscrawl.store import search
from newscrawl.store.database import FILE, read_only

_SHOWN = 20
#: Queries of ``LIKE`` for each of the others': it reads every text.
_FEWER = 8
_CHINESE = ("cn", "tw")
_FTS = "SELECT rowid FROM plain WHERE plain MATCH ? ORDER BY rank LIMIT ?"
_LIKE = (
    "SELECT rowid FROM articles WHERE title LIKE :word OR lead LIKE :word OR text LIKE :word"
    " ORDER BY rowid DESC LIMIT :most"
)
Ask = Callable[[str], Sequence[Any]]


def words_of(size: int, count: int) -> list[tuple[str, str]]:
    """Whether Chinese, and a word of the title, for so many articles; then one of its own."""
    random = Random(size)
    wanted = set(random.sample(range(size), min(count, size)))
    found = []
    for number, one in enumerate(articles(size)):
        if number in wanted:
            title = one.title or ""
            token = random.choice([t for t in tokens(compose(title)) if not t.is_last])
            group = "Chinese" if one.edition in _CHINESE else "others"
            found.append((group, title[token.start : token.end]))
            found.append(("own", (one.text or "").rpartition(" ")[2]))
    return found


def beside(folder: Path, size: int, count: int, index: dict[str, float]) -> list[dict[str, Any]]:
    """Times and hits of the project's search, whose ``index`` was measured, and of the others."""
    asked = words_of(size, count)
    with closing(sqlite3.connect(":memory:")) as plain:
        entering = _enter(plain, folder)
        (index_bytes,) = plain.execute("SELECT sum(length(block)) FROM plain_data").fetchone()
        told = [
            {
                "way": "FTS5, unicode61",
                "entering_ms": 1000 * entering / size,
                "bytes_an_article": index_bytes / size,
                **_asked(lambda word: plain.execute(_FTS, (f'"{word}"', _SHOWN)).fetchall(), asked),
            }
        ]
    connection = read_only(folder)
    assert connection is not None
    with closing(connection):
        ours = _asked(lambda word: search.find(connection, parse(word), most=_SHOWN).rows, asked)
        like = _asked(
            lambda word: connection.execute(
                _LIKE, {"word": f"%{word}%", "most": _SHOWN}
            ).fetchall(),
            asked[: max(64, len(asked) // _FEWER)],
        )
    return [
        {"way": "newscrawl", **index, **ours},
        *told,
        {"way": "LIKE", "entering_ms": None, "bytes_an_article": None, **like},
    ]


def _enter(plain: sqlite3.Connection, folder: Path) -> float:
    """Fill a plain index from the store; gives the seconds that it took."""
    uri = f"{(folder / FILE).resolve().as_uri()}?mode=ro"
    with closing(sqlite3.connect(uri, uri=True)) as store:
        plain.execute("CREATE VIRTUAL TABLE plain USING fts5 (title, lead, text, content='')")
        rows: Iterator[Any] = store.execute("SELECT rowid, title, lead, text FROM articles")
        began = time.perf_counter()
        with plain:
            plain.executemany(
                "INSERT INTO plain (rowid, title, lead, text) VALUES (?, ?, ?, ?)", rows
            )
        return time.perf_counter() - began


def _asked(ask: Ask, asked: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Milliseconds, and the part of the words of each group that were found somewhere."""
    seconds, hits = [], []
    for group, word in asked:
        began = time.perf_counter()
        rows = ask(word)
        seconds.append(time.perf_counter() - began)
        hits.append((group, bool(rows)))
    parts = quantiles(seconds, n=100, method="inclusive")
    return {
        "queries": len(asked),
        "p50_ms": 1000 * parts[49],
        "p95_ms": 1000 * parts[94],
        "found_chinese": _part(hits, "Chinese"),
        "found_others": _part(hits, "others"),
    }


def _part(hits: Sequence[tuple[str, bool]], group: str) -> float | None:
    found = [hit for its, hit in hits if its == group]
    return sum(found) / len(found) if found else None

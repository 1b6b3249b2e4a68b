"""The search index: brought up to date in steps, asked by people, and emptied of the forgotten.

Articles that came, changed or went stand in ``search_due`` until :func:`update` takes them up: the
crawl itself writes no index. One index serves all editions (see :mod:`newscrawl.search.tokens`).
"""

from __future__ import annotations

import sqlite3
import time
import zlib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from newscrawl.errors import UsageProblem
from newscrawl.search.query import Query, edition_token
from newscrawl.search.tokens import indexed
from newscrawl.store import database, schema

_COLUMNS = ("title", "lead", "text", "authors", "tags", "edition")
_NAMES = ", ".join(_COLUMNS)
_MARKS = ", ".join("?" for _ in _COLUMNS)
#: How much a word counts in each column; where it is the edition's token it counts for nothing.
_WEIGHTS = "10.0, 4.0, 1.0, 5.0, 5.0, 0.0"
#: Articles entered in one transaction: a crawl waits for none of them long.
_STEP = 50
#: Of what is found, the last entered that are ranked: a word that all articles have stays cheap.
RANKED = 2000
#: Pages of the index that one transaction puts in order.
_MERGED = 500

_FOUND = (
    "SELECT rowid AS id, bm25(search, {weights}) AS score FROM search"
    " WHERE search MATCH :match ORDER BY rowid DESC LIMIT :ranked"
)
_HITS = (
    "WITH found AS MATERIALIZED (" + _FOUND.format(weights=_WEIGHTS) + "),"
    " best AS MATERIALIZED (SELECT id, score FROM found ORDER BY score, id DESC"
    " LIMIT :most OFFSET :skipped)"
    " SELECT b.score, (SELECT count(*) FROM found) AS number, a.* FROM best b"
    " JOIN search_articles s USING (id) JOIN articles a USING (url_hash)"
    " ORDER BY b.score, b.id DESC"
)


@dataclass(frozen=True)
class Hits:
    """What was found: rows of ``articles``, best first."""

    rows: list[sqlite3.Row]
    number: int
    """Articles found; of more than :data:`RANKED` only the last entered are counted."""


def update(
    connection: sqlite3.Connection, *, most: int | None = None, seconds: float | None = None
) -> int:
    """Take up what is due, a step at a time; gives the number of articles taken up.

    Ends when nothing is due, at ``most`` articles or after ``seconds``. Raises
    :class:`StorageFailed` with all whole steps kept.
    """
    began, done = time.monotonic(), 0
    while most is None or done < most:
        with database.transaction(connection):
            taken = _step(connection, _STEP if most is None else min(_STEP, most - done))
        done += taken
        if taken == 0 or (seconds is not None and time.monotonic() - began > seconds):
            break
    return done


def due(connection: sqlite3.Connection) -> int:
    """Articles that the index does not have as they are now."""
    (number,) = connection.execute("SELECT count(*) FROM search_due").fetchone()
    return int(number)


def update_folder(folder: Path) -> int:
    """Bring the index of a data dir up to date, also while a crawl runs."""
    with closing(database.connect(folder)) as connection:
        return update(connection)


def remove(connection: sqlite3.Connection, url_hash: str) -> None:
    """Take an article out of the index; expects an open transaction.

    Its words may still lie in the index's pages until :func:`put_in_order`.
    """
    row = connection.execute(
        "SELECT id, tokens FROM search_articles WHERE url_hash = ?", (url_hash,)
    ).fetchone()
    if row is None:
        return
    connection.execute(
        f"INSERT INTO search (search, rowid, {_NAMES}) VALUES ('delete', ?, {_MARKS})",
        (row["id"], *_unpack(row["tokens"])),
    )
    connection.execute("DELETE FROM search_articles WHERE id = ?", (row["id"],))


def put_in_order(connection: sqlite3.Connection) -> None:
    """Write the index anew as one piece, so that nothing of what was taken out is left in it.

    A step at a time: a crawl may write in between.
    """
    pages = -_MERGED  # below zero: begin to make one piece of all
    while True:
        before = connection.total_changes
        with database.transaction(connection):
            connection.execute("INSERT INTO search (search, rank) VALUES ('merge', ?)", (pages,))
        if connection.total_changes - before < 2:
            return
        pages = _MERGED


def find(
    connection: sqlite3.Connection,
    query: Query,
    *,
    edition: str | None = None,
    most: int = 20,
    skipped: int = 0,
) -> Hits:
    """Articles that a query finds, best first. Raises :class:`UsageProblem` without an index."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version < schema.SEARCH_SINCE:
        raise UsageProblem("there is no search index yet: run scrapy browse, or a crawl")
    if not query:
        return Hits([], 0)
    given = {"match": query.match(edition), "ranked": RANKED, "most": most, "skipped": skipped}
    rows = connection.execute(_HITS, given).fetchall()
    return Hits(rows, rows[0]["number"] if rows else 0)


def _step(connection: sqlite3.Connection, most: int) -> int:
    rows = connection.execute(
        "SELECT d.id AS due, d.url_hash AS due_hash, a.edition, a.title, a.lead, a.text, a.authors,"
        " a.tags, a.url_hash FROM search_due d LEFT JOIN articles a USING (url_hash)"
        " ORDER BY d.id LIMIT ?",
        (most,),
    ).fetchall()
    for row in rows:
        remove(connection, row["due_hash"])
        if row["url_hash"] is not None:
            _enter(connection, row)
        connection.execute("DELETE FROM search_due WHERE id = ?", (row["due"],))
    return len(rows)


def _enter(connection: sqlite3.Connection, row: sqlite3.Row) -> None:
    texts = list(_texts(row))
    cursor = connection.execute(
        "INSERT INTO search_articles (url_hash, tokens) VALUES (?, ?)",
        (row["url_hash"], _pack(texts)),
    )
    connection.execute(
        f"INSERT INTO search (rowid, {_NAMES}) VALUES (?, {_MARKS})", (cursor.lastrowid, *texts)
    )


def _texts(row: sqlite3.Row) -> Iterator[str]:
    """Tokens of each column of the index."""
    yield indexed(row["title"])
    yield indexed(row["lead"])
    yield indexed(row["text"])
    for name in ("authors", "tags"):
        # Two names are no phrase: something stands between them.
        yield f" {_GAP} ".join(indexed(part["name"]) for part in _parts(row[name]))
    yield edition_token(row["edition"] or "")


#: No query has it.
_GAP = "··"


def _parts(text: str | None) -> list[dict[str, Any]]:
    return orjson.loads(text) if text else []


def _pack(texts: list[str]) -> bytes:
    return zlib.compress("\n".join(texts).encode(), 6)


def _unpack(packed: bytes) -> list[str]:
    return zlib.decompress(packed).decode().split("\n")
